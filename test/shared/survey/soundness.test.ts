import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { decodeOrThrow } from '../../../shared/kube/decode.ts';
import type { VolumeEntry } from '../../../shared/objects/types.ts';
import type { ChainState, PairState } from '../../../shared/survey-item.ts';
import {
  doubt,
  judgeListed,
  LINK_DOUBTS,
  LOCAL_DOUBTS,
  LOSS_DOUBTS,
  RESTORE_DOUBTS,
} from '../../../shared/survey/soundness.ts';

type Doubt = keyof typeof doubt;

const READY = '2025-03-02T01:05:30Z';
const ms = (time: string) => Date.parse(time);
const made = make.vmBackup({
  name: 'web',
  entries: [make.volumeEntry({ vmBackup: 'web', volumeName: 'disk-0', claim: 'c' })],
});
const vmBackup = decodeOrThrow('VirtualMachineBackup', {
  ...made,
  metadata: { resourceVersion: '1', ...made.metadata, creationTimestamp: '2025-03-02T01:05:00Z' },
  status: { ...made['status'], readyToUse: true, creationTime: READY },
});
const entry = vmBackup.status?.volumeBackups?.[0] as VolumeEntry;
const volume = entry.persistentVolumeClaim?.spec?.volumeName ?? '';
const backup = entry.longhornBackupName ?? '';

const pair: PairState = {
  ...{ hasSnapshot: true, hasContent: true, dynamic: false, unready: false, notRight: false, unfinished: false },
  ...{ unowned: false, hasOwnData: false },
  names: (name) => name === backup,
};
const taken = { dynamic: true, hasOwnData: true };
const chain: ChainState = {
  isOf: (name, of) => name === backup && of === volume,
  takenMs: () => ms('2025-03-02T01:05:00Z'),
  hasOneBackupVolume: (of) => of === volume,
  target: undefined,
  accused: () => false,
  hasClass: () => true,
};
const none: PairState = { ...pair, hasSnapshot: false, hasContent: false, unowned: true, names: () => false };

const doubts = (
  differs: { entry?: Partial<VolumeEntry>; pair?: Partial<PairState>; chain?: Partial<ChainState> } = {},
  withChain = true,
): Doubt[] => {
  const sum = judgeListed(
    vmBackup,
    { ...entry, ...differs.entry },
    { ...pair, ...differs.pair },
    withChain ? { ...chain, ...differs.chain } : undefined,
  );
  return (Object.keys(doubt) as Doubt[]).filter((one) => (sum & doubt[one]) !== 0);
};

const rows: readonly (readonly [string, Parameters<typeof doubts>[0] & object, readonly Doubt[]])[] = [
  ['a recovered volume', {}, []],
  ['a volume whose snapshot was taken here', { pair: taken }, []],
  ['one taken when the VMBackup was', { pair: { ...taken, takenAtMs: ms('2025-03-02T01:05:10Z') } }, []],
  ['one whose Backup does not say when it was taken', { chain: { takenMs: () => undefined } }, []],
  ['one that records no driver', { entry: { csiDriverName: '' } }, []],

  ['no snapshot is named', { entry: { name: '' } }, ['unnamed']],
  ['no Longhorn Backup is recorded', { entry: { longhornBackupName: '' } }, ['unrecorded', 'backup']],
  ['another driver', { entry: { csiDriverName: 'lvm.driver.harvesterhci.io' } }, ['otherDriver']],
  ['no volume is recorded', { entry: { persistentVolumeClaim: {} } }, ['backup', 'backupVolume']],
  ['no StorageClass of that name', { chain: { hasClass: () => false } }, ['storageClass']],

  ['no snapshot', { pair: { hasSnapshot: false } }, ['snapshotMissing']],
  ['a snapshot that is not ready', { pair: { unready: true } }, ['snapshotUnready']],
  ['a snapshot that it does not control', { pair: { unowned: true } }, ['snapshotUnowned']],

  ['no content', { pair: { hasContent: false } }, ['contentMissing']],
  ['a content taken here, which the snapshot names', { pair: { hasOwnData: true } }, ['contentMissing']],
  ['a snapshot taken here, on a content made by hand', { pair: { dynamic: true } }, ['contentMissing']],
  ['a wrong handle', { pair: { notRight: true } }, ['handle']],
  ['a content that is not ready', { pair: { unfinished: true } }, ['contentUnfinished']],
  ['a content of another backup', { pair: { names: () => false } }, ['otherBackup']],
  ['younger data, taken here', { pair: { ...taken, takenAtMs: ms('2025-03-02T01:30:00Z') } }, ['younger']],
  [
    'data of the next day, taken here',
    { pair: { ...taken, takenAtMs: ms('2025-03-03T01:30:00Z') } },
    ['younger', 'late'],
  ],
  ['a younger Backup', { chain: { takenMs: () => ms('2025-03-02T01:30:00Z') } }, ['younger']],

  ['no Backup of this volume', { chain: { isOf: () => false } }, ['backup']],
  ['no BackupVolume, or several', { chain: { hasOneBackupVolume: () => false } }, ['backupVolume']],
  ['nothing of the pair', { pair: none }, ['snapshotMissing', 'snapshotUnowned', 'contentMissing', 'otherBackup']],
];

describe('what the lists do not show to be right', () => {
  test.each(rows)('%s', (_what, differs, expected) => {
    expect(doubts(differs)).toEqual(expected);
  });

  test('of the rest of the chain nothing is shown where it is not surveyed', () => {
    expect(doubts({}, false)).toEqual(['storageClass', 'backup', 'backupVolume']);
  });

  test('each doubt is a bit of its own, and has a row', () => {
    const bits = Object.values(doubt);
    expect(bits.reduce((sum, one) => sum | one, 0)).toBe(2 ** bits.length - 1);
    expect([...new Set(rows.flatMap(([, , expected]) => expected))].sort()).toEqual(Object.keys(doubt).sort());
  });
});

describe('what a function looks closer for', () => {
  const named = (sum: number) => (Object.keys(doubt) as Doubt[]).filter((one) => (sum & doubt[one]) !== 0);
  test('verify-backup: anything that a restore may fail for', () => {
    expect(Object.keys(doubt).filter((one) => !named(RESTORE_DOUBTS).includes(one as Doubt))).toEqual(['late']);
  });
  test('verify-backup, of what is on the cluster alone', () => {
    expect(named(LOCAL_DOUBTS)).toEqual([
      'unnamed',
      'snapshotMissing',
      'snapshotUnready',
      'snapshotUnowned',
      'contentUnfinished',
    ]);
  });
  test('relink-vmbackup', () => {
    const taken = ['unnamed', 'unrecorded', 'otherDriver', 'snapshotMissing', 'snapshotUnready'];
    expect(named(LINK_DOUBTS.taken)).toEqual(taken);
    expect(named(LINK_DOUBTS.provisioned)).toEqual([
      ...taken,
      'contentMissing',
      'handle',
      'contentUnfinished',
      'otherBackup',
    ]);
  });
  test('rebuild-snapshot', () => {
    expect(named(LOSS_DOUBTS.taken)).toEqual(['snapshotMissing', 'contentMissing', 'otherBackup', 'younger', 'late']);
    expect(named(LOSS_DOUBTS.provisioned)).toEqual(['snapshotMissing', 'snapshotUnready', 'contentMissing']);
  });
});
