import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Content, Snapshot } from '../objects/types.ts';
import { isDeleting } from './metadata.ts';

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
