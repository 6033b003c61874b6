/**
 * Longhorn: the Backup, BackupVolume and BackupTarget controllers around one backup store.
 *
 * Deleting a Backup (or BackupVolume) erases its data on the target, unless the label
 * `longhorn.io/delete-custom-resource-only` is there or the target cannot be reached.
 *
 * Volumes are in longhorn-volumes.ts. What it does not do: replicas, engines and attaching; the poll interval (it syncs when `syncRequestedAt` moves and
 * acts on an emptied URL at once, where 1.8 to 1.11 wait for the next poll); more than one target (whatever URL is
 * set, the same store answers); admission; cleaning up duplicated BackupVolumes.
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import type { BackupStore } from './backup-store.ts';
import type { CsiDriver } from './csi.ts';
import * as kinds from './kinds.ts';
import { ensureBackupVolume, longhornCsi } from './longhorn-csi.ts';
import {
  type LonghornVersion,
  completedStatus,
  crOnlyLabel,
  finalizer,
  holdAnnotation,
  knowsTargets,
  newBackupObject,
} from './longhorn-objects.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { type Restoring, startVolumes } from './longhorn-volumes.ts';
import { isDeleting, remove, setFinalizers, timestamp } from './objects.ts';

export interface LonghornOptions extends ControllerOptions {
  version: LonghornVersion;
  store: BackupStore;
  /** For the record of losses: who deleted this Backup through the API, if that is known. */
  whoDeleted?: (kind: string, name: string) => string | undefined;
}

export interface Longhorn extends Controller {
  readonly store: BackupStore;
  readonly csi: CsiDriver;
  readonly version: LonghornVersion;
  /** In place, as an upgrade does it: old BackupVolumes keep their bare names and gain labels and a spec. */
  upgrade(version: LonghornVersion): Promise<void>;
  setTargetAvailable(available: boolean): Promise<void>;
  /** What becomes of restores from now on. */
  setRestoring(restoring: Restoring): Promise<void>;
  /** Lets a Backup held by the annotation go on. */
  release(backup: string): Promise<void>;
}

const namespace = kinds.longhornNamespace;

export async function startLonghorn(client: ApiClient, options: LonghornOptions): Promise<Longhorn> {
  const { store } = options;
  const tickMs = options.tickMs ?? 20;
  const reasons = new Map<string, string>();
  const pulled = new Set<string>();
  let version = options.version;
  let available = true;

  // Nobody looks at a Completed Backup again, so what is there at the start is taken for the truth.
  for (const backup of await client.list(kinds.Backup, { namespace }))
    if (backup['status']?.state === 'Completed') store.put(backup['status'].volumeName, backup.metadata.name);

  store.announce = async (volume, backup) => {
    const shape = { volume, backup, version };
    await ensureBackupVolume(client, volume, version);
    await client.create(newBackupObject(shape));
    await setBackupStatus(backup, completedStatus(shape));
  };

  const loop = startLoop('longhorn', options, reconcile);
  let restoring: Restoring = 'work';
  const volumes = startVolumes(client, { ...options, restoring: () => restoring });
  const stops = [kinds.Backup, kinds.BackupVolume, kinds.BackupTarget].map((kind) =>
    feed(client, kind, loop, options, (object, type) =>
      type === 'DELETED' ? [] : [`${kind}|${object.metadata.name}`],
    ),
  );

  return {
    store,
    csi: longhornCsi({
      client,
      version: () => version,
      targetAvailable: () => available,
      willErase: (backup, by) => reasons.set(backup, by),
    }),
    get version() {
      return version;
    },
    async upgrade(next) {
      version = next;
      if (knowsTargets(next)) await nameTargets();
    },
    async setTargetAvailable(next) {
      available = next;
      await client.mergePatch(kinds.BackupTarget, 'default', namespace, { status: { available } }, 'status');
    },
    async release(backup) {
      await client.mergePatch(kinds.Backup, backup, namespace, {
        metadata: { annotations: { [holdAnnotation]: null } },
      });
    },
    async setRestoring(next) {
      restoring = next;
      await volumes.again();
    },
    async stop() {
      for (const stop of stops) stop();
      await volumes.stop();
      await loop.stop();
    },
  };

  async function reconcile(key: string): Promise<Again> {
    const [kind, name] = key.split('|') as [string, string];
    const object = await client.get(kind, name, namespace);
    if (!object) return;
    if (kind === kinds.BackupTarget) return syncTarget(object);
    if (isDeleting(object)) return kind === kinds.Backup ? eraseBackup(object) : eraseVolume(object);
    if (kind === kinds.Backup) return advance(object);
    return;
  }

  /** "" → Pending → InProgress → Completed for a new one; "" → Completed for one that was found on the target. */
  async function advance(backup: KubeObject): Promise<Again> {
    const name = backup.metadata.name;
    if (backup.metadata.annotations?.[holdAnnotation]) return;
    const volume = backup.metadata.labels?.['backup-volume'] ?? '';
    const snapshotName: string | undefined = backup['spec']?.snapshotName || undefined;
    const state: string = backup['status']?.state ?? '';
    if (state !== '' && state !== 'Pending' && state !== 'InProgress') return;
    const shape = { volume, backup: name, version, ...(snapshotName ? { snapshotName } : {}) };

    if (store.has(volume, name)) {
      if (pulled.has(backup.metadata.uid ?? '')) return setBackupStatus(name, completedStatus(shape));
      pulled.add(backup.metadata.uid ?? '');
      return { afterMs: tickMs };
    }
    if (!snapshotName) return; // neither taken here nor on the target: nothing will come of it
    if (state === '') await setBackupStatus(name, { state: 'Pending', progress: 0, snapshotName });
    else if (state === 'Pending') await setBackupStatus(name, { state: 'InProgress', progress: 50, snapshotName });
    else {
      store.put(volume, name);
      await setBackupStatus(name, completedStatus(shape));
    }
    return { afterMs: tickMs };
  }

  async function setBackupStatus(name: string, status: object): Promise<undefined> {
    await client.mergePatch(kinds.Backup, name, namespace, { status }, 'status');
  }

  async function eraseBackup(backup: KubeObject): Promise<undefined> {
    const name = backup.metadata.name;
    const volume = backup['status']?.volumeName || backup.metadata.labels?.['backup-volume'] || '';
    if (reachesTarget(backup)) store.erase(volume, name, whyDeleted(backup));
    reasons.delete(name);
    await setFinalizers(client, kinds.Backup, backup, { remove: [finalizer] });
  }

  async function eraseVolume(backupVolume: KubeObject): Promise<undefined> {
    const volume = backupVolume['spec']?.volumeName || backupVolume.metadata.name;
    const backups = await client.list(kinds.Backup, { namespace, labels: { 'backup-volume': volume } });
    if (reachesTarget(backupVolume))
      for (const stored of store.backups())
        if (stored.volume === volume) store.erase(volume, stored.backup, whyDeleted(backupVolume));
    for (const backup of backups) await removeResourceOnly(kinds.Backup, backup);
    await setFinalizers(client, kinds.BackupVolume, backupVolume, { remove: [finalizer] });
  }

  function reachesTarget(object: KubeObject): boolean {
    return available && object.metadata.labels?.[crOnlyLabel] !== 'true';
  }

  function whyDeleted(object: KubeObject): string {
    const who = options.whoDeleted?.(`longhorn.io/v1beta2/${object.kind}`, object.metadata.name);
    return reasons.get(object.metadata.name) ?? `${object.kind} deleted by ${who ?? 'somebody'}`;
  }

  async function removeResourceOnly(kind: string, object: KubeObject): Promise<void> {
    if (isDeleting(object)) return;
    const labels = { [crOnlyLabel]: 'true' };
    await client.mergePatch(kind, object.metadata.name, namespace, { metadata: { labels } });
    await remove(client, kind, object.metadata.name, namespace);
  }

  async function syncTarget(target: KubeObject): Promise<undefined> {
    if (target.metadata.name !== 'default') return;
    if (!target['spec']?.backupTargetURL) {
      for (const kind of [kinds.Backup, kinds.BackupVolume])
        for (const object of await client.list(kind, { namespace })) await removeResourceOnly(kind, object);
      return setTargetStatus(target, { available: false, lastSyncedAt: null });
    }
    const last = Date.parse(target['status']?.lastSyncedAt ?? '') || 0;
    const asked = Date.parse(target['spec'].syncRequestedAt ?? '') || 0;
    if (last !== 0 && asked <= last) return;
    if (!available) return setTargetStatus(target, { available: false });
    await pull();
    // Times have no fractions: an order given and carried out within one second must still look carried out.
    return setTargetStatus(target, { available: true, lastSyncedAt: timestamp(new Date(Math.max(Date.now(), asked))) });
  }

  async function setTargetStatus(target: KubeObject, status: Record<string, unknown>): Promise<undefined> {
    const old = target['status'] ?? {};
    if (Object.entries(status).every(([field, value]) => (old[field] ?? null) === value)) return;
    await client.mergePatch(kinds.BackupTarget, 'default', namespace, { status }, 'status');
  }

  /** Custom resources for all that is on the target, none for what is not. */
  async function pull(): Promise<void> {
    for (const { volume, backup } of store.backups()) {
      await ensureBackupVolume(client, volume, version);
      if (!(await client.get(kinds.Backup, backup, namespace)))
        await client.create(newBackupObject({ volume, backup, version }));
    }
    for (const backup of await client.list(kinds.Backup, { namespace }))
      if (backup['status']?.state === 'Completed' && !store.has(backup['status'].volumeName, backup.metadata.name))
        await removeResourceOnly(kinds.Backup, backup);
  }

  async function nameTargets(): Promise<void> {
    for (const backupVolume of await client.list(kinds.BackupVolume, { namespace })) {
      const volume = backupVolume['spec']?.volumeName ?? backupVolume.metadata.name;
      await client.mergePatch(kinds.BackupVolume, backupVolume.metadata.name, namespace, {
        metadata: { labels: { 'backup-volume': volume, 'backup-target': 'default' } },
        spec: { volumeName: volume, backupTargetName: 'default' },
      });
    }
    for (const backup of await client.list(kinds.Backup, { namespace })) {
      const labels = { 'backup-target': 'default' };
      await client.mergePatch(kinds.Backup, backup.metadata.name, namespace, { metadata: { labels } });
      await setBackupStatus(backup.metadata.name, { backupTargetName: 'default' });
    }
  }
}
