import { describe, expect, test } from '@jest/globals';
import { observe } from '../../../functions/relink-vmbackup/observe.ts';
import { plan } from '../../../functions/relink-vmbackup/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { createListReader } from '../../../shared/kube/list-reader.ts';
import { memoize } from '../../../shared/kube/memoize.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { verdictOf } from '../../../shared/plan/plan.ts';
import type { Reason } from '../../../shared/plan/reason.ts';
import { allTroublesOf, among } from '../../gen/commands.ts';
import { readerOf } from '../../gen/reader.ts';
import { away, elsewhere, neverListed, odd, unlisted, unlistedVolume, withTarget } from '../target.ts';

const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const N = 'nightly-volume-data';
const N1 = `${N}-snap-revise`;
const right = `bak://${V}/${B}`;
const wrong = `bs://data/${B}`;

const entry = (shape: Partial<make.EntryShape> = {}) =>
  make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', ...shape });
const vmb = (name = N, ...modifiers: make.Modifier[]) =>
  make.vmBackup({ name: 'nightly', entries: [entry({ name })] }, ...modifiers);
const owned = make.ownedBy(vmb());
const longhorn = () => [make.backup({ volume: V, backup: B, version: '1.9' }), make.backupVolume(V, '1.9')];
const snapshot = (name: string, ...modifiers: make.Modifier[]) => make.snapshot({ name }, owned, ...modifiers);
const content = (name: string, handle: string, policy: 'Delete' | 'Retain', ...modifiers: make.Modifier[]) =>
  make.content({ snapshot: name, handle, policy }, owned, ...modifiers);
const old = (policy: 'Delete' | 'Retain' = 'Delete', handle = wrong) => [snapshot(N), content(N, handle, policy)];
const armed = make.annotated({ 'gleaner.dev/deletion-policy': 'Delete', 'gleaner.dev/replaces': `${N}-vsc` });
const unarmed = make.annotated({ 'gleaner.dev/replaces': `${N}-vsc` });
const fresh = (mark: make.Modifier = armed, handle = right) => [snapshot(N1), content(N1, handle, 'Retain', mark)];
const notReady = make.withStatus({ readyToUse: false });
const schedule = () => make.schedule('every-night', 'prod', 'web');
const scheduled = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/every-night' });
const restore = (complete = false) =>
  make.vmRestore({ name: 'r1', namespace: 'finance', backup: 'nightly' }, make.withStatus({ complete }));
const oddRestore = (...modifiers: make.Modifier[]) =>
  make.vmRestore(
    { name: 'r1', namespace: 'finance', backup: 'nightly' },
    make.withStatus({ conditions: 'none' }),
    ...modifiers,
  );
const pending = (from: string) =>
  make.claim('waiting', 'prod', (o) => {
    o.spec = { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: from } };
    o.status = { phase: 'Pending' };
  });
const dead = () => make.snapshot({ name: N, claim: 'data' }, owned, notReady);
const left = make.annotated({ 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted': 'yes' });

const L = 'nightly-volume-logs';
const logs = { volumeName: 'disk-1', claim: 'logs', name: L };
const twoVolumes = (first: Partial<make.EntryShape>, second: Partial<make.EntryShape>) =>
  make.vmBackup({ name: 'nightly', entries: [entry(first), entry({ volumeName: 'disk-1', ...second })] });
const logsHandle = `bak://${make.volumeOf('logs')}/${make.backupOf('logs', 'nightly')}`;
const logsBehind = [
  make.backup({ volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' }),
  make.backupVolume(make.volumeOf('logs'), '1.9'),
];
/** A VMBackup of the same namespace, of which a volume uses this snapshot and records a backup of its own. */
const otherUser = (name: string) =>
  make.vmBackup({
    name: 'weekly',
    entries: [make.volumeEntry({ vmBackup: 'weekly', volumeName: 'disk-0', claim: 'logs', name })],
  });
const swapped = make.annotated({ 'gleaner.dev/replaces': `${N}-vsc` });

interface Row {
  when: string;
  world: KubeObject[];
  retire?: 'delete' | 'keep';
  reason: Reason;
  does?: string[];
}

const switching = `switch disk-0 ${N} -> ${N1}`;
const disarm = `${N}-vsc Delete -> Retain`;
const arm = `${N1}-vsc Retain -> Delete`;
const deleteOld = `deleteSnapshot ${N} behind ${N}-vsc`;

const rows: Row[] = [
  // Nothing to do.
  { when: 'the VMBackup is gone', world: [], reason: 'VMBackupGone' },
  {
    when: 'the VMBackup is being deleted',
    world: [vmb(N, make.deleting), ...old(), ...fresh(), ...longhorn()],
    reason: 'VMBackupDeleting',
  },
  {
    when: 'it is of type snapshot',
    world: [vmb(N, make.withSpec({ type: 'snapshot' }))],
    reason: 'SnapshotTypeBackup',
  },
  {
    when: 'a claim is called as the revision of another, whose content is lost',
    world: [
      make.vmBackup({
        name: 'nightly',
        entries: [entry({ name: N1 }), entry({ volumeName: 'disk-1', name: N, claim: 'other' })],
      }),
      snapshot(N),
      snapshot(N1),
      content(N1, right, 'Delete'),
      ...longhorn(),
    ],
    reason: 'VolumeLinked',
  },
  {
    when: 'the former content is a restore’s',
    world: [
      vmb(N1),
      make.content({ snapshot: N, handle: wrong }, make.ownedBy(restore(), false)),
      ...fresh(unarmed),
      ...longhorn(),
    ],
    reason: 'UnknownPredecessor',
  },
  {
    when: 'another content on Delete names the backup in its status only',
    world: [
      vmb(N1),
      ...fresh(),
      make.content({ snapshot: 'x', handle: `bak://${V}/backup-x` }, make.withStatus({ snapshotHandle: right })),
      ...longhorn(),
    ],
    reason: 'LeftOnRetain',
  },
  {
    when: 'a schedule’s other backup is not there yet: Longhorn has still to list the target',
    world: [
      schedule(),
      unlisted(),
      make.vmBackup(
        {
          name: 'nightly',
          entries: [entry(), entry({ volumeName: 'disk-1', name: 'x', claim: 'x', backup: 'backup-x' })],
        },
        scheduled,
      ),
      ...old(),
      ...fresh(),
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
          entries: [entry(), entry({ volumeName: 'disk-1', name: 'x', claim: 'x', backup: 'backup-x' })],
        },
        scheduled,
      ),
      ...old(),
      ...fresh(),
      ...longhorn(),
    ],
    reason: 'ScheduledBackupLost',
  },
  {
    when: 'the volume is on another driver',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ driver: 'lvm.example' })] })],
    reason: 'NotALonghornVolume',
  },
  {
    when: 'the snapshot was taken here',
    world: [
      vmb(),
      make.snapshot({ name: N, claim: 'data' }),
      make.content({ snapshot: N, handle: right, volume: V }),
      ...longhorn(),
    ],
    reason: 'DynamicContent',
  },
  { when: 'the pair is right', world: [vmb(), ...old('Delete', right), ...longhorn()], reason: 'VolumeLinked' },
  {
    when: 'the pair is right and on Retain by somebody’s wish',
    world: [vmb(), ...old('Retain', right), ...longhorn()],
    reason: 'VolumeLinked',
  },
  {
    when: 'the pair is right under the old spelling',
    world: [vmb(), ...old('Delete', `bs://${V}/${B}`), ...longhorn()],
    reason: 'VolumeLinked',
  },
  {
    when: 'a revised pair is right and nothing is left of the old',
    world: [vmb(N1), snapshot(N1), content(N1, right, 'Delete', unarmed), ...longhorn()],
    reason: 'VolumeLinked',
  },
  {
    when: 'the snapshot in use is being deleted',
    world: [vmb(), snapshot(N, make.deleting), content(N, right, 'Delete'), ...longhorn()],
    reason: 'SnapshotDeleting',
  },
  {
    when: 'the old pair is kept on Retain',
    world: [vmb(N1), ...fresh(unarmed), ...old('Retain'), ...longhorn()],
    retire: 'keep',
    reason: 'RetiredKept',
  },
  {
    when: 'a VMBackup of another namespace records the same backup, and may be about to take Delete as well',
    world: [
      vmb(N1),
      ...fresh(),
      make.vmBackup({
        name: 'copy',
        namespace: 'finance',
        entries: [
          make.volumeEntry({ vmBackup: 'copy', namespace: 'finance', volumeName: 'disk-0', claim: 'data', backup: B }),
        ],
      }),
      ...longhorn(),
    ],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another volume of it has a pair and a backup of its own',
    world: [
      ...[twoVolumes({ name: N1 }, logs), snapshot(N1), content(N1, right, 'Delete', unarmed), ...longhorn()],
      ...[...logsBehind, snapshot(L), content(L, logsHandle, 'Delete')],
    ],
    reason: 'VolumeLinked',
  },
  {
    when: 'another volume of it records the same backup, and would take Delete as well',
    world: [
      ...[twoVolumes({ name: N1 }, { ...logs, backup: B, volume: V }), ...fresh()],
      ...[snapshot(L), content(L, right, 'Retain', armed), ...longhorn()],
    ],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another volume of it records the same backup, and its pair is lost',
    world: [twoVolumes({ name: N1 }, { ...logs, backup: B, volume: V }), ...fresh(), ...longhorn()],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another volume of it records the same backup, and is on another driver',
    world: [twoVolumes({ name: N1 }, { ...logs, backup: B, driver: 'lvm.example' }), ...fresh(), ...longhorn()],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another volume of it uses the same snapshot, and records the same backup',
    world: [twoVolumes({ name: N1 }, { name: N1 }), ...fresh(), ...longhorn()],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another volume of it uses the same snapshot, and records another backup',
    world: [twoVolumes({ name: N1 }, { ...logs, name: N1 }), ...fresh(), ...longhorn()],
    reason: 'LeftOnRetain',
  },
  {
    when: 'it has the volume twice, with a snapshot each of the same backup',
    world: [
      ...[twoVolumes({ name: N1 }, { volumeName: 'disk-0', name: L }), ...fresh()],
      ...[snapshot(L), content(L, right, 'Retain', armed), ...longhorn()],
    ],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another VMBackup uses the same snapshot, and records another backup',
    world: [vmb(N1), ...fresh(), otherUser(N1), ...longhorn()],
    reason: 'LeftOnRetain',
  },
  {
    when: 'a replacement was never needed, and another VMBackup uses it',
    world: [
      ...[vmb(), snapshot(N), content(N, right, 'Delete', swapped), snapshot(N1)],
      ...[content(N1, right, 'Retain', unarmed), otherUser(N1), ...longhorn()],
    ],
    reason: 'AmbiguousOwner',
  },
  {
    when: 'another content frees the backup',
    world: [
      vmb(N1),
      ...fresh(),
      make.content({ name: 'other', snapshot: 'other', handle: right, policy: 'Delete' }),
      ...longhorn(),
    ],
    reason: 'LeftOnRetain',
  },
  {
    when: 'a former snapshot was taken here and has lost its content',
    world: [vmb(N1), ...fresh(unarmed), dead(), ...longhorn()],
    reason: 'DeadSnapshotLeft',
  },
  {
    when: 'the snapshot in use cannot be read',
    world: [vmb(), snapshot(N, odd), content(N, wrong, 'Delete'), ...fresh(), ...longhorn()],
    reason: 'ObjectUnreadable',
  },
  {
    when: 'the content in use cannot be read',
    world: [vmb(), snapshot(N), content(N, wrong, 'Delete', odd), ...fresh(), ...longhorn()],
    reason: 'ObjectUnreadable',
  },
  {
    when: 'the right pair’s content cannot be read',
    world: [vmb(), ...old(), snapshot(N1), content(N1, right, 'Retain', armed, odd), ...longhorn()],
    reason: 'ObjectUnreadable',
  },
  {
    when: 'the Longhorn Backup cannot be read',
    world: [vmb(), ...old(), ...fresh(), make.backup({ volume: V, backup: B, version: '1.9' }, odd)],
    reason: 'ObjectUnreadable',
  },
  {
    when: 'a content somewhere cannot be read: it may be on Delete and name the same backup',
    world: [vmb(N1), ...fresh(), make.content({ snapshot: 'x', handle: right }, odd), ...longhorn()],
    reason: 'LeftOnRetain',
  },
  {
    when: 'another backup of the schedule cannot be read: Longhorn may be at work on it',
    world: [
      schedule(),
      make.vmBackup(
        {
          name: 'nightly',
          entries: [entry(), entry({ volumeName: 'disk-1', name: 'x', claim: 'x', backup: 'backup-x' })],
        },
        scheduled,
      ),
      ...old(),
      ...fresh(),
      ...longhorn(),
      make.backup({ volume: 'pvc-x', backup: 'backup-x', version: '1.9' }, odd),
    ],
    reason: 'ScheduledBackupBusy',
  },
  // Not yet.
  {
    when: 'a snapshot that was taken here has lost its content',
    world: [vmb(), dead(), ...longhorn()],
    reason: 'TakenContentMissing',
  },
  {
    when: 'the handle is wrong and there is nothing better',
    world: [vmb(), ...old(), ...longhorn()],
    reason: 'AwaitsReplacement',
  },
  {
    when: 'the new pair is wrong too',
    world: [vmb(), ...old(), ...fresh(armed, wrong), ...longhorn()],
    reason: 'AwaitsReplacement',
  },
  {
    when: 'the new snapshot is not ready',
    world: [vmb(), ...old(), snapshot(N1, notReady), content(N1, right, 'Retain', armed), ...longhorn()],
    reason: 'PairNotReady',
  },
  {
    when: 'the new content is not ready',
    world: [vmb(), ...old(), snapshot(N1), content(N1, right, 'Retain', armed, notReady), ...longhorn()],
    reason: 'PairNotReady',
  },
  {
    when: 'the new content is bound to another uid',
    world: [
      vmb(),
      ...old(),
      snapshot(N1),
      content(N1, right, 'Retain', armed, (o) => void (o.spec.volumeSnapshotRef.uid = 'old')),
      ...longhorn(),
    ],
    reason: 'PairNotReady',
  },
  {
    when: 'the new snapshot is missing',
    world: [vmb(), ...old(), content(N1, right, 'Retain', armed), ...longhorn()],
    reason: 'PairNotReady',
  },
  {
    when: 'the new pair is ready and its content’s status gives no handle',
    world: [
      vmb(),
      ...old(),
      snapshot(N1),
      content(N1, right, 'Retain', armed, (o) => void delete o.status.snapshotHandle),
      ...longhorn(),
    ],
    reason: 'AwaitsReplacement',
  },
  {
    when: 'the VMBackup is not ready',
    world: [vmb(N, notReady), ...old(), ...fresh(), ...longhorn()],
    reason: 'VMBackupNotReady',
  },
  {
    when: 'the VMBackup has no source',
    world: [vmb(N, (o) => void delete o.status.source), ...old(), ...fresh(), ...longhorn()],
    reason: 'VMBackupNotReady',
  },
  {
    when: 'a restore is in progress',
    world: [vmb(), restore(), ...old(), ...fresh(), ...longhorn()],
    reason: 'RestoreInProgress',
  },
  {
    when: 'a restore cannot be read',
    world: [vmb(), oddRestore(), ...old(), ...fresh(), ...longhorn()],
    reason: 'RestoreInProgress',
  },
  {
    when: 'of a restore not even the VMBackup can be read',
    world: [
      vmb(),
      oddRestore(make.withSpec({ virtualMachineBackupName: ['nightly'] })),
      ...old(),
      ...fresh(),
      ...longhorn(),
    ],
    reason: 'RestoreInProgress',
  },
  {
    when: 'a schedule’s backup is not settled',
    world: [
      schedule(),
      make.vmBackup(
        { name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs', driver: 'lvm.example' })] },
        scheduled,
      ),
      ...old(),
      ...fresh(),
      ...longhorn(),
      make.freshBackup({ volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' }),
    ],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'a restore still reads from the old pair',
    world: [vmb(N1), restore(), snapshot(N1), content(N1, right, 'Delete', unarmed), ...old('Retain'), ...longhorn()],
    reason: 'RestoreInProgress',
  },
  {
    when: 'a claim waits on the old pair',
    world: [vmb(N1), ...fresh(unarmed), ...old('Retain'), pending(N), ...longhorn()],
    reason: 'ClaimPending',
  },
  {
    when: 'the old snapshot is going',
    world: [vmb(N1), ...fresh(unarmed), snapshot(N, make.deleting), content(N, wrong, 'Retain', left), ...longhorn()],
    reason: 'SnapshotGoing',
  },
  {
    when: 'the old content is going',
    world: [vmb(N1), ...fresh(unarmed), content(N, wrong, 'Retain', left, make.deleting), ...longhorn()],
    reason: 'ContentGoing',
  },
  // Somebody else acts, or a person must decide.
  {
    when: 'the snapshot is lost',
    world: [vmb(), content(N, right, 'Delete'), ...longhorn()],
    reason: 'SnapshotMissing',
  },
  { when: 'snapshot and content are lost', world: [vmb(), ...longhorn()], reason: 'SnapshotMissing' },
  { when: 'the content is lost', world: [vmb(), snapshot(N), ...longhorn()], reason: 'ContentMissing' },
  {
    when: 'the content belongs to a snapshot of another uid',
    world: [
      vmb(),
      snapshot(N, notReady),
      content(N, right, 'Delete', (o) => void (o.spec.volumeSnapshotRef.uid = 'old')),
      ...longhorn(),
    ],
    reason: 'StaleBinding',
  },
  {
    when: 'no backup is recorded',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ backup: null })] }), ...old(), ...longhorn()],
    reason: 'NoLonghornBackupName',
  },
  { when: 'the Longhorn Backup is not there', world: [vmb(), ...old()], reason: 'BackupMissing' },
  { when: 'the target is away', world: [vmb(), ...old(), away()], reason: 'NotVerifiable' },
  { when: 'another target is connected', world: [vmb(), ...old(), elsewhere()], reason: 'NotVerifiable' },
  {
    when: 'the target is not listed since it was asked for',
    world: [vmb(), ...old(), unlisted()],
    reason: 'BackupNotSynced',
  },
  { when: 'the target was never listed', world: [vmb(), ...old(), neverListed()], reason: 'BackupNotSynced' },
  {
    when: 'the BackupVolume is not listed yet',
    world: [vmb(), ...old(), unlistedVolume(V)],
    reason: 'BackupNotSynced',
  },
  {
    when: 'the content is a right one of another backup',
    world: [
      vmb(),
      snapshot(N),
      content(N, `bak://${make.volumeOf('logs')}/${make.backupOf('logs', 'nightly')}`, 'Delete'),
      ...longhorn(),
      make.backup({ volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' }),
    ],
    reason: 'BackupMismatch',
  },
  {
    when: 'the right pair is ready, and the VMBackup records another volume',
    world: [
      make.vmBackup({ name: 'nightly', entries: [entry({ volume: 'pvc-elsewhere' })] }),
      content(N, right, 'Delete'),
      ...fresh(),
      ...longhorn(),
    ],
    reason: 'VolumeMismatch',
  },
  {
    when: 'a former snapshot names the content of another',
    world: [
      vmb(N1),
      ...fresh(unarmed),
      snapshot(N, ({ spec }) => void (spec.source.volumeSnapshotContentName = 'other-vsc')),
      make.content({ snapshot: 'other', handle: right }),
      ...longhorn(),
    ],
    reason: 'UnknownPredecessor',
  },
  {
    when: 'the right pair is not the VMBackup’s',
    world: [vmb(), ...old(), make.snapshot({ name: N1 }), content(N1, right, 'Retain', armed), ...longhorn()],
    reason: 'RevisedNameTaken',
  },
  {
    when: 'a former pair names another backup',
    world: [vmb(N1), ...fresh(unarmed), snapshot(N), content(N, 'bs://data/backup-else', 'Delete'), ...longhorn()],
    reason: 'UnknownPredecessor',
  },
  {
    when: 'a former snapshot belongs to somebody else',
    world: [vmb(N1), ...fresh(unarmed), make.snapshot({ name: N }), content(N, wrong, 'Delete'), ...longhorn()],
    reason: 'UnknownPredecessor',
  },
  {
    when: 'a former snapshot was taken here',
    world: [vmb(N1), ...fresh(unarmed), make.snapshot({ name: N, claim: 'data' }, owned), ...longhorn()],
    reason: 'UnknownPredecessor',
  },
  {
    when: 'the old content’s snapshot vanished unseen',
    world: [vmb(N1), ...fresh(unarmed), content(N, wrong, 'Retain'), ...longhorn()],
    reason: 'LeftoverContent',
  },
  // Switch, arm, retire.
  {
    when: 'the right pair is ready',
    world: [vmb(), ...old(), ...fresh(), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, disarm, arm, deleteOld],
  },
  {
    when: 'a pair stands beside a snapshot that was taken here and has lost its content',
    world: [vmb(), dead(), ...fresh(), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, arm],
  },
  {
    when: 'the right pair is ready, and a content somewhere cannot be read: it takes Delete when that can be',
    world: [vmb(), ...old(), ...fresh(), make.content({ snapshot: 'x', handle: right }, odd), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, disarm, deleteOld],
  },
  {
    when: 'the old pair was on Retain',
    world: [vmb(), ...old('Retain'), ...fresh(unarmed), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, deleteOld],
  },
  {
    when: 'the old pair is to be kept',
    world: [vmb(), ...old(), ...fresh(), ...longhorn()],
    retire: 'keep',
    reason: 'SwitchPair',
    does: [switching, disarm, arm],
  },
  {
    when: 'the old snapshot is lost',
    world: [vmb(), content(N, wrong, 'Delete', left), ...fresh(), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, disarm, arm, `deleteContent ${N}-vsc`],
  },
  {
    when: 'a claim waits on the old pair, which is therefore left',
    world: [vmb(), ...old(), ...fresh(), pending(N), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, disarm, arm],
  },
  {
    when: 'a complete restore is no obstacle',
    world: [vmb(), restore(true), ...old(), ...fresh(), ...longhorn()],
    reason: 'SwitchPair',
    does: [switching, disarm, arm, deleteOld],
  },
  {
    when: 'somebody else’s content frees the backup: switched, not armed',
    world: [
      vmb(),
      ...old(),
      ...fresh(),
      make.content({ name: 'other', snapshot: 'other', handle: right, policy: 'Delete' }),
      ...longhorn(),
    ],
    reason: 'SwitchPair',
    does: [switching, disarm, deleteOld],
  },
  {
    when: 'another volume of it records the same backup: switched, not armed',
    world: [
      ...[twoVolumes({}, { ...logs, backup: B, volume: V }), ...old(), ...fresh()],
      ...[snapshot(L), content(L, wrong, 'Retain', unarmed), ...longhorn()],
    ],
    reason: 'SwitchPair',
    does: [switching, disarm, deleteOld],
  },
  {
    when: 'another volume of it has a backup of its own: each takes Delete',
    world: [
      ...[twoVolumes({ name: N1 }, logs), ...fresh(), ...longhorn(), ...logsBehind],
      ...[snapshot(L), content(L, logsHandle, 'Retain', armed)],
    ],
    reason: 'ArmContent',
    does: [arm],
  },
  {
    when: 'it was switched and not armed',
    world: [vmb(N1), ...fresh(), ...old(), ...longhorn()],
    reason: 'RetirePair',
    does: [disarm, arm, deleteOld],
  },
  {
    when: 'the old pair is on Retain already',
    world: [vmb(N1), ...fresh(), ...old('Retain'), ...longhorn()],
    reason: 'RetirePair',
    does: [arm, deleteOld],
  },
  {
    when: 'the old snapshot is gone',
    world: [vmb(N1), ...fresh(unarmed), content(N, wrong, 'Retain', left), ...longhorn()],
    reason: 'RetirePair',
    does: [`deleteContent ${N}-vsc`],
  },
  {
    when: 'Harvester repaired lazily and left the old pair',
    world: [vmb(N1), snapshot(N1), content(N1, right, 'Delete'), ...old(), ...longhorn()],
    reason: 'RetirePair',
    does: [disarm, deleteOld],
  },
  {
    when: 'both the old and the new pair are right and on Delete',
    world: [vmb(N1), snapshot(N1), content(N1, right, 'Delete'), ...old('Delete', right), ...longhorn()],
    reason: 'RetirePair',
    does: [disarm, deleteOld],
  },
  {
    when: 'somebody deletes the old snapshot while its content is on Delete',
    world: [vmb(N1), ...fresh(unarmed), snapshot(N, make.deleting), content(N, right, 'Delete', left), ...longhorn()],
    reason: 'RetirePair',
    does: [disarm],
  },
  {
    when: 'a swapped content is in use',
    world: [vmb(), snapshot(N), content(N, right, 'Retain', armed), ...longhorn()],
    reason: 'ArmContent',
    does: [`${N}-vsc Retain -> Delete`],
  },
  {
    when: 'a swapped content is in use and a restore runs',
    world: [vmb(), restore(), snapshot(N), content(N, right, 'Retain', armed), ...longhorn()],
    reason: 'ArmContent',
    does: [`${N}-vsc Retain -> Delete`],
  },
  {
    when: 'a replacement was made and never needed',
    world: [vmb(), snapshot(N), content(N, right, 'Retain', armed), ...fresh(), ...longhorn()],
    reason: 'RetirePair',
    does: [`${N}-vsc Retain -> Delete`, `deleteSnapshot ${N1} behind ${N1}-vsc`],
  },
];

const brief = (a: any): string => {
  if (a.do === 'switchEntries')
    return `switch ${a.entries.map((e: any) => `${e.volumeName} ${e.from} -> ${e.to}`).join(', ')}`;
  if (a.do === 'setPolicy') return `${a.target.name} ${a.from} -> ${a.to}`;
  return a.do === 'deleteSnapshot'
    ? `deleteSnapshot ${a.target.name} behind ${a.content.name}`
    : `${a.do} ${a.target.name}`;
};

const decide = async (
  world: KubeObject[],
  retire: 'delete' | 'keep' = 'delete',
  through: (reader: Reader) => Reader = (reader) => reader,
) => {
  const seen = await observe(through(readerOf(withTarget(world))), ref('VirtualMachineBackup', 'nightly', 'prod'));
  return plan(seen, { retire }).findings;
};

const contentsOf = (world: KubeObject[]) => world.filter(({ kind }) => kind === 'VolumeSnapshotContent');

/** The contents on Delete that name one of the backups that this one names. */
function onDelete(world: KubeObject[], policies: ReadonlyMap<string, string>, name: string): string[] {
  const backupsOf = ({ spec, status }: KubeObject): string[] =>
    [spec.source.snapshotHandle, status?.snapshotHandle].flatMap((handle) => handle?.split('/')[3] ?? []);
  const contents = contentsOf(world);
  const backups = contents.filter((one) => one.metadata.name === name).flatMap(backupsOf);
  return contents
    .filter((one) => policies.get(one.metadata.name) === 'Delete' && backupsOf(one).some((b) => backups.includes(b)))
    .map(({ metadata }) => metadata.name);
}

describe('relink-vmbackup decides', () => {
  test.each(rows)('$reason when $when', async ({ world, retire, reason, does = [] }) => {
    const [finding] = await decide(world, retire);
    expect({ reason: finding!.reason, does: finding!.actions.map(brief) }).toEqual({ reason, does });
    expect(finding!.message).not.toMatch(/undefined|null|\[object/);
    expect(await allTroublesOf(finding, among(withTarget(world)))).toEqual([]);
    expect(finding!.actions.length > 0).toBe(verdictOf(finding!) === 'act');
    // As sweeps of few and of many subjects read the world.
    const listing = (reader: Reader) => createListReader(reader, () => true);
    for (const through of [memoize, listing]) expect((await decide(world, retire, through))[0]).toEqual(finding);
  });

  test('no plan lets two contents of one backup take Delete, whichever volumes they are of', async () => {
    for (const { world, retire } of rows) {
      const findings = await decide(world, retire);
      const policies = new Map(contentsOf(world).map(({ metadata, spec }) => [metadata.name, spec.deletionPolicy]));
      for (const action of findings.flatMap((f) => f.actions)) {
        if (action.do !== 'setPolicy') continue;
        policies.set(action.target.name, action.to);
        if (action.to === 'Delete') expect(onDelete(world, policies, action.target.name)).toEqual([action.target.name]);
      }
    }
  });

  test('switches several volumes in one write, and only those that are ready', async () => {
    const claims = ['data', 'logs', 'cache'];
    const entries = claims.map((claim, i) => make.volumeEntry({ vmBackup: 'nightly', volumeName: `disk-${i}`, claim }));
    const world = [
      make.vmBackup({ name: 'nightly', entries }),
      ...claims.flatMap((claim) => {
        const [name, volume, backup] = [
          `nightly-volume-${claim}`,
          make.volumeOf(claim),
          make.backupOf(claim, 'nightly'),
        ];
        const unready = claim === 'logs' ? [notReady] : [];
        return [
          make.backup({ volume, backup, version: '1.9' }),
          snapshot(name),
          content(name, `bs://${claim}/${backup}`, 'Delete'),
          snapshot(`${name}-snap-revise`, ...unready),
          content(`${name}-snap-revise`, `bak://${volume}/${backup}`, 'Retain', armed),
        ];
      }),
    ];
    const findings = await decide(world);
    expect(findings.map((f) => f.reason)).toEqual(['SwitchPair', 'PairNotReady', 'SwitchPair']);
    const switches = findings.flatMap((f) => f.actions).filter((a) => a.do === 'switchEntries');
    expect(switches.map(brief)).toEqual([
      'switch disk-0 nightly-volume-data -> nightly-volume-data-snap-revise, disk-2 nightly-volume-cache -> nightly-volume-cache-snap-revise',
    ]);
  });

  test.each<[string, (o: KubeObject) => boolean]>([
    ['snapshot', (o) => o.kind === 'VolumeSnapshot' && o.metadata.name === 'nightly-volume-logs'],
    ['content', (o) => o.kind === 'VolumeSnapshotContent' && o.metadata.name === 'nightly-volume-logs-vsc'],
    ['backup', (o) => o.kind === 'Backup' && o.metadata.name === make.backupOf('logs', 'nightly')],
  ])('leaves a volume alone whose %s cannot be read, and settles the others', async (_name, isOdd) => {
    const entries = ['data', 'logs'].map((claim, i) =>
      make.volumeEntry({ vmBackup: 'nightly', volumeName: `disk-${i}`, claim }),
    );
    const logs = { volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly') };
    const world = [
      make.vmBackup({ name: 'nightly', entries }),
      ...[...old(), ...fresh(), ...longhorn()],
      make.backup({ ...logs, version: '1.9' }),
      snapshot('nightly-volume-logs'),
      content('nightly-volume-logs', `bs://logs/${logs.backup}`, 'Delete'),
      snapshot('nightly-volume-logs-snap-revise'),
      content('nightly-volume-logs-snap-revise', `bak://${logs.volume}/${logs.backup}`, 'Retain', armed),
    ];
    for (const o of world) if (isOdd(o)) odd(o);
    const [data, other] = await decide(world);
    expect(data!.reason).toBe('SwitchPair');
    // Which backup an odd content names cannot be told.
    expect(data!.actions.map(brief)).toEqual(
      _name === 'content' ? [switching, disarm, deleteOld] : [switching, disarm, arm, deleteOld],
    );
    expect(other).toMatchObject({ reason: 'ObjectUnreadable', volume: 'disk-1', actions: [] });
    expect(isOdd({ ...other!.subject, metadata: other!.subject } as never)).toBe(true);
    expect(other!.command).toContain(other!.subject.name);
  });

  test('no plan deletes before it has put on Retain, nor arms before it has disarmed', async () => {
    const rank = { switchEntries: 0, Retain: 1, Delete: 2, deleteSnapshot: 3, deleteContent: 4 } as Record<
      string,
      number
    >;
    for (const { world, retire } of rows) {
      const actions = (await decide(world, retire)).flatMap((f) => f.actions);
      const order = actions.map((a) => rank[a.do === 'setPolicy' ? a.to : a.do]!);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });
});
