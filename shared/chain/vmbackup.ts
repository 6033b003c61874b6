import type { Ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import { LONGHORN_DRIVER } from '../domain/names.ts';
import { NODE_CLOCK_SKEW_MS } from '../domain/times.ts';
import type { VMBackup, VolumeEntry } from '../objects/types.ts';
import type { BackupFacts } from './longhorn-backup.ts';

/** Fields of a VMBackup, with Harvester's defaults. */

/** Type `backup` (the default): the data is on the target. */
export const isRemote = ({ spec }: Pick<VMBackup, 'spec'>): boolean => (spec.type || 'backup') === 'backup';

/** Type `snapshot`: everything is on this cluster, nothing on a target. */
export const isLocal = (backup: Pick<VMBackup, 'spec'>): boolean => !isRemote(backup);

/** The volumes of a VMBackup; none before Harvester has listed them. */
export const entriesOf = (backup: VMBackup): readonly VolumeEntry[] => backup.status?.volumeBackups ?? [];

/** The CSI driver of a volume. Default: Longhorn's. */
export const driverOf = ({ csiDriverName }: Pick<VolumeEntry, 'csiDriverName'>): string =>
  csiDriverName || LONGHORN_DRIVER;

export const isOnLonghorn = (entry: Pick<VolumeEntry, 'csiDriverName'>): boolean => driverOf(entry) === LONGHORN_DRIVER;

/**
 * Whether data is younger than the moment at which the VMBackup became ready. That is impossible for its own data: the
 * content was lost, recreated from the volume's later data, and Harvester recorded the new backup in place of the old
 * one.
 */
export function isYoungerThanReady({ status }: VMBackup, dataMs: number | undefined): boolean {
  return dataMs !== undefined && dataMs > Date.parse(status?.creationTime ?? '') + NODE_CLOCK_SKEW_MS;
}

/** {@link isYoungerThanReady} for a Longhorn Backup. */
export const isTakenLater = (backup: VMBackup, { takenMs }: BackupFacts): boolean =>
  isYoungerThanReady(backup, takenMs);

/** The command that shows which Longhorn backups a VMBackup records. */
export const showBackupNames = (vmBackup: Ref): string =>
  getCommand(vmBackup, 'jsonpath={.status.volumeBackups[*].longhornBackupName}');
