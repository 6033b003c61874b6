import { afterEach, expect, jest, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AnyFunction } from '../../../shared/function.ts';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { sweep } from '../../../shared/runtime/sweep.ts';
import { snapshotJson } from '../kube/stub.ts';
import { tiny } from './tiny.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

afterEach(() => void jest.restoreAllMocks());

test('a sweep that outlives its view of the world lets go of it before it takes another', async () => {
  let elapsedMs = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => elapsedMs);
  const shown: WeakRef<object>[] = [];
  /** How many objects of earlier lists are still there when a list begins. */
  const held: number[] = [];
  const reader = {
    get: () => Promise.resolve(undefined),
    async *list(kind: KindName) {
      if (kind !== 'VolumeSnapshot') return;
      await new Promise(setImmediate);
      collect();
      held.push(shown.filter((one) => one.deref() !== undefined).length);
      for (let i = 0; i < 300; i++) {
        const snapshot = schemas.VolumeSnapshot.parse(snapshotJson(`snapshot-${i}`));
        shown.push(new WeakRef(snapshot));
        yield snapshot;
      }
    },
    serves: () => Promise.resolve(false),
  } as unknown as Reader;
  const fn: AnyFunction = {
    ...tiny,
    needs: [{ group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get', 'list'] }],
    triage: (item) =>
      item.what === 'snapshot'
        ? { subjects: [ref('VolumeSnapshot', item.snapshot.metadata.name, item.snapshot.metadata.namespace)] }
        : { subjects: [] },
    observe(from, { name, namespace }) {
      elapsedMs += 500;
      return from.get('VolumeSnapshot', name, namespace);
    },
    plan: () => ({ findings: [] }),
  };
  const applier = { async *apply() {} };
  let looked = 0;
  for await (const one of sweep({ functions: [fn], reader, applier, configOf: () => ({}) })) {
    if (one.kind === 'outcome') looked++;
  }
  expect(looked).toBe(300);
  // The survey's, and three views' that were each good for a hundred looks.
  expect(held).toEqual([0, 0, 0, 0]);
});
