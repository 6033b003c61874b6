import { expect, test } from '@jest/globals';
import { readerFor } from '../../cli/capability/reader.ts';
import { ForbiddenError, RetryableError } from '../../shared/ports/errors.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** A volume, in lists of which so many fail. */
function setUp(error: Error, times: number) {
  let [left, lists] = [times, 0];
  const reader = {
    async *list() {
      lists++;
      if (left-- > 0) throw error;
      yield { metadata: { name: 'pvc-1', namespace: 'longhorn-system' } };
    },
  } as unknown as Reader;
  const one = readerFor(reader, true);
  return { ask: () => one.get('Volume', 'pvc-1', 'longhorn-system'), lists: () => lists };
}

test('a list that fails once is read again for the next volume', async () => {
  const { ask, lists } = setUp(new RetryableError('busy', 503), 1);
  await expect(ask()).rejects.toThrow('busy');
  expect(await ask()).toBeDefined();
  expect(await ask()).toBeDefined();
  expect(lists()).toBe(2);
});

test('a right that is missing is missing for every volume', async () => {
  const { ask, lists } = setUp(new ForbiddenError('forbidden', 403), Infinity);
  await expect(ask()).rejects.toThrow('forbidden');
  await expect(ask()).rejects.toThrow('forbidden');
  expect(lists()).toBe(1);
});
