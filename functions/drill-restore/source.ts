import { isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import { digest } from '../../shared/domain/digest.ts';
import type { Backup, BackupVolume, VolumeEntry } from '../../shared/objects/types.ts';

/** One volume of the VMBackup, and its Longhorn Backup. */
export interface Source {
  readonly entry: VolumeEntry;
  readonly longhorn: Backup | undefined;
  readonly backupVolumes: readonly BackupVolume[];
}

/** The volumes that a drill restores: those with a remote backup. */
export const drillable = (sources: readonly Source[] = []): Source[] =>
  sources.filter(({ entry }) => entry.longhornBackupName && isOnLonghorn(entry));

export const classOf = ({ persistentVolumeClaim }: VolumeEntry): string =>
  persistentVolumeClaim?.spec?.storageClassName ?? '';

/** Name of all objects that a drill creates for one volume. Equal for every attempt, so a later run finds them. */
export const nameOf = (uid: string, volume: string): string => `drill-${uid}-${digest(volume).slice(0, 8)}`;
