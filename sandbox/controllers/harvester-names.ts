/** Names, annotations and small judgements that Harvester's controllers share. */
import type { KubeObject } from '../api/types.ts';
import { sha, timestamp } from './objects.ts';

/** `1.3` … `1.8`; a patch level is allowed and ignored. */
export type HarvesterVersion = `1.${number}` | `1.${number}.${number}`;

export const backupFinalizer = 'wrangler.cattle.io/harvester-vm-backup-controller';
export const restoreFinalizer = 'wrangler.cattle.io/harvester-vm-restore-controller';
export const reviseAnnotation = 'harvesterhci.io/snapRevise';
export const scheduleAnnotation = 'harvesterhci.io/svmbackupId';
export const hashAnnotation = 'harvesterhci.io/hash';
export const refreshAnnotation = 'harvesterhci.io/lastRefreshTime';
export const restoreNameAnnotation = 'restore.harvesterhci.io/name';
export const lastRestoreAnnotation = 'restore.harvesterhci.io/last-restore-uid';
export const changedBack = 'Change back to non-ready';

const minor = (version: HarvesterVersion) => Number(version.split('.')[1]);

/** Up to 1.4 a pre-provisioned content is given the PVC's name where the Longhorn volume's belongs. */
export const writesClaimName = (version: HarvesterVersion) => minor(version) <= 4;
/** Up to 1.4.1 any event of the target's Setting is a scan, and none is remembered; played for 1.3 only. */
export const scansAtEveryEvent = (version: HarvesterVersion) => minor(version) <= 3;
/** From 1.5 a restore in the same namespace notices such a content and has it made anew. */
export const repairsOnRestore = (version: HarvesterVersion) => minor(version) >= 5;
/** From 1.6 a scan also looks at the backups that are there. */
export const checksExisting = (version: HarvesterVersion) => minor(version) >= 6;
/** 1.7 and 1.8 write the verdict of that look to a copy: only the condition tells. */
export const forgetsVerdict = (version: HarvesterVersion) => minor(version) >= 7;

export const contentName = (snapshotName: string) => `${snapshotName}-vsc`;

/** Joined by dashes and, from 64 characters on, cut and made unique by a hash. */
export function safeName(...parts: string[]): string {
  const full = parts.join('-');
  if (full.length < 64) return full;
  const cut = /[a-z0-9]/.test(full[56]!) ? 57 : 56;
  return `${full.slice(0, cut)}-${sha(full).slice(0, 62 - cut)}`;
}

export const restoreSnapshotName = (restore: KubeObject, entryName: string) =>
  safeName('restore', restore.metadata.name, entryName);
export const restoreContentName = (restore: KubeObject, entryName: string) =>
  safeName('restore', restore.metadata.namespace!, restore.metadata.name, entryName);
export const restoredClaimName = (restore: KubeObject, volumeName: string) =>
  `restore-${restore['spec'].virtualMachineBackupName}-${restore.metadata.uid}-${volumeName}`;
export const metadataPath = (namespace: string, name: string) => `harvester/vmbackups/${namespace}/${name}.cfg`;

/** The handle this version writes into a pre-provisioned content. */
export function handleFor(version: HarvesterVersion, entry: VolumeEntry, backup: KubeObject): string {
  if (writesClaimName(version)) return `bs://${entry.persistentVolumeClaim.metadata.name}/${backup.metadata.name}`;
  const volume: string | undefined = backup['status']?.volumeName;
  if (!volume) throw new Error(`lhbackup ${backup.metadata.name} is not populated for volumebackup ${entry.name}`);
  return `bak://${volume}/${backup.metadata.name}`;
}

/** One entry of a VirtualMachineBackup's `status.volumeBackups`. */
export interface VolumeEntry {
  name?: string;
  volumeName: string;
  csiDriverName: string;
  longhornBackupName?: string;
  persistentVolumeClaim: { metadata: KubeObject['metadata']; spec: any };
  volumeSize?: number;
  progress?: number;
  readyToUse?: boolean;
  creationTime?: string;
  error?: { time?: string; message?: string };
}

export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** Replaces the condition of that type, unless nothing but the time would change. */
export function setCondition(status: { conditions?: Condition[] }, condition: Condition): void {
  const conditions = (status.conditions ??= []);
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[index];
  const same = (field: 'status' | 'reason' | 'message') => (old?.[field] ?? '') === (condition[field] ?? '');
  if (old && same('status') && same('reason') && same('message')) return;
  const next = { ...condition, lastTransitionTime: timestamp() };
  if (old) conditions[index] = next;
  else conditions.push(next);
}

export const isReady = (backup: KubeObject) => backup['status']?.readyToUse === true;
export const isProgressing = (backup: KubeObject) => !backup['status']?.error && !isReady(backup);
