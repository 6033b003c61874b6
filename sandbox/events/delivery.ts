/**
 * One event to one subscriber, with Knative's rules for retries and for what an answer means (those of the
 * channel-based broker; Kafka's gives up at once on a success with a strange body).
 *
 * What it does not do: Retry-After, structured delivery, traces.
 */
import { type Event, fromAnswer, toBinary } from './event.ts';
import type { Subscriber } from './subscriber.ts';

/** As in a Trigger's `spec.delivery`; durations in ISO 8601. */
export interface DeliverySpec {
  retry?: number;
  backoffPolicy?: 'exponential' | 'linear';
  backoffDelay?: string;
  timeout?: string;
  /** Present: what is given up goes to the dead letters instead of being lost. */
  deadLetterSink?: unknown;
}

export interface Attempt {
  /** HTTP status; 0 when there was no answer. */
  code: number;
  verdict: 'done' | 'again' | 'give-up';
  reply?: Event;
  /** What the dead letter would carry. */
  error?: { code: number; body: string };
  /** Broken rules that cost something in a real cluster. */
  warning?: string;
  ms: number;
}

const retryable = new Set([404, 408, 409, 429]);
/** A longer error body kills the real channel dispatcher while it builds the dead letter. */
const errorBodyLimit = 768;

export async function attempt(event: Event, subscriber: Subscriber, timeoutMs: number | undefined): Promise<Attempt> {
  const began = performance.now();
  const done = (rest: Omit<Attempt, 'ms'>): Attempt => ({ ...rest, ms: performance.now() - began });
  try {
    const url = await subscriber.begin();
    const { headers, body } = toBinary(event);
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...headers, prefer: 'reply', 'kn-namespace': 'sandbox' },
      body,
      ...(timeoutMs ? { signal: AbortSignal.timeout(timeoutMs) } : {}),
    });
    return done(judge(response, await response.text()));
  } catch (error) {
    return done({ code: 0, verdict: 'again', error: { code: 500, body: (error as Error).message } });
  } finally {
    subscriber.end();
  }
}

function judge(response: Response, body: string): Omit<Attempt, 'ms'> {
  const { status: code, headers } = response;
  if (response.ok) {
    const reply = fromAnswer(headers, body);
    if (reply) return { code, verdict: 'done', reply };
    if (body === '') return { code, verdict: 'done' };
    const warning = `answered ${code} with a body that is no CloudEvent: the broker makes it a 502 and retries`;
    return { code: 502, verdict: 'again', warning };
  }
  const again = retryable.has(code) || code >= 500;
  const tooLong = Buffer.byteLength(body) > errorBodyLimit;
  return {
    code,
    verdict: again ? 'again' : 'give-up',
    error: { code, body },
    ...(tooLong ? { warning: `answered ${code} with ${Buffer.byteLength(body)} bytes, over ${errorBodyLimit}` } : {}),
  };
}

/** Wait before retry number n (from 0). Without a policy or a delay retries follow at once. */
export function backoffMs({ backoffPolicy, backoffDelay }: DeliverySpec, n: number): number {
  if (!backoffPolicy || !backoffDelay) return 0;
  return durationMs(backoffDelay) * (backoffPolicy === 'linear' ? n : 2 ** n);
}

/** `PT1S`, `PT0.2S`, `PT1M30S` … */
export function durationMs(duration: string): number {
  const [, hours, minutes, seconds] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(duration) ?? [];
  return Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000 + Number(seconds ?? 0) * 1000;
}

/** The dead letter: the event, and why it is one. */
export function deadLetter(event: Event, destination: string, last: Attempt): Event {
  if (!last.error) return { ...event };
  return {
    ...event,
    knativeerrordest: destination,
    knativeerrorcode: String(last.error.code),
    knativeerrordata: Buffer.from(last.error.body).toString('base64').slice(0, 1024),
  };
}
