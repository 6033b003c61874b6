import type { KindName, Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { parseHandle } from '../domain/handle.ts';
import { forEachUnreadable } from './unreadable.ts';
import { ForbiddenError, NotServedError } from '../ports/errors.ts';
import type { Index, ListOptions, Reader, Unreadable } from '../ports/reader.ts';
import type { Backup, BackupVolume, Claim, Content, ObjectOf, VMBackup } from '../objects/types.ts';

import { entriesOf } from './vmbackup.ts';

/** Reads that several functions share. They return facts and decide nothing. All throw RetryableError and TerminalError. */

/**
 * Reads a Longhorn Backup by name.
 * @throws UnreadableError, RetryableError, TerminalError
 */
export const longhornBackup = (reader: Reader, name: string): Promise<Backup | undefined> =>
  reader.get('Backup', name, names.LONGHORN_NAMESPACE);

const labelValue = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

const byVolume: Index<'BackupVolume'> = {
  kind: 'BackupVolume',
  name: 'BackupVolume by volume',
  keysOf({ metadata, spec }) {
    const volumes = [metadata.labels?.[names.BACKUP_VOLUME_LABEL], spec?.volumeName].filter((volume) =>
      Boolean(volume),
    );
    return [...new Set(volumes.length === 0 ? [metadata.name] : (volumes as string[]))];
  },
};

/**
 * The BackupVolumes of a Longhorn volume: by label or spec as Longhorn 1.8 and later set them, else by the bare name
 * that earlier versions give. Reads the whole list only if neither label nor name finds one.
 * @throws UnreadableError if an unreadable BackupVolume may be of the volume
 */
export async function backupVolumes(reader: Reader, volume: string): Promise<readonly BackupVolume[]> {
  const unreadable: Unreadable[] = [];
  const found = await listedVolumes(reader, volume, (one) => void unreadable.push(one));
  unreadable.find((one) => mayBeOf(one, volume))?.fail();
  return found;
}

/**
 * Whether an unreadable BackupVolume may be of this Longhorn volume, which would then have its BackupVolume, or one too
 * many. Since Longhorn 1.8 they are named after the volume.
 */
export const mayBeOf = (unreadable: Unreadable, volume: string): boolean =>
  unreadable.mentions(volume) || unreadable.object.name.startsWith(`${volume}-`);

async function listedVolumes(
  reader: Reader,
  volume: string,
  onUnreadable: NonNullable<ListOptions['onUnreadable']>,
): Promise<readonly BackupVolume[]> {
  if (reader.indexed !== undefined) {
    await forEachUnreadable(reader, 'BackupVolume', onUnreadable);
    return reader.indexed(byVolume, volume);
  }
  const options = { namespace: names.LONGHORN_NAMESPACE, onUnreadable };
  const found: BackupVolume[] = [];
  if (labelValue.test(volume)) {
    const labels = { [names.BACKUP_VOLUME_LABEL]: volume };
    for await (const v of reader.list('BackupVolume', { ...options, labels })) found.push(v);
  }
  if (found.length > 0) return found;
  const bare = await reader.get('BackupVolume', volume, names.LONGHORN_NAMESPACE);
  if (bare !== undefined) return [bare];
  for await (const v of withKey(reader, byVolume, volume, options)) found.push(v);
  return found;
}

/**
 * Returns `name` if there is no VolumeSnapshotClass of that name. A content that names a missing class never becomes
 * ready.
 */
export async function missingClass(reader: Reader, name: string | null | undefined): Promise<string | undefined> {
  if (!name || (await reader.get('VolumeSnapshotClass', name)) !== undefined) return undefined;
  return name;
}

/** Returns `name` if other classes exist but not this one. `undefined` if there is no class at all, and on 403. */
async function missingAmong(
  reader: Reader,
  kind: 'StorageClass' | 'VolumeSnapshotClass',
  name: string | null | undefined,
): Promise<string | undefined> {
  if (!name) return undefined;
  try {
    if ((await reader.get(kind, name)) !== undefined) return undefined;
    for await (const _other of reader.list(kind)) return name;
    return undefined;
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

/** Returns `name` if other StorageClasses exist but not this one. `undefined` on 403. */
export const missingStorageClass = (reader: Reader, name: string | null | undefined): Promise<string | undefined> =>
  missingAmong(reader, 'StorageClass', name);

/**
 * Name of the VolumeSnapshotClass of a content that is not ready, if that class does not exist: it never becomes ready.
 */
export const classMissingOf = ({ spec, status }: Content, reader: Reader): Promise<string | undefined> =>
  missingAmong(reader, 'VolumeSnapshotClass', status?.readyToUse === true ? undefined : spec.volumeSnapshotClassName);

/**
 * All objects that have a key of `index`; the key must end in a name. Uses the reader's index if it has one, else
 * filters the list.
 * @throws UnreadableError for an unreadable object that mentions the name, unless `options.onUnreadable` is given
 */
export async function* withKey<K extends KindName>(
  reader: Reader,
  index: Index<K>,
  key: string,
  options?: ListOptions,
): AsyncGenerator<ObjectOf<K>, void> {
  const onUnreadable = options?.onUnreadable ?? unlessAbout([key.slice(key.lastIndexOf('/') + 1)]);
  if (reader.indexed !== undefined) {
    await forEachUnreadable(reader, index.kind, onUnreadable);
    yield* await reader.indexed(index, key);
    return;
  }
  for await (const object of reader.list(index.kind, { ...options, onUnreadable }))
    if (index.keysOf(object).includes(key)) yield object;
}

/** For lists that must be complete for these names: fails on an unreadable object that mentions one of them. */
const unlessAbout = (names: Iterable<string>) => (unreadable: Unreadable) => {
  for (const name of names) if (unreadable.mentions(name)) unreadable.fail();
};

const bySnapshot: Index<'PersistentVolumeClaim'> = {
  kind: 'PersistentVolumeClaim',
  name: 'PersistentVolumeClaim by snapshot',
  keysOf: ({ metadata, spec: { dataSource } }) =>
    dataSource?.kind === 'VolumeSnapshot' ? [`${metadata.namespace}/${dataSource.name}`] : [],
};

/**
 * Claims whose data source is one of these snapshots of a namespace.
 * @throws UnreadableError for an unreadable claim that mentions one of the snapshots
 */
export async function claimsFrom(reader: Reader, namespace: string, snapshots: ReadonlySet<string>): Promise<Claim[]> {
  const keys = new Set([...snapshots].map((snapshot) => `${namespace}/${snapshot}`));
  const onUnreadable = unlessAbout(snapshots);
  if (reader.indexed !== undefined) {
    await forEachUnreadable(reader, 'PersistentVolumeClaim', onUnreadable);
    const { indexed } = reader;
    return (await Promise.all([...keys].map((key) => indexed(bySnapshot, key)))).flat();
  }
  const found: Claim[] = [];
  for await (const claim of reader.list('PersistentVolumeClaim', { namespace, onUnreadable })) {
    if (bySnapshot.keysOf(claim).some((key) => keys.has(key))) found.push(claim);
  }
  return found;
}

const bySnapshotName: Index<'VirtualMachineBackup'> = {
  kind: 'VirtualMachineBackup',
  name: 'VirtualMachineBackup by snapshot',
  keysOf: (backup) => entriesOf(backup).flatMap(({ name }) => (name ? [`${backup.metadata.namespace}/${name}`] : [])),
};

/**
 * The VMBackups with a volume that names this snapshot.
 * @throws UnreadableError, while iterated, for an unreadable VMBackup that mentions it
 */
export const vmBackupsNaming = (reader: Reader, namespace: string, snapshot: string): AsyncGenerator<VMBackup, void> =>
  withKey(reader, bySnapshotName, `${namespace}/${snapshot}`, { namespace });

const byRecord: Index<'VirtualMachineBackup'> = {
  kind: 'VirtualMachineBackup',
  name: 'VirtualMachineBackup by Longhorn Backup',
  keysOf: (backup) => entriesOf(backup).flatMap(({ longhornBackupName }) => longhornBackupName || []),
};

/**
 * The VMBackups, in any namespace, with a volume that records this Longhorn Backup.
 * @throws UnreadableError, while iterated, for an unreadable VMBackup that mentions it
 */
export const vmBackupsRecording = (reader: Reader, backup: string): AsyncGenerator<VMBackup, void> =>
  withKey(reader, byRecord, backup);

/**
 * For each of these snapshots of a namespace, the VMBackups with a volume that names it. Lists once for all of them.
 * @throws UnreadableError for an unreadable VMBackup that mentions one of them
 */
export const vmBackupsNamingEach = (
  reader: Reader,
  namespace: string,
  snapshots: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly VMBackup[]>> =>
  withEach(reader, bySnapshotName, snapshots, (snapshot) => `${namespace}/${snapshot}`, { namespace });

/**
 * For each of these Longhorn Backups, the VMBackups, in any namespace, that record it. Lists once for all of them.
 * @throws UnreadableError for an unreadable VMBackup that mentions one of them
 */
export const vmBackupsRecordingEach = (
  reader: Reader,
  backups: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly VMBackup[]>> => withEach(reader, byRecord, backups, (backup) => backup);

/**
 * As `withKey` for several names, with one list for all. A name that no object has is missing from the map or maps to
 * an empty list.
 */
async function withEach<K extends KindName>(
  reader: Reader,
  index: Index<K>,
  wanted: ReadonlySet<string>,
  keyOf: (name: string) => string,
  options?: ListOptions,
): Promise<Map<string, ObjectOf<K>[]>> {
  const found = new Map<string, ObjectOf<K>[]>();
  if (wanted.size === 0) return found;
  const onUnreadable = unlessAbout(wanted);
  if (reader.indexed !== undefined) {
    await forEachUnreadable(reader, index.kind, onUnreadable);
    for (const name of wanted) found.set(name, [...(await reader.indexed(index, keyOf(name)))]);
    return found;
  }
  const names = new Map([...wanted].map((name) => [keyOf(name), name]));
  for await (const object of reader.list(index.kind, { ...options, onUnreadable })) {
    for (const key of new Set(index.keysOf(object))) {
      const name = names.get(key);
      if (name !== undefined) found.set(name, [...(found.get(name) ?? []), object]);
    }
  }
  return found;
}

/**
 * Name of one VMBackup with a volume that names this snapshot, if there is any.
 * @throws UnreadableError for an unreadable VMBackup that mentions it
 */
export async function vmBackupNaming(reader: Reader, namespace: string, snapshot: string): Promise<string | undefined> {
  for await (const { metadata } of vmBackupsNaming(reader, namespace, snapshot)) return metadata.name;
  return undefined;
}

/** The backups in spec and status. Deletions use the status: if the two differ, both backups are at stake. */
function backupsNamedBy({ spec, status }: Content): string[] {
  if (spec.driver !== names.LONGHORN_DRIVER) return [];
  const handles = [spec.source.snapshotHandle, status?.snapshotHandle].map((text) =>
    text ? parseHandle(text) : undefined,
  );
  return [...new Set(handles.flatMap((handle) => (handle?.kind === 'backup' ? [handle.backup] : [])))];
}

const byBackupNamed: Index<'VolumeSnapshotContent'> = {
  kind: 'VolumeSnapshotContent',
  name: 'VolumeSnapshotContent by backup',
  keysOf: backupsNamedBy,
};

/**
 * Contents of Longhorn's driver whose handle names one of these backups. Without an index, reads all contents. An
 * unreadable content may name any of the backups: pass `onUnreadable` wherever "no other content" would decide.
 */
export async function* contentsNaming(
  reader: Reader,
  backups: ReadonlySet<string>,
  options?: Pick<ListOptions, 'onUnreadable'>,
): AsyncGenerator<{ backup: string; content: Content }> {
  if (reader.indexed !== undefined) {
    if (options?.onUnreadable) await forEachUnreadable(reader, 'VolumeSnapshotContent', options.onUnreadable);
    for (const backup of backups) {
      for (const content of await reader.indexed(byBackupNamed, backup)) yield { backup, content };
    }
    return;
  }
  for await (const content of reader.list('VolumeSnapshotContent', options)) {
    for (const backup of backupsNamedBy(content)) if (backups.has(backup)) yield { backup, content };
  }
}

/** The VMBackups behind a snapshot: its owners, else those that name it or a revision of it. */
export async function* vmBackupsOf(reader: Reader, namespace: string, snapshotName: string): AsyncGenerator<Ref> {
  const snapshot = await reader.get('VolumeSnapshot', snapshotName, namespace);
  const owners = (snapshot?.metadata.ownerReferences ?? []).filter((o) => o.kind === 'VirtualMachineBackup');
  if (owners.length > 0) {
    for (const owner of owners) yield ref('VirtualMachineBackup', owner.name, namespace);
    return;
  }
  for await (const backup of reader.list('VirtualMachineBackup', { namespace })) {
    if (entriesOf(backup).some((e) => e.name && isSameLine(e.name, snapshotName))) {
      yield ref('VirtualMachineBackup', backup.metadata.name, namespace);
    }
  }
}

/** Whether one of two snapshot names is the other, or was revised from it. */
const isSameLine = (a: string, b: string): boolean =>
  a === b || names.predecessorNames(a).includes(b) || names.predecessorNames(b).includes(a);

/** The Longhorn Backups that VolumeRemoteBackups record. They belong to guest clusters and to no VMBackup. */
export async function guestBackups(
  reader: Reader,
  options: Pick<ListOptions, 'onUnreadable'> = {},
): Promise<Set<string>> {
  const theirs = new Set<string>();
  for await (const { status } of ifServed(reader, 'VolumeRemoteBackup', options)) {
    const handle = status?.handle ? parseHandle(status.handle) : undefined;
    if (handle?.kind === 'backup') theirs.add(handle.backup);
  }
  return theirs;
}

/**
 * Lists a kind, or nothing if the API server does not serve it: not every release of Harvester and Longhorn has every
 * kind.
 */
export async function* ifServed<K extends KindName>(
  reader: Reader,
  kind: K,
  options?: ListOptions,
): AsyncGenerator<ObjectOf<K>, void> {
  try {
    yield* reader.list(kind, options);
  } catch (error) {
    if (!(error instanceof NotServedError)) throw error;
  }
}
