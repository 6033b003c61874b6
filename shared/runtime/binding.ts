import type { IncomingHttpHeaders } from 'node:http';
import { EventRefused, failure } from './answer.ts';

/**
 * A CloudEvent from an HTTP request, binary or structured. Whether it has all it needs is for `readEvent` to say.
 * @throws EventRefused (400) for a batch, broken JSON, or no event at all
 */
export async function parseEvent(headers: IncomingHttpHeaders, body: string): Promise<unknown> {
  const { HTTP } = await import('cloudevents');
  let event: unknown;
  try {
    event = HTTP.toEvent({ headers, body });
  } catch (error) {
    throw refused(error instanceof SyntaxError ? 'the body is not the JSON it says it is' : 'not a CloudEvent');
  }
  if (Array.isArray(event)) throw refused('batches are not accepted: post one event per request');
  return event;
}

const refused = (why: string): EventRefused => new EventRefused(failure('malformed', why));
