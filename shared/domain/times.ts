/** Tolerated clock difference between two nodes of a cluster, when comparing times that both wrote. */
export const NODE_CLOCK_SKEW_MS = 60_000;

/** A time further ahead than this comes from a wrong clock. */
const WRONG_CLOCK_MS = 5 * 60_000;

/** Whether a wrong clock wrote this time, so that waiting for it would take too long. False if it is no time. */
export const isAhead = (time: string | null | undefined, nowMs: number): boolean =>
  Date.parse(time ?? '') > nowMs + WRONG_CLOCK_MS;
