import { writeSync } from 'node:fs';
import { cutToBytes } from '../domain/cut.ts';

/** One JSON object a line: a constant message, and fields that may differ. */
export interface Log {
  debug(message: string, fields?: Fields | (() => Fields)): void;
  info(message: string, fields?: Fields | (() => Fields)): void;
  warn(message: string, fields?: Fields | (() => Fields)): void;
  error(message: string, fields?: Fields | (() => Fields)): void;
}

/** Given as a function where they cost something: it is called only for lines that are written. */
export type Fields = Readonly<Record<string, unknown>>;

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof levels)[number];

export interface LogOptions {
  readonly level?: LogLevel;
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

/** In bytes. Longer texts come from outside; a line of a log is no place for them. */
const LONGEST_TEXT = 1000;

export function createLog(options: LogOptions = {}): Log {
  const { level = 'info', write = writeOut, now = () => new Date() } = options;
  const at =
    (name: LogLevel) =>
    (message: string, fields: Fields | (() => Fields) = {}) => {
      if (levels.indexOf(name) < levels.indexOf(level)) return;
      const given = typeof fields === 'function' ? fields() : fields;
      write(`${JSON.stringify({ time: now().toISOString(), level: name, message, ...given }, shorten)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function shorten(_key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const beginning = cutToBytes(value, LONGEST_TEXT);
  return beginning.length < value.length ? `${beginning}…` : value;
}

let waiting = '';

/** All lines of one turn of the event loop go out in one write; a process that ends takes none with it. */
function writeOut(line: string): void {
  if (waiting === '') setImmediate(flush);
  waiting += line;
}

/** `process.stdout` costs a cold start some milliseconds, a file descriptor none. It may be full when nobody reads. */
function flush(): void {
  const lines = waiting;
  waiting = '';
  if (lines === '') return;
  try {
    writeSync(1, lines);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') process.stdout.write(lines);
  }
}
process.on('exit', flush);
