import type { VMBackup, VolumeEntry } from '../objects/types.ts';
import type { BackupFacts } from './longhorn-backup.ts';

/** Of type snapshot: all of it is on this cluster, and nothing on a target. */
export const isLocal = ({ spec }: VMBackup): boolean => (spec.type || 'backup') !== 'backup';

/** Clocks of nodes differ, and a VMBackup is ready some time after its data was taken. */
const SKEW_MS = 60_000;

/**
 * Data that is younger than the VMBackup that records it: the content was lost, a new one was taken of what the volume
 * held then, and Harvester wrote the new backup's name over the old one.
 */
export function isTakenLater(backup: VMBackup, { takenMs }: BackupFacts): boolean {
  const readyMs = Date.parse(backup.status?.creationTime ?? '');
  return takenMs !== undefined && takenMs > readyMs + SKEW_MS;
}

export const entriesOf = (backup: VMBackup): readonly VolumeEntry[] => backup.status?.volumeBackups ?? [];
