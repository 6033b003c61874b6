/**
 * VM backups as an old Harvester left them: recovered from a target, ready, each volume's content with the wrong handle
 * and on Delete. The wrong contents are there before Harvester makes the pairs, and every Harvester uses a content that
 * it finds under the name it wants; so this works with fixed releases too, and without a second cluster.
 */
import type { Client, KubeObject, Reference } from '../client.ts';
import { until } from '../client.ts';
import { BUCKET, REGION, backupUrl, writeBackup } from '../doubles/store.ts';
import type { BedState } from '../state.ts';
import { servedFolder } from '../storage.ts';
import { backupRef, conditionOf, contentRef, contentsOf, isReady } from './machines.ts';
import { claimSpec, machineSpec } from './templates.ts';

const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
const SNAPSHOTS = 'snapshot.storage.k8s.io/v1';
const GIB = 1024 ** 3;

export interface Leftover {
  readonly ref: Reference;
  /** One for each volume of the VM backup. */
  readonly disks: readonly LeftoverDisk[];
}

export interface LeftoverDisk {
  /** Name of the volume in the VM. */
  readonly name: string;
  readonly claim: string;
  /** Longhorn's volume, which the handle should name. */
  readonly volume: string;
  /** Longhorn's backup. */
  readonly backup: string;
  /** What a volume restored from it says it came from. */
  readonly url: string;
}

export interface LeftoverPlan {
  readonly namespace: string;
  readonly name: string;
  readonly machine: string;
  readonly disks?: number;
  /** Disks, by number, whose handle is right. */
  readonly right?: readonly number[];
}

/** Puts backups of a VM that exists no more into the store, and recovers one VM backup with wrong handles from them. */
export async function leftover(
  bed: BedState,
  client: Client,
  { namespace, name, machine, disks: count = 2, right = [] }: LeftoverPlan,
): Promise<Leftover> {
  const disks = Array.from({ length: count }, (_, i): LeftoverDisk => {
    const volume = `pvc-${name}-${i}`;
    const backup = `backup-${name}-${i}`;
    return { name: `disk-${i}`, claim: `${machine}-disk-${i}`, volume, backup, url: backupUrl(volume, backup) };
  });
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await store(bed, client, disks);
  for (const [i, disk] of disks.entries()) {
    const content = wrongContent(namespace, snapshotName(name, disk), disk);
    if (right.includes(i)) content['spec'].source.snapshotHandle = `bak://${disk.volume}/${disk.backup}`;
    await client.create(content);
  }
  const { metadata } = await client.create(recoveredBackup(bed, { namespace, name, machine }, disks));
  const ref = backupRef(namespace, name);
  const owner = { apiVersion: ref.apiVersion, kind: ref.kind, name, uid: metadata.uid, controller: true };
  for (const disk of disks)
    await client.patch(contentRef(`${snapshotName(name, disk)}-vsc`), { metadata: { ownerReferences: [owner] } });
  await until(`backup ${namespace}/${name} to be ready`, async () => {
    const found = await client.find(ref);
    if (!isReady(found) || conditionOf(found, 'MetadataReady') !== 'True') return false;
    return (await contentsOf(client, ref)).every((it) => it['status']?.readyToUse === true);
  });
  return { ref, disks };
}

export const snapshotName = (name: string, { claim }: LeftoverDisk): string => `${name}-volume-${claim}`;

/** Longhorn learns of the backups as it does from a target: the files are there, and it is asked to look. */
async function store(bed: BedState, client: Client, disks: readonly LeftoverDisk[]): Promise<void> {
  for (const { volume, backup } of disks)
    await writeBackup(servedFolder(bed), {
      ...{ volume, backup, snapshot: `snapshot-${backup}`, sizeBytes: GIB },
      createdAt: new Date().toISOString(),
    });
  for (const { backup } of disks)
    await until(`Longhorn to know ${backup}`, async () => {
      const found = await client.find({ ...LONGHORN, kind: 'Backup', name: backup });
      if (found?.['status']?.state === 'Completed') return true;
      const syncRequestedAt = new Date(Date.now() + 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
      await client.patch({ ...LONGHORN, kind: 'BackupTarget', name: 'default' }, { spec: { syncRequestedAt } });
      return false;
    });
}

export function wrongContent(namespace: string, snapshot: string, { claim, backup }: LeftoverDisk): KubeObject {
  return {
    apiVersion: SNAPSHOTS,
    kind: 'VolumeSnapshotContent',
    metadata: { name: `${snapshot}-vsc` },
    spec: {
      driver: 'driver.longhorn.io',
      volumeSnapshotClassName: 'longhorn',
      deletionPolicy: 'Delete',
      source: { snapshotHandle: `bs://${claim}/${backup}` },
      volumeSnapshotRef: { namespace, name: snapshot },
    },
  };
}

/** What Harvester creates when it finds a VM backup's metadata on the target. */
export function recoveredBackup(
  bed: BedState,
  { namespace, name, machine }: { namespace: string; name: string; machine: string },
  disks: readonly LeftoverDisk[],
): KubeObject {
  const { apiVersion, kind } = backupRef(namespace, name);
  return {
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec: { type: 'backup', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: machine } },
    status: {
      readyToUse: false,
      backupTarget: {
        endpoint: `http://127.0.0.1:${bed.ports.s3}`,
        bucketName: BUCKET,
        bucketRegion: REGION,
      },
      source: {
        metadata: { name: machine, namespace },
        spec: machineSpec(disks.map(({ claim }) => claim)),
      },
      volumeBackups: disks.map((disk) => ({
        name: snapshotName(name, disk),
        volumeName: disk.name,
        csiDriverName: 'driver.longhorn.io',
        longhornBackupName: disk.backup,
        volumeSize: GIB,
        persistentVolumeClaim: {
          metadata: { name: disk.claim, namespace },
          spec: claimSpec(undefined, disk.volume),
        },
      })),
    },
  };
}
