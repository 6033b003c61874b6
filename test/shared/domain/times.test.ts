import { expect, test } from '@jest/globals';
import { isAhead } from '../../../shared/domain/times.ts';

const now = '2025-06-01T00:00:00Z';

test.each([
  ['now', now, false],
  ['a year ago', '2024-06-01T00:00:00Z', false],
  ['no time', undefined, false],
  ['null', null, false],
  ['nothing', '', false],
  ['a text that is no time', 'soon', false],
  ['as far ahead as a clock may be', '2025-06-01T00:05:00Z', false],
  ['a second further', '2025-06-01T00:05:01Z', true],
  ['the same in another zone', '2025-06-01T02:05:01+02:00', true],
  ['a year ahead', '2026-06-01T00:00:00Z', true],
])('%s is ahead: %#', (_when, time, ahead) => {
  expect(isAhead(time, Date.parse(now))).toBe(ahead);
});
