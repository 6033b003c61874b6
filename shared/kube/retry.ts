import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../ports/errors.ts';
import { collectionOf } from './paths.ts';
import type { Answer, Call, Send } from './request.ts';

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;
/** If the server asks for a longer wait, the call fails and the event's delivery is retried instead. */
const LONGEST_WAIT_MS = 2_000;

/**
 * Retries calls that are safe to repeat, up to 4 attempts within one deadline: reads after 429, 502, 503, 504 or a
 * broken connection, and writes only after 429 and 403, which guarantee that nothing was done. A write whose connection
 * broke may have been carried out; repeating it would conflict with itself. The next pass reads the result and
 * continues from there.
 *
 * A 403 is retried because an API server that has just started refuses every call until it has loaded its roles. The
 * result is remembered per permission (verb, kind, namespace): missing after a final 403, granted after a 2xx or 404. A
 * missing permission gets one attempt per later call, so only the first call waits 1.3 s, and a permission granted
 * later is found. A granted one gets four attempts, because the server may have restarted. An unknown one gets four
 * attempts if `awaitsRights`, else one, because a person is waiting.
 *
 * @throws RetryableError if the last attempt failed without an answer
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

/** The permission that a call needs. The object's name is not part of it, but tells a get from a list. */
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
