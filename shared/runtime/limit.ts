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
  const enter = async () => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };

  return {
    run(task) {
      if (running >= most && waiting.length >= mostWaiting) return undefined;
      return enter().then(task).finally(leave);
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve))),
  };
}
