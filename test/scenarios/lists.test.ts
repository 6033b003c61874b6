/** Lists are the dearest requests there are: how many a look takes must not depend on how much there is to look at. */
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../sandbox/api/types.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import type { Disk } from '../../sandbox/scenarios/chain.ts';
import { longhornPart, recoveredChain } from '../../sandbox/scenarios/chain.ts';
import type { Scenario } from '../../sandbox/scenarios/index.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { observe } from '../../functions/relink-vmbackup/observe.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { World } from './world.ts';
import { everyFunction, inWorld } from './world.ts';

const many = (count: number, one: (i: number) => KubeObject[]) =>
  Array.from({ length: count }, (_, i) => one(i)).flat();
const chain = (name: string, disk: Partial<Disk> = {}, namespace = 'prod') =>
  recoveredChain({ name, namespace, disks: [{ claim: `${name}-disk`, ...disk }], longhorn: '1.9' }).map((part) =>
    structuredClone(part),
  );
const unclaimed = (i: number, namespace = 'prod') => chain(`left-${i}`, { handle: 'right' }, namespace);
const without = (objects: KubeObject[], ...kinds: string[]) => objects.filter(({ kind }) => !kinds.includes(kind));
const ownerless = (objects: KubeObject[]) => {
  for (const { metadata } of objects) delete metadata.ownerReferences;
  return objects;
};
/** As `fix-handle` leaves it: the right pair is in use, and what it stands in for is still there. */
const switched = (name: string) => {
  const revised = `${name}-volume-${name}-disk-snap-revise`;
  const parts = chain(name, { handle: 'right', policy: 'Retain', snapshot: revised });
  const note = make.annotated({
    'gleaner.dev/deletion-policy': 'Delete',
    'gleaner.dev/replaces': `${name}-volume-${name}-disk-vsc`,
  });
  for (const part of parts) if (part.kind === 'VolumeSnapshotContent') note(part);
  return [...parts, ...chain(name).filter(({ kind }) => kind.startsWith('VolumeSnapshot'))];
};

/** List requests by kind. */
async function listsOf(objects: () => KubeObject[], look: (world: World) => Promise<unknown>) {
  const scenario: Scenario = { name: 'many', describe: '', harvester: '1.6', longhorn: '1.9', objects };
  return inWorld({ scenario, tickMs: 60_000 }, async (world) => {
    world.sandbox.api.clearRequests();
    await look(world);
    const lists: Record<string, number> = {};
    for (const { userAgent, verb, kind } of world.sandbox.api.requests()) {
      if (userAgent?.startsWith('gleaner') && verb === 'list') lists[kind] = (lists[kind] ?? 0) + 1;
    }
    return lists;
  });
}

/** Looks and writes nothing. Answers what it found. */
async function scan({ client: { reader } }: World): Promise<number> {
  let found = 0;
  const configOf = (fn: any): unknown => fn.config.parse({});
  for await (const _swept of sweep({ functions: everyFunction, reader, configOf })) found++;
  return found;
}

describe('a sweep takes as many lists over a hundred as over ten', () => {
  test.each<[string, (i: number) => KubeObject[]]>([
    ['VMBackups that are well', (i) => chain(`web-${i}`, { handle: 'right' })],
    ['snapshots that nobody claims', (i) => ownerless(without(unclaimed(i), 'VirtualMachineBackup'))],
    [
      'snapshots that nobody claims, each in a namespace of its own',
      (i) => [make.namespaceObject(`ns-${i}`), ...ownerless(without(unclaimed(i, `ns-${i}`), 'VirtualMachineBackup'))],
    ],
    [
      'snapshots that nobody claims and a claim waits for',
      (i) => [
        ...ownerless(without(unclaimed(i), 'VirtualMachineBackup')),
        make.claim(`waiting-${i}`, 'prod', (claim) => {
          const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot' };
          claim.spec.dataSource = { ...dataSource, name: `left-${i}-volume-left-${i}-disk` };
          claim['status'] = { phase: 'Pending' };
        }),
      ],
    ],
    ['contents that nobody claims', (i) => ownerless(without(unclaimed(i), 'VirtualMachineBackup', 'VolumeSnapshot'))],
    [
      'backups that nobody claims',
      (i) => longhornPart({ name: `left-${i}`, disks: [{ claim: `left-${i}-disk` }], longhorn: '1.9' }),
    ],
  ])('%s', async (_name, one) => {
    const [few, lots] = [await listsOf(() => many(10, one), scan), await listsOf(() => many(100, one), scan)];
    expect(lots).toEqual(few);
  });
});

describe('a sweep takes as many lists over a hundred closer looks as over thirty', () => {
  test.each<[string, (i: number) => KubeObject[]]>([
    ['wrong handles', (i) => chain(`web-${i}`)],
    ['right pairs that are to take Delete, beside old ones', (i) => switched(`web-${i}`)],
    ['lost pairs', (i) => without(chain(`web-${i}`), 'VolumeSnapshot', 'VolumeSnapshotContent')],
    ['lost snapshots', (i) => without(chain(`web-${i}`), 'VolumeSnapshot')],
    ['lost backups', (i) => without(chain(`web-${i}`), 'Backup')],
    ['lost BackupVolumes', (i) => without(chain(`web-${i}`), 'BackupVolume')],
  ])('%s', async (_name, one) => {
    const [few, lots] = [await listsOf(() => many(30, one), scan), await listsOf(() => many(100, one), scan)];
    expect(lots).toEqual(few);
  });
});

/** An event is looked into without the memory of a sweep: each list that is asked for twice is made twice. */
describe('a look at one VMBackup takes as many lists for ten volumes as for two', () => {
  const web = ref('VirtualMachineBackup', 'web', 'prod');
  const volumes = (count: number, disk: Partial<Disk>) =>
    recoveredChain({
      name: 'web',
      disks: Array.from({ length: count }, (_, i) => ({ claim: `disk-${i}`, ...disk })),
      longhorn: '1.9',
    }).map((part) => structuredClone(part));
  const toTakeDelete = make.annotated({ 'gleaner.dev/deletion-policy': 'Delete' });
  const armed = (objects: KubeObject[]) => {
    for (const part of objects) if (part.kind === 'VolumeSnapshotContent') toTakeDelete(part);
    return objects;
  };
  test('that are to take Delete', async () => {
    const listsFor = (count: number) =>
      listsOf(
        () => armed(volumes(count, { handle: 'right', policy: 'Retain' })),
        ({ client }) => observe(client.reader, web),
      );
    expect(await listsFor(10)).toEqual(await listsFor(2));
  });
});
