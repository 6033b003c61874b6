/**
 * Works on a key one at a time. Whoever comes while somebody is at it waits for the next turn, and all who wait take it
 * together: it begins after each of them came, so it sees whatever they came for. Ten thousand events about one subject
 * are then some few looks at it, and not as many writes that meet in conflicts.
 */
export interface Coalescer {
  /** `joined`: somebody else did the work and tells of it. */
  run<T>(key: string, work: () => Promise<T>): Promise<{ readonly result: T; readonly joined: boolean }>;
}

interface Turn {
  running: Promise<unknown>;
  next?: Promise<unknown> | undefined;
}

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
