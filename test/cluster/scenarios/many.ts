/**
 * A large installation, written straight into the API server: VM backups with three volumes each, all of them linked,
 * bound and ready, a third of the contents with a wrong handle. The objects are what Harvester, Longhorn and the
 * snapshot controllers would have left; that they find nothing to do is seen by starting them.
 */
import type { Client, KubeObject, Reference } from '../client.ts';
import { refOf } from '../client.ts';
import { backupUrl } from '../doubles/store.ts';
import type { BedState } from '../state.ts';
import type { Leftover, LeftoverDisk } from './leftovers.ts';
import { recoveredBackup, snapshotName, wrongContent } from './leftovers.ts';
import { backupRef } from './machines.ts';
import { randomFrom } from './racing.ts';

const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
const PROTECTION = 'snapshot.storage.kubernetes.io/volumesnapshot';
const DISKS = 3;
const BACKUPS_PER_MACHINE = 10;

export interface Many {
  readonly backups: readonly Leftover[];
  /** How many of the volumes have a wrong handle. */
  readonly wrong: number;
}

/** The plan of it: equal numbers give equal worlds. */
function plannedBackups(count: number): { all: Leftover[]; isWrong: (disk: LeftoverDisk) => boolean } {
  const random = randomFrom(count);
  const wrong = new Set<string>();
  const all = Array.from({ length: count }, (_, i): Leftover => {
    const machine = `vm-${Math.floor(i / BACKUPS_PER_MACHINE)}`;
    const name = `${machine}-nightly-${i % BACKUPS_PER_MACHINE}`;
    const disks = Array.from({ length: DISKS }, (_, disk): LeftoverDisk => {
      const volume = `pvc-${machine}-${disk}`;
      const backup = `backup-${name}-${disk}`;
      if (random() < 1 / 3) wrong.add(backup);
      return { name: `disk-${disk}`, claim: `${machine}-disk-${disk}`, volume, backup, url: backupUrl(volume, backup) };
    });
    return { ref: backupRef(`tenant-${i % 10}`, name), disks };
  });
  return { all, isWrong: ({ backup }) => wrong.has(backup) };
}

export async function populate(bed: BedState, client: Client, count: number): Promise<Many> {
  const { all, isWrong } = plannedBackups(count);
  for (const namespace of new Set(all.map(({ ref }) => ref.namespace!)))
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const volume of new Set(all.flatMap(({ disks }) => disks.map((disk) => disk.volume))))
    await withStatus(client, backupVolume(volume));
  await inParallel(all, 16, (it) => populateOne(bed, client, it, isWrong));
  return { backups: all, wrong: all.flatMap(({ disks }) => disks.filter(isWrong)).length };
}

async function populateOne(
  bed: BedState,
  client: Client,
  { ref, disks }: Leftover,
  isWrong: (disk: LeftoverDisk) => boolean,
): Promise<void> {
  const { name, namespace = '' } = ref;
  const machine = name.replace(/-nightly-\d+$/, '');
  const backup = recoveredBackup(bed, { namespace, name, machine }, disks);
  const { metadata } = await client.create({ ...backup, status: { ...backup['status'], readyToUse: true } });
  const owner = ownerOf(ref, metadata['uid']!);
  for (const disk of disks) {
    await withStatus(client, longhornBackup(disk));
    const content = wrongContent(namespace, snapshotName(name, disk), disk);
    const snapshotHandle = isWrong(disk)
      ? content['spec'].source.snapshotHandle
      : `bak://${disk.volume}/${disk.backup}`;
    const snapshot = await withStatus(client, boundSnapshot(content, owner));
    await withStatus(client, {
      ...content,
      metadata: {
        ...content.metadata,
        ownerReferences: [owner],
        finalizers: [`${PROTECTION}content-bound-protection`],
      },
      spec: {
        ...content['spec'],
        source: { snapshotHandle },
        volumeSnapshotRef: { ...content['spec'].volumeSnapshotRef, uid: snapshot.metadata.uid },
      },
      status: { snapshotHandle, readyToUse: true, creationTime: Date.now() * 1_000_000, restoreSize: 0 },
    });
  }
}

const ownerOf = ({ apiVersion, kind, name }: Reference, uid: string) => ({
  ...{ apiVersion, kind, name, uid },
  controller: true,
});

function boundSnapshot({ metadata, spec }: KubeObject, owner: object): KubeObject {
  const { namespace, name } = spec.volumeSnapshotRef;
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: {
      name,
      namespace,
      ownerReferences: [owner],
      finalizers: [`${PROTECTION}-as-source-protection`, `${PROTECTION}-bound-protection`],
    },
    spec: { volumeSnapshotClassName: 'longhorn', source: { volumeSnapshotContentName: metadata.name } },
    status: {
      boundVolumeSnapshotContentName: metadata.name,
      readyToUse: true,
      creationTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      restoreSize: '0',
    },
  };
}

const backupVolume = (volume: string): KubeObject => ({
  ...LONGHORN,
  kind: 'BackupVolume',
  metadata: {
    name: `${volume}-12345678`,
    namespace: LONGHORN.namespace,
    labels: { 'backup-volume': volume, 'backup-target': 'default' },
  },
  spec: { volumeName: volume, backupTargetName: 'default' },
  status: { lastSyncedAt: new Date().toISOString() },
});

const longhornBackup = ({ volume, backup, url }: LeftoverDisk): KubeObject => ({
  ...LONGHORN,
  kind: 'Backup',
  metadata: {
    name: backup,
    namespace: LONGHORN.namespace,
    finalizers: ['longhorn.io'],
    labels: { 'backup-volume': volume, 'backup-target': 'default' },
  },
  spec: { snapshotName: '' },
  status: {
    ...{ state: 'Completed', progress: 100, volumeName: volume, backupTargetName: 'default', url },
    lastSyncedAt: new Date().toISOString(),
  },
});

/** Creates the object, then its status, as the kinds with a status subresource want it. */
async function withStatus(client: Client, { status, ...object }: KubeObject): Promise<KubeObject> {
  const { apiVersion, kind, metadata } = object;
  await client.create({ ...object, apiVersion, kind, metadata });
  return client.patchStatus(refOf({ apiVersion, kind, metadata }), status);
}

/** Works on a list with so many hands. */
export async function inParallel<T>(
  items: readonly T[],
  hands: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: hands }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
