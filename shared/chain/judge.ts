import type { Handle, BackupHandle } from '../domain/handle.ts';
import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { backupHandle, parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Backup, BackupVolume, Content, OwnerReference, Snapshot, VMBackup } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { drillOf } from './drills.ts';

/** What a content is, from itself alone: either a reason to leave it, or the backup its handle names. */
export type ContentJudgment =
  | {
      readonly reason:
        | 'DrillObject'
        | 'OtherDriver'
        | 'DynamicContent'
        | 'NotABackupHandle'
        | 'HandleUnreadable'
        | 'GuestClusterBackup';
    }
  | {
      readonly handle: BackupHandle;
      readonly text: string;
      /** What the status says, where that is another backup or volume, or `none`: restores and deletions go by it. */
      readonly reported?: string;
    };

/** Only pre-provisioned contents of Longhorn's driver that name a remote backup can have a wrong handle. */
export function judgeContent(content: Content): ContentJudgment {
  if (drillOf(content) !== undefined) return { reason: 'DrillObject' };
  if (content.spec.driver !== names.LONGHORN_DRIVER) return { reason: 'OtherDriver' };
  const text = content.spec.source.snapshotHandle;
  if (text === undefined || text === null) return { reason: 'DynamicContent' };
  if (isGuestClusters(content)) return { reason: 'GuestClusterBackup' };
  const handle: Handle = parseHandle(text);
  if (handle.kind === 'unreadable') return { reason: 'HandleUnreadable' };
  if (handle.kind !== 'backup') return { reason: 'NotABackupHandle' };
  const { snapshotHandle, readyToUse } = content.status ?? {};
  // Until it is ready its sidecar still has to fill that in; afterwards nobody does.
  const reported = snapshotHandle || (readyToUse === true ? 'none' : undefined);
  return reported === undefined || reported === text || namesTheSame(reported, handle)
    ? { handle, text }
    : { handle, text, reported };
}

function namesTheSame(text: string, { volume, backup }: BackupHandle): boolean {
  const other = parseHandle(text);
  return other.kind === 'backup' && other.volume === volume && other.backup === backup;
}

/** Pairs of VolumeRemoteBackup and VolumeRemoteRestore (guest clusters) have their own life cycle. */
export function isGuestClusters(object: Pick<Content | Snapshot, 'metadata'>): boolean {
  return (
    object.metadata.annotations?.[names.REMOTE_RESTORE_ANNOTATION] !== undefined ||
    (object.metadata.ownerReferences ?? []).some(
      (o) => o.kind === 'VolumeRemoteBackup' || o.kind === 'VolumeRemoteRestore',
    )
  );
}

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

/** Of type snapshot: all of it is on this cluster, and nothing on a target. */
export const isLocal = ({ spec }: VMBackup): boolean => (spec.type || 'backup') !== 'backup';

/** Clocks of nodes differ, and a VMBackup is ready some time after its data was taken. */
const SKEW_MS = 60_000;

/**
 * Data that is younger than the VMBackup that records it: the content was lost, a new one was taken of what the volume
 * held then, and Harvester wrote the new backup's name over the old one.
 */
export function isTakenLater(backup: VMBackup, { takenMs }: BackupFacts): boolean {
  const readyMs = Date.parse(backup.status?.creationTime ?? '');
  return takenMs !== undefined && takenMs > readyMs + SKEW_MS;
}

/** Right, right under the old spelling, or wrong; only for handles whose backup is known. */
export function judgeHandle(
  { handle, reported }: Extract<ContentJudgment, { handle: unknown }>,
  facts: BackupFacts,
): 'HandleRight' | 'LegacyScheme' | 'wrong' {
  if (handle.volume !== facts.volume || reported !== undefined) return 'wrong';
  return handle.scheme === 'bs' ? 'LegacyScheme' : 'HandleRight';
}

export const rightHandle = (handle: BackupHandle, facts: BackupFacts): string =>
  backupHandle(facts.volume, handle.backup);

/** Longhorn 1.8 and later restore only when there is a BackupVolume of the volume; Harvester wants exactly one. */
export function judgeBackupVolumes(
  facts: BackupFacts,
  backup: Backup,
  volumes: readonly BackupVolume[],
): BackupTrouble | undefined {
  const target = targetOf(backup);
  const fitting = volumes.filter((v) => {
    const own = v.spec?.backupTargetName ?? v.metadata.labels?.[names.BACKUP_TARGET_LABEL] ?? '';
    return volumeOf(v) === facts.volume && (own === '' || own === target) && !isDeleting(v);
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

export const targetOf = (backup: Backup | undefined): string =>
  backup?.status?.backupTargetName || backup?.metadata.labels?.[names.BACKUP_TARGET_LABEL] || names.DEFAULT_TARGET;

export const isDeleting = (object: { metadata: { deletionTimestamp?: string | null | undefined } }): boolean =>
  object.metadata.deletionTimestamp !== undefined && object.metadata.deletionTimestamp !== null;

/** Bound to each other by name, namespace and uid, and both ready: what a VMBackup may be pointed at. */
export function boundAndReady(snapshot: Snapshot, content: Content): boolean {
  const ref = content.spec.volumeSnapshotRef;
  return (
    pointsAt(snapshot, content) &&
    ref.uid === snapshot.metadata.uid &&
    snapshot.status?.boundVolumeSnapshotContentName === content.metadata.name &&
    snapshot.status.readyToUse === true &&
    content.status?.readyToUse === true &&
    !isDeleting(snapshot) &&
    !isDeleting(content)
  );
}

/** The snapshot names this content as its source, and the content names the snapshot (a stale uid is no obstacle here). */
export const pointsAt = (snapshot: Snapshot, content: Content): boolean =>
  snapshot.spec.source.volumeSnapshotContentName === content.metadata.name &&
  content.spec.volumeSnapshotRef.name === snapshot.metadata.name &&
  content.spec.volumeSnapshotRef.namespace === snapshot.metadata.namespace;

/**
 * Which of the two is at fault when a content that a snapshot names is not its own: a content made for a former
 * snapshot of that name, or under the name that is this snapshot's by right; else the snapshot, and somebody's healthy
 * content is not accused.
 */
export function misboundPart(
  namespace: string,
  { name, snapshot }: { readonly name: string; readonly snapshot?: Snapshot | undefined },
  { metadata, spec }: Content,
): Ref {
  const isForName = spec.volumeSnapshotRef.name === name && spec.volumeSnapshotRef.namespace === namespace;
  const byRight = [names.contentName(name), snapshot && names.takenContentName(snapshot.metadata.uid)];
  return isForName || byRight.includes(metadata.name)
    ? ref('VolumeSnapshotContent', metadata.name)
    : ref('VolumeSnapshot', name, namespace);
}

/** Snapshot and content become ready within seconds, or say why not; whoever makes one anew makes it young again. */
const READY_WITHIN_MS = 60 * 60_000;

export const isOld = ({ metadata }: { metadata: { creationTimestamp?: string | null | undefined } }, nowMs: number) =>
  nowMs - Date.parse(metadata.creationTimestamp ?? '') > READY_WITHIN_MS;

/** What a snapshot says is wrong with it. That its content is missing is over as soon as that was made anew. */
export function saidOf({ status }: Snapshot, content: Content | undefined, nowMs: number): string | undefined {
  const message = status?.error?.message || undefined;
  const isOver = message === SAYS_MISSING && content !== undefined && !isOld(content, nowMs);
  return isOver ? undefined : message;
}
/** The snapshot controller's words (`syncUnreadySnapshot`, 8.3.0). */
const SAYS_MISSING = 'VolumeSnapshotContent is missing';

/** In deletion for so long that something must be holding it. */
export const HANGS_AFTER_MS = 30 * 60_000;

/** Why an object in deletion is taken to hang there; undefined while it may just be going. */
export function hangs(
  { metadata }: { metadata: Pick<Content['metadata'], 'deletionTimestamp' | 'finalizers'> },
  nowMs: number,
): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  const sinceMs = Date.parse(metadata.deletionTimestamp);
  if (!(nowMs - sinceMs > HANGS_AFTER_MS)) return undefined;
  const by = metadata.finalizers ?? [];
  return `has been in deletion since ${metadata.deletionTimestamp}${by.length === 0 ? '' : `, held by ${by.join(', ')}`}`;
}

export const isOwnedBy = (
  object: { metadata: { ownerReferences?: OwnerReference[] | null | undefined } },
  uid: string,
): boolean => (object.metadata.ownerReferences ?? []).some((o) => o.uid === uid);
