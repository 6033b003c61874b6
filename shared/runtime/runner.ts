import type { AnyFunction } from '../function.ts';
import type { Answer } from './answer.ts';
import { EventRefused, failure, failureOf } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { createLimit } from './limit.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { handleEvent } from './handle-event.ts';
import type { Host } from './handle-event.ts';
import type { Settings } from './settings.ts';

/** Runs the functions of one process behind any HTTP server. */
export interface Runner {
  /**
   * Handles one event; never throws. Answers 503 if too many events wait or the process is stopping.
   * @param event called once there is room, so that bodies wait in the network and not in memory; may throw {@link
   *   EventRefused}
   */
  answer(functionName: string, event: () => unknown): Promise<Answer>;
  /** Refuses new events, waits for the running ones, then closes the connections to the cluster. */
  stop(): Promise<void>;
  readonly stopping: boolean;
}

export interface RunnerParts {
  readonly functions: readonly AnyFunction[];
  readonly settings: Pick<Settings, 'concurrency'>;
  readonly cluster: Cluster;
  readonly sweep: Host['sweep'];
  readonly log: Log;
  readonly metrics?: Metrics;
}

/** Creates a runner. Handles `settings.concurrency` events at once and lets ten times as many wait. */
export function createRunner({ functions, settings, cluster, sweep, log, metrics }: RunnerParts): Runner {
  const byName = new Map(functions.map((fn) => [fn.name, fn]));
  const limit = createLimit(settings.concurrency, settings.concurrency * 10);
  const host: Host = { session: (fn) => cluster.session(fn), sweep, log, ...(metrics && { metrics }) };
  let stopping = false;

  async function answer(fn: AnyFunction, event: () => unknown): Promise<Answer> {
    try {
      return await handleEvent(fn, await event(), host);
    } catch (error) {
      if (!(error instanceof EventRefused)) return failureOf(error);
      metrics?.answered(fn.name, 'refused', error.answer.statusCode, 0);
      log.warn('request refused', { function: fn.name, status: error.answer.statusCode, why: error.answer.body });
      return error.answer;
    }
  }

  return {
    answer(functionName, event) {
      const fn = byName.get(functionName);
      if (fn === undefined) return Promise.resolve(failure('misdirected', 'no such function'));
      if (stopping) return Promise.resolve(failure('later', 'shutting down', { connection: 'close' }));
      return limit.run(() => answer(fn, event)) ?? Promise.resolve(failure('later', 'too many events at once'));
    },
    async stop() {
      stopping = true;
      await limit.idle();
      await cluster.close();
    },
    get stopping() {
      return stopping;
    },
  };
}
