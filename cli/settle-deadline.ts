import { setTimeout as pause } from 'node:timers/promises';
import { isRetryable } from '../shared/runtime/answer.ts';
import type { SettleOptions, Settling } from '../shared/runtime/settle.ts';
import { settle } from '../shared/runtime/settle.ts';
import { sweep } from '../shared/runtime/sweep.ts';

/** `stuck`: something failed permanently, so waiting cannot help. */
export type Ended = 'settled' | 'once' | 'timeout' | 'stuck' | 'interrupted';

export type Step = Exclude<Settling, { kind: 'settled' }> | { readonly kind: 'ended'; readonly how: Ended };

export interface Within extends SettleOptions {
  readonly timeoutMs: number;
  /** Run one round and do not wait. */
  readonly once: boolean;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** After a permanent failure, controllers get this long without a write of Gleaner. */
const STUCK_AFTER_MS = 2_000;

/**
 * Runs rounds until everything is settled, time is up, or the user interrupts. Time is checked only between rounds, so
 * that no plan is applied in part. After Ctrl-C the subjects in progress finish, and their steps are still yielded.
 */
export async function* settleWithin({ timeoutMs, once, signal, ...given }: Within): AsyncGenerator<Step, void> {
  const options: SettleOptions = { ...given, isStopped: () => signal.aborted };
  const { nowMs = Date.now, sleep = pause } = options;
  if (once) {
    yield* sweep(options);
    return void (yield { kind: 'ended', how: signal.aborted ? 'interrupted' : 'once' });
  }
  const endMs = nowMs() + timeoutMs;
  let progressMs = nowMs();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    let tryAgain = false;
    let failing = false;
    let failed = false;
    let exhausted = false;
    for await (const step of settle({ ...options, patienceMs: timeoutMs })) {
      if (step.kind === 'settled') {
        exhausted = step.exhausted;
        break;
      }
      yield step;
      if (step.kind === 'failure' && isRetryable(step.error)) failing = true;
      else if (step.kind === 'failure') failed = true;
      if (step.kind === 'round') {
        if (signal.aborted) return void (yield { kind: 'ended', how: 'interrupted' });
        if (step.writes > 0 || failing) progressMs = nowMs();
        if (failed && nowMs() - progressMs > STUCK_AFTER_MS) return void (yield { kind: 'ended', how: 'stuck' });
        tryAgain = failing;
        failing = failed = false;
        const more = step.writes > 0 || step.waitingFor.length > 0 || tryAgain;
        if (more && nowMs() >= endMs) return void (yield { kind: 'ended', how: 'timeout' });
      }
    }
    // A temporary failure (conflict, overloaded server) is worth another round.
    if (!tryAgain) return void (yield { kind: 'ended', how: exhausted ? 'timeout' : 'settled' });
    await sleep(pauseMs);
  }
}
