/** Longhorn's custom resources as each version shapes them. */
import type { KubeObject } from '../api/types.ts';
import { longhornNamespace } from './kinds.ts';
import { sha, timestamp } from './objects.ts';

/** `1.6` … `1.12`; a patch level is allowed and ignored. */
export type LonghornVersion = `1.${number}` | `1.${number}.${number}`;

export const finalizer = 'longhorn.io';
export const crOnlyLabel = 'longhorn.io/delete-custom-resource-only';
/** Ours, not Longhorn's: a Backup with this annotation stays in the state it is in until it is removed. */
export const holdAnnotation = 'sandbox.gleaner.dev/hold';
const target = 'default';

export const minorOf = (version: string) => Number(version.split('.')[1]);

/** From 1.8 Longhorn knows several targets, labels its objects by target and looks backup volumes up. */
export const knowsTargets = (version: LonghornVersion) => minorOf(version) >= 8;

function backupVolumeName(volume: string, version: LonghornVersion): string {
  if (!knowsTargets(version)) return volume;
  // 1.8 appends eight random characters; the same ones each time keep a sandbox repeatable.
  const suffix = minorOf(version) === 8 ? sha(`random ${volume}`) : sha(`${volume}-${target}`);
  return `${volume}-${suffix.slice(0, 8)}`;
}

export function backupVolumeObject(volume: string, version: LonghornVersion): KubeObject {
  const modern = knowsTargets(version);
  return {
    apiVersion: 'longhorn.io/v1beta2',
    kind: 'BackupVolume',
    metadata: {
      name: backupVolumeName(volume, version),
      namespace: longhornNamespace,
      finalizers: [finalizer],
      ...(modern ? { labels: { 'backup-volume': volume, 'backup-target': target } } : {}),
    },
    spec: modern ? { backupTargetName: target, volumeName: volume } : {},
    status: { lastSyncedAt: timestamp() },
  };
}

export interface BackupShape {
  volume: string;
  backup: string;
  version: LonghornVersion;
  /** Set when the backup is taken here; absent when it comes from the target. */
  snapshotName?: string;
  sizeBytes?: number;
  /** When the data was taken. Default: now. */
  takenAt?: string;
}

/** A Backup that Longhorn has not looked at yet: no state, no volume name. */
export function newBackupObject(shape: BackupShape): KubeObject {
  return {
    apiVersion: 'longhorn.io/v1beta2',
    kind: 'Backup',
    metadata: {
      name: shape.backup,
      namespace: longhornNamespace,
      finalizers: [finalizer],
      labels: { 'backup-volume': shape.volume, ...(knowsTargets(shape.version) ? { 'backup-target': target } : {}) },
    },
    spec: { ...(shape.snapshotName ? { snapshotName: shape.snapshotName } : {}), backupMode: 'incremental' },
  };
}

/** What the status says once the backup is on the target and Longhorn has read it there. */
export function completedStatus(shape: BackupShape, targetUrl = 'nfs://sandbox/'): Record<string, unknown> {
  return {
    state: 'Completed',
    progress: 100,
    volumeName: shape.volume,
    snapshotName: shape.snapshotName ?? `snapshot-${sha(shape.backup).slice(0, 12)}`,
    snapshotCreatedAt: shape.takenAt ?? timestamp(),
    url: `${targetUrl}?backup=${shape.backup}&volume=${shape.volume}`,
    volumeSize: String(shape.sizeBytes ?? 10 * 2 ** 30),
    lastSyncedAt: timestamp(),
    ...(knowsTargets(shape.version) ? { backupTargetName: target } : {}),
  };
}

export const completedBackupObject = (shape: BackupShape): KubeObject => ({
  ...newBackupObject(shape),
  status: completedStatus(shape),
});
