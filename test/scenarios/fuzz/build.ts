/** From the plain data of a broken cluster to its objects. */
import type { KubeObject } from '../../../sandbox/api/types.ts';
import type { HarvesterVersion } from '../../../sandbox/controllers/harvester-names.ts';
import { restoreContentName, restoreSnapshotName } from '../../../sandbox/controllers/harvester-names.ts';
import type { LonghornVersion } from '../../../sandbox/controllers/longhorn-objects.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { localChain, partsOf, recoveredChain } from '../../../sandbox/scenarios/chain.ts';
import type { Scenario } from '../../../sandbox/scenarios/index.ts';
import type { Data } from './truth.ts';
import type { BrokenBackup, BrokenPair, BrokenVolume, BrokenWorld } from './arbitraries.ts';

/** With what is appended: -snap-revise-vsc, -vsc; and restore-r-b0- before it, of which 63 characters are left whole. */
const lengths: Record<string, number> = {
  ...{ label: 63, 'over-label': 64, 'restored-whole': 63 - 13, 'restored-cut': 64 - 13 },
  ...{ longest: 253 - 16, 'too-long-beside': 253 - 15 },
  ...{ 'longest-pair': 253 - 4, 'too-long': 253 - 3, 'longest-snapshot': 253 },
};
const formerUid = '00000000-0000-4000-8000-000000000000';
/** Whole, recovered and taken here: must stay so, and must not be accused. */
export const healthy = ['well', 'fine'];

export function scenarioOf(world: BrokenWorld): Scenario {
  const [harvester, longhorn] = world.release.split(' ') as [HarvesterVersion, LonghornVersion];
  const objects = () => objectsOf(world, longhorn);
  return { name: 'broken', describe: 'Broken at random.', harvester, longhorn, objects };
}

function objectsOf({ backups, strangers, setting }: BrokenWorld, longhorn: LonghornVersion): KubeObject[] {
  const chain = (name: string, claim: string) => ({
    ...{ name, vm: `${name}-vm`, longhorn },
    disks: [{ claim, handle: 'right' }],
  });
  const broken = backups.reduce<Made[]>(
    (made, backup, i) => [...made, vmBackup(`b${i}`, backup, longhorn, made[i - 1])],
    [],
  );
  return [
    make.namespaceObject('dev'),
    make.schedule('every-night', 'prod', 'web'),
    ...recoveredChain(chain('well', 'well-disk')),
    ...localChain(chain('fine', 'fine-disk')),
    // What handles that name somebody else's data name.
    ...recoveredChain(chain('other', 'other-disk')),
    ...broken.flatMap(({ objects }) => objects),
    ...strangers.flatMap((kind) => stranger(kind)),
    ...settingOf(setting),
  ];
}

/** Stands in place of the one that every cluster has. */
function settingOf(as: BrokenWorld['setting']): KubeObject[] {
  const [usual] = baseWorld().filter(({ kind, metadata }) => kind === 'Setting' && metadata.name === 'backup-target');
  const hash = 'harvesterhci.io/hash';
  if (as === 'no-hash') delete usual!.metadata.annotations![hash];
  if (as === 'other-hash') usual!.metadata.annotations![hash] = 'of-another-value';
  return as === 'no-hash' || as === 'other-hash' ? [usual!] : [];
}

/** In deletion for so long that it must be hanging. */
const forLong: make.Modifier = (o) => {
  make.deleting(o);
  o.metadata.deletionTimestamp = '2025-03-02T03:00:00Z';
};

interface Made {
  readonly objects: KubeObject[];
  readonly entries: any[];
}

function vmBackup(name: string, backup: BrokenBackup, longhorn: LonghornVersion, before: Made | undefined): Made {
  const { namespace, type } = backup;
  const owner = make.vmBackup({ name, namespace, entries: [] });
  const volumes: MadeVolume[] = [];
  for (const [index, broken] of backup.volumes.entries()) {
    const data = backup.within.startsWith('backup') ? volumes[0]?.data : undefined;
    volumes.push(volume({ ofBackup: name, namespace, index, data }, broken, owner, longhorn));
  }
  const entries = volumes.map(({ entry }) => entry);
  for (const entry of entries.slice(1)) {
    if (backup.within.endsWith('snapshot')) entry.name = entries[0].name;
    if (backup.within.endsWith('volume-name')) entry.volumeName = entries[0].volumeName;
  }
  const [shared] = before?.entries ?? [];
  if (shared !== undefined && backup.shares === 'backup') entries[0].longhornBackupName = shared.longhornBackupName;
  if (shared !== undefined && backup.shares === 'snapshot') entries[0].name = shared.name;

  const modifiers: make.Modifier[] = [];
  if (backup.ready === 'no') modifiers.push(make.withStatus({ readyToUse: false }));
  if (backup.ready === 'error')
    modifiers.push(
      make.withStatus({ readyToUse: false, error: { message: 'took too long', time: '2025-03-02T01:05:11Z' } }),
    );
  if (backup.ready === 'condition-only')
    modifiers.push(
      make.withStatus({ conditions: [{ type: 'Ready', status: 'False', message: 'Change back to non-ready' }] }),
    );
  if (backup.schedule !== 'none') {
    const schedule = backup.schedule === 'there' ? 'prod/every-night' : 'prod/never';
    modifiers.push(make.annotated({ 'harvesterhci.io/svmbackupId': schedule }));
  }
  if (backup.marked === 'yes') modifiers.push(make.annotated({ 'harvesterhci.io/snapRevise': 'true' }));
  if (backup.going === 'yes') modifiers.push(make.deleting);
  if (backup.ready === 'no-status') modifiers.push((o) => delete o['status']);
  const target = { endpoint: 'nfs://10.0.0.9:/old', bucketName: '', bucketRegion: '' };
  const made = make.vmBackup(
    { name, namespace, type: type, entries, ...(backup.target === 'former' && { target }) },
    ...modifiers,
  );
  return { entries, objects: [made, ...volumes.flatMap((v) => v.objects), ...restoreOf(backup, made, entries)] };
}

function restoreOf({ restore, namespace }: BrokenBackup, backup: KubeObject, entries: any[]): KubeObject[] {
  if (restore === 'none') return [];
  const { name } = backup.metadata;
  const into = restore === 'same-namespace' ? namespace : 'finance';
  const made = make.vmRestore({ name: `r-${name}`, namespace: into, backup: name, backupNamespace: namespace });
  if (restore !== 'poisoned' && restore !== 'complete' && restore !== 'gone') return [made];
  if (restore === 'complete') made['status'] = { complete: true };
  // A pair of the name that this restore will have is taken as it is.
  const pairs = entries.flatMap((entry) => {
    if (!entry.name) return [];
    const [at, of] = [restoreSnapshotName(made, entry.name), restoreContentName(made, entry.name)];
    const handle = `bs://${entry.persistentVolumeClaim.metadata.name}/${entry.longhornBackupName ?? 'backup-gone'}`;
    const shape = { namespace: 'finance', policy: 'Retain' as const };
    return [
      make.snapshot({ ...shape, name: at, content: of }, make.ownedBy(made, false)),
      make.content({ ...shape, name: of, snapshot: at, handle }, make.ownedBy(made, false)),
    ];
  });
  return restore === 'gone' ? pairs.filter(({ kind }) => kind !== 'VolumeSnapshot') : [made, ...pairs];
}

/** Which volume of which VMBackup. `data`: of another volume, where it has none of its own. */
interface At {
  readonly ofBackup: string;
  readonly namespace: string;
  readonly index: number;
  readonly data: Data | undefined;
}

interface MadeVolume {
  readonly entry: any;
  readonly objects: KubeObject[];
  readonly data: Data;
}

interface Here {
  readonly claim: string;
  readonly volume: string;
  readonly backup: string;
  readonly namespace: string;
  readonly owner: KubeObject;
}

function volume(
  { ofBackup, namespace, index, data: shared }: At,
  broken: BrokenVolume,
  owner: KubeObject,
  version: LonghornVersion,
): MadeVolume {
  const suffix = '-snap-revise'.repeat(broken.revised);
  const prefix = `${ofBackup}-volume-`;
  const length = (lengths[broken.name] ?? 0) - prefix.length - suffix.length;
  const claim = `${ofBackup}-c${index}`.padEnd(length, 'x');
  const here: Here = {
    claim,
    namespace,
    owner,
    volume: shared?.volume ?? make.volumeOf(claim, namespace),
    backup: shared?.backup ?? make.backupOf(claim, ofBackup),
  };
  const name = (broken.name === 'odd' ? `my.snapshot-${ofBackup}-${index}` : `${prefix}${claim}`) + suffix;
  const entry = make.volumeEntry({
    vmBackup: ofBackup,
    namespace,
    volumeName: `disk-${index}`,
    claim,
    name,
    ...shared,
  });
  record(entry, broken.record);

  const objects =
    shared === undefined ? [...backupPart(here, broken, version), ...backupVolumes(here, broken, version)] : [];
  const isTaken = broken.local !== 'no' && shared === undefined;
  objects.push(...(isTaken ? localPair(name, broken, here) : pair(name, broken.pair, here)));
  if (broken.beside) objects.push(...pair(`${name}-snap-revise`, broken.beside, here));
  const former = name.replace(/-snap-revise$/, '');
  if (broken.former && former !== name) objects.push(...pair(former, broken.former, here));
  if (broken.claim !== 'none') {
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name };
    const pending = broken.claim === 'pending';
    objects.push(
      make.claim(`${ofBackup}-r${index}`, namespace, (o) => {
        Object.assign(o, { spec: { ...make.claimSpec, dataSource }, status: { phase: pending ? 'Pending' : 'Bound' } });
        if (!pending) o.spec.volumeName = `pvc-restored-${ofBackup}-${index}`;
      }),
    );
  }
  const seen = new Set<string>();
  const first = objects.filter(({ kind, metadata: m }) => {
    const key = `${kind} ${m.namespace} ${m.name}`;
    return !seen.has(key) && m.name.length <= 253 && seen.add(key);
  });
  return { entry, objects: first, data: here };
}

const { volume: otherVolume, backup: otherBackup } = partsOf({ name: 'other' }, { claim: 'other-disk' });

function record(entry: any, as: BrokenVolume['record']): void {
  const spec = entry.persistentVolumeClaim.spec;
  if (as === 'no-backup') delete entry.longhornBackupName;
  if (as === 'other-backup') entry.longhornBackupName = otherBackup;
  if (as === 'gone-backup') entry.longhornBackupName = 'backup-gone';
  if (as === 'other-volume') spec.volumeName = otherVolume;
  if (as === 'no-volume') delete spec.volumeName;
  if (as === 'no-name') delete entry.name;
  if (as === 'other-driver') entry.csiDriverName = 'lvm.driver.harvesterhci.io';
}

function backupPart({ volume, backup }: Here, { backup: state, local }: BrokenVolume, version: LonghornVersion) {
  if (state === 'absent') return [];
  const taken = local === 'no' ? {} : { snapshotName: `snapshot-of-${backup}` };
  if (state === '') return [make.freshBackup({ volume, backup, version, ...taken }, make.held)];
  const modifiers: make.Modifier[] = [];
  if (['Pending', 'InProgress', 'Error', 'Unknown'].includes(state))
    modifiers.push(make.held, make.withStatus({ state, volumeName: '' }));
  if (state === 'deleting') modifiers.push(make.held, make.deleting);
  if (state === 'nameless') modifiers.push(make.withStatus({ volumeName: '' }));
  if (state === 'mislabelled') modifiers.push(make.labelled({ 'backup-volume': 'pvc-elsewhere' }));
  if (state === 'unreadable') modifiers.push(make.withStatus({ snapshotCreatedAt: 7 }));
  if (state === 'unlabelled') modifiers.push((o) => delete o.metadata.labels);
  if (state === 'other-target')
    modifiers.push(make.labelled({ 'backup-target': 'second' }), make.withStatus({ backupTargetName: 'second' }));
  return [make.backup({ volume, backup, version, ...taken }, ...modifiers)];
}

function backupVolumes({ volume }: Here, { backupVolume: as }: BrokenVolume, version: LonghornVersion): KubeObject[] {
  if (as === 'none') return [];
  const one = (...modifiers: make.Modifier[]) => make.backupVolume(volume, version, ...modifiers);
  if (as === 'two')
    return [one(), one((o) => void Object.assign(o.metadata, { name: `${volume}-twin`, uid: undefined }))];
  if (as === 'deleting') return [one((o) => void (o.metadata.finalizers = []), make.deleting)];
  // As an upgrade to 1.8 leaves those that were there before it.
  if (as === 'bare') return [one((o) => void (o.metadata.name = volume))];
  if (as === 'other-target')
    return [one(make.labelled({ 'backup-target': 'second' }), make.withSpec({ backupTargetName: 'second' }))];
  return [one()];
}

function handleText(kind: string, { claim, volume, backup }: Here): string {
  const texts: Record<string, string> = {
    right: `bak://${volume}/${backup}`,
    legacy: `bs://${volume}/${backup}`,
    claim: `bs://${claim}/${backup}`,
    'claim-bak': `bak://${claim}/${backup}`,
    nowhere: `bak://pvc-nowhere/${backup}`,
    'other-volume': `bak://${otherVolume}/${backup}`,
    'other-backup': `bak://${volume}/${otherBackup}`,
    'others-both': `bak://${otherVolume}/${otherBackup}`,
    'gone-backup': `bak://${volume}/backup-gone`,
    'no-volume': `bak:///${backup}`,
    'no-backup': `bak://${volume}/`,
    empty: '',
    junk: 'what is this?',
    'no-scheme': `${volume}/${backup}`,
    'upper-case': `BAK://${volume}/${backup}`,
    longer: `bak://${volume}/${backup}/more`,
    blank: ` bak://${volume}/${backup}`,
    snap: `snap://${volume}/snapshot-1`,
    image: `bi://backing?backingImage=one&backingImageDataSourceType=export-from-volume&volume-name=${volume}`,
  };
  return texts[kind]!;
}

function pair(name: string, broken: BrokenPair, here: Here): KubeObject[] {
  const { namespace } = here;
  const className = { longhorn: 'longhorn', missing: 'nowhere', snap: 'longhorn-snapshot', unnamed: '' }[
    broken.className
  ];
  const shape = { namespace, policy: broken.policy as 'Delete', className };
  const handle = handleText(broken.handle, here);
  const snapshot = make.snapshot({ ...shape, name }, owned(broken.owner, here), odd(broken));
  const content = make.content({ ...shape, snapshot: name, handle }, owned(broken.contentOwner, here), odd(broken));
  if (broken.className === 'unnamed') for (const o of [snapshot, content]) delete o.spec.volumeSnapshotClassName;
  if (broken.driver === 'other') content.spec.driver = 'lvm.driver.harvesterhci.io';
  if (broken.uid === 'none') delete content.spec.volumeSnapshotRef.uid;
  if (broken.uid === 'former') content.spec.volumeSnapshotRef.uid = formerUid;
  if (broken.reported === 'missing') delete content.status.snapshotHandle;
  else if (broken.reported !== 'same') content.status.snapshotHandle = handleText(broken.reported, here);

  if (broken.snapshot === 'leaving') make.deleting(snapshot);
  if (broken.snapshot === 'deleting') forLong(snapshot);
  if (broken.snapshot === 'unready') snapshot.status.readyToUse = false;
  if (broken.snapshot === 'unbound') delete snapshot['status'];
  if (broken.snapshot === 'unreadable') snapshot.status.creationTime = 7;
  if (broken.snapshot === 'elsewhere') snapshot.spec.source.volumeSnapshotContentName = 'well-volume-well-disk-vsc';
  if (broken.content === 'leaving') make.deleting(content);
  if (broken.content === 'deleting') forLong(content);
  if (broken.content === 'unready') content.status.readyToUse = false;
  if (broken.content === 'failing')
    content.status.error = { message: 'cannot be reached', time: '2025-03-02T01:05:11Z' };
  if (broken.content === 'unreadable') content.status.creationTime = 'yesterday';
  return [...(broken.snapshot === 'absent' ? [] : [snapshot]), ...(broken.content === 'absent' ? [] : [content])];
}

const owned = (by: string, { owner, namespace }: Here): make.Modifier => {
  if (by === 'vmbackup') return make.ownedBy(owner);
  if (by === 'another') return make.ownedBy(make.vmBackup({ name: 'well', entries: [] }));
  if (by === 'former')
    return (o) => {
      const { metadata, apiVersion, kind } = owner;
      o.metadata.ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: formerUid, controller: true }];
    };
  if (by === 'restore-gone')
    return make.ownedBy(make.vmRestore({ name: 'long-gone', namespace, backup: 'well' }), false);
  if (by === 'guest')
    return make.ownedBy(make.object('harvesterhci.io/v1beta1', 'VolumeRemoteBackup', { name: 'guest', namespace }));
  if (by === 'deployment') return make.ownedBy(make.object('apps/v1', 'Deployment', { name: 'operator', namespace }));
  return () => undefined;
};

const odd =
  ({ finalizer, note }: BrokenPair): make.Modifier =>
  (o) => {
    if (finalizer === 'none') o.metadata.finalizers = [];
    if (finalizer === 'somebody’s') o.metadata.finalizers = [...(o.metadata.finalizers ?? []), 'example.com/mine'];
    const annotations: Record<string, Record<string, string>> = {
      swap: { 'gleaner.dev/swap': '{"uid":"x"}' },
      policy: { 'gleaner.dev/deletion-policy': 'Delete' },
      replaces: { 'gleaner.dev/replaces': o.metadata.name },
      drill: { 'gleaner.dev/drill-of': 'prod/well', 'gleaner.dev/drill-until': '2025-03-02T01:05:11Z' },
      'being-deleted': { 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted': 'yes' },
    };
    const added = annotations[note];
    if (added !== undefined) make.annotated(added)(o);
  };

/** Taken here: Longhorn wrote the handle, into the status. */
function localPair(name: string, { local, pair: broken }: BrokenVolume, here: Here): KubeObject[] {
  const { claim, namespace, volume, owner } = here;
  const content = make.content({ snapshot: name, namespace, volume, handle: handleText(broken.handle, here) });
  const snapshot = make.snapshot({ name, namespace, claim }, make.ownedBy(owner), odd(broken));
  if (broken.content === 'deleting') forLong(content);
  if (broken.snapshot === 'deleting') forLong(snapshot);
  if (broken.snapshot === 'unreadable') snapshot.status.creationTime = 7;
  if (broken.content === 'unreadable') content.status.creationTime = 'yesterday';
  return [
    ...(broken.snapshot === 'absent' ? [] : [snapshot]),
    ...(broken.content === 'absent' ? [] : [content]),
    make.longhornVolume(volume),
    ...(local === 'yes' ? [make.claim(claim, namespace), make.persistentVolume(claim, namespace)] : []),
  ];
}

function stranger(kind: string): KubeObject[] {
  const of = (handle: string, more: Partial<make.ContentShape> = {}, ...modifiers: make.Modifier[]) => [
    make.content({ snapshot: `s-${kind}`, handle, policy: 'Retain', ...more }, ...modifiers),
    make.snapshot({ name: `s-${kind}`, policy: 'Retain' }, ...modifiers),
  ];
  if (kind === 'other-driver') return of('lv://one', { driver: 'lvm.driver.harvesterhci.io' });
  if (kind === 'snap') return of(`snap://${otherVolume}/snapshot-1`);
  if (kind === 'image') return of('bi://backing?backingImage=one');
  if (kind === 'guest')
    return of(
      `bak://${otherVolume}/backup-guest`,
      {},
      make.annotated({ 'harvesterhci.io/pvcrestore-ref': 'guest/one' }),
    );
  if (kind === 'dynamic-orphan')
    return [
      make.content({
        snapshot: 's-gone',
        volume: otherVolume,
        handle: `bak://${otherVolume}/backup-gone`,
        policy: 'Retain',
      }),
    ];
  return [make.content({ snapshot: 's-orphan', handle: `bak://${otherVolume}/${otherBackup}`, policy: 'Retain' })];
}
