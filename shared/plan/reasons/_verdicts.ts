import type { ReasonInfo } from '../verdict.ts';

const nothing = 'Nothing.';
export const nothingNeeded = 'Nothing is needed.';

/** Healthy, or not Gleaner's business. */
export function leave(means: string, youCan: string): ReasonInfo {
  return { verdict: 'leave', means, does: nothing, youCan };
}
/** The next safe step. */
export function act(means: string, does: string): ReasonInfo {
  return {
    verdict: 'act',
    means,
    does,
    youCan: 'Run `gleaner plan` to see the steps and `gleaner apply` to take them.',
  };
}
/** Not yet. */
export function wait(means: string, youCan: string): ReasonInfo {
  return {
    verdict: 'wait',
    means,
    does: 'Waits for the event that reports the change, or for the next sweep.',
    youCan,
  };
}
/** Not yet, but within seconds. */
export function passing(means: string, youCan: string, passes: true | string = true): ReasonInfo {
  return { ...wait(means, youCan), passes };
}
/** A person must decide. */
export function report(means: string, youCan: string): ReasonInfo {
  return { verdict: 'report', means, does: 'Reports it and changes nothing.', youCan };
}
