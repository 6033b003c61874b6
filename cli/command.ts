import type { Io } from './io.ts';

/** What a command answers the shell with: kubectl diff's habit. */
export const exit = {
  /** Nothing to do, or all was done. */
  ok: 0,
  /** Something is (still) to be done, by Gleaner or by a person. */
  open: 1,
  /** It could not be done or found out; also: it was asked for wrongly. */
  error: 2,
} as const;

/** One command, as data: help, parsing and docs are made from it. */
export interface Command<Options = unknown> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What else its help says. */
  readonly description?: string;
  readonly examples: readonly Example[];
  /** `[name...]`, `<file>`. */
  readonly arguments?: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionSpec[];
  /** Answers the exit code. */
  run(call: Call<Options>): Promise<number>;
}

interface Example {
  readonly does: string;
  readonly command: string;
}

export interface OptionSpec {
  /** As help shows it: `-n, --namespace <name>`. */
  readonly flags: string;
  /** May be given more than once, and with commas; its value is a list. */
  readonly list?: true;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** How help shows the default, where its value says little. */
  readonly shownDefault?: string;
  /** Taken when the option is given without its (optional) value. */
  readonly preset?: string;
  /** @throws UsageError */
  readonly parse?: (text: string) => unknown;
}

export interface Call<Options> {
  readonly args: readonly string[];
  readonly options: Options;
  readonly io: Io;
}

/** A command that was asked for wrongly. The message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Identity, for inference. */
export const defineCommand = <Options>(command: Command<Options>): Command<Options> => command;
