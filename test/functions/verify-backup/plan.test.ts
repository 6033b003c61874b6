import { describe, expect, test } from '@jest/globals';
import { Config } from '../../../functions/verify-backup/config.ts';
import { observe } from '../../../functions/verify-backup/observe.ts';
import { plan } from '../../../functions/verify-backup/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { Ref } from '../../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../../shared/domain/kinds.ts';
import type { Action } from '../../../shared/plan/action.ts';
import { verdictOf } from '../../../shared/plan/plan.ts';
import type { Reason } from '../../../shared/plan/reason.ts';
import { allTroublesOf, among } from '../../gen/commands.ts';
import { readerOf } from '../../gen/reader.ts';

const nowMs = Date.parse('2025-06-01T00:00:00Z');
const config = Config.parse({});
const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const N = 'nightly-volume-data';
const right = `bak://${V}/${B}`;
const wrong = `bs://data/${B}`;

const entry = (shape: Partial<make.EntryShape> = {}) =>
  make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', ...shape });
const vmb = (...modifiers: make.Modifier[]) => make.vmBackup({ name: 'nightly', entries: [entry()] }, ...modifiers);
const owned = make.ownedBy(vmb());
const lhBackup = (...modifiers: make.Modifier[]) => make.backup({ volume: V, backup: B, version: '1.9' }, ...modifiers);
const lhVolume = (...modifiers: make.Modifier[]) => make.backupVolume(V, '1.9', ...modifiers);
const snapshot = (...modifiers: make.Modifier[]) => make.snapshot({ name: N }, owned, ...modifiers);
const content = (handle = right, ...modifiers: make.Modifier[]) =>
  make.content({ snapshot: N, handle }, owned, ...modifiers);
const target = (...modifiers: make.Modifier[]) => {
  const [found] = baseWorld().filter(({ kind }) => kind === 'BackupTarget');
  for (const modify of modifiers) modify(found!);
  return found!;
};
const storageClass = () => make.storageClass('harvester-longhorn', 'driver.longhorn.io');
const healthy = () => [vmb(), snapshot(), content(), lhBackup(), lhVolume(), target(), storageClass()];
const without = (...kinds: string[]) => healthy().filter(({ kind }) => !kinds.includes(kind));
const replacing = (...objects: KubeObject[]) => [...without(...objects.map(({ kind }) => kind)), ...objects];
const notReady = make.withStatus({ readyToUse: false });
const createdAt =
  (time: string): make.Modifier =>
  ({ metadata }) =>
    void (metadata.creationTimestamp = time);
/** Conditions as Harvester writes them, with what it says of the metadata file. */
const withMetadata = (status?: string) =>
  make.withStatus({
    conditions: [
      { type: 'Ready', status: 'True', message: 'Operation complete' },
      ...(status === undefined ? [] : [{ type: 'MetadataReady', status, reason: 'Error', message: make.secretMarker }]),
    ],
  });
/** Found damaged by Harvester at some time, as 1.7 and 1.8 write it: into the condition alone. */
const damaged = (at?: string, reason = 'longhorn backup backup-1 is not ready') =>
  make.withStatus({
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        message: 'Change back to non-ready',
        reason,
        ...(at && { lastUpdateTime: at }),
      },
    ],
  });
/** Volumes and target as Longhorn lists them at each poll. */
const listedAt = (time: string) => [
  lhVolume(make.withStatus({ lastSyncedAt: time })),
  target(make.withStatus({ lastSyncedAt: time })),
];
const renamed =
  (name: string): make.Modifier =>
  ({ metadata }) =>
    void (metadata.name = name);

const dynamic = (handle: string, ...modifiers: make.Modifier[]) => [
  vmb(),
  make.snapshot({ name: N, claim: 'data' }, owned),
  make.content({ snapshot: N, handle, volume: V }, ...modifiers),
  lhBackup(),
  lhVolume(),
  target(),
  storageClass(),
];

const restore = (...modifiers: make.Modifier[]) =>
  make.vmRestore(
    { name: 'r1', namespace: 'finance', backup: 'nightly' },
    make.withStatus({
      complete: false,
      restores: [
        {
          volumeName: 'disk-0',
          volumeBackupName: N,
          persistentVolumeClaimSpec: { metadata: { name: 'restored', namespace: 'finance' } },
        },
      ],
    }),
    createdAt('2025-05-31T23:59:00Z'),
    ...modifiers,
  );
const D = `restore-r1-${N}`;
const DC = `restore-finance-r1-${N}`;
const waiting = (...modifiers: make.Modifier[]) =>
  make.claim(
    'restored',
    'finance',
    (o) => {
      o['spec'] = { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: D } };
      o['status'] = { phase: 'Pending' };
    },
    ...modifiers,
  );
const restorePair = (handle: string) => [
  make.snapshot({ name: D, namespace: 'finance', content: DC, policy: 'Retain' }, make.ownedBy(restore(), false)),
  make.content({ name: DC, snapshot: D, namespace: 'finance', handle, policy: 'Retain' }),
];
const failing = (message: string) =>
  make.withStatus({ conditions: [{ type: 'InProgress', status: 'False', reason: 'Error', message }] });
const inClass =
  (name: string): make.Modifier =>
  ({ spec }) =>
    void (spec.storageClassName = name);
const notBackupVolume = ({ kind }: KubeObject) => kind !== 'BackupVolume';
const asked =
  (at: string, done: string | null): make.Modifier =>
  (o) => {
    o['spec'].syncRequestedAt = at;
    o['status'].lastSyncedAt = done;
  };
const bound: make.Modifier = (o) => {
  o['spec'].volumeName = 'pvc-new';
  o['status'] = { phase: 'Bound' };
};

const backupAt = ref('VirtualMachineBackup', 'nightly', 'prod');
const restoreAt = ref('VirtualMachineRestore', 'r1', 'finance');
const targetAt = ref('BackupTarget', 'default', 'longhorn-system');
const snapshotAt = `VolumeSnapshot prod/${N}`;
const contentAt = `VolumeSnapshotContent ${N}-vsc`;
const lhAt = `Backup longhorn-system/${B}`;

const local = (...modifiers: make.Modifier[]) =>
  make.vmBackup({ name: 'nightly', type: 'snapshot', entries: [entry({ backup: null })] }, ...modifiers);
const foreign = (...modifiers: make.Modifier[]) =>
  make.vmBackup({ name: 'nightly', entries: [entry({ driver: 'lvm.example', backup: null })] }, ...modifiers);
const snapContent = () => make.content({ snapshot: N, handle: `snap://${V}/snapshot-1`, volume: V });

interface Row {
  when: string;
  world: KubeObject[];
  subject?: Ref;
  reason: Reason;
  /** What is at fault; the subject by default. */
  object?: string;
  /** Whether the command that is given has this in it. */
  command?: RegExp;
  /** Whether the message has this in it. */
  message?: RegExp;
  /** What else is open. */
  also?: Reason[];
}

/** Rows in which nothing is said against anybody, and so nothing is written. */
const quiet: Row[] = [
  { when: 'there is no such VMBackup', world: [], reason: 'VMBackupGone' },
  { when: 'the VMBackup is being deleted', world: replacing(vmb(make.deleting)), reason: 'VMBackupDeleting' },
  {
    when: 'the VMBackup is of type snapshot',
    world: [local(), make.snapshot({ name: N, claim: 'data' }, owned), snapContent(), target()],
    reason: 'SnapshotTypeBackup',
  },
  {
    when: 'the VMBackup is of type snapshot, and nothing shows that there ever was one (domain.md 8.13)',
    world: [local(make.withStatus({ creationTime: undefined, conditions: undefined })), target()],
    reason: 'SnapshotNeverSeen',
  },
  {
    when: 'the VMBackup is of type snapshot, and Harvester is still at it',
    world: [local(notReady, make.withStatus({ creationTime: undefined, conditions: undefined })), target()],
    reason: 'SnapshotTypeBackup',
  },
  {
    when: 'the VMBackup is of type snapshot and being made: its snapshot is not ready',
    world: [
      local(notReady, make.withStatus({ creationTime: undefined }), createdAt('2025-05-31T23:45:00Z')),
      make.snapshot({ name: N, claim: 'data' }, owned, make.withStatus({ readyToUse: false, error: { message: 'x' } })),
      target(),
    ],
    reason: 'SnapshotTypeBackup',
  },
  { when: 'every link is right', world: healthy(), reason: 'BackupVerified' },
  {
    when: 'Harvester says nothing of the metadata file',
    world: replacing(vmb(withMetadata())),
    reason: 'BackupVerified',
  },
  {
    when: 'the metadata file could not be written, to a target that is away: that is told of the target',
    world: replacing(vmb(withMetadata('False')), target(make.withStatus({ available: false }))),
    reason: 'NotVerifiable',
  },
  {
    when: 'the metadata file is to be written when the VMBackup is ready',
    world: replacing(vmb(withMetadata('False'), notReady, createdAt('2025-05-31T23:45:00Z'))),
    reason: 'VMBackupInProgress',
  },
  {
    when: 'Harvester once found it damaged, and Longhorn has listed it since',
    world: replacing(vmb(damaged('2025-05-01T00:00:00Z')), ...listedAt('2025-05-02T00:00:00Z')),
    reason: 'VMBackupRecovered',
  },
  { when: 'only the scheme is old', world: replacing(content(`bs://${V}/${B}`)), reason: 'BackupVerified' },
  { when: 'the backup was taken here', world: dynamic(right), reason: 'BackupVerified' },
  {
    when: 'the target’s address ends in no slash',
    world: replacing(target(make.withSpec({ backupTargetURL: 's3://vm-backups@eu-central-1' }))),
    reason: 'BackupVerified',
  },
  {
    when: 'Longhorn is 1.7, whose BackupVolumes bear no label',
    world: replacing(make.backup({ volume: V, backup: B, version: '1.7' }), make.backupVolume(V, '1.7')),
    reason: 'BackupVerified',
  },
  {
    when: 'the volume is of another driver, and the VMBackup is being made',
    world: [foreign(notReady), make.snapshot({ name: N, claim: 'data' }, owned), snapContent(), target()],
    reason: 'VMBackupInProgress',
    also: ['NotALonghornVolume'],
  },
  {
    when: 'the target is away, and with it the Backups: that is told of the target',
    world: replacing(target(make.withStatus({ available: false }))).filter(
      ({ kind }) => !kind.startsWith('Backup') || kind === 'BackupTarget',
    ),
    reason: 'NotVerifiable',
  },
  {
    when: 'the target is disconnected',
    world: [vmb(), snapshot(), content(), storageClass(), target(make.withSpec({ backupTargetURL: '' }))],
    reason: 'NotVerifiable',
  },
  {
    when: 'the snapshot is going',
    world: replacing(snapshot(make.deleting)),
    reason: 'SnapshotDeleting',
    object: snapshotAt,
  },
  {
    when: 'the content is going',
    world: replacing(content(right, make.deleting)),
    reason: 'ContentDeleting',
    object: contentAt,
  },
  {
    when: 'Longhorn has not read the backup yet',
    world: replacing(make.freshBackup({ volume: V, backup: B, version: '1.9' })),
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'Longhorn lets go of a target that was disconnected, and of no data',
    world: replacing(lhBackup(make.labelled({ 'longhorn.io/delete-custom-resource-only': 'true' }), make.deleting)),
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'Longhorn has not listed the target since it was asked to',
    world: [...without('Backup', 'BackupTarget'), target(make.withSpec({ syncRequestedAt: '2099-01-01T00:00:00Z' }))],
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'Longhorn has never listed the target',
    world: [...without('Backup', 'BackupTarget'), target(make.withStatus({ lastSyncedAt: null }))],
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'Longhorn has not listed the volume’s backups since it was asked to',
    world: [...without('Backup', 'BackupVolume'), lhVolume(make.withSpec({ syncRequestedAt: '2099-01-01T00:00:00Z' }))],
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'the content is being swapped',
    world: replacing(snapshot(make.annotated({ 'gleaner.dev/swap': '{}' }))).filter(
      ({ kind }) => kind !== 'VolumeSnapshotContent',
    ),
    reason: 'RepairUnderWay',
    object: contentAt,
  },
  {
    when: 'the VMBackup is young and not ready',
    world: replacing(vmb(notReady, createdAt('2025-05-31T23:45:00Z'))),
    reason: 'VMBackupInProgress',
  },
  {
    when: 'it is old and not ready, but Longhorn is at work',
    world: replacing(
      vmb(notReady, createdAt('2025-05-31T12:00:00Z')),
      lhBackup(make.withStatus({ state: 'InProgress', volumeName: '' })),
    ),
    reason: 'VMBackupInProgress',
  },
  {
    when: 'a Longhorn Backup has been in progress for a day',
    world: replacing(
      lhBackup(make.withStatus({ state: 'InProgress', volumeName: '' }), createdAt('2025-05-31T00:00:00Z')),
    ),
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'a Longhorn Backup has been pending for an hour',
    world: replacing(
      lhBackup(make.withStatus({ state: 'Pending', volumeName: '' }), createdAt('2025-05-31T23:00:00Z')),
    ),
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  {
    when: 'an old Backup goes without its data',
    world: replacing(
      lhBackup(
        make.deleting,
        make.labelled({ 'longhorn.io/delete-custom-resource-only': 'true' }),
        createdAt('2025-01-01T00:00:00Z'),
      ),
    ),
    reason: 'BackupNotSynced',
    object: lhAt,
  },
  { when: 'no StorageClass is to be seen at all', world: without('StorageClass'), reason: 'BackupVerified' },
  {
    when: 'its content was made anew a moment ago, and the snapshot is not ready again yet',
    world: replacing(
      snapshot(make.withStatus({ readyToUse: false }), createdAt('2025-05-01T00:00:00Z')),
      content(right, createdAt('2025-05-31T23:59:50Z')),
    ),
    reason: 'PairNotReady',
    object: snapshotAt,
  },
  {
    when: 'its content was made anew, and the snapshot says what was so before',
    world: replacing(
      snapshot(
        make.withStatus({
          readyToUse: false,
          error: { message: 'VolumeSnapshotContent is missing', time: '2025-05-31T23:59:50Z' },
        }),
        createdAt('2025-05-01T00:00:00Z'),
      ),
      content(right, createdAt('2025-05-31T23:59:50Z')),
    ),
    reason: 'PairNotReady',
    object: snapshotAt,
  },
  {
    when: 'it is not ready for long, and Longhorn has still to list the target',
    world: [
      ...without('Backup', 'BackupVolume', 'BackupTarget', 'VirtualMachineBackup'),
      vmb(notReady, createdAt('2025-05-31T12:00:00Z')),
      target(asked('2025-05-31T23:59:00Z', '2025-05-31T12:00:00Z')),
    ],
    reason: 'VMBackupInProgress',
  },
  { when: 'there is no such restore', world: [], subject: restoreAt, reason: 'RestoreGone' },
  {
    when: 'the restore is complete',
    world: [...healthy(), restore(make.withStatus({ complete: true }))],
    subject: restoreAt,
    reason: 'RestoreComplete',
  },
  {
    when: 'the restore is being deleted',
    world: [restore(make.deleting)],
    subject: restoreAt,
    reason: 'RestoreDeleting',
  },
  {
    when: 'the restore has just begun',
    world: [...healthy(), restore(), waiting(), ...restorePair(right)],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  {
    when: 'the restore’s volume is being filled, for hours',
    world: [...healthy(), restore(createdAt('2025-05-31T10:00:00Z')), waiting(bound), ...restorePair(wrong)],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  {
    when: 'a wrong handle is good enough, on Longhorn 1.7',
    world: [
      ...replacing(make.backup({ volume: V, backup: B, version: '1.7' }), make.backupVolume(V, '1.7')),
      restore(),
      waiting(),
      ...restorePair(wrong),
    ],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  {
    when: 'its volumes are being filled, and something went wrong only just now',
    world: [...healthy(), restore(failing('cannot update')), waiting(bound), ...restorePair(right)],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  {
    when: 'Harvester has not begun the restore, only just now',
    world: [...healthy(), restore(make.withStatus({ restores: [] }))],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  {
    when: 'the restore’s StorageClass is there',
    world: [...healthy(), restore(), waiting(inClass('there')), ...restorePair(right), make.storageClass('there', 'x')],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  {
    when: 'a BackupVolume is missing, of a Longhorn that makes one up',
    world: [
      ...replacing(make.backup({ volume: V, backup: B, version: '1.7' })).filter(notBackupVolume),
      restore(),
      waiting(),
      ...restorePair(right),
    ],
    subject: restoreAt,
    reason: 'RestoreRunning',
  },
  { when: 'the target is reachable', world: [target()], subject: targetAt, reason: 'TargetReachable' },
  {
    when: 'Longhorn was asked to sync the target a moment ago, and had long not been',
    world: [vmb(), target(asked('2025-05-31T23:59:00Z', '2025-03-02T02:00:03Z'))],
    subject: targetAt,
    reason: 'TargetReachable',
  },
  {
    when: 'Longhorn was asked to sync the target five minutes ago, without ever polling it',
    world: [
      vmb(),
      target(asked('2025-05-31T23:55:00Z', '2025-03-02T02:00:03Z'), make.withSpec({ pollInterval: '0s' })),
    ],
    subject: targetAt,
    reason: 'TargetReachable',
  },
  {
    when: 'Longhorn has synced the target since it was asked to',
    world: [vmb(), target(asked('2025-05-31T20:00:00Z', '2025-05-31T20:00:01Z'))],
    subject: targetAt,
    reason: 'TargetReachable',
  },
  {
    when: 'a sync of the target never ends, and no backup needs it',
    world: [target(asked('2025-05-31T20:00:00Z', '2025-05-31T19:00:00Z'))],
    subject: targetAt,
    reason: 'TargetReachable',
  },
  {
    when: 'no target is connected, and no backup needs one',
    world: [target(make.withSpec({ backupTargetURL: '' }))],
    subject: targetAt,
    reason: 'TargetReachable',
  },
];

/** Rows in which something is broken: each is told with the object at fault, and recorded. */
const broken: Row[] = [
  { when: 'the snapshot is lost', world: without('VolumeSnapshot'), reason: 'SnapshotMissing', object: snapshotAt },
  {
    when: 'snapshot and content are lost',
    world: without('VolumeSnapshot', 'VolumeSnapshotContent'),
    reason: 'SnapshotMissing',
    object: snapshotAt,
  },
  {
    when: 'a VMBackup of type snapshot that was ready has lost all its snapshots',
    world: [local(), target()],
    reason: 'SnapshotLost',
    object: snapshotAt,
    command: /^kubectl get volumesnapshots\.snapshot\.storage\.k8s\.io -n prod$/,
  },
  ...(
    [
      [
        'is not ready and says why',
        'SnapshotNotReady',
        make.withStatus({ readyToUse: false, error: { message: 'boom' } }),
      ],
      [
        'belongs to a former VMBackup',
        'OwnerGone',
        ({ metadata }) => void (metadata.ownerReferences![0]!.uid = 'former'),
      ],
      ['has no owner', 'SnapshotUnowned', ({ metadata }) => void delete metadata.ownerReferences],
    ] as [string, Reason, make.Modifier][]
  ).map(([what, reason, modify]): Row => ({
    when: `a snapshot that is on this cluster alone ${what}`,
    world: [local(), make.snapshot({ name: N, claim: 'data' }, owned, modify), snapContent(), target()],
    reason,
    object: snapshotAt,
  })),
  ...(
    [
      ['is of another snapshot', 'Misbound', ({ spec }) => void (spec.volumeSnapshotRef.uid = 'former')],
      ['is not usable', 'ContentNotReady', make.withStatus({ error: { message: 'boom' } })],
    ] as [string, Reason, make.Modifier][]
  ).map(([what, reason, modify]): Row => {
    const theirs = make.content({ snapshot: N, handle: `snap://${V}/snapshot-1`, volume: V }, modify);
    return {
      when: `the content of a snapshot that is on this cluster alone ${what}`,
      world: [local(), make.snapshot({ name: N, claim: 'data' }, owned), theirs, target()],
      reason,
      object: `VolumeSnapshotContent ${theirs.metadata.name}`,
    };
  }),
  {
    when: 'so has one of which only the condition says that it was ready',
    world: [local(make.withStatus({ creationTime: undefined })), target()],
    reason: 'SnapshotLost',
    object: snapshotAt,
  },
  ...(
    [
      ['has been in progress for three days', 'InProgress', '2025-05-29T00:00:00Z'],
      ['has been pending for a day', 'Pending', '2025-05-31T00:00:00Z'],
      ['was found on the target a day ago and not read', '', '2025-05-31T00:00:00Z'],
    ] as const
  ).map(([what, state, at]): Row => ({
    when: `a Longhorn Backup ${what}`,
    world: replacing(lhBackup(make.withStatus({ state, volumeName: '' }), createdAt(at))),
    reason: 'BackupStalled',
    object: lhAt,
    command: /^kubectl get backups.longhorn.io/,
  })),
  {
    when: 'it is ready and has an error on record',
    world: replacing(vmb(make.withStatus({ error: { message: 'boom' } }))),
    reason: 'VMBackupFailed',
    message: /says that it is ready but has an error: boom$/,
  },
  {
    when: 'one volume is recorded twice',
    world: replacing(vmb(({ status }) => void status.volumeBackups.push({ ...status.volumeBackups[0] }))),
    reason: 'AmbiguousOwner',
    message: /volumes disk-0 and disk-0/,
  },
  {
    when: 'the StorageClass of its volume is gone',
    world: [...without('StorageClass'), make.storageClass('another', 'driver.longhorn.io')],
    reason: 'StorageClassMissing',
    object: 'StorageClass harvester-longhorn',
    message: /^volume disk-0 was in StorageClass harvester-longhorn, which does not exist/,
  },
  {
    when: 'the metadata file could not be written',
    world: replacing(vmb(withMetadata('False'))),
    reason: 'MetadataNotUploaded',
    command: /^kubectl annotate virtualmachinebackups.harvesterhci.io nightly -n prod /,
  },
  {
    when: 'nobody owns the snapshot',
    world: replacing(make.snapshot({ name: N })),
    reason: 'SnapshotUnowned',
    object: snapshotAt,
  },
  {
    when: 'the snapshot’s owner is a former VMBackup',
    world: replacing(vmb(({ metadata }) => void (metadata.uid = 'new'))),
    reason: 'OwnerGone',
    object: snapshotAt,
  },
  {
    when: 'the snapshot is not ready and says why',
    world: replacing(snapshot(make.withStatus({ readyToUse: false, error: { message: 'no such class' } }))),
    reason: 'SnapshotNotReady',
    object: snapshotAt,
  },
  { when: 'the content is lost', world: without('VolumeSnapshotContent'), reason: 'ContentMissing', object: contentAt },
  {
    when: 'the content belongs to another snapshot',
    world: replacing(content(right, ({ spec }) => void (spec.volumeSnapshotRef.name = 'other'))),
    reason: 'Misbound',
    object: contentAt,
  },
  {
    when: 'the content has the uid of a former snapshot',
    world: replacing(content(right, ({ spec }) => void (spec.volumeSnapshotRef.uid = 'former'))),
    reason: 'Misbound',
    object: contentAt,
  },
  {
    when: 'the handle is wrong',
    world: replacing(content(wrong)),
    reason: 'HandleWrong',
    object: contentAt,
    command: /^gleaner apply vsc\//,
  },
  {
    when: 'the content cannot be read',
    world: replacing(content(right, make.withStatus({ creationTime: 'yesterday' }))),
    reason: 'ObjectUnreadable',
    object: contentAt,
    command: /^kubectl get volumesnapshotcontents/,
  },
  {
    when: 'the snapshot cannot be read, and the VMBackup has long not been ready',
    world: replacing(
      vmb(notReady, createdAt('2025-05-01T00:00:00Z')),
      snapshot(make.withStatus({ readyToUse: 'yes' })),
    ),
    reason: 'ObjectUnreadable',
    object: snapshotAt,
  },
  { when: 'the handle is unreadable', world: replacing(content('x')), reason: 'HandleUnreadable', object: contentAt },
  {
    when: 'the handle names another backup',
    world: replacing(content(`bak://${V}/backup-else`)),
    reason: 'BackupMismatch',
    object: contentAt,
  },
  {
    when: 'a content taken here was replaced by a later one',
    world: dynamic(`bak://${V}/backup-later`),
    reason: 'ContentReplaced',
    object: `VolumeSnapshotContent snapcontent-${make.uidFor('VolumeSnapshot', N, 'prod')}`,
  },
  {
    when: 'a content taken here holds data that is younger than the VMBackup',
    world: dynamic(right, make.withStatus({ creationTime: Date.parse('2025-05-01T00:00:00Z') * 1e6 })),
    reason: 'ContentReplaced',
    object: `VolumeSnapshotContent snapcontent-${make.uidFor('VolumeSnapshot', N, 'prod')}`,
  },
  {
    when: 'a content was replaced, and Harvester has recorded the later backup since',
    world: replacing(lhBackup(make.withStatus({ backupCreatedAt: '2025-05-01T00:00:00Z' }))),
    reason: 'ContentReplaced',
    object: contentAt,
  },
  { when: 'the Longhorn Backup is gone', world: without('Backup'), reason: 'BackupMissing', object: lhAt },
  {
    when: 'the Longhorn Backup failed',
    world: replacing(lhBackup(make.withStatus({ state: 'Error' }))),
    reason: 'BackupFailed',
    object: lhAt,
    command: new RegExp(`backups.longhorn.io ${B} -n longhorn-system`),
  },
  {
    when: 'the Longhorn Backup is being deleted',
    world: replacing(lhBackup(make.deleting)),
    reason: 'BackupBeingDeleted',
    object: lhAt,
  },
  {
    when: 'the Longhorn Backup is of another volume than recorded',
    world: replacing(make.vmBackup({ name: 'nightly', entries: [entry({ volume: 'pvc-else' })] })),
    reason: 'VolumeMismatch',
  },
  {
    when: 'there is no BackupVolume',
    world: without('BackupVolume'),
    reason: 'BackupVolumeMissing',
    object: `BackupVolume longhorn-system/${V}`,
  },
  {
    when: 'there are two BackupVolumes',
    world: [...healthy(), lhVolume(renamed(`${V}-other`))],
    reason: 'BackupVolumeAmbiguous',
    object: `BackupVolume longhorn-system/${lhVolume().metadata.name}`,
  },
  {
    when: 'the VMBackup does not record its backup',
    world: replacing(make.vmBackup({ name: 'nightly', entries: [entry({ backup: null })] })),
    reason: 'NoLonghornBackupName',
  },
  {
    when: 'the data is on another target',
    world: replacing(target(make.withSpec({ backupTargetURL: 's3://elsewhere@eu-central-1/' }))),
    reason: 'OtherTarget',
  },
  {
    when: 'Harvester found it damaged, though it says it is ready',
    world: replacing(
      vmb(
        make.withStatus({
          conditions: [
            { type: 'Ready', status: 'False', message: 'Change back to non-ready', reason: 'no StorageClass x' },
          ],
        }),
      ),
    ),
    reason: 'VMBackupDegraded',
  },
  ...(
    [
      ['before Longhorn has listed its target', damaged('2025-05-03T00:00:00Z')],
      ['and does not say when', damaged()],
      ['for want of a StorageClass', damaged('2025-05-01T00:00:00Z', 'cannot find storage class x')],
      ['and it is not ready', (o: KubeObject) => [damaged('2025-05-01T00:00:00Z'), notReady].forEach((m) => m(o))],
    ] as const
  ).map(([when, verdict]): Row => ({
    when: `Harvester found it damaged, ${when}`,
    world: replacing(vmb(verdict), ...listedAt('2025-05-02T00:00:00Z')),
    reason: 'VMBackupDegraded',
  })),
  {
    when: 'it failed, and its data is there',
    world: replacing(vmb(notReady, make.withStatus({ error: { message: 'no StorageClass x' } }))),
    reason: 'VMBackupFailed',
    command: /^kubectl annotate virtualmachinebackups/,
  },
  {
    when: 'it failed, and there is no data',
    world: [
      make.vmBackup(
        { name: 'nightly', entries: [entry({ backup: null })] },
        notReady,
        make.withStatus({ error: { message: 'cannot freeze' } }),
      ),
      target(),
    ],
    reason: 'VMBackupFailed',
    command: /^kubectl delete virtualmachinebackups.harvesterhci.io nightly -n prod$/,
  },
  {
    when: 'it never became ready, and nobody is at work on it',
    world: replacing(vmb(notReady, createdAt('2025-05-31T12:00:00Z'))),
    reason: 'VMBackupFailed',
  },
  {
    when: 'it failed, and its target is away: its data may be there',
    world: [...without('Backup', 'BackupVolume', 'BackupTarget'), target(make.withStatus({ available: false }))].map(
      (o) => (o.kind === 'VirtualMachineBackup' ? vmb(notReady, make.withStatus({ error: { message: 'boom' } })) : o),
    ),
    reason: 'VMBackupFailed',
    command: /^kubectl get virtualmachinebackups.harvesterhci.io nightly -n prod /,
  },
  {
    when: 'a schedule’s VMBackup failed whose Longhorn Backup is lost: any event on it would have that deleted',
    world: without('Backup').map((o) =>
      o.kind === 'VirtualMachineBackup'
        ? vmb(
            notReady,
            make.withStatus({ error: { message: 'boom' } }),
            make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/night' }),
          )
        : o,
    ),
    reason: 'VMBackupFailed',
    also: ['BackupMissing'],
    command: /^kubectl get virtualmachinebackups.harvesterhci.io nightly -n prod /,
  },
  {
    when: 'the content is of another driver',
    world: replacing(content(right, make.withSpec({ driver: 'other.example' }))),
    reason: 'DriverMismatch',
    object: contentAt,
  },
  {
    when: 'the snapshot is not ready for long and does not say why',
    world: replacing(
      snapshot(make.withStatus({ readyToUse: false }), createdAt('2025-05-01T00:00:00Z')),
      content(right, createdAt('2025-05-01T00:00:00Z')),
    ),
    reason: 'SnapshotNotReady',
    object: snapshotAt,
  },
  {
    when: 'the content is not ready for long and does not say why',
    world: replacing(content(right, make.withStatus({ readyToUse: false }), createdAt('2025-05-01T00:00:00Z'))),
    reason: 'ContentNotReady',
    object: contentAt,
  },
  {
    when: 'a restore waits on a wrong handle',
    world: [...healthy(), restore(), waiting(), ...restorePair(wrong)],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^gleaner apply vmrestore\/r1 -n finance$/,
  },
  {
    when: 'a restore’s snapshot is gone',
    world: [...healthy(), restore(), waiting()],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^kubectl delete virtualmachinerestores/,
  },
  {
    when: 'a restore’s backup is gone',
    world: [...without('Backup'), restore(), waiting(), ...restorePair(right)],
    subject: restoreAt,
    reason: 'RestoreHanging',
  },
  {
    when: 'a restore’s VMBackup is gone',
    world: [restore(), target()],
    subject: restoreAt,
    reason: 'RestoreHanging',
  },
  {
    when: 'a restore hangs that has made its VM: the VM goes first',
    world: [
      restore(({ metadata }) => {
        metadata.ownerReferences = [{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name: 'vm1', uid: 'u' }];
      }),
      make.object('kubevirt.io/v1', 'VirtualMachine', { name: 'vm1', namespace: 'finance' }),
      target(),
    ],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^kubectl delete virtualmachines.kubevirt.io vm1 -n finance$/,
  },
  {
    when: 'a restore over an existing VM hangs: that VM stays',
    world: [
      restore(make.withSpec({ newVM: false }), ({ metadata }) => {
        metadata.ownerReferences = [{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name: 'vm1', uid: 'u' }];
      }),
      target(),
    ],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^kubectl delete virtualmachinerestores/,
  },
  {
    when: 'a restore in the backup’s own namespace lacks its snapshot',
    world: [
      ...without('VolumeSnapshot'),
      make.vmRestore({ name: 'r1', namespace: 'prod', backup: 'nightly' }, make.withStatus({ complete: false })),
    ],
    subject: ref('VirtualMachineRestore', 'r1', 'prod'),
    reason: 'RestoreHanging',
  },
  {
    when: 'Harvester says that a restore fails',
    world: [
      ...healthy(),
      restore(
        make.withStatus({
          conditions: [{ type: 'InProgress', status: 'False', reason: 'Error', message: 'quota exceeded' }],
        }),
      ),
    ],
    subject: restoreAt,
    reason: 'RestoreHanging',
  },
  {
    when: 'Longhorn could not fill the volume of a restore',
    world: [
      ...healthy(),
      restore(createdAt('2025-05-31T10:00:00Z'), failing('volume longhorn-system/pvc-new restore failed: EOF')),
      waiting(bound),
    ],
    subject: restoreAt,
    reason: 'RestoreHanging',
    message: /Harvester says: volume longhorn-system\/pvc-new restore failed/,
  },
  {
    when: 'Harvester has not begun a restore for long',
    world: [...healthy(), restore(createdAt('2025-05-31T10:00:00Z'), make.withStatus({ restores: undefined }))],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^kubectl describe virtualmachinerestores.harvesterhci.io r1 -n finance$/,
  },
  {
    when: 'a claim is in a StorageClass that is not there',
    world: [...healthy(), restore(), waiting(inClass('gone')), ...restorePair(right)],
    subject: restoreAt,
    reason: 'RestoreHanging',
    message: /claim restored is in StorageClass gone, which does not exist/,
  },
  {
    when: 'a restore waits for a BackupVolume',
    world: [...healthy().filter(notBackupVolume), restore(), waiting(), ...restorePair(right)],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^kubectl get backupvolumes/,
  },
  {
    when: 'each of two claims waits for something else: both are told, and what cannot be cured decides',
    world: [
      ...healthy(),
      restore(({ status }) => {
        status.restores.push({ volumeName: 'b', persistentVolumeClaimSpec: { metadata: { name: 'second' } } });
      }),
      waiting(),
      waiting(renamed('second'), ({ spec }) => void (spec.dataSource.name = 'lost')),
      ...restorePair(wrong),
    ],
    subject: restoreAt,
    reason: 'RestoreHanging',
    message: /claim restored waits .*; claim second waits for VolumeSnapshot finance\/lost, which does not exist/,
    command: /^kubectl delete virtualmachinerestores/,
  },
  {
    when: 'a claim stays Pending and nobody knows why',
    world: [...healthy(), restore(createdAt('2025-05-31T23:00:00Z')), waiting(), ...restorePair(right)],
    subject: restoreAt,
    reason: 'RestoreHanging',
    command: /^kubectl describe persistentvolumeclaims /,
  },
  {
    when: 'the target is not reachable',
    world: [target(make.withStatus({ available: false }))],
    subject: targetAt,
    reason: 'TargetUnavailable',
    command: /^kubectl describe backuptargets/,
  },
  {
    when: 'a sync of the target never ends',
    world: [vmb(), target(asked('2025-05-31T20:00:00Z', '2025-05-31T19:00:00Z'))],
    subject: targetAt,
    reason: 'TargetNotSyncing',
    command: /^kubectl describe backuptargets/,
  },
  {
    when: 'a first sync of the target never ends',
    world: [vmb(), target(asked('2025-05-31T20:00:00Z', null))],
    subject: targetAt,
    reason: 'TargetNotSyncing',
  },
  {
    when: 'each poll asks for a sync, and none ends',
    world: [vmb(), target(asked('2025-05-31T23:56:00Z', '2025-05-31T20:00:00Z'))],
    subject: targetAt,
    reason: 'TargetNotSyncing',
  },
  {
    when: 'no target is connected',
    world: [vmb(), target(make.withSpec({ backupTargetURL: '' }))],
    subject: targetAt,
    reason: 'TargetNotConnected',
  },
];

const decide = async (world: KubeObject[], subject: Ref = backupAt, served: ('PolicyReport' | 'Report')[] = []) => {
  const decided = plan(await observe(readerOf(world, served), subject), config, nowMs);
  expect(await allTroublesOf(decided.findings, among(world))).toEqual([]);
  return decided;
};
const eventsOf = (records: readonly Action[] = []) => records.filter((action) => action.do === 'recordEvent');
const reportsOf = (records: readonly Action[] = []) => records.filter((action) => action.do === 'putReport');

describe('verify-backup', () => {
  test.each(quiet)('says $reason and writes nothing when $when', async ({ world, subject, reason, object }) => {
    const { findings, records = [] } = await decide(world, subject, ['PolicyReport']);
    expect(findings.map((f) => f.reason)).toContain(reason);
    const finding = findings.find((f) => f.reason === reason)!;
    expect(describeRef(finding.subject)).toBe(object ?? describeRef(subject ?? backupAt));
    expect(findings.filter((f) => verdictOf(f) === 'report')).toEqual([]);
    expect(records).toEqual([]);
  });

  test.each(broken)(
    'says $reason and records it when $when',
    async ({ world, subject = backupAt, reason, object, command, message, also = [] }) => {
      const { findings, records } = await decide(world, subject);
      // What another function repairs waits for that one.
      const open = findings.filter((f) => verdictOf(f) !== 'leave');
      expect(open.map((f) => f.reason)).toEqual([reason, ...also]);
      const [finding] = open;
      expect(describeRef(finding!.subject)).toBe(object ?? describeRef(subject));
      expect(finding!.message).not.toMatch(/undefined|null|\[object/);
      expect(JSON.stringify({ findings, records })).not.toContain(make.secretMarker);
      if (command !== undefined) expect(finding!.command).toMatch(command);
      if (message !== undefined) expect(finding!.message).toMatch(message);
      expect(findings.flatMap((f) => f.actions)).toEqual([]);
      expect(eventsOf(records)).toMatchObject(
        [reason, ...also].map((one) => ({
          target: { namespace: subject.namespace },
          event: { type: 'Warning', reason: one, regarding: subject },
          at: '2025-06-01T00:00:00.000000Z',
        })),
      );
      expect(reportsOf(records)).toEqual([]);
    },
  );

  test('an old verdict of Harvester’s does not hide what is broken now', async () => {
    const world = replacing(vmb(damaged('2025-05-01T00:00:00Z')), ...listedAt('2025-05-02T00:00:00Z'), content(wrong));
    const { findings } = await decide(world);
    expect(findings.map(({ reason }) => reason)).toEqual(['VMBackupDegraded', 'HandleWrong']);
  });

  test('of a verdict that may be over it says what is true now', async () => {
    const messageOf = async (verdict: make.Modifier) =>
      (await decide(replacing(vmb(verdict), ...listedAt('2025-05-02T00:00:00Z')))).findings[0]!.message;
    expect(await messageOf(damaged('2025-05-03T00:00:00Z'))).toMatch(
      /every link to the target is intact now, but Longhorn has not listed/,
    );
    expect(await messageOf(damaged())).toMatch(/every link to the target is intact now, but the condition has no time/);
    expect(await messageOf(damaged('2025-05-01T00:00:00Z', 'cannot find storage class x'))).toMatch(
      /but their StorageClass is not checked here/,
    );
    expect(await messageOf(damaged('2025-05-01T00:00:00Z'))).toMatch(
      /at 2025-05-01T00:00:00.000Z .*backup-1 is not ready/,
    );
  });

  test('tells each broken link of each volume by itself', async () => {
    const claims = ['root', 'data', 'logs'];
    const entries = claims.map((claim, i) => make.volumeEntry({ vmBackup: 'nightly', volumeName: `disk-${i}`, claim }));
    const own = make.ownedBy(make.vmBackup({ name: 'nightly', entries }));
    const world = [
      make.vmBackup({ name: 'nightly', entries }),
      target(),
      storageClass(),
      ...claims.flatMap((claim, i) => {
        const [volume, backup] = [make.volumeOf(claim), make.backupOf(claim, 'nightly')];
        const name = `nightly-volume-${claim}`;
        return [
          ...(i === 0 ? [] : [make.snapshot({ name }, own)]),
          make.content({ snapshot: name, handle: i === 1 ? `bs://${claim}/${backup}` : `bak://${volume}/${backup}` }),
          make.backup({ volume, backup, version: '1.9' }),
          ...(i === 0 ? [] : [make.backupVolume(volume, '1.9')]),
        ];
      }),
    ];
    const { findings, records } = await decide(world, backupAt, ['PolicyReport']);
    expect(findings.map(({ volume, reason }) => `${volume} ${reason}`).sort()).toEqual([
      'disk-0 BackupVolumeMissing',
      'disk-0 SnapshotMissing',
      'disk-1 HandleWrong',
      'disk-2 BackupVerified',
    ]);
    const [report] = reportsOf(records);
    expect(report!.results).toHaveLength(18);
    expect(report!.results.map(({ result }) => result).sort()).toEqual([
      ...Array(3).fill('fail'),
      ...Array(15).fill('pass'),
    ]);
  });

  test('a target that is away is an Event on the target, not on every backup behind it', async () => {
    const world = replacing(target(make.withStatus({ available: false })));
    expect((await decide(world)).records).toEqual([]);
    expect(eventsOf((await decide(world, targetAt)).records)).toHaveLength(1);
  });

  test('each Event has a name of its own: the object’s uid, the reason and the volume', async () => {
    const { records } = await decide(replacing(content(wrong)));
    const uid = vmb().metadata.uid!;
    expect(eventsOf(records).map(({ target: { name } }) => name)).toEqual([`gleaner.${uid}.handlewrong.disk-0`]);
  });

  test('what was recorded is left alone for a while, then counted', async () => {
    const [{ target: at, event }] = eventsOf((await decide(replacing(content(wrong)))).records) as [any];
    const recorded = (minutesAgo: number, series?: object): KubeObject => ({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: at.name, namespace: at.namespace, uid: 'e' },
      eventTime: new Date(nowMs - minutesAgo * 60_000).toISOString(),
      ...event,
      ...(series && { series }),
    });
    const world = replacing(content(wrong));
    expect((await decide([...world, recorded(29)])).records).toEqual([]);
    expect(eventsOf((await decide([...world, recorded(31)])).records)).toMatchObject([
      { seen: { uid: 'e', count: 1 } },
    ]);
    const series = { count: 7, lastObservedTime: new Date(nowMs - 60_000).toISOString() };
    expect((await decide([...world, recorded(600, series)])).records).toEqual([]);
  });
});
