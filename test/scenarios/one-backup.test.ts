/** Several volumes that record one Longhorn Backup: a content on Delete is the power to erase it, and one is the most. */
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../sandbox/api/types.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import type { Disk } from '../../sandbox/scenarios/chain.ts';
import { partsOf, recoveredChain } from '../../sandbox/scenarios/chain.ts';
import type { Scenario } from '../../sandbox/scenarios/index.ts';
import { converge, digest, everyFunction, hurried, inWorld, sweepAll, writesOf } from './world.ts';

const options = { functions: everyFunction, ...hurried };
const web = { name: 'web', longhorn: '1.9' } as const;
const { volume, backup } = partsOf(web, { claim: 'a' });
const chain = (name: string, ...disks: Disk[]) =>
  recoveredChain({ ...web, name, disks }).map((part) => structuredClone(part));
const wrong = (claim: string): Disk => ({ claim, handle: `bs://${claim}/${backup}` });
/** The VMBackup's volumes from the second on record the backup of the first, and change as told. */
const sharing = (objects: KubeObject[], change: (entry: any) => void = () => undefined) => {
  for (const { kind, status } of objects) {
    if (kind !== 'VirtualMachineBackup') continue;
    for (const entry of status.volumeBackups.slice(1)) {
      entry.longhornBackupName = backup;
      entry.persistentVolumeClaim.spec.volumeName = volume;
      change(entry);
    }
  }
  return objects;
};
/** Both volumes use the pair of the first, and there is no other. */
const onePair = (first: Disk) =>
  sharing(chain('web', first, wrong('b')), (entry) => void (entry.name = 'web-volume-a')).filter(
    ({ metadata }) => !metadata.name.startsWith('web-volume-b'),
  );

const toTakeDelete = make.annotated({ 'gleaner.dev/deletion-policy': 'Delete' });

interface Row {
  readonly when: string;
  readonly objects: () => KubeObject[];
  /** How many contents on Delete name the backup in the end. */
  readonly armed: number;
}

const rows: Row[] = [
  {
    when: 'two volumes, each with a right pair of a backup of its own',
    objects: () => chain('web', { claim: 'a', handle: 'right' }, { claim: 'b', handle: 'right' }),
    armed: 1,
  },
  {
    when: 'two volumes, each with a wrong pair of a backup of its own',
    objects: () => chain('web', { claim: 'a' }, { claim: 'b' }),
    armed: 1,
  },
  {
    when: 'two volumes that record one backup, one pair on Delete and right, the other on Retain by somebody’s wish',
    objects: () =>
      sharing(
        chain(
          ...(['web', { claim: 'a', handle: 'right' }] as const),
          ...([{ claim: 'b', handle: `bak://${volume}/${backup}`, policy: 'Retain' }] as const),
        ),
      ),
    armed: 1,
  },
  {
    when: 'two volumes that record one backup, both with a wrong pair on Delete',
    objects: () => sharing(chain('web', wrong('a'), wrong('b'))),
    armed: 0,
  },
  {
    when: 'two volumes that record one backup, one with a right pair on Delete, one with a wrong one',
    objects: () => sharing(chain('web', { claim: 'a', handle: 'right' }, wrong('b'))),
    armed: 1,
  },
  {
    when: 'two volumes that record one backup, and both pairs are lost',
    objects: () =>
      sharing(chain('web', wrong('a'), wrong('b'))).filter(({ kind }) => !kind.startsWith('VolumeSnapshot')),
    armed: 0,
  },
  {
    when: 'two volumes that use one wrong pair',
    objects: () => onePair(wrong('a')),
    armed: 1,
  },
  {
    when: 'two volumes that use one right pair, which is to take Delete',
    objects: () => {
      const objects = onePair({ claim: 'a', handle: 'right', policy: 'Retain' });
      for (const part of objects) if (part.kind === 'VolumeSnapshotContent') toTakeDelete(part);
      return objects;
    },
    armed: 0,
  },
  {
    when: 'one volume twice, with a wrong pair each of one backup',
    objects: () => sharing(chain('web', wrong('a'), wrong('b')), (entry) => void (entry.volumeName = 'disk-0')),
    armed: 0,
  },
  {
    when: 'three volumes that record one backup, each with a wrong pair on Delete',
    objects: () => sharing(chain('web', wrong('a'), wrong('b'), wrong('c'))),
    armed: 0,
  },
];

describe.each(rows)('$when', ({ objects, armed }) => {
  test(`of the contents of one backup ${armed} are on Delete in the end, and nothing is lost`, async () => {
    const scenario: Scenario = { name: 'one-backup', describe: '', harvester: '1.6', longhorn: '1.9', objects };
    await inWorld({ scenario }, async (world) => {
      const before = await digest(world);
      await converge(world, options);
      const { contents, store, losses } = await digest(world);
      const named = contents.filter((content) => content.includes(`/${backup} `));
      expect(named.filter((content) => content.endsWith(' Delete'))).toHaveLength(armed);
      expect({ store, losses, worse: world.worse }).toEqual({ store: before.store, losses: [], worse: [] });
      world.sandbox.api.clearRequests();
      await sweepAll(world, options);
      expect(writesOf(world)).toEqual([]);
    });
  });
});
