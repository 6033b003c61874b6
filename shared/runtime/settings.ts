import * as z from 'zod/mini';
import type { AnyFunction } from '../function.ts';

/** The parsed environment of a process; units are in the names. */
export interface Settings {
  /** The only function that this process serves; undefined: all of them, each at its path. */
  readonly function: string | undefined;
  readonly port: number;
  /** `observe`: the functions plan and report, but write nothing. */
  readonly mode: 'apply' | 'observe';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly bodyLimitBytes: number;
  /** Events handled at once. Ten times as many may wait; the rest is answered with 503. */
  readonly concurrency: number;
  /**
   * How long a sweep may run before it stops and continues with an event of its own. Must be less than the request
   * time-out.
   */
  readonly sweepMs: number;
  /**
   * A sweep that a clock triggers starts up to this much later, because the same clock triggers other functions too.
   */
  readonly sweepJitterMs: number;
  /** Policy by function name. */
  readonly configs: ReadonlyMap<string, unknown>;
}

/** The environment contains an invalid setting. The message names the variables. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const MiB = 1024 * 1024;
const whole = (least: number, most: number, otherwise: number) =>
  z._default(z.coerce.number().check(z.int(), z.gte(least), z.lte(most)), otherwise);
/** Settings that apply to every function. */
export const Environment = z.strictObject({
  FUNCTION: z.optional(z.string()),
  PORT: whole(0, 65_535, 8080),
  GLEANER_MODE: z._default(z.enum(['apply', 'observe']), 'apply'),
  GLEANER_LOG_LEVEL: z._default(z.enum(['debug', 'info', 'warn', 'error', 'silent']), 'info'),
  GLEANER_BODY_LIMIT: whole(1024, 64 * MiB, 4 * MiB),
  GLEANER_CONCURRENCY: whole(1, 1000, 16),
  GLEANER_SWEEP_SECONDS: whole(1, 3600, 240),
  GLEANER_SWEEP_JITTER_SECONDS: whole(0, 600, 20),
});

/** Variables that Kubernetes adds to every container for a Service whose name begins with "gleaner". */
const serviceLink = /_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?)$/;

/**
 * Reads the environment, once, at start. `FUNCTION`, `PORT` and every variable that begins with `GLEANER_` must be
 * known, so that a misspelt policy stops the start instead of being ignored. The policy of a function is
 * `GLEANER_<FUNCTION>_<KEY>`: `GLEANER_FIX_HANDLE_PROCEDURE=swap`. Empty variables count as absent.
 * @throws SettingsError for an unknown variable or an invalid value
 */
export function readSettings(environment: NodeJS.ProcessEnv, functions: readonly AnyFunction[]): Settings {
  const ours = new Map(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        entry[1] !== '' &&
        /^(FUNCTION|PORT|GLEANER_.*)$/.test(entry[0]) &&
        !serviceLink.test(entry[0]),
    ),
  );
  const configs = new Map(functions.map((fn) => [fn.name, takeConfig(fn, ours)]));
  const parsed = Environment.safeParse(Object.fromEntries(ours));
  if (!parsed.success) throw new SettingsError(describe(parsed.error, (key) => key));
  const { data } = parsed;
  if (data.FUNCTION !== undefined && !configs.has(data.FUNCTION)) {
    throw new SettingsError(`FUNCTION must be one of ${[...configs.keys()].join(', ')}`);
  }
  return {
    function: data.FUNCTION,
    port: data.PORT,
    mode: data.GLEANER_MODE,
    logLevel: data.GLEANER_LOG_LEVEL,
    bodyLimitBytes: data.GLEANER_BODY_LIMIT,
    concurrency: data.GLEANER_CONCURRENCY,
    sweepMs: data.GLEANER_SWEEP_SECONDS * 1000,
    sweepJitterMs: data.GLEANER_SWEEP_JITTER_SECONDS * 1000,
    configs,
  };
}

/** The variable that sets one key of a function's policy. */
export const variableOf = (fn: Pick<AnyFunction, 'name'>, key: string): string =>
  `GLEANER_${upper(fn.name)}_${upper(key)}`;

/** Removes a function's variables from `ours`, so that every remaining variable must be a general setting. */
function takeConfig(fn: AnyFunction, ours: Map<string, string>): unknown {
  const { shape = {} } = fn.config as { shape?: Record<string, unknown> };
  const given: Record<string, string> = {};
  for (const key of Object.keys(shape)) {
    const variable = variableOf(fn, key);
    const value = ours.get(variable);
    if (value !== undefined) given[key] = value;
    ours.delete(variable);
  }
  const parsed = fn.config.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new SettingsError(describe(parsed.error, (key) => variableOf(fn, key)));
}

const upper = (text: string): string =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();

const describe = (error: z.core.$ZodError, variable: (key: string) => string): string =>
  error.issues
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.join(', ')} is not a setting of Gleaner`
        : `${variable(issue.path.join('.'))}: ${expectation(issue)}`,
    )
    .join('; ');

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_type':
      return `must be of type ${issue.expected}`;
    default:
      return 'is not valid';
  }
}
