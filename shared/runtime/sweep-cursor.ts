import type { Cursor } from '../events/incoming.ts';
import { MOST_PARTS } from '../events/incoming.ts';

/**
 * Whose turn it is, when there is not time enough for all. Subjects stand in a ring, in the order of their keys. A sweep
 * begins anywhere, another place each time, so that what it does not reach is not the same again if the event that should
 * have it continued is lost; its parts go on from there, once round.
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
  // Keys may have come and gone since: what counts is where they would stand.
  return after >= from
    ? [...ring.filter(({ key }) => key > after), ...ring.filter(({ key }) => key < from)]
    : ring.filter(({ key }) => key > after && key < from);
}

/** What is left behind the first `begun` of a queue, and where to go on with it. */
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

/** Ticks come at even times; places must not. */
const spread = (nowMs: number, places: number): number =>
  Math.floor(((Math.imul(Math.floor(nowMs / 1000), 0x9e3779b1) >>> 0) / 2 ** 32) * places);
