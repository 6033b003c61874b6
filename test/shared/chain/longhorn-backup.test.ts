import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import {
  isOnTarget,
  isStalled,
  judgeBackup,
  judgeBackupVolumes,
  targetNamedBy,
  targetOf,
} from '../../../shared/chain/longhorn-backup.ts';
import { decoded } from '../../gen/decoded.ts';

const takenAt = '2025-03-02T01:05:11Z';
const takenMs = Date.parse(takenAt);
const shape = { volume: 'pvc-1', backup: 'backup-1', version: '1.9' } as const;
const backup = (...modifiers: make.Modifier[]) =>
  decoded('Backup', make.backup(shape, make.withStatus({ backupCreatedAt: takenAt }), ...modifiers));
const fresh = (...modifiers: make.Modifier[]) => decoded('Backup', make.freshBackup(shape, ...modifiers));
const volume = (version: '1.7' | '1.9', ...modifiers: make.Modifier[]) =>
  decoded('BackupVolume', make.backupVolume('pvc-1', version, ...modifiers));
const inState = (state: string) => make.withStatus({ state });
const named: (name: string) => make.Modifier = (name) => (o) => void (o.metadata.name = name);
const createdAt: (at: string) => make.Modifier = (at) => (o) => void (o.metadata.creationTimestamp = at);
const onLabel = (target: string) => make.labelled({ 'backup-target': target });
const onField = (backupTargetName: string) => make.withStatus({ backupTargetName });
const without: (label: string) => make.Modifier = (label) => (o) => void delete o.metadata.labels?.[label];

describe('judgeBackup', () => {
  test.each([
    ['a complete one', backup(), { volume: 'pvc-1', takenMs }],
    ['one without the label', backup(without('backup-volume')), { volume: 'pvc-1', takenMs }],
    ['one that says no time', backup(make.withStatus({ backupCreatedAt: null })), { volume: 'pvc-1' }],
    ['one of a time that is none', backup(make.withStatus({ backupCreatedAt: 'soon' })), { volume: 'pvc-1' }],
  ])('%s gives the facts', (_what, one, facts) => expect(judgeBackup('backup-1', one)).toStrictEqual(facts));

  test.each([
    ['none', undefined, 'BackupMissing', undefined],
    ['just made', fresh(without('backup-volume')), 'BackupNotSynced', undefined],
    ['just made, with the label', fresh(make.labelled({ 'backup-volume': 'pvc-1' })), 'BackupNotSynced', 'pvc-1'],
    ['at work', backup(inState('InProgress')), 'BackupNotSynced', 'pvc-1'],
    ['in a state not known', backup(inState('Later')), 'BackupNotSynced', 'pvc-1'],
    ['failed', backup(inState('Error')), 'BackupFailed', 'pvc-1'],
    ['of an unknown end', backup(inState('Unknown')), 'BackupFailed', 'pvc-1'],
    ['being deleted', backup(make.deleting), 'BackupBeingDeleted', 'pvc-1'],
    [
      'forgotten, with its data kept',
      backup(make.deleting, make.labelled({ 'longhorn.io/delete-custom-resource-only': 'true' })),
      'BackupNotSynced',
      'pvc-1',
    ],
    [
      'complete, its volume not read',
      backup(make.withStatus({ volumeName: '' }), without('backup-volume')),
      'BackupNotSynced',
      undefined,
    ],
    ['of two volumes', backup(make.labelled({ 'backup-volume': 'pvc-2' })), 'VolumeMismatch', 'pvc-1'],
  ])('%s is trouble', (_what, one, reason, ofVolume) => {
    const judged = judgeBackup('backup-1', one);
    expect(judged).toMatchObject({ reason });
    expect('ofVolume' in judged ? judged.ofVolume : undefined).toBe(ofVolume);
  });
});

describe('isStalled', () => {
  const at = Date.parse('2025-06-01T00:00:00Z');
  const hours = (n: number) => createdAt(new Date(at - n * 3_600_000).toISOString());
  test.each([
    ['complete, old', backup(hours(1_000)), false],
    ['failed, old', backup(hours(1_000), inState('Error')), false],
    ['just made', fresh(hours(1)), false],
    ['of unknown age', fresh(), false],
    ['being deleted', fresh(hours(1_000), make.deleting), false],
    ['no state for six hours', fresh(hours(6)), false],
    ['no state for longer', fresh(hours(6.01)), true],
    ['pending for longer', backup(hours(6.01), inState('Pending')), true],
    ['at work for two days', backup(hours(48), inState('InProgress')), false],
    ['at work for longer', backup(hours(48.01), inState('InProgress')), true],
    ['complete, its volume never read', backup(hours(6.01), make.withStatus({ volumeName: '' })), true],
  ])('%s: %#', (_what, one, is) => expect(isStalled(one, at)).toBe(is));
});

describe('the target a Backup is of', () => {
  test.each([
    ['default', backup(), 'default', true],
    ['by its label alone', backup(onField(''), onLabel('other')), 'other', false],
    ['by its field, whatever the label says', backup(onField('other'), onLabel('default')), 'other', false],
    ['neither, as up to Longhorn 1.7', backup(onField(''), without('backup-target')), 'default', true],
    ['empty in both', backup(onField(''), onLabel('')), 'default', true],
    ['at work', backup(inState('InProgress')), 'default', false],
    ['being deleted', backup(make.deleting), 'default', false],
  ])('%s', (_what, one, target, on) => {
    expect(targetOf(one)).toBe(target);
    expect(isOnTarget(one)).toBe(on);
  });

  test('is the default one where there is no Backup', () => expect(targetOf(undefined)).toBe('default'));

  // The one place that decides: field before label, and an empty text is none.
  test.each([
    ['other', { 'backup-target': 'default' }, 'other'],
    ['', { 'backup-target': 'other' }, 'other'],
    [null, { 'backup-target': 'other' }, 'other'],
    [undefined, { 'backup-target': 'other' }, 'other'],
    ['', { 'backup-target': '' }, undefined],
    ['', {}, undefined],
    [null, null, undefined],
    [undefined, undefined, undefined],
  ])('field %j and labels %j name %j', (field, labels, target) => {
    expect(targetNamedBy(field, { labels })).toBe(target);
  });
});

describe('judgeBackupVolumes', () => {
  const facts = { volume: 'pvc-1' };
  const field = (backupTargetName: string) => make.withSpec({ backupTargetName });
  test.each([
    ['one of its target', [volume('1.9')], backup(), undefined],
    ['one of Longhorn 1.7, by its own name', [volume('1.7')], backup(), undefined],
    [
      'one beside one of another target',
      [volume('1.9'), volume('1.9', named('b'), field('other'))],
      backup(),
      undefined,
    ],
    ['one beside one that goes', [volume('1.9'), volume('1.9', named('b'), make.deleting)], backup(), undefined],
    ['none', [], backup(), 'BackupVolumeMissing'],
    ['one of another volume', [volume('1.9', make.withSpec({ volumeName: 'pvc-2' }))], backup(), 'BackupVolumeMissing'],
    ['one that goes', [volume('1.9', make.deleting)], backup(), 'BackupVolumeMissing'],
    ['one of another target', [volume('1.9', field('other'))], backup(), 'BackupVolumeMissing'],
    // An empty field names none: then the label counts, as it does for a Backup.
    [
      'one of another target by its label',
      [volume('1.9', field(''), onLabel('other'))],
      backup(),
      'BackupVolumeMissing',
    ],
    ['one of the Backup’s own target', [volume('1.9', field('other'))], backup(onField('other')), undefined],
    ['two', [volume('1.9'), volume('1.9', named('b'))], backup(), 'BackupVolumeAmbiguous'],
  ])('%s', (_what, volumes, one, reason) => {
    expect(judgeBackupVolumes(facts, one, volumes)?.reason).toBe(reason);
  });

  test('says which one is being deleted', () => {
    const going = volume('1.9', named('bv-1'), make.deleting);
    expect(judgeBackupVolumes(facts, backup(), [going])?.detail).toContain('bv-1 is being deleted');
  });
});
