import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { restoreContentName, restoreSnapshotName } from '../../../shared/domain/restore-names.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

test('short names are only joined', async () => {
  expect(await restoreSnapshotName('r', 'n')).toBe('restore-r-n');
  expect(await restoreContentName('ns', 'r', 'n')).toBe('restore-ns-r-n');
});

// `restore-r-` is ten characters: the 57th is the 47th of the entry's name.
test.each([
  ['of 63 characters, whole', 'n'.repeat(53), (full: string) => full],
  ['of 64, cut', 'n'.repeat(54), (full: string) => `${full.slice(0, 57)}-${sha(full).slice(0, 5)}`],
  ['cut behind a letter', 'n'.repeat(80), (full: string) => `${full.slice(0, 57)}-${sha(full).slice(0, 5)}`],
  [
    'cut behind a digit',
    `${'n'.repeat(46)}7${'n'.repeat(33)}`,
    (full: string) => `${full.slice(0, 57)}-${sha(full).slice(0, 5)}`,
  ],
  [
    'cut before a hyphen',
    `${'n'.repeat(46)}-${'n'.repeat(33)}`,
    (full: string) => `${full.slice(0, 56)}-${sha(full).slice(0, 6)}`,
  ],
  [
    'cut before a dot',
    `${'n'.repeat(46)}.${'n'.repeat(33)}`,
    (full: string) => `${full.slice(0, 56)}-${sha(full).slice(0, 6)}`,
  ],
])('a name %s', async (_when, entry, wanted) => {
  expect(await restoreSnapshotName('r', entry)).toBe(wanted(`restore-r-${entry}`));
});

test('the pair that a Harvester 1.4 made', async () => {
  const entry = 'web-nightly-volume-web-disk-0-x4m2t';
  expect(await restoreSnapshotName('restore-web-7kq2p', entry)).toBe(
    'restore-restore-web-7kq2p-web-nightly-volume-web-disk-0-x4m2t',
  );
  expect(await restoreContentName('finance', 'restore-web-7kq2p', entry)).toBe(
    'restore-finance-restore-web-7kq2p-web-nightly-volume-web-2438fc',
  );
});

test('is at most 63 characters, and begins as the whole', async () => {
  const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,60}[a-z0-9])?$/);
  await fc.assert(
    fc.asyncProperty(part, part, part, async (namespace, restore, entry) => {
      const one = await restoreContentName(namespace, restore, entry);
      expect(one.length).toBeLessThanOrEqual(63);
      expect(`restore-${namespace}-${restore}-${entry}`.startsWith(one.slice(0, 56))).toBe(true);
    }),
  );
});
