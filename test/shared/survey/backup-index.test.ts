import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { decodeOrThrow } from '../../../shared/kube/decode.ts';
import { BackupIndex } from '../../../shared/survey/backup-index.ts';

const NOW = Date.parse('2025-03-02T06:00:00Z');
const shape = { volume: 'pvc-a', backup: 'backup-a', version: '1.9' } as const;
const healthy = (...modifiers: make.Modifier[]) => make.backup(shape, ...modifiers);
const indexOf = (...backups: KubeObject[]) => {
  const index = new BackupIndex();
  for (const one of backups) {
    const object = { ...one, metadata: { resourceVersion: '1', ...one.metadata } };
    index.add(decodeOrThrow('Backup', object), NOW);
  }
  return index;
};

describe('a healthy backup', () => {
  test('is of its volume and of no other', () => {
    const index = indexOf(healthy());
    expect(index.isOf('backup-a', 'pvc-a')).toBe(true);
    expect(index.isOf('backup-a', 'pvc-b')).toBe(false);
    expect(index.isOf('backup-b', 'pvc-a')).toBe(false);
    expect(index.troubleOf('backup-a')).toBeUndefined();
  });

  test('stays of its volume whatever is recorded of it', () => {
    const calls = fc.array(fc.constantFrom('claim', 'record', 'recordUse', 'hold'), { maxLength: 8 });
    fc.assert(
      fc.property(calls, (done) => {
        const index = indexOf(healthy(make.withStatus({ backupCreatedAt: '2025-03-02T01:05:00Z' })));
        for (const call of done) index[call as 'claim'](shape.backup);
        expect(index.isOf('backup-a', 'pvc-a')).toBe(true);
        expect(index.isOf('backup-a', 'pvc-b')).toBe(false);
        const [claimed, recorded] = [done.some((call) => call !== 'hold'), done.some((call) => /record/.test(call))];
        expect(index.isClaimed('backup-a')).toBe(claimed);
        expect(index.hasUnclaimed()).toBe(!claimed);
        expect(index.unrecorded).toBe(recorded ? 0 : 1);
        expect([...index.shared]).toEqual(done.filter((call) => call === 'hold').length > 1 ? ['backup-a'] : []);
        expect(index.takenMs('backup-a')).toBe(Date.parse('2025-03-02T01:05:00Z'));
      }),
    );
  });

  test('tells the volumes of 2,000 backups apart', () => {
    const names = Array.from({ length: 2_000 }, (_, i) => i);
    const index = indexOf(...names.map((i) => make.backup({ ...shape, volume: `pvc-${i}`, backup: `backup-${i}` })));
    expect(names.filter((i) => !index.isOf(`backup-${i}`, `pvc-${i}`))).toEqual([]);
    expect(names.filter((i) => index.isOf(`backup-${i}`, `pvc-${i + 1}`))).toEqual([]);
    expect(index.unrecorded).toBe(2_000);
  });

  test('is taken for the next full minute, never for younger data than it is', () => {
    const at = (time: string) => indexOf(healthy((o) => (o['status'].backupCreatedAt = time))).takenMs('backup-a');
    expect(at('2025-03-02T01:05:00Z')).toBe(Date.parse('2025-03-02T01:05:00Z'));
    expect(at('2025-03-02T01:05:01Z')).toBe(Date.parse('2025-03-02T01:06:00Z'));
    expect(at('')).toBeUndefined();
  });
});

describe('a backup in trouble', () => {
  const rows: readonly (readonly [string, make.Modifier, string])[] = [
    ['that failed', make.withStatus({ state: 'Error' }), 'BackupFailed'],
    ['that is not finished', make.withStatus({ state: 'InProgress' }), 'BackupNotSynced'],
    ['that names no volume', make.withStatus({ volumeName: '' }), 'BackupNotSynced'],
    ['with the label of another', make.labelled({ 'backup-volume': 'pvc-b' }), 'VolumeMismatch'],
    ['in deletion', make.deleting, 'BackupBeingDeleted'],
  ];
  test.each(rows)('%s is of no volume, and says why', (_what, modify, reason) => {
    const index = indexOf(healthy(modify));
    expect(index.isOf('backup-a', 'pvc-a')).toBe(false);
    expect(index.troubleOf('backup-a')).toMatchObject({ reason });
    expect([index.isClaimed('backup-a'), index.hasUnclaimed()]).toEqual([false, true]);
    index.claim('backup-a');
    expect([index.isClaimed('backup-a'), index.hasUnclaimed()]).toEqual([true, false]);
  });

  test('that is not there is missing, and claimed by nobody', () => {
    const index = indexOf();
    index.recordUse('backup-a');
    expect(index.troubleOf('backup-a')).toMatchObject({ reason: 'BackupMissing' });
    expect([index.isClaimed('backup-a'), index.hasUnclaimed(), index.unrecorded]).toEqual([false, false, 0]);
  });

  test('that cannot be read says which field', () => {
    const index = indexOf();
    index.addUnreadable('backup-a', 'status.state');
    expect(index.troubleOf('backup-a')).toMatchObject({ reason: 'ObjectUnreadable' });
  });
});

describe('how many no VMBackup records', () => {
  const elsewhere = make.withStatus({ backupTargetName: 'other' });
  const foreign: make.Modifier = (o) => (o['spec'].labels = { RecurringJob: 'nightly' });
  const unread: make.Modifier = (o) => {
    delete o['spec'].snapshotName;
    o['status'] = { state: '' };
    o.metadata.creationTimestamp = '2025-03-02T05:59:00Z';
  };
  const rows: readonly (readonly [string, KubeObject[], unrecorded: number, beingPulled: number])[] = [
    ['nothing', [], 0, 0],
    ['a healthy one', [healthy()], 1, 0],
    ['one on another target', [healthy(elsewhere)], 0, 0],
    ['one of a recurring job', [healthy(foreign)], 0, 0],
    ['one that failed', [healthy(make.withStatus({ state: 'Error' }))], 0, 0],
    ['a complete one that names no volume', [healthy(make.withStatus({ volumeName: '' }))], 1, 0],
    ['a complete one with the label of another volume', [healthy(make.labelled({ 'backup-volume': 'pvc-b' }))], 1, 0],
    ['one that Longhorn reads from the target', [healthy(unread)], 0, 1],
    [
      'one that Longhorn has not read for a day',
      [healthy(unread, (o) => (o.metadata.creationTimestamp = '2025-03-01T05:59:00Z'))],
      0,
      0,
    ],
    ['one that Longhorn reads, in deletion', [healthy(unread, make.deleting)], 0, 0],
  ];
  test.each(rows)('%s', (_what, backups, unrecorded, beingPulled) => {
    const index = indexOf(...backups);
    expect([index.unrecorded, index.beingPulled]).toEqual([unrecorded, beingPulled]);
    // Once, however often it is recorded.
    for (let i = 0; i < 2; i++) index.recordUse('backup-a');
    expect([index.unrecorded, index.beingPulled]).toEqual([0, 0]);
  });

  test('what is not a VMBackup’s is not waited for to be recorded, and is still being read', () => {
    const [complete, pulled] = [indexOf(healthy()), indexOf(healthy(unread))];
    for (const index of [complete, pulled]) index.record('backup-a');
    expect([complete.unrecorded, pulled.beingPulled]).toEqual([0, 1]);
  });
});
