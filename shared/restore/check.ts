import type { Attempted } from '../ports/attempt.ts';
import { isFound } from '../ports/attempt.ts';

/**
 * One question of a preflight, answered. `warn`: the restore works, but something is lost or has to be done besides;
 * `unknown`: what decides it could not be read.
 */
export interface Check {
  /** What is checked; documents and Events show it. */
  readonly name: string;
  /** Name of the volume in the VM, where the check is about one. */
  readonly volume?: string;
  readonly result: 'pass' | 'warn' | 'fail' | 'unknown';
  readonly message: string;
  /** What makes it pass: a command, or a sentence. */
  readonly cure?: string;
}

/** The worst of the results: fail, unknown, warn, pass. `pass` for no checks. */
export function verdictOfChecks(checks: readonly Check[]): Check['result'] {
  return (['fail', 'unknown', 'warn'] as const).find((one) => checks.some(({ result }) => result === one)) ?? 'pass';
}

/** Judges what was found; where the read failed, the check `name` is `unknown` and says why. */
export function ifKnown<T>(name: string, answer: Attempted<T>, judge: (found: T) => Check): Check {
  return isFound(answer)
    ? judge(answer.found)
    : { name, result: 'unknown', message: `could not be checked: ${answer.unknown}` };
}
