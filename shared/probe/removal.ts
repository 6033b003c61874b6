import { isDeleting } from '../chain/metadata.ts';
import type { ScratchObjects } from '../scratch/scratch.ts';
import { isEmpty, noScratchObjects, removal } from '../scratch/scratch.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Claim, Content, Snapshot } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';

/** How long the csi-snapshotter may take to remove its finalizer from a content. */
const PATIENCE_MS = 10_000;

/**
 * The next steps of removing the objects of probes: pods and restored claims, then the snapshot with its content, then
 * the source claim. No actions while deletions are in progress.
 *
 * Contents of Longhorn, and contents without a snapshot on the storage yet, are deleted with Retain, as those of
 * drills, so that no deletion reaches the storage; Longhorn deletes its snapshot with the volume. Any other storage
 * would keep the snapshot with Retain, and may then refuse to delete the volume: there the content is deleted with
 * Delete.
 */
export function probeRemoval(made: ScratchObjects, nowMs: number): Action[] {
  const { contents, snapshots, claims, pods } = made;
  const first = { ...noScratchObjects, pods, claims: claims.filter((claim) => !isSource(claim)) };
  if (!isEmpty(first)) return removal(first, names.PROBE_LABEL);
  if (snapshots.length > 0) {
    return [
      ...snapshots.flatMap((snapshot) =>
        contents.filter((one) => isOf(one, snapshot)).flatMap((c) => prepare(c, snapshot)),
      ),
      ...snapshots
        .filter((one) => !isDeleting(one))
        .map((one) =>
          letGo(
            one,
            contents.find((c) => isOf(c, one)),
          ),
        ),
    ];
  }
  if (contents.length > 0) {
    const own = contents.filter((one) => staysOnRetain(one) || one.spec.deletionPolicy === 'Retain');
    return [
      ...removal({ ...noScratchObjects, contents: own }, names.PROBE_LABEL),
      ...own.flatMap((one) => release(one, nowMs)),
    ];
  }
  return removal({ ...noScratchObjects, claims }, names.PROBE_LABEL);
}

const isSource = ({ metadata }: Claim): boolean => metadata.name.endsWith('-source');

const isOf = ({ spec }: Content, { metadata }: Snapshot): boolean => spec.volumeSnapshotRef.uid === metadata.uid;

const isBeingTaken = ({ metadata }: Content): boolean =>
  metadata.annotations?.[names.BEING_CREATED_ANNOTATION] !== undefined;

const staysOnRetain = (content: Content): boolean =>
  content.spec.driver === names.LONGHORN_DRIVER || (!content.status?.snapshotHandle && !isBeingTaken(content));

/** Sets the deletion policy, and the label of the snapshot. Skips a content that is being deleted already. */
function prepare(content: Content, snapshot: Snapshot): Action[] {
  const { metadata, spec } = content;
  const to = staysOnRetain(content) ? 'Retain' : 'Delete';
  const value = snapshot.metadata.labels?.[names.PROBE_LABEL] ?? '';
  const marked = metadata.labels?.[names.PROBE_LABEL] === value;
  if (isDeleting(content) || (marked && spec.deletionPolicy === to)) return [];
  const { uid, resourceVersion } = metadata;
  const target = { ...ref('VolumeSnapshotContent', metadata.name), uid, resourceVersion };
  return [{ do: 'setPolicy', target, from: spec.deletionPolicy, to, mark: { label: names.PROBE_LABEL, value } }];
}

function letGo({ metadata }: Snapshot, content: Content | undefined): Action {
  const { name, namespace, uid, resourceVersion } = metadata;
  const target = { kind: 'VolumeSnapshot', name, namespace, uid, resourceVersion } as const;
  if (content === undefined || staysOnRetain(content)) {
    const behind = content === undefined ? {} : { uid: content.metadata.uid };
    return { do: 'deleteSnapshot', target, content: { name: names.takenContentName(uid), ...behind } };
  }
  const value = metadata.labels?.[names.PROBE_LABEL] ?? '';
  return { do: 'deleteTaken', target, mark: { label: names.PROBE_LABEL, value } };
}

/**
 * Removes the finalizer, in case no csi-snapshotter of the driver runs. Only on Retain, with no snapshot being taken.
 */
function release(content: Content, nowMs: number): Action[] {
  const { metadata, spec } = content;
  const since = Date.parse(metadata.deletionTimestamp ?? '');
  const held = metadata.finalizers?.includes(names.BOUND_CONTENT_FINALIZER) === true;
  if (!held || isBeingTaken(content) || spec.deletionPolicy !== 'Retain' || !(nowMs - since > PATIENCE_MS)) return [];
  return [{ do: 'releaseContent', target: { ...ref('VolumeSnapshotContent', metadata.name), uid: metadata.uid } }];
}
