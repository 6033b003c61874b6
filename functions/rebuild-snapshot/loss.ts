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
  /** Both exist and name each other. */
  | 'none'
  /** A snapshot that was taken on this cluster, and its content. */
  | 'dynamic'
  /** A snapshot that was taken on this cluster, without its content. */
  | 'dynamic-content-lost'
  | 'content-lost'
  | 'snapshot-lost'
  | 'both-lost'
  /** The content still refers to a former snapshot of the same name. */
  | 'binding-stale'
  /**
   * The content with that name belongs to another snapshot, or is dynamic where a pre-provisioned one is needed, or
   * vice versa.
   */
  | 'name-taken'
  | 'snapshot-deleting'
  | 'content-deleting';

/** Which part of a pair is missing, or how the two fail to name each other. Does not look at the handle. */
export function lossOf({ name, namespace, snapshot, content }: Pair): Loss {
  if (snapshot !== undefined && isDeleting(snapshot)) return 'snapshot-deleting';
  const isTakenHere = snapshot !== undefined && !snapshot.spec.source.volumeSnapshotContentName;
  if (content === undefined) {
    if (snapshot === undefined) return 'both-lost';
    return isTakenHere ? 'dynamic-content-lost' : 'content-lost';
  }
  if (isDeleting(content)) return 'content-deleting';
  const { source, volumeSnapshotRef } = content.spec;
  const isDynamic = source.snapshotHandle === undefined || source.snapshotHandle === null;
  if (volumeSnapshotRef.name !== name || volumeSnapshotRef.namespace !== namespace || isDynamic !== isTakenHere) {
    return 'name-taken';
  }
  if (isTakenHere) return 'dynamic';
  if (snapshot === undefined) return 'snapshot-lost';
  return volumeSnapshotRef.uid && volumeSnapshotRef.uid !== snapshot.metadata.uid ? 'binding-stale' : 'none';
}

/** Whether the loss can be repaired from a backup on the target. */
export const isLoss = (loss: Loss): boolean =>
  ['dynamic-content-lost', 'content-lost', 'snapshot-lost', 'both-lost', 'binding-stale'].includes(loss);
