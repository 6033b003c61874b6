import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as names from '../../../shared/domain/names.ts';

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/).filter((one) => !one.endsWith('-snap-revise'));

describe('names of repairs', () => {
  test.each([
    ['n', []],
    ['', []],
    // Nothing would be left of it.
    ['-snap-revise', []],
    ['snap-revise', []],
    ['n-snap-revise-vsc', []],
    ['n-snap-revised', []],
    ['n-snap-revise', ['n']],
    ['n-snap-revise-snap-revise', ['n-snap-revise', 'n']],
  ])('those before %j are %j', (one, before) => {
    expect(names.predecessorNames(one)).toEqual(before);
    expect(names.predecessorName(one)).toBe(before[0]);
  });

  test('a repair is one step forward, and looking back undoes each', () => {
    fc.assert(
      fc.property(name, fc.nat({ max: 4 }), (first, times) => {
        const all = [first];
        for (let i = 0; i < times; i++) all.unshift(names.revisedName(all[0]!));
        const [last, ...before] = all;
        expect(names.predecessorNames(last!)).toEqual(before);
        expect(names.predecessorName(names.revisedName(last!))).toBe(last);
      }),
    );
  });

  // The content's name is the longest: `-snap-revise-vsc` comes to sixteen.
  test.each([
    [63, true],
    [64, true],
    [237, true],
    [238, false],
    [253, false],
  ])('of %d characters can be repaired: %p', (length, can) => {
    expect(names.canRevise('n'.repeat(length))).toBe(can);
  });

  test('what can be repaired gets names that Kubernetes takes, and nothing else does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (length) => {
        const one = 'n'.repeat(length);
        const longest = names.contentName(names.revisedName(one));
        expect(longest).toBe(`${one}-snap-revise-vsc`);
        expect(names.canRevise(one)).toBe(longest.length <= 253);
        expect(names.isName(one)).toBe(length <= 253);
      }),
    );
  });
});

test.each([
  [names.contentName('web'), 'web-vsc'],
  [names.contentName(names.revisedName('web')), 'web-snap-revise-vsc'],
  [names.takenContentName('u-1'), 'snapcontent-u-1'],
  [names.csiSnapshotName('u-1'), 'snapshot-u-1'],
  [names.volumeNameOf('u-1'), 'pvc-u-1'],
])('%s is what the cluster calls it', (made, known) => expect(made).toBe(known));

test.each([
  ['Completed', true],
  ['Error', true],
  ['Unknown', true],
  ['Deleting', true],
  ['', false],
  ['New', false],
  ['Pending', false],
  ['InProgress', false],
])('a Backup in state %j is final: %p', (state, final) => expect(names.FINAL_BACKUP_STATES.has(state)).toBe(final));

test('a snapshot that was taken through the CSI driver is known by its name', () => {
  expect(names.CSI_SNAPSHOT.test(names.csiSnapshotName('u-1'))).toBe(true);
  expect(names.CSI_SNAPSHOT.test('by-hand-snapshot-1')).toBe(false);
});
