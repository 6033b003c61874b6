import { expect, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { UnreadableError } from '../../../shared/ports/errors.ts';
import { fromLists } from '../../../shared/kube/listed.ts';
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
  const view = fromLists(reader, () => true, mostKept);
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
