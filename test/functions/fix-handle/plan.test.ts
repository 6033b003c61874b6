import { describe, expect, test } from '@jest/globals';
import { observe } from '../../../functions/fix-handle/observe.ts';
import { plan } from '../../../functions/fix-handle/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { Ref } from '../../../shared/domain/kinds.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { verdictOf } from '../../../shared/plan/plan.ts';
import type { Reason } from '../../../shared/plan/reason.ts';
import { allTroublesOf, among } from '../../gen/commands.ts';
import { readerOf } from '../../gen/reader.ts';
import { away, elsewhere, neverListed, target, unlisted, unlistedVolume, withTarget } from '../target.ts';

const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const N = 'nightly-volume-data';
const right = `bak://${V}/${B}`;
const wrong = `bs://data/${B}`;
const boundProtection = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';

const entry = (shape: Partial<make.EntryShape> = {}) =>
  make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', ...shape });
const vmb = (...modifiers: make.Modifier[]) => make.vmBackup({ name: 'nightly', entries: [entry()] }, ...modifiers);
const owned = make.ownedBy(vmb());
const lhBackup = (...modifiers: make.Modifier[]) => make.backup({ volume: V, backup: B, version: '1.9' }, ...modifiers);
const lhVolume = () => make.backupVolume(V, '1.9');
const longhorn = () => [lhBackup(), lhVolume()];
const snapshot = (...modifiers: make.Modifier[]) => make.snapshot({ name: N }, ...modifiers);
const content = (handle: string, ...modifiers: make.Modifier[]) => make.content({ snapshot: N, handle }, ...modifiers);
const pair = (handle = wrong) => [snapshot(owned), content(handle, owned)];
/** There in every world: without it no content ever becomes ready. */
const snapshotClass = make.snapshotClass('longhorn', 'driver.longhorn.io');
const gone = make.withSpec({ volumeSnapshotClassName: 'gone' });
/** Another volume, of a claim that is called as the revision of the first would be. */
const namesake = (shape: Partial<make.EntryShape> = {}) =>
  make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-1', claim: 'data-snap-revise', ...shape });
/** Its volume uses another snapshot. */
const otherwise: make.Modifier = (o) => void (o['status'].volumeBackups[0].name = 'another');
const note = (uid: string, shape: object = {}) => {
  const volumeSnapshotRef = { name: N, namespace: 'prod', uid: make.uidFor('VolumeSnapshot', N, 'prod') };
  const spec = {
    driver: 'driver.longhorn.io',
    deletionPolicy: 'Retain',
    source: { snapshotHandle: right },
    volumeSnapshotRef,
  };
  const made = {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotContent',
    metadata: { name: `${N}-vsc` },
    spec,
  };
  return make.annotated({ 'gleaner.dev/swap': JSON.stringify({ uid, content: { ...made, ...shape } }) });
};
const notReady = make.withStatus({ readyToUse: false });
const schedule = () => make.schedule('every-night', 'prod', 'web');
const scheduled = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/every-night' });
const pending = (from = N, namespace = 'prod') =>
  make.claim('waiting', namespace, (o) => {
    o.spec = { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: from } };
    o.status = { phase: 'Pending' };
  });
const named =
  (n: string): make.Modifier =>
  (o) =>
    void (o.metadata.name = n);
const finalizers =
  (...list: string[]): make.Modifier =>
  (o) =>
    void (o.metadata.finalizers = list);

const restoreObject = (...modifiers: make.Modifier[]) =>
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
    ...modifiers,
  );
const unreadable = make.withStatus({ restores: 'none' });
const ofNothing = make.withSpec({ virtualMachineBackupName: 7 });
const D = `restore-r1-${N}`;
const DC = `restore-finance-r1-${N}`;
const restorePair = (handle = wrong) => [
  make.snapshot({ name: D, namespace: 'finance', content: DC, policy: 'Retain' }, make.ownedBy(restoreObject(), false)),
  make.content(
    { name: DC, snapshot: D, namespace: 'finance', handle, policy: 'Retain' },
    make.ownedBy(restoreObject(), false),
  ),
];
const replacement = (handle = right) => [
  make.snapshot({ name: `${N}-snap-revise` }, owned),
  make.content({ snapshot: `${N}-snap-revise`, handle, policy: 'Retain' }, owned),
];

interface Row {
  when: string;
  world: KubeObject[];
  subject?: Ref;
  procedure?: 'auto' | 'create' | 'swap';
  reason: Reason;
  /** What is told besides. */
  also?: Reason[];
  /** What it does, in order; nothing by default. */
  does?: string[];
}

const subject = ref('VolumeSnapshotContent', `${N}-vsc`);
const orphan = ref('VolumeSnapshot', N, 'prod');
const created = [`create VolumeSnapshotContent ${N}-snap-revise-vsc`, `create VolumeSnapshot ${N}-snap-revise`];
const swapped = (name = `${N}-vsc`) => [
  'annotateSnapshot',
  `setPolicy ${name} Retain`,
  `deleteContent ${name}`,
  `releaseContent ${name}`,
  `create VolumeSnapshotContent ${name}`,
  'annotateSnapshot',
];
const swappedOnRetain = (name: string) => swapped(name).filter((step) => !step.startsWith('setPolicy'));

const rows: Row[] = [
  // Nothing to do.
  {
    when: 'there is no Longhorn Backup of a pair that its VMBackup has revised',
    world: [
      make.vmBackup({ name: 'nightly', entries: [entry({ name: `${N}-snap-revise` })] }),
      ...pair(),
      ...replacement(),
      lhVolume(),
    ],
    reason: 'Superseded',
  },
  {
    when: 'there is no Longhorn Backup of a pair that goes with its VMBackup',
    world: [vmb(otherwise, make.deleting), ...pair(), lhVolume()],
    reason: 'VMBackupDeleting',
  },
  { when: 'the content is gone', world: [], reason: 'ContentGone' },
  { when: 'the snapshot is gone', world: [], subject: orphan, reason: 'ContentGone' },
  {
    when: 'the driver is another',
    world: [make.content({ snapshot: N, handle: wrong, driver: 'rook.example' })],
    reason: 'OtherDriver',
  },
  {
    when: 'the content is dynamic',
    world: [make.content({ name: `${N}-vsc`, snapshot: N, handle: right, volume: V })],
    reason: 'DynamicContent',
  },
  { when: 'the handle is an in-cluster snapshot', world: [content(`snap://${V}/s-1`)], reason: 'NotABackupHandle' },
  {
    when: 'the handle is a backing image',
    world: [content('bi://backing?backingImage=x')],
    reason: 'NotABackupHandle',
  },
  {
    when: 'the pair is a guest cluster’s',
    world: [content(wrong, make.annotated({ 'harvesterhci.io/pvcrestore-ref': 'g/r' })), ...longhorn()],
    reason: 'GuestClusterBackup',
  },
  { when: 'the handle is right', world: [vmb(), ...pair(right), ...longhorn()], reason: 'HandleRight' },
  {
    when: 'the handle is right, and the snapshot with the note of the swap is being deleted',
    world: [vmb(), snapshot(owned, note('x'), make.deleting), content(right, owned), ...longhorn()],
    subject: orphan,
    reason: 'HandleRight',
  },
  { when: 'only the scheme is old', world: [vmb(), ...pair(`bs://${V}/${B}`), ...longhorn()], reason: 'LegacyScheme' },
  {
    when: 'the content is being deleted and its snapshot is gone',
    world: [content(wrong, make.deleting), ...longhorn()],
    reason: 'ContentDeleting',
  },
  {
    when: 'a wrong content hangs in deletion under a living snapshot',
    world: [vmb(), snapshot(owned), content(wrong, make.deleting), pending(), ...longhorn()],
    reason: 'ContentStuck',
  },
  {
    when: 'a right content hangs in deletion under a living snapshot',
    world: [vmb(), snapshot(owned), content(right, make.deleting), ...longhorn()],
    reason: 'ContentStuck',
  },
  {
    when: 'a complete restore’s content is in deletion',
    world: [
      restoreObject(make.withStatus({ complete: true })),
      restorePair()[0]!,
      make.content(
        { name: DC, snapshot: D, namespace: 'finance', handle: wrong, policy: 'Retain' },
        make.ownedBy(restoreObject(), false),
        make.deleting,
      ),
      ...longhorn(),
    ],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'RestoreComplete',
  },
  {
    when: 'the snapshot is being deleted',
    world: [vmb(), snapshot(owned, make.deleting), content(wrong), ...longhorn()],
    reason: 'SnapshotDeleting',
  },
  {
    when: 'the VMBackup is being deleted',
    world: [vmb(make.deleting), ...pair(), ...longhorn()],
    reason: 'VMBackupDeleting',
  },
  {
    when: 'the VMBackup is of type snapshot',
    world: [vmb(make.withSpec({ type: 'snapshot' })), ...pair(), ...longhorn()],
    reason: 'SnapshotTypeBackup',
  },
  {
    when: 'the restore is complete',
    world: [vmb(), restoreObject(make.withStatus({ complete: true })), ...restorePair(), ...longhorn()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'RestoreComplete',
  },
  {
    when: 'the restore is complete and its backup gone',
    world: [restoreObject(make.withStatus({ complete: true })), ...restorePair()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'RestoreComplete',
  },
  {
    when: 'the restore is being deleted',
    world: [restoreObject(make.deleting), ...restorePair(), ...longhorn()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'RestoreDeleting',
  },
  {
    when: 'the restore is gone',
    world: [...restorePair(), ...longhorn()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'RestoreGone',
  },
  {
    when: 'the VMBackup uses a revised pair',
    world: [
      make.vmBackup({ name: 'nightly', entries: [entry({ name: `${N}-snap-revise` })] }),
      ...pair(),
      ...replacement(),
      ...longhorn(),
    ],
    reason: 'Superseded',
  },
  // Not yet.
  {
    when: 'Longhorn has not read the backup',
    world: [vmb(), ...pair(), make.freshBackup({ volume: V, backup: B, version: '1.9' })],
    reason: 'BackupNotSynced',
  },
  {
    when: 'a schedule’s backup is not settled',
    world: [
      schedule(),
      make.vmBackup({ name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs' })] }, scheduled),
      ...pair(),
      ...longhorn(),
      make.freshBackup({ volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' }),
    ],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'a schedule’s backup is not settled, even if a claim waits',
    world: [
      schedule(),
      make.vmBackup({ name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs' })] }, scheduled),
      ...pair(),
      pending(),
      ...longhorn(),
      make.freshBackup({ volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' }),
    ],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'a schedule’s VMBackup is not ready',
    world: [schedule(), vmb(scheduled, notReady), ...pair(), ...longhorn()],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'the replacement exists already',
    world: [vmb(), ...pair(), ...replacement(), ...longhorn()],
    reason: 'ReplacementMade',
  },
  { when: 'a lone wrong content has no snapshot', world: [content(wrong), ...longhorn()], reason: 'SnapshotNotThere' },
  {
    when: 'only "create" is allowed and a restore runs',
    world: [vmb(), restoreObject(), ...pair(), ...longhorn()],
    procedure: 'create',
    reason: 'RestoreInProgress',
  },
  {
    when: 'only "create" is allowed and a restore of it cannot be read',
    world: [vmb(), restoreObject(unreadable), ...pair(), ...longhorn()],
    procedure: 'create',
    reason: 'RestoreInProgress',
  },
  {
    when: 'only "create" is allowed and of a restore not even the VMBackup can be read',
    world: [vmb(), restoreObject(ofNothing), ...pair(), ...longhorn()],
    procedure: 'create',
    reason: 'RestoreInProgress',
  },
  // No Backup is there, and that says nothing.
  ...(
    [
      ['nobody’s', [snapshot(), content(wrong)]],
      ['the VMBackup’s', [vmb(), ...pair()]],
    ] as const
  ).flatMap(([whose, world]): Row[] => [
    { when: `the target is away, and the content is ${whose}`, world: [...world, away()], reason: 'NotVerifiable' },
    {
      when: `no target is connected, and the content is ${whose}`,
      world: [...world, target({ backupTargetURL: '' })],
      reason: 'NotVerifiable',
    },
    {
      when: `the target is not listed since it was asked for, and the content is ${whose}`,
      world: [...world, unlisted()],
      reason: 'BackupNotSynced',
    },
    {
      when: `the target was never listed, and the content is ${whose}`,
      world: [...world, neverListed()],
      reason: 'BackupNotSynced',
    },
    {
      when: `Longhorn has not looked at the target, and the content is ${whose}`,
      world: [...world, target({}, null)],
      reason: 'BackupNotSynced',
    },
  ]),
  {
    when: 'its BackupVolume is not listed yet',
    world: [vmb(), ...pair(), unlistedVolume(V)],
    reason: 'BackupNotSynced',
  },
  {
    when: 'Longhorn lets go of a target that was disconnected, and of no data',
    world: [
      vmb(),
      ...pair(),
      lhBackup(make.labelled({ 'longhorn.io/delete-custom-resource-only': 'true' }), make.deleting),
      lhVolume(),
    ],
    reason: 'BackupNotSynced',
  },
  { when: 'another target is connected', world: [vmb(), ...pair(), elsewhere()], reason: 'NotVerifiable' },
  {
    when: 'the content is lost while the target is away',
    world: [vmb(), snapshot(owned, notReady), away()],
    subject: ref('VolumeSnapshot', N, 'prod'),
    reason: 'TargetAway',
  },
  {
    when: 'the content is lost while the target is not listed',
    world: [vmb(), snapshot(owned, notReady), unlisted()],
    subject: ref('VolumeSnapshot', N, 'prod'),
    reason: 'BackupNotSynced',
  },
  // A person must decide.
  { when: 'the handle is unreadable', world: [content('backup-1')], reason: 'HandleUnreadable' },
  {
    when: 'a further segment makes the handle ambiguous',
    world: [content(`${right}/more`)],
    reason: 'HandleUnreadable',
  },
  {
    when: 'there is no Longhorn Backup: the handle names another volume than the VMBackup records besides',
    world: [vmb(), ...pair(), lhVolume()],
    reason: 'BackupMissing',
    also: ['HandleWrong'],
  },
  { when: 'there is no Longhorn Backup', world: [vmb(), ...pair(right), lhVolume()], reason: 'BackupMissing' },
  {
    when: 'there is no Longhorn Backup of a pair that its VMBackup does not use',
    world: [vmb(otherwise), ...pair(right), lhVolume()],
    reason: 'BackupMissing',
  },
  {
    when: 'there is no Longhorn Backup, and no VMBackup',
    world: [snapshot(), content(wrong)],
    reason: 'BackupMissing',
  },
  {
    when: 'the Longhorn Backup is being deleted',
    world: [vmb(), ...pair(), lhBackup(make.deleting), lhVolume()],
    reason: 'BackupBeingDeleted',
    also: ['HandleWrong'],
  },
  {
    when: 'the Longhorn Backup failed',
    world: [vmb(), ...pair(), lhBackup(make.withStatus({ state: 'Error' })), lhVolume()],
    reason: 'BackupFailed',
    also: ['HandleWrong'],
  },
  { when: 'there is no BackupVolume', world: [vmb(), ...pair(), lhBackup()], reason: 'BackupVolumeMissing' },
  {
    when: 'there are two BackupVolumes',
    world: [vmb(), ...pair(), lhBackup(), lhVolume(), make.backupVolume(V, '1.9', named(`${V}-other`))],
    reason: 'BackupVolumeAmbiguous',
  },
  {
    when: 'the VMBackup records no backup',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ backup: null })] }), ...pair(), ...longhorn()],
    reason: 'NoLonghornBackupName',
  },
  {
    when: 'the VMBackup records another backup',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ backup: 'backup-else' })] }), ...pair(), ...longhorn()],
    reason: 'BackupMismatch',
  },
  {
    when: 'the VMBackup records another volume',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ volume: 'pvc-else' })] }), ...pair(), ...longhorn()],
    reason: 'VolumeMismatch',
  },
  {
    when: 'the Backup’s label disagrees',
    world: [vmb(), ...pair(), lhBackup(make.labelled({ 'backup-volume': 'pvc-else' })), lhVolume()],
    reason: 'VolumeMismatch',
  },
  {
    when: 'the snapshot uses another content',
    world: [vmb(), make.snapshot({ name: N, content: 'other' }, owned), content(wrong), ...longhorn()],
    reason: 'Misbound',
  },
  {
    when: 'two VMBackups name the snapshot',
    world: [vmb(), make.vmBackup({ name: 'twin', entries: [entry()] }), snapshot(), content(wrong), ...longhorn()],
    reason: 'AmbiguousOwner',
  },
  {
    when: 'the owner lives under another uid',
    world: [vmb((o) => void (o.metadata.uid = 'new-uid')), ...pair(), ...longhorn()],
    reason: 'OwnerGone',
  },
  {
    when: 'the owner is of an unknown kind',
    world: [
      snapshot((o) => void (o.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'Robot', name: 'x', uid: 'y' }])),
      content(wrong),
      ...longhorn(),
    ],
    reason: 'OwnedByOther',
  },
  {
    when: 'a strange finalizer holds the content',
    world: [snapshot(), content(wrong, finalizers(boundProtection, 'example.com/keep')), ...longhorn()],
    reason: 'ForeignFinalizer',
  },
  {
    when: 'only "create" is allowed and nobody owns the pair',
    world: [snapshot(), content(wrong), ...longhorn()],
    procedure: 'create',
    reason: 'SwapNotAllowed',
  },
  { when: 'a lost content cannot be derived', world: [snapshot()], subject: orphan, reason: 'ContentLost' },
  {
    when: 'a VMBackup’s content is lost',
    world: [vmb(), snapshot(owned), ...longhorn()],
    subject: orphan,
    reason: 'ContentMissing',
  },
  {
    when: 'a snapshot that nobody owns never had the content that its note asks for',
    world: [snapshot(note('x'), ({ status }) => void delete status.boundVolumeSnapshotContentName), ...longhorn()],
    subject: orphan,
    reason: 'NoteUnusable',
  },
  {
    when: 'a snapshot that nobody owns had the content that its note asks for',
    world: [snapshot(note('x')), ...longhorn()],
    subject: orphan,
    reason: 'FinishSwap',
    does: [`create VolumeSnapshotContent ${N}-vsc`, 'annotateSnapshot'],
  },
  {
    when: 'a new content would name a class that is gone',
    world: [vmb(), snapshot(owned, gone), content(wrong, owned, gone), ...longhorn()],
    reason: 'SnapshotClassMissing',
  },
  {
    when: 'a schedule’s other backup is not there yet: Longhorn has still to list the target',
    world: [
      schedule(),
      unlisted(),
      make.vmBackup(
        {
          name: 'nightly',
          entries: [entry(), make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-1', claim: 'logs' })],
        },
        scheduled,
      ),
      ...pair(),
      ...longhorn(),
    ],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'a schedule’s other backup is lost: should it come back, Harvester would delete it',
    world: [
      schedule(),
      make.vmBackup(
        {
          name: 'nightly',
          entries: [entry(), make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-1', claim: 'logs' })],
        },
        scheduled,
      ),
      ...pair(),
      ...longhorn(),
    ],
    reason: 'ScheduledBackupLost',
  },
  {
    when: 'the other backup is lost of a VMBackup whose schedule is gone',
    world: [
      make.vmBackup(
        {
          name: 'nightly',
          entries: [entry(), make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-1', claim: 'logs' })],
        },
        scheduled,
      ),
      ...pair(),
      ...longhorn(),
    ],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'the replacement would bear the name that another volume’s lost pair has',
    world: [make.vmBackup({ name: 'nightly', entries: [entry(), namesake()] }), ...pair(), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'the replacement would bear the name that another VMBackup’s lost pair has',
    world: [vmb(), make.vmBackup({ name: 'other', entries: [namesake()] }), ...pair(), ...longhorn()],
    procedure: 'create',
    reason: 'RevisedNameTaken',
  },
  {
    when: 'what stands under the replacement’s name is of another driver',
    world: [
      vmb(),
      ...pair(),
      make.snapshot({ name: `${N}-snap-revise` }, owned),
      make.content({ snapshot: `${N}-snap-revise`, handle: right, driver: 'rook.example' }, owned),
      ...longhorn(),
    ],
    procedure: 'create',
    reason: 'RevisedNameTaken',
  },
  {
    when: 'what stands under the replacement’s name says otherwise in its status',
    world: [
      vmb(),
      ...pair(),
      make.snapshot({ name: `${N}-snap-revise` }, owned),
      make.content({ snapshot: `${N}-snap-revise`, handle: right }, owned, make.withStatus({ snapshotHandle: wrong })),
      ...longhorn(),
    ],
    procedure: 'create',
    reason: 'RevisedNameTaken',
  },
  {
    when: 'the replacement is there in the old spelling',
    world: [vmb(), ...pair(), ...replacement(`bs://${V}/${B}`), ...longhorn()],
    reason: 'ReplacementMade',
  },
  {
    when: 'the BackupVolume has lost its labels',
    world: [vmb(), ...pair(), lhBackup(), make.backupVolume(V, '1.9', (o) => void delete o.metadata.labels)],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'a note is not Gleaner’s',
    world: [
      snapshot(make.annotated({ 'gleaner.dev/swap': '{"uid":"x","content":{"spec":{"deletionPolicy":"Delete"}}}' })),
      ...longhorn(),
    ],
    subject: orphan,
    reason: 'NoteUnusable',
  },
  // A right pair is created beside it.
  {
    when: 'the VMBackup can be relinked',
    world: [vmb(), ...pair(), ...longhorn()],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'the name was revised before',
    world: [
      make.vmBackup({ name: 'nightly', entries: [entry({ name: `${N}-snap-revise` })] }),
      ...replacement(wrong),
      ...longhorn(),
    ],
    subject: ref('VolumeSnapshotContent', `${N}-snap-revise-vsc`),
    reason: 'ReplacePair',
    does: [
      `create VolumeSnapshotContent ${N}-snap-revise-snap-revise-vsc`,
      `create VolumeSnapshot ${N}-snap-revise-snap-revise`,
    ],
  },
  {
    when: 'the volume part is another volume that exists',
    world: [vmb(), ...pair(`bak://pvc-else/${B}`), ...longhorn(), make.backupVolume('pvc-else', '1.9')],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'Longhorn is 1.7, whose BackupVolumes bear no label',
    world: [vmb(), ...pair(), make.backup({ volume: V, backup: B, version: '1.7' }), make.backupVolume(V, '1.7')],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'the snapshot is lost too',
    world: [vmb(), content(wrong, owned), ...longhorn()],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'the snapshot has no owner reference',
    world: [vmb(), snapshot(), content(wrong), ...longhorn()],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'half of the replacement exists',
    world: [
      vmb(),
      ...pair(),
      make.content(
        { snapshot: `${N}-snap-revise`, handle: right, policy: 'Retain' },
        owned,
        (o) => void delete o.spec.volumeSnapshotRef.uid,
      ),
      ...longhorn(),
    ],
    reason: 'ReplacePair',
    does: [`create VolumeSnapshot ${N}-snap-revise`],
  },
  {
    when: 'a schedule’s backups are all settled',
    world: [vmb(scheduled), ...pair(), ...longhorn()],
    reason: 'ReplacePair',
    does: created,
  },
  // The content is swapped.
  {
    when: 'a claim waits',
    world: [vmb(), ...pair(), pending(), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'a restore is in progress',
    world: [vmb(), restoreObject(), ...pair(), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'the VMBackup is not ready',
    world: [vmb(notReady), ...pair(), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'the replacement’s name is taken by a wrong pair',
    world: [vmb(), ...pair(), ...replacement(wrong), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'the policy says so',
    world: [vmb(), ...pair(), ...longhorn()],
    procedure: 'swap',
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'nobody owns the pair',
    world: [snapshot(), content(wrong), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'the content was never bound',
    world: [snapshot(), content(wrong, finalizers(), (o) => void delete o.spec.volumeSnapshotRef.uid), ...longhorn()],
    reason: 'SwapContent',
    does: swapped().filter((s) => !s.startsWith('release')),
  },
  {
    when: 'a restore of the VMBackup cannot be read',
    world: [vmb(), restoreObject(unreadable), ...pair(), ...longhorn()],
    reason: 'SwapContent',
    does: swapped(),
  },
  {
    when: 'a restore that cannot be read is of another VMBackup',
    world: [
      vmb(),
      restoreObject(unreadable, make.withSpec({ virtualMachineBackupName: 'other' })),
      ...pair(),
      ...longhorn(),
    ],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'a restore that cannot be read says that it is complete',
    world: [vmb(), restoreObject(unreadable, make.withStatus({ complete: true })), ...pair(), ...longhorn()],
    reason: 'ReplacePair',
    does: created,
  },
  {
    when: 'a restore hangs',
    world: [vmb(), restoreObject(), ...restorePair(), pending(D, 'finance'), ...longhorn()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'SwapContent',
    does: swappedOnRetain(DC),
  },
  {
    when: 'a restore has not made its claim yet',
    world: [vmb(), restoreObject(), ...restorePair(), ...longhorn()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'SwapContent',
    does: swappedOnRetain(DC),
  },
  {
    when: 'a restore hangs and the VMBackup is gone',
    world: [restoreObject(), ...restorePair(), pending(D, 'finance'), ...longhorn()],
    subject: ref('VolumeSnapshotContent', DC),
    reason: 'SwapContent',
    does: swappedOnRetain(DC),
  },
  {
    when: 'a restore’s content is lost',
    world: [vmb(), restoreObject(), restorePair()[0]!, pending(D, 'finance'), ...longhorn()],
    subject: ref('VolumeSnapshot', D, 'finance'),
    reason: 'RecreateContent',
    does: [`create VolumeSnapshotContent ${DC}`],
  },
];

const brief = (action: any): string => {
  if (action.do === 'create') return `create ${action.object.kind} ${action.object.metadata.name}`;
  if (action.do === 'setPolicy') return `setPolicy ${action.target.name} ${action.to}`;
  return action.do === 'annotateSnapshot' ? action.do : `${action.do} ${action.target.name}`;
};

describe('fix-handle decides', () => {
  test.each(rows)(
    '$reason when $when',
    async ({ world, subject: at = subject, procedure = 'auto', reason, also = [], does = [] }) => {
      const { findings } = plan(await observe(readerOf([snapshotClass, ...withTarget(world)]), at), { procedure });
      expect(findings.slice(1).map((finding) => finding.reason)).toEqual(also);
      const [finding] = findings;
      expect({ reason: finding!.reason, does: finding!.actions.map(brief) }).toEqual({ reason, does });
      expect(finding!.message).not.toMatch(/undefined|null|\[object/);
      expect(await allTroublesOf(findings, among(withTarget(world)))).toEqual([]);
      // Only "act" acts, and "act" does something.
      expect(finding!.actions.length > 0).toBe(verdictOf(finding!) === 'act');
    },
  );

  test('every content it creates is on Retain and has the right handle', async () => {
    for (const { world, subject: at = subject, procedure = 'auto' } of rows) {
      for (const { actions } of plan(await observe(readerOf([snapshotClass, ...withTarget(world)]), at), { procedure })
        .findings) {
        for (const action of actions) {
          if (action.do !== 'create' || action.object.kind !== 'VolumeSnapshotContent') continue;
          expect(action.object.spec).toMatchObject({ deletionPolicy: 'Retain', source: { snapshotHandle: right } });
        }
      }
    }
  });
});
