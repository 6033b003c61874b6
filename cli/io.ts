import { once } from 'node:events';

/** The process's streams and signals as a command sees them; tests pass their own. */
export interface Io {
  /** Resolves once the reader can take more (backpressure). */
  out(text: string): Promise<void>;
  err(text: string): void;
  /** Standard input, for `-`. */
  readonly input: AsyncIterable<string | Buffer>;
  /** Whether standard output is a terminal that may be coloured. */
  readonly colour: boolean;
  /** Width of the terminal; undefined if standard output is not a terminal. */
  readonly columns: number | undefined;
  /**
   * Aborted by Ctrl-C and SIGTERM from now on, so that the command ends at the next safe point. A second signal ends
   * the process at once.
   */
  interrupted(): AbortSignal;
}

export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  // The reader closed the pipe (`| head`).
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 2));
  return {
    async out(text) {
      if (!stdout.write(text)) await once(stdout, 'drain');
    },
    err: (text) => void stderr.write(text),
    input: stdin,
    colour: stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    columns: stdout.isTTY ? stdout.columns : undefined,
    interrupted() {
      const aborted = new AbortController();
      const stop = (signal: NodeJS.Signals) => {
        if (aborted.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
        aborted.abort();
      };
      process.on('SIGINT', stop);
      process.on('SIGTERM', stop);
      return aborted.signal;
    },
  };
}
