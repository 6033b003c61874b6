import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Content, VMBackup, VolumeEntry } from '../objects/types.ts';
import { isDeleting } from './metadata.ts';
import { isYoungerThanReady } from './vmbackup.ts';

/** The data of a content that was taken on this cluster. */
export interface DynamicData {
  /** The Longhorn Backup. Absent until Longhorn has written the handle, and if it is no remote backup. */
  readonly backup?: string;
  /** When the data was taken, in milliseconds since the epoch. */
  readonly atMs?: number;
}

/**
 * Returns `undefined` for pre-provisioned contents, other drivers and contents in deletion: only a dynamic content says
 * how old its data is.
 */
export function dynamicData({ spec, status, metadata }: Content): DynamicData | undefined {
  if (spec.driver !== names.LONGHORN_DRIVER || !spec.source.volumeHandle || isDeleting({ metadata })) return undefined;
  const handle = status?.snapshotHandle ? parseHandle(status.snapshotHandle) : undefined;
  return {
    ...(handle?.kind === 'backup' && { backup: handle.backup }),
    ...(status?.creationTime && { atMs: Math.floor(status.creationTime / 1e6) }),
  };
}

/**
 * Describes how a content's data differs from what the VMBackup recorded; `undefined` if it does not. The snapshot
 * controller silently recreates a lost content, with data of that day if Longhorn no longer has the old backup, and
 * Harvester then records the new backup as if it were the old one. Only the time shows it: no data can be younger than
 * the moment at which the VMBackup became ready.
 */
export function differenceFrom(
  backup: VMBackup,
  { longhornBackupName }: VolumeEntry,
  taken: DynamicData,
): string | undefined {
  if (taken.backup !== undefined && longhornBackupName && taken.backup !== longhornBackupName)
    return `it holds backup ${taken.backup}, but the VMBackup records ${longhornBackupName}`;
  if (taken.atMs === undefined || !isYounger(backup, taken.atMs)) return undefined;
  return `it holds data of ${new Date(taken.atMs).toISOString()}, but the VMBackup was complete at ${backup.status?.creationTime}`;
}

/**
 * Whether data taken on this cluster is younger than a ready VMBackup. One that is not ready may still be in progress.
 */
export const isYounger = (backup: VMBackup, atMs: number): boolean =>
  backup.status?.readyToUse === true && isYoungerThanReady(backup, atMs);

/** Snapshots of a VMBackup are requested within seconds and taken before the upload; busy storage may delay them. */
const LATE_MS = 3600_000;

/**
 * Describes how much younger than its VMBackup a content's data is, if the delay is implausible (over an hour).
 * Evidence, not proof: the storage may have been unable to take the snapshot sooner. It is the only evidence on
 * Harvester 1.6.0, which becomes ready again, with a later time, if it looks while a lost content is being recreated.
 */
export function delayAfterBackup(backup: VMBackup, { atMs }: DynamicData): string | undefined {
  if (atMs === undefined || !isDelayed(backup, atMs)) return undefined;
  return `it holds data of ${new Date(atMs).toISOString()}, but the VMBackup was requested at ${backup.metadata.creationTimestamp}`;
}

/** Only for a ready VMBackup; before, it may still be in progress. */
export function isDelayed({ metadata, status }: VMBackup, atMs: number): boolean {
  return status?.readyToUse === true && atMs > Date.parse(metadata.creationTimestamp ?? '') + LATE_MS;
}
