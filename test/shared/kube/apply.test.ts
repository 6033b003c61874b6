import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import { ConflictError, GoneError } from '../../../shared/ports/errors.ts';
import type { Action, NewContent, NewSnapshot } from '../../../shared/plan/action.ts';
import { inWorld } from '../../scenarios/world.ts';
import type { World } from '../../scenarios/world.ts';

/** Plans that are wrong, outdated or forged: the writer refuses them and the world stays as it was. */

const N = 'nightly-volume-data';
const entries = [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' })];
const owner = make.vmBackup({ name: 'nightly', entries });
const [volume, backup] = [make.volumeOf('data'), make.backupOf('data', 'nightly')];
const scenario = {
  name: 'one',
  describe: 'One VMBackup, one right pair on Delete and one on Retain.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: () => [
    owner,
    make.backup({ volume, backup, version: '1.9' }),
    make.backupVolume(volume, '1.9'),
    make.snapshot({ name: N }, make.ownedBy(owner)),
    make.content({ snapshot: N, handle: `bak://${volume}/${backup}` }, make.ownedBy(owner)),
    make.snapshot({ name: 'spare', policy: 'Retain' }),
    make.content({ snapshot: 'spare', handle: `bs://data/${backup}`, policy: 'Retain' }),
  ],
} as const;

const kindsToCompare = [
  'harvesterhci.io/v1beta1/VirtualMachineBackup',
  'snapshot.storage.k8s.io/v1/VolumeSnapshot',
  'snapshot.storage.k8s.io/v1/VolumeSnapshotContent',
  'longhorn.io/v1beta2/Backup',
  'harvesterhci.io/v1beta1/Setting',
];
const everything = async ({ sandbox }: World) => Promise.all(kindsToCompare.map((kind) => sandbox.client.list(kind)));

async function apply(world: World, ...actions: Action[]): Promise<string[]> {
  const results: string[] = [];
  for await (const { result } of createApplier(world.client.reader, world.client.writer).apply(actions))
    results.push(result);
  return results;
}

const get = async (
  { sandbox }: World,
  kind: 'VolumeSnapshot' | 'VolumeSnapshotContent',
  name: string,
): Promise<KubeObject> => {
  const found = await sandbox.client.get(
    `snapshot.storage.k8s.io/v1/${kind}`,
    name,
    kind === 'VolumeSnapshot' ? 'prod' : undefined,
  );
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
};
const targetOf = (o: KubeObject) => ({
  kind: o.kind as 'VolumeSnapshot',
  name: o.metadata.name,
  ...(o.metadata.namespace && { namespace: o.metadata.namespace }),
  uid: o.metadata.uid ?? '',
  resourceVersion: o.metadata.resourceVersion ?? '',
});

const setting = async ({ sandbox }: World): Promise<KubeObject> => {
  const found = await sandbox.client.get('harvesterhci.io/v1beta1/Setting', 'backup-target');
  if (found === undefined) throw new Error('no setting');
  return found;
};
const newSnapshot = (reference: ReturnType<typeof make.ownerReference>): NewSnapshot => ({
  apiVersion: 'snapshot.storage.k8s.io/v1',
  kind: 'VolumeSnapshot',
  metadata: { name: 'new', namespace: 'prod', ownerReferences: [reference] },
  spec: { source: { volumeSnapshotContentName: 'new-vsc' } },
});

describe('refused, with nothing changed', () => {
  const cases: Record<string, (world: World) => Promise<Action>> = {
    'a snapshot whose content is on Delete is deleted': async (world) => {
      const content = await get(world, 'VolumeSnapshotContent', `${N}-vsc`);
      return {
        do: 'deleteSnapshot',
        target: targetOf(await get(world, 'VolumeSnapshot', N)),
        content: { name: `${N}-vsc`, uid: content.metadata.uid ?? '' },
      };
    },
    'a snapshot is deleted as if its content were gone': async (world) => ({
      do: 'deleteSnapshot',
      target: targetOf(await get(world, 'VolumeSnapshot', 'spare')),
      content: { name: 'spare-vsc' },
    }),
    'a snapshot is deleted for a content of another uid': async (world) => ({
      do: 'deleteSnapshot',
      target: targetOf(await get(world, 'VolumeSnapshot', 'spare')),
      content: { name: 'spare-vsc', uid: 'another' },
    }),
    'a content on Delete is deleted': async (world) => ({
      do: 'deleteContent',
      target: targetOf(await get(world, 'VolumeSnapshotContent', `${N}-vsc`)),
    }),
    'a content that nobody deletes is released': async (world) => ({
      do: 'releaseContent',
      target: targetOf(await get(world, 'VolumeSnapshotContent', 'spare-vsc')),
    }),
    'a policy is set on an older version': async (world) => ({
      do: 'setPolicy',
      target: { ...targetOf(await get(world, 'VolumeSnapshotContent', 'spare-vsc')), resourceVersion: '1' },
      from: 'Retain',
      to: 'Delete',
    }),
    'a policy is set that is not the one seen': async (world) => ({
      do: 'setPolicy',
      target: targetOf(await get(world, 'VolumeSnapshotContent', 'spare-vsc')),
      from: 'Delete',
      to: 'Retain',
    }),
    'a content is created under a name that another has': (world) =>
      again(world, (spec) => (spec.source.snapshotHandle = 'bak://v/b')),
    'a content is created for a snapshot, and the one that is there is bound to another uid': (world) =>
      again(world, ({ volumeSnapshotRef }) => (volumeSnapshotRef.uid = 'another')),
    'a content is created for a snapshot, and the one that is there is of another name': (world) =>
      again(world, ({ volumeSnapshotRef }) => (volumeSnapshotRef.name = 'another')),
    'a content is created for a snapshot, and the one that is there is of another namespace': (world) =>
      again(world, ({ volumeSnapshotRef }) => (volumeSnapshotRef.namespace = 'another')),
    'a content is created, and the one that is there is another driver’s': (world) =>
      again(world, (spec) => (spec.driver = 'another')),
    'a note is overwritten that somebody else wrote': async (world) => ({
      do: 'annotateSnapshot',
      target: targetOf(await get(world, 'VolumeSnapshot', 'spare')),
      key: 'gleaner.dev/swap',
      value: 'new',
      from: 'old',
    }),
    'a content is made to forget a snapshot that is there': (world) => unbinding(world, 'spare'),
    'a content on Delete is made to forget its snapshot': (world) => unbinding(world, N),
    'a content is made to forget another snapshot than it names': async (world) => {
      const action = await unbinding(world, 'spare');
      return { ...action, snapshot: { ...action.snapshot, uid: 'another' } };
    },
    'a snapshot is created for a VMBackup of another uid': async () => ({
      do: 'create',
      object: newSnapshot({ ...make.ownerReference(owner), uid: 'former' }),
    }),
    'the target is scanned on an older version of its setting': async (world) => ({
      do: 'rescanTarget',
      target: { ...targetOf(await setting(world)), kind: 'Setting', resourceVersion: '1' },
      hasHash: true,
      note: '{}',
    }),
    'a VMBackup is switched from a name it does not have': (world) => switching(world, { from: 'somewhere-else' }),
    'a VMBackup is switched at another volume': (world) => switching(world, { volumeName: 'disk-7' }),
    'a VMBackup of another uid is switched': (world) => switching(world, {}, { uid: 'another' }),
    'a VMBackup that moved on is switched': (world) => switching(world, {}, { resourceVersion: '1' }),
  };

  /** Creates a content that is there, but for one thing. */
  async function again(world: World, differ: (spec: any) => void): Promise<Action> {
    const { apiVersion, kind, metadata, spec } = await get(world, 'VolumeSnapshotContent', 'spare-vsc');
    differ(spec);
    return { do: 'create', object: { apiVersion, kind, metadata: { name: metadata.name }, spec } as NewContent };
  }

  async function unbinding(world: World, snapshot: string) {
    const content = await get(world, 'VolumeSnapshotContent', `${snapshot}-vsc`);
    const { uid } = (await get(world, 'VolumeSnapshot', snapshot)).metadata;
    const target = targetOf(content);
    return { do: 'unbindContent', target, snapshot: { name: snapshot, namespace: 'prod', uid: uid ?? '' } } as const;
  }

  async function switching({ sandbox }: World, entry: object, at: object = {}): Promise<Action> {
    const found = await sandbox.client.get('harvesterhci.io/v1beta1/VirtualMachineBackup', 'nightly', 'prod');
    if (found === undefined) throw new Error('no VMBackup');
    const target = { ...targetOf(found), kind: 'VirtualMachineBackup', ...at } as const;
    return {
      do: 'switchEntries',
      target,
      entries: [{ index: 0, volumeName: 'disk-0', from: N, to: 'spare', ...entry }],
      hasAnnotations: false,
    };
  }

  test.each(Object.keys(cases))('%s', async (name) => {
    await inWorld({ scenario }, async (world) => {
      const before = await everything(world);
      const action = await cases[name]!(world);
      await expect(apply(world, action)).rejects.toBeInstanceOf(ConflictError);
      await world.sandbox.settle();
      expect(await everything(world)).toEqual(before);
      expect(world.sandbox.store.losses).toEqual([]);
    });
  });

  test('a VMBackup that is not ready is not switched', async () => {
    await inWorld({ scenario }, async (world) => {
      const action = await switching(world, {});
      await world.sandbox.harvester.stop();
      await world.sandbox.client.mergePatch('harvesterhci.io/v1beta1/VirtualMachineBackup', 'nightly', 'prod', {
        status: { readyToUse: false },
      });
      const unready = await switching(world, {});
      await expect(apply(world, action)).rejects.toBeInstanceOf(ConflictError);
      await expect(apply(world, unready)).rejects.toBeInstanceOf(ConflictError);
    });
  });
});

describe('done once', () => {
  test.each([
    ['under whatever policy it is now', (_ref: any) => undefined],
    ['though it was bound since', (ref: any) => delete ref.uid],
  ])('what is created already counts as done, %s', async (_since, differ) => {
    await inWorld({ scenario }, async (world) => {
      const { spec } = await get(world, 'VolumeSnapshotContent', `${N}-vsc`);
      differ(spec.volumeSnapshotRef);
      const object = {
        apiVersion: 'snapshot.storage.k8s.io/v1',
        kind: 'VolumeSnapshotContent',
        metadata: { name: `${N}-vsc` },
        spec: { ...spec, deletionPolicy: 'Retain' },
      } as NewContent;
      expect(await apply(world, { do: 'create', object })).toEqual(['unchanged']);
    });
  });

  test('a target whose scan is under way is not asked again, nor Longhorn for a sync it was asked for', async () => {
    await inWorld({ scenario }, async (world) => {
      const { client, harvester } = world.sandbox;
      await harvester.stop();
      const annotations = { 'harvesterhci.io/hash': null };
      await client.mergePatch('harvesterhci.io/v1beta1/Setting', 'backup-target', undefined, {
        metadata: { annotations },
      });
      const target = { ...targetOf(await setting(world)), kind: 'Setting' } as const;
      await expect(apply(world, { do: 'rescanTarget', target, hasHash: true, note: '{}' })).rejects.toBeInstanceOf(
        ConflictError,
      );

      const longhorn = await client.get('longhorn.io/v1beta2/BackupTarget', 'default', 'longhorn-system');
      if (longhorn === undefined) throw new Error('no target');
      const sync = {
        do: 'syncTarget',
        target: { ...targetOf(longhorn), kind: 'BackupTarget' },
        at: '2030-01-01T00:00:00Z',
      } as const;
      const earlier = { ...sync, at: '2029-01-01T00:00:00Z' };
      const instead = { ...earlier, insteadOf: sync.at };
      expect(await apply(world, sync, sync, earlier, instead, instead)).toEqual([
        'done',
        'unchanged',
        'unchanged',
        'done',
        'unchanged',
      ]);
    });
  });

  test('what is deleted already counts as done; a note on what is gone does not', async () => {
    await inWorld({ scenario }, async (world) => {
      const content = targetOf(await get(world, 'VolumeSnapshotContent', 'spare-vsc'));
      const gone = { ...content, uid: 'gone' };
      expect(await apply(world, { do: 'deleteContent', target: gone }, { do: 'releaseContent', target: gone })).toEqual(
        ['unchanged', 'unchanged'],
      );
      const snapshot = { kind: 'VolumeSnapshot', name: 'spare', namespace: 'prod', uid: 'gone' } as const;
      await expect(
        apply(world, { do: 'annotateSnapshot', target: snapshot, key: 'k', value: 'v', from: undefined }),
      ).rejects.toBeInstanceOf(GoneError);
    });
  });
});

test('a dry run by the server stores nothing, whatever is written', async () => {
  await inWorld({ scenario }, async (world) => {
    const before = await everything(world);
    const kubeconfig = `${await mkdtemp(join(tmpdir(), 'gleaner-dry-'))}/kubeconfig`;
    await writeFile(kubeconfig, world.sandbox.api.kubeconfig());
    const dry = await connect({ kubeconfig, dryRun: 'server' });
    const content = targetOf(await get(world, 'VolumeSnapshotContent', 'spare-vsc'));
    const snapshot = targetOf(await get(world, 'VolumeSnapshot', 'spare'));
    for await (const { result } of createApplier(dry.reader, dry.writer).apply([
      { do: 'annotateSnapshot', target: snapshot, key: 'gleaner.dev/swap', value: 'x', from: undefined },
      { do: 'setPolicy', target: content, from: 'Retain', to: 'Delete' },
      { do: 'deleteSnapshot', target: snapshot, content: { name: 'spare-vsc', uid: content.uid } },
      { do: 'deleteContent', target: content },
    ])) {
      expect(result).toBe('done');
    }
    await dry.close();
    await world.sandbox.settle();
    expect(await everything(world)).toEqual(before);
    await rm(dirname(kubeconfig), { recursive: true });
  });
});
