import { KubeError, RetryableError, ConflictError, GoneError, AlreadyExistsError } from '../ports/errors.ts';

/** An HTTP response, in the form that the Knative function runtime accepts too. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Maps outcomes to HTTP statuses; the only such table. Knative's delivery retries 404, 408, 409, 429 and 5xx, and sends
 * any other 4xx to the dead letter sink at once. It never redelivers after a 2xx, whose body must be a CloudEvent or
 * empty. So whatever may succeed later answers 503, and whatever a person must see first answers a 4xx outside that
 * list.
 */
export const statusOf = {
  /** Done, or nothing to do, or not for us. */
  done: 204,
  /** Done, with something to report: the body is an event. */
  reply: 200,
  /** No event, or an event that can never be understood. */
  malformed: 400,
  /** Posted to a path without a function: a trigger is misconfigured. Not 404, which would be retried. */
  misdirected: 400,
  methodNotAllowed: 405,
  tooLarge: 413,
  /** The cluster refuses: a permission is missing, a CRD is not installed, an object is invalid. */
  refused: 422,
  /** A bug; the log has the details. */
  bug: 500,
  /** Conflict, overload, time-out, lost connection, or this process is shutting down. */
  later: 503,
} as const;

export type Failure = Exclude<keyof typeof statusOf, 'done' | 'reply'>;

/** Knative's dispatcher crashes on an error body of more than 768 bytes; stay well below. */
const LONGEST_BODY_BYTES = 200;

export const done: Answer = { statusCode: statusOf.done, headers: {}, body: '' };

/** An error response. `text` is reduced to printable ASCII and cut to 200 bytes. */
export function failure(kind: Failure, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = Buffer.from(text.replaceAll(/[^\x20-\x7e]+/g, ' '))
    .subarray(0, LONGEST_BODY_BYTES)
    .toString('latin1');
  return { statusCode: statusOf[kind], headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

/**
 * The response for a thrown value. Only messages of Gleaner's own errors are sent; any other error answers 500 without
 * details.
 */
export function failureOf(error: unknown): Answer {
  if (!(error instanceof KubeError)) return failure('bug', 'internal error, see the log');
  if (!isRetryable(error)) return failure('refused', error.message);
  const waitMs = error instanceof RetryableError ? error.retryAfterMs : undefined;
  const headers = waitMs === undefined ? undefined : { 'retry-after': String(Math.ceil(waitMs / 1000)) };
  return failure('later', error.message, headers);
}

/** Whether a later delivery of the same event may succeed. */
export const isRetryable = (error: unknown): boolean =>
  [RetryableError, ConflictError, GoneError, AlreadyExistsError].some((kind) => error instanceof kind);

/** Thrown while a request is read: it contains no acceptable event. `answer` is the response. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(answer.body);
    this.answer = answer;
  }
}
