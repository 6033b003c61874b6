import type { Attempted } from '../ports/attempt.ts';
import { isFound } from '../ports/attempt.ts';

/**
 * The result of one check. `warn`: the restore works, but something is lost or has to be done as well. `unknown`: a
 * required read failed.
 */
export interface Check {
  /** Name of the check, as in documents and Events. */
  readonly name: string;
  /** Name of the volume in the VM, if the check is about one. */
  readonly volume?: string;
  readonly result: 'pass' | 'warn' | 'fail' | 'unknown';
  readonly message: string;
  /** How to make it pass: a command, or a sentence. */
  readonly cure?: string;
}

/** The worst of the results: fail, unknown, warn, pass. `pass` for no checks. */
export function verdictOfChecks(checks: readonly Check[]): Check['result'] {
  return (['fail', 'unknown', 'warn'] as const).find((one) => checks.some(({ result }) => result === one)) ?? 'pass';
}

/** Judges a read value. If the read failed, the check `name` is `unknown`, with the cause as its message. */
export function ifKnown<T>(name: string, answer: Attempted<T>, judge: (found: T) => Check): Check {
  return isFound(answer)
    ? judge(answer.found)
    : { name, result: 'unknown', message: `could not be checked: ${answer.unknown}` };
}
