/**
 * Longhorn's CSI driver: what it makes of a snapshot handle.
 *
 *                       up to 1.7                             from 1.8
 *   restore             by backup name, any volume part       needs a BackupVolume of the handle's volume
 *   delete              by backup name, any volume part       nothing, if there is no such BackupVolume
 *
 * What it does not do: backing images (`bi://`), in-cluster snapshots as custom resources (`snap://` is always ready
 * and restores to an empty volume), sizes, attaching, cloning from a volume.
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import { type CsiDriver, GrpcError } from './csi.ts';
import { decodeHandle, encodeHandle } from './handles.ts';
import * as kinds from './kinds.ts';
import { type LonghornVersion, backupVolumeObject, knowsTargets, newBackupObject } from './longhorn-objects.ts';
import { deleteVolume, volumeInUse } from './longhorn-volumes.ts';
import { remove, sha } from './objects.ts';

export interface CsiContext {
  client: ApiClient;
  version(): LonghornVersion;
  targetAvailable(): boolean;
  /** Tells the Backup controller why the Backup will be deleted. */
  willErase(backup: string, by: string): void;
}

const namespace = kinds.longhornNamespace;

export function longhornCsi(context: CsiContext): CsiDriver {
  const { client } = context;
  const getBackup = (name: string) => client.get(kinds.Backup, name, namespace);

  async function hasBackupVolume(volume: string): Promise<boolean> {
    // Up to 1.7 the lookup invents an object for a name it does not know.
    if (!knowsTargets(context.version())) return true;
    const all = await client.list(kinds.BackupVolume, { namespace });
    return all.some((backupVolume) => backupVolume['spec']?.volumeName === volume);
  }

  async function sourceOf(handle: string): Promise<Record<string, unknown>> {
    const { type, volume, id } = decodeHandle(handle);
    if (type === 'snap') {
      if (!id) throw new GrpcError('NotFound', `volume source snapshot ${handle} is not found`);
      return { dataSource: `snap://${volume}/${id}` };
    }
    if (type !== 'bak')
      throw new GrpcError('InvalidArgument', `invalid CSI snapshot type: ${type}. Must be snap, bak or bi`);
    if (!id) throw new GrpcError('NotFound', `volume source snapshot ${handle} is not found`);
    if (!(await hasBackupVolume(volume)))
      throw new GrpcError(
        'NotFound',
        `failed to restore CSI snapshot ${handle} of volume ${volume}: there is no backup volume`,
      );
    const backup = await getBackup(id);
    if (!backup)
      throw new GrpcError('NotFound', `failed to restore CSI snapshot ${handle} : failed to get backup ${id}`);
    return { fromBackup: backup['status']?.url ?? '' };
  }

  return {
    async createVolume({ name, sizeBytes, handle }) {
      if (await client.get(kinds.Volume, name, namespace)) return { volumeId: name };
      const source = handle ? await sourceOf(handle) : {};
      await client.create({
        apiVersion: 'longhorn.io/v1beta2',
        kind: 'Volume',
        metadata: { name, namespace },
        spec: {
          size: String(sizeBytes),
          dataEngine: 'v1',
          ...(knowsTargets(context.version()) ? { backupTargetName: 'default' } : {}),
          ...source,
        },
      });
      return { volumeId: name };
    },

    volumeInUse: (volumeId, claim) => volumeInUse(client, volumeId, claim),
    deleteVolume: (volumeId) => deleteVolume(client, volumeId),

    async createSnapshot(name, volumeId, snapshotClass) {
      if (snapshotClass['parameters']?.type === 'snap')
        return { handle: encodeHandle('snap', volumeId, name), ready: true, createdAt: new Date(), sizeBytes: 0 };
      const backup = (await findBackup(client, volumeId, name)) ?? (await takeBackup(name, volumeId));
      if (backup['status']?.error) throw new GrpcError('Internal', backup['status'].error);
      return {
        handle: encodeHandle('bak', volumeId, backup.metadata.name),
        ready: backup['status']?.state === 'Completed',
        createdAt: new Date(backup['status']?.snapshotCreatedAt ?? backup.metadata.creationTimestamp ?? Date.now()),
        sizeBytes: Number(backup['status']?.volumeSize ?? 0),
      };
    },

    async deleteSnapshot(handle) {
      const { type, volume, id } = decodeHandle(handle);
      if (type !== 'bak') return; // undecodable: reported as deleted
      if (!id) throw new GrpcError('NotFound', `volume source snapshot ${handle} is not found`);
      if (!(await hasBackupVolume(volume))) return; // the leak: success, and nothing deleted
      context.willErase(id, `DeleteSnapshot ${handle}`);
      await remove(client, kinds.Backup, id, namespace);
    },
  };

  async function takeBackup(snapshotName: string, volume: string): Promise<KubeObject> {
    if (!(await client.get(kinds.Volume, volume, namespace)))
      throw new GrpcError('NotFound', `volume ${volume} not found`);
    if (!context.targetAvailable()) throw new GrpcError('Aborted', 'backup target default is not available');
    const version = context.version();
    await ensureBackupVolume(client, volume, version);
    const backup = `backup-${sha(`${volume}/${snapshotName}`).slice(0, 16)}`;
    return client.create(newBackupObject({ volume, backup, snapshotName, version }));
  }
}

export async function ensureBackupVolume(client: ApiClient, volume: string, version: LonghornVersion): Promise<void> {
  if (await findBackupVolume(client, volume)) return;
  const made = backupVolumeObject(volume, version);
  await client.create(made);
  await client.mergePatch(kinds.BackupVolume, made.metadata.name, namespace, { status: made['status'] }, 'status');
}

/** By spec from 1.8; by bare name before. */
async function findBackupVolume(client: ApiClient, volume: string): Promise<KubeObject | undefined> {
  const all = await client.list(kinds.BackupVolume, { namespace });
  return all.find((found) => found['spec']?.volumeName === volume || found.metadata.name === volume);
}

async function findBackup(client: ApiClient, volume: string, snapshotName: string): Promise<KubeObject | undefined> {
  const ofVolume = await client.list(kinds.Backup, { namespace, labels: { 'backup-volume': volume } });
  return ofVolume.find(({ spec, status }) => (status?.snapshotName || spec?.snapshotName) === snapshotName);
}
