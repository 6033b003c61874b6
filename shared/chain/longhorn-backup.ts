import * as names from '../domain/names.ts';
import type { Backup, BackupVolume } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { isDeleting } from './metadata.ts';

/** The facts of a Longhorn Backup that say what its handle must be; small, since a survey keeps one per backup. */
export interface BackupFacts {
  readonly volume: string;
  /** When its data was taken; absent where Longhorn does not say. */
  readonly takenMs?: number;
}

export interface BackupTrouble {
  readonly reason: Reason;
  readonly detail: string;
  /** The volume it is of, as far as that can be told all the same. */
  readonly ofVolume?: string;
}

/**
 * The volume a backup belongs to, from Longhorn's own status: filled when the backup has been read from the target.
 * The label must agree where it is there.
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
  // So it does with all of them when its target is disconnected: the data stays.
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

/** Longhorn tries to begin a backup a few times within minutes, and reads one it finds on the target when it lists that. */
const STALLED_AFTER_MS = 6 * HOUR_MS;

/** While it is at work nothing in the Backup says when it last got on, and a first backup can be of terabytes. */
const WORKING_FOR_MS = 48 * HOUR_MS;

/** Whether Longhorn has been at a backup for so long that it must be stuck; with its data kept on the target it is not. */
export function isStalled(backup: Backup, nowMs: number): boolean {
  const { metadata, status } = backup;
  const state = status?.state ?? '';
  // It writes the volume as it reads the backup from the target, and calls it complete only then.
  const unread = state === 'Completed' && !status?.volumeName;
  if (isDeleting(backup) || (names.FINAL_BACKUP_STATES.has(state) && !unread)) return false;
  const ageMs = nowMs - Date.parse(metadata.creationTimestamp ?? '');
  return ageMs > (state === 'InProgress' ? WORKING_FOR_MS : STALLED_AFTER_MS);
}

/**
 * Found on the target and not read yet; one that is being taken here has a snapshot. Not one that is in deletion, or that
 * Longhorn never gets on with: it must not keep the others waiting.
 */
export const isBeingPulled = (backup: Backup, nowMs: number): boolean =>
  isUnread(backup) && !isDeleting(backup) && !isStalled(backup, nowMs);

/** Found on the target and not read yet, or never to be. */
export const isUnread = ({ spec, status }: Backup): boolean =>
  !names.FINAL_BACKUP_STATES.has(status?.state ?? '') && !spec?.snapshotName;

/** Longhorn 1.8 and later restore only when there is a BackupVolume of the volume; Harvester wants exactly one. */
export function judgeBackupVolumes(
  facts: BackupFacts,
  backup: Backup,
  volumes: readonly BackupVolume[],
): BackupTrouble | undefined {
  const target = targetOf(backup);
  const fitting = volumes.filter((v) => {
    // Up to Longhorn 1.7 it names none.
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

// Up to Longhorn 1.7 a BackupVolume has neither label nor spec: its own name is the volume's.
const volumeOf = (v: BackupVolume): string =>
  v.spec?.volumeName || v.metadata.labels?.[names.BACKUP_VOLUME_LABEL] || v.metadata.name;

/**
 * The target that a Backup (`status.backupTargetName`) or a BackupVolume (`spec.backupTargetName`) names: by that field, or by
 * its label where the field is absent or empty. Undefined where neither names one, as up to Longhorn 1.7.
 */
export const targetNamedBy = (
  field: string | null | undefined,
  { labels }: Pick<Backup['metadata'], 'labels'>,
): string | undefined => field || labels?.[names.BACKUP_TARGET_LABEL] || undefined;

/** The target that a Backup is on; the default one where it names none. */
export const targetOf = (backup: Pick<Backup, 'metadata' | 'status'> | undefined): string =>
  (backup && targetNamedBy(backup.status?.backupTargetName, backup.metadata)) ?? names.DEFAULT_TARGET;

/** Finished, and on the target that Harvester uses. */
export const isOnTarget = (backup: Backup): boolean =>
  backup.status?.state === 'Completed' && !isDeleting(backup) && targetOf(backup) === names.DEFAULT_TARGET;
