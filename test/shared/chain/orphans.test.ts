import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import * as orphans from '../../../shared/chain/orphans.ts';
import { decoded } from '../../gen/decoded.ts';

const now = Date.parse('2025-06-01T00:00:00Z');
const aged: (minutes: number) => make.Modifier = (minutes) => (o) =>
  void (o.metadata.creationTimestamp = new Date(now - minutes * 60_000).toISOString());
const owner = make.vmBackup({ name: 'nightly', entries: [] });
const living = new Set([owner.metadata.uid!]);
const none = new Set<string>();
const managed = make.annotated({ 'app.kubernetes.io/managed-by': 'Helm' });
const others = make.labelled({ 'velero.io/backup-name': 'x' });
const guests = make.annotated({ 'harvesterhci.io/pvcrestore-ref': 'a/b' });

const backup = (...modifiers: make.Modifier[]) =>
  decoded('Backup', make.backup({ volume: 'pvc-1', backup: 'backup-1', version: '1.9' }, ...modifiers));
const content = (shape: Partial<make.ContentShape>, ...modifiers: make.Modifier[]) =>
  decoded(
    'VolumeSnapshotContent',
    make.content({ snapshot: 'web', handle: 'bak://pvc-1/backup-1', ...shape }, ...modifiers),
  );
const snapshot = (shape: Partial<make.SnapshotShape>, ...modifiers: make.Modifier[]) =>
  decoded('VolumeSnapshot', make.snapshot({ name: 'web', ...shape }, ...modifiers));

describe('a Backup that nobody names', () => {
  const taken = make.withStatus({ snapshotName: 'snapshot-uid-1' });
  test.each([
    ['at work', backup(make.withStatus({ state: 'InProgress' })), undefined, ''],
    ['just pulled from the target', backup((o) => void delete o['status']), undefined, ''],
    ['in deletion', backup(make.deleting), undefined, ''],
    [
      'forgotten by Longhorn',
      backup(make.labelled({ 'longhorn.io/delete-custom-resource-only': 'true' })),
      undefined,
      '',
    ],
    [
      'of a Longhorn snapshot made by hand',
      backup(make.withStatus({ snapshotName: 'by-hand' })),
      'ForeignBackup',
      'by-hand',
    ],
    [
      'of a recurring job',
      backup(taken, make.withStatus({ labels: { RecurringJob: 'daily' } })),
      'ForeignBackup',
      'daily',
    ],
    [
      'of a recurring job, by its spec',
      backup(taken, make.withSpec({ labels: { RecurringJob: 'daily' } })),
      'ForeignBackup',
      'daily',
    ],
    ['on another target', backup(taken, make.withStatus({ backupTargetName: 'other' })), 'ForeignBackup', 'other'],
    [
      'on another target by its label',
      backup(taken, make.withStatus({ backupTargetName: '' }), make.labelled({ 'backup-target': 'other' })),
      'ForeignBackup',
      'other',
    ],
    ['of a claim', backup(taken), 'OrphanBackup', 'it is of volume pvc-1'],
    ['that failed', backup(taken, make.withStatus({ state: 'Error' })), 'OrphanBackup', 'pvc-1'],
    [
      'of no known volume',
      backup(taken, make.withStatus({ volumeName: '' }), (o) => void delete o.metadata.labels!['backup-volume']),
      'OrphanBackup',
      'is unknown',
    ],
  ])('%s', (_what, one, reason, detail) => {
    const judged = orphans.judgeUnclaimedBackup(one);
    expect(judged?.reason).toBe(reason);
    expect(judged?.detail ?? '').toContain(detail);
  });

  test.each([
    ['complete', backup(aged(10_000)), undefined],
    ['young, without a state', backup(aged(10), make.withStatus({ state: '' })), undefined],
    ['old, without a state', backup(aged(10_000), make.withStatus({ state: '' })), 'BackupStalled'],
  ])('stalls: %s', (_what, one, reason) => expect(orphans.judgeStalledBackup(one, now)?.reason).toBe(reason));

  test.each([
    ['2048', '4096', 2048],
    [undefined, '4096', 4096],
    ['', '4096', 4096],
    ['0', '4096', 0],
    ['a lot', '4096', undefined],
    [undefined, undefined, undefined],
  ])('of size %j in a volume of %j is %p bytes', (size, volumeSize, bytes) => {
    expect(orphans.sizeOf(backup(make.withStatus({ size, volumeSize })))).toBe(bytes);
  });
});

describe('a content without its snapshot', () => {
  const unbound: make.Modifier = (o) => void delete o['spec'].volumeSnapshotRef.uid;
  test.each([
    ['whose VMBackup lives', content({}, make.ownedBy(owner)), living, undefined],
    ['in deletion', content({}, make.deleting), none, undefined],
    ['of a guest cluster', content({}, guests), none, undefined],
    ['of another tool', content({}, others), none, undefined],
    ['of another driver', content({ driver: 'rbd.csi.ceph.com' }), none, undefined],
    ['of a snapshot in the cluster', content({ handle: 'snap://pvc-1/snapshot-1' }), none, undefined],
    ['just made for a snapshot to come', content({}, unbound, aged(4.9)), none, 'SnapshotNotThere'],
    ['made for one that never came', content({}, unbound, aged(5.1)), none, 'OrphanContent'],
    ['whose VMBackup is gone', content({}, make.ownedBy(owner), aged(1)), none, 'OrphanContent'],
    ['that nobody owns', content({}, aged(1)), none, 'OrphanContent'],
  ])('%s', (_what, one, uids, reason) => {
    const judged = orphans.judgeLeftContent(one, uids, now);
    expect(judged?.reason).toBe(reason);
    if (reason !== undefined) expect(judged).toMatchObject({ backup: 'backup-1', snapshot: 'prod/web' });
  });
});

describe('a snapshot that nobody names', () => {
  const harvesters = make.annotated({ 'harvesterhci.io/imageId': 'default/x' });
  const restore = make.vmRestore({ name: 'r', namespace: 'prod', backup: 'nightly' });
  const stranger = make.object('example.com/v1', 'Plan', { name: 'x' });
  test.each([
    ['whose VMBackup lives', snapshot({}, make.ownedBy(owner)), living, undefined],
    ['taken by a person', snapshot({ claim: 'data' }), none, undefined],
    ['in deletion', snapshot({}, make.deleting), none, undefined],
    ['of a guest cluster', snapshot({}, guests), none, undefined],
    ['of another tool', snapshot({}, managed), none, undefined],
    ['owned by what is not Harvester’s', snapshot({}, make.ownedBy(stranger)), none, undefined],
    ['pre-provisioned, without an owner', snapshot({}), none, 'it has no owner'],
    ['taken by Harvester', snapshot({ claim: 'data' }, harvesters), none, 'it has no owner'],
    ['whose VMBackup is gone', snapshot({}, make.ownedBy(owner)), none, 'VirtualMachineBackup nightly, is gone'],
    [
      'whose restore is gone',
      snapshot({ claim: 'data' }, make.ownedBy(restore)),
      none,
      'VirtualMachineRestore r, is gone',
    ],
  ])('%s', (_what, one, uids, detail) => {
    const judged = orphans.judgeUnclaimedSnapshot(one, uids);
    expect(judged?.reason).toBe(detail === undefined ? undefined : 'OrphanSnapshot');
    expect(judged?.detail ?? '').toContain(detail ?? '');
  });
});

test.each([
  [{}, false],
  [{ app: 'web' }, false],
  [{ 'harvesterhci.io/x': '' }, false],
  [{ 'snapshot.storage.kubernetes.io/x': '' }, false],
  [{ 'field.cattle.io/x': '' }, false],
  [{ 'gleaner.dev/x': '' }, false],
  [{ 'app.kubernetes.io/managed-by': 'Helm' }, true],
  [{ 'velero.io/x': '' }, true],
  // A domain that only ends as one of the platform's.
  [{ 'notharvesterhci.io/x': '' }, true],
])('keys %j are another tool’s: %p', (keys, is) => {
  const { metadata } = content({});
  expect(orphans.isForeign({ metadata: { ...metadata, labels: keys } })).toBe(is);
  expect(orphans.isForeign({ metadata: { ...metadata, annotations: keys } })).toBe(is);
});

test.each([
  ['pre-provisioned', content({}), 'backup-1'],
  ['taken here', content({ volume: 'pvc-1' }), 'backup-1'],
  ['taken here, no handle yet', content({ volume: 'pvc-1' }, (o) => void delete o['status']), undefined],
  ['of a snapshot in the cluster', content({ handle: 'snap://pvc-1/s' }), undefined],
  ['of another driver', content({ driver: 'x' }), undefined],
  ['of what is no handle', content({ handle: 'x' }), undefined],
])('a content %s names its backup', (_what, one, backup) => expect(orphans.backupNamedBy(one)).toBe(backup));
