/**
 * The part of Harvester's schedule controller that can destroy backups. It shares the queue of the
 * VirtualMachineBackups, so whatever makes Harvester look at a scheduled one runs it: a change of the backup itself,
 * or of a VolumeSnapshot whose controller owner it is. If the backup is then ready or has an error, and one of its
 * Longhorn Backups is not in a final state, that Backup is deleted and the schedule suspended.
 *
 * What it does not do: take backups on a schedule, keep the newest few, cron jobs.
 */
import type { KubeObject } from '../api/types.ts';
import type { HarvesterContext } from './harvester-metadata.ts';
import { type VolumeEntry, isProgressing, scheduleAnnotation, setCondition } from './harvester-names.ts';
import * as kinds from './kinds.ts';
import { isDeleting, remove, splitKey } from './objects.ts';

export async function checkScheduledBackup({ client }: HarvesterContext, backup: KubeObject): Promise<void> {
  const reference = backup.metadata.annotations?.[scheduleAnnotation];
  if (!reference || isDeleting(backup)) return;
  const { namespace, name } = splitKey(reference);
  const schedule = await client.get(kinds.Schedule, name, namespace);
  if (!schedule || backup['spec'].type === 'snapshot' || isProgressing(backup)) return;
  const entries: VolumeEntry[] = backup['status']?.volumeBackups ?? [];
  for (const { longhornBackupName } of entries) {
    if (!longhornBackupName) continue;
    const own = await client.get(kinds.Backup, longhornBackupName, kinds.longhornNamespace);
    if (!own) throw new Error(`backups.longhorn.io "${longhornBackupName}" not found`);
    if (!['', 'Pending', 'InProgress'].includes(own['status']?.state ?? '')) continue;
    await remove(client, kinds.Backup, longhornBackupName, kinds.longhornNamespace);
    await suspend(schedule, `lhbackup ${longhornBackupName} still in processing`);
    return;
  }

  async function suspend(schedule: KubeObject, message: string): Promise<void> {
    const status = structuredClone(schedule['status'] ?? {});
    status.suspended = true;
    setCondition(status, { type: 'BackupSuspend', status: 'True', reason: 'Longhorn Backup Not Synced', message });
    await client.update({ ...schedule, spec: { ...schedule['spec'], suspend: true }, status });
  }
}
