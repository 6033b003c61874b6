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

/** By its place: a volume may be there twice. */
export const keyOf = ({ owner, entry }: VolumeAt): string =>
  `${owner.metadata.namespace}/${owner.metadata.name} ${entry.volumeName} ${owner.status.volumeBackups.indexOf(entry)}`;

export const volumesOf = (cluster: Cluster): VolumeAt[] =>
  cluster
    .all('VirtualMachineBackup')
    .flatMap((owner) =>
      Array.isArray(owner.status?.volumeBackups)
        ? owner.status.volumeBackups.map((entry: any) => ({ owner, entry }))
        : [],
    );

export const find = (cluster: Cluster, kind: string, name: string, namespace?: string): KubeObject | undefined =>
  cluster
    .all(kind)
    .find(({ metadata: m }) => m.name === name && (namespace === undefined || m.namespace === namespace));
export const goes = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

/** As Longhorn decodes: split at `://`, `bs` is `bak`, the first two segments count. */
export function decode(handle: unknown): { type: string; volume: string; id: string } {
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
function restored(cluster: Cluster, namespace: string, name: string): Data | string {
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
export const restoredWhenSynced = (cluster: Cluster, at: VolumeAt): Data | string =>
  restoredOf({ all: (kind) => cluster.all(kind), stored: cluster.stored, longhornMinor: 7 }, at);

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

/** Of what is being deleted (a snapshot, or its content, since a moment ago too), is on this cluster alone or is another driver's nothing needs to be said. */
export function isNobodysBusiness(cluster: Cluster, { owner, entry }: VolumeAt): boolean {
  const snapshot = find(cluster, 'VolumeSnapshot', entry.name ?? '', owner.metadata.namespace);
  const content = find(cluster, 'VolumeSnapshotContent', snapshot?.status?.boundVolumeSnapshotContentName ?? '');
  return goes(owner) || leaves(snapshot) || leaves(content) || isElsewhere(owner, entry);
}

const isElsewhere = (owner: KubeObject, entry: any): boolean =>
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
    ...misshapen(cluster, { owner, entry }).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  ]);
}

/** Objects of this volume that their CRDs would not have let in: nobody can tell what they mean. */
export function misshapen(cluster: Cluster, { owner: { metadata }, entry }: VolumeAt): KubeObject[] {
  const isIts = (namespace: unknown, name: unknown) =>
    namespace === metadata.namespace && line(name) === line(entry.name);
  const snapshot = find(cluster, 'VolumeSnapshot', entry.name ?? '', metadata.namespace);
  const used = [snapshot?.spec.source?.volumeSnapshotContentName, snapshot?.status?.boundVolumeSnapshotContentName];
  const contents = cluster
    .all('VolumeSnapshotContent')
    .filter(
      ({ spec: { volumeSnapshotRef: of }, metadata: { name } }) => isIts(of.namespace, of.name) || used.includes(name),
    );
  const snapshots = cluster.all('VolumeSnapshot').filter(({ metadata: m }) => isIts(m.namespace, m.name));
  const backups = cluster.all('Backup').filter((o) => o.metadata.name === entry.longhornBackupName);
  return [...contents, ...snapshots, ...backups].filter(isMisshapen);
}

/** Of a former pair, and of the next, the same is left. */
const line = (name: unknown): unknown => (typeof name === 'string' ? name.replace(/(-snap-revise)+$/, '') : name);

export const isMisshapen = ({ kind, status }: KubeObject): boolean =>
  (kind === 'VolumeSnapshotContent' && typeof status?.creationTime === 'string') ||
  (kind === 'VolumeSnapshot' && typeof status?.creationTime === 'number') ||
  (kind === 'Backup' && typeof status?.snapshotCreatedAt === 'number');
