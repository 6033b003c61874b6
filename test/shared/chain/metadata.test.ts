import { expect, test } from '@jest/globals';
import { isDeleting, isOwnedBy } from '../../../shared/chain/metadata.ts';

test.each([
  ['without the time', {}, false],
  ['with null', { deletionTimestamp: null }, false],
  ['with a time', { deletionTimestamp: '2025-06-01T00:00:00Z' }, true],
])('an object %s is in deletion: %#', (_what, metadata, is) => expect(isDeleting({ metadata })).toBe(is));

const owner = (uid: string) => ({ apiVersion: 'v1', kind: 'X', name: 'same', uid });

test.each([
  ['by nobody', null, false],
  ['by none', [], false],
  // A name says nothing: it may be that of one that is gone.
  ['by another of the name', [owner('uid-2')], false],
  ['by it', [owner('uid-1')], true],
  ['by it beside another', [owner('uid-2'), owner('uid-1')], true],
])('owned %s: %#', (_what, ownerReferences, is) => {
  expect(isOwnedBy({ metadata: { ownerReferences } }, 'uid-1')).toBe(is);
});
