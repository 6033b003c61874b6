import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../sandbox/api/types.ts';
import { findScenario } from '../../sandbox/scenarios/index.ts';
import { compareTriage } from './agreement.ts';
import type { BrokenWorld } from './fuzz/arbitraries.ts';
import { brokenWorld } from './fuzz/arbitraries.ts';
import { scenarioOf } from './fuzz/build.ts';
import { cases } from './fuzz/cases.ts';
import type { Parts, Shape } from './odd/static.ts';
import { build, handle, one, without } from './odd/static.ts';
import { everyScenario } from './world.ts';

/**
 * A triage may look closer at what is well, which costs reads. It must not leave what a closer look would act on or
 * report: nobody would look at it until something happens to it.
 *
 * FUZZ_WORLDS says how many broken clusters are tried, FUZZ_SEED where to begin.
 */
const worlds = Number(process.env.FUZZ_WORLDS ?? 300);
const seed = Number(process.env.FUZZ_SEED ?? 1);

function objectsOf(world: BrokenWorld) {
  const scenario = scenarioOf(world);
  return scenario.objects(scenario);
}

const web =
  (change: (parts: Parts) => unknown, shape: Shape = {}) =>
  () => {
    const parts = one('web', shape);
    change(parts);
    return parts.all;
  };
/** Without a remote backup: all of it is on the cluster. */
const onlyHere = (parts: Parts) => {
  parts.vmb.spec.type = 'snapshot';
  handle(parts, 'snap://pvc-1/snapshot-1');
};

const rows: readonly (readonly [name: string, objects: () => KubeObject[]])[] = [
  ['a recovered VMBackup', web(() => undefined)],
  ['a VMBackup whose snapshots were taken here', web(() => undefined, { local: true })],
  ['a VMBackup of type snapshot', web(onlyHere)],
  ['a content that does not give the uid of its snapshot yet', web(({ vsc }) => delete vsc.spec.volumeSnapshotRef.uid)],
  ['a content that does not say whether it is ready', web(({ vsc }) => delete vsc.status.readyToUse)],
  ['a content without status', web(({ vsc }) => delete vsc.status)],
  [
    'a ready snapshot that does not say to which content it is bound',
    web(({ vs }) => delete vs.status.boundVolumeSnapshotContentName),
  ],
  ['a content with an empty handle', web((parts) => handle(parts, ''))],
  [
    'a snapshot that names a content which was taken here',
    web((parts) => {
      parts.vsc.spec.source = { volumeHandle: parts.volume };
    }),
  ],
  [
    'a snapshot that was taken here, bound to a content made by hand',
    web((parts) => {
      parts.vs.spec.source = { persistentVolumeClaimName: parts.claim };
    }),
  ],
  [
    'a VMBackup of type snapshot, whose content has an error',
    web((parts) => {
      onlyHere(parts);
      parts.vsc.status.error = { message: 'cannot be reached', time: '2025-03-02T01:05:11Z' };
    }),
  ],
  [
    'a VMBackup of type snapshot, whose handle cannot be read and whose content has an error',
    web((parts) => {
      onlyHere(parts);
      handle(parts, 'junk').vsc.status.error = { message: 'cannot be reached', time: '2025-03-02T01:05:11Z' };
    }),
  ],
  [
    'a VMBackup that does not record its Longhorn Backup',
    web(({ vmb }) => delete vmb.status.volumeBackups[0].longhornBackupName),
  ],
  [
    'a VMBackup that records another volume',
    web(({ vmb }) => (vmb.status.volumeBackups[0].persistentVolumeClaim.spec.volumeName = 'pvc-other')),
  ],
  ['a VMBackup that names no snapshot', web(({ vmb }) => delete vmb.status.volumeBackups[0].name)],
  [
    'a VMBackup whose StorageClass is not there',
    web(({ vmb }) => (vmb.status.volumeBackups[0].persistentVolumeClaim.spec.storageClassName = 'gone')),
  ],
  ['a Longhorn Backup on another target', web(({ bk }) => (bk.status.backupTargetName = 'other'))],
  ['a Longhorn Backup of younger data', web(({ bk }) => (bk.status.backupCreatedAt = '2025-03-03T01:05:00Z'))],
  [
    'data taken here that is younger than the VMBackup',
    web(({ vsc }) => (vsc.status.creationTime = Date.parse('2025-03-03T01:05:00Z') * 1e6), { local: true }),
  ],
  [
    'data taken here long after the VMBackup was asked for',
    web(
      ({ vmb, vsc }) => {
        vmb.status.creationTime = '2025-03-03T02:00:00Z';
        vsc.status.creationTime = Date.parse('2025-03-03T01:05:00Z') * 1e6;
      },
      { local: true },
    ),
  ],
  [
    'a snapshot in another VMBackup’s hands',
    web(({ vs }) => (vs.metadata.ownerReferences[0].uid = '00000000-0000-4000-8000-000000000000')),
  ],
  ['no content', () => without(one('web'), 'VolumeSnapshotContent')],
  ['no content of a snapshot that was taken here', () => without(one('web', { local: true }), 'VolumeSnapshotContent')],
  [
    'a second BackupVolume, which cannot be read',
    () => {
      const { all, bv } = one('web');
      const twin = structuredClone(bv);
      twin.metadata.name += '-twin';
      delete twin.metadata.uid;
      return [...all, twin];
    },
  ],
  [
    'a snapshot that was taken here, of a Longhorn Backup that cannot be read',
    web(({ bk }) => (bk.status.snapshotCreatedAt = 7), { local: true }),
  ],
  [
    'a complete Longhorn Backup that names no volume, and no VMBackup records it',
    () => {
      const { bk } = one('web');
      bk.status.volumeName = '';
      return [bk];
    },
  ],
  [
    'a complete Longhorn Backup whose label names another volume, and no VMBackup records it',
    () => {
      const { bk } = one('web');
      bk.metadata.labels = { ...bk.metadata.labels, 'backup-volume': 'pvc-other' };
      return [bk];
    },
  ],
  [
    'a Longhorn Backup that Longhorn is reading from the target',
    () => {
      const { bk } = one('web');
      delete bk.spec.snapshotName;
      bk.metadata.creationTimestamp = new Date().toISOString();
      bk.status = { state: '' };
      return [bk];
    },
  ],
  ...(['OtherDriver', 'snap', 'junk'] as const).map(
    (kind) =>
      [
        `a right pair, and of its former one a content alone: ${kind}`,
        () => {
          const parts = one('web', { snapshot: 'web-volume-web-disk-snap-revise' });
          const former: any = build.content({
            snapshot: 'web-volume-web-disk',
            handle: kind === 'junk' ? 'junk' : kind === 'snap' ? 'snap://pvc-1/s-1' : parts.right,
            policy: 'Retain',
          });
          if (kind === 'OtherDriver') former.spec.driver = 'lvm.driver.harvesterhci.io';
          return [...parts.all, former];
        },
      ] as const,
  ),
];

describe('what a triage leaves, a closer look leaves', () => {
  test.each(rows)('%s', async (_name, objects) => {
    const { wrong } = await compareTriage(
      [...one('well').all, ...one('fine', { local: true }).all, ...objects()],
      Date.now(),
    );
    expect(wrong).toEqual([]);
  });

  test.each(everyScenario)('%s', async (name) => {
    const scenario = findScenario(name);
    const { wrong } = await compareTriage(scenario.objects(scenario), Date.now());
    expect(wrong).toEqual([]);
  });

  test.each(Object.entries(cases))('%s', async (_name, world) => {
    const { wrong } = await compareTriage(objectsOf(world), Date.now());
    expect(wrong).toEqual([]);
  });

  test(`${worlds} clusters broken at random`, async () => {
    const left = new Map<string, number>();
    const property = fc.asyncProperty(brokenWorld, async (world) => {
      const compared = await compareTriage(objectsOf(world), Date.now());
      for (const [fn, count] of compared.left) left.set(fn, (left.get(fn) ?? 0) + count);
      expect(compared.wrong).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: worlds });
    // Triages that leave nothing would always agree.
    const functions = ['fix-handle', 'relink-vmbackup', 'rebuild-snapshot', 'verify-backup', 'rediscover-target'];
    expect([...left.keys()]).toEqual(expect.arrayContaining(functions));
    for (const [fn, count] of left) expect([fn, count >= worlds / 2]).toEqual([fn, true]);
  });
});
