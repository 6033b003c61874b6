import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { unlessForbidden } from '../ports/attempt.ts';
import type { ListOptions, Reader, Unreadable } from '../ports/reader.ts';
import type { BackupTarget, Content, Snapshot, VMRestore } from '../objects/types.ts';
import { isPending } from '../chain/waiting.ts';
import { hangs } from '../chain/waiting.ts';
import { targetNamedBy } from '../chain/longhorn-backup.ts';
import { isDeleting } from '../chain/metadata.ts';
import type { ExistingUids, Orphan } from '../chain/orphans.ts';
import {
  backupNamedBy,
  judgeLeftContent,
  judgeStalledBackup,
  judgeUnclaimedBackup,
  judgeUnclaimedSnapshot,
  sizeOf,
} from '../chain/orphans.ts';
import { pagesOf } from './pages.ts';
import { guestBackups, mayBeOf } from '../chain/queries.ts';
import { reportKindOf, uidReported } from '../chain/reports.ts';
import { NameTable } from './name-table.ts';

/**
 * What a survey of the whole chain reads beside backups and pairs. Small, except for one table slot per BackupVolume.
 */
export interface ClusterState {
  readonly target: BackupTarget | undefined;
  /** Restores that are not complete, or in deletion. Meanwhile Harvester refuses changes of the target. */
  readonly restores: readonly VMRestore[];
  /** uids of the restores that exist; the survey adds those of VMBackups as it reads them. */
  readonly living: NameTable;
  /** Whether there is just one BackupVolume for a Longhorn volume, and none that cannot be read may be a second. */
  readonly hasOneBackupVolume: (volume: string) => boolean;
  readonly accused: (uid: string) => boolean;
  /** False if the StorageClass is missing from a list that has others. True without the right to list them. */
  readonly hasClass: (name: string) => boolean;
}

const single = 1;
const several = 2;

type Options = Pick<ListOptions, 'onUnreadable'>;

export async function readClusterState(reader: Reader, options: Options): Promise<ClusterState> {
  const longhorn = { namespace: names.LONGHORN_NAMESPACE, ...options };
  let target: BackupTarget | undefined;
  for await (const one of reader.list('BackupTarget', longhorn)) {
    if (one.metadata.name === names.DEFAULT_TARGET) target = one;
  }
  const volumes = new NameTable();
  const unreadable: Unreadable[] = [];
  const onUnreadable = (object: Unreadable) => {
    unreadable.push(object);
    options.onUnreadable?.(object);
  };
  for await (const page of pagesOf(reader, 'BackupVolume', { ...longhorn, onUnreadable })) {
    for (const one of page) {
      const { labels, name } = one.metadata;
      const on = targetNamedBy(one.spec?.backupTargetName, one.metadata) ?? names.DEFAULT_TARGET;
      if (isDeleting(one) || on !== names.DEFAULT_TARGET) continue;
      const volume = one.spec?.volumeName || labels?.[names.BACKUP_VOLUME_LABEL] || name;
      if (volumes.mark(volume, several) === 0) volumes.add(volume, single);
    }
  }
  const restores: VMRestore[] = [];
  const living = new NameTable();
  for await (const restore of reader.list('VirtualMachineRestore', options)) {
    living.add(restore.metadata.uid, 1);
    if (restore.status?.complete !== true || isDeleting(restore)) restores.push(restore);
  }
  const accused = await uidsAccused(reader, options);
  const classes = await classNames(reader);
  return {
    target,
    restores,
    living,
    hasOneBackupVolume: (volume) => volumes.get(volume) === single && !unreadable.some((one) => mayBeOf(one, volume)),
    accused: (uid) => accused.has(uid),
    hasClass: (name) => classes?.has(name) ?? true,
  };
}

/**
 * uids of VMBackups whose report by Gleaner has failures or warnings. Empty on 403, and where no reports are written.
 */
const uidsAccused = async (reader: Reader, options: Options): Promise<ReadonlySet<string>> =>
  (await unlessForbidden(async () => {
    const accused = new Set<string>();
    if (reader.withoutRecords === true) return accused;
    const kind = await reportKindOf(reader);
    if (kind === undefined) return accused;
    const labels = { [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER };
    for await (const report of reader.list(kind, { labels, ...options })) {
      const bad = (report.summary?.fail ?? 0) + (report.summary?.warn ?? 0) > 0;
      const uid = bad ? uidReported(report.metadata.name) : undefined;
      if (uid !== undefined) accused.add(uid);
    }
    return accused;
  })) ?? new Set();

const classNames = (reader: Reader): Promise<ReadonlySet<string> | undefined> =>
  unlessForbidden(async () => {
    const found = new Set<string>();
    for await (const { metadata } of reader.list('StorageClass')) found.add(metadata.name);
    return found.size === 0 ? undefined : found;
  });

interface Unclaimed {
  /** Each is absent if the lists show no unclaimed object of that kind. */
  readonly isClaimed?: (backup: string) => boolean;
  readonly isLeft?: (content: Content) => boolean;
  readonly isLoose?: (snapshot: Snapshot) => boolean;
  readonly living: ExistingUids;
  readonly nowMs: number;
  readonly options: Options;
}

/** Lists the kinds with unclaimed objects again. A healthy cluster costs no list. */
export async function* orphans(
  reader: Reader,
  { isClaimed, isLeft, isLoose, living, nowMs, options }: Unclaimed,
): AsyncGenerator<{ what: 'orphan'; orphan: Orphan } | { what: 'hanging'; object: Ref; why: string }> {
  if (isClaimed === undefined && isLeft === undefined && isLoose === undefined) return;
  const guests = await guestBackups(reader, options);
  let found: Orphan[] = [];
  const behind = new Map<string, string>();
  if (isLoose !== undefined) {
    for await (const snapshot of reader.list('VolumeSnapshot')) {
      const orphan = isLoose(snapshot) ? judgeUnclaimedSnapshot(snapshot, living) : undefined;
      if (orphan !== undefined) found.push(orphan);
    }
    const awaited = found.length > 0 ? await awaitedSnapshots(reader) : new Set<string>();
    found = found.filter(({ snapshot = '' }) => !awaited.has(snapshot));
  }
  if (isLeft !== undefined || found.length > 0) {
    const wanted = new Set(found.map(({ snapshot }) => snapshot));
    for await (const content of reader.list('VolumeSnapshotContent')) {
      const { namespace, name } = content.spec.volumeSnapshotRef;
      const backup = backupNamedBy(content);
      if (backup !== undefined && wanted.has(`${namespace}/${name}`)) behind.set(`${namespace}/${name}`, backup);
      const orphan = isLeft?.(content) === true ? judgeLeftContent(content, living, nowMs) : undefined;
      if (orphan !== undefined) found.push(orphan);
    }
  }
  const backupOf = (orphan: Orphan) => orphan.backup ?? behind.get(orphan.snapshot ?? '');
  found = found.filter((orphan) => !guests.has(backupOf(orphan) ?? ''));
  const sizes = new Map<string, number | undefined>();
  const sized = new Set(found.map(backupOf));
  if (isClaimed !== undefined || found.length > 0) {
    for await (const backup of reader.list('Backup', { namespace: names.LONGHORN_NAMESPACE })) {
      const { name } = backup.metadata;
      if (sized.has(name)) sizes.set(name, sizeOf(backup));
      const unclaimed = isClaimed?.(name) === false && !guests.has(name);
      const why = unclaimed ? hangs(backup, nowMs) : undefined;
      if (why !== undefined) yield { what: 'hanging', object: ref('Backup', name, names.LONGHORN_NAMESPACE), why };
      const orphan = unclaimed ? (judgeUnclaimedBackup(backup) ?? judgeStalledBackup(backup, nowMs)) : undefined;
      if (orphan !== undefined) yield { what: 'orphan', orphan };
    }
  }
  for (const orphan of found) {
    const backup = backupOf(orphan);
    yield {
      what: 'orphan',
      orphan: { ...orphan, backup, bytes: backup === undefined ? undefined : sizes.get(backup) },
    };
  }
}

/** Snapshots that a claim still waits for, as `<namespace>/<name>`: they are in use. Takes one list. */
async function awaitedSnapshots(reader: Reader): Promise<Set<string>> {
  const awaited = new Set<string>();
  for await (const claim of reader.list('PersistentVolumeClaim')) {
    const from = claim.spec.dataSource;
    if (from?.kind === 'VolumeSnapshot' && isPending(claim)) awaited.add(`${claim.metadata.namespace}/${from.name}`);
  }
  return awaited;
}
