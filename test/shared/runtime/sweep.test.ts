import { expect, test } from '@jest/globals';
import type { AnyFunction } from '../../../shared/function.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { sweep } from '../../../shared/runtime/sweep.ts';
import { TerminalError } from '../../../shared/ports/errors.ts';
import { snapshotJson } from '../kube/stub.ts';
import { tiny } from './tiny.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const snapshots = names.map((name) => schemas.VolumeSnapshot.parse(snapshotJson(name)));

/** Looks at every snapshot; the first looks take longest. `failing` never ends well. */
function setUp(failing?: string) {
  let begun = 0;
  const fn: AnyFunction = {
    ...tiny,
    triage: (item) =>
      item.what === 'snapshot'
        ? { subjects: [{ kind: 'VolumeSnapshot', name: item.snapshot.metadata.name }] }
        : { subjects: [] },
    async observe(_reader, subject) {
      for (let turn = 4 * (names.length - begun++); turn > 0; turn--) await new Promise(setImmediate);
      if (subject.name === failing) throw new TerminalError('boom');
      return subject;
    },
    plan: (subject) => ({
      findings: [{ subject, reason: 'VolumeLinked', message: 'well', actions: [] }],
    }),
  };
  const reader = {
    get: () => Promise.resolve(undefined),
    async *list(kind: string) {
      if (kind === 'VolumeSnapshot') yield* snapshots;
    },
    serves: () => Promise.resolve(false),
  };
  return { functions: [fn], reader: reader as any, configOf: () => ({}) };
}

const told = async (options: ReturnType<typeof setUp>) => {
  const order: string[] = [];
  for await (const swept of sweep(options)) {
    if (swept.kind === 'outcome') order.push(...swept.outcome.plan.findings.map(({ subject }) => subject.name));
    if (swept.kind === 'failure') order.push(`${swept.subject.name} failed`);
  }
  return order;
};

test('a sweep tells in the order in which it came across things, however long a look takes', async () => {
  expect(await told(setUp())).toEqual(names);
});

test('so it does of one that fails, and of those behind it', async () => {
  expect(await told(setUp('c'))).toEqual(['a', 'b', 'c failed', 'd', 'e', 'f']);
});
