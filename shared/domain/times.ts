/** How far the clocks of two nodes of one cluster may be apart, where times that both have written are compared. */
export const NODE_CLOCK_SKEW_MS = 60_000;

/** A time that lies further ahead than this was written by a clock that was wrong. */
const WRONG_CLOCK_MS = 5 * 60_000;

/** A time written by a clock that was wrong: what counts from it would wait for it. False for a text that is no time. */
export const isAhead = (time: string | null | undefined, nowMs: number): boolean =>
  Date.parse(time ?? '') > nowMs + WRONG_CLOCK_MS;
