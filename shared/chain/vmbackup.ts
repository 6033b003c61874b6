import type { Ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import { LONGHORN_DRIVER } from '../domain/names.ts';
import { NODE_CLOCK_SKEW_MS } from '../domain/times.ts';
import type { VMBackup, VolumeEntry } from '../objects/types.ts';
import type { BackupFacts } from './longhorn-backup.ts';

/** What a VMBackup says, with Harvester's defaults for what it leaves out. */

/** Of type `backup`, the default: its data is on the target. */
export const isRemote = ({ spec }: Pick<VMBackup, 'spec'>): boolean => (spec.type || 'backup') === 'backup';

/** Of type `snapshot`: all of it is on this cluster, and nothing on a target. */
export const isLocal = (backup: Pick<VMBackup, 'spec'>): boolean => !isRemote(backup);

export const entriesOf = (backup: VMBackup): readonly VolumeEntry[] => backup.status?.volumeBackups ?? [];

export const driverOf = ({ csiDriverName }: Pick<VolumeEntry, 'csiDriverName'>): string =>
  csiDriverName || LONGHORN_DRIVER;

export const isOnLonghorn = (entry: Pick<VolumeEntry, 'csiDriverName'>): boolean => driverOf(entry) === LONGHORN_DRIVER;

/**
 * Data that is younger than the moment at which the VMBackup became ready, which it cannot be: the content was lost, a new
 * one was taken of what the volume held then, and Harvester wrote the new backup's name over the old one.
 */
export function isYoungerThanReady({ status }: VMBackup, dataMs: number | undefined): boolean {
  return dataMs !== undefined && dataMs > Date.parse(status?.creationTime ?? '') + NODE_CLOCK_SKEW_MS;
}

/** {@link isYoungerThanReady}, of a Longhorn Backup. */
export const isTakenLater = (backup: VMBackup, { takenMs }: BackupFacts): boolean =>
  isYoungerThanReady(backup, takenMs);

/** Shows which Longhorn backups a VMBackup records. */
export const showBackupNames = (vmBackup: Ref): string =>
  getCommand(vmBackup, 'jsonpath={.status.volumeBackups[*].longhornBackupName}');
