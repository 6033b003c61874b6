import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Content, Snapshot } from '../objects/types.ts';
import { isDeleting } from './metadata.ts';

/** Whether both are bound to each other by name, namespace and uid, and ready: a VMBackup may be pointed at them. */
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

/** Whether the snapshot names this content as its source, and the content names the snapshot. Ignores a stale uid. */
export const pointsAt = (snapshot: Snapshot, content: Content): boolean =>
  snapshot.spec.source.volumeSnapshotContentName === content.metadata.name &&
  content.spec.volumeSnapshotRef.name === snapshot.metadata.name &&
  content.spec.volumeSnapshotRef.namespace === snapshot.metadata.namespace;

/**
 * The object at fault when a snapshot names a content that is not its own. The content, if it was created for a former
 * snapshot of that name or has the name reserved for this snapshot; else the snapshot, so that a healthy content of
 * another pair is not blamed.
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
