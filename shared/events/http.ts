import type { Headers } from 'cloudevents';

/** The request contains no event. The message is for the sender. */
export class NotAnEventError extends Error {
  override readonly name = 'NotAnEventError';
}

/**
 * Reads the CloudEvent in an HTTP request, in binary or structured mode. `readEvent` checks whether it is complete.
 * @throws NotAnEventError for a batch, broken JSON, or a request without an event; for structured mode the returned
 *   promise rejects
 */
export function fromHttp(headers: Readonly<Record<string, unknown>>, body: string): unknown {
  return readFast(headers, body) ?? byPackage(headers, body);
}

/** Attributes of which the cloudevents package uses more than the text. */
const special: ReadonlySet<string> = new Set([
  'data',
  'datacontenttype',
  'datacontentencoding',
  'dataschema',
  'schemaurl',
]);
const attribute = /^ce-[a-z0-9]+$/;

/**
 * Reads the one shape that Knative's sources and brokers send: a JSON object in binary mode. Several times as fast as
 * the package, which a cold start then need not load. Returns undefined for any other request, which the package then
 * reads; a test verifies that both agree. Omits the time, which nothing uses.
 */
function readFast(headers: Readonly<Record<string, unknown>>, body: string): object | undefined {
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
    throw new NotAnEventError('the body is not valid JSON');
  }
}

/** @testonly */
export async function byPackage(headers: Readonly<Record<string, unknown>>, body: string): Promise<unknown> {
  const { HTTP } = await import('cloudevents');
  let event: unknown;
  // The package creates its errors before it validates, also for valid events; their stacks are never used.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    event = HTTP.toEvent({ headers: headers as Headers, body });
  } catch (error) {
    // The package throws errors of any class for invalid input.
    throw new NotAnEventError(error instanceof SyntaxError ? 'the body is not valid JSON' : 'not a CloudEvent');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  if (Array.isArray(event)) throw new NotAnEventError('batches are not accepted: post one event per request');
  return event;
}

/**
 * Renders an event as headers and body in binary mode. Runtimes recognize a returned CloudEvent object only of their
 * own copy of the package, but pass on headers and body.
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
