import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { busySchedule, isScheduled, unsettledBackups } from '../../../shared/chain/schedules.ts';
import { ForbiddenError, NotServedError, RetryableError } from '../../../shared/ports/errors.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { decoded } from '../../gen/decoded.ts';
import { countingReader, readerOf } from '../../gen/reader.ts';

const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const entries = [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' })];
const backup = (...modifiers: make.Modifier[]) =>
  decoded('VirtualMachineBackup', make.vmBackup({ name: 'nightly', entries }, ...modifiers));
const bySchedule = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/daily' });
const scheduled = backup(bySchedule);
const longhorn = (...modifiers: make.Modifier[]) => make.backup({ volume: V, backup: B, version: '1.9' }, ...modifiers);
const inState = (state: string) => make.withStatus({ state });
const world = [...baseWorld(), make.schedule('daily', 'prod', 'web')];
const noTarget = world.filter(({ kind }) => kind !== 'BackupTarget');
const busy = { backup: B, absent: false };
const lost = { backup: B, absent: true };

describe('unsettledBackups', () => {
  test.each<[string, KubeObject[], object[]]>([
    ['complete', [...world, longhorn()], []],
    ['failed', [...world, longhorn(inState('Error'))], []],
    // Without its schedule Harvester's controller does nothing.
    ['at work, its schedule gone', [...baseWorld(), longhorn(inState('InProgress'))], []],
    ['at work', [...world, longhorn(inState('InProgress'))], [busy]],
    ['just pulled from the target', [...world, longhorn((o) => void delete o['status'])], [busy]],
    ['one that cannot be read', [...world, longhorn(make.withStatus({ state: 7 }))], [busy]],
    ['missing from a listed target', world, [lost]],
    ['missing, its target away', noTarget, [busy]],
  ])('%s', async (_what, objects, unsettled) => {
    expect(await unsettledBackups(readerOf(objects), scheduled)).toEqual(unsettled);
  });

  test('of a VMBackup that no schedule made asks nobody', async () => {
    const { reader, calls } = countingReader([...world, longhorn(inState('InProgress'))]);
    expect(await unsettledBackups(reader, backup())).toEqual([]);
    expect(calls).toEqual([]);
  });

  test('of settled Backups does not ask for the schedule', async () => {
    const { reader, calls } = countingReader([...world, longhorn()]);
    await unsettledBackups(reader, scheduled);
    expect(calls).toEqual(['get Backup']);
  });

  test('of a volume without a recorded backup says nothing', async () => {
    const without = [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', backup: null })];
    const one = decoded('VirtualMachineBackup', make.vmBackup({ name: 'nightly', entries: without }, bySchedule));
    expect(await unsettledBackups(readerOf(world), one)).toEqual([]);
  });

  /** Schedules answer with an error, everything else as it is. */
  function failing(error: Error): Reader {
    const inner = readerOf([...world, longhorn(inState('InProgress'))]);
    return {
      ...inner,
      get: (kind, name, namespace) =>
        kind === 'ScheduleVMBackup' ? Promise.reject(error) : inner.get(kind, name, namespace),
    };
  }
  test.each([
    ['not served', new NotServedError('no such kind'), []],
    ['forbidden', new ForbiddenError('no right'), [busy]],
  ])('where schedules are %s', async (_what, error, unsettled) => {
    expect(await unsettledBackups(failing(error), scheduled)).toEqual(unsettled);
  });
  test('passes on what may be over in a moment', async () => {
    await expect(unsettledBackups(failing(new RetryableError('later')), scheduled)).rejects.toThrow('later');
  });
  test('takes a schedule that cannot be read to be there', async () => {
    const odd = make.schedule('daily', 'prod', 'web', (o) => void delete o['spec']);
    const objects = [...baseWorld(), odd, longhorn(inState('InProgress'))];
    expect(await unsettledBackups(readerOf(objects), scheduled)).toEqual([busy]);
  });
});

test.each([
  [backup(), false],
  [backup(make.annotated({ 'harvesterhci.io/svmbackupId': '' })), false],
  [scheduled, true],
])('isScheduled: %#', (one, is) => expect(isScheduled(one)).toBe(is));

test.each([
  ['one at work', [busy], 'ScheduledBackupBusy', undefined],
  ['one lost beside one at work', [lost, busy], 'ScheduledBackupBusy', undefined],
  ['all lost', [lost], 'ScheduledBackupLost', 'daily -n prod'],
])('with %s', (_what, unsettled, reason, shows) => {
  const said = busySchedule(scheduled, unsettled);
  expect(said).toMatchObject({ reason });
  expect(said.message).toContain('prod/daily');
  expect(said.message).toContain(B);
  if (shows === undefined) expect(said.command).toBeUndefined();
  else expect(said.command).toContain(shows);
});
