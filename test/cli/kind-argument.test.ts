import { describe, expect, test } from '@jest/globals';
import { parseQuestion } from '../../cli/capability/question.ts';
import { parseKindArgument } from '../../cli/kind-argument.ts';

describe('a kind, or an object of it', () => {
  const among = ['VirtualMachineBackup', 'VolumeSnapshot', 'VolumeSnapshotContent', 'Backup'] as const;

  test.each([
    ['nothing', ''],
    ['a kind that is not asked for', 'pvc/data'],
    ['an empty name', 'vs/'],
    ['a second slash', 'vs/a/b'],
    ['another group', 'backup.harvesterhci.io/a'],
  ])('is not %s: %j', (_what, text) => {
    expect(parseKindArgument(text, among)).toBeUndefined();
  });

  test.each([
    ['vs', { kind: 'VolumeSnapshot' }],
    ['vs/web-a', { kind: 'VolumeSnapshot', name: 'web-a' }],
    ['VolumeSnapshots/web-a', { kind: 'VolumeSnapshot', name: 'web-a' }],
    ['volumesnapshot.snapshot.storage.k8s.io/web-a', { kind: 'VolumeSnapshot', name: 'web-a' }],
    ['contents', { kind: 'VolumeSnapshotContent' }],
    ['vmbackup/Web', { kind: 'VirtualMachineBackup', name: 'Web' }],
    ['backups.longhorn.io/b-1', { kind: 'Backup', name: 'b-1' }],
  ])('is %s', (text, expected) => {
    expect(parseKindArgument(text, among)).toEqual(expected);
  });
});

test.each([
  [undefined, { kind: 'StorageClass' }],
  ['sc/fast', { kind: 'StorageClass', name: 'fast' }],
  ['vms', { kind: 'VirtualMachine' }],
  ['volume/data', { kind: 'PersistentVolumeClaim', name: 'data' }],
  ['claim', { kind: 'PersistentVolumeClaim' }],
])('capability is asked of %j', (text, expected) => {
  expect(parseQuestion(text)).toEqual(expected);
});
test.each(['vs', 'volumes', 'sc/', 'volumeclass'])('capability is not asked of %j', (text) => {
  expect(() => parseQuestion(text)).toThrow('unknown kind or name');
});
