/**
 * One rule of a decision: returns its answer, or `undefined` if it does not apply. Checks are named after the violation
 * they find. A decision is an ordered list of checks: the order is the policy, and each reason leads to one check.
 */
export type Check<Given, Answer> = (given: Given) => Answer | undefined;

/**
 * Runs the checks in order and returns the first answer; later checks are not called. Returns `undefined` if none
 * applies. Errors of a check propagate.
 *
 * @example
 * const blockers = [isBeingDeleted, hasOtherOwner, restoreInProgress];
 * const blocked = firstAnswer(blockers, seen);
 * return blocked === undefined ? repair(seen) : report(blocked);
 */
export function firstAnswer<Given extends unknown[], Answer>(
  checks: readonly ((...given: Given) => Answer | undefined)[],
  ...given: Given
): Answer | undefined {
  for (const check of checks) {
    const answer = check(...given);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
