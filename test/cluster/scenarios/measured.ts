/** What both ways to repair many VM backups say of themselves, one JSON line each, and how a process says it. */

export interface Measured {
  readonly wallMs: number;
  readonly calls: { readonly gets: number; readonly lists: number; readonly writes: number };
  /** Rounds over everything. */
  readonly rounds: number;
  readonly failures: readonly string[];
}

export type Line =
  | {
      readonly memory: {
        readonly atMs: number;
        readonly rssMiB: number;
        readonly heapMiB: number;
        /** Taken from the system for the heap, most of it for new objects and what the collector has not given back. */
        readonly reservedMiB: number;
        /** Outside of the heap, yet held by objects in it: mostly bytes received. */
        readonly externalMiB: number;
      };
    }
  | { readonly done: Measured };

const MIB = 1024 ** 2;

/** Says how much memory there is in use, twice a second, and at the end what the work came to. */
export async function measured(work: () => Promise<Omit<Measured, 'wallMs'>>): Promise<void> {
  const began = performance.now();
  const timer = setInterval(() => {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const inMiB = (bytes: number) => Math.round(bytes / MIB);
    const [rssMiB, heapMiB, reservedMiB] = [inMiB(rss), inMiB(heapUsed), inMiB(heapTotal)];
    say({ memory: { atMs: elapsed(), rssMiB, heapMiB, reservedMiB, externalMiB: inMiB(external) } });
  }, 500);
  const result = await work();
  clearInterval(timer);
  say({ done: { wallMs: elapsed(), ...result } });

  function elapsed(): number {
    return Math.round(performance.now() - began);
  }
}

const say = (line: Line): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
