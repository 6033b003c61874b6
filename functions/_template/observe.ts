import type { Ref } from '../../shared/domain/kinds.ts';
import type { Content, SnapshotClass } from '../../shared/objects/types.ts';
import { EVENTS_NAMESPACE, eventName } from '../../shared/plan/event-text.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import { unconcerned } from './findings.ts';

/** All that the plan needs to know. */
export interface Seen {
  readonly subject: Ref;
  readonly content?: Content | undefined;
  readonly snapshotClass?: SnapshotClass | undefined;
  /** Its Event exists, so a second run writes nothing. */
  readonly recorded?: boolean;
}

/** One Event for each content: its name is made of the content's uid. */
export const eventNameOf = (content: Content): string => eventName(content.metadata.uid, 'do-something');

export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const content = await reader.get('VolumeSnapshotContent', subject.name);
  const className = content?.spec.volumeSnapshotClassName;
  if (content === undefined || !className || unconcerned(content) !== undefined) return { subject, content };
  const snapshotClass = await reader.get('VolumeSnapshotClass', className);
  // `gleaner scan` records nothing, and needs no right to read Events.
  if (snapshotClass !== undefined || reader.withoutRecords === true) return { subject, content, snapshotClass };
  const event = await reader.get('Event', eventNameOf(content), EVENTS_NAMESPACE);
  return { subject, content, recorded: event !== undefined };
}
