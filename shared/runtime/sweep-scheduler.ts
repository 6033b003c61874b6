import type { AnyFunction } from '../function.ts';
import type { Session } from './reconcile.ts';
import type { Settings } from './settings.ts';
import type { Stopped, Swept } from './sweep.ts';
import { sweep } from './sweep.ts';
import type { SweepAsked } from './handle-event.ts';

interface Clock {
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Random number in [0, 1). */
  readonly chance: () => number;
}

const real: Clock = {
  elapsedMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  chance: Math.random,
};

/**
 * Runs sweeps that events ask for: with a random delay after a clock's tick, stopped after `sweepMs`, and one at a time
 * per function. Returns `undefined` while a sweep of that function is running, because two would only conflict.
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
      // The delay counts towards the sweep's time and must leave enough of it.
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
