import type { Attempted } from '../ports/attempt.ts';
import { isFound } from '../ports/attempt.ts';

/** One question of a preflight, answered. */
export interface Check {
  readonly name: string;
  readonly volume?: string;
  readonly result: 'pass' | 'warn' | 'fail' | 'unknown';
  readonly message: string;
  /** What makes it pass: a command, or a sentence. */
  readonly cure?: string;
}

/** The worst there is. */
export function verdictOfChecks(checks: readonly Check[]): Check['result'] {
  return (['fail', 'unknown', 'warn'] as const).find((one) => checks.some(({ result }) => result === one)) ?? 'pass';
}

/** A check from what may not have been readable. */
export function ifKnown<T>(name: string, answer: Attempted<T>, judge: (found: T) => Check): Check {
  return isFound(answer)
    ? judge(answer.found)
    : { name, result: 'unknown', message: `could not be checked: ${answer.unknown}` };
}
