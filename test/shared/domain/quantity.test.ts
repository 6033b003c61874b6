import { expect, test } from '@jest/globals';
import { parseQuantity } from '../../../shared/domain/quantity.ts';

test.each([
  ['10Gi', 10 * 2 ** 30],
  ['1500m', 1.5],
  ['2k', 2000],
  ['1e3', 1000],
  [7, 7],
  ['.5G', 5e8],
  ['0', 0],
  ['', undefined],
  [null, undefined],
  ['1E', 1e18],
  ['1E3', 1000],
  ['2.5e-1Ki', 256],
  ['-1Gi', -(2 ** 30)],
  ['1gi', undefined],
  ['1 Gi', undefined],
  ['Gi', undefined],
  ['.', undefined],
  ['NaN', undefined],
  ['Infinity', undefined],
  [Number.NaN, undefined],
  ['ten', undefined],
  ['10Gb', undefined],
  [undefined, undefined],
])('quantity %p is %p', (text, value) => expect(parseQuantity(text)).toBe(value));
