import { describe, expect, test } from '@jest/globals';
import { countCalls } from '../../../bench/count.ts';
import type { Calls } from '../../../bench/count.ts';
import { RetryableError, UnreadableError } from '../../../shared/ports/errors.ts';
import { memoize } from '../../../shared/kube/memoize.ts';
import type { ListOptions, Reader } from '../../../shared/ports/reader.ts';
import type { Writer } from '../../../shared/ports/writer.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { snapshotJson } from './stub.ts';

const snapshots = ['a', 'b'].map((name) => schemas.VolumeSnapshot.parse(snapshotJson(name)));

/** Two snapshots and one unreadable object in between. Does not: filter by selector, hold other kinds. */
function world(): { reader: Reader; calls: Calls; failNext: () => void } {
  let failing = false;
  const reader = {
    get: async (_kind: string, name: string) => {
      if (failing) {
        failing = false;
        throw new RetryableError('later');
      }
      return snapshots.find((snapshot) => snapshot.metadata.name === name);
    },
    async *list(_kind: string, options?: ListOptions) {
      yield snapshots[0];
      options?.onUnreadable?.(new UnreadableError({ kind: 'VolumeSnapshot', name: 'odd' }, 'metadata.uid'));
      yield snapshots[1];
    },
  } as unknown as Reader;
  const calls: Calls = { gets: 0, lists: 0, writes: 0 };
  const counted = countCalls({ reader, writer: {} as Writer }, calls);
  return { reader: memoize(counted.reader), calls, failNext: () => (failing = true) };
}

const namesOf = async (items: AsyncIterable<{ metadata: { name: string } }>) => {
  const names: string[] = [];
  for await (const item of items) names.push(item.metadata.name);
  return names;
};

describe('memoize', () => {
  test('an object is read once, absent ones too, also when asked for at the same time', async () => {
    const { reader, calls } = world();

    const [one, two] = await Promise.all([
      reader.get('VolumeSnapshot', 'a', 'prod'),
      reader.get('VolumeSnapshot', 'a', 'prod'),
    ]);
    await reader.get('VolumeSnapshot', 'none', 'prod');
    await reader.get('VolumeSnapshot', 'none', 'prod');

    expect(one).toBe(two);
    expect(calls.gets).toBe(2);
  });

  test('a failed read is made again', async () => {
    const { reader, failNext } = world();
    failNext();

    await expect(reader.get('VolumeSnapshot', 'a', 'prod')).rejects.toBeInstanceOf(RetryableError);
    expect(await reader.get('VolumeSnapshot', 'a', 'prod')).toBeDefined();
  });

  test('a list is read once, by any number of readers at their own pace, and fills in for later gets', async () => {
    const { reader, calls } = world();
    const odd: string[] = [];

    for await (const first of reader.list('VolumeSnapshot', { namespace: 'prod' })) {
      expect(first.metadata.name).toBe('a');
      break;
    }
    const lists = await Promise.all([
      namesOf(reader.list('VolumeSnapshot', { namespace: 'prod' })),
      namesOf(
        reader.list('VolumeSnapshot', { namespace: 'prod', onUnreadable: ({ object }) => odd.push(object.name) }),
      ),
    ]);
    await reader.get('VolumeSnapshot', 'b', 'prod');

    expect(lists).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(odd).toEqual(['odd']);
    expect(calls).toEqual({ gets: 0, lists: 1, writes: 0 });
  });
});
