import { cutToBytes } from '../domain/cut.ts';
import { digest } from '../domain/digest.ts';
import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import { fitsName, MAX_NAME } from '../domain/names.ts';
import type { Identity, RecordEventAction } from './action.ts';

/** The content of an Event that a function records. */
export interface EventText {
  readonly about: Identity;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The object at fault, if it is not `about`. */
  readonly object?: Ref | undefined;
  /** The command that helps. Omitted if it would make the note too long. */
  readonly command?: string | undefined;
  /** Name of the Event. Repeating the same message must give the same name, so that the series is counted. */
  readonly name: string;
  readonly action: string;
  readonly by: string;
}

/** Namespace for Events about cluster-scoped objects, as Kubernetes requires. */
export const EVENTS_NAMESPACE = 'default';
/** In bytes; the API server refuses an Event with a longer note. */
const LONGEST_NOTE = 1024;

/**
 * Builds the action that records an Event. The note is cut to 1,024 bytes.
 * @param seen the Event as it exists now: its count is increased instead of creating another
 */
export function eventOf(text: EventText, seen: RecordEventAction['seen'], nowMs: number): RecordEventAction {
  const { about, type, reason, message, object, command, name, action, by } = text;
  const whole = command === undefined ? message : `${message}. Try: ${command}`;
  const note = cutToBytes(whole, LONGEST_NOTE);
  return {
    do: 'recordEvent',
    target: { kind: 'Event', name, namespace: about.namespace ?? EVENTS_NAMESPACE },
    event: {
      type,
      reason,
      action,
      note: note.length < whole.length ? cutToBytes(message, LONGEST_NOTE) : note,
      regarding: about,
      ...(object !== undefined && describeRef(object) !== describeRef(about) && { related: object }),
      controller: `gleaner.dev/${by}`,
    },
    at: microTime(nowMs),
    ...(seen !== undefined && { seen }),
  };
}

/**
 * A valid Event name, equal for equal parts. It starts with the uid, so that an object recreated under the same name
 * gets Events of its own. A name that would be too long ends with a digest of the whole name.
 */
export function eventName(uid: string, ...parts: readonly string[]): string {
  const name = ['gleaner', uid, ...parts]
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]/g, '-')
        .replaceAll(/^-+|-+$/g, ''),
    )
    .filter((part) => part !== '')
    .join('.');
  if (fitsName(name)) return name;
  const end = digest(name);
  const beginning = name.slice(0, MAX_NAME - end.length - 1).replace(/[-.]+$/, '');
  return `${beginning}.${end}`;
}

const microTime = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, '000Z');
