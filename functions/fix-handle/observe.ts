import type { JudgedContent, UnjudgedContent } from '../../shared/chain/content.ts';
import { judgeContent, judgeHandle } from '../../shared/chain/content.ts';
import type { BackupLookup, FoundBackup } from '../../shared/chain/lookup.ts';
import { judgeLookup } from '../../shared/chain/lookup.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { backupVolumes, claimsFrom, longhornBackup, missingClass, vmBackupNaming } from '../../shared/chain/queries.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { Backup, BackupTarget, BackupVolume, Claim, Content, Snapshot } from '../../shared/objects/types.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Owner } from './owner.ts';
import { ownerOf } from './owner.ts';
import type { SwapNote } from './swap-note.ts';
import { readNote } from './swap-note.ts';

/**
 * One content, or a snapshot whose content is missing, with everything that decides about its handle. `observe` judges
 * the case once; the file named after the case decides what to do.
 */
export type Seen = SeenGone | SeenContentMissing | SeenNotOurs | SeenBackupMissing | SeenHandleRight | SeenHandleWrong;

/** Neither content nor snapshot exists. */
export interface SeenGone {
  readonly is: 'gone';
  readonly subject: Ref;
}

export interface SeenContentMissing {
  readonly is: 'content-missing';
  readonly subject: Ref;
  readonly snapshot: Snapshot;
  /** This and the following fields are absent for a snapshot that was taken on this cluster: it names no content. */
  readonly note?: Note;
  /** The backup that the content was made from, by the owner, else by the note of an unfinished swap. */
  readonly backupName?: string | undefined;
  /** Absent if `backupName` is not known. */
  readonly backup?: BackupLookup | undefined;
  readonly neighbours?: Neighbours | undefined;
}

/** A content whose handle is not checked. */
export interface SeenNotOurs {
  readonly is: 'not-ours';
  readonly subject: Ref;
  readonly content: Content;
  readonly snapshot: Snapshot | undefined;
  readonly judged: UnjudgedContent;
}

interface SeenContent {
  readonly subject: Ref;
  readonly content: Content;
  readonly snapshot?: Snapshot | undefined;
  readonly note?: Note;
  readonly judged: JudgedContent;
  /** The backup that the handle names. */
  readonly backupName: string;
}

/** Snapshot and note are read only if a step may be due. */
export interface SeenHandleRight extends SeenContent {
  readonly is: 'handle-right';
  readonly verdict: 'HandleRight' | 'LegacyScheme';
}

/** The Backup is missing, unusable or unknown, so the right handle cannot be derived. */
export interface SeenBackupMissing extends SeenContent {
  readonly is: 'backup-missing';
  readonly backup: Exclude<BackupLookup, FoundBackup>;
  readonly neighbours: Neighbours;
}

export interface SeenHandleWrong extends SeenContent {
  readonly is: 'handle-wrong';
  readonly backup: FoundBackup;
  readonly neighbours: Neighbours;
}

/** Gleaner's own note of an unfinished swap. */
type Note = SwapNote | 'unreadable' | undefined;

export interface Neighbours {
  readonly owner: Owner;
  readonly backupVolumes: readonly BackupVolume[];
  /** Claims made from the snapshot. */
  readonly claims: readonly Claim[];
  /** The objects that already have the names of the replacement pair. */
  readonly replacement: {
    readonly snapshot: Snapshot | undefined;
    readonly content: Content | undefined;
    /** The VMBackup that already uses that name for one of its volumes. */
    readonly usedBy?: string | undefined;
  };
  /** Name of the content's VolumeSnapshotClass, if that class does not exist. */
  readonly missingClass?: string | undefined;
}

/**
 * Reads as little as the decision needs: a right handle costs two reads, content and Backup.
 * @throws UnreadableError for a deciding object that does not match the schema of its kind; RetryableError,
 * TerminalError
 */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  if (subject.kind === 'VolumeSnapshotContent') {
    const content = await reader.get('VolumeSnapshotContent', subject.name);
    return content === undefined ? { is: 'gone', subject } : observeContent(reader, subject, content, undefined);
  }
  const snapshot = await reader.get('VolumeSnapshot', subject.name, subject.namespace);
  if (snapshot === undefined) return { is: 'gone', subject };
  const contentName = snapshot.spec.source.volumeSnapshotContentName;
  if (!contentName) return { is: 'content-missing', subject, snapshot };
  const content = await reader.get('VolumeSnapshotContent', contentName);
  return content === undefined
    ? observeMissing(reader, subject, snapshot)
    : observeContent(reader, subject, content, snapshot);
}

async function observeContent(
  reader: Reader,
  subject: Ref,
  content: Content,
  from: Snapshot | undefined,
): Promise<Seen> {
  const judged = judgeContent(content);
  if ('reason' in judged) return { is: 'not-ours', subject, content, snapshot: from, judged };
  const backupName = judged.handle.backup;
  const longhorn = await longhornBackup(reader, backupName);
  const known = longhorn && judgeLookup(backupName, longhorn);
  const verdict = known?.is === 'found' ? judgeHandle(judged, known.facts) : undefined;
  const head = { subject, content, judged, backupName };
  // The snapshot of a swapped content may still carry the note. A content in deletion may be part of Gleaner's own
  // swap.
  const isSwapped = content.metadata.annotations?.[names.REPLACES_ANNOTATION] === content.metadata.name;
  const isRight = verdict !== undefined && verdict !== 'wrong';
  if (isRight && !isSwapped && !isDeleting(content) && from === undefined)
    return { is: 'handle-right', ...head, verdict };

  const { name, namespace } = content.spec.volumeSnapshotRef;
  const snapshot = from ?? (await reader.get('VolumeSnapshot', name, namespace));
  const seen = { ...head, snapshot, note: snapshot && readNote(snapshot) };
  if (isRight) return { is: 'handle-right', ...seen, verdict };
  const target = await targetWithout(reader, longhorn);
  const volume = known?.is === 'found' ? known.facts.volume : undefined;
  const neighbours = await observeNeighbours(reader, { namespace, name, snapshot, content }, backupName, volume);
  const backup = known ?? judgeLookup(backupName, undefined, { target, ...aroundOf(neighbours) });
  return backup.is === 'found'
    ? { is: 'handle-wrong', ...seen, backup, neighbours }
    : { is: 'backup-missing', ...seen, backup, neighbours };
}

async function observeMissing(reader: Reader, subject: Ref, snapshot: Snapshot): Promise<SeenContentMissing> {
  const note = readNote(snapshot);
  const { name, namespace } = snapshot.metadata;
  const noted = note === undefined || note === 'unreadable' ? undefined : note.backup;
  const claims = await claimsFrom(reader, namespace, new Set([name]));
  const owner = await ownerOf(reader, { namespace, name, snapshot }, { claims, backupName: noted });
  const owned = 'entry' in owner ? (owner.entry?.longhornBackupName ?? undefined) : undefined;
  const backupName = owned ?? noted;
  const longhorn = backupName === undefined ? undefined : await longhornBackup(reader, backupName);
  const recorded = 'entry' in owner ? owner.entry?.persistentVolumeClaim?.spec?.volumeName : undefined;
  const volume = longhorn === undefined ? recorded : longhorn.status?.volumeName;
  const target = backupName === undefined ? undefined : await targetWithout(reader, longhorn);
  const neighbours: Neighbours = {
    owner,
    claims,
    backupVolumes: volume ? await backupVolumes(reader, volume) : [],
    replacement: { snapshot: undefined, content: undefined },
  };
  const backup =
    backupName === undefined ? undefined : judgeLookup(backupName, longhorn, { target, ...aroundOf(neighbours) });
  return { is: 'content-missing', subject, snapshot, note, backupName, backup, neighbours };
}

async function observeNeighbours(
  reader: Reader,
  pair: { namespace: string; name: string; snapshot: Snapshot | undefined; content: Content },
  backupName: string,
  volume: string | undefined,
): Promise<Neighbours> {
  const claims = await claimsFrom(reader, pair.namespace, new Set([pair.name]));
  const owner = await ownerOf(reader, pair, { claims, backupName });
  const revised = names.revisedName(pair.name);
  const recorded = 'entry' in owner ? owner.entry?.persistentVolumeClaim?.spec?.volumeName : undefined;
  const listed = volume ?? recorded ?? undefined;
  const replaceable = volume !== undefined && owner.is === 'vmbackup' && names.canRevise(pair.name);
  return {
    owner,
    claims,
    backupVolumes: listed === undefined ? [] : await backupVolumes(reader, listed),
    replacement: {
      snapshot: replaceable ? await reader.get('VolumeSnapshot', revised, pair.namespace) : undefined,
      content: replaceable ? await reader.get('VolumeSnapshotContent', names.contentName(revised)) : undefined,
      usedBy: replaceable ? await vmBackupNaming(reader, pair.namespace, revised) : undefined,
    },
    missingClass: await missingClass(reader, pair.content.spec.volumeSnapshotClassName),
  };
}

/** What decides about a missing Backup, besides its target. */
const aroundOf = ({ owner, backupVolumes }: Neighbours) => ({
  backupVolumes,
  owner: 'backup' in owner ? owner.backup : undefined,
});

/** The target, read only if the Backup is missing: without a connected target its absence means nothing. */
const targetWithout = (reader: Reader, longhorn: Backup | undefined): Promise<BackupTarget | undefined> =>
  longhorn === undefined
    ? reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE)
    : Promise.resolve(undefined);
