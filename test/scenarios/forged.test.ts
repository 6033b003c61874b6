import { describe, expect, test } from '@jest/globals';
import * as all from '../../functions/index.ts';
import fixHandle from '../../functions/fix-handle/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Scenario } from '../../sandbox/scenarios/scenario.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../shared/function.ts';
import { eventOf, runnerOf } from './deliver.ts';
import type { World } from './world.ts';
import { converge, digest, inWorld, writesOf } from './world.ts';

const byName = all as Record<string, AnyFunction>;

/** Where each of them has something to do; what two of them do together needs the other's part first. */
const worlds: readonly (readonly [keyof typeof all, string | Scenario, AnyFunction?])[] = [
  ['checkCapability', 'mixed-storage'],
  ['drillRestore', 'wrong-handle'],
  ['fixHandle', 'wrong-handle'],
  ['preflightRestore', 'restore-hanging'],
  ['rebuildSnapshot', 'lost-snapshot'],
  ['recordConsistency', 'consistent'],
  ['rediscoverTarget', 'target-reconnected'],
  ['relinkVmbackup', 'wrong-handle', fixHandle],
  ['verifyBackup', 'wrong-handle'],
];

/** Lies: about an object that is there, and of ones that are not there and name those that are. */
const lies: readonly (readonly [string, (object: any) => void])[] = [
  ['another uid', ({ metadata }) => (metadata.uid = '00000000-0000-4000-8000-000000000000')],
  ['a version of the future', ({ metadata }) => (metadata.resourceVersion = '99999999')],
  ['in deletion', ({ metadata }) => (metadata.deletionTimestamp = '2026-01-01T00:00:00Z')],
  ['no annotations, labels, finalizers or owners', (object) => (object.metadata = bare(object))],
  ['ready', (object) => (object.status = { ...object.status, readyToUse: true, complete: true, state: 'Completed' })],
  ['failed', (object) => (object.status = { readyToUse: false, state: 'Error', error: { message: 'made-up' } })],
  ['bound elsewhere', (object) => (object.status = { ...object.status, boundVolumeSnapshotContentName: 'made-up' })],
  [
    'a handle of another volume',
    ({ spec, status }) => {
      if (spec?.source) spec.source = { ...spec.source, snapshotHandle: 'bak://pvc-made-up/backup-made-up' };
      if (status?.snapshotHandle) status.snapshotHandle = 'bak://pvc-made-up/backup-made-up';
      if (status?.volumeName) status.volumeName = 'pvc-made-up';
    },
  ],
  ['made up, and naming all that the real one names', (object) => (object.metadata = invented(object))],
  [
    'made up, with a wrong handle of the real backup',
    (object) => {
      object.metadata = invented(object);
      const { source } = object.spec ?? {};
      const backup = String(source?.snapshotHandle ?? '')
        .split('/')
        .at(-1);
      if (backup) source.snapshotHandle = `bs://made-up/${backup}`;
      if (object.status?.snapshotHandle) object.status.snapshotHandle = `bs://made-up/${backup}`;
    },
  ],
  ['deleted by policy', ({ spec }) => spec?.deletionPolicy && (spec.deletionPolicy = 'Delete')],
];
const invented = ({ metadata }: KubeObject) => ({
  ...metadata,
  name: 'made-up',
  uid: '00000000-0000-4000-8000-000000000000',
  resourceVersion: '99999999',
});
const bare = ({ metadata: { name, namespace, uid, resourceVersion } }: KubeObject) => ({
  name,
  uid,
  resourceVersion,
  ...(namespace !== undefined && { namespace }),
});

const sweepAsked = { specversion: '1.0', id: 'e-2', source: '/test', type: 'dev.gleaner.sweep' };

/** What was taken in a world bears a random uid. */
const named = (writes: string[]) => writes.map((one) => one.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID')).sort();

/** All that is there and that it watches. */
const watchedBy = async (fn: AnyFunction, { sandbox }: World): Promise<KubeObject[]> => {
  const lists = fn.watches.map(({ kind }) => sandbox.client.list(`${kinds[kind].apiVersion}/${kind}`));
  return (await Promise.all(lists)).flat();
};

/** What a sweep does, again and again until there is no more. */
async function inEarnest(fn: AnyFunction, world: World): Promise<void> {
  const runner = runnerOf(fn, world);
  for (let before = -1; before !== writesOf(world).length; await world.sandbox.settle()) {
    before = writesOf(world).length;
    await runner.answer(fn.name, () => sweepAsked);
  }
}

/** Every lie about every object. */
async function lyingly(fn: AnyFunction, world: World): Promise<number[]> {
  const runner = runnerOf(fn, world);
  const objects = await watchedBy(fn, world);
  const statuses = new Set<number>();
  for (const [, lie] of lies) {
    for (const object of objects) {
      const lying = structuredClone(object);
      lie(lying);
      for (const type of ['add', 'update', 'delete']) {
        statuses.add((await runner.answer(fn.name, () => eventOf(lying, type))).statusCode);
      }
    }
  }
  await world.sandbox.settle();
  return [...statuses];
}

describe('lies do what a sweep does, and nothing else', () => {
  test('every function is tried', () => {
    const todo = 'give each a world in which it has something to do, in worlds of test/scenarios/forged.test.ts';
    const tried = worlds.map(([name]) => name);
    expect({ [todo]: tried.sort() }).toEqual({ [todo]: Object.keys(byName).sort() });
  });

  test.each(worlds)('%s', async (...[name, scenario, before]) => {
    const fn = byName[name]!;
    const run = (act: (fn: AnyFunction, world: World) => Promise<unknown>) =>
      inWorld({ scenario, tickMs: 2 }, async (world) => {
        await world.sandbox.settle();
        if (before !== undefined) await converge(world, { functions: [before] });
        world.sandbox.api.clearRequests();
        const statuses = await act(fn, world);
        // What a lie left undone is done by the next sweep; what it did is not done again.
        await inEarnest(fn, world);
        return { statuses, writes: named(writesOf(world)), end: await digest(world), worse: world.worse };
      });

    const right = await run(inEarnest);
    const lied = await run(lyingly);

    const idle = right.writes.length === 0 && fn.name !== 'drill-restore';
    expect(idle ? `${name} writes nothing in its world: give it another in worlds above` : '').toBe('');
    expect(lied.worse).toEqual([]);
    for (const status of lied.statuses as number[]) expect([200, 204]).toContain(status);
    expect({ writes: lied.writes, end: lied.end }).toEqual({ writes: right.writes, end: right.end });
  });
});
