/**
 * What Harvester keeps of each backup on the target (one file per VirtualMachineBackup), and how it gets its backups
 * back from there: a scan, started by a change of the Setting `backup-target` or by the removal of its hash.
 *
 * What it does not do: VM images, flat files of old releases, admission (the real webhook refuses the renewed hash on
 * NFS while a backup is not ready), blanking of S3 keys in the Setting (so that tests can see whether anything leaks
 * them), a connection test. 1.4 follows the rules of 1.4.3; of the releases whose every event was a scan (up to 1.4.1)
 * only 1.3 does so.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient, KubeObject } from '../api/types.ts';
import type { BackupStore } from './backup-store.ts';
import {
  type HarvesterVersion,
  type VolumeEntry,
  changedBack,
  checksExisting,
  forgetsVerdict,
  hashAnnotation,
  isReady,
  metadataPath,
  refreshAnnotation,
  repairsOnRestore,
  scansAtEveryEvent,
  setCondition,
} from './harvester-names.ts';
import { type BackupTarget, decodeTarget, isSameTarget, readTarget, targetUrl } from './harvester-settings.ts';
import * as kinds from './kinds.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { isDeleting, sha, timestamp } from './objects.ts';

export interface HarvesterContext {
  client: ApiClient;
  store: BackupStore;
  version: HarvesterVersion;
}

export async function uploadMetadata(context: HarvesterContext, backup: KubeObject): Promise<void> {
  const target = await readTarget(context.client);
  if (target.isDefault || !isSameTarget(backup, target)) return;
  const status = structuredClone(backup['status']);
  for (const entry of status.volumeBackups) for (const field of momentary) delete entry[field];
  const file = {
    name: backup.metadata.name,
    namespace: backup.metadata.namespace,
    backupSpec: backup['spec'],
    vmSourceSpec: status.source,
    volumeBackups: status.volumeBackups,
    secretBackups: status.secretBackups,
  };
  const path = metadataPath(backup.metadata.namespace!, backup.metadata.name);
  const text = JSON.stringify(file);
  const there = context.store.metadata.get(path);
  if (!there || !isDeepStrictEqual(JSON.parse(there), JSON.parse(text))) context.store.metadata.set(path, text);
  const before = structuredClone(status.conditions);
  setCondition(status, { type: 'MetadataReady', status: 'True' });
  if (!isDeepStrictEqual(before, status.conditions)) await context.client.update({ ...backup, status });
}

/** Fields of an entry that say how it is now, not what it is: they are not kept on the target. */
const momentary = ['readyToUse', 'creationTime', 'error'] as const;

export async function removeMetadata(context: HarvesterContext, backup: KubeObject): Promise<void> {
  const target = await readTarget(context.client);
  if (!target.isDefault && isSameTarget(backup, target))
    context.store.metadata.delete(metadataPath(backup.metadata.namespace!, backup.metadata.name));
}

/** Says what is wrong with a backup's data, or nothing. Used by scans and while a verdict stands. */
export async function whatIsMissing(context: HarvesterContext, entry: VolumeEntry): Promise<string | undefined> {
  const { longhornBackupName: name, persistentVolumeClaim: claim } = entry;
  if (!name) return undefined;
  const volume: string = claim.spec.volumeName;
  if (!context.store.hasVolume(volume)) return `cannot find volume ${volume} in the backup target`;
  if (!context.store.has(volume, name)) return `cannot find longhorn backup ${name} in the backup target`;
  const backup = await context.client.get(kinds.Backup, name, kinds.longhornNamespace);
  if (!backup) throw new Error(`backups.longhorn.io "${name}" not found`);
  if (backup['status']?.state !== 'Completed') return `backup ${name} is not completed`;
  return isDeleting(backup) ? `backup ${name} is being deleted` : undefined;
}

export function startTargetController(context: HarvesterContext, options: ControllerOptions): Controller {
  const { client, store, version } = context;
  const loop = startLoop('harvester/target', options, reconcile);
  const unwatch = feed(client, kinds.Setting, loop, options, (setting, type) =>
    type !== 'DELETED' && setting.metadata.name === 'backup-target' ? ['backup-target'] : [],
  );
  return {
    async stop() {
      unwatch();
      await loop.stop();
    },
  };

  async function reconcile(name: string): Promise<Again> {
    const setting = await client.get(kinds.Setting, name);
    if (!setting) return;
    const target = decodeTarget(setting['value'] ?? '');
    await tellLonghorn(target);
    if (target.isDefault) return forgetScan(setting);
    if (scansAtEveryEvent(version)) {
      await scan(target);
      return;
    }
    const wait = untilNextScan(setting, target.refreshIntervalInSeconds);
    if (wait === 'never') return;
    if (wait > 0) return { afterMs: wait, background: true };
    await scan(target);
    if (checksExisting(version)) await checkAll();
    const annotations = { [hashAnnotation]: sha(setting['value'], 'sha224'), [refreshAnnotation]: timestamp() };
    await client.mergePatch(kinds.Setting, name, undefined, { metadata: { annotations } });
    return;
  }

  async function tellLonghorn(target: BackupTarget): Promise<void> {
    const own = await client.get(kinds.BackupTarget, 'default', kinds.longhornNamespace);
    const backupTargetURL = targetUrl(target);
    if (!own || own['spec']?.backupTargetURL === backupTargetURL) return;
    await client.mergePatch(kinds.BackupTarget, 'default', kinds.longhornNamespace, { spec: { backupTargetURL } });
  }

  async function forgetScan(setting: KubeObject): Promise<undefined> {
    if (!repairsOnRestore(version)) return; // up to 1.4 an identical target entered again is not scanned
    if (!setting.metadata.annotations?.[hashAnnotation]) return;
    const annotations = { [hashAnnotation]: null, [refreshAnnotation]: null };
    await client.mergePatch(kinds.Setting, 'backup-target', undefined, { metadata: { annotations } });
  }

  function untilNextScan(setting: KubeObject, intervalSeconds: number): number | 'never' {
    const { [hashAnnotation]: hash, [refreshAnnotation]: last } = setting.metadata.annotations ?? {};
    if (hash !== sha(setting['value'], 'sha224')) return 0;
    if (intervalSeconds === 0) return 'never';
    return Math.max(0, (Date.parse(last ?? '') || 0) + intervalSeconds * 1000 - Date.now());
  }

  /** A file that cannot be used yet is passed over without an error, and so is one whose backup is there already. */
  async function scan(target: BackupTarget): Promise<void> {
    for (const text of store.metadata.values()) {
      const file = JSON.parse(text);
      if (await client.get(kinds.VMBackup, file.name, file.namespace)) continue;
      if (!(await isUsable(file.volumeBackups))) continue;
      if (!(await client.get(kinds.Namespace, file.namespace)))
        await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: file.namespace } });
      const { endpoint, bucketName, bucketRegion } = target;
      await client.create({
        apiVersion: 'harvesterhci.io/v1beta1',
        kind: 'VirtualMachineBackup',
        metadata: { name: file.name, namespace: file.namespace },
        spec: file.backupSpec,
        status: {
          readyToUse: false,
          backupTarget: { endpoint, bucketName, bucketRegion },
          source: file.vmSourceSpec,
          volumeBackups: file.volumeBackups,
          ...(file.secretBackups ? { secretBackups: file.secretBackups } : {}),
        },
      });
    }
  }

  async function isUsable(entries: VolumeEntry[]): Promise<boolean> {
    for (const { longhornBackupName, persistentVolumeClaim } of entries) {
      const { storageClassName, volumeName } = persistentVolumeClaim.spec;
      const storageClass = await client.get(kinds.StorageClass, storageClassName);
      if (!storageClass || isDeleting(storageClass)) return false;
      if (!longhornBackupName || !store.has(volumeName, longhornBackupName)) return false;
      const backup = await client.get(kinds.Backup, longhornBackupName, kinds.longhornNamespace);
      if (!backup || isDeleting(backup)) return false;
    }
    return true;
  }

  async function checkAll(): Promise<void> {
    for (const backup of await client.list(kinds.VMBackup)) {
      if (backup['spec'].type === 'snapshot' || !isReady(backup)) continue;
      let verdict: string | undefined;
      for (const entry of backup['status'].volumeBackups) verdict = (await whatIsMissing(context, entry)) ?? verdict;
      if (!verdict) continue;
      const status = structuredClone(backup['status']);
      if (!forgetsVerdict(version)) status.readyToUse = false;
      setCondition(status, { type: 'Ready', status: 'False', reason: verdict, message: changedBack });
      if (!isDeepStrictEqual(status, backup['status'])) await client.update({ ...backup, status });
    }
  }
}
