import { writeSync } from 'node:fs';
import { cutToBytes } from '../domain/cut.ts';

/** Writes one JSON object per line: a constant message and variable fields. */
export interface Log {
  debug(message: string, fields?: Fields | (() => Fields)): void;
  info(message: string, fields?: Fields | (() => Fields)): void;
  warn(message: string, fields?: Fields | (() => Fields)): void;
  error(message: string, fields?: Fields | (() => Fields)): void;
}

/** Pass a function if the fields are expensive: it is called only for lines that are written. */
export type Fields = Readonly<Record<string, unknown>>;

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof levels)[number];

export interface LogOptions {
  readonly level?: LogLevel;
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

/** In bytes. Longer texts come from outside and are cut. */
const LONGEST_TEXT = 1000;

/** Creates a log. Defaults: level `info`, written to standard output, the system's time. */
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

/** Writes all lines of one event loop turn at once. On exit the rest is flushed. */
function writeOut(line: string): void {
  if (waiting === '') setImmediate(flush);
  waiting += line;
}

/**
 * Writes to the file descriptor: `process.stdout` costs a cold start some milliseconds. The pipe may be full (EAGAIN).
 */
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
