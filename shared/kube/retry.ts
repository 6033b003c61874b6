import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../ports/errors.ts';
import { collectionOf } from './paths.ts';
import type { Answer, Call, Send } from './request.ts';

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;
/** A server that asks for more patience than this gets it from the event's own delivery retries. */
const LONGEST_WAIT_MS = 2_000;

/**
 * Repeats what can be repeated without asking: reads after 429, 502, 503, 504 or a broken connection, and writes after
 * 429 and 403 alone, which say that nothing was done. A write whose connection breaks may have been carried out;
 * repeating it would answer "already exists" or "conflict" to ourselves. The next pass reads what is there and goes on
 * from that. All attempts share one deadline.
 *
 * A 403 is repeated because an API server that has just started answers everybody so, for some tenths of a second, until
 * it has read its roles. What came of it is remembered for each right, which is a verb, a kind and a namespace: after a
 * last 403 the right is missing, after a 2xx or a 404 it is there. A right that is missing is asked for only once by each
 * later call, so whoever lacks it waits 1.3 s for the first and for no other, and one granted later is found. A right that
 * was there is worth four attempts again: the server may have started anew. A right that no call has asked for yet gets
 * four attempts too where `awaitsRights`, for a process that starts along with its cluster, and else one attempt, since a
 * person is waiting.
 */
export function withRetry(send: Send, { awaitsRights = true }: { readonly awaitsRights?: boolean } = {}): Send {
  const granted = new Map<string, boolean>();
  return async function sendWithRetry(call, deadlineMs) {
    const right = rightOf(call);
    const endMs = performance.now() + deadlineMs;
    for (let attempt = 1; ; attempt++) {
      const leftMs = endMs - performance.now();
      const result = await send(call, leftMs).catch((error: unknown) => failureOf(error));
      const waitMs = waitOf(result, attempt);
      const last = attempt === ATTEMPTS || waitMs > LONGEST_WAIT_MS || performance.now() + waitMs >= endMs;
      const mayBeGranted = granted.get(right) ?? awaitsRights;
      if (last || !repeatable(call, result, mayBeGranted)) {
        if ('failure' in result) throw result.failure;
        if (result.status === 403) granted.set(right, false);
        else if (result.status < 300 || result.status === 404) granted.set(right, true);
        return result;
      }
      await sleep(waitMs);
    }
  };
}

interface Failure {
  readonly failure: Error;
}

const failureOf = (error: unknown): Failure => ({ failure: error instanceof Error ? error : new Error('unknown') });

/** The name of an object is no part of it, but whether there is one tells a list from a get. */
function rightOf({ method, path }: Call): string {
  const collection = collectionOf(path);
  return `${method === 'GET' && collection === path ? 'LIST' : method} ${collection}`;
}

function repeatable(call: Call, result: Answer | Failure, mayBeGranted: boolean): boolean {
  if ('failure' in result) return call.method === 'GET' && result.failure instanceof RetryableError;
  if (result.status === 403) return mayBeGranted;
  if (result.status === 429) return true;
  return call.method === 'GET' && [502, 503, 504].includes(result.status);
}

function waitOf(result: Answer | Failure, attempt: number): number {
  const asked = 'failure' in result ? undefined : result.retryAfterMs;
  return asked ?? FIRST_WAIT_MS * 3 ** (attempt - 1);
}
