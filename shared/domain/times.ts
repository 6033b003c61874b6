/** How far clocks of a cluster may be apart. */
const SKEW_MS = 5 * 60_000;

/** A time that somebody has written down with a clock that was wrong: whatever counts from it would wait for it. */
export const isAhead = (time: string | null | undefined, nowMs: number): boolean =>
  Date.parse(time ?? '') > nowMs + SKEW_MS;
