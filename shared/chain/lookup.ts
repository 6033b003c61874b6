import * as names from '../domain/names.ts';
import type { Reader } from '../ports/reader.ts';
import type { Backup, BackupTarget, BackupVolume, Snapshot, VMBackup } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './longhorn-backup.ts';
import { judgeBackup } from './longhorn-backup.ts';
import { backupVolumes, longhornBackup } from './queries.ts';
import type { Absence } from './target.ts';
import { judgeAbsence } from './target.ts';

/**
 * What Longhorn knows of one Backup. Looked up once, in `observe`, and carried in `Seen`: a plan reads it and asks
 * nobody again.
 *
 * - `found`: complete, and of a known volume. Only this one proves what a handle must be.
 * - `absent`: missing from a target that Longhorn has listed, or there and unusable (failed, in deletion, not read by
 *   Longhorn yet, of two volumes). `trouble.reason` says which.
 * - `unknown`: not there, and that proves nothing: its target is not connected, or not listed yet.
 */
export type BackupLookup = FoundBackup | AbsentBackup | UnknownBackup;

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

/** What decides about a Backup that is not there. Needed for no other. */
export interface Surrounding {
  readonly target: BackupTarget | undefined;
  /** BackupVolumes of its volume, as far as that is known. */
  readonly backupVolumes: readonly BackupVolume[];
  /** The VMBackup that records it, where one does: its backups may be on another target than the connected one. */
  readonly owner?: VMBackup | undefined;
}

/** Pure part of {@link lookUpBackup}, for callers that have read all of it already. `surrounding` decides nothing where `backup` is there. */
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

/** Where a Backup is expected. Used only where it is not there. */
export interface LookupContext {
  /** The VMBackup that records it. */
  readonly owner?: VMBackup | undefined;
  /** The Longhorn volume it is recorded to be of. */
  readonly volume?: string | null | undefined;
}

/**
 * Looks a Longhorn Backup up by name: one read where it is there, else also its target and, if `volume` is known, the
 * BackupVolumes of that.
 * @throws UnreadableError when one of them does not have the shape of its kind; RetryableError, TerminalError
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
 * Second half of {@link lookUpBackup}, for a Backup that was read and is not there: `absent`, or `unknown`.
 * @throws as lookUpBackup
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
 * The content that a snapshot names as its source or, for one taken on this cluster, is bound to. Undefined where it says
 * neither, or is gone. The functions below differ in what they look for then:
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

/** As {@link contentNameOf}; for a snapshot that is gone, the name that Harvester gave the content of its pair. */
export const pairContentName = (snapshotName: string, snapshot: Snapshot | undefined): string | undefined =>
  contentNameOf(snapshot) ??
  (snapshot === undefined && snapshotName !== '' ? names.contentName(snapshotName) : undefined);

/** As {@link contentNameOf}; else the name that Harvester gives a content that is made before its snapshot. */
export const provisionedContentName = (snapshotName: string, snapshot: Snapshot | undefined): string =>
  contentNameOf(snapshot) ?? names.contentName(snapshotName);

/** As {@link contentNameOf}; for a snapshot that names none yet, the name that the snapshot controller gives a content it creates. */
export const controllerContentName = (snapshotName: string, snapshot: Snapshot | undefined): string =>
  contentNameOf(snapshot) ??
  (snapshot === undefined ? names.contentName(snapshotName) : names.takenContentName(snapshot.metadata.uid));

/** Whether a snapshot names a content at all: as its source, or as what it is bound to. The two may differ. */
export const namesContent = ({ spec, status }: Snapshot, contentName: string): boolean =>
  spec.source.volumeSnapshotContentName === contentName || status?.boundVolumeSnapshotContentName === contentName;
