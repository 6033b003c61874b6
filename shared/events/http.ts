import type { Headers } from 'cloudevents';
import { CloudEvent, HTTP } from 'cloudevents';

/** What came is not an event. The message is for the sender. */
export class NotAnEventError extends Error {
  override readonly name = 'NotAnEventError';
}

/**
 * The CloudEvent in an HTTP request, binary or structured. Whether it has all it needs is for `readEvent` to say.
 * @throws NotAnEventError for a batch, broken JSON, or no event at all
 */
export function fromHttp(headers: Readonly<Record<string, unknown>>, body: string): unknown {
  const { toEvent } = HTTP;
  let event: unknown;
  // The package makes its errors before it checks, for good events too, and none of their stacks is ever read.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    event = toEvent({ headers: headers as Headers, body });
  } catch (error) {
    // The package answers odd input with errors of any class.
    throw new NotAnEventError(
      error instanceof SyntaxError ? 'the body is not the JSON it says it is' : 'not a CloudEvent',
    );
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  if (Array.isArray(event)) throw new NotAnEventError('batches are not accepted: post one event per request');
  return event;
}

/**
 * An event as headers and body, in binary mode. Runtimes know a returned CloudEvent by the name of its class or by their
 * own copy of it; headers and a body they all pass on.
 */
export function toHttp(event: {
  readonly type: string;
  readonly source: string;
  readonly subject: string | undefined;
  readonly data: object;
}): { headers: Record<string, string>; body: string } {
  const { subject, ...rest } = event;
  const message = HTTP.binary(
    new CloudEvent({ ...rest, ...(subject !== undefined && { subject }), datacontenttype: 'application/json' }),
  );
  return { headers: message.headers as Record<string, string>, body: String(message.body) };
}
