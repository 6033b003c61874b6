import * as names from '../domain/names.ts';
import type { Reader } from '../ports/reader.ts';
import type { Backup, BackupTarget, BackupVolume, Snapshot, VMBackup } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './longhorn-backup.ts';
import { judgeBackup } from './longhorn-backup.ts';
import { backupVolumes, longhornBackup } from './queries.ts';
import type { Absence } from './target.ts';
import { judgeAbsence } from './target.ts';

/**
 * What Longhorn knows of one Backup. `observe` looks it up once and carries it in `Seen`; plans do not look it up
 * again.
 *
 * - `found`: complete, and of a known volume. Only this proves what a handle must be.
 * - `absent`: missing from a target that Longhorn has listed, or present and unusable (failed, in deletion, not read by
 *   Longhorn yet, of two volumes). `trouble.reason` says which.
 * - `unknown`: not there, which proves nothing: its target is not connected, or not listed yet.
 */
export type BackupLookup = FoundBackup | AbsentBackup | UnknownBackup;

/** A complete Backup of a known volume. */
export interface FoundBackup {
  readonly is: 'found';
  readonly backup: Backup;
  readonly facts: BackupFacts;
}

interface AbsentBackup {
  readonly is: 'absent';
  readonly backup?: Backup | undefined;
  readonly trouble: BackupTrouble;
}

interface UnknownBackup {
  readonly is: 'unknown';
  readonly absence: Absence;
}

/** Decides whether a missing Backup is `absent` or `unknown`. Not used if the Backup exists. */
export interface Surrounding {
  readonly target: BackupTarget | undefined;
  /** BackupVolumes of its volume, if that is known. */
  readonly backupVolumes: readonly BackupVolume[];
  /** The VMBackup that records it, where one does: its backups may be on another target than the connected one. */
  readonly owner?: VMBackup | undefined;
}

/**
 * The pure part of {@link lookUpBackup}, for callers that have read all of it.
 * @param surrounding ignored if `backup` exists; by default no target is connected
 */
export function judgeLookup(
  name: string,
  backup: Backup | undefined,
  { target, backupVolumes: volumes, owner }: Surrounding = { target: undefined, backupVolumes: [] },
): BackupLookup {
  if (backup === undefined) {
    const absence = judgeAbsence(target, volumes, owner);
    if (absence !== undefined) return { is: 'unknown', absence };
  }
  const judged = judgeBackup(name, backup);
  if ('reason' in judged || backup === undefined) return { is: 'absent', backup, trouble: judged as BackupTrouble };
  return { is: 'found', backup, facts: judged };
}

/** Where a missing Backup is expected. Not used if the Backup exists. */
export interface LookupContext {
  /** The VMBackup that records it. */
  readonly owner?: VMBackup | undefined;
  /** The Longhorn volume it is recorded to be of. */
  readonly volume?: string | null | undefined;
}

/**
 * Looks up a Longhorn Backup by name. Reads one object if it exists, else also its target and, if `volume` is known,
 * the BackupVolumes of that volume.
 *
 * @throws UnreadableError if one of them does not match the schema of its kind; RetryableError, TerminalError
 * @example
 * const lookup = await lookUpBackup(reader, 'backup-0123', { owner: vmBackup, volume: 'pvc-4567' });
 * if (lookup.is === 'found') compare(handle, lookup.facts.volume);
 * else if (lookup.is === 'absent') report(lookup.trouble);
 * else wait(lookup.absence); // proves nothing: never delete or replace anything because of it
 */
export async function lookUpBackup(
  reader: Reader,
  name: string,
  { owner, volume }: LookupContext,
): Promise<BackupLookup> {
  const backup = await longhornBackup(reader, name);
  return backup === undefined ? lookUpAbsence(reader, name, { owner, volume }) : judgeLookup(name, backup);
}

/**
 * The second half of {@link lookUpBackup}, for a Backup that was read and does not exist: `absent` or `unknown`.
 * @throws UnreadableError, RetryableError, TerminalError, as lookUpBackup
 */
export async function lookUpAbsence(
  reader: Reader,
  name: string,
  { owner, volume }: LookupContext,
): Promise<AbsentBackup | UnknownBackup> {
  const target = await reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE);
  const listed = volume ? await backupVolumes(reader, volume) : [];
  return judgeLookup(name, undefined, { target, backupVolumes: listed, owner }) as AbsentBackup | UnknownBackup;
}

/**
 * The content that a snapshot names as its source or, if it was taken on this cluster, is bound to. `undefined` if it
 * names neither, or does not exist. The functions below differ in their fallback:
 *
 * | | snapshot gone | snapshot names no content yet |
 * | --- | --- | --- |
 * | `contentNameOf` | nothing | nothing |
 * | `pairContentName` | the name that Harvester gives the content of the pair | nothing |
 * | `provisionedContentName` | Harvester's name | Harvester's name |
 * | `controllerContentName` | Harvester's name | the name that the snapshot controller gives it |
 */
export const contentNameOf = (snapshot: Snapshot | undefined): string | undefined =>
  snapshot?.spec.source.volumeSnapshotContentName || snapshot?.status?.boundVolumeSnapshotContentName || undefined;

/** As {@link contentNameOf}; for a missing snapshot, the name that Harvester gave the content of its pair. */
export const pairContentName = (snapshotName: string, snapshot: Snapshot | undefined): string | undefined =>
  contentNameOf(snapshot) ??
  (snapshot === undefined && snapshotName !== '' ? names.contentName(snapshotName) : undefined);

/** As {@link contentNameOf}; else the name that Harvester gives a pre-provisioned content. */
export const provisionedContentName = (snapshotName: string, snapshot: Snapshot | undefined): string =>
  contentNameOf(snapshot) ?? names.contentName(snapshotName);

/** As {@link contentNameOf}; for a snapshot that names none yet, the name that the snapshot controller gives a content it creates. */
export const controllerContentName = (snapshotName: string, snapshot: Snapshot | undefined): string =>
  contentNameOf(snapshot) ??
  (snapshot === undefined ? names.contentName(snapshotName) : names.takenContentName(snapshot.metadata.uid));

/** Whether a snapshot names this content, as its source or as what it is bound to. The two may differ. */
export const namesContent = ({ spec, status }: Snapshot, contentName: string): boolean =>
  spec.source.volumeSnapshotContentName === contentName || status?.boundVolumeSnapshotContentName === contentName;
