/**
 * Runs work per key, one at a time. Calls that arrive during a run share the next run, which starts after all of them
 * arrived (singleflight with one queued run). Ten thousand events about one subject thus cause a few passes instead of
 * as many conflicting writes.
 */
export interface Coalescer {
  /**
   * Runs `work`, or joins the queued run of this key. `joined`: the result is of another caller's `work`.
   * @throws the error of the run
   */
  run<T>(key: string, work: () => Promise<T>): Promise<{ readonly result: T; readonly joined: boolean }>;
}

interface Turn {
  running: Promise<unknown>;
  next?: Promise<unknown> | undefined;
}

/**
 * @example
 * const { result, joined } = await coalescer.run('fix-handle VolumeSnapshotContent//a', () => reconcileAlone(…));
 */
export function createCoalescer(): Coalescer {
  const turns = new Map<string, Turn>();

  const begin = <T>(key: string, turn: Turn, work: () => Promise<T>): Promise<T> => {
    const running = work();
    turn.running = running;
    const over = () => {
      if (turn.next === undefined) turns.delete(key);
    };
    running.then(over, over);
    return running;
  };

  return {
    async run<T>(key: string, work: () => Promise<T>) {
      const turn = turns.get(key);
      if (turn === undefined) {
        const first: Turn = { running: Promise.resolve() };
        turns.set(key, first);
        return { result: await begin(key, first, work), joined: false };
      }
      if (turn.next !== undefined) return { result: (await turn.next) as T, joined: true };
      const start = () => {
        turn.next = undefined;
        return begin(key, turn, work);
      };
      const next = turn.running.then(start, start);
      turn.next = next;
      return { result: await next, joined: false };
    },
  };
}
