import type { Ref } from '../../shared/domain/kinds.ts';
import type { Content, SnapshotClass } from '../../shared/objects/types.ts';
import { EVENTS_NAMESPACE, eventName } from '../../shared/plan/event-text.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import { unconcerned } from './findings.ts';

/** Everything that `plan` decides by. */
export interface Seen {
  readonly subject: Ref;
  readonly content?: Content | undefined;
  readonly snapshotClass?: SnapshotClass | undefined;
  /** Whether its Event exists already: a second run must write nothing. */
  readonly recorded?: boolean;
}

/** Name of the Event, from the uid of the content: one Event per content. */
export const eventNameOf = (content: Content): string => eventName(content.metadata.uid, 'do-something');

export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const content = await reader.get('VolumeSnapshotContent', subject.name);
  const className = content?.spec.volumeSnapshotClassName;
  if (content === undefined || !className || unconcerned(content) !== undefined) return { subject, content };
  const snapshotClass = await reader.get('VolumeSnapshotClass', className);
  // `gleaner scan` records nothing and does not need the right to read Events.
  if (snapshotClass !== undefined || reader.withoutRecords === true) return { subject, content, snapshotClass };
  const event = await reader.get('Event', eventNameOf(content), EVENTS_NAMESPACE);
  return { subject, content, recorded: event !== undefined };
}
