import type { Headers } from 'cloudevents';

/** What came is not an event. The message is for the sender. */
export class NotAnEventError extends Error {
  override readonly name = 'NotAnEventError';
}

/**
 * The CloudEvent in an HTTP request, binary or structured. Whether it has all it needs is for `readEvent` to say.
 * @throws NotAnEventError for a batch, broken JSON, or no event at all
 */
export function fromHttp(headers: Readonly<Record<string, unknown>>, body: string): unknown {
  return quickly(headers, body) ?? byPackage(headers, body);
}

/** What the package makes of an attribute of this name is more than its text. */
const special: ReadonlySet<string> = new Set([
  'data',
  'datacontenttype',
  'datacontentencoding',
  'dataschema',
  'schemaurl',
]);
const attribute = /^ce-[a-z0-9]+$/;

/**
 * The one shape that Knative's sources and brokers send, an object in binary mode, read by hand: several times as fast,
 * and a cold start need not load the package. Whatever is in the least unusual answers undefined and goes the proper way;
 * a test holds the two to the same answers. Nothing asks an event for its time, so that is left out.
 */
function quickly(headers: Readonly<Record<string, unknown>>, body: string): object | undefined {
  if (headers['content-type'] !== 'application/json' || headers['ce-specversion'] !== '1.0') return undefined;
  if (!headers['ce-id'] || !body.startsWith('{')) return undefined;
  const event: Record<string, unknown> = {};
  for (const header in headers) {
    if (!header.startsWith('ce-') || header === 'ce-time') continue;
    const name = header.slice('ce-'.length);
    if (!attribute.test(header) || special.has(name)) return undefined;
    event[name] = headers[header];
  }
  event['data'] = parse(body);
  return event;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new NotAnEventError('the body is not the JSON it says it is');
  }
}

/** @testonly */
export async function byPackage(headers: Readonly<Record<string, unknown>>, body: string): Promise<unknown> {
  const { HTTP } = await import('cloudevents');
  let event: unknown;
  // The package makes its errors before it checks, for good events too, and none of their stacks is ever read.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    event = HTTP.toEvent({ headers: headers as Headers, body });
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
export async function toHttp(event: {
  readonly type: string;
  readonly source: string;
  readonly subject: string | undefined;
  readonly data: object;
}): Promise<{ headers: Record<string, string>; body: string }> {
  const { CloudEvent, HTTP } = await import('cloudevents');
  const { subject, ...rest } = event;
  const message = HTTP.binary(
    new CloudEvent({ ...rest, ...(subject !== undefined && { subject }), datacontenttype: 'application/json' }),
  );
  return { headers: message.headers as Record<string, string>, body: String(message.body) };
}
