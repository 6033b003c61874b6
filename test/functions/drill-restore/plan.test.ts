import { describe, expect, test } from '@jest/globals';
import drillRestore from '../../../functions/drill-restore/index.ts';
import type { SeenDrill } from '../../../functions/drill-restore/observe.ts';
import type { Source } from '../../../functions/drill-restore/source.ts';
import { plan } from '../../../functions/drill-restore/plan.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { drillsIn } from '../../../shared/objects/drills.ts';

/** What a drill does next, from what is there. The rows in which nothing is to be done come first. */

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
const configOf = (policy: object = {}) => drillRestore.config.parse({ drills: 'on', ...policy }) as any;
const read = (kind: keyof typeof schemas, object: any): any =>
  schemas[kind].parse({ ...object, metadata: { resourceVersion: '1', ...object.metadata } });

const entry = make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'root' });
const backup = read('VirtualMachineBackup', make.vmBackup({ name: 'nightly', entries: [entry] }));
const { uid } = backup.metadata;
const subject = ref('VirtualMachineBackup', 'nightly', 'prod');
const volume = make.volumeOf('root');
const longhorn = read('Backup', make.backup({ volume, backup: make.backupOf('root', 'nightly'), version: '1.9' }));
const source: Source = {
  entry: backup.status.volumeBackups[0],
  longhorn,
  backupVolumes: [read('BackupVolume', make.backupVolume(volume, '1.9'))],
};
const target = read('BackupTarget', {
  metadata: { name: 'default', namespace: 'longhorn-system', uid: 't' },
  spec: { backupTargetURL: 's3://sandbox@here/' },
  status: { available: true },
});
const backupOn = { ...backup, status: { ...backup.status, backupTarget: undefined } };
const classOf = (fields: object = {}) =>
  new Map([
    [
      'harvester-longhorn',
      read('StorageClass', {
        metadata: { name: 'harvester-longhorn', uid: 'c' },
        provisioner: 'driver.longhorn.io',
        reclaimPolicy: 'Delete',
        ...fields,
      }),
    ],
  ]);
const recordOf = (...entries: [string, object][]): any => ({
  metadata: { name: 'gleaner-drills', namespace: 'gleaner-drill', uid: 'r', resourceVersion: '5' },
  filled: true,
  drills: drillsIn(Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)]))),
});
const proved = (minutes: number) => ({ at: ago(minutes), tookSeconds: 90, bytes: 1, volumes: 1, read: false });
const run = { startedAt: ago(10), until: ago(-230) };
const nothing = { contents: [], snapshots: [], claims: [], pods: [] };
const place = {
  name: 'gleaner-drill',
  namespace: read('Namespace', { metadata: { name: 'gleaner-drill', uid: 'n' }, status: { phase: 'Active' } }),
  quotas: [],
  limits: [],
  restores: [],
};

const tight = { name: 'tight', namespace: 'gleaner-drill', uid: 'q', resourceVersion: '1' };
const quota = (fields: object) => read('ResourceQuota', { metadata: tight, ...fields });
const range = (...limits: object[]) =>
  read('LimitRange', {
    metadata: tight,
    spec: { limits: limits.map((limit) => ({ type: 'PersistentVolumeClaim', ...limit })) },
  });
/** A place for drills, and a policy with which a pod reads what was restored. */
const withLimits = (...limits: object[]) => ({
  seen: { place: { ...place, limits: [range(...limits)] } },
  policy: { read: 'on' },
});
const withQuota = (fields: object) => ({
  seen: { place: { ...place, quotas: [quota(fields)] } },
  policy: { read: 'on' },
});
const begins = {
  reason: 'DrillStart',
  does: ['putDrill', 'VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'],
};

type Part = Partial<SeenDrill>;
const seenWith = (part: Part): any => {
  const record = part.record ?? recordOf();
  const own = record.drills[uid];
  const base = { is: 'drill', subject, record, backup: backupOn, uid, entry: own, made: nothing, sources: [source] };
  return { ...base, target, volumes: new Map(), left: [], place, classes: classOf(), ...part };
};
const running = (part: Part = {}): Part => ({ record: recordOf([uid, { vmBackup: 'prod/nightly', run }]), ...part });

/** What was made for the one volume, with Longhorn's volume as given. */
function restored(status: object, spec: object = {}): Part {
  const [content, snapshot, claim] = plan(seenWith({}), configOf(), NOW).findings[0]!.actions.flatMap((a: any) =>
    a.do === 'create' ? [a.object] : [],
  );
  const born = (object: any, more: object = {}) => ({
    ...object,
    ...more,
    metadata: { ...object.metadata, uid: `u-${object.kind}` },
  });
  const url = `s3://sandbox@here/?backup=${longhorn.metadata.name}&volume=${volume}`;
  const lhv = read('Volume', {
    metadata: { name: 'pvc-u', namespace: 'longhorn-system', uid: 'v' },
    spec: { size: '10737418240', fromBackup: url, ...spec },
    status,
  });
  return running({
    made: {
      contents: [read('VolumeSnapshotContent', born(content))],
      snapshots: [read('VolumeSnapshot', born(snapshot))],
      claims: [read('PersistentVolumeClaim', born(claim, { status: { phase: 'Bound' } }))],
      pods: [],
    },
    volumes: new Map([['disk-0', { volume: lhv, warnings: [] }]]),
  });
}
const finished = { restoreInitiated: true, restoreRequired: false };
const decided = { at: ago(1), result: 'proved', volumes: ['pvc-u'] };

interface Row {
  readonly seen: Part;
  readonly reason: string;
  readonly policy?: object;
  readonly does?: readonly string[];
  readonly says?: RegExp;
  readonly command?: string;
}

const rows: Record<string, Row> = {
  'it was proved not long ago': {
    seen: { record: recordOf([uid, { vmBackup: 'prod/nightly', proved: proved(60) }]) },
    reason: 'DrillProved',
    says: /proved restorable at 2026-03-01T11:00:00.000Z, took 2 min/,
  },
  'it failed not long ago': {
    seen: { record: recordOf([uid, { vmBackup: 'prod/nightly', failed: { at: ago(60), message: 'x' } }]) },
    reason: 'DrillFailed',
  },
  'it failed since it was proved': {
    seen: {
      record: recordOf([uid, { vmBackup: 'prod/nightly', proved: proved(90), failed: { at: ago(60), message: 'x' } }]),
    },
    reason: 'DrillFailed',
    says: /x \(proved restorable at .* before\)/,
  },
  'the VMBackup is gone': { seen: { backup: undefined, uid: '' }, reason: 'VMBackupGone' },
  'the VMBackup is not ready': {
    seen: { backup: { ...backupOn, status: { ...backupOn.status, readyToUse: false } } },
    reason: 'DrillImpossible',
  },
  'no volume has a Longhorn backup': {
    seen: { sources: [{ ...source, entry: { ...source.entry, longhornBackupName: undefined } }] },
    reason: 'DrillImpossible',
  },
  'a volume of another driver alone': {
    seen: { sources: [{ ...source, entry: { ...source.entry, csiDriverName: 'lvm' } }] },
    reason: 'DrillImpossible',
  },
  'Longhorn does not have the backup': {
    seen: { sources: [{ ...source, longhorn: undefined }] },
    reason: 'BackupMissing',
  },
  'there is no BackupVolume': { seen: { sources: [{ ...source, backupVolumes: [] }] }, reason: 'BackupVolumeMissing' },
  'its data’s time is not known': {
    seen: {
      sources: [{ ...source, longhorn: { ...longhorn, status: { ...longhorn.status, snapshotCreatedAt: '' } } }],
    },
    reason: 'BackupNotSynced',
  },
  'no StorageClass is named': { seen: { classes: new Map() }, reason: 'DrillClassUnfit', says: /does not exist/ },
  'its StorageClass keeps volumes': {
    seen: { classes: classOf({ reclaimPolicy: 'Retain' }) },
    reason: 'DrillClassUnfit',
    says: /would stay behind/,
  },
  'its StorageClass is another driver’s': {
    seen: { classes: classOf({ provisioner: 'lvm' }) },
    reason: 'DrillClassUnfit',
  },
  'its StorageClass waits for a pod, and none may run': {
    seen: { classes: classOf({ volumeBindingMode: 'WaitForFirstConsumer' }) },
    reason: 'DrillClassUnfit',
    says: /WaitForFirstConsumer/,
  },
  'it is larger than a drill may be': { seen: {}, policy: { maxSizeGib: '9' }, reason: 'DrillTooLarge' },
  'the namespace is not there': { seen: { place: { ...place, namespace: undefined } }, reason: 'DrillNamespaceUnfit' },
  'a quota that was just made leaves too little': {
    seen: { place: { ...place, quotas: [quota({ spec: { hard: { 'requests.storage': '1Gi' } } })] } },
    reason: 'DrillNoRoom',
    says: /^quota tight of namespace gleaner-drill leaves 1 GiB of requests.storage, but 10 GiB are needed/,
  },
  'a quota counts claims': {
    seen: { place: { ...place, quotas: [quota({ spec: { hard: { 'count/persistentvolumeclaims': '0' } } })] } },
    reason: 'DrillNoRoom',
  },
  'no claim may be that large': {
    seen: { place: { ...place, limits: [range({ max: { storage: '5Gi' } })] } },
    reason: 'DrillNoRoom',
    says: /^limit range tight of namespace gleaner-drill allows a claim of at most 5 GiB, but 10 GiB is needed/,
  },
  'no claim may be that small': {
    seen: { place: { ...place, limits: [range({ min: { storage: '20Gi' } })] } },
    reason: 'DrillNoRoom',
    says: /at least 20 GiB/,
  },
  'a container must have more': {
    ...withLimits({ type: 'Container', min: { cpu: '50m' } }),
    reason: 'DrillNoRoom',
    says: /^limit range tight of namespace gleaner-drill requires at least 50m of cpu for a container, but a pod that reads requests 10m$/,
  },
  'a container may have less': {
    ...withLimits({ type: 'Container', max: { memory: '32Mi' } }),
    reason: 'DrillNoRoom',
    says: /allows a container at most 32Mi of memory, but a pod that reads is limited to 64Mi$/,
  },
  'a pod must have more': {
    ...withLimits({ type: 'Pod', min: { memory: '1Gi' } }),
    reason: 'DrillNoRoom',
    says: /at least 1Gi of memory for a pod/,
  },
  'a limit may not be so far above what is asked for': {
    ...withLimits({ type: 'Container', maxLimitRequestRatio: { cpu: '10' } }),
    reason: 'DrillNoRoom',
    says: /allows a container a limit of cpu of at most 10 times its request, but a pod that reads has 10m and 500m$/,
  },
  'a pod must name what no default gives it': {
    ...withLimits({ type: 'Pod', min: { 'ephemeral-storage': '1Gi' } }),
    reason: 'DrillNoRoom',
    says: /requires at least 1Gi of ephemeral-storage for a pod, but a pod that reads requests none$/,
  },
  'a quota has no pod left': {
    ...withQuota({ status: { hard: { pods: '2' }, used: { pods: '2' } } }),
    reason: 'DrillNoRoom',
    says: /leaves 0 of pods, but 1 are needed/,
  },
  'a quota has too little memory left': {
    ...withQuota({ status: { hard: { 'limits.memory': '1Gi' }, used: { 'limits.memory': '1000Mi' } } }),
    reason: 'DrillNoRoom',
    says: /leaves 24 MiB of limits.memory, but 64 MiB are needed/,
  },
  'a quota has too little cpu left': {
    ...withQuota({ status: { hard: { cpu: '1' }, used: { cpu: '995m' } } }),
    reason: 'DrillNoRoom',
    says: /leaves 0.005 of cpu, but 0.01 are needed/,
  },
  'a quota counts snapshots': {
    seen: {
      place: { ...place, quotas: [quota({ spec: { hard: { 'count/volumesnapshots.snapshot.storage.k8s.io': 0 } } })] },
    },
    reason: 'DrillNoRoom',
  },
  'a restore is in progress': {
    seen: { place: { ...place, restores: [{ name: 'prod/restore-web' }] } },
    reason: 'DrillWaits',
    says: /^VirtualMachineRestore prod\/restore-web is in progress/,
    command: 'gleaner explain vmrestore/restore-web -n prod',
  },
  'another drill is under way': {
    seen: { record: recordOf(['other', { vmBackup: 'prod/other', run }]) },
    reason: 'DrillWaits',
    says: /prod\/other/,
  },
  'Longhorn has not made the volume': { seen: { ...restored({}), volumes: new Map() }, reason: 'DrillRunning' },
  'Longhorn has not begun': {
    seen: restored({ restoreRequired: false }),
    reason: 'DrillRunning',
    says: /begins to restore/,
  },
  'Longhorn is restoring': {
    seen: restored({ restoreInitiated: true, restoreRequired: true }),
    reason: 'DrillRunning',
    says: /Longhorn restores it/,
  },
  'its volume is yet to go': {
    seen: {
      record: recordOf([uid, { vmBackup: 'prod/nightly', run: { ...run, decided } }]),
      left: ['Longhorn volume pvc-u'],
    },
    reason: 'DrillClearing',
  },
  'its volume should be gone': {
    seen: {
      record: recordOf([uid, { vmBackup: 'prod/nightly', run: { ...run, decided: { ...decided, at: ago(40) } } }]),
      left: ['Longhorn volume pvc-u'],
    },
    reason: 'DrillStuck',
  },
  'cleaning, and nothing is there': { seen: {}, policy: { drills: 'clean' }, reason: 'DrillCleaned' },

  'pods are bounded, and none is needed': {
    ...withLimits({ type: 'Container', min: { cpu: '1' } }),
    policy: { read: 'off' },
    ...begins,
  },
  'what is missing comes by default': {
    ...withLimits(
      { type: 'Pod', min: { 'ephemeral-storage': '1Mi' }, max: { 'ephemeral-storage': '1Gi' } },
      { type: 'Container', default: { 'ephemeral-storage': '1Gi' }, defaultRequest: { 'ephemeral-storage': '10Mi' } },
    ),
    ...begins,
  },
  'a pod fits': { ...withLimits({ type: 'Container', min: { cpu: '10m' }, max: { cpu: '500m' } }), ...begins },
  'a quota is for other pods': { ...withQuota({ spec: { hard: { pods: '0' }, scopes: ['BestEffort'] } }), ...begins },
  'nothing is in the way': {
    seen: {},
    reason: 'DrillStart',
    does: ['putDrill', 'VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'],
  },
  'the namespace may be made': {
    seen: { place: { ...place, namespace: undefined } },
    policy: { makeNamespace: 'yes' },
    reason: 'DrillStart',
    does: ['Namespace', 'putDrill', 'VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'],
  },
  'it was proved long ago': {
    seen: { record: recordOf([uid, { vmBackup: 'prod/nightly', proved: proved(31 * 1440) }]) },
    reason: 'DrillStart',
    does: ['putDrill', 'VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'],
  },
  'it was proved by a clock that was years ahead': {
    seen: { record: recordOf([uid, { vmBackup: 'prod/nightly', proved: proved(-30 * 525_600) }]) },
    ...begins,
  },
  'it began by a clock that was years ahead': {
    seen: {
      ...restored({ restoreInitiated: true, restoreRequired: true }),
      entry: { vmBackup: 'prod/nightly', run: { startedAt: ago(-30 * 525_600), until: ago(-30 * 525_601) } },
    },
    reason: 'DrillDecided',
    does: ['putDrill'],
    says: /abandoned: its start .* and its deadline .* are not plausible; a clock was wrong/,
  },
  'how long it may last cannot be read': {
    seen: {
      ...restored({ restoreInitiated: true, restoreRequired: true }),
      entry: { vmBackup: 'prod/nightly', run: { ...run, until: 'soon' } },
    },
    reason: 'DrillDecided',
    does: ['putDrill'],
    says: /^the drill is abandoned: its start .* and its deadline soon are not plausible; a clock was wrong$/,
  },
  'two may be drilled at once': {
    seen: { record: recordOf(['other', { vmBackup: 'prod/other', run }]) },
    policy: { atOnce: '2' },
    reason: 'DrillStart',
    does: ['putDrill', 'VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'],
  },
  'something of it is missing': {
    seen: { ...restored({}), made: { ...restored({}).made!, claims: [] }, volumes: new Map() },
    reason: 'DrillGoesOn',
    does: ['PersistentVolumeClaim'],
  },
  'it is restored': {
    seen: restored(finished),
    reason: 'DrillDecided',
    does: ['recordEvent', 'putDrill'],
    says: /^proved restorable/,
  },
  'it is restored, and is to be read': {
    seen: restored(finished),
    policy: { read: 'on' },
    reason: 'DrillGoesOn',
    does: ['Pod'],
  },
  'the restore failed': {
    seen: restored({
      ...finished,
      restoreRequired: true,
      conditions: [{ type: 'Restore', status: 'False', reason: 'RestoreFailure', message: 'no data' }],
    }),
    reason: 'DrillDecided',
    does: ['recordEvent', 'putDrill'],
    says: /Longhorn reports that the restore failed: no data/,
  },
  'it is smaller than the backup': {
    seen: restored(finished, { size: '1024' }),
    reason: 'DrillDecided',
    does: ['recordEvent', 'putDrill'],
    says: /the restored volume has 1 KiB, but the backup has /,
  },
  'it is of another backup': {
    seen: restored(finished, { fromBackup: 's3://b@r/?backup=other&volume=v' }),
    reason: 'DrillDecided',
    does: ['recordEvent', 'putDrill'],
    says: /from other, not from/,
  },
  'it is empty': {
    seen: restored(finished, { fromBackup: '' }),
    reason: 'DrillDecided',
    does: ['recordEvent', 'putDrill'],
    says: /from no backup/,
  },
  'its time is over': {
    seen: {
      ...restored({ restoreInitiated: true, restoreRequired: true }),
      entry: { vmBackup: 'prod/nightly', run: { ...run, until: ago(1) } },
    },
    reason: 'DrillDecided',
    does: ['recordEvent', 'putDrill'],
    says: /it timed out; still waiting: volume disk-0: until Longhorn restores it/,
  },
  'it is to be given up': {
    seen: restored({}),
    policy: { drills: 'clean' },
    reason: 'DrillDecided',
    does: ['putDrill'],
  },
  'what is left of one that is over': {
    seen: { made: restored({}).made! },
    reason: 'DrillCleanUp',
    does: ['deleteDrilled'],
  },
  'its claims are gone': {
    seen: { made: { ...restored({}).made!, claims: [] } },
    reason: 'DrillCleanUp',
    does: ['deleteSnapshot'],
  },
  'its snapshots are gone': {
    seen: { made: { ...nothing, contents: restored({}).made!.contents } },
    reason: 'DrillCleanUp',
    does: ['deleteContent'],
  },
  'nothing of it is left': {
    seen: { record: recordOf([uid, { vmBackup: 'prod/nightly', proved: proved(1), run: { ...run, decided } }]) },
    reason: 'DrillCleanUp',
    does: ['putDrill'],
  },
};

test.each(Object.entries(rows))('%s', (_name, { seen, reason, policy, does = [], says = /./, command }) => {
  const [finding, ...more] = plan(seenWith(seen), configOf(policy), NOW).findings;
  expect(more).toEqual([]);
  const done = finding!.actions.map((action) => (action.do === 'create' ? action.object.kind : action.do));
  expect({ reason: finding!.reason, does: done }).toEqual({ reason, does });
  expect(finding!.message).toMatch(says);
  if (command !== undefined) expect(finding!.command).toBe(command);
});

describe('policy', () => {
  test.each([
    { everyDays: '0' },
    { atOnce: '11' },
    { namespace: 'A' },
    { after: 'soon' },
    { drills: 'yes' },
    { readImage: '' },
  ])('%j is refused', (policy) => expect(drillRestore.config.safeParse(policy).success).toBe(false));
  test('it is off unless somebody switches it on', () =>
    expect(drillRestore.config.parse({})).toMatchObject({ drills: 'off', atOnce: 1, read: 'off' }));
});
