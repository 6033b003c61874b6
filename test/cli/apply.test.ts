import { afterEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { KubeObject } from '../../sandbox/api/types.ts';
import { backupOf, volumeOf } from '../../sandbox/scenarios/build.ts';
import { recoveredChain } from '../../sandbox/scenarios/chain.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

let world: World;
afterEach(() => world.stop());

const claims = async () =>
  (await world.sandbox.client.list('v1/PersistentVolumeClaim')).map(({ status }) => status.phase);

describe('apply', () => {
  test('repairs until all is settled, tells each step, and has nothing to do the second time', async () => {
    world = await startWorld({ scenario: 'mixed-volumes' });
    const { code, out, err } = await world.run('apply');
    expect(code).toBe(0);
    expect(err).toMatch(/^fix-handle: create VolumeSnapshotContent /m);
    expect(err).toMatch(/^relink-vmbackup: point VirtualMachineBackup /m);
    expect(out).toMatch(/^OBJECT +FUNCTION +STEPS +DONE\n[^]*\n\n\d+ steps taken\. Nothing needs attention/);
    expect(world.sandbox.store.losses).toEqual([]);
    expect((await world.run('scan')).code).toBe(0);

    world.sandbox.api.clearRequests();
    const again = await world.run('apply');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(world.writes()).toBe(0);
  });

  test('-o json has each action as it was applied, and stdout nothing else', async () => {
    world = await startWorld({ scenario: 'restore-hanging' });
    expect(await claims()).toEqual(['Pending', 'Pending']);
    const planned = JSON.parse((await world.run('plan', '-o', 'json')).out);
    const { code, out } = await world.run('apply', '-o', 'json');
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      kind: 'Apply',
      dryRun: 'none',
      findings: [],
      summary: { ended: 'settled', open: 0, failures: 0, steps: report.applied.length },
    });
    const texts = report.applied.map(({ text }: any) => text);
    for (const { actions } of planned.findings) {
      for (const { text } of actions) expect(texts).toContain(text);
    }
    await world.sandbox.settle();
    expect(await claims()).toEqual(['Bound', 'Bound']);
  });

  test('only what was asked for is touched', async () => {
    world = await startWorld({ scenario: 'restore-hanging' });
    const { code, out } = await world.run('apply', 'vmrestore/restore-web', '-o', 'json');
    expect(code).toBe(0);
    for (const { subject } of JSON.parse(out).applied) expect(subject.name).toMatch(/^restore-finance-/);
    await world.sandbox.settle();
    expect(await claims()).toEqual(['Bound', 'Bound']);
    expect((await world.run('scan')).code).toBe(1);
  });

  test('answers 1 and shows what a person must decide', async () => {
    world = await startWorld({ scenario: 'broken' });
    const { code, out } = await world.run('apply');
    expect(code).toBe(1);
    expect(out).toMatch(/ report +\w+ +[^]* need attention \(/);
  });

  test.each([
    ['client', 'restore-hanging'],
    ['server', 'restore-hanging'],
    // Its first step creates an object, of which a dry run has no version.
    ['server', 'wrong-handle'],
  ])('--dry-run=%s says what would be done and stores nothing: %s', async (how, scenario) => {
    world = await startWorld({ scenario });
    const planned = JSON.parse((await world.run('plan', '-o', 'json')).out);
    const texts = planned.findings.flatMap(({ actions }: any) => actions.map(({ text }: any) => text));
    world.sandbox.api.clearRequests();
    const { code, out, err } = await world.run('apply', `--dry-run=${how}`, '-o', 'json');
    expect(code).toBe(1);
    expect(err).toContain('(dry run');
    expect(
      JSON.parse(out)
        .applied.map(({ text }: any) => text)
        .sort(),
    ).toEqual(texts.sort());
    expect(world.writes()).toBe(0);
    const asked = world.sandbox.api.requests().filter(({ dryRun }) => dryRun).length;
    expect(asked > 0).toBe(how === 'server');
  });

  test('--once takes one round and answers that there may be more', async () => {
    world = await startWorld({ scenario: 'wrong-handle' });
    const { code, out } = await world.run('apply', '--once', '-o', 'yaml');
    expect(code).toBe(1);
    expect(parse(out).summary).toMatchObject({ ended: 'once', rounds: 1 });
    expect((await world.run('apply')).code).toBe(0);
  });

  test('what fails for the moment is tried again, in the same run', async () => {
    world = await startWorld({ scenario: 'wrong-handle' });
    let left = 3;
    world.sandbox.api.setFault(({ verb }) =>
      verb === 'create' && left-- > 0 ? { kind: 'status', code: 503, retryAfterSeconds: 0 } : undefined,
    );
    const { code, err } = await world.run('apply');
    expect(err).toMatch(/^fix-handle: failed: .*503/m);
    expect(code).toBe(0);
    expect(world.sandbox.store.losses).toEqual([]);
  });

  test('what fails for good is an error, and the rest is done', async () => {
    world = await startWorld({ scenario: 'several-vms' });
    const names = async () => {
      const { out } = await world.run('scan', '--function', 'relink-vmbackup', '-o', 'name');
      return new Set(
        out
          .trim()
          .split('\n')
          .map((line) => line.split('/')[1]),
      );
    };
    const [first, ...others] = await names();
    expect(others.length).toBeGreaterThan(0);
    world.sandbox.api.setFault(({ verb, name }) =>
      verb === 'patch' && name === first ? { kind: 'status', code: 403, reason: 'Forbidden' } : undefined,
    );
    const { code, out, err } = await world.run('apply', '-o', 'json');
    expect(code).toBe(2);
    expect(err).toMatch(/the right to patch virtualmachinebackups\.harvesterhci\.io is missing/);
    expect(JSON.parse(out)).toMatchObject({ errors: [expect.stringContaining('403')] });
    expect(await names()).toEqual(new Set([first]));
  });

  test.each(['json', 'table'])(
    'what was written before a step that fails for good is reported, -o %s',
    async (form) => {
      world = await startWorld({ scenario: 'wrong-handle' });
      world.sandbox.api.setFault(({ verb, kind }) =>
        verb === 'create' && kind === 'snapshot.storage.k8s.io/v1/VolumeSnapshot'
          ? { kind: 'status', code: 403, reason: 'Forbidden' }
          : undefined,
      );
      const { code, out, err } = await world.run('apply', '--once', '-o', form);
      expect(code).toBe(2);
      expect(err).toMatch(/^fix-handle: create VolumeSnapshotContent .*\nfix-handle: failed: .*403/m);
      if (form === 'table') {
        expect(out).toMatch(/^OBJECT +FUNCTION +STEPS +DONE\n\S+ .*fix-handle +1 +ReplacePair\n/);
        expect(out).toContain('1 steps taken.');
        return;
      }
      const { applied, summary, errors } = JSON.parse(out);
      expect(world.writes()).toBeGreaterThan(0);
      expect(applied).toMatchObject([
        { function: 'fix-handle', reason: 'ReplacePair', result: 'done', action: { do: 'create' } },
      ]);
      expect(summary).toMatchObject({ steps: 1, failures: 1 });
      expect(errors).toEqual([expect.stringContaining('403')]);
    },
  );

  test('Ctrl-C ends it at the next safe place; the next run goes on', async () => {
    world = await startWorld({ scenario: 'several-vms' });
    const stopped = new AbortController();
    const io = {
      interrupted: () => stopped.signal,
      err: (text: string) => {
        if (text.includes('create')) stopped.abort();
      },
    };
    expect((await gleaner(['apply', '--kubeconfig', world.kubeconfig], { io })).code).toBe(130);
    expect((await world.run('apply')).code).toBe(0);
    expect((await world.run('scan')).code).toBe(0);
    expect(world.sandbox.store.losses).toEqual([]);
  });

  test.each([[[]], [['--once']]])(
    'Ctrl-C loses no step: what was under way is finished and reported %j',
    async (more) => {
      world = await startWorld({ scenario: 'several-vms' });
      const stopped = new AbortController();
      const said: string[] = [];
      const io = {
        interrupted: () => stopped.signal,
        out: (text: string) => Promise.resolve(void said.push(text)),
        err: (text: string) => {
          if (text.includes('create')) stopped.abort();
        },
      };
      const argv = ['apply', '--kubeconfig', world.kubeconfig, '-o', 'json', ...more];
      expect((await gleaner(argv, { io })).code).toBe(130);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { applied, summary } = JSON.parse(said.join(''));
      expect(summary.ended).toBe('interrupted');
      expect(applied.filter(({ result }: any) => result === 'done')).toHaveLength(world.writes());
    },
  );

  test('--timeout ends it while controllers are still at it', async () => {
    world = await startWorld({ scenario: 'wrong-handle' });
    const { code, err } = await world.run('apply', '--timeout', '1ms');
    expect(code).toBe(1);
    expect(err).toContain('timed out');
    expect((await world.run('apply')).code).toBe(0);
  });
});

test('two VMBackups that share a Longhorn Backup are both repaired, and neither may erase it', async () => {
  const longhorn = '1.9' as const;
  world = await startWorld({
    scenario: {
      name: 'shared-backup',
      describe: 'Two VMBackups record one Longhorn Backup, each through a wrong handle.',
      harvester: '1.6',
      longhorn,
      objects() {
        const [first, second] = ['web', 'copy'].map((name) =>
          recoveredChain({ name, vm: name, disks: [{ claim: `${name}-disk` }], longhorn }),
        ) as [KubeObject[], KubeObject[]];
        const backup = backupOf('web-disk', 'web');
        const copy = second.filter(({ kind }) => kind !== 'Backup' && kind !== 'BackupVolume');
        for (const { kind, spec, status } of copy) {
          if (kind === 'VirtualMachineBackup') {
            const [entry] = status.volumeBackups;
            entry.longhornBackupName = backup;
            entry.persistentVolumeClaim.spec.volumeName = volumeOf('web-disk');
          }
          if (kind === 'VolumeSnapshotContent')
            spec.source.snapshotHandle = status.snapshotHandle = `bs://copy-disk/${backup}`;
        }
        return [...first, ...copy];
      },
    },
  });
  await world.run('apply');
  const contents = await world.sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent');
  const right = `bak://${volumeOf('web-disk')}/${backupOf('web-disk', 'web')}`;
  expect(contents.map(({ spec }) => [spec.source.snapshotHandle, spec.deletionPolicy])).toEqual([
    [right, 'Retain'],
    [right, 'Retain'],
  ]);
  expect((await world.run('scan')).code).toBe(0);
});
