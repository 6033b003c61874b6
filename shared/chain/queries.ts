import type { KindName, Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { parseHandle } from '../domain/handle.ts';
import { forEachUnreadable } from './unreadable.ts';
import { ForbiddenError, NotServedError } from '../ports/errors.ts';
import type { Index, ListOptions, Reader, Unreadable } from '../ports/reader.ts';
import type { Backup, BackupVolume, Claim, Content, ObjectOf, VMBackup } from '../objects/types.ts';

import { entriesOf } from './vmbackup.ts';

/** The reads that more than one function needs. Each answers facts; none decides. */

export const longhornBackup = (reader: Reader, name: string): Promise<Backup | undefined> =>
  reader.get('Backup', name, names.LONGHORN_NAMESPACE);

const labelValue = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

const byVolume: Index<'BackupVolume'> = {
  kind: 'BackupVolume',
  name: 'BackupVolume by volume',
  keysOf({ metadata, spec }) {
    const said = [metadata.labels?.[names.BACKUP_VOLUME_LABEL], spec?.volumeName].filter((volume) => Boolean(volume));
    return [...new Set(said.length === 0 ? [metadata.name] : (said as string[]))];
  },
};

/**
 * By label or spec where Longhorn sets them (1.8 and later), else by the bare name that earlier versions give. The whole
 * list is read only where neither label nor name shows one.
 * @throws UnreadableError where one that may be of the volume cannot be read
 */
export async function backupVolumes(reader: Reader, volume: string): Promise<readonly BackupVolume[]> {
  const odd: Unreadable[] = [];
  const found = await listedVolumes(reader, volume, (one) => void odd.push(one));
  odd.find((one) => mayBeOf(one, volume))?.fail();
  return found;
}

/**
 * Whether a BackupVolume that cannot be read may be of this Longhorn volume: with it the volume may have its BackupVolume,
 * or one too many. Since Longhorn 1.8 they are called after it.
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

/** The name of a VolumeSnapshotClass, if there is no such class: a content that names it never becomes ready. */
export async function missingClass(reader: Reader, name: string | null | undefined): Promise<string | undefined> {
  if (!name || (await reader.get('VolumeSnapshotClass', name)) !== undefined) return undefined;
  return name;
}

/**
 * The name of a class, if there is no such class among others. Nothing is concluded where there is none at all, and who
 * may not read them learns nothing.
 */
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

export const missingStorageClass = (reader: Reader, name: string | null | undefined): Promise<string | undefined> =>
  missingAmong(reader, 'StorageClass', name);

/** Of a pair that is not ready: without its class it never becomes so. */
export const classMissingOf = ({ spec, status }: Content, reader: Reader): Promise<string | undefined> =>
  missingAmong(reader, 'VolumeSnapshotClass', status?.readyToUse === true ? undefined : spec.volumeSnapshotClassName);

/**
 * All objects with a key, which ends in a name: from the reader's index where it has one, else by going through the list.
 * @throws Unreadable for one that may have the key: it cannot be read, and mentions the name; unless `onUnreadable` is told
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

/** For a list that is to be whole as far as these names go. */
const unlessAbout = (names: Iterable<string>) => (odd: Unreadable) => {
  for (const name of names) if (odd.mentions(name)) odd.fail();
};

const bySnapshot: Index<'PersistentVolumeClaim'> = {
  kind: 'PersistentVolumeClaim',
  name: 'PersistentVolumeClaim by snapshot',
  keysOf: ({ metadata, spec: { dataSource } }) =>
    dataSource?.kind === 'VolumeSnapshot' ? [`${metadata.namespace}/${dataSource.name}`] : [],
};

/**
 * Claims that are made from one of these snapshots of a namespace.
 * @throws Unreadable for one that may be: it cannot be read, and mentions a snapshot
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

/** The VMBackups of which a volume names this snapshot. */
export const vmBackupsNaming = (reader: Reader, namespace: string, snapshot: string): AsyncGenerator<VMBackup, void> =>
  withKey(reader, bySnapshotName, `${namespace}/${snapshot}`, { namespace });

const byRecord: Index<'VirtualMachineBackup'> = {
  kind: 'VirtualMachineBackup',
  name: 'VirtualMachineBackup by Longhorn Backup',
  keysOf: (backup) => entriesOf(backup).flatMap(({ longhornBackupName }) => longhornBackupName || []),
};

/** The VMBackups, of whatever namespace, of which a volume records this Longhorn Backup. */
export const vmBackupsRecording = (reader: Reader, backup: string): AsyncGenerator<VMBackup, void> =>
  withKey(reader, byRecord, backup);

/**
 * For each of these snapshots of a namespace the VMBackups of which a volume names it; all of them in one list.
 * @throws Unreadable for a VMBackup that may name one: it cannot be read, and mentions it
 */
export const vmBackupsNamingEach = (
  reader: Reader,
  namespace: string,
  snapshots: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly VMBackup[]>> =>
  withEach(reader, bySnapshotName, snapshots, (snapshot) => `${namespace}/${snapshot}`, { namespace });

/** The same for Longhorn Backups that they record, in whatever namespace. */
export const vmBackupsRecordingEach = (
  reader: Reader,
  backups: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly VMBackup[]>> => withEach(reader, byRecord, backups, (backup) => backup);

/** As `withKey` for several names, with one list for all of them. Of a name that no object has, nothing or an empty list. */
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

/** Name of one of them, if there is any. */
export async function vmBackupNaming(reader: Reader, namespace: string, snapshot: string): Promise<string | undefined> {
  for await (const { metadata } of vmBackupsNaming(reader, namespace, snapshot)) return metadata.name;
  return undefined;
}

/** By its spec, and by its status, which deletions go by: where the two differ, both backups are at stake. */
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
 * Contents (of our driver) whose handle names one of these backups. Reads all contents: there is no index to ask. What
 * cannot be read may name any of them: whoever goes by there being no others has to hear of it.
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

/** The VMBackup behind a snapshot: by its owner reference, else by the VMBackup that names it or a revision of it. */
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

/** The Longhorn Backups that VolumeRemoteBackups of guest clusters record: theirs, and no VMBackup's. */
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

/** Not every release of Harvester and Longhorn has every kind. */
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
