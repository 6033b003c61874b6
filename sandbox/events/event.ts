/** CloudEvents as plain objects, and how they travel over HTTP. */
import { HTTP } from 'cloudevents';

export interface Event {
  specversion: '1.0';
  id: string;
  type: string;
  source: string;
  subject?: string;
  time: string;
  datacontenttype?: string;
  data?: unknown;
  /** Extensions; Knative's own are lower case and may be empty. */
  [attribute: string]: unknown;
}

/** Binary mode, as the broker delivers: attributes as `ce-` headers, the data as the body. */
export function toBinary(event: Event): { headers: Record<string, string>; body: string } {
  const { data, datacontenttype, ...attributes } = event;
  const headers: Record<string, string> = datacontenttype ? { 'content-type': datacontenttype } : {};
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined)
      headers[`ce-${name}`] = encodeHeader(typeof value === 'string' ? value : JSON.stringify(value));
  return { headers, body: data === undefined ? '' : JSON.stringify(data) };
}

/** Header values are printable ASCII without space, quote and percent sign; the rest is percent-encoded. */
const encodeHeader = (value: string) =>
  value.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

/** The CloudEvent in an answer, or undefined if it is none. */
export function fromAnswer(headers: Headers, body: string): Event | undefined {
  const isEvent = headers.has('ce-specversion') || headers.get('content-type')?.startsWith('application/cloudevents');
  if (!isEvent) return undefined;
  const { toEvent } = HTTP;
  try {
    const event = toEvent({ headers: Object.fromEntries(headers), body });
    return Array.isArray(event) ? undefined : (JSON.parse(JSON.stringify(event)) as Event);
  } catch {
    return undefined;
  }
}

/** One line of a recording: the event in structured mode. */
export const toLine = (event: Event) => JSON.stringify(event);
