import { describe, expect, test } from '@jest/globals';
import { releaseOf } from '../../../shared/capability/releases.ts';
import { isAtLeast, parseVersion, seriesOf } from '../../../shared/domain/releases.ts';

describe('parseVersion', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['master-head', undefined],
    ['master-3f2a', undefined],
    ['v1', undefined],
    ['version 1.6.1', undefined],
    ['v1.6.1', { major: 1, minor: 6, patch: 1, unreleased: false }],
    ['1.6.1', { major: 1, minor: 6, patch: 1, unreleased: false }],
    ['v1.6', { major: 1, minor: 6, unreleased: false }],
    ['v1.10.0', { major: 1, minor: 10, patch: 0, unreleased: false }],
    ['v2.0.0', { major: 2, minor: 0, patch: 0, unreleased: false }],
    ['v1.4.0-rc1', { major: 1, minor: 4, patch: 0, candidate: 1, unreleased: false }],
    ['v1.9.0-rc12+abc', { major: 1, minor: 9, patch: 0, candidate: 12, unreleased: false }],
    ['v1.7.0-dirty', { major: 1, minor: 7, patch: 0, unreleased: false }],
    ['v1.5.0+build-7', { major: 1, minor: 5, patch: 0, unreleased: false }],
    ['v1.5-head', { major: 1, minor: 5, unreleased: true }],
    ['v1.5.1-rc2-head', { major: 1, minor: 5, patch: 1, candidate: 2, unreleased: true }],
    ['v1.5.0.2', { major: 1, minor: 5, patch: 0, unreleased: false }],
    ['v1.5.0_custom', { major: 1, minor: 5, patch: 0, unreleased: false }],
    ['v1.5_custom', { major: 1, minor: 5, unreleased: true }],
  ])('%j', (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });
});

/** Who asks for what: the rules of taking (`releaseOf`), those of restoring (`seriesOf`), and one release (`isAtLeast`). */
describe('a version', () => {
  test.each([
    ['', undefined, undefined, undefined],
    ['master-head', undefined, undefined, undefined],
    ['v2.0.0', undefined, 200, undefined],
    ['v1.2.9', undefined, 102, false],
    ['v1.3.2', '1.3', 103, false],
    ['v1.4.0-rc1', '1.4', 104, false],
    ['v1.4', '1.4', 104, false],
    ['v1.4.1', '1.4', 104, false],
    ['v1.4.2-rc1', '1.4', 104, true],
    ['v1.4.2', '1.4', 104, true],
    ['v1.4.10', '1.4', 104, true],
    ['v1.5-head', undefined, 105, true],
    ['v1.6.1', '1.5', 106, true],
    ['v1.8.0', '1.7', 108, true],
    ['v1.9.0-rc5', undefined, 109, true],
    ['v1.9.0-rc6', '1.9', 109, true],
    ['v1.9.0', '1.9', 109, true],
    ['v1.10.0', undefined, 110, true],
  ] as const)('%j: rules of %s, series %s, 1.4.2 or later: %s', (text, rules, series, later) => {
    expect(releaseOf(text)).toBe(rules);
    expect(seriesOf(text)).toBe(series);
    expect(isAtLeast(text, 4, 2)).toBe(later);
  });
});
