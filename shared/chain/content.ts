import type { Handle, BackupHandle } from '../domain/handle.ts';
import { backupHandle, parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Content, Snapshot } from '../objects/types.ts';
import { drillOf } from './drill-marks.ts';
import type { BackupFacts } from './longhorn-backup.ts';

/** What a content shows by itself: the backup that its handle names, or why its handle is not judged. */
export type ContentJudgment = UnjudgedContent | JudgedContent;

/** A content whose handle cannot be wrong, or that Gleaner does not manage. */
export interface UnjudgedContent {
  readonly reason:
    'DrillObject' | 'OtherDriver' | 'DynamicContent' | 'NotABackupHandle' | 'HandleUnreadable' | 'GuestClusterBackup';
}

/** A content with a backup handle that can be compared with its backup. */
export interface JudgedContent {
  readonly handle: BackupHandle;
  /** The handle as the spec has it. */
  readonly text: string;
  /**
   * The handle in the status if it names another backup or volume, or `none`. Restores and deletions use the status.
   */
  readonly reported?: string;
}

/**
 * Judges a content by itself. Only pre-provisioned contents of Longhorn's driver that name a remote backup can have a
 * wrong handle. Pure; reads nothing.
 */
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
  // The sidecar fills the status until the content is ready, and never afterwards.
  const reported = snapshotHandle || (readyToUse === true ? 'none' : undefined);
  return reported === undefined || reported === text || namesTheSame(reported, handle)
    ? { handle, text }
    : { handle, text, reported };
}

function namesTheSame(text: string, { volume, backup }: BackupHandle): boolean {
  const other = parseHandle(text);
  return other.kind === 'backup' && other.volume === volume && other.backup === backup;
}

/**
 * Whether the pair belongs to a VolumeRemoteBackup or VolumeRemoteRestore (guest clusters). Those have their own life
 * cycle.
 */
export function isGuestClusters(object: Pick<Content | Snapshot, 'metadata'>): boolean {
  return (
    object.metadata.annotations?.[names.REMOTE_RESTORE_ANNOTATION] !== undefined ||
    (object.metadata.ownerReferences ?? []).some(
      (o) => o.kind === 'VolumeRemoteBackup' || o.kind === 'VolumeRemoteRestore',
    )
  );
}

/** Compares a handle with its backup: right, right in the deprecated spelling, or wrong. */
export function judgeHandle(
  { handle, reported }: JudgedContent,
  facts: BackupFacts,
): 'HandleRight' | 'LegacyScheme' | 'wrong' {
  if (handle.volume !== facts.volume || reported !== undefined) return 'wrong';
  return handle.scheme === 'bs' ? 'LegacyScheme' : 'HandleRight';
}

/** Whether the handle names this backup, under its volume and in either spelling, and the status agrees. */
export const namesBackup = (judged: ContentJudgment, backup: string, facts: BackupFacts): boolean =>
  'handle' in judged && judged.handle.backup === backup && judgeHandle(judged, facts) !== 'wrong';

/** The handle that the content should have. */
export const rightHandle = (handle: BackupHandle, facts: BackupFacts): string =>
  backupHandle(facts.volume, handle.backup);
