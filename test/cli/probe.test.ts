import { afterEach, expect, test } from '@jest/globals';
import * as make from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { gleaner, markedWith, startWorld } from './run.ts';

let world: World;
let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});
const begin = async (scenario = 'mixed-storage') => {
  world = await startWorld({ scenario });
  stop = () => world.stop();
};

const marked = () => markedWith(world, 'gleaner.dev/probe');

test('a class is proved: told as it goes, the result on stdout, and gleaner capability shows it afterwards', async () => {
  await begin();
  const before = await world.run('capability', 'sc/lvm-fast');
  expect(before.out).toMatch(/snapshot +storage +yes +SnapshotterRuns /);
  const { code, out, err } = await world.run('capability', '--probe', 'lvm-fast');
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(
      /^StorageClass lvm-fast: proved\. volumes of mode Block: proved at \S+ with class lvm-snapshot, took \d+\.\d s \(volume \d+\.\d s, snapshot \d+\.\d s, restore \d+\.\d s\)\n$/,
    ),
  });
  expect(err).toMatch(
    /create Namespace gleaner-drill\n[^]*create VolumeSnapshot [^]*annotate [^]*let the storage delete it/,
  );
  expect(await marked()).toEqual([]);
  const after = await world.run('capability', 'sc/lvm-fast');
  expect(after.out).toMatch(/snapshot +storage +yes +SnapshotProved +volumes of mode Block: proved at /);
  expect((await world.run('capability', 'vm/erp', '-n', 'prod', '-o', 'json')).code).toBe(1);
  await world.run('capability', '--clear');
  expect((await world.run('capability', 'sc/lvm-fast')).out).toMatch(/SnapshotterRuns/);
  expect(world.sandbox.store.losses).toEqual([]);
});

test('each volume mode is proved by itself, and the result says which', async () => {
  await begin();
  world.sandbox.otherStorage.can.modes = 'Filesystem';
  const { code, out } = await world.run('capability', '--probe', 'lvm-fast', '--timeout', '2s');
  expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/mode Block[^]*failed[^]*--volume-mode/) });
  const other = await world.run('capability', '--probe', 'lvm-fast', '--volume-mode', 'filesystem', '-o', 'json');
  expect(JSON.parse(other.out)).toMatchObject({ result: 'proved', facts: { volumeMode: 'Filesystem' } });
  const asked = await world.run('capability', 'sc/lvm-fast', '-o', 'json');
  const { can, facts } = JSON.parse(asked.out).capabilities[0];
  expect(can.snapshot.reason).toBe('SnapshotterRuns');
  expect(facts.probed).toMatch(/^a probe with volumes of mode Block .*; volumes of mode Filesystem: proved/);
});

test('one that fails answers 1 and says why, as a document too; the answer is a no from then on', async () => {
  await begin();
  world.sandbox.otherStorage.can.snapshots = 'refuses';
  const { code, out } = await world.run('capability', '--probe', 'sc/lvm-fast', '-o', 'json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    kind: 'Probe',
    result: 'failed',
    reason: 'ProbeFailed',
    message: expect.stringContaining('failed at the snapshot: '),
    facts: { step: 'snapshot', snapshotClass: 'lvm-snapshot' },
  });
  const { out: asked } = await world.run('capability', 'sc/lvm-fast', '-o', 'json');
  expect(JSON.parse(asked).capabilities[0].can.snapshot).toMatchObject({ answer: 'no', reason: 'DriverRefuses' });
  world.sandbox.otherStorage.can.snapshots = 'yes';
  expect(await world.run('capability', '--probe', 'lvm-fast')).toMatchObject({ code: 0 });
});

test('what cannot be probed is refused with the cure, before anything is made', async () => {
  await begin();
  const refused = async (name: string) => {
    const { code, out } = await world.run('capability', '--probe', name);
    expect(code).toBe(1);
    return out;
  };
  expect(await refused('nfs-share')).toMatch(/refused\. no VolumeSnapshotClass names driver nfs[^]*kubectl apply -f -/);
  world.sandbox.seed([
    { ...make.storageClass('kept', 'lvm.driver.harvesterhci.io'), reclaimPolicy: 'Retain' },
    { ...make.storageClass('late', 'lvm.driver.harvesterhci.io'), volumeBindingMode: 'WaitForFirstConsumer' },
    make.storageClass('old', 'kubernetes.io/no-provisioner'),
  ]);
  expect(await refused('kept')).toContain('would stay behind');
  expect(await refused('late')).toMatch(/waits for a pod[^]*--probe-image IMAGE/);
  expect(await refused('old')).toContain('is not a CSI driver');
  expect(await world.run('capability', '--probe', 'none')).toMatchObject({
    code: 2,
    err: expect.stringContaining('StorageClass none does not exist'),
  });
  expect(world.writes()).toBe(0);
});

test('of Longhorn nothing but a class of type snap is used: a backup is never made', async () => {
  await begin('healthy');
  await world.sandbox.client.delete('snapshot.storage.k8s.io/v1/VolumeSnapshotClass', 'longhorn-snapshot');
  const { code, out } = await world.run('capability', '--probe', 'harvester-longhorn');
  expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining('and a probe creates no backups') });
});

test('a class that waits for a first consumer is probed with a pod of the image that was named', async () => {
  await begin();
  world.sandbox.seed([
    { ...make.storageClass('late', 'lvm.driver.harvesterhci.io'), volumeBindingMode: 'WaitForFirstConsumer' },
  ]);
  const { code, err } = await world.run('capability', '--probe', 'late', '--probe-image', 'registry.local/pause:3');
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('so that its claim is provisioned') });
  expect(await marked()).toEqual([]);
});

test.each(['client', 'server'])('--dry-run %s makes nothing', async (how) => {
  await begin();
  const { code, out, err } = await world.run('capability', '--probe', 'lvm-fast', '--dry-run', how, '-o', 'json');
  expect(err).toMatch(how === 'client' ? /^would create/ : /create/);
  const document = JSON.parse(out);
  expect({ code, result: document.result }).toEqual({ code: 0, result: 'planned' });
  expect(document.actions.map((a: any) => a.object?.kind)).toEqual(['Namespace', 'PersistentVolumeClaim']);
  expect(world.writes()).toBe(0);
});

test('Ctrl-C gives up and cleans up; what was stopped harder, --clean removes', async () => {
  await begin();
  world.sandbox.otherStorage.can.snapshots = 'absent';
  const stopped = new AbortController();
  setTimeout(() => stopped.abort(), 1_500);
  const argv = ['capability', '--probe', 'lvm-fast', '--kubeconfig', world.kubeconfig];
  const { code, err } = await gleaner(argv, { io: { interrupted: () => stopped.signal } });
  expect({ code, err }).toEqual({
    code: 130,
    err: expect.stringContaining('interrupted; cleaning up the probe (interrupt again to stop at once)'),
  });
  expect(await marked()).toEqual([]);

  const claim = { name: 'probe-left-source', namespace: 'gleaner-drill', labels: { 'gleaner.dev/probe': 'of-nobody' } };
  world.sandbox.seed([make.object('v1', 'PersistentVolumeClaim', claim, { spec: make.claimSpec })]);
  expect(await world.run('capability', '--clean')).toMatchObject({ code: 0, out: expect.stringContaining('cleaned') });
  expect(await marked()).toEqual([]);
});

test.each([
  { argv: ['--probe', 'a', '--clear'], says: 'give one of --clear, --probe and --clean' },
  { argv: ['sc/a', '--probe', 'a'], says: 'take no object argument' },
  { argv: ['--probe', 'vm/a'], says: 'takes the name of one StorageClass' },
  { argv: ['--probe', 'a', '--timeout', '10ms'], says: 'at least a second' },
  { argv: ['--probe', 'a', '--probe-namespace', 'Not_One'], says: 'is not a valid namespace name' },
  { argv: ['--probe', 'a', '--volume-mode', 'file'], says: '--volume-mode must be Block or Filesystem' },
  { argv: ['--volume-mode', 'Block'], says: '--volume-mode needs --probe' },
  { argv: ['--dry-run'], says: '--dry-run needs --clear, --probe or --clean' },
])('$argv is an error', async ({ argv, says }) => {
  expect(await gleaner(['capability', ...argv])).toMatchObject({ code: 2, err: expect.stringContaining(says) });
});
