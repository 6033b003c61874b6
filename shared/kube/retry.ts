import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../ports/errors.ts';
import type { Answer, Call, Send } from './request.ts';

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;
/** A server that asks for more patience than this gets it from the event's own delivery retries. */
const LONGEST_WAIT_MS = 2_000;

/**
 * Repeats what can be repeated without asking: reads after 429, 502, 503, 504 or a broken connection, and writes after
 * 429 and 403 alone, which say that nothing was done. A 403 is repeated because an API server that has just started
 * answers everybody so, for some tenths of a second, until it has read its roles; a right that is really missing is
 * told a second later. A write whose connection breaks may have been carried out; repeating it
 * would answer "already exists" or "conflict" to ourselves. The next pass reads what is there and goes on from that.
 * All attempts share one deadline.
 */
export function withRetry(send: Send): Send {
  return async function sendWithRetry(call, deadlineMs) {
    const endMs = performance.now() + deadlineMs;
    for (let attempt = 1; ; attempt++) {
      const leftMs = endMs - performance.now();
      const result = await send(call, leftMs).catch((error: unknown) => failureOf(error));
      const waitMs = waitOf(result, attempt);
      const last = attempt === ATTEMPTS || waitMs > LONGEST_WAIT_MS || performance.now() + waitMs >= endMs;
      if (last || !repeatable(call, result)) {
        if ('failure' in result) throw result.failure;
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

function repeatable(call: Call, result: Answer | Failure): boolean {
  if ('failure' in result) return call.method === 'GET' && result.failure instanceof RetryableError;
  if (result.status === 429 || result.status === 403) return true;
  return call.method === 'GET' && [502, 503, 504].includes(result.status);
}

function waitOf(result: Answer | Failure, attempt: number): number {
  const asked = 'failure' in result ? undefined : result.retryAfterMs;
  return asked ?? FIRST_WAIT_MS * 3 ** (attempt - 1);
}
