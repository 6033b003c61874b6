/**
 * Where events are delivered: a fixed address, or a process that is started by the first event and ended when idle,
 * as Knative's activator keeps a Service scaled to zero.
 *
 * What it does not do: more than one instance, a queue proxy, concurrency limits.
 */
export interface Subscriber {
  /** The address to post to; waits until somebody listens there. */
  begin(): Promise<string>;
  /** Called once for each `begin`, when the answer is there. */
  end(): void;
  stop(): Promise<void>;
}

export const at = (url: string): Subscriber => ({
  begin: () => Promise.resolve(url),
  end: () => undefined,
  stop: () => Promise.resolve(),
});

export interface Instance {
  url: string;
  stop(): Promise<void>;
}

export interface ActivatorOptions {
  /** Starts a process (or a server) and resolves when it accepts connections. */
  start(): Promise<Instance>;
  /** Ended after so long without a request; after a slow start later, up to 5 s. Default 500. */
  idleMs?: number;
}

export interface Activator extends Subscriber {
  /** Milliseconds from the first waiting event to a listening process, one per start. */
  readonly coldStarts: readonly number[];
  readonly running: boolean;
  /** How often it went back to zero. */
  readonly stops: number;
}

export function activator(options: ActivatorOptions): Activator {
  const { idleMs = 500 } = options;
  const coldStarts: number[] = [];
  let instance: Promise<Instance> | undefined;
  let ending: Promise<void> = Promise.resolve();
  let inFlight = 0;
  let stops = 0;
  let idle: NodeJS.Timeout | undefined;

  async function coldStart(): Promise<Instance> {
    const began = performance.now();
    await ending;
    try {
      const started = await options.start();
      coldStarts.push(performance.now() - began);
      return started;
    } catch (error) {
      instance = undefined; // the next event tries again
      throw error;
    }
  }

  async function stop(): Promise<void> {
    clearTimeout(idle);
    const leaving = instance;
    instance = undefined;
    if (!leaving) return ending;
    stops++;
    ending = leaving.then(
      (started) => started.stop(),
      () => undefined,
    );
    return ending;
  }

  return {
    coldStarts,
    get running() {
      return instance !== undefined;
    },
    get stops() {
      return stops;
    },
    async begin() {
      clearTimeout(idle);
      inFlight++;
      instance ??= coldStart();
      return (await instance).url;
    },
    end() {
      inFlight--;
      if (inFlight > 0) return;
      clearTimeout(idle);
      // On a busy machine starts are slow: ended by the clock alone, each event would find its process just gone.
      idle = setTimeout(() => void stop(), Math.max(idleMs, Math.min(2 * (coldStarts.at(-1) ?? 0), 5_000)));
      idle.unref();
    },
    stop,
  };
}
