/**
 * The VolumeSnapshots and contents that the VirtualMachineBackup controller makes.
 *
 * An entry with a Longhorn Backup gets a pre-provisioned pair for that backup. An entry without one gets a NEW
 * snapshot of the claim as it is today, under the old name: the old data is silently replaced.
 */
import type { KubeObject, OwnerReference } from '../api/types.ts';
import type { HarvesterContext } from './harvester-metadata.ts';
import { type VolumeEntry, contentName, handleFor, writesClaimName } from './harvester-names.ts';
import * as kinds from './kinds.ts';

/** Whether making the snapshot of this entry means freezing the guest first (up to 1.4 always). */
export const takesNewSnapshot = ({ version }: HarvesterContext, entry: VolumeEntry) =>
  writesClaimName(version) || !entry.longhornBackupName;

export async function createSnapshotPair(
  context: HarvesterContext,
  backup: KubeObject,
  entry: VolumeEntry,
  snapshotClass: string,
): Promise<KubeObject> {
  const { client } = context;
  const namespace = backup.metadata.namespace!;
  const metadata = { name: entry.name!, namespace, ownerReferences: [ownerReference(backup)] };
  const snapshot = (source: object, annotations?: Record<string, string>) =>
    client.create({
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshot',
      metadata: { ...metadata, ...(annotations ? { annotations } : {}) },
      spec: { source, volumeSnapshotClassName: snapshotClass },
    });

  if (entry.longhornBackupName) {
    const content = await reuseOrCreateContent(context, backup, entry, snapshotClass);
    return snapshot({ volumeSnapshotContentName: content.metadata.name });
  }
  const { name, namespace: claimNamespace } = entry.persistentVolumeClaim.metadata;
  const claim = await client.get(kinds.Claim, name, claimNamespace);
  if (!claim) throw new Error(`persistentvolumeclaims "${name}" not found`);
  const storageClass = await client.get(kinds.StorageClass, claim['spec'].storageClassName);
  return snapshot(
    { persistentVolumeClaimName: name },
    {
      'harvesterhci.io/storageClassName': claim['spec'].storageClassName,
      'harvesterhci.io/storageProvisioner': storageClass?.['provisioner'] ?? '',
    },
  );
}

async function reuseOrCreateContent(
  { client, version }: HarvesterContext,
  backup: KubeObject,
  entry: VolumeEntry,
  snapshotClass: string,
): Promise<KubeObject> {
  const name = contentName(entry.name!);
  const found = await client.get(kinds.Content, name);
  if (found) return found; // whatever its handle
  const own = await client.get(kinds.Backup, entry.longhornBackupName!, kinds.longhornNamespace);
  if (!own) throw new Error(`backups.longhorn.io "${entry.longhornBackupName}" not found`);
  return client.create({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotContent',
    metadata: { name, ownerReferences: [ownerReference(backup)] },
    spec: {
      driver: kinds.longhornDriver,
      deletionPolicy: 'Delete',
      source: { snapshotHandle: handleFor(version, entry, own) },
      volumeSnapshotClassName: snapshotClass,
      volumeSnapshotRef: { name: entry.name, namespace: backup.metadata.namespace },
    },
  });
}

function ownerReference(backup: KubeObject): OwnerReference {
  const { name, uid } = backup.metadata;
  return { apiVersion: backup.apiVersion, kind: backup.kind, name, uid: uid!, controller: true };
}
