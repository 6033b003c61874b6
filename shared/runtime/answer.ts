import { KubeError, RetryableError, ConflictError, GoneError, AlreadyExistsError } from '../ports/errors.ts';

/** What goes back over HTTP; the form the Knative function runtime takes as well. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * From outcome to HTTP status, the only table of that. Knative's delivery retries 404, 408, 409, 429 and 5xx; any other
 * 4xx goes to the dead letters at once; a 2xx is never sent again, and may have no body but a CloudEvent. So what can
 * succeed later answers 503, and what a person must see first answers a 4xx outside that list.
 */
export const statusOf = {
  /** Done, or nothing to do, or not for us. */
  done: 204,
  /** Done, and worth telling: the body is an event. */
  reply: 200,
  /** No event, or one that can never be understood. */
  malformed: 400,
  /** Posted to a path where no function lives: a trigger is set up wrongly. Not 404, which would be retried. */
  misdirected: 400,
  methodNotAllowed: 405,
  tooLarge: 413,
  /** The cluster says no: a right is missing, a CRD is not installed, an object is refused. */
  refused: 422,
  /** Our own fault; the log has the detail. */
  bug: 500,
  /** Conflict, overload, time-out, lost connection, or this process is on its way out. */
  later: 503,
} as const;

export type Failure = Exclude<keyof typeof statusOf, 'done' | 'reply'>;

/** A dispatcher of Knative's dies of more than 768 bytes in an error; half a tweet is enough here. */
const LONGEST_BODY_BYTES = 200;

export const done: Answer = { statusCode: statusOf.done, headers: {}, body: '' };

export function failure(kind: Failure, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = Buffer.from(text.replaceAll(/[^\x20-\x7e]+/g, ' '))
    .subarray(0, LONGEST_BODY_BYTES)
    .toString('latin1');
  return { statusCode: statusOf[kind], headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

/** The answer for anything thrown. Only Gleaner's own sentences get out; a foreign error says nothing but that it was. */
export function failureOf(error: unknown): Answer {
  if (!(error instanceof KubeError)) return failure('bug', 'internal error, see the log');
  if (!isRetryable(error)) return failure('refused', error.message);
  const waitMs = error instanceof RetryableError ? error.retryAfterMs : undefined;
  const headers = waitMs === undefined ? undefined : { 'retry-after': String(Math.ceil(waitMs / 1000)) };
  return failure('later', error.message, headers);
}

export const isRetryable = (error: unknown): boolean =>
  [RetryableError, ConflictError, GoneError, AlreadyExistsError].some((kind) => error instanceof kind);

/** What came is no event, and this is what to answer. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(answer.body);
    this.answer = answer;
  }
}
