import type { Cursor } from '../events/incoming.ts';
import { MOST_PARTS } from '../events/incoming.ts';

/**
 * Rotates the queue so that time-limited sweeps cover all subjects: it starts at the cursor, or without one at a
 * pseudo-random place. Subjects are ordered by key and wrap around. The varying start avoids that the same subjects are
 * missed each time if the event that continues a sweep is lost.
 */
export function rotateFrom<T extends { readonly key: string }>(
  due: readonly T[],
  cursor: Cursor | undefined,
  nowMs: number,
): T[] {
  const ring = [...due].sort(byKey);
  if (cursor === undefined) {
    const start = spread(nowMs, ring.length);
    return [...ring.slice(start), ...ring.slice(0, start)];
  }
  const { from, after } = cursor;
  // Subjects may have appeared or disappeared since, so compare keys instead of looking for them.
  return after >= from
    ? [...ring.filter(({ key }) => key > after), ...ring.filter(({ key }) => key < from)]
    : ring.filter(({ key }) => key > after && key < from);
}

/**
 * What is left after the first `begun` subjects of a queue, and the cursor to continue with. No cursor after
 * `MOST_PARTS` parts.
 */
export function remainderAfter(
  queue: readonly { readonly key: string }[],
  begun: number,
  cursor: Cursor | undefined,
): { left: number; next?: Cursor } {
  const left = queue.length - begun;
  const part = (cursor?.part ?? 0) + 1;
  const [first, last] = [queue[0], queue[begun - 1]];
  if (first === undefined || last === undefined || part > MOST_PARTS) return { left };
  return { left, next: { from: cursor?.from ?? first.key, after: last.key, part } };
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

/** Ticks come at regular times; the starting places must not be regular. */
const spread = (nowMs: number, places: number): number =>
  Math.floor(((Math.imul(Math.floor(nowMs / 1000), 0x9e3779b1) >>> 0) / 2 ** 32) * places);
