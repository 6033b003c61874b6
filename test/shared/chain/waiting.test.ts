import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { hangs, isPastReadyDeadline, isPending, snapshotError } from '../../../shared/chain/waiting.ts';
import { decoded } from '../../gen/decoded.ts';

const now = Date.parse('2025-06-01T00:00:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

describe('isPastReadyDeadline', () => {
  test.each([
    ['just made', ago(0), false],
    ['an hour old', ago(60), false],
    ['of unknown age', null, false],
    ['from the future', ago(-60), false],
    ['older than an hour', ago(60.1), true],
  ])('%s: %#', (_what, creationTimestamp, is) => {
    expect(isPastReadyDeadline({ metadata: { creationTimestamp } }, now)).toBe(is);
  });
});

describe('hangs', () => {
  const { finalizers } = { finalizers: ['a/one', 'b/two'] };
  test.each([
    ['not in deletion', { finalizers }, undefined],
    ['in deletion for a moment', { deletionTimestamp: ago(1), finalizers }, undefined],
    ['for half an hour', { deletionTimestamp: ago(30), finalizers }, undefined],
    ['since a time that is none', { deletionTimestamp: 'soon', finalizers }, undefined],
    ['for longer, held', { deletionTimestamp: ago(31), finalizers }, 'held by a/one, b/two'],
    ['for longer, held by nothing', { deletionTimestamp: ago(31), finalizers: null }, ago(31)],
  ])('%s', (_what, metadata, says) => {
    const why = hangs({ metadata }, now);
    if (says === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(new RegExp(`^has been in deletion since .*${says}$`));
  });
});

describe('snapshotError', () => {
  const missing = 'VolumeSnapshotContent is missing';
  const snapshot = (message?: string) =>
    decoded(
      'VolumeSnapshot',
      make.snapshot({ name: 'web' }, make.withStatus(message === undefined ? {} : { error: { message } })),
    );
  const content = (age: number) =>
    decoded(
      'VolumeSnapshotContent',
      make.content({ snapshot: 'web', handle: 'bak://v/b' }, (o) => void (o.metadata.creationTimestamp = ago(age))),
    );
  test.each([
    ['says nothing', snapshot(), undefined, undefined],
    ['says an empty text', snapshot(''), undefined, undefined],
    // Its controller takes that back only when it next looks.
    ['misses a content that was just made anew', snapshot(missing), content(1), undefined],
    ['misses a content that is there for hours', snapshot(missing), content(61), missing],
    ['misses a content that is not there', snapshot(missing), undefined, missing],
    ['says something else of a young content', snapshot('no space left'), content(1), 'no space left'],
  ])('%s', (_what, one, other, says) => expect(snapshotError(one, other, now)).toBe(says));
});

describe('isPending', () => {
  const claim = (phase: string | undefined, volumeName: string | undefined) =>
    decoded(
      'PersistentVolumeClaim',
      make.claim('data', 'prod', make.withSpec({ volumeName }), (o) => void (o['status'] = phase && { phase })),
    );
  test.each([
    ['Bound', claim('Bound', 'pvc-1'), false],
    ['Lost', claim('Lost', 'pvc-1'), false],
    ['Pending on a volume it has', claim('Pending', 'pvc-1'), false],
    ['Pending', claim('Pending', undefined), true],
    ['Pending with an empty name', claim('Pending', ''), true],
    ['without a status yet', claim(undefined, undefined), true],
  ])('%s: %#', (_what, one, is) => expect(isPending(one)).toBe(is));
});
