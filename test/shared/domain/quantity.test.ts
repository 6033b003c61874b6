import { expect, test } from '@jest/globals';
import { parseQuantity } from '../../../shared/domain/quantity.ts';

test.each([
  ['10Gi', 10 * 2 ** 30],
  ['1500m', 1.5],
  ['2k', 2000],
  ['1e3', 1000],
  [7, 7],
  ['.5G', 5e8],
  ['ten', undefined],
  ['10Gb', undefined],
  [undefined, undefined],
])('quantity %p is %p', (text, value) => expect(parseQuantity(text)).toBe(value));
