import { afterEach, describe, expect, test } from '@jest/globals';
import { secretMarkers } from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

let world: World;
afterEach(() => world?.stop());
const json = async (...argv: string[]) => {
  const { code, out } = await world.run(...argv, '-o', 'json');
  return { code, document: JSON.parse(out) };
};

describe('gleaner doctor', () => {
  test('has nothing to say of a healthy cluster', async () => {
    world = await startWorld({ scenario: 'healthy' });
    expect(await world.run('doctor')).toMatchObject({ code: 0, out: 'No blockers, no orphans.\n' });
    expect((await json('doctor')).document.summary).toEqual({ blockers: 0, orphans: 0, orphanBytes: 0, failures: 0 });
  });

  test('lists orphans with their size, each backup counted once', async () => {
    world = await startWorld({ scenario: 'orphans' });
    const { code, document } = await json('doctor');
    expect(code).toBe(1);
    expect(document.orphans.map((o: any) => o.reason).sort()).toEqual([
      'OrphanBackup',
      'OrphanContent',
      'OrphanSnapshot',
    ]);
    expect(document.summary).toMatchObject({ blockers: 0, orphans: 3, orphanBytes: 23 * 2 ** 30 });
    expect((await world.run('doctor')).out).toMatch(/^Orphans \(3, 23 GiB\): unclaimed objects/);
    expect((await world.run('doctor', '-o', 'name')).out.split('\n')).toHaveLength(4);
    expect(world.writes()).toBe(0);
  });

  test('lists blockers with the commands that clear them', async () => {
    world = await startWorld({ scenario: 'blockers' });
    const { code, document } = await json('doctor');
    expect(code).toBe(1);
    expect(document.blockers.map((b: any) => `${b.reason} ${b.subject.name}`).sort()).toEqual([
      'RestoreHanging of-nothing',
      'VMBackupDegraded damaged',
      'VMBackupFailed failed',
    ]);
    for (const { command } of document.blockers) expect(command).toMatch(/^kubectl /);
    const { out } = await world.run('doctor');
    expect(out).toContain('$ kubectl delete virtualmachinerestores.harvesterhci.io of-nothing -n finance');
    for (const secret of secretMarkers) expect(out).not.toContain(secret);
  });
});

describe('gleaner explain', () => {
  test('a VMBackup that is well: every link, and nothing to do', async () => {
    world = await startWorld({ scenario: 'healthy' });
    const { code, document } = await json('explain', 'vmbackup/db-nightly', '-n', 'prod');
    expect(code).toBe(0);
    expect(document.chains).toHaveLength(1);
    expect(document.chains[0].links.map((l: any) => `${l.link} ${l.result}`)).toEqual([
      'vmbackup pass',
      'snapshot pass',
      'content pass',
      'backup pass',
      'backupvolume pass',
      'target pass',
    ]);
    expect(document).toMatchObject({ open: 0, commands: [] });
  });

  test('one that is broken: which link, what it means, what to do, what happened', async () => {
    world = await startWorld({ scenario: 'wrong-handle' });
    const sweep = { specversion: '1.0', id: '1', source: 'test', type: 'dev.gleaner.sweep' };
    const file = await world.file('sweep.json', JSON.stringify(sweep));
    await world.run('replay', file, '--function', 'verify-backup');
    const { code, document } = await json('explain', 'vmbackup/web-nightly', '-n', 'prod');
    expect(code).toBe(1);
    expect(document.chains[0].links.filter((l: any) => l.result !== 'pass')).toMatchObject([
      { link: 'content', result: 'fail', reason: 'HandleWrong' },
    ]);
    expect(document.happened).toMatchObject([{ type: 'Warning', reason: 'HandleWrong', count: 1 }]);
    expect(document.commands).toEqual([expect.stringMatching(/^gleaner apply vsc\//)]);
    const { out } = await world.run('explain', 'vmbackup/web-nightly', '-n', 'prod');
    expect(out).toMatch(/Chain of [^]*Findings\n[^]*Events\n[^]*Suggested actions\n\n\$ gleaner apply/);
    for (const secret of secretMarkers) expect(out).not.toContain(secret);
  });

  test.each([
    ['its snapshot', 'vs/web-nightly-volume-web-disk-0'],
    ['its content', 'vsc/web-nightly-volume-web-disk-0-vsc'],
    ['its Longhorn backup', 'backup'],
  ])('from %s the story leads to the VMBackup', async (_what, given) => {
    world = await startWorld({ scenario: 'wrong-handle' });
    const [backup] = await world.sandbox.client.list('longhorn.io/v1beta2/Backup');
    const object = given === 'backup' ? `backup/${backup!.metadata.name}` : given;
    const { document } = await json('explain', object, '-n', 'prod');
    expect(document.chains.map((c: any) => c.backup.name)).toEqual(['web-nightly']);
    expect(document.findings.map((f: any) => f.reason)).toContain('HandleWrong');
  });

  test.each([
    ['vsc/retained-volume-retained-disk-vsc', 'OrphanContent'],
    ['vs/forgotten-volume-forgotten-disk', 'OrphanSnapshot'],
    ['backup/backup-by-job', 'ForeignBackup'],
  ])('%s: %s', async (object, reason) => {
    world = await startWorld({ scenario: 'orphans' });
    const { document } = await json('explain', object, '-n', 'prod');
    expect(document.findings.map((f: any) => f.reason)).toContain(reason);
  });

  test('a restore that hangs, and a target', async () => {
    world = await startWorld({ scenario: 'restore-hanging' });
    const { document } = await json('explain', 'vmrestore/restore-web', '-n', 'finance');
    expect(document.commands).toEqual(['gleaner apply vmrestore/restore-web -n finance']);
    expect((await world.run('explain', 'backuptarget/default')).code).toBe(0);
  });

  test('what is not there, or no object, is an error', async () => {
    world = await startWorld({ scenario: 'empty' });
    expect(await world.run('explain', 'vmbackup/none', '-n', 'prod')).toMatchObject({
      code: 2,
      err: 'gleaner: VirtualMachineBackup prod/none does not exist\n',
    });
    expect(await gleaner(['explain', 'pod/x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('vmbackup/NAME'),
    });
    expect(await gleaner(['explain'])).toMatchObject({ code: 2 });
  });
});

test('a scan tells of each fault once, whoever sees it', async () => {
  world = await startWorld({ scenario: 'broken-links' });
  const { code, document } = await json('scan');
  expect(code).toBe(1);
  const said = document.findings.map((f: any) => `${f.reason} ${f.facts?.snapshot ?? f.subject.name}`);
  expect(new Set(said).size).toBe(said.length);
  expect(document.findings.some((f: any) => JSON.stringify(f).includes('"well"'))).toBe(false);
  expect(document.findings.map((f: any) => f.reason)).toEqual(
    expect.arrayContaining(['ContentReplaced', 'OrphanBackup']),
  );
});
