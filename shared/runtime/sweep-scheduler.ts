import type { AnyFunction } from '../function.ts';
import type { Session } from './reconcile.ts';
import type { Settings } from './settings.ts';
import type { Stopped, Swept } from './sweep.ts';
import { sweep } from './sweep.ts';
import type { SweepAsked } from './handle-event.ts';

interface Clock {
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

const real: Clock = {
  elapsedMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  chance: Math.random,
};

/**
 * Sweeps as events ask for them: a little late where a clock rang for everybody, no longer than a request may take, and
 * one at a time for each function. What two sweeps would do at once they would only do in each other's way; whatever asks
 * meanwhile gets undefined.
 */
export function createSweepScheduler(
  { sweepMs, sweepJitterMs }: Pick<Settings, 'sweepMs' | 'sweepJitterMs'>,
  { elapsedMs, sleep, chance }: Clock = real,
): (fn: AnyFunction, session: Session, asked: SweepAsked) => AsyncIterable<Swept | Stopped> | undefined {
  const underWay = new Set<string>();

  async function* run(
    fn: AnyFunction,
    session: Session,
    { tick, cursor }: SweepAsked,
  ): AsyncGenerator<Swept | Stopped> {
    underWay.add(fn.name);
    try {
      const endMs = elapsedMs() + sweepMs;
      // Waiting is part of its time, and must leave enough of it.
      const latestMs = Math.min(sweepJitterMs, sweepMs / 2);
      if (tick === true && latestMs > 0) await sleep(Math.floor(chance() * latestMs));
      const { reader, applier, config } = session;
      const part = { isOver: () => elapsedMs() >= endMs, cursor };
      yield* sweep({ functions: [fn], reader, ...(applier && { applier }), configOf: () => config, part });
    } finally {
      underWay.delete(fn.name);
    }
  }

  return (fn, session, asked) => (underWay.has(fn.name) ? undefined : run(fn, session, asked));
}
