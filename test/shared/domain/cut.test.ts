import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutToBytes } from '../../../shared/domain/cut.ts';

describe('cutToBytes', () => {
  test.each([
    ['', 0, ''],
    ['short', 5, 'short'],
    ['it’s', 6, 'it’s'],
    ['longer', 4, 'long'],
    // Three bytes each, four for what is beyond the basic plane.
    ['it’s', 5, 'it’'],
    ['it’s', 4, 'it'],
    ['…', 2, ''],
    ['a💾b', 6, 'a💾b'],
    ['a💾b', 5, 'a💾'],
    ['a💾b', 4, 'a'],
    ['a💾b', 1, 'a'],
    ['a\ud83d', 4, 'a\ufffd'],
    ['a\ud83d', 3, 'a'],
  ])('%j to %d bytes is %j', (text, bytes, cut) => {
    expect(cutToBytes(text, bytes)).toBe(cut);
  });

  test('is the longest beginning that fits, well formed and without a split code point', () => {
    // 'binary' generates half surrogate pairs as well.
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), fc.nat({ max: 40 }), (whole, halved, bytes) => {
        const text = halved ? whole.slice(1) : whole;
        const cut = cutToBytes(text, bytes);
        expect(cut.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        const points = [...text.toWellFormed()];
        const kept = [...cut];
        expect(kept).toEqual(points.slice(0, kept.length));
        const next = points[kept.length];
        if (next !== undefined) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(bytes);
      }),
    );
  });
});
