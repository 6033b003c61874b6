import type { ConsistencyLevel } from '../../shared/chain/consistency.ts';
import { isWorse, recordedOn } from '../../shared/chain/consistency.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { Content, VMBackup } from '../../shared/objects/types.ts';
import type { NoteContentAction, RecordAction } from '../../shared/plan/action.ts';
import { eventName, eventOf } from '../../shared/plan/event-text.ts';
import type { Facts } from './facts.ts';
import { reasonOf } from './judge.ts';
import { writeNote } from './consistency-note.ts';
import type { Seen } from './observe.ts';

/** A VMBackup with the judgment of its consistency and the facts behind it. */
export interface JudgedVMBackup {
  readonly backup: VMBackup;
  readonly facts: Facts;
  readonly level: ConsistencyLevel;
  readonly message: string;
}

/**
 * A note on each content, and an Event with the first note. Never writes to the VMBackup or its snapshots: either makes
 * Harvester reconcile the VMBackup, and a schedule may then delete a backup.
 */
export function recordsOf(seen: Seen, judged: JudgedVMBackup, nowMs: number): RecordAction[] {
  const text = writeNote(judged.level, judged.facts);
  const contents = seen.parts.flatMap(({ content }) => (content === undefined ? [] : [content]));
  const notes = contents.filter((content) => mayBeNoted(content, text)).map((content) => noteOn(content, text));
  const isFirstReport = !contents.some((content) => recordedOn(content) !== undefined);
  // Event first: after a crash in between, the Event exists and is not recorded again.
  return isFirstReport && notes.length > 0 ? [eventFor(seen, judged, nowMs), ...notes] : notes;
}

/** Not while a snapshot is being taken: the csi-snapshotter then overwrites all annotations of the content. */
const mayBeNoted = ({ metadata, spec }: Content, text: string): boolean =>
  spec.source.volumeHandle !== undefined &&
  spec.source.volumeHandle !== null &&
  metadata.annotations?.[names.CONSISTENCY_ANNOTATION] !== text &&
  metadata.annotations?.[names.BEING_CREATED_ANNOTATION] === undefined &&
  !isDeleting({ metadata });

const noteOn = ({ metadata }: Content, value: string): NoteContentAction => ({
  do: 'noteContent',
  target: {
    ...ref('VolumeSnapshotContent', metadata.name),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  },
  key: names.CONSISTENCY_ANNOTATION,
  value,
  hasAnnotations: Boolean(metadata.annotations),
});

function eventFor({ previous }: Seen, { backup, level, message }: JudgedVMBackup, nowMs: number) {
  const { name, namespace, uid } = backup.metadata;
  const worse = previous !== undefined && isWorse(level, previous.level);
  return eventOf(
    {
      about: { ...ref('VirtualMachineBackup', name, namespace), uid, namespace },
      type: worse ? 'Warning' : 'Normal',
      reason: reasonOf[level],
      message: worse ? `${message}. The previous one, ${previous.name}, was better (${previous.level})` : message,
      name: eventName(uid, 'consistency'),
      action: 'RecordConsistency',
      by: 'record-consistency',
    },
    undefined,
    nowMs,
  );
}
