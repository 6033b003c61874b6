/**
 * What a restore gives, worked out from the objects by the rules of Longhorn, the snapshot controllers and Harvester
 * alone. It decides for the fuzz whether Gleaner did right, so it shares nothing with Gleaner: no handle parser, no
 * judgment, no names. It is strict where Longhorn is (a volume part is looked up from 1.8 on) and lenient where it is.
 */
import type { KubeObject } from '../../../sandbox/api/types.ts';

/** What lies on the target: the data of one volume at one time. */
export interface Data {
  readonly volume: string;
  readonly backup: string;
}

/** Everything a restore depends on, as it is at one moment. */
export interface Cluster {
  readonly longhornMinor: number;
  readonly stored: readonly Data[];
  all(kind: string): readonly KubeObject[];
}

/** One volume of one VMBackup. */
export interface VolumeAt {
  readonly owner: KubeObject;
  readonly entry: any;
}

export const keyOf = ({ owner, entry }: VolumeAt): string =>
  `${owner.metadata.namespace}/${owner.metadata.name} ${entry.volumeName}`;

export const volumesOf = (cluster: Cluster): VolumeAt[] =>
  cluster
    .all('VirtualMachineBackup')
    .flatMap((owner) =>
      Array.isArray(owner.status?.volumeBackups)
        ? owner.status.volumeBackups.map((entry: any) => ({ owner, entry }))
        : [],
    );

const find = (cluster: Cluster, kind: string, name: string, namespace?: string): KubeObject | undefined =>
  cluster
    .all(kind)
    .find(({ metadata: m }) => m.name === name && (namespace === undefined || m.namespace === namespace));
const goes = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;
const target = 'default';

/** As Longhorn decodes: split at `://`, `bs` is `bak`, the first two segments count. */
function decode(handle: unknown): { type: string; volume: string; id: string } {
  const nothing = { type: '', volume: '', id: '' };
  if (typeof handle !== 'string') return nothing;
  const [scheme, path] = handle.split('://');
  if (path === undefined) return nothing;
  const [volume, id] = path.split('/');
  if (id === undefined) return nothing;
  return { type: scheme === 'bs' ? 'bak' : scheme!, volume: volume!, id };
}

const isKnown = (cluster: Cluster, volume: string): boolean =>
  cluster.longhornMinor < 8 || cluster.all('BackupVolume').some(({ spec }) => spec?.volumeName === volume);

/** A claim made from this snapshot gets this data; a string says why it gets nothing. */
export function restored(cluster: Cluster, namespace: string, name: string): Data | string {
  const snapshot = find(cluster, 'VolumeSnapshot', name, namespace);
  if (snapshot === undefined) return 'no snapshot';
  if (goes(snapshot)) return 'the snapshot is being deleted';
  if (snapshot.status?.readyToUse !== true) return 'the snapshot is not ready';
  const content = find(cluster, 'VolumeSnapshotContent', snapshot.status.boundVolumeSnapshotContentName ?? '');
  if (content === undefined) return 'no content';
  const { uid, namespace: at, name: of } = content.spec.volumeSnapshotRef ?? {};
  if (uid !== snapshot.metadata.uid || at !== namespace || of !== name) return 'the content is bound to another';
  if (content.spec.driver !== 'driver.longhorn.io') return 'not Longhorn’s';
  const { type, volume, id } = decode(content.status?.snapshotHandle);
  if (type !== 'bak') return 'not a remote backup';
  if (id === '') return 'the handle names no backup';
  if (!isKnown(cluster, volume)) return 'there is no backup volume';
  const backup = find(cluster, 'Backup', id);
  if (backup === undefined) return 'no Longhorn Backup';
  const data = cluster.stored.find((s) => s.backup === id && s.volume === backup.status?.volumeName);
  return data ?? 'the backup has not been read from the target';
}

export const restoredOf = (cluster: Cluster, { owner, entry }: VolumeAt): Data | string =>
  typeof entry.name === 'string' ? restored(cluster, owner.metadata.namespace!, entry.name) : 'no snapshot recorded';

/** What it gives once Longhorn has read all of the target, which any sync may bring about. */
export function restoredWhenSynced(cluster: Cluster, at: VolumeAt): Data | string {
  const { all, stored } = cluster;
  return restoredOf({ all, stored, longhornMinor: 7 }, at);
}

/** The data that a VMBackup’s volume says it is, as far as its records agree with each other. */
export function recordedData(cluster: Cluster, { entry }: VolumeAt): Data | undefined {
  const volume = entry.persistentVolumeClaim?.spec?.volumeName;
  return cluster.stored.find(
    (s) => s.backup === entry.longhornBackupName && (volume === undefined || volume === '' || volume === s.volume),
  );
}

export const same = (a: Data | string | undefined, b: Data | string | undefined): boolean =>
  typeof a === 'object' && typeof b === 'object' && a.backup === b.backup && a.volume === b.volume;

/** As a restore on every Longhorn, by every Harvester, needs it: nothing is lenient here. */
export function isSound(cluster: Cluster, at: VolumeAt): boolean {
  const data = recordedData(cluster, at);
  if (data === undefined || !same(restoredOf(cluster, at), data)) return false;
  const snapshot = find(cluster, 'VolumeSnapshot', at.entry.name, at.owner.metadata.namespace);
  const content = find(cluster, 'VolumeSnapshotContent', snapshot!.status.boundVolumeSnapshotContentName)!;
  // The controllers may go back to what the spec says.
  const handles = [content.status.snapshotHandle, content.spec.source.snapshotHandle ?? content.status.snapshotHandle];
  return !goes(content) && handles.map(decode).every(({ volume, id }) => volume === data.volume && id === data.backup);
}

/**
 * What keeps Gleaner, as it promises, from repairing this volume; undefined: nothing does, so it has to be repaired.
 * Whatever is the least bit doubtful counts as an obstacle: of those it must only speak.
 */
export function obstacle(cluster: Cluster, at: VolumeAt): string | undefined {
  const { owner, entry } = at;
  const namespace = owner.metadata.namespace!;
  const { name, longhornBackupName: recorded } = entry;
  if (goes(owner)) return 'the VMBackup is being deleted';
  if (owner.spec.type !== undefined && owner.spec.type !== 'backup') return 'not a remote backup';
  if (owner.status?.readyToUse !== true) return 'the VMBackup is not ready';
  if (!name || !recorded || entry.csiDriverName !== 'driver.longhorn.io') return 'the record is incomplete';
  const data = recordedData(cluster, at);
  if (data === undefined) return 'the data is not there, or the records disagree';
  const backup = find(cluster, 'Backup', recorded);
  if (backup === undefined || goes(backup) || backup.status?.state !== 'Completed')
    return 'the backup is not Completed';
  if ((backup.metadata.labels?.['backup-volume'] ?? data.volume) !== data.volume) return 'the backup’s label differs';
  const ofTarget = (v: KubeObject) => (v.spec?.backupTargetName ?? target) === target;
  const volumes = cluster
    .all('BackupVolume')
    .filter((v) => (v.spec?.volumeName ?? v.metadata.name) === data.volume && ofTarget(v));
  if (volumes.length !== 1 || goes(volumes[0]!)) return 'not one backup volume';
  if (owner.metadata.annotations?.['harvesterhci.io/svmbackupId'] !== undefined) return 'a schedule’s';
  const users = (v: VolumeAt) => v.entry.longhornBackupName === recorded || v.entry.name === name;
  if (volumesOf(cluster).filter(users).length > 1) return 'shared with another VMBackup';
  const restores = cluster
    .all('VirtualMachineRestore')
    .some((r) => r.spec.virtualMachineBackupName === owner.metadata.name && r.status?.complete !== true);
  if (restores) return 'a restore is in progress';
  if (`${name}-snap-revise-vsc`.length > 253) return 'the names would be too long';
  if (misshapen(cluster, owner).length > 0) return 'a content of it does not have the shape of its kind';
  return pairObstacle(cluster, at, namespace, name, recorded);
}

/** Contents of this VMBackup that its CRD would not have let in: nobody can tell what they mean. */
const misshapen = (cluster: Cluster, { metadata: { name, namespace } }: KubeObject): KubeObject[] =>
  cluster
    .all('VolumeSnapshotContent')
    .filter(
      ({ spec, status }) => typeof status?.creationTime === 'string' && spec.volumeSnapshotRef.namespace === namespace,
    )
    .filter(({ spec }) => spec.volumeSnapshotRef.name.includes(name));

function pairObstacle(cluster: Cluster, { owner }: VolumeAt, namespace: string, name: string, recorded: string) {
  const snapshot = find(cluster, 'VolumeSnapshot', name, namespace);
  const content = find(cluster, 'VolumeSnapshotContent', `${name}-vsc`);
  const next = `${name}-snap-revise`;
  if (find(cluster, 'VolumeSnapshot', next, namespace) ?? find(cluster, 'VolumeSnapshotContent', `${next}-vsc`))
    return 'the next name is taken';
  for (const part of [snapshot, content]) {
    if (part === undefined) continue;
    if (goes(part)) return 'half of the pair is being deleted';
    if ((part.metadata.ownerReferences ?? []).some((o) => o.uid !== owner.metadata.uid)) return 'owned by another';
    const notes = Object.keys(part.metadata.annotations ?? {});
    if (notes.some((a) => !a.startsWith('snapshot.storage.kubernetes.io/'))) return 'somebody’s notes are on it';
    if ((part.metadata.finalizers ?? []).some((f) => !f.startsWith('snapshot.storage.kubernetes.io/')))
      return 'somebody’s finalizer is on it';
    const used = part.spec.volumeSnapshotClassName;
    if (used !== undefined && find(cluster, 'VolumeSnapshotClass', used) === undefined) return 'its class is missing';
  }
  if (snapshot !== undefined) {
    if ((snapshot.metadata.ownerReferences ?? []).length === 0) return 'the snapshot is owned by nobody';
    if (snapshot.spec.source.volumeSnapshotContentName !== `${name}-vsc`) return 'the snapshot has another source';
    const bound = snapshot.status?.boundVolumeSnapshotContentName;
    if (bound !== undefined && bound !== `${name}-vsc`) return 'the snapshot is bound to another content';
  }
  if (content !== undefined) {
    const { driver, source, volumeSnapshotRef: ref } = content.spec;
    if (driver !== 'driver.longhorn.io') return 'not Longhorn’s';
    if (ref.name !== name || ref.namespace !== namespace) return 'the content is of another snapshot';
    const readable = /^(bak|bs):\/\/[^/]+\/([^/]+)$/.exec(source.snapshotHandle ?? '');
    if (readable === null) return 'not a handle of a remote backup';
    if (readable[2] !== recorded) return 'the handle names another backup than the record';
    if (content.status?.error !== undefined) return 'the content says it has an error';
    // A snapshot that is lost is only made anew on a content that is right.
    const reported = content.status?.snapshotHandle;
    if (reported !== undefined && decode(reported).id !== recorded) return 'the status names another backup';
    if (snapshot === undefined && !(decode(source.snapshotHandle).volume === recordedVolume(cluster, recorded)))
      return 'the snapshot is lost, and its content wrong';
  }
  const claims = cluster.all('PersistentVolumeClaim').some((c) => c.spec.dataSource?.name === name);
  return claims ? 'a claim reads from it' : undefined;
}

const recordedVolume = (cluster: Cluster, backup: string) => cluster.stored.find((s) => s.backup === backup)?.volume;

/** What is not Gleaner's to touch: other drivers', taken here, in deletion, of guest clusters, not a remote backup's. */
export function strangers(cluster: Cluster): KubeObject[] {
  const guests = (o: KubeObject) =>
    o.metadata.annotations?.['harvesterhci.io/pvcrestore-ref'] !== undefined ||
    (o.metadata.ownerReferences ?? []).some(({ kind }) => kind.startsWith('VolumeRemote'));
  const foreign = ({ spec }: KubeObject) =>
    spec.driver !== 'driver.longhorn.io' || !/^(bak|bs):\/\/[^/]+\/[^/]+$/.test(spec.source.snapshotHandle ?? '');
  const contents = cluster.all('VolumeSnapshotContent').filter((o) => goes(o) || guests(o) || foreign(o));
  const snapshots = cluster.all('VolumeSnapshot').filter((o) => goes(o) || guests(o));
  const backups = cluster.all('VirtualMachineBackup').filter((o) => goes(o) || o.spec.type === 'snapshot');
  return [...contents, ...snapshots, ...backups, ...cluster.all('Backup'), ...cluster.all('BackupVolume')];
}

/** Of what is being deleted (a snapshot since a moment ago too), is on this cluster alone or is another driver's nothing needs to be said. */
export const isNobodysBusiness = (cluster: Cluster, { owner, entry }: VolumeAt): boolean =>
  goes(owner) ||
  leaves(find(cluster, 'VolumeSnapshot', entry.name ?? '', owner.metadata.namespace)) ||
  owner.spec.type === 'snapshot' ||
  entry.csiDriverName !== 'driver.longhorn.io' ||
  (owner.status.readyToUse !== true && owner.status.error === undefined);

const leaves = (object: KubeObject | undefined): boolean =>
  Date.now() - Date.parse(object?.metadata.deletionTimestamp ?? '') < 30 * 60_000;

/** Whatever a person who is told of one of these would find out about the volume from it, by kind and name. */
export function chainOf(cluster: Cluster, { owner, entry }: VolumeAt): Set<string> {
  const snapshot = find(cluster, 'VolumeSnapshot', entry.name ?? '', owner.metadata.namespace);
  const bound = snapshot?.status?.boundVolumeSnapshotContentName ?? snapshot?.spec.source.volumeSnapshotContentName;
  const { volume } = recordedData(cluster, { owner, entry }) ?? {};
  return new Set([
    `VirtualMachineBackup ${owner.metadata.name}`,
    `VolumeSnapshot ${entry.name}`,
    `VolumeSnapshotContent ${entry.name}-vsc`,
    `VolumeSnapshotContent ${bound}`,
    `Backup ${entry.longhornBackupName}`,
    `BackupVolume ${volume}`,
    ...cluster
      .all('BackupVolume')
      .filter(({ spec }) => volume !== undefined && spec?.volumeName === volume)
      .map(({ metadata }) => `BackupVolume ${metadata.name}`),
    ...misshapen(cluster, owner).map(({ metadata }) => `VolumeSnapshotContent ${metadata.name}`),
  ]);
}
