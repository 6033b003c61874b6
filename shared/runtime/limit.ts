/** Bounds what runs at once and what waits for it. */
export interface Limit {
  /** Runs the task now or when there is room; undefined when even the queue is full. */
  run<T>(task: () => Promise<T>): Promise<T> | undefined;
  /** Settles when nothing runs and nothing waits. */
  idle(): Promise<void>;
}

export function createLimit(most: number, mostWaiting: number): Limit {
  const waiting: (() => void)[] = [];
  const onIdle: (() => void)[] = [];
  let running = 0;

  const leave = () => {
    const next = waiting.shift();
    if (next !== undefined) return next(); // the place is handed on
    running--;
    if (running === 0) for (const tell of onIdle.splice(0)) tell();
  };
  const hold = async <T>(task: () => Promise<T>): Promise<T> => {
    try {
      return await task();
    } finally {
      leave();
    }
  };

  return {
    run(task) {
      if (running < most) {
        running++;
        return hold(task);
      }
      if (waiting.length >= mostWaiting) return undefined;
      return new Promise<void>((resolve) => waiting.push(resolve)).then(() => hold(task));
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve))),
  };
}
