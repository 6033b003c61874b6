/**
 * What every small controller stands on: a queue of keys, one worker, retries that wait longer each time,
 * and a common place that knows when nothing is left to do.
 *
 * Level-triggered: a key says "look at this object", never what happened to it.
 */
import type { ApiClient, KindId, KubeObject } from '../api/types.ts';

export interface ControllerOptions {
  /** One step of time. Retries wait one step, then double up to sixteen. Default 20. */
  tickMs?: number;
  /** Shared by the controllers of one sandbox, so that `settle` sees all of them. */
  activity?: Activity;
  /** Hears of every failed attempt; the attempt is repeated in any case. */
  onError?: (controller: string, key: string, error: unknown) => void;
}

export interface Controller {
  stop(): Promise<void>;
}

export interface Loop extends Controller {
  add(key: string): void;
  /** `background` timers are periodic work that `settle` does not wait for and does not hurry. */
  addAfter(key: string, ms: number, background?: boolean): void;
  /** What waits for a retry is tried now. */
  hurry(): void;
  readonly name: string;
  readonly busy: boolean;
}

/** A reconcile may ask to be called again; throwing asks for it too, with growing waits. */
export type Again = { afterMs: number; background?: boolean } | undefined;

const maxDoublings = 4;
/** After so much work the event loop gets its turn, so that the API server can answer others. */
const turnMs = 8;
/** The garbage collector begins 15 ms after a change; its timer was set before ours and so comes first. */
const othersMs = 20;

/** What a timer of Node's can wait at most; it waits not at all for longer. */
const LONGEST_MS = 2 ** 31 - 1;

export function startLoop(
  name: string,
  options: ControllerOptions,
  reconcile: (key: string) => Promise<Again | void>,
): Loop {
  const tickMs = options.tickMs ?? 20;
  const queue = new Set<string>();
  const timers = new Map<string, { timer: NodeJS.Timeout; background: boolean }>();
  const failures = new Map<string, number>();
  let worker: Promise<void> | undefined;
  let stopped = false;

  const loop: Loop = {
    name,
    get busy() {
      return worker !== undefined;
    },
    add(key) {
      if (stopped) return;
      cancel(key);
      queue.add(key);
      worker ??= work().finally(() => {
        worker = undefined;
        if (queue.size > 0) loop.add(queue.values().next().value!);
      });
    },
    addAfter(key, ms, background = false) {
      if (stopped || queue.has(key)) return;
      cancel(key);
      const timer = setTimeout(
        () => {
          timers.delete(key);
          loop.add(key);
        },
        Math.min(ms, LONGEST_MS),
      );
      timer.unref();
      timers.set(key, { timer, background });
    },
    hurry() {
      for (const [key, waiting] of [...timers]) if (!waiting.background) loop.add(key);
    },
    async stop() {
      stopped = true;
      queue.clear();
      for (const key of [...timers.keys()]) cancel(key);
      options.activity?.leave(loop);
      await worker;
    },
  };
  options.activity?.join(loop);
  return loop;

  function cancel(key: string) {
    clearTimeout(timers.get(key)?.timer);
    timers.delete(key);
  }

  async function work() {
    // A burst of events for one object becomes one look at it.
    await Promise.resolve();
    let turnStart = performance.now();
    for (const key of queue) {
      queue.delete(key);
      if (performance.now() - turnStart > turnMs) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnStart = performance.now();
      }
      try {
        const again = await reconcile(key);
        failures.delete(key);
        if (again) loop.addAfter(key, again.afterMs, again.background);
      } catch (error) {
        if (stopped) return;
        const count = Math.min((failures.get(key) ?? 0) + 1, maxDoublings);
        failures.set(key, count);
        if (!isConflict(error)) options.onError?.(name, key, error);
        loop.addAfter(key, tickMs * 2 ** count);
      }
      if (stopped) return;
    }
  }
}

/** Feeds a loop from a watch: what exists first, then every change. `keysOf` may name any objects to look at. */
export function feed(
  client: ApiClient,
  kind: KindId,
  loop: Loop,
  options: ControllerOptions,
  keysOf: (object: KubeObject, type: 'ADDED' | 'MODIFIED' | 'DELETED') => Iterable<string>,
): () => void {
  return client.watch(
    kind,
    (event) => {
      options.activity?.changed();
      for (const key of keysOf(event.object, event.type)) loop.add(key);
    },
    { initial: true },
  );
}

/** Sees all loops of a sandbox: knows whether anything still moves. */
export class Activity {
  #loops = new Set<Loop>();
  #changes = 0;

  join(loop: Loop): void {
    this.#loops.add(loop);
  }
  leave(loop: Loop): void {
    this.#loops.delete(loop);
  }
  changed(): void {
    this.#changes++;
  }
  get busy(): boolean {
    return [...this.#loops].some((loop) => loop.busy);
  }

  /**
   * Resolves when a round in which everything that waits for a retry was tried once more changed nothing.
   * A restore that hangs for ever is settled; a world that never stops changing is an error.
   * The pause lets those take their turn that are not seen here, first of all the garbage collector.
   */
  async settle(timeoutMs = 20_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      await this.#quiet(until);
      const before = this.#changes;
      for (const loop of this.#loops) loop.hurry();
      await this.#quiet(until);
      if (this.#changes !== before) continue;
      await new Promise<void>((resolve) => setTimeout(resolve, othersMs));
      if (this.#changes === before && !this.busy) return;
    }
  }

  async #quiet(until: number): Promise<void> {
    for (let calmTurns = 0; calmTurns < 3; calmTurns = this.busy ? 0 : calmTurns + 1) {
      if (Date.now() > until) {
        const moving = [...this.#loops].filter((loop) => loop.busy).map((loop) => loop.name);
        throw new Error(`the sandbox did not settle in time; still at work: ${moving.join(', ') || 'nobody'}`);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

export const isNotFound = (error: unknown) => codeOf(error) === 404;
const isConflict = (error: unknown) => codeOf(error) === 409;
const codeOf = (error: unknown) => (error as { code?: unknown } | undefined)?.code;
