import { digest } from '../../shared/domain/digest.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isAtLeast } from '../../shared/domain/releases.ts';
import type { InProgress } from '../../shared/chain/in-progress.ts';
import { allInProgress } from '../../shared/chain/in-progress.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { isGuestClusters } from '../../shared/chain/content.ts';
import { backupNamedBy, belongsToNoVMBackup, isForeign, judgeUnclaimedBackup } from '../../shared/chain/orphans.ts';
import { entriesOf, isRemote } from '../../shared/chain/vmbackup.ts';
import { guestBackups, ifServed } from '../../shared/chain/queries.ts';
import { isBeingPulled, isOnTarget } from '../../shared/chain/longhorn-backup.ts';
import type { Reader, Unreadable } from '../../shared/ports/reader.ts';
import type { BackupTarget, Content, Setting, Snapshot, VMRestore } from '../../shared/objects/types.ts';
import type { RescanNote } from './rescan-note.ts';
import { readNote } from './rescan-note.ts';
import { withoutTarget } from './target-settings.ts';

/** Harvester's target Setting, and the Backups on the target that no VMBackup records. */
export interface Seen {
  readonly subject: Ref;
  readonly nowMs: number;
  readonly setting?: Setting | undefined;
  readonly note?: RescanNote | undefined;
  /** Read only with a target. */
  readonly unclaimed: readonly Unclaimed[];
  /** Number of Backups that Longhorn has found on the target but not read yet. */
  readonly beingPulled: number;
  /** This and the following fields are read only if a Backup is unclaimed or not read yet. */
  readonly longhornTarget?: BackupTarget | undefined;
  /**
   * VMBackups that are not ready or being deleted. Meanwhile Harvester refuses writes to the setting of an NFS target.
   */
  readonly unsettled: readonly string[];
  readonly restores: readonly InProgress[];
  /** VMBackups that cannot be read, and whose pairs do not show their backups either. They may record any backup. */
  readonly unreadable: readonly string[];
  /** Missing StorageClasses that unclaimed backups need, with the names of those backups. */
  readonly lacking: ReadonlyMap<string, readonly string[]>;
  readonly images: Images;
  /** Digest of everything that decides the result of a scan. */
  readonly evidence: string;
  /** Whether Harvester records the end of a scan; undefined if its version is not known. */
  readonly recordsScans?: boolean | undefined;
  /** Whether Harvester skips a backup with volumes of another driver; undefined if its version is not known. */
  readonly passesOverOthers?: boolean | undefined;
  /** Whether the cluster has any VMBackup, which may have the name of one on the target. */
  readonly hasVMBackups: boolean;
  /**
   * Ready VMBackups without their StorageClass or Longhorn Backup: with one, Harvester 1.6 to 1.8 never finish a scan.
   */
  readonly holdingUp: readonly string[];
}

interface Unclaimed {
  readonly backup: string;
  readonly uid: string;
  readonly volume: string;
  /** Created by Longhorn itself, by hand or by another tool, so it never belongs to a VMBackup. */
  readonly foreign: boolean;
  /** Whether VMBackups on this cluster record other backups of its volume. */
  readonly isOfKnownVolume: boolean;
}

/** Copies of images on the target. */
interface Images {
  /** Name and state of copies that Longhorn has not finished. */
  readonly incomplete: readonly string[];
  /** Finished copies without an image on this cluster, by the name of their backing image. */
  readonly unmade: readonly string[];
}

/**
 * Reads the setting, the Backups and the VMBackups; more only if a Backup is unclaimed or not read yet.
 * @throws what the reader throws
 */
export async function observe(reader: Reader, subject: Ref, nowMs: number): Promise<Seen> {
  const setting = await reader.get('Setting', names.TARGET_SETTING);
  const nothing = {
    unclaimed: [],
    beingPulled: 0,
    unsettled: [],
    restores: [],
    unreadable: [],
    lacking: new Map<string, string[]>(),
    images: { incomplete: [], unmade: [] },
    evidence: '',
    hasVMBackups: false,
    holdingUp: [],
  };
  if (setting === undefined || withoutTarget(setting) !== undefined) return { subject, nowMs, setting, ...nothing };

  // Backups before VMBackups: a Backup that is recorded in between must not look unclaimed.
  const { found, pulled, known } = await backupsOnTarget(reader, nowMs);
  const { claimed, unsettled, unfinished, uses, unreadableVMBackups, some } = await vmBackups(reader);
  const unreadable = await claimForUnreadable(reader, unreadableVMBackups, claimed);
  // The VMBackup records a new backup only a moment after it was taken.
  const knownVolumes = new Set(found.filter(({ backup }) => claimed.has(backup)).map(({ volume }) => volume));
  const others = found.every(({ backup, foreign }) => foreign || claimed.has(backup))
    ? new Set<string>()
    : await backupsOfOthers(reader);
  const unclaimed = found
    .filter(({ backup, taken }) => !claimed.has(backup) && !(taken && unfinished))
    .map((one) => ({
      ...one,
      foreign: one.foreign || others.has(one.backup),
      isOfKnownVolume: knownVolumes.has(one.volume),
    }));
  const note = readNote(setting, nowMs);
  // A scan creates nothing from a Backup that a VMBackup records already.
  if (unclaimed.every(({ foreign }) => foreign) && pulled.every((name) => claimed.has(name)))
    return { subject, nowMs, setting, note, ...nothing };

  const { classes, lacking } = await storageClasses(reader, unclaimed);
  const { finished, ...images } = await readImages(reader);
  const version = (await reader.get('Setting', names.VERSION_SETTING))?.value;
  const evidence = [
    // By uid: a Backup that Longhorn found again is a new object, which Harvester has not scanned for.
    ...unclaimed.filter(({ foreign }) => !foreign).map(({ backup, uid }) => `backup ${backup} ${uid}`),
    ...classes.map((c) => `class ${c}`),
    ...finished.map((name) => `image ${name}`),
  ];
  return {
    subject,
    nowMs,
    setting,
    note,
    unclaimed,
    beingPulled: pulled.length,
    longhornTarget: await reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE),
    unsettled,
    restores: await allInProgress(reader, isOver),
    unreadable,
    lacking,
    images,
    // Up to 1.4.1 Harvester scans at every event and records nothing.
    recordsScans: isAtLeast(version, 4, 2),
    // Up to 1.4 it creates a VMBackup with volumes of another driver, which never becomes ready.
    passesOverOthers: isAtLeast(version, 5, 0),
    hasVMBackups: some,
    holdingUp: uses.flatMap(({ vmBackup, backup, storageClass }) => [
      ...(known.has(backup) ? [] : [`${vmBackup} (Longhorn backup ${backup} does not exist)`]),
      ...(storageClass && !classes.includes(storageClass)
        ? [`${vmBackup} (StorageClass ${storageClass} does not exist)`]
        : []),
    ]),
    evidence: digest(evidence.sort().join('\n')),
  };
}

async function backupsOnTarget(reader: Reader, nowMs: number) {
  const found: (Omit<Unclaimed, 'isOfKnownVolume'> & { readonly taken: boolean })[] = [];
  const known = new Set<string>();
  const pulled: string[] = [];
  for await (const backup of reader.list('Backup', { namespace: names.LONGHORN_NAMESPACE })) {
    known.add(backup.metadata.name);
    const volume = backup.status?.volumeName ?? '';
    if (isBeingPulled(backup, nowMs)) pulled.push(backup.metadata.name);
    else if (isOnTarget(backup))
      found.push({
        backup: backup.metadata.name,
        uid: backup.metadata.uid,
        volume,
        taken: Boolean(backup.spec?.snapshotName),
        foreign: judgeUnclaimedBackup(backup)?.reason === 'ForeignBackup',
      });
  }
  return { found, pulled, known };
}

/** Backups whose pairs show that they belong to no VMBackup: of guest clusters, Velero, or created by hand. */
async function backupsOfOthers(reader: Reader): Promise<Set<string>> {
  const theirs = new Set<string>();
  for await (const snapshot of reader.list('VolumeSnapshot')) {
    const { namespace, name } = snapshot.metadata;
    if (isGuestClusters(snapshot) || isForeign(snapshot)) theirs.add(`${namespace}/${name}`);
  }
  const others = await guestBackups(reader, { onUnreadable: () => undefined });
  for await (const content of reader.list('VolumeSnapshotContent')) {
    const backup = backupNamedBy(content);
    const { namespace, name } = content.spec.volumeSnapshotRef;
    const isTheirs = belongsToNoVMBackup(content) || theirs.has(`${namespace}/${name}`);
    if (backup !== undefined && isTheirs) others.add(backup);
  }
  return others;
}

async function vmBackups(reader: Reader) {
  const claimed = new Set<string>();
  const unsettled: string[] = [];
  let unfinished = false;
  let some = false;
  const uses: { readonly vmBackup: string; readonly backup: string; readonly storageClass: string | undefined }[] = [];
  const unreadableVMBackups: Unreadable[] = [];
  const onUnreadable = (one: Unreadable) => void unreadableVMBackups.push(one);
  for await (const backup of reader.list('VirtualMachineBackup', { onUnreadable })) {
    some = true;
    const ready = backup.status?.readyToUse === true && !isDeleting(backup);
    const vmBackup = describeRef(ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace));
    if (!ready) unsettled.push(vmBackup);
    const entries = entriesOf(backup);
    const remote = isRemote(backup);
    for (const { longhornBackupName, persistentVolumeClaim } of entries) {
      if (!longhornBackupName) continue;
      claimed.add(longhornBackupName);
      const storageClass = persistentVolumeClaim?.spec?.storageClassName || undefined;
      if (ready && remote) uses.push({ vmBackup, backup: longhornBackupName, storageClass });
    }
    unfinished ||=
      remote && !isDeleting(backup) && (entries.length === 0 || entries.some((e) => !e.longhornBackupName));
  }
  return { claimed, unsettled, unfinished, uses, unreadableVMBackups, some: some || unreadableVMBackups.length > 0 };
}

/**
 * Adds the backups of unreadable VMBackups to `claimed`, as their pairs show them. Returns the VMBackups without any
 * such pair.
 */
async function claimForUnreadable(
  reader: Reader,
  unreadableVMBackups: readonly Unreadable[],
  claimed: Set<string>,
): Promise<string[]> {
  if (unreadableVMBackups.length === 0) return [];
  const unresolved = new Set(unreadableVMBackups.map(({ object: { name, namespace } }) => `${namespace}/${name}`));
  const owners = new Set(unresolved);
  const ownerOf = ({ metadata }: Content | Snapshot, namespace: string): string | undefined => {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'VirtualMachineBackup');
    return owner && owners.has(`${namespace}/${owner.name}`) ? `${namespace}/${owner.name}` : undefined;
  };
  const owned = new Map<string, string>();
  for await (const snapshot of reader.list('VolumeSnapshot')) {
    const { namespace, name } = snapshot.metadata;
    const owner = ownerOf(snapshot, namespace);
    if (owner !== undefined) owned.set(`${namespace}/${name}`, owner);
  }
  for await (const content of reader.list('VolumeSnapshotContent')) {
    const { namespace, name } = content.spec.volumeSnapshotRef;
    const owner = owned.get(`${namespace}/${name}`) ?? ownerOf(content, namespace);
    const backup = backupNamedBy(content);
    if (owner === undefined || backup === undefined) continue;
    claimed.add(backup);
    unresolved.delete(owner);
  }
  return [...unresolved].map((at) => `VirtualMachineBackup ${at}`);
}

const isOver = (restore: VMRestore): boolean => restore.status?.complete === true && !isDeleting(restore);

/** The existing StorageClasses, and the missing ones that unclaimed backups need. */
async function storageClasses(reader: Reader, unclaimed: readonly Unclaimed[]) {
  const classes: string[] = [];
  for await (const one of reader.list('StorageClass')) if (!isDeleting(one)) classes.push(one.metadata.name);
  const wanted = new Map<string, string>();
  for await (const { metadata, spec, status } of reader.list('BackupVolume', { namespace: names.LONGHORN_NAMESPACE })) {
    const volume = spec?.volumeName || metadata.labels?.[names.BACKUP_VOLUME_LABEL] || metadata.name;
    if (status?.storageClassName) wanted.set(volume, status.storageClassName);
  }
  const lacking = new Map<string, string[]>();
  for (const { backup, volume } of unclaimed) {
    const name = wanted.get(volume);
    if (name !== undefined && !classes.includes(name)) lacking.set(name, [...(lacking.get(name) ?? []), backup]);
  }
  return { classes, lacking };
}

/** Copies of images on the target. Harvester skips images whose copy is not finished. */
async function readImages(reader: Reader): Promise<Images & { readonly finished: readonly string[] }> {
  const finished: string[] = [];
  const incomplete: string[] = [];
  const copied = new Set<string>();
  const longhorn = { namespace: names.LONGHORN_NAMESPACE };
  for await (const { metadata, status } of ifServed(reader, 'BackupBackingImage', longhorn)) {
    if (status?.state === 'Completed' || status?.state === 'ready') {
      finished.push(metadata.name);
      if (status.backingImage) copied.add(status.backingImage);
    } else incomplete.push(`${metadata.name} (${status?.state || 'not read yet'})`);
  }
  if (copied.size > 0) {
    for await (const { metadata, spec } of reader.list('VirtualMachineImage')) {
      const made = /[?&]backingImage=([^&]+)/.exec(spec?.url ?? '')?.[1];
      for (const name of [made, `vmi-${metadata.uid}`, `${metadata.namespace}-${metadata.name}`])
        copied.delete(name ?? '');
    }
  }
  return { finished, incomplete, unmade: [...copied].sort() };
}
