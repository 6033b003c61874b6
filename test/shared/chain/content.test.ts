import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { isGuestClusters, judgeContent, judgeHandle, rightHandle } from '../../../shared/chain/content.ts';
import { decoded } from '../../gen/decoded.ts';

const right = 'bak://pvc-1/backup-1';
const content = (handle: string, ...modifiers: make.Modifier[]) =>
  decoded('VolumeSnapshotContent', make.content({ snapshot: 'web', handle }, ...modifiers));
const dynamic = (handle: string, ...modifiers: make.Modifier[]) =>
  decoded('VolumeSnapshotContent', make.content({ snapshot: 'web', handle, volume: 'pvc-1' }, ...modifiers));
const reports = (snapshotHandle: string | null, readyToUse = true) => make.withStatus({ snapshotHandle, readyToUse });
const withoutStatus: make.Modifier = (o) => void delete o['status'];
const ownedByKind = (kind: string) => make.ownedBy(make.object('harvesterhci.io/v1beta1', kind, { name: 'x' }), false);

describe('judgeContent leaves alone', () => {
  test.each([
    ['a dynamic content', dynamic(right), 'DynamicContent'],
    ['a dynamic content without a handle yet', dynamic(right, withoutStatus), 'DynamicContent'],
    ['another driver', content(right, (o) => void (o['spec'].driver = 'rbd.csi.ceph.com')), 'OtherDriver'],
    ['a drill’s own', content(right, make.labelled({ 'gleaner.dev/drill': 'uid-1' })), 'DrillObject'],
    [
      'a guest cluster’s, by its mark',
      content(right, make.annotated({ 'harvesterhci.io/pvcrestore-ref': 'a/b' })),
      'GuestClusterBackup',
    ],
    ['a guest cluster’s, by its owner', content(right, ownedByKind('VolumeRemoteRestore')), 'GuestClusterBackup'],
    ['a snapshot in the cluster', content('snap://pvc-1/snapshot-1'), 'NotABackupHandle'],
    ['a backing image', content('bi://backing?backingImage=x'), 'NotABackupHandle'],
    ['an empty handle', content(''), 'HandleUnreadable'],
    ['a handle with a part too many', content(`${right}/more`), 'HandleUnreadable'],
  ])('%s', (_what, one, reason) => expect(judgeContent(one)).toEqual({ reason }));
});

describe('judgeContent reads the handle, and what the status says where that differs', () => {
  const handle = { kind: 'backup', scheme: 'bak', volume: 'pvc-1', backup: 'backup-1' };
  test.each([
    ['the same', content(right), undefined],
    ['not filled in yet', content(right, withoutStatus), undefined],
    ['not filled in while it is not ready', content(right, reports(null, false)), undefined],
    ['the same in the old spelling', content(right, reports('bs://pvc-1/backup-1')), undefined],
    ['never filled in', content(right, reports(null)), 'none'],
    ['emptied', content(right, reports('')), 'none'],
    ['another volume', content(right, reports('bak://data/backup-1')), 'bak://data/backup-1'],
    ['another backup', content(right, reports('bak://pvc-1/backup-2')), 'bak://pvc-1/backup-2'],
    ['a snapshot in the cluster', content(right, reports('snap://pvc-1/backup-1')), 'snap://pvc-1/backup-1'],
    ['what is no handle', content(right, reports('nonsense')), 'nonsense'],
  ])('%s', (_what, one, reported) => {
    expect(judgeContent(one)).toStrictEqual({ handle, text: right, ...(reported !== undefined && { reported }) });
  });
});

describe('judgeHandle', () => {
  const facts = { volume: 'pvc-1' };
  test.each([
    ['the right one', right, undefined, 'HandleRight'],
    ['the old spelling alone', 'bs://pvc-1/backup-1', undefined, 'LegacyScheme'],
    ['a claim’s name', 'bs://data/backup-1', undefined, 'wrong'],
    ['a wrong volume in the new spelling', 'bak://data/backup-1', undefined, 'wrong'],
    ['the right one with another in the status', right, 'bak://data/backup-1', 'wrong'],
    ['the right one with none in the status', right, '', 'wrong'],
  ])('%s', (_what, text, status, says) => {
    const judged = judgeContent(content(text, ...(status === undefined ? [] : [reports(status)])));
    if (!('handle' in judged)) throw new Error(judged.reason);
    expect(judgeHandle(judged, facts)).toBe(says);
    expect(rightHandle(judged.handle, facts)).toBe(right);
  });
});

test.each([
  ['without owners', content(right), false],
  ['of a VMBackup', content(right, ownedByKind('VirtualMachineBackup')), false],
  ['of a VolumeRemoteBackup', content(right, ownedByKind('VolumeRemoteBackup')), true],
  ['of a VolumeRemoteRestore', content(right, ownedByKind('VolumeRemoteRestore')), true],
  // The mark counts whatever it says.
  ['marked with an empty text', content(right, make.annotated({ 'harvesterhci.io/pvcrestore-ref': '' })), true],
])('a pair %s is a guest cluster’s: %#', (_what, one, is) => expect(isGuestClusters(one)).toBe(is));
