import { describe, expect, test } from '@jest/globals';
import { observe } from '../../../functions/rebuild-snapshot/observe.ts';
import { plan } from '../../../functions/rebuild-snapshot/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { verdictOf } from '../../../shared/plan/plan.ts';
import type { Reason } from '../../../shared/plan/reason.ts';
import { allTroublesOf, among } from '../../gen/commands.ts';
import { readerOf } from '../../gen/reader.ts';
import { away, elsewhere, neverListed, odd, unlisted, unlistedVolume, withTarget } from '../target.ts';

const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const N = 'nightly-volume-data';
const C = `${N}-vsc`;
const N1 = `${N}-snap-revise`;
const right = `bak://${V}/${B}`;
const wrong = `bs://data/${B}`;
const uid = make.uidFor('VolumeSnapshot', N, 'prod');

const entry = (shape: Partial<make.EntryShape> = {}) =>
  make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', ...shape });
const vmb = (...modifiers: make.Modifier[]) => make.vmBackup({ name: 'nightly', entries: [entry()] }, ...modifiers);
const unnamed = (...modifiers: make.Modifier[]) =>
  make.vmBackup({ name: 'nightly', entries: [entry({ backup: null })] }, ...modifiers);
const owned = make.ownedBy(vmb());
const completed = { volume: V, backup: B, version: '1.9', takenAt: '2025-03-02T01:05:00Z' } as const;
const longhorn = () => [make.backup(completed), make.backupVolume(V, '1.9')];
const snapshot = (...modifiers: make.Modifier[]) => make.snapshot({ name: N }, owned, ...modifiers);
const content = (handle: string, policy: 'Delete' | 'Retain' = 'Delete', ...modifiers: make.Modifier[]) =>
  make.content({ snapshot: N, handle, policy }, owned, ...modifiers);
const here = (...modifiers: make.Modifier[]) => make.snapshot({ name: N, claim: 'data' }, owned, ...modifiers);
const takenHere = (handle: string, ...modifiers: make.Modifier[]) =>
  make.content({ snapshot: N, handle, volume: V }, ...modifiers);
/** There in every world: without it no content ever becomes ready. */
const snapshotClass = make.snapshotClass('longhorn', 'driver.longhorn.io');
const notReady = make.withStatus({ readyToUse: false });
const neverReady: make.Modifier = ({ status }) => {
  status.readyToUse = false;
  delete status.creationTime;
};
const schedule = () => make.schedule('every-night', 'prod', 'web');
const scheduled = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/every-night' });
const formerUid: make.Modifier = ({ spec }) => void (spec.volumeSnapshotRef.uid = 'former');
const unbound: make.Modifier = ({ spec }) => void delete spec.volumeSnapshotRef.uid;
const left = make.annotated({ 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted': 'yes' });
const noted = make.annotated({ 'gleaner.dev/swap': '{"uid":"x"}' });
const at =
  (iso: string): make.Modifier =>
  ({ status }) =>
    void (status.creationTime = Date.parse(iso) * 1e6);
/** Of the VMBackup: when it was made, and since when it is ready. */
const asked =
  (iso: string): make.Modifier =>
  ({ metadata }) =>
    void (metadata.creationTimestamp = iso);
const ready = (iso: string): make.Modifier => make.withStatus({ readyToUse: true, creationTime: iso });

interface Row {
  when: string;
  world: KubeObject[];
  rebuilt?: 'delete' | 'retain';
  reason: Reason;
  does?: string[];
}

const rows: Row[] = [
  // Nothing to do.
  { when: 'the VMBackup is gone', world: [], reason: 'VMBackupGone' },
  { when: 'the VMBackup is being deleted', world: [vmb(make.deleting), ...longhorn()], reason: 'VMBackupDeleting' },
  {
    when: 'it is of type snapshot',
    world: [vmb(make.withSpec({ type: 'snapshot' })), ...longhorn()],
    reason: 'SnapshotTypeBackup',
  },
  {
    when: 'the volume is on another driver',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ driver: 'lvm.example' })] })],
    reason: 'NotALonghornVolume',
  },
  {
    when: 'both are lost, and the class they would be of',
    world: [
      vmb(make.withStatus({ csiDriverVolumeSnapshotClassNames: { 'driver.longhorn.io': 'gone' } })),
      ...longhorn(),
    ],
    reason: 'SnapshotClassMissing',
  },
  {
    when: 'both are lost, and no content can bear the name',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ name: 'n'.repeat(251) })] }), ...longhorn()],
    reason: 'NameTooLong',
  },
  {
    when: 'the content is lost, and none can bear the name the snapshot gives it',
    world: [
      vmb(),
      snapshot(({ spec }) => void (spec.source.volumeSnapshotContentName = 'n'.repeat(254))),
      ...longhorn(),
    ],
    reason: 'NameTooLong',
  },
  {
    when: 'a content taken here is lost with its claim, and another volume uses the name beside it',
    world: [
      make.vmBackup({
        name: 'nightly',
        entries: [entry(), make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-1', claim: 'data-snap-revise' })],
      }),
      here(notReady),
      ...longhorn(),
    ],
    reason: 'RevisedNameTaken',
  },
  { when: 'both are there', world: [vmb(), snapshot(), content(right), ...longhorn()], reason: 'PairPresent' },
  {
    when: 'both are there and the handle is wrong, which is not its matter',
    world: [vmb(), snapshot(), content(wrong), ...longhorn()],
    reason: 'PairPresent',
  },
  {
    when: 'the content is not bound yet',
    world: [vmb(), snapshot(), content(right, 'Delete', unbound), ...longhorn()],
    reason: 'PairPresent',
  },
  {
    when: 'the snapshot was taken here',
    world: [vmb(), here(), takenHere(right), ...longhorn()],
    reason: 'DynamicContent',
  },
  {
    when: 'the snapshot was taken here and Longhorn handed the old backup back, with the old time',
    world: [vmb(), here(), takenHere(right, at('2025-03-02T01:05:00Z')), ...longhorn()],
    reason: 'DynamicContent',
  },
  {
    when: 'the snapshot was taken here for a VMBackup that is still being made',
    world: [unnamed(neverReady), here(), takenHere(right, at('2030-01-01T00:00:00Z'))],
    reason: 'DynamicContent',
  },
  {
    when: 'the snapshot was taken here within the hour in which the VMBackup was asked for',
    world: [
      vmb(asked('2025-03-02T01:00:00Z'), ready('2025-03-02T03:00:00Z')),
      here(),
      takenHere(right, at('2025-03-02T02:00:00Z')),
      ...longhorn(),
    ],
    reason: 'DynamicContent',
  },
  {
    when: 'the snapshot was taken here days before the VMBackup, which was put back from elsewhere',
    world: [vmb(asked('2025-03-09T01:00:00Z')), here(), takenHere(right, at('2025-03-02T01:00:00Z')), ...longhorn()],
    reason: 'DynamicContent',
  },
  {
    when: 'the snapshot is taken here at last, for a VMBackup that is not ready yet',
    world: [
      vmb(asked('2025-03-02T01:00:00Z'), notReady),
      here(),
      takenHere(right, at('2025-03-09T01:00:00Z')),
      ...longhorn(),
    ],
    reason: 'DynamicContent',
  },
  {
    when: 'the snapshot is being deleted',
    world: [vmb(), snapshot(make.deleting), ...longhorn()],
    reason: 'SnapshotDeleting',
  },
  {
    when: 'the content is being deleted',
    world: [vmb(), snapshot(), content(right, 'Delete', make.deleting), ...longhorn()],
    reason: 'ContentDeleting',
  },
  {
    when: 'the snapshot belongs to a guest cluster',
    world: [vmb(), snapshot(make.annotated({ 'harvesterhci.io/pvcrestore-ref': 'guest/x' })), ...longhorn()],
    reason: 'GuestClusterBackup',
  },
  // Not yet.
  {
    when: 'the backup has not been read yet',
    world: [vmb(), make.freshBackup({ volume: V, backup: B, version: '1.9' }), make.backupVolume(V, '1.9')],
    reason: 'BackupNotSynced',
  },
  {
    when: 'both are lost and the VMBackup is not ready: Harvester makes them',
    world: [vmb(notReady), ...longhorn()],
    reason: 'VMBackupNotReady',
  },
  {
    when: 'the content is lost, and another volume could get a new snapshot',
    world: [
      make.vmBackup(
        { name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs', backup: null })] },
        notReady,
      ),
      snapshot(),
      ...longhorn(),
    ],
    reason: 'VMBackupNotReady',
  },
  {
    when: 'a VMBackup that is only being made has no snapshot yet',
    world: [unnamed(neverReady)],
    reason: 'VMBackupNotReady',
  },
  {
    when: 'a schedule’s other backup is not settled',
    world: [
      schedule(),
      make.vmBackup({ name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs' })] }, scheduled),
      ...longhorn(),
      make.freshBackup({ volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' }),
    ],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'a schedule’s other backup is not there yet: Longhorn has still to list the target',
    world: [
      schedule(),
      unlisted(),
      make.vmBackup({ name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs' })] }, scheduled),
      ...longhorn(),
    ],
    reason: 'ScheduledBackupBusy',
  },
  {
    when: 'a schedule’s other backup is lost: should it come back, Harvester would delete it',
    world: [
      schedule(),
      make.vmBackup({ name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs' })] }, scheduled),
      ...longhorn(),
    ],
    reason: 'ScheduledBackupLost',
  },
  {
    when: 'the other backup is lost of a VMBackup whose schedule is gone',
    world: [
      make.vmBackup({ name: 'nightly', entries: [entry(), entry({ volumeName: 'disk-1', claim: 'logs' })] }, scheduled),
      ...longhorn(),
    ],
    reason: 'RebuildPair',
    does: [`create ${C} ${right} armed`, `create ${N} on ${C}`],
  },
  {
    when: 'a right pair stands beside it',
    world: [
      vmb(),
      make.snapshot({ name: N1 }, owned),
      make.content({ snapshot: N1, handle: right, policy: 'Retain' }, owned),
      ...longhorn(),
    ],
    reason: 'ReplacementMade',
  },
  {
    when: 'the snapshot is lost and the handle of what is left is wrong',
    world: [vmb(), content(wrong), ...longhorn()],
    reason: 'HandleFirst',
  },
  {
    when: 'the binding is stale and the handle wrong',
    world: [vmb(), snapshot(notReady), content(wrong, 'Delete', formerUid), ...longhorn()],
    reason: 'HandleFirst',
  },
  { when: 'a swap is under way', world: [vmb(), snapshot(noted), ...longhorn()], reason: 'SwapUnderway' },
  {
    when: 'Kubernetes is about to make the content anew and Longhorn has the backup for it',
    world: [
      vmb(),
      here(notReady),
      make.claim('data'),
      make.backup({ ...completed, snapshotName: `snapshot-${uid}` }),
      make.backupVolume(V, '1.9'),
    ],
    reason: 'ContentComingBack',
  },
  {
    when: 'the content of a snapshot taken here has no handle yet',
    world: [vmb(), here(notReady), takenHere(right, (o) => void (o.status = {})), ...longhorn()],
    reason: 'PairNotReady',
  },
  // A person must decide.
  {
    when: 'both are lost and no backup is recorded',
    world: [unnamed(), ...longhorn()],
    reason: 'NoLonghornBackupName',
  },
  {
    when: 'Harvester would take a new snapshot under the old name',
    world: [unnamed(notReady), ...longhorn()],
    reason: 'NewSnapshotAhead',
  },
  {
    when: 'Kubernetes would take a new snapshot under the old name',
    world: [vmb(), here(notReady), make.claim('data'), ...longhorn()],
    reason: 'NewSnapshotAhead',
  },
  {
    when: 'the content holds another backup',
    world: [vmb(), here(), takenHere(`bak://${V}/backup-new`), ...longhorn()],
    reason: 'ContentReplaced',
  },
  {
    when: 'the content is younger than the VMBackup, whose record followed it',
    world: [vmb(), here(), takenHere(right, at('2025-06-01T00:00:00Z')), ...longhorn()],
    reason: 'ContentReplaced',
  },
  {
    when: 'the content is of a day long after, and so is the readiness that Harvester 1.6.0 has dated anew',
    world: [
      vmb(asked('2025-03-02T01:00:00Z'), ready('2025-03-09T02:00:00Z')),
      here(),
      takenHere(right, at('2025-03-09T01:00:00Z')),
      ...longhorn(),
    ],
    reason: 'TakenLate',
  },
  { when: 'the backup is not on the target', world: [vmb()], reason: 'BackupMissing' },
  { when: 'the target is away', world: [vmb(), away()], reason: 'TargetAway' },
  { when: 'another target is connected', world: [vmb(), elsewhere()], reason: 'TargetAway' },
  { when: 'the target is not listed since it was asked for', world: [vmb(), unlisted()], reason: 'BackupNotSynced' },
  { when: 'the target was never listed', world: [vmb(), neverListed()], reason: 'BackupNotSynced' },
  { when: 'the BackupVolume is not listed yet', world: [vmb(), unlistedVolume(V)], reason: 'BackupNotSynced' },
  {
    when: 'the backup has failed',
    world: [vmb(), make.backup(completed, make.withStatus({ state: 'Error' })), make.backupVolume(V, '1.9')],
    reason: 'BackupFailed',
  },
  { when: 'there is no BackupVolume', world: [vmb(), make.backup(completed)], reason: 'BackupVolumeMissing' },
  {
    when: 'the VMBackup records another volume',
    world: [make.vmBackup({ name: 'nightly', entries: [entry({ volume: 'pvc-elsewhere' })] }), ...longhorn()],
    reason: 'VolumeMismatch',
  },
  {
    when: 'the name of the content is another snapshot’s',
    world: [vmb(), make.content({ name: C, snapshot: 'somebody', handle: right }), ...longhorn()],
    reason: 'Misbound',
  },
  {
    when: 'the snapshot belongs to something unknown',
    world: [vmb(), make.snapshot({ name: N }, make.ownedBy(make.machine('web', 'prod', []))), ...longhorn()],
    reason: 'OwnedByOther',
  },
  {
    when: 'the snapshot’s owner is a VMBackup of another uid',
    world: [
      vmb(),
      make.snapshot({ name: N }, make.ownedBy(make.vmBackup({ name: 'former', entries: [] }))),
      ...longhorn(),
    ],
    reason: 'OwnerGone',
  },
  {
    when: 'a snapshot taken here is dead and the name beside it is taken',
    world: [vmb(), here(notReady), make.snapshot({ name: N1 }), ...longhorn()],
    reason: 'RevisedNameTaken',
  },
  {
    when: 'both are lost, and another VMBackup names the snapshot for a backup of its own',
    world: [
      vmb(),
      make.vmBackup({ name: 'weekly', entries: [entry({ vmBackup: 'weekly', name: N, backup: 'backup-else' })] }),
      ...longhorn(),
    ],
    reason: 'AmbiguousOwner',
  },
  // Made anew.
  {
    when: 'both are lost',
    world: [vmb(), ...longhorn()],
    reason: 'RebuildPair',
    does: [`create ${C} ${right} armed`, `create ${N} on ${C}`],
  },
  {
    when: 'both are lost and the policy is to leave rebuilt pairs on Retain',
    world: [vmb(), ...longhorn()],
    rebuilt: 'retain',
    reason: 'RebuildPair',
    does: [`create ${C} ${right}`, `create ${N} on ${C}`],
  },
  {
    when: 'a snapshot that was taken here is lost, and its content is left',
    world: [vmb(), takenHere(right), ...longhorn()],
    reason: 'RebuildPair',
    does: [`create ${C} ${right} armed`, `create ${N} on ${C}`],
  },
  {
    when: 'both are lost and a restore waits for them',
    world: [vmb(), make.vmRestore({ name: 'r1', namespace: 'prod', backup: 'nightly' }), ...longhorn()],
    reason: 'RebuildPair',
    does: [`create ${C} ${right} armed`, `create ${N} on ${C}`],
  },
  {
    when: 'both are lost of a scheduled VMBackup whose backups are all final',
    world: [vmb(scheduled), ...longhorn()],
    reason: 'RebuildPair',
    does: [`create ${C} ${right} armed`, `create ${N} on ${C}`],
  },
  {
    when: 'the first half is made',
    world: [
      vmb(),
      content(right, 'Retain', unbound, make.annotated({ 'gleaner.dev/deletion-policy': 'Delete' })),
      ...longhorn(),
    ],
    reason: 'RebuildSnapshot',
    does: [`create ${N} on ${C}`],
  },
  {
    when: 'the content is lost',
    world: [vmb(), snapshot(notReady), ...longhorn()],
    reason: 'RebuildContent',
    does: [`create ${C} ${right} armed uid`],
  },
  {
    when: 'the content is lost and the VMBackup is not ready',
    world: [vmb(notReady), snapshot(notReady), ...longhorn()],
    reason: 'RebuildContent',
    does: [`create ${C} ${right} armed uid`],
  },
  {
    when: 'the content is lost and the snapshot names another than the usual',
    world: [vmb(), make.snapshot({ name: N, content: 'by-hand' }, owned, notReady), ...longhorn()],
    reason: 'RebuildContent',
    does: [`create by-hand ${right} armed uid`],
  },
  {
    when: 'the snapshot is lost and its content on Delete',
    world: [vmb(), content(right), ...longhorn()],
    reason: 'RebuildSnapshot',
    does: [`${C} Delete -> Retain armed`, `unbind ${C}`, `create ${N} on ${C}`],
  },
  {
    when: 'the snapshot is lost and its content on Delete, and the policy is retain',
    world: [vmb(), content(right), ...longhorn()],
    rebuilt: 'retain',
    reason: 'RebuildSnapshot',
    does: [`${C} Delete -> Retain`, `unbind ${C}`, `create ${N} on ${C}`],
  },
  {
    when: 'the snapshot is lost and its content was put on Retain by somebody',
    world: [vmb(), content(right, 'Retain', left), ...longhorn()],
    reason: 'RebuildSnapshot',
    does: [`unbind ${C}`, `create ${N} on ${C}`],
  },
  {
    when: 'the snapshot is lost and the handle is right in the old spelling',
    world: [vmb(), content(`bs://${V}/${B}`, 'Retain'), ...longhorn()],
    reason: 'RebuildSnapshot',
    does: [`unbind ${C}`, `create ${N} on ${C}`],
  },
  {
    when: 'the content belongs to a former snapshot',
    world: [vmb(), snapshot(notReady), content(right, 'Delete', formerUid), ...longhorn()],
    reason: 'RebindContent',
    does: [`${C} Delete -> Retain armed`, `unbind ${C}`],
  },
  {
    when: 'a content taken here is lost with its claim',
    world: [vmb(), here(notReady), ...longhorn()],
    reason: 'RebuildBeside',
    does: [`create ${N1}-vsc ${right} armed`, `create ${N1} on ${N1}-vsc`],
  },
  {
    when: 'a content taken here is lost and its claim is not bound',
    world: [vmb(), here(notReady), make.claim('data', 'prod', make.withStatus({ phase: 'Lost' })), ...longhorn()],
    reason: 'RebuildBeside',
    does: [`create ${N1}-vsc ${right} armed`, `create ${N1} on ${N1}-vsc`],
  },
];

const brief = (a: any): string => {
  if (a.do === 'setPolicy') return `${a.target.name} ${a.from} -> ${a.to}${a.addArmNote ? ' armed' : ''}`;
  if (a.do === 'unbindContent') return `unbind ${a.target.name}`;
  const { metadata, spec, kind } = a.object;
  if (kind === 'VolumeSnapshot') return `create ${metadata.name} on ${spec.source.volumeSnapshotContentName}`;
  const armed = metadata.annotations['gleaner.dev/deletion-policy'] === 'Delete' ? ' armed' : '';
  return `create ${metadata.name} ${spec.source.snapshotHandle}${armed}${spec.volumeSnapshotRef.uid ? ' uid' : ''}`;
};

const decide = async (world: KubeObject[], rebuilt: 'delete' | 'retain' = 'delete') =>
  plan(await observe(readerOf([snapshotClass, ...withTarget(world)]), ref('VirtualMachineBackup', 'nightly', 'prod')), {
    rebuilt,
  }).findings;

describe('rebuild-snapshot decides', () => {
  test.each(rows)('$reason when $when', async ({ world, rebuilt, reason, does = [] }) => {
    const [finding] = await decide(world, rebuilt);
    expect({ reason: finding!.reason, does: finding!.actions.map(brief) }).toEqual({ reason, does });
    expect(finding!.message).not.toMatch(/undefined|null|\[object/);
    expect(await allTroublesOf(finding, among(withTarget(world)))).toEqual([]);
    expect(finding!.actions.length > 0).toBe(verdictOf(finding!) === 'act');
  });

  test.each([
    ['snapshot', snapshot(odd)],
    ['content', content(right, 'Delete', odd)],
  ])('leaves a volume alone whose %s cannot be read, and makes anew what another has lost', async (_name, part) => {
    const logs = { volume: make.volumeOf('logs'), backup: make.backupOf('logs', 'nightly'), version: '1.9' } as const;
    const entries = [entry(), make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-1', claim: 'logs' })];
    const findings = await decide([
      make.vmBackup({ name: 'nightly', entries }),
      ...[part, ...longhorn(), make.backup(logs), make.backupVolume(logs.volume, '1.9')],
    ]);
    expect(findings).toMatchObject([
      { reason: 'ObjectUnreadable', volume: 'disk-0', actions: [], subject: { kind: part.kind } },
      { reason: 'RebuildPair', volume: 'disk-1' },
    ]);
    expect(findings[0]!.command).toContain(part.metadata.name);
  });

  test('whatever is created is born on Retain, under the VMBackup as controller with its present uid, in its class', async () => {
    const created: any[] = [];
    for (const { world, rebuilt } of rows)
      for (const { actions } of await decide(world, rebuilt))
        for (const action of actions) if (action.do === 'create') created.push(action.object);
    expect(created.length).toBeGreaterThan(10);
    for (const { kind, metadata, spec } of created) {
      expect(metadata.ownerReferences).toEqual([
        {
          apiVersion: 'harvesterhci.io/v1beta1',
          kind: 'VirtualMachineBackup',
          name: 'nightly',
          uid: vmb().metadata.uid,
          controller: true,
        },
      ]);
      expect(spec.volumeSnapshotClassName).toBe('longhorn');
      if (kind === 'VolumeSnapshotContent') expect(spec.deletionPolicy).toBe('Retain');
    }
  });

  test('no content is let go of, or bound anew, before it is on Retain', async () => {
    for (const { world, rebuilt } of rows) {
      for (const { actions } of await decide(world, rebuilt)) {
        const unbinding = actions.findIndex((a) => a.do === 'unbindContent');
        const policy = actions.findIndex((a) => a.do === 'setPolicy');
        if (policy >= 0 && unbinding >= 0) expect(policy).toBeLessThan(unbinding);
        for (const a of actions) if (a.do === 'setPolicy') expect(a.to).toBe('Retain');
      }
    }
  });
});
