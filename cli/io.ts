import { once } from 'node:events';

/** All that a command reaches of the process it runs in; tests give their own. */
export interface Io {
  /** Waits while whoever reads is slower than what is written. */
  out(text: string): Promise<void>;
  err(text: string): void;
  /** Standard input, for `-`. */
  readonly input: AsyncIterable<string | Buffer>;
  /** Whether standard output is a terminal that may be coloured. */
  readonly colour: boolean;
  /** Width of the terminal; undefined when standard output is none. */
  readonly columns: number | undefined;
  /** Aborted by Ctrl-C and SIGTERM from now on, so that the command ends at the next safe place; twice ends at once. */
  interrupted(): AbortSignal;
}

export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  // The reader has seen enough (`| head`): there is nobody left to write to.
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
