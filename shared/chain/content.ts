import type { Handle, BackupHandle } from '../domain/handle.ts';
import { backupHandle, parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Content, Snapshot } from '../objects/types.ts';
import { drillOf } from './drill-marks.ts';
import type { BackupFacts } from './longhorn-backup.ts';

/** What a content is, from itself alone: either a reason to leave it, or the backup its handle names. */
export type ContentJudgment = UnjudgedContent | JudgedContent;

/** Nothing that a wrong handle can be in. */
export interface UnjudgedContent {
  readonly reason:
    'DrillObject' | 'OtherDriver' | 'DynamicContent' | 'NotABackupHandle' | 'HandleUnreadable' | 'GuestClusterBackup';
}

export interface JudgedContent {
  readonly handle: BackupHandle;
  /** The handle as it is written in the spec. */
  readonly text: string;
  /** The handle in the status, where that names another backup or volume, or `none`: restores and deletions go by it. */
  readonly reported?: string;
}

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

/** Right, right under the old spelling, or wrong; only for handles whose backup is known. */
export function judgeHandle(
  { handle, reported }: JudgedContent,
  facts: BackupFacts,
): 'HandleRight' | 'LegacyScheme' | 'wrong' {
  if (handle.volume !== facts.volume || reported !== undefined) return 'wrong';
  return handle.scheme === 'bs' ? 'LegacyScheme' : 'HandleRight';
}

/** The handle names this backup, under the volume that it is of and in either spelling, and the status says the same. */
export const namesBackup = (judged: ContentJudgment, backup: string, facts: BackupFacts): boolean =>
  'handle' in judged && judged.handle.backup === backup && judgeHandle(judged, facts) !== 'wrong';

export const rightHandle = (handle: BackupHandle, facts: BackupFacts): string =>
  backupHandle(facts.volume, handle.backup);
