import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { ConsistencyLevel } from '../../../shared/chain/consistency.ts';
import { consistencyLevels, isWorse, pack, recordedOn, unpack } from '../../../shared/chain/consistency.ts';
import { decoded } from '../../gen/decoded.ts';

const content = (note?: string) =>
  decoded(
    'VolumeSnapshotContent',
    make.content(
      { snapshot: 'web', handle: 'bak://v/b', volume: 'v' },
      ...(note === undefined ? [] : [make.annotated({ 'gleaner.dev/consistency': note })]),
    ),
  );

describe('recordedOn', () => {
  test.each([
    ['nothing', undefined, undefined],
    ['an empty text', '', undefined],
    ['what is no JSON', 'frozen', undefined],
    ['a level not known', '{"is":"later"}', undefined],
    // A note begins with what it comes to: any other order is not Gleaner's.
    ['another order', '{"thawed":true,"is":"frozen"}', undefined],
    ['off', '{"is":"off"}', { level: 'off', settled: true }],
    ['crash', '{"is":"crash"}', { level: 'crash', settled: true }],
    ['frozen, the thaw not seen yet', '{"is":"frozen","at":1}', { level: 'frozen', settled: false }],
    ['frozen and thawed', '{"is":"frozen","thawed":true}', { level: 'frozen', settled: true }],
    ['lapsed, the thaw not seen yet', '{"is":"freeze-lapsed"}', { level: 'freeze-lapsed', settled: false }],
  ])('%s', (_what, note, recorded) => expect(recordedOn(content(note))).toEqual(recorded));
});

describe('pack', () => {
  const all = consistencyLevels.flatMap((level) => [true, false].map((settled) => ({ level, settled })));

  test.each(all)('$level, settled: $settled, comes back', (recorded) => {
    expect(pack(recorded)).toBeGreaterThan(0);
    expect(unpack(pack(recorded))).toEqual(recorded);
  });

  test('gives each a number of its own', () => {
    expect(new Set(all.map(pack)).size).toBe(all.length);
  });

  test.each([0, 7, 8, 15])('%d is none', (packed) => expect(unpack(packed)).toBeUndefined());
});

describe('isWorse', () => {
  const worse: Partial<Record<ConsistencyLevel, ConsistencyLevel[]>> = {
    crash: ['frozen', 'off'],
    'freeze-lapsed': ['frozen', 'off'],
    'just-stopped': ['frozen', 'freeze-lapsed', 'crash', 'off'],
  };
  test.each(consistencyLevels)('%s', (level) => {
    const than = consistencyLevels.filter((other) => isWorse(level, other));
    expect(than).toEqual(worse[level] ?? []);
  });
});
