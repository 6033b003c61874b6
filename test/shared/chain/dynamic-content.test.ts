import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { delayAfterBackup, differenceFrom, dynamicData, isYounger } from '../../../shared/chain/dynamic-content.ts';
import { decoded } from '../../gen/decoded.ts';

const content = (shape: Partial<make.ContentShape>, ...modifiers: make.Modifier[]) =>
  decoded(
    'VolumeSnapshotContent',
    make.content({ snapshot: 'web', handle: 'bak://pvc-1/backup-1', ...shape }, ...modifiers),
  );
const here = { volume: 'pvc-1' };
const atMs = 1_740_877_511_000;

describe('dynamicData', () => {
  test.each([
    ['pre-provisioned', content({}), undefined],
    ['of another driver', content({ ...here, driver: 'rbd.csi.ceph.com' }), undefined],
    ['in deletion', content(here, make.deleting), undefined],
    ['taken here', content(here), { backup: 'backup-1', atMs }],
    [
      'taken here, in the old spelling',
      content({ ...here, handle: 'bs://pvc-1/backup-1' }),
      { backup: 'backup-1', atMs },
    ],
    ['of a snapshot in the cluster', content({ ...here, handle: 'snap://pvc-1/snapshot-1' }), { atMs }],
    ['without a status yet', content(here, (o) => void delete o['status']), {}],
    ['without a time', content(here, make.withStatus({ creationTime: null })), { backup: 'backup-1' }],
  ])('%s', (_what, one, data) => expect(dynamicData(one)).toStrictEqual(data));
});

const backup = (...modifiers: make.Modifier[]) =>
  decoded('VirtualMachineBackup', make.vmBackup({ name: 'nightly', entries: [] }, ...modifiers));
const unready = make.withStatus({ readyToUse: false });
const ready = Date.parse('2025-03-02T01:05:11Z');
const entry = (longhornBackupName?: string) => ({ volumeName: 'disk-0', longhornBackupName });

describe('differenceFrom', () => {
  test.each([
    ['the recorded backup', backup(), entry('backup-1'), { backup: 'backup-1', atMs: ready }, undefined],
    ['a backup that is not recorded yet', backup(), entry(), { backup: 'backup-1', atMs: ready }, undefined],
    ['nothing known', backup(), entry('backup-1'), {}, undefined],
    ['as late as clocks differ', backup(), entry('backup-1'), { atMs: ready + 60_000 }, undefined],
    ['later data while it is being made', backup(unready), entry('backup-1'), { atMs: ready + 60_001 }, undefined],
    ['another backup', backup(), entry('backup-1'), { backup: 'backup-2', atMs: ready }, 'it holds backup backup-2'],
    [
      'later data',
      backup(),
      entry('backup-1'),
      { backup: 'backup-1', atMs: ready + 60_001 },
      'it holds data of 2025-03-02T01:06',
    ],
  ])('%s', (_what, one, recorded, taken, says) => {
    const said = differenceFrom(one, recorded, taken);
    if (says === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(says);
  });
});

test.each([
  [backup(), ready, false],
  [backup(), ready + 60_001, true],
  [backup(unready), ready + 60_001, false],
])('isYounger asks only one that is ready: %#', (one, at, is) => expect(isYounger(one, at)).toBe(is));

describe('delayAfterBackup', () => {
  const asked: make.Modifier = (o) => void (o.metadata.creationTimestamp = '2025-03-02T01:00:00Z');
  const at = Date.parse('2025-03-02T01:00:00Z');
  test.each([
    ['taken within the hour', backup(asked), at + 3_600_000, undefined],
    ['taken before', backup(asked), at - 1, undefined],
    ['of unknown time', backup(asked), undefined, undefined],
    ['of one of unknown age', backup(), at + 3_600_001, undefined],
    ['later, and it is not ready', backup(asked, unready), at + 3_600_001, undefined],
    ['later', backup(asked), at + 3_600_001, 'it holds data of 2025-03-02T02:00'],
  ])('%s', (_what, one, takenMs, says) => {
    const said = delayAfterBackup(one, takenMs === undefined ? {} : { atMs: takenMs });
    if (says === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(says);
  });
});
