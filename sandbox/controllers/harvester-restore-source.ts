/** Which VolumeSnapshot a restored claim is made from. */
import type { KubeObject } from '../api/types.ts';
import { decodeHandle } from './handles.ts';
import type { HarvesterContext } from './harvester-metadata.ts';
import {
  type VolumeEntry,
  contentName,
  handleFor,
  repairsOnRestore,
  restoreContentName,
  restoreSnapshotName,
  reviseAnnotation,
} from './harvester-names.ts';
import { settingValue } from './harvester-settings.ts';
import * as kinds from './kinds.ts';

export async function snapshotForRestore(
  context: HarvesterContext,
  restore: KubeObject,
  entry: VolumeEntry,
): Promise<string> {
  // Upstream dereferences it; a claim without the name of its source would not be let in either.
  if (!entry.name) throw new Error(`volume ${entry.volumeName} of the backup names no snapshot`);
  if (restore.metadata.namespace !== entry.persistentVolumeClaim.metadata.namespace)
    return ownSnapshot(context, restore, entry);
  if (repairsOnRestore(context.version)) await checkHandle(context, restore, entry);
  return entry.name;
}

/** Another namespace: a pair of the restore's own, found or made by name. */
async function ownSnapshot(context: HarvesterContext, restore: KubeObject, entry: VolumeEntry): Promise<string> {
  const { client } = context;
  const namespace = restore.metadata.namespace!;
  const name = restoreSnapshotName(restore, entry.name!);
  if (await client.get(kinds.Snapshot, name, namespace)) return name;
  const snapshotClass = await settingValue(client, 'volume-snapshot-class');
  const content = await reuseOrCreateContent(context, restore, entry, { name, snapshotClass });
  const owner = ownerOf(restore);
  await client.create({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name, namespace, ownerReferences: [{ ...owner, blockOwnerDeletion: true }] },
    spec: {
      source: { volumeSnapshotContentName: content.metadata.name },
      volumeSnapshotClassName: snapshotClass,
    },
  });
  return name;
}

async function reuseOrCreateContent(
  { client, version }: HarvesterContext,
  restore: KubeObject,
  entry: VolumeEntry,
  { name: snapshotName, snapshotClass }: { name: string; snapshotClass: string },
): Promise<KubeObject> {
  const name = restoreContentName(restore, entry.name!);
  const found = await client.get(kinds.Content, name);
  if (found) return found;
  const backup = await longhornBackup({ client }, entry.longhornBackupName ?? '');
  return client.create({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotContent',
    metadata: { name, ownerReferences: [ownerOf(restore)] },
    spec: {
      driver: kinds.longhornDriver,
      deletionPolicy: 'Retain', // so that deleting the restored VM never takes the backup along
      source: { snapshotHandle: handleFor(version, entry, backup) },
      volumeSnapshotClassName: snapshotClass,
      volumeSnapshotRef: { name: snapshotName, namespace: restore.metadata.namespace },
    },
  });
}

/** From 1.5: a handle whose volume has no BackupVolume is taken for wrong, and the backup is given a new pair. */
async function checkHandle({ client }: HarvesterContext, restore: KubeObject, entry: VolumeEntry): Promise<void> {
  const namespace = entry.persistentVolumeClaim.metadata.namespace;
  const snapshot = await client.get(kinds.Snapshot, entry.name!, namespace);
  if (!snapshot) throw new Error(`volumesnapshots.snapshot.storage.k8s.io "${entry.name}" not found`);
  if (snapshot['spec'].source.persistentVolumeClaimName) return;
  const content = await client.get(kinds.Content, contentName(entry.name!));
  if (!content) throw new Error(`volumesnapshotcontents.snapshot.storage.k8s.io "${entry.name}-vsc" not found`);
  const handle: string | undefined = content['spec'].source.snapshotHandle;
  if (!handle) throw new Error(`vsc ${content.metadata.name} missing SnapshotHandle`);
  const { volume, id } = decodeHandle(handle);
  await longhornBackup({ client }, id);
  const labels = { 'backup-volume': volume };
  const found = await client.list(kinds.BackupVolume, { namespace: kinds.longhornNamespace, labels });
  if (found.length === 1) return;
  if (found.length > 1) throw new Error(`found more than 1 backupvolume for volume ${volume}`);
  await revise({ client }, restore, entry);
  throw new Error(`volume backup ${entry.name} needs to update VolumeSnapshot`);
}

async function revise({ client }: Pick<HarvesterContext, 'client'>, restore: KubeObject, entry: VolumeEntry) {
  const { virtualMachineBackupName, virtualMachineBackupNamespace } = restore['spec'];
  const backup = await client.get(kinds.VMBackup, virtualMachineBackupName, virtualMachineBackupNamespace);
  if (!backup) throw new Error(`virtualmachinebackups.harvesterhci.io "${virtualMachineBackupName}" not found`);
  const status = structuredClone(backup['status']);
  status.readyToUse = false;
  const own = status.volumeBackups.find(({ volumeName }: VolumeEntry) => volumeName === entry.volumeName);
  own.name = `${entry.name}-snap-revise`;
  const annotations = { ...backup.metadata.annotations, [reviseAnnotation]: 'true' };
  await client.update({ ...backup, metadata: { ...backup.metadata, annotations }, status });
}

async function longhornBackup({ client }: Pick<HarvesterContext, 'client'>, name: string): Promise<KubeObject> {
  const backup = name ? await client.get(kinds.Backup, name, kinds.longhornNamespace) : undefined;
  if (!backup) throw new Error(`backups.longhorn.io "${name}" not found`);
  return backup;
}

function ownerOf(restore: KubeObject) {
  const { name, uid } = restore.metadata;
  return { apiVersion: restore.apiVersion, kind: restore.kind, name, uid: uid! };
}
