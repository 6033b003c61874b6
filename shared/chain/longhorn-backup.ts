import * as names from '../domain/names.ts';
import type { Backup, BackupVolume } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { isDeleting } from './metadata.ts';

/** The facts of a Longhorn Backup that determine its handle. Small, because a survey keeps one per backup. */
export interface BackupFacts {
  readonly volume: string;
  /** When its data was taken, in milliseconds since the epoch; absent if Longhorn does not say. */
  readonly takenMs?: number;
}

/** Why a Longhorn Backup proves nothing about its handle. */
export interface BackupTrouble {
  readonly reason: Reason;
  readonly detail: string;
  /** Its volume, if known nevertheless. */
  readonly ofVolume?: string;
}

/**
 * The volume of a backup, from Longhorn's own status, which is filled once the backup has been read from the target.
 * Its label must agree if there is one. Pure.
 */
export function judgeBackup(name: string, backup: Backup | undefined): BackupFacts | BackupTrouble {
  if (backup === undefined) return { reason: 'BackupMissing', detail: `there is no Longhorn Backup ${name}` };
  const trouble = troubleOf(name, backup);
  const volume = backup.status?.volumeName ?? '';
  if (trouble !== undefined) {
    const known = volume || backup.metadata.labels?.[names.BACKUP_VOLUME_LABEL];
    return known ? { ...trouble, ofVolume: known } : trouble;
  }
  const takenMs = Date.parse(backup.status?.backupCreatedAt ?? '');
  return Number.isNaN(takenMs) ? { volume } : { volume, takenMs };
}

function troubleOf(name: string, backup: Backup): BackupTrouble | undefined {
  const state = backup.status?.state ?? '';
  const volume = backup.status?.volumeName ?? '';
  // Longhorn removes all Backup objects like this when their target is disconnected; the data stays.
  if (isDeleting(backup) && backup.metadata.labels?.[names.CR_ONLY_LABEL] === 'true')
    return {
      reason: 'BackupNotSynced',
      detail: `Longhorn is removing the object Backup ${name} and keeps its data on the target`,
    };
  if (isDeleting(backup)) return { reason: 'BackupBeingDeleted', detail: `Longhorn Backup ${name} is being deleted` };
  if (!names.FINAL_BACKUP_STATES.has(state)) {
    return {
      reason: 'BackupNotSynced',
      detail: `Longhorn Backup ${name} ${state ? `is in state ${state}` : 'has no state yet'}`,
    };
  }
  if (state !== 'Completed') {
    return { reason: 'BackupFailed', detail: `Longhorn Backup ${name} is in state ${state}` };
  }
  if (volume === '')
    return { reason: 'BackupNotSynced', detail: `Longhorn Backup ${name} does not name its volume yet` };
  const label = backup.metadata.labels?.[names.BACKUP_VOLUME_LABEL];
  if (label === undefined || label === volume) return undefined;
  return {
    reason: 'VolumeMismatch',
    detail: `Longhorn Backup ${name} is of volume ${volume} according to its status, but of ${label} according to its label`,
  };
}

const HOUR_MS = 3_600_000;

/** Longhorn retries starting a backup within minutes, and reads a backup from the target when it lists it. */
const STALLED_AFTER_MS = 6 * HOUR_MS;

/**
 * While Longhorn uploads, the Backup does not show when it last made progress, and a first backup may have terabytes.
 */
const WORKING_FOR_MS = 48 * HOUR_MS;

/**
 * Whether Longhorn has worked on a backup for longer than plausible: 48 h in progress, else 6 h. Backups in deletion
 * and finished ones are never stalled.
 */
export function isStalled(backup: Backup, nowMs: number): boolean {
  const { metadata, status } = backup;
  const state = status?.state ?? '';
  // Longhorn writes the volume when it reads the backup from the target. Until then a completed backup is unread.
  const unread = state === 'Completed' && !status?.volumeName;
  if (isDeleting(backup) || (names.FINAL_BACKUP_STATES.has(state) && !unread)) return false;
  const ageMs = nowMs - Date.parse(metadata.creationTimestamp ?? '');
  return ageMs > (state === 'InProgress' ? WORKING_FOR_MS : STALLED_AFTER_MS);
}

/**
 * Found on the target and not read yet; a backup taken on this cluster has a snapshot. Excludes Backups in deletion and
 * stalled ones, so that they do not block the others.
 */
export const isBeingPulled = (backup: Backup, nowMs: number): boolean =>
  isUnread(backup) && !isDeleting(backup) && !isStalled(backup, nowMs);

/** Found on the target and not read yet; may also be stalled or in deletion. */
export const isUnread = ({ spec, status }: Backup): boolean =>
  !names.FINAL_BACKUP_STATES.has(status?.state ?? '') && !spec?.snapshotName;

/**
 * Checks that exactly one BackupVolume exists for the backup's volume and target: Longhorn 1.8 and later restore only
 * with one, and Harvester refuses several. Returns `undefined` if so.
 */
export function judgeBackupVolumes(
  facts: BackupFacts,
  backup: Backup,
  volumes: readonly BackupVolume[],
): BackupTrouble | undefined {
  const target = targetOf(backup);
  const fitting = volumes.filter((v) => {
    // BackupVolumes of Longhorn up to 1.7 name no target.
    const on = targetNamedBy(v.spec?.backupTargetName, v.metadata);
    return volumeOf(v) === facts.volume && (on === undefined || on === target) && !isDeleting(v);
  });
  if (fitting.length === 0) {
    const going = volumes.find((v) => volumeOf(v) === facts.volume && isDeleting(v));
    const but = going === undefined ? '' : `: ${going.metadata.name} is being deleted`;
    return {
      reason: 'BackupVolumeMissing',
      detail: `no BackupVolume exists for volume ${facts.volume} on target ${target}${but}`,
    };
  }
  if (fitting.length > 1) {
    const found = fitting.map((v) => v.metadata.name).join(', ');
    return {
      reason: 'BackupVolumeAmbiguous',
      detail: `volume ${facts.volume} has ${fitting.length} BackupVolumes: ${found}`,
    };
  }
  return undefined;
}

// BackupVolumes of Longhorn up to 1.7 have neither label nor spec: their name is the volume's.
const volumeOf = (v: BackupVolume): string =>
  v.spec?.volumeName || v.metadata.labels?.[names.BACKUP_VOLUME_LABEL] || v.metadata.name;

/**
 * The target that a Backup (`status.backupTargetName`) or BackupVolume (`spec.backupTargetName`) names: by the field,
 * else by the label. `undefined` if neither names one, as up to Longhorn 1.7.
 */
export const targetNamedBy = (
  field: string | null | undefined,
  { labels }: Pick<Backup['metadata'], 'labels'>,
): string | undefined => field || labels?.[names.BACKUP_TARGET_LABEL] || undefined;

/** The target of a Backup. Default: the default target. */
export const targetOf = (backup: Pick<Backup, 'metadata' | 'status'> | undefined): string =>
  (backup && targetNamedBy(backup.status?.backupTargetName, backup.metadata)) ?? names.DEFAULT_TARGET;

/** Whether the backup is complete, not in deletion, and on the target that Harvester uses. */
export const isOnTarget = (backup: Backup): boolean =>
  backup.status?.state === 'Completed' && !isDeleting(backup) && targetOf(backup) === names.DEFAULT_TARGET;
