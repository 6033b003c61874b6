import { isDeleting } from '../chain/metadata.ts';
import type { ScratchObjects } from '../scratch/scratch.ts';
import { isEmpty, noScratchObjects, removal } from '../scratch/scratch.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Claim, Content, Snapshot } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';

/** The sidecar that should let a content go is given so long. */
const PATIENCE_MS = 10_000;

/**
 * The next steps of removing what probes made: pods and restored claims, then the snapshot with its content, then the
 * claim it was taken of.
 *
 * Longhorn's contents, and those for which nothing was taken yet, go as those of drills do: on Retain, so that no deletion
 * reaches the storage; Longhorn's snapshot goes with the volume it is part of. Any other storage keeps what it took when
 * the content goes on Retain, and may then refuse to delete the volume: there the content goes on Delete.
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

/** Puts its policy right, and marks it as its snapshot is marked. One that is on its way already is left alone. */
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

/** Where no sidecar of the driver runs nobody else does. Nothing is taken at this moment, and it is on Retain. */
function release(content: Content, nowMs: number): Action[] {
  const { metadata, spec } = content;
  const since = Date.parse(metadata.deletionTimestamp ?? '');
  const held = metadata.finalizers?.includes(names.BOUND_CONTENT_FINALIZER) === true;
  if (!held || isBeingTaken(content) || spec.deletionPolicy !== 'Retain' || !(nowMs - since > PATIENCE_MS)) return [];
  return [{ do: 'releaseContent', target: { ...ref('VolumeSnapshotContent', metadata.name), uid: metadata.uid } }];
}
