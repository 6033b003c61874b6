import { ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import { ForbiddenError, NotServedError } from '../ports/errors.ts';
import type { Reader } from '../ports/reader.ts';
import type { Backup, VMBackup, VolumeEntry } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { lookUpAbsence } from './lookup.ts';
import { longhornBackup } from './queries.ts';
import { entriesOf } from './vmbackup.ts';
import { orUnreadable } from './unreadable.ts';

/** A Longhorn Backup because of which a scheduled VMBackup must not be written. */
export interface Unsettled {
  readonly backup: string;
  /** Longhorn has listed the target and does not know a backup of that name. */
  readonly absent: boolean;
}

/** Whether a schedule created the VMBackup. */
export const isScheduled = (backup: VMBackup): boolean => scheduleOf(backup) !== '';

/** `<namespace>/<name>`, or empty. */
const scheduleOf = ({ metadata }: VMBackup): string => metadata.annotations?.[names.SCHEDULE_ANNOTATION] ?? '';

/**
 * Backups of a scheduled VMBackup that Longhorn is still reading or creating. While there is one, any event on the
 * VMBackup or on a snapshot it controls makes Harvester's schedule controller delete that Backup object and, if the
 * target is reachable, its data.
 *
 * A missing Backup counts too: the controller retries forever and would catch it just after it is pulled from the
 * target, without a state. So does an unreadable one. Returns none for a VMBackup without a schedule, and if its
 * schedule is gone, because the controller then does nothing.
 *
 * @throws RetryableError, TerminalError
 */
export async function unsettledBackups(reader: Reader, backup: VMBackup): Promise<Unsettled[]> {
  if (!isScheduled(backup)) return [];
  const unsettled: Unsettled[] = [];
  for (const entry of entriesOf(backup)) {
    const { longhornBackupName: name } = entry;
    if (!name) continue;
    const found = await orUnreadable(
      (): Promise<Backup | 'unreadable' | undefined> => longhornBackup(reader, name),
      () => 'unreadable' as const,
    );
    if (found === undefined) unsettled.push({ backup: name, absent: await isAbsent(reader, backup, entry, name) });
    else if (found === 'unreadable' || !names.FINAL_BACKUP_STATES.has(found.status?.state ?? ''))
      unsettled.push({ backup: name, absent: false });
  }
  return unsettled.length > 0 && (await hasSchedule(reader, backup)) ? unsettled : [];
}

/** Whether the absence of a missing Backup is proven. */
async function isAbsent(
  reader: Reader,
  owner: VMBackup,
  { persistentVolumeClaim }: VolumeEntry,
  name: string,
): Promise<boolean> {
  const { is } = await lookUpAbsence(reader, name, { owner, volume: persistentVolumeClaim?.spec?.volumeName });
  return is === 'absent';
}

/** True also if the schedule cannot be read or reading it is forbidden. */
async function hasSchedule(reader: Reader, backup: VMBackup): Promise<boolean> {
  const [namespace = '', name = ''] = scheduleOf(backup).split('/');
  try {
    return await orUnreadable(
      async () => (await reader.get('ScheduleVMBackup', name, namespace)) !== undefined,
      () => true,
    );
  } catch (error) {
    if (error instanceof NotServedError) return false;
    if (error instanceof ForbiddenError) return true;
    throw error;
  }
}

/** Why a scheduled VMBackup is not written now: Longhorn is not done, or a person must decide. */
export function busySchedule(
  backup: VMBackup,
  unsettled: readonly Unsettled[],
): { readonly reason: Reason; readonly message: string; readonly command?: string } {
  const own = `VMBackup ${backup.metadata.name} belongs to schedule ${scheduleOf(backup)}`;
  const backups = unsettled.map((one) => one.backup).join(', ');
  if (!unsettled.every(({ absent }) => absent))
    return { reason: 'ScheduledBackupBusy', message: `${own} and Longhorn has not finished ${backups}` };
  const [namespace = '', name = ''] = scheduleOf(backup).split('/');
  return {
    reason: 'ScheduledBackupLost',
    message: `${own} and its Longhorn backup ${backups} is lost: if it comes back, any change here would make Harvester delete it, unless the schedule is deleted first`,
    command: getCommand(ref('ScheduleVMBackup', name, namespace)),
  };
}
