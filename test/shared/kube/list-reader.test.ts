import { describe, expect, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { ForbiddenError, NotServedError, RetryableError, UnreadableError } from '../../../shared/ports/errors.ts';
import { createListReader } from '../../../shared/kube/list-reader.ts';
import type { Index, ListOptions, Reader } from '../../../shared/ports/reader.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { snapshotJson } from './stub.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const snapshot = (name: string) => schemas.VolumeSnapshot.parse(snapshotJson(name));
const { namespace } = snapshot('any').metadata;
const byName: Index<'VolumeSnapshot'> = {
  kind: 'VolumeSnapshot',
  name: 'by name',
  keysOf: ({ metadata }) => [metadata.name],
};

/** So many snapshots, made anew by whoever reads them. `held` is how many of them are still there. */
function setUp(count: number, mostKept: number) {
  const shown: WeakRef<object>[] = [];
  const calls = { gets: 0, lists: 0 };
  const make = (name: string) => {
    const made = snapshot(name);
    shown.push(new WeakRef(made));
    return made;
  };
  const reader = {
    get(_kind: KindName, name: string) {
      calls.gets++;
      return Promise.resolve(Number(name.slice(2)) < count ? make(name) : undefined);
    },
    async *list(_kind: KindName, { onUnreadable }: ListOptions) {
      calls.lists++;
      onUnreadable?.(new UnreadableError({ kind: 'VolumeSnapshot', name: 'odd', namespace }, 'spec: invalid_type'));
      for (let i = 0; i < count; i++) yield make(`s-${i}`);
    },
    serves: () => Promise.resolve(true),
  } as unknown as Reader;
  const view = createListReader(reader, () => true, mostKept);
  const held = async () => {
    await new Promise(setImmediate);
    collect();
    return shown.filter((one) => one.deref() !== undefined).length;
  };
  return {
    view,
    calls,
    held,
    get: async (name: string) => (await view.get('VolumeSnapshot', name, namespace)) !== undefined,
  };
}

test('few objects are listed once, and all answers come from there', async () => {
  const { get, view, calls, held } = setUp(10, 10);
  expect([await get('s-3'), await get('s-9'), await get('s-10')]).toEqual([true, true, false]);
  await expect(get('odd')).rejects.toThrow('spec: invalid_type');
  expect(await view.indexed!(byName, 's-3')).toHaveLength(1);
  expect(calls).toEqual({ gets: 0, lists: 1 });
  expect(await held()).toBe(10);
});

test('of more than it keeps none is kept, and each is read by its name', async () => {
  const { get, calls, held } = setUp(11, 10);
  expect([await get('s-3'), await get('s-10'), await get('s-11')]).toEqual([true, true, false]);
  expect(calls).toEqual({ gets: 3, lists: 1 });
  expect(await held()).toBe(0);
});

test('what is looked for otherwise needs them all, and then names are found there too', async () => {
  const { get, view, calls } = setUp(11, 10);
  expect(await get('s-3')).toBe(true);
  expect(await view.indexed!(byName, 's-10')).toHaveLength(1);
  expect([await get('s-10'), await get('s-11')]).toEqual([true, false]);
  expect(calls).toEqual({ gets: 1, lists: 2 });
});

test('a list tells what it leaves out, of its namespace', async () => {
  const { view } = setUp(2, 10);
  const told = async (options: ListOptions) => {
    const names: string[] = [];
    const onUnreadable: ListOptions['onUnreadable'] = ({ object }) => void names.push(object.name);
    for await (const { metadata } of view.list('VolumeSnapshot', { ...options, onUnreadable }))
      names.push(metadata.name);
    return names;
  };
  expect(await told({})).toEqual(['s-0', 's-1', 'odd']);
  expect(await told({ namespace })).toEqual(['s-0', 's-1', 'odd']);
  expect(await told({ namespace: 'elsewhere' })).toEqual([]);
});

/** Fails so many calls, then answers; `odd` is unreadable in the first list that got that far, and readable later. */
function failing(error: Error, times: number) {
  let [left, calls] = [times, 0];
  const fail = () => {
    calls++;
    if (left-- > 0) throw error;
  };
  const reader = {
    get: (_kind: KindName, name: string) => Promise.resolve().then(() => (fail(), { metadata: { name }, value: 'x' })),
    async *list(_kind: KindName, { onUnreadable }: ListOptions) {
      if (left > 0)
        onUnreadable?.(new UnreadableError({ kind: 'VolumeSnapshot', name: 'a', namespace }, 'spec: invalid_type'));
      yield snapshot('b');
      fail();
      yield snapshot('a');
    },
    serves: () => Promise.resolve(true),
  } as unknown as Reader;
  return { view: createListReader(reader, () => true), calls: () => calls };
}

const asks: [string, (view: Reader) => Promise<unknown>][] = [
  ['an object', (view) => view.get('VolumeSnapshot', 'a', namespace)],
  ['a list', (view) => Array.fromAsync(view.list('VolumeSnapshot'))],
  ['an index', (view) => view.indexed!(byName, 'a')],
  ['what is unreadable', (view) => view.unreadable!('VolumeSnapshot')],
  ['a setting', (view) => view.get('Setting', 'backup-target')],
];

describe('a call that fails', () => {
  test.each(asks)('where %s is asked for is made again by the next that asks', async (_, ask) => {
    const { view, calls } = failing(new RetryableError('busy', 503), 1);
    const [first, beside] = await Promise.allSettled([ask(view), ask(view)]);
    expect([first.status, beside.status]).toEqual(['rejected', 'rejected']);
    expect(calls()).toBe(1);

    await ask(view);
    await ask(view);
    expect(calls()).toBe(2);
  });

  test('spoils nothing that other questions about the same kind get', async () => {
    const { view, calls } = failing(new RetryableError('busy', 503), 1);
    await expect(view.get('VolumeSnapshot', 'a', namespace)).rejects.toThrow('busy');
    for (const [, ask] of asks.slice(0, 3)) expect(await ask(view)).toBeTruthy();
    expect(await view.unreadable!('VolumeSnapshot')).toEqual([]);
    expect(calls()).toBe(2);
  });

  test.each([
    ['a missing right', new ForbiddenError('forbidden', 403)],
    ['a missing CRD', new NotServedError('not served', 404)],
  ])('for %s is not made again in the same view', async (_, error) => {
    const { view, calls } = failing(error, Infinity);
    for (let turn = 0; turn < 2; turn++) {
      for (const [, ask] of asks.slice(0, 4)) await expect(ask(view)).rejects.toBe(error);
    }
    expect(calls()).toBe(1);
  });
});
