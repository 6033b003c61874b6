import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeBackup } from '../../shared/chain/longhorn-backup.ts';
import { judgeContent, judgeHandle } from '../../shared/chain/content.ts';
import type { Owner } from './owner.ts';
import { ownerOf } from './owner.ts';
import { backupVolumes, claimsFrom, longhornBackup, missingClass, vmBackupNaming } from '../../shared/chain/queries.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Backup, BackupTarget, BackupVolume, Claim, Content, Snapshot } from '../../shared/objects/types.ts';
import type { SwapNote } from './swap-note.ts';
import { readNote } from './swap-note.ts';

/** One content (or a snapshot whose content is missing) and all that decides about its handle. */
export interface Seen {
  readonly subject: Ref;
  readonly content?: Content | undefined;
  readonly snapshot?: Snapshot | undefined;
  /** Name of the backup that is meant: by the handle, else by the owner, else by the note of an unfinished swap. */
  readonly backupName?: string | undefined;
  readonly backup?: Backup | undefined;
  /** Gleaner's own note of an unfinished swap. */
  readonly note?: SwapNote | 'unreadable' | undefined;
  /** Read only where the Backup is not there. */
  readonly target?: BackupTarget | undefined;
  /** What follows is read only where the handle is wrong or the content missing. */
  readonly neighbours?: Neighbours | undefined;
}

export interface Neighbours {
  readonly owner: Owner;
  readonly backupVolumes: readonly BackupVolume[];
  /** Claims made from the snapshot. */
  readonly claims: readonly Claim[];
  /** What already stands under the names of the replacement pair. */
  readonly replacement: {
    readonly snapshot: Snapshot | undefined;
    readonly content: Content | undefined;
    /** The VMBackup of which some volume uses that name already. */
    readonly usedBy?: string | undefined;
  };
  /** The VolumeSnapshotClass of the content, where there is none of that name. */
  readonly missingClass?: string | undefined;
}

/** Reads as little as the decision needs: a right handle costs a content and a Backup. */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  if (subject.kind === 'VolumeSnapshotContent') {
    const content = await reader.get('VolumeSnapshotContent', subject.name);
    return content === undefined ? { subject } : observeContent(reader, subject, content, undefined);
  }
  const snapshot = await reader.get('VolumeSnapshot', subject.name, subject.namespace);
  const contentName = snapshot?.spec.source.volumeSnapshotContentName;
  if (snapshot === undefined || !contentName) return { subject, snapshot };
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
  if ('reason' in judged) return { subject, content, snapshot: from };
  const backupName = judged.handle.backup;
  const backup = await longhornBackup(reader, backupName);
  const facts = judgeBackup(backupName, backup);
  const right = 'volume' in facts && judgeHandle(judged, facts) !== 'wrong';
  // A content that was swapped stands in for itself; its snapshot may still carry the note. A deletion may be our own.
  const swapped = content.metadata.annotations?.[names.REPLACES_ANNOTATION] === content.metadata.name;
  if (right && !swapped && !isDeleting(content) && from === undefined) return { subject, content, backupName, backup };

  const { name, namespace } = content.spec.volumeSnapshotRef;
  const snapshot = from ?? (await reader.get('VolumeSnapshot', name, namespace));
  const note = snapshot && readNote(snapshot);
  const seen = { subject, content, snapshot, backupName, backup, note };
  if (right) return seen;
  const volume = 'volume' in facts ? facts.volume : undefined;
  const target = await targetWithout(reader, backup);
  const neighbours = await observeNeighbours(reader, { namespace, name, snapshot, content }, backupName, volume);
  return { ...seen, target, neighbours };
}

async function observeMissing(reader: Reader, subject: Ref, snapshot: Snapshot): Promise<Seen> {
  const note = readNote(snapshot);
  const { name, namespace } = snapshot.metadata;
  const noted = note === undefined || note === 'unreadable' ? undefined : note.backup;
  const claims = await claimsFrom(reader, namespace, new Set([name]));
  const owner = await ownerOf(reader, { namespace, name, snapshot }, { claims, backupName: noted });
  const owned = 'entry' in owner ? (owner.entry?.longhornBackupName ?? undefined) : undefined;
  const backupName = owned ?? noted;
  const backup = backupName === undefined ? undefined : await longhornBackup(reader, backupName);
  const recorded = 'entry' in owner ? owner.entry?.persistentVolumeClaim?.spec?.volumeName : undefined;
  const volume = backup === undefined ? recorded : backup.status?.volumeName;
  const target = backupName === undefined ? undefined : await targetWithout(reader, backup);
  const neighbours: Neighbours = {
    owner,
    claims,
    backupVolumes: volume ? await backupVolumes(reader, volume) : [],
    replacement: { snapshot: undefined, content: undefined },
  };
  return { subject, snapshot, backupName, backup, note, target, neighbours };
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

/** Where a Backup is not there, its target says whether that means anything. */
const targetWithout = (reader: Reader, backup: Backup | undefined): Promise<BackupTarget | undefined> =>
  backup === undefined
    ? reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE)
    : Promise.resolve(undefined);
