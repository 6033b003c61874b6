/** Bounds how many tasks run at once and how many wait. */
export interface Limit {
  /**
   * Runs the task now or once there is room. Returns `undefined` if the queue is full.
   * @throws the error of the task
   */
  run<T>(task: () => Promise<T>): Promise<T> | undefined;
  /** Resolves once nothing runs or waits. */
  idle(): Promise<void>;
}

/**
 * @param most tasks that run at once
 * @param mostWaiting tasks that wait beyond those
 */
export function createLimit(most: number, mostWaiting: number): Limit {
  const waiting: (() => void)[] = [];
  const onIdle: (() => void)[] = [];
  let running = 0;

  const leave = () => {
    const next = waiting.shift();
    if (next !== undefined) return next(); // the place is handed on
    running--;
    if (running === 0) for (const settle of onIdle.splice(0)) settle();
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
