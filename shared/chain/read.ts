import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { parseHandle } from '../domain/handle.ts';
import type { Reader } from '../kube/ports.ts';
import type { Backup, BackupVolume, Claim, Content, VMBackup, VMRestore, VolumeEntry } from '../objects/types.ts';

/** The reads that more than one function needs. Each answers facts; none decides. */

export const longhornBackup = (reader: Reader, name: string): Promise<Backup | undefined> =>
  reader.get('Backup', name, names.LONGHORN_NAMESPACE);

const labelValue = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** By label where Longhorn sets it (1.8 and later), else by the bare name that earlier versions give. */
export async function backupVolumes(reader: Reader, volume: string): Promise<BackupVolume[]> {
  const found: BackupVolume[] = [];
  if (labelValue.test(volume)) {
    const labels = { [names.BACKUP_VOLUME_LABEL]: volume };
    for await (const v of reader.list('BackupVolume', { namespace: names.LONGHORN_NAMESPACE, labels })) found.push(v);
  }
  if (found.length > 0) return found;
  const bare = await reader.get('BackupVolume', volume, names.LONGHORN_NAMESPACE);
  return bare === undefined ? [] : [bare];
}

/** Restores from this VMBackup that are not complete, in any namespace; failed ones count, Harvester retries them. */
export async function restoresInProgress(reader: Reader, backup: VMBackup): Promise<VMRestore[]> {
  const found: VMRestore[] = [];
  for await (const restore of reader.list('VirtualMachineRestore')) {
    const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = restore.spec;
    const same =
      name === backup.metadata.name && (namespace || restore.metadata.namespace) === backup.metadata.namespace;
    if (same && restore.status?.complete !== true) found.push(restore);
  }
  return found;
}

/** Claims that are made from this snapshot. */
export async function claimsFrom(reader: Reader, namespace: string, snapshot: string): Promise<Claim[]> {
  const found: Claim[] = [];
  for await (const claim of reader.list('PersistentVolumeClaim', { namespace })) {
    if (claim.spec.dataSource?.kind === 'VolumeSnapshot' && claim.spec.dataSource.name === snapshot) found.push(claim);
  }
  return found;
}

export const entriesOf = (backup: VMBackup): readonly VolumeEntry[] => backup.status?.volumeBackups ?? [];

/** Finished, and on the target that Harvester uses. */
export const isOnTarget = ({ metadata, status }: Backup): boolean =>
  status?.state === 'Completed' &&
  !metadata.deletionTimestamp &&
  (status.backupTargetName || metadata.labels?.[names.BACKUP_TARGET_LABEL] || names.DEFAULT_TARGET) ===
    names.DEFAULT_TARGET;

export const isScheduled = (backup: VMBackup): boolean =>
  (backup.metadata.annotations?.[names.SCHEDULE_ANNOTATION] ?? '') !== '';

/**
 * Backups of a scheduled VMBackup that Longhorn is still reading or making. While there is one, any event on the
 * VMBackup or on a snapshot it controls makes Harvester's schedule controller delete that Backup object, and with a
 * reachable target the data. Empty for a VMBackup without a schedule.
 */
export async function unsettledBackups(reader: Reader, backup: VMBackup): Promise<string[]> {
  if (!isScheduled(backup)) return [];
  const unsettled: string[] = [];
  for (const { longhornBackupName: name } of entriesOf(backup)) {
    if (!name) continue;
    const found = await longhornBackup(reader, name);
    if (found !== undefined && !names.FINAL_BACKUP_STATES.has(found.status?.state ?? '')) unsettled.push(name);
  }
  return unsettled;
}

/** Contents (of our driver) whose handle names one of these backups. Reads all contents: there is no index to ask. */
export async function* contentsNaming(
  reader: Reader,
  backups: ReadonlySet<string>,
): AsyncGenerator<{ backup: string; content: Content }> {
  for await (const content of reader.list('VolumeSnapshotContent')) {
    if (content.spec.driver !== names.LONGHORN_DRIVER) continue;
    const text = content.spec.source.snapshotHandle ?? content.status?.snapshotHandle;
    const handle = text ? parseHandle(text) : undefined;
    if (handle?.kind === 'backup' && backups.has(handle.backup)) yield { backup: handle.backup, content };
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
export const isSameLine = (a: string, b: string): boolean =>
  a === b || [...names.predecessorNames(a)].includes(b) || [...names.predecessorNames(b)].includes(a);
