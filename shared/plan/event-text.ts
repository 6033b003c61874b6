import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import type { Identity, RecordEventAction } from './action.ts';

/** What a function has to say in an Event, and about what. */
export interface EventText {
  readonly about: Identity;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** What is at fault, where it is something else. */
  readonly object?: Ref | undefined;
  /** What helps; left out where the note would become too long. */
  readonly command?: string | undefined;
  /** Name of the Event: the same thing said again must have the same. */
  readonly name: string;
  readonly action: string;
  readonly by: string;
}

/** Where Kubernetes wants the Events about what is in no namespace. */
export const EVENTS_NAMESPACE = 'default';
/** Kubernetes takes no more. */
const LONGEST_NOTE = 1024;

export function eventOf(said: EventText, seen: RecordEventAction['seen'], nowMs: number): RecordEventAction {
  const { about, type, reason, message, object, command, name, action, by } = said;
  const note = command === undefined ? message : `${message}. Try: ${command}`;
  return {
    do: 'recordEvent',
    target: { kind: 'Event', name, namespace: about.namespace ?? EVENTS_NAMESPACE },
    event: {
      type,
      reason,
      action,
      note: note.length > LONGEST_NOTE ? message.slice(0, LONGEST_NOTE) : note,
      regarding: about,
      ...(object !== undefined && describeRef(object) !== describeRef(about) && { related: object }),
      controller: `gleaner.dev/${by}`,
    },
    at: microTime(nowMs),
    ...(seen !== undefined && { seen }),
  };
}

/** The uid first: a name that comes again is another object, and gets Events of its own. */
export const eventName = (uid: string, ...parts: readonly string[]): string =>
  ['gleaner', uid, ...parts]
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]/g, '-')
        .replaceAll(/^-+|-+$/g, ''),
    )
    .join('.');

const microTime = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, '000Z');
