import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cursor } from '../../../shared/events/incoming.ts';
import { MOST_PARTS } from '../../../shared/events/incoming.ts';
import { rotateFrom, remainderAfter } from '../../../shared/runtime/sweep-cursor.ts';

const due = (keys: readonly string[]) => keys.map((key) => ({ key }));

/** Parts of a sweep, each of which gets so far; answers what each looked at. */
function parts(keys: readonly string[], perPart: number, nowMs: number): string[][] {
  const looked: string[][] = [];
  for (let cursor: Cursor | undefined; ;) {
    const queue = rotateFrom(due(keys), cursor, nowMs);
    looked.push(queue.slice(0, perPart).map(({ key }) => key));
    const { left, next } = remainderAfter(queue, Math.min(perPart, queue.length), cursor);
    if (left === 0 || next === undefined) return looked;
    cursor = next;
  }
}

describe('the parts of a sweep', () => {
  const keys = ['a', 'b', 'c', 'd', 'e'];

  test('one that gets through leaves nothing', () => {
    expect(remainderAfter(rotateFrom(due(keys), undefined, 0), 5, undefined)).toEqual({
      left: 0,
      next: expect.anything(),
    });
    expect(parts(keys, 5, 0)).toHaveLength(1);
  });

  test('look at each subject once, wherever they begin and however far each gets', () => {
    const someKeys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(someKeys, fc.integer({ min: 1, max: 7 }), fc.nat(), (some, perPart, nowMs) => {
        const looked = parts(some, perPart, nowMs).flat();
        expect([...looked].sort()).toEqual([...some].sort());
      }),
    );
  });

  test('begin at another place each time, also when time comes in even steps', () => {
    const many = Array.from({ length: 600 }, (_, i) => String(i));
    const firsts = Array.from({ length: 50 }, (_, tick) => rotateFrom(due(many), undefined, tick * 600_000)[0]?.key);
    expect(new Set(firsts).size).toBeGreaterThan(40);
  });

  test('pass over what has gone, and look at what has come, before they come round', () => {
    const cursor = { from: 'd', after: 'b', part: 2 };
    expect(rotateFrom(due(['a', 'bb', 'c', 'd', 'e']), cursor, 0).map(({ key }) => key)).toEqual(['bb', 'c']);
  });

  test('come to an end: after the last part the rest is for the next tick', () => {
    const cursor = { from: 'a', after: 'a', part: MOST_PARTS };
    expect(remainderAfter(due(['b', 'c']), 1, cursor)).toEqual({ left: 1 });
  });
});
