/**
 * One rule of a decision: it answers, or has nothing to say about this case. Named after the violation it finds. A
 * decision is an ordered list of such checks; the order is the policy, and each reason leads to one check.
 */
export type Check<Given, Answer> = (given: Given) => Answer | undefined;

/** Asks the checks in order. The first that answers decides; `undefined` when none does. */
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
