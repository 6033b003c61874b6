import type { Io } from './io.ts';

/** Exit codes, as of kubectl diff. */
export const exit = {
  /** Nothing to do, or everything was done. */
  ok: 0,
  /** Gleaner or a person has something to do. */
  open: 1,
  /** The command failed, or was used wrongly. */
  error: 2,
} as const;

/** A command as data: parsing, help and docs are derived from it. */
export interface Command<Options = unknown> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The rest of its help. */
  readonly description?: string;
  readonly examples: readonly Example[];
  /** `[name...]`, `<file>`. */
  readonly arguments?: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionSpec[];
  /** Runs the command and returns the exit code. */
  run(call: Call<Options>): Promise<number>;
}

interface Example {
  readonly does: string;
  readonly command: string;
}

export interface OptionSpec {
  /** As help shows it: `-n, --namespace <name>`. */
  readonly flags: string;
  /** Accepts several values, repeated or separated by commas; the value is a list. */
  readonly list?: true;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** The default in help, if the value itself is not informative. */
  readonly shownDefault?: string;
  /** The value if the option is given without its optional value. */
  readonly preset?: string;
  /** @throws UsageError */
  readonly parse?: (text: string) => unknown;
}

export interface Call<Options> {
  readonly args: readonly string[];
  readonly options: Options;
  readonly io: Io;
}

/** The command line is invalid. The message says what would be valid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Identity, for inference. */
export const defineCommand = <Options>(command: Command<Options>): Command<Options> => command;
