import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import * as vmbackup from '../../../shared/chain/vmbackup.ts';
import { decoded } from '../../gen/decoded.ts';

const backup = (...modifiers: make.Modifier[]) =>
  decoded('VirtualMachineBackup', make.vmBackup({ name: 'nightly', entries: [] }, ...modifiers));

test.each([
  ['backup', true],
  // Both are Harvester's default.
  ['', true],
  [null, true],
  [undefined, true],
  ['snapshot', false],
  ['other', false],
])('a VMBackup of type %j is remote: %p', (type, remote) => {
  expect(vmbackup.isRemote({ spec: { type } })).toBe(remote);
  expect(vmbackup.isLocal({ spec: { type } })).toBe(!remote);
});

test.each([
  ['driver.longhorn.io', 'driver.longhorn.io', true],
  ['', 'driver.longhorn.io', true],
  [null, 'driver.longhorn.io', true],
  [undefined, 'driver.longhorn.io', true],
  ['rbd.csi.ceph.com', 'rbd.csi.ceph.com', false],
])('a volume of driver %j is of %s, on Longhorn: %p', (csiDriverName, driver, longhorn) => {
  expect(vmbackup.driverOf({ csiDriverName })).toBe(driver);
  expect(vmbackup.isOnLonghorn({ csiDriverName })).toBe(longhorn);
});

test('a VMBackup without a status or a list has no volumes', () => {
  expect(vmbackup.entriesOf(backup())).toEqual([]);
  expect(vmbackup.entriesOf(backup(make.withStatus({ volumeBackups: null })))).toEqual([]);
  expect(vmbackup.entriesOf(backup((o) => void delete o['status']))).toEqual([]);
});

describe('isYoungerThanReady', () => {
  const ready = Date.parse('2025-03-02T01:05:11Z');
  const at = (creationTime: string | null) => backup(make.withStatus({ creationTime }));
  const said = at('2025-03-02T01:05:11Z');
  test.each([
    ['taken before', said, ready - 1, false],
    ['taken at that moment', said, ready, false],
    ['as far apart as clocks may be', said, ready + 60_000, false],
    ['of unknown age', said, undefined, false],
    ['of one that does not say when it was ready', at(null), ready, false],
    ['taken later', said, ready + 60_001, true],
  ])('%s: %#', (_what, one, takenMs, is) => {
    expect(vmbackup.isYoungerThanReady(one, takenMs)).toBe(is);
    expect(vmbackup.isTakenLater(one, { volume: 'pvc-1', ...(takenMs !== undefined && { takenMs }) })).toBe(is);
  });
});
