import { afterEach, expect, test } from '@jest/globals';
import { nameOf } from '../../functions/drill-restore/source.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { gleaner, markedWith, startWorld } from './run.ts';

let world: World;
let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});
const begin = async (scenario: string) => {
  world = await startWorld({ scenario });
  stop = () => world.stop();
};

const marked = () => markedWith(world, 'gleaner.dev/drill');

test('a backup is proved: told as it goes, the result on stdout, and nothing is left but the record', async () => {
  await begin('mixed-volumes');
  const { code, out, err } = await world.run('drill', 'web-nightly', '-n', 'prod', '--read');
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(
      /^VirtualMachineBackup prod\/web-nightly: proved\. proved restorable at \S+, took \d+ s\n$/,
    ),
  });
  expect(err).toMatch(
    /create Namespace gleaner-drill\n[^]*create PersistentVolumeClaim[^]*delete PersistentVolumeClaim[^]*Retain: no data is deleted/,
  );
  expect(await marked()).toEqual([]);
  expect(world.sandbox.store.losses).toEqual([]);
  const explained = await world.run('explain', 'vmbackup/web-nightly', '-n', 'prod');
  expect(explained.out).toContain('Last restore drill: proved restorable at ');
  for (const secret of make.secretMarkers) expect(out + err).not.toContain(secret);
  const scanned = JSON.parse((await world.run('scan', '--all', '--function', 'drill-restore', '-o', 'json')).out);
  expect(scanned.findings.map((f: any) => f.reason)).toEqual(['DrillsOff', 'DrillProved']);
});

test('one that fails answers 1 and says why, as a document too', async () => {
  await begin('healthy');
  await world.sandbox.longhorn.setRestoring('fail');
  const { code, out } = await world.run('drill', 'web-nightly', '-n', 'prod', '-o', 'json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    kind: 'Drill',
    result: 'failed',
    reason: 'DrillFailed',
    message: expect.stringContaining('All replica restore failed'),
  });
  expect(await marked()).toEqual([]);
});

test('what cannot be drilled is refused before anything is made', async () => {
  await begin('healthy');
  const { code, out } = await world.run('drill', 'web-nightly', '-n', 'prod', '--max-size', '5');
  expect({ code, out }).toEqual({
    code: 1,
    out: expect.stringContaining('refused. its volumes take 10 GiB, but a drill may take at most 5 GiB'),
  });
  expect(await world.run('drill', 'none', '-n', 'prod')).toMatchObject({
    code: 1,
    out: expect.stringContaining('does not exist'),
  });
  expect(world.writes()).toBe(0);
});

test('a name that somebody else has is told with the object, and nothing of his is touched', async () => {
  await begin('healthy');
  const backup = await world.sandbox.client.get('harvesterhci.io/v1beta1/VirtualMachineBackup', 'web-nightly', 'prod');
  const name = nameOf(backup!.metadata.uid!, backup!['status'].volumeBackups[0].volumeName);
  const theirs = make.object(
    'v1',
    'PersistentVolumeClaim',
    { name, namespace: 'gleaner-drill' },
    { spec: make.claimSpec },
  );
  world.sandbox.seed([make.namespaceObject('gleaner-drill'), theirs]);
  const { code, out } = await world.run('drill', 'web-nightly', '-n', 'prod');
  expect({ code, out }).toEqual({
    code: 1,
    out: expect.stringContaining(`refused. PersistentVolumeClaim gleaner-drill/${name} does not belong to the drill`),
  });
  expect(world.writes()).toBe(0);
});

test.each(['client', 'server'])('--dry-run %s makes nothing', async (how) => {
  await begin('healthy');
  const { code, out, err } = await world.run('drill', 'web-nightly', '-n', 'prod', '--dry-run', how, '-o', 'json');
  expect(err).toMatch(how === 'client' ? /^would create/ : /create/);
  const document = JSON.parse(out);
  expect({ code, result: document.result }).toEqual({ code: 0, result: 'planned' });
  expect(document.actions.map((a: any) => a.object?.kind ?? a.do)).toEqual([
    ...['Namespace', 'putDrill', 'VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'],
  ]);
  expect(world.writes()).toBe(0);
});

test('Ctrl-C gives up and cleans up; what was stopped harder, --clean removes', async () => {
  await begin('healthy');
  await world.sandbox.longhorn.setRestoring('hang');
  const stopped = new AbortController();
  setTimeout(() => stopped.abort(), 1_500);
  const argv = ['drill', 'web-nightly', '-n', 'prod', '--kubeconfig', world.kubeconfig];
  const { code, err } = await gleaner(argv, { io: { interrupted: () => stopped.signal } });
  expect({ code, err }).toEqual({
    code: 130,
    err: expect.stringContaining('interrupted; cleaning up the drill (interrupt again to stop at once)'),
  });
  expect(await marked()).toEqual([]);

  const claim = { name: 'drill-left', namespace: 'gleaner-drill', labels: { 'gleaner.dev/drill': 'of-nobody' } };
  world.sandbox.seed([make.object('v1', 'PersistentVolumeClaim', claim, { spec: make.claimSpec })]);
  expect(await marked()).toHaveLength(1);
  expect(await world.run('drill', '--clean')).toMatchObject({ code: 0, out: expect.stringContaining('cleaned') });
  expect(await marked()).toEqual([]);
});

test.each([
  { argv: [], says: 'name one VMBackup, or give --clean' },
  { argv: ['a', 'b'], says: 'too many arguments' },
  { argv: ['a', '--clean'], says: 'name one VMBackup, or give --clean' },
  { argv: ['a', '--max-size', 'much'], says: 'invalid size "much"' },
  { argv: ['a', '--timeout', '400h'], says: '--timeout must be at most a week' },
  { argv: ['a', '--namespace-for-drill', 'Not_One'], says: 'is not a valid namespace name' },
])('$argv is an error', async ({ argv, says }) => {
  expect(await gleaner(['drill', ...argv])).toMatchObject({ code: 2, err: expect.stringContaining(says) });
});
