import { describe, expect, jest, test } from '@jest/globals';
import { decider } from '../../cli/probe/run.ts';
import type { OtherStorage } from '../../sandbox/controllers/other-csi.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import type { VolumeMode } from '../../shared/capability/volume-mode.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { ProbeConfig } from '../../shared/probe/config.ts';
import { completedOrThrow, reconcile } from '../../shared/runtime/reconcile.ts';
import type { World } from './world.ts';
import { digest, inWorld, Killed, mortal, writesOf } from './world.ts';

jest.setTimeout(240_000);

const NAMESPACE = 'gleaner-drill';
const LVM = ref('StorageClass', 'lvm-fast');
const ALL = ref('Namespace', NAMESPACE);
const SC = 'storage.k8s.io/v1/StorageClass';

interface Options extends Partial<ProbeConfig> {
  readonly killAfter?: number;
  /** Seconds from now. */
  readonly later?: number;
}

/** One call: the next safe steps. */
async function step(world: World, subject: Ref, { killAfter, later = 0, ...config }: Options): Promise<Finding> {
  const { reader, writer } = mortal(world.client, killAfter);
  const outcome = await reconcile(decider, subject, {
    reader,
    applier: createApplier(reader, writer),
    config: { mode: 'probe', namespace: NAMESPACE, timeoutMs: 60_000, sinceMs: 0, ...config },
    nowMs: () => Date.now() + later * 1000,
  });
  return completedOrThrow(outcome).plan.findings[0]!;
}

/** Calls until nothing more is to be done; time passes where the controllers have nothing to do and it waits. */
async function toTheEnd(world: World, subject: Ref, { killAfter = Infinity, ...options }: Options): Promise<Finding> {
  let left = killAfter;
  let later = options.later ?? 0;
  for (let round = 0; round < 60; round++) {
    world.sandbox.api.clearRequests();
    const finding = await step(world, subject, { ...options, later, killAfter: left });
    const writes = writesOf(world).length;
    left -= writes;
    if (['ProbeProved', 'ProbeFailed', 'ProbeCleaned', 'StorageClassGone'].includes(finding.reason)) return finding;
    await world.sandbox.settle();
    if (writes === 0) later += 30;
  }
  throw new Error('the probe does not come to an end');
}

async function leftovers({ sandbox: { client, otherStorage } }: World): Promise<string[]> {
  const kinds = ['VolumeSnapshot', 'VolumeSnapshotContent'].map((kind) => `snapshot.storage.k8s.io/v1/${kind}`);
  const all = await Promise.all(['v1/PersistentVolumeClaim', 'v1/Pod', ...kinds].map((kind) => client.list(kind)));
  const own = all
    .flat()
    .filter(
      ({ metadata, spec }) =>
        metadata.labels?.['gleaner.dev/probe'] || spec?.['volumeSnapshotRef']?.namespace === NAMESPACE,
    );
  const persistent = (await client.list('v1/PersistentVolume')).filter(
    (volume) => volume['spec'].claimRef?.namespace === NAMESPACE,
  );
  return [
    ...[...own, ...persistent].map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ...[...otherStorage.volumes.keys()].map((name) => `volume ${name} in the storage`),
    ...[...otherStorage.snapshots.keys()].map((name) => `snapshot ${name} in the storage`),
  ];
}

const allNoted = async ({ sandbox }: World, name: string): Promise<any[]> =>
  JSON.parse((await sandbox.client.get(SC, name))?.metadata.annotations?.['gleaner.dev/probed'] ?? '[]');
const noted = async (world: World, name: string, mode: VolumeMode = 'Block'): Promise<any> =>
  (await allNoted(world, name)).find(({ volumeMode }) => volumeMode === mode) ?? null;

interface Story {
  readonly subject?: Ref;
  readonly can?: Partial<OtherStorage>;
  readonly volumeMode?: VolumeMode;
  readonly before?: (world: World) => unknown;
  readonly reason: string;
  readonly noted: object | null;
}
const failed = (stepOf: string, says: RegExp, result = 'failed') => ({
  reason: 'ProbeFailed',
  noted: { result, step: stepOf, message: expect.stringMatching(says) },
});
const stories: Record<string, Story> = {
  'the storage can': { reason: 'ProbeProved', noted: { result: 'proved', snapshotClass: 'lvm-snapshot' } },
  'the storage can, with file systems': {
    volumeMode: 'Filesystem',
    reason: 'ProbeProved',
    noted: { result: 'proved', snapshotClass: 'lvm-snapshot' },
  },
  'the storage has file systems only, and is asked for blocks': {
    can: { modes: 'Filesystem' },
    ...failed('provision', /its volume is provisioned/),
  },
  'the storage has file systems only, and is asked for them': {
    can: { modes: 'Filesystem' },
    volumeMode: 'Filesystem',
    reason: 'ProbeProved',
    noted: { result: 'proved' },
  },
  'Longhorn can': {
    subject: ref('StorageClass', 'harvester-longhorn'),
    reason: 'ProbeProved',
    noted: { result: 'proved', snapshotClass: 'longhorn-snapshot' },
  },
  'no volume is provisioned': { can: { provisions: 'no' }, ...failed('provision', /its volume is provisioned/) },
  'the driver takes no snapshots': {
    can: { snapshots: 'refuses' },
    ...failed('snapshot', /code = Unimplemented/, 'refused'),
  },
  'no csi-snapshotter runs': { can: { snapshots: 'absent' }, ...failed('snapshot', /longer than 60 s/) },
  'the snapshot is never ready': { can: { snapshots: 'hangs' }, ...failed('snapshot', /its snapshot is ready/) },
  'the restore fails': { can: { restores: 'no' }, ...failed('restore', /a volume is made from its snapshot/) },
  'Longhorn cannot copy the data': {
    subject: ref('StorageClass', 'harvester-longhorn'),
    before: ({ sandbox }) => sandbox.longhorn.setRestoring('fail'),
    ...failed('restore', /copying the data failed/),
  },
};

const configOf = ({ volumeMode }: Story): Partial<ProbeConfig> => (volumeMode === undefined ? {} : { volumeMode });

const inStory = <T>({ can, before }: Story, act: (world: World) => Promise<T>): Promise<T> =>
  inWorld({ scenario: 'mixed-storage' }, async (world) => {
    Object.assign(world.sandbox.otherStorage.can, can);
    await before?.(world);
    return act(world);
  });

describe.each(Object.entries(stories))('%s', (_name, story) => {
  const subject = story.subject ?? LVM;

  test('is found out, noted on the class, and nothing is left', async () => {
    await inStory(story, async (world) => {
      const before = await digest(world);
      const finding = await toTheEnd(world, subject, configOf(story));
      expect(finding.reason).toBe(story.reason);
      expect(await allNoted(world, subject.name)).toEqual([
        expect.objectContaining({ ...story.noted, volumeMode: story.volumeMode ?? 'Block' }),
      ]);
      expect(await leftovers(world)).toEqual([]);
      expect(await digest(world)).toEqual(before);
      expect(world.sandbox.store.losses).toEqual([]);
      world.sandbox.api.clearRequests();
      expect((await step(world, subject, configOf(story))).reason).toBe(story.reason);
      expect(writesOf(world)).toEqual([]);
    });
  });

  test('killed after any write, the next run or a clean-up leaves nothing', async () => {
    for (let killAfter = 1; ; killAfter++) {
      const died = await inStory(story, async (world) => {
        const died = await toTheEnd(world, subject, { killAfter, ...configOf(story) }).then(
          () => false,
          (error: unknown) => {
            expect(error).toBeInstanceOf(Killed);
            return true;
          },
        );
        await world.sandbox.settle();
        const [next, mode] = killAfter % 2 === 0 ? [subject, 'probe' as const] : [ALL, 'clean' as const];
        const later = killAfter % 3 === 0 ? 3600 : 0;
        const { reason } = await toTheEnd(world, next, { mode, later, ...configOf(story) });
        expect({ killAfter, reason }).toEqual({
          killAfter,
          reason: mode === 'clean' ? 'ProbeCleaned' : expect.any(String),
        });
        if (later === 0 && mode === 'probe') expect({ killAfter, reason }).toEqual({ killAfter, reason: story.reason });
        expect({ killAfter, left: await leftovers(world) }).toEqual({ killAfter, left: [] });
        expect(world.sandbox.store.losses).toEqual([]);
        return died;
      });
      if (!died) return expect(killAfter).toBeGreaterThan(3);
    }
  });
});

describe.each(['the storage can', 'Longhorn can'])('the StorageClass is deleted while it is probed: %s', (name) => {
  const story = stories[name]!;
  const subject = story.subject ?? LVM;

  test.each([false, true])(
    'after any write: nothing is left, and a class made anew is probed anew (%s)',
    async (anew) => {
      for (let killAfter = 1; ; killAfter++) {
        const died = await inStory(story, async (world) => {
          const { client } = world.sandbox;
          const died = await toTheEnd(world, subject, { killAfter }).then(
            () => false,
            (error: unknown) => (expect(error).toBeInstanceOf(Killed), true),
          );
          const { metadata, ...old } = (await client.get(SC, subject.name))!;
          await client.delete(SC, subject.name);
          if (killAfter % 2 === 0) await world.sandbox.settle();
          if (anew) await client.create({ ...old, metadata: { name: metadata.name } });
          const { reason } = await toTheEnd(world, subject, {});
          expect({ killAfter, reason }).toEqual({ killAfter, reason: anew ? 'ProbeProved' : 'StorageClassGone' });
          expect({ killAfter, left: await leftovers(world) }).toEqual({ killAfter, left: [] });
          expect(world.sandbox.store.losses).toEqual([]);
          return died;
        });
        if (!died) return expect(killAfter).toBeGreaterThan(5);
      }
    },
  );
});

test.each(['source', 'snapshot', 'restored'])(
  'the name of its %s is taken while it runs: it says so, and nothing of the class',
  async (part) => {
    await inStory(stories['the storage can']!, async (world) => {
      const { client } = world.sandbox;
      const uid = (await client.get(SC, 'lvm-fast'))!.metadata.uid!;
      const name = `probe-${uid}-${part}`;
      const kind = part === 'snapshot' ? 'snapshot.storage.k8s.io/v1/VolumeSnapshot' : 'v1/PersistentVolumeClaim';
      const { metadata: _made, ...theirs } =
        part === 'snapshot'
          ? make.snapshot({ name, namespace: NAMESPACE, content: 'theirs' })
          : make.claim(name, NAMESPACE);
      if (part !== 'source') await step(world, LVM, {});
      else await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
      await client.create({ ...theirs, metadata: { name, namespace: NAMESPACE } });
      const taken = await client.get(kind, name, NAMESPACE);
      for (let round = 0; ; round++) {
        await world.sandbox.settle();
        const { reason, message } = await step(world, LVM, {});
        if (round < 20 && /^Probe(GoesOn|Running|CleanUp|Clearing)$/.test(reason)) continue;
        expect({ reason, message }).toEqual({ reason: 'ProbeNamespaceUnfit', message: expect.stringContaining(name) });
        break;
      }
      expect(await noted(world, 'lvm-fast')).toBeNull();
      expect((await client.get(kind, name, NAMESPACE))!.metadata.uid).toBe(taken!.metadata.uid);
      await client.delete(kind, name, NAMESPACE);
      await world.sandbox.settle();
      expect((await toTheEnd(world, LVM, {})).reason).toBe('ProbeProved');
      expect(await leftovers(world)).toEqual([]);
    });
  },
);

const claimsOf = ({ sandbox: { client } }: World) => client.list('v1/PersistentVolumeClaim', { namespace: NAMESPACE });

describe('the volume mode', () => {
  const can = stories['the storage can']!;

  test.each([['Block'], ['Filesystem']] as const)('%s: all its volumes are of it', async (volumeMode) => {
    await inStory(can, async (world) => {
      const seen = new Set<string>();
      const unwatch = world.sandbox.client.watch('v1/PersistentVolumeClaim', ({ object }) => {
        if (object.metadata.namespace === NAMESPACE)
          seen.add(`${object.metadata.name.replace(/^.*-/, '')} ${object['spec'].volumeMode}`);
      });
      await toTheEnd(world, LVM, { volumeMode });
      unwatch();
      expect([...seen]).toEqual([`source ${volumeMode}`, `restored ${volumeMode}`]);
    });
  });

  test.each<[note: string, mode: VolumeMode]>([
    ['{"Filesystem":["ReadWriteMany"]}', 'Filesystem'],
    ['{"Block":["ReadWriteOnce"],"Filesystem":["ReadWriteOnce"]}', 'Block'],
    ['{"Block":["ReadWriteOnce"]}', 'Block'],
    ['no JSON', 'Block'],
    ['null', 'Block'],
  ])('is that of the disks of VMs where none is named: %s', async (note, mode) => {
    await inStory(can, async (world) => {
      const annotations = { 'cdi.harvesterhci.io/storageProfileVolumeModeAccessModes': note };
      await world.sandbox.client.mergePatch(SC, 'lvm-fast', undefined, { metadata: { annotations } });
      expect((await toTheEnd(world, LVM, {})).reason).toBe('ProbeProved');
      expect((await allNoted(world, 'lvm-fast')).map(({ volumeMode }) => volumeMode)).toEqual([mode]);
    });
  });

  test.each([
    ['Block', { volumeDevices: [{ name: 'volume', devicePath: '/probe' }] }],
    ['Filesystem', { volumeMounts: [{ name: 'volume', mountPath: '/probe' }] }],
  ] as const)('%s: a pod that a class waits for takes the volume as it is', async (volumeMode, way) => {
    await inStory(can, async (world) => {
      const { client } = world.sandbox;
      world.sandbox.seed([
        { ...make.storageClass('late', 'lvm.driver.harvesterhci.io'), volumeBindingMode: 'WaitForFirstConsumer' },
      ]);
      const pods: any[] = [];
      const unwatch = client.watch('v1/Pod', ({ type, object }) => {
        if (type === 'ADDED' && object.metadata.namespace === NAMESPACE) pods.push(object['spec'].containers[0]);
      });
      const asked = { volumeMode, image: 'registry.local/pause:3' };
      expect((await toTheEnd(world, ref('StorageClass', 'late'), asked)).reason).toBe('ProbeProved');
      unwatch();
      expect(pods.map(({ volumeDevices, volumeMounts }) => ({ volumeDevices, volumeMounts }))).toEqual([way, way]);
      expect(await leftovers(world)).toEqual([]);
    });
  });

  test('what was noted of one stays when the other is probed, an old note without a mode being of file systems', async () => {
    await inStory({ ...can, can: { modes: 'Block' } }, async (world) => {
      const [startedAt, at] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:09.000Z'];
      const old = { startedAt, at, result: 'proved', snapshotClass: 'lvm-snapshot' };
      const annotations = { 'gleaner.dev/probed': JSON.stringify(old) };
      await world.sandbox.client.mergePatch(SC, 'lvm-fast', undefined, { metadata: { annotations } });
      expect(await step(world, LVM, { volumeMode: 'Filesystem' })).toMatchObject({
        reason: 'ProbeProved',
        facts: { at },
      });
      expect((await toTheEnd(world, LVM, {})).reason).toBe('ProbeProved');
      const [block, files] = await allNoted(world, 'lvm-fast');
      expect([block, files]).toEqual([
        expect.objectContaining({ volumeMode: 'Block', result: 'proved' }),
        { volumeMode: 'Filesystem', ...old },
      ]);
      const asked = { volumeMode: 'Filesystem', sinceMs: Date.now() } as const;
      expect((await toTheEnd(world, LVM, asked)).reason).toBe('ProbeFailed');
      expect(await noted(world, 'lvm-fast')).toEqual(block);
      expect(await noted(world, 'lvm-fast', 'Filesystem')).toMatchObject({ result: 'failed', step: 'provision' });
      expect(await leftovers(world)).toEqual([]);
    });
  });

  test('what was noted by a clock that was years ahead does not keep it from being probed', async () => {
    await inStory(can, async (world) => {
      const note = { volumeMode: 'Block', startedAt: '2095-01-01T00:00:00.000Z', at: '2095-01-01T00:00:09.000Z' };
      const annotations = {
        'gleaner.dev/probed': JSON.stringify([{ ...note, result: 'failed', step: 'provision', snapshotClass: 'x' }]),
      };
      await world.sandbox.client.mergePatch(SC, 'lvm-fast', undefined, { metadata: { annotations } });
      expect((await toTheEnd(world, LVM, {})).reason).toBe('ProbeProved');
      expect(await noted(world, 'lvm-fast')).toMatchObject({ result: 'proved', snapshotClass: 'lvm-snapshot' });
    });
  });

  test('one under way with the other mode comes to its result first, after any of its writes', async () => {
    for (let killAfter = 1; ; killAfter++) {
      const died = await inStory(can, async (world) => {
        const died = await toTheEnd(world, LVM, { killAfter, volumeMode: 'Filesystem' }).then(
          () => false,
          (error: unknown) => (expect(error).toBeInstanceOf(Killed), true),
        );
        await world.sandbox.settle();
        const begun = (await claimsOf(world)).some(({ metadata }) => metadata.name.endsWith('-source'));
        expect((await toTheEnd(world, LVM, { volumeMode: 'Block' })).reason).toBe('ProbeProved');
        expect(await noted(world, 'lvm-fast', 'Block')).toMatchObject({ result: 'proved' });
        if (begun) expect(await noted(world, 'lvm-fast', 'Filesystem')).toMatchObject({ result: 'proved' });
        expect({ killAfter, left: await leftovers(world) }).toEqual({ killAfter, left: [] });
        return died;
      });
      if (!died) return expect(killAfter).toBeGreaterThan(5);
    }
  });
});

test('what was left behind longer ago than a probe may take is removed, and the probe begins anew', async () => {
  await inStory(stories['the storage can']!, async (world) => {
    await step(world, LVM, { sinceMs: Date.now() });
    await world.sandbox.settle();
    const old = (await world.sandbox.client.list('v1/PersistentVolumeClaim', { namespace: NAMESPACE }))[0]!;
    const later = 7200;
    const finding = await toTheEnd(world, LVM, { sinceMs: Date.now() + later * 1000, later });
    expect(finding.reason).toBe('ProbeProved');
    expect((await noted(world, 'lvm-fast')).startedAt).not.toBe(old.metadata.annotations?.['gleaner.dev/probe-at']);
    expect(await leftovers(world)).toEqual([]);
  });
});

test.each([
  ['lvm-fast', 'LimitRange', { limits: [{ type: 'Container', min: { cpu: '1' } }] }, undefined],
  ['late', 'LimitRange', { limits: [{ type: 'Container', min: { cpu: '1' } }] }, /at least 1 of cpu for a container/],
  ['late', 'LimitRange', { limits: [{ type: 'Pod', max: { memory: '8Mi' } }] }, /at most 8Mi of memory/],
  ['late', 'ResourceQuota', { hard: { pods: '1' } }, /leaves 1 of pods, but 2 are needed/],
])(
  'of %s in a namespace with a %s of %j: no claim is made that a pod cannot follow',
  async (name, kind, spec, says) => {
    await inStory(stories['the storage can']!, async (world) => {
      const { client } = world.sandbox;
      world.sandbox.seed([
        { ...make.storageClass('late', 'lvm.driver.harvesterhci.io'), volumeBindingMode: 'WaitForFirstConsumer' },
      ]);
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
      await client.create({ apiVersion: 'v1', kind, metadata: { name: 'tight', namespace: NAMESPACE }, spec });
      const { reason, message } = await step(world, ref('StorageClass', name), { image: 'registry.local/pause:3' });
      expect(reason).toBe(says === undefined ? 'ProbeStart' : 'ProbeNamespaceUnfit');
      if (says !== undefined) expect(message).toMatch(says);
      expect(await claimsOf(world)).toHaveLength(says === undefined ? 1 : 0);
    });
  },
);

test('what bears its names and not its mark is somebody else’s, and stays untouched', async () => {
  await inStory(stories['the storage can']!, async (world) => {
    const { client } = world.sandbox;
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    const uid = (await client.get(SC, 'lvm-fast'))!.metadata.uid!;
    const foreign = make.object(
      'v1',
      'PersistentVolumeClaim',
      { name: `probe-${uid}-source`, namespace: NAMESPACE },
      { spec: { ...make.claimSpec, storageClassName: 'lvm-fast' } },
    );
    await client.create(foreign);
    await world.sandbox.settle();
    const before = await client.get('v1/PersistentVolumeClaim', foreign.metadata.name, NAMESPACE);
    expect(await step(world, LVM, {})).toMatchObject({
      reason: 'ProbeNamespaceUnfit',
      message: expect.stringContaining('is not the probe’s'),
    });
    expect((await world.sandbox.client.list('v1/PersistentVolumeClaim', { namespace: NAMESPACE })).length).toBe(1);
    expect((await step(world, ALL, { mode: 'clean' })).reason).not.toBe('ProbeCleanUp');
    expect(await client.get('v1/PersistentVolumeClaim', foreign.metadata.name, NAMESPACE)).toEqual(before);
  });
});

test('no deletion reaches a Longhorn Backup: its contents go on Retain, whatever their class says', async () => {
  await inStory(stories['Longhorn can']!, async (world) => {
    const Content = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
    const policies = new Set<string>();
    const unwatch = world.sandbox.client.watch(Content, ({ type, object }) => {
      if (type === 'DELETED' && object['spec'].volumeSnapshotRef.namespace === NAMESPACE)
        policies.add(object['spec'].deletionPolicy);
    });
    await toTheEnd(world, ref('StorageClass', 'harvester-longhorn'), {});
    unwatch();
    expect([...policies]).toEqual(['Retain']);
  });
});
