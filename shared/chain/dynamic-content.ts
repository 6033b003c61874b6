import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Content, VMBackup, VolumeEntry } from '../objects/types.ts';
import { isDeleting } from './metadata.ts';
import { isYoungerThanReady } from './vmbackup.ts';

/** What a content holds that was taken on this cluster. */
export interface DynamicData {
  /** Absent until Longhorn has written the handle, and where it is no remote backup. */
  readonly backup?: string;
  readonly atMs?: number;
}

/** Undefined for pre-provisioned contents and for other drivers: only a dynamic one says how old its data is. */
export function dynamicData({ spec, status, metadata }: Content): DynamicData | undefined {
  if (spec.driver !== names.LONGHORN_DRIVER || !spec.source.volumeHandle || isDeleting({ metadata })) return undefined;
  const handle = status?.snapshotHandle ? parseHandle(status.snapshotHandle) : undefined;
  return {
    ...(handle?.kind === 'backup' && { backup: handle.backup }),
    ...(status?.creationTime && { atMs: Math.floor(status.creationTime / 1e6) }),
  };
}

/**
 * Says how a content's data differs from what the VMBackup recorded, or nothing. A content that vanished is made anew
 * by the snapshot controller, with the data of that day if Longhorn no longer has the old; and Harvester then records
 * the new backup as if it were the old. What remains is the time: nothing can be younger than the VMBackup's readiness.
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

/** Of data in a content taken here; a VMBackup that is not ready may only be being made. */
export const isYounger = (backup: VMBackup, atMs: number): boolean =>
  backup.status?.readyToUse === true && isYoungerThanReady(backup, atMs);

/** A VMBackup's snapshots are asked for within seconds, and taken before anything is uploaded; a busy storage may take a while. */
const LATE_MS = 3600_000;

/**
 * Says by how much a content's data is younger than the VMBackup, where that is hard to believe, or nothing. Harvester 1.6.0
 * is ready anew, and says so of a later time, when it looks just while a lost content is made anew: then this is all that
 * tells today's data from the old. The storage may also have been unable to take it sooner, so it is no proof.
 */
export function delayAfterBackup(backup: VMBackup, { atMs }: DynamicData): string | undefined {
  if (atMs === undefined || !isDelayed(backup, atMs)) return undefined;
  return `it holds data of ${new Date(atMs).toISOString()}, but the VMBackup was requested at ${backup.metadata.creationTimestamp}`;
}

/** Of one that is ready: before, it is only being made. */
export function isDelayed({ metadata, status }: VMBackup, atMs: number): boolean {
  return status?.readyToUse === true && atMs > Date.parse(metadata.creationTimestamp ?? '') + LATE_MS;
}
