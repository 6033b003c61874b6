import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Content, Snapshot } from '../../shared/objects/types.ts';

/** The two objects of a VMBackup volume, by the names they must have; either may be missing. */
export interface Pair {
  readonly name: string;
  readonly namespace: string;
  readonly snapshot?: Snapshot | undefined;
  readonly contentName: string;
  readonly content?: Content | undefined;
}

export type Loss =
  /** Both there, naming each other. */
  | 'none'
  /** A snapshot that was taken here, and its content. */
  | 'taken'
  /** A snapshot that was taken here, without its content. */
  | 'taken-lost'
  | 'content-lost'
  | 'snapshot-lost'
  | 'both-lost'
  /** The content still refers to a former snapshot of the same name. */
  | 'binding-stale'
  /** What stands under the content's name is another snapshot's, or of the other kind. */
  | 'name-taken'
  | 'snapshot-deleting'
  | 'content-deleting';

/** What is wrong with a pair, whatever its handle says. */
export function lossOf({ name, namespace, snapshot, content }: Pair): Loss {
  if (snapshot !== undefined && isDeleting(snapshot)) return 'snapshot-deleting';
  const taken = snapshot !== undefined && !snapshot.spec.source.volumeSnapshotContentName;
  if (content === undefined) return snapshot === undefined ? 'both-lost' : taken ? 'taken-lost' : 'content-lost';
  if (isDeleting(content)) return 'content-deleting';
  const { source, volumeSnapshotRef } = content.spec;
  const dynamic = source.snapshotHandle === undefined || source.snapshotHandle === null;
  if (volumeSnapshotRef.name !== name || volumeSnapshotRef.namespace !== namespace || dynamic !== taken) {
    return 'name-taken';
  }
  if (taken) return 'taken';
  if (snapshot === undefined) return 'snapshot-lost';
  return volumeSnapshotRef.uid && volumeSnapshotRef.uid !== snapshot.metadata.uid ? 'binding-stale' : 'none';
}

/** Where the content of a snapshot is looked for. */
export const contentNameOf = (name: string, snapshot: Snapshot | undefined): string =>
  snapshot === undefined
    ? names.contentName(name)
    : (snapshot.spec.source.volumeSnapshotContentName ??
      snapshot.status?.boundVolumeSnapshotContentName ??
      names.takenContentName(snapshot.metadata.uid));

/** Faults that a backup on the target can cure, so that it is worth reading. */
export const isLoss = (fault: Loss): boolean =>
  ['taken-lost', 'content-lost', 'snapshot-lost', 'both-lost', 'binding-stale'].includes(fault);
