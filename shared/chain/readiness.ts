import { describeRef, ref } from '../domain/kinds.ts';
import { deleteCommand, getCommand, touchCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import type { VMBackup } from '../objects/types.ts';
import type { Chain } from './chain.ts';
import { entriesOf, isLocal, isRemote } from './vmbackup.ts';
import { isScheduled } from './schedules.ts';
import type { Absence } from './target.ts';
import { judgeAbsence, judgeTargetOf } from './target.ts';

/** A VMBackup whose metadata file is missing on the target. */
export interface MetadataTrouble {
  readonly reason: 'MetadataNotUploaded';
  readonly message: string;
  readonly command: string;
}

/** Why a VMBackup is not ready, and the command that resolves it. */
export interface NotReady {
  readonly reason: 'VMBackupDegraded' | 'VMBackupFailed' | 'VMBackupIncomplete' | 'VMBackupInProgress';
  readonly message: string;
  readonly command?: string | undefined;
}

/** A VMBackup that is not ready counts as stuck after this long without any Longhorn Backup at work. */
const STUCK_AFTER_MS = 30 * 60_000;

/**
 * Why a VMBackup is not ready according to its own status; `undefined` if it is. A degraded VMBackup is not ready
 * whatever its flag says, because some releases of Harvester write the verdict only to the condition. `judgeStatus`
 * decides whether that verdict still holds.
 */
export function judgeReadiness(
  chain: Pick<Chain, 'backup' | 'target' | 'volumes'>,
  nowMs: number,
): NotReady | undefined {
  const { backup } = chain;
  const degraded = degradedBy(backup);
  const own = describeRef(ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace));
  if (degraded !== undefined) {
    return {
      reason: 'VMBackupDegraded',
      message: `Harvester found ${own} damaged${degraded === '' ? '' : `: ${degraded}`}`,
      command: show(backup),
    };
  }
  const error = backup.status?.error?.message ?? undefined;
  if (backup.status?.readyToUse === true && error === undefined) return incomplete(backup, own);

  const states = chain.volumes.map(({ longhorn }) => longhorn?.status?.state ?? '');
  const busy = chain.volumes.filter(
    ({ longhorn }, i) => longhorn !== undefined && !names.FINAL_BACKUP_STATES.has(states[i] ?? ''),
  );
  const errorCondition = backup.status?.conditions?.find((c) => c.type === 'InProgress' && c.reason === 'Error');
  const why = error ?? errorCondition?.message ?? undefined;
  if (why !== undefined) {
    return {
      reason: 'VMBackupFailed',
      message: `${own} ${backup.status?.readyToUse === true ? 'says that it is ready but has an error' : 'is not ready'}: ${why}`,
      command: clearing(chain, busy.length > 0),
    };
  }
  if (busy.length > 0) {
    const backups = busy.map(({ entry }) => entry.longhornBackupName ?? entry.volumeName).join(', ');
    return { reason: 'VMBackupInProgress', message: `${own} is not ready: Longhorn is working on ${backups}` };
  }
  const created = Date.parse(backup.metadata.creationTimestamp ?? '');
  // A Backup that cannot be read may be at work.
  const allRead = chain.volumes.every(({ unreadable }) => unreadable === undefined);
  const unlisted = absencesIn(chain).find(({ reason }) => reason === 'BackupNotSynced');
  if (unlisted !== undefined)
    return { reason: 'VMBackupInProgress', message: `${own} is not ready: ${unlisted.detail}` };
  if (!allRead || !(nowMs - created > STUCK_AFTER_MS))
    return { reason: 'VMBackupInProgress', message: `${own} is not ready yet` };
  return {
    reason: 'VMBackupFailed',
    message: `${own} has not become ready since ${backup.metadata.creationTimestamp}, and Longhorn is not working on it`,
    command: clearing(chain, false),
  };
}

/** The recorded Longhorn Backups that are missing for a reason that proves nothing about their data. */
const absencesIn = ({ backup, target, volumes }: Pick<Chain, 'backup' | 'target' | 'volumes'>): Absence[] =>
  volumes.flatMap(({ entry, longhorn, backupVolumes }) =>
    entry.longhornBackupName && longhorn === undefined ? (judgeAbsence(target, backupVolumes, backup) ?? []) : [],
  );

/** Harvester reports a VMBackup as ready without checking what it recorded. */
function incomplete(backup: VMBackup, own: string): NotReady | undefined {
  const entries = entriesOf(backup);
  const unnamed = entries.find(({ name }) => !name);
  const lacks =
    backup.status?.source === undefined
      ? 'its source VM'
      : entries.length === 0
        ? 'any volume'
        : unnamed && `the snapshot of volume ${unnamed.volumeName}`;
  if (lacks === undefined) return undefined;
  const message = `${own} says that it is ready but does not record ${lacks}`;
  const { name, namespace } = backup.metadata;
  const command = getCommand(
    ref('VirtualMachineBackup', name, namespace),
    'jsonpath={.status.volumeBackups[*].volumeName}',
  );
  return { reason: 'VMBackupIncomplete', message, command };
}

/**
 * Whether Harvester reports that the VMBackup's metadata file is missing on the target, without which no other cluster
 * finds the backup. Most releases only ever report that it exists, so silence is no fault. Harvester's message is not
 * repeated: it may quote an address with keys.
 */
export function judgeMetadata({ backup, target, volumes }: Chain): MetadataTrouble | undefined {
  if (!lacksMetadata(backup) || backup.status?.readyToUse !== true || judgeTargetOf(backup, target) !== undefined)
    return undefined;
  const own = describeRef(ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace));
  const busy = volumes.some(({ longhorn }) => !names.FINAL_BACKUP_STATES.has(longhorn?.status?.state ?? ''));
  return {
    reason: 'MetadataNotUploaded',
    message: `${own} has no metadata file on the target (condition MetadataReady): another cluster would not find it`,
    command: isScheduled(backup) && busy ? show(backup) : nudge(backup),
  };
}

/** Whether Harvester reports that the metadata file of a remote VMBackup is missing. */
export const lacksMetadata = (backup: VMBackup): boolean =>
  isRemote(backup) &&
  (backup.status?.conditions ?? []).some(({ type, status: is }) => type === 'MetadataReady' && is === 'False');

/**
 * What Harvester's own check of existing backups found wrong; empty if it does not say, `undefined` if it found
 * nothing.
 */
export const degradedBy = (backup: VMBackup): string | undefined => degradation(backup)?.by;

/** As {@link degradedBy}, with the time at which it was written; NaN if unknown. */
export function degradation({ status }: VMBackup): { readonly by: string; readonly atMs: number } | undefined {
  const ready = status?.conditions?.find((c) => c.type === 'Ready');
  if (ready?.status !== 'False' || ready.message !== names.CHANGED_BACK) return undefined;
  return { by: ready.reason ?? '', atMs: Date.parse(ready.lastUpdateTime || ready.lastTransitionTime || '') };
}

/**
 * The command that resolves a VMBackup that is not ready. Deleting a VMBackup frees its data on the target, so the
 * command deletes only if none of its backups is complete. Otherwise it makes Harvester look at the VMBackup again,
 * which is not safe for a scheduled one while Longhorn is at work.
 */
function clearing(chain: Pick<Chain, 'backup' | 'target' | 'volumes'>, busy: boolean): string | undefined {
  const { backup, volumes } = chain;
  const { name, namespace } = backup.metadata;
  // Its backup may be complete on a target that is disconnected or not listed yet. A schedule's may be coming back.
  if (absencesIn(chain).length > 0) return show(backup);
  if (isScheduled(backup) && volumes.some(({ entry, longhorn }) => entry.longhornBackupName && longhorn === undefined))
    return show(backup);
  // The unreadable object may hide a backup that is complete or at work.
  if (volumes.some(({ unreadable }) => unreadable !== undefined)) return undefined;
  // When Harvester looks at this VMBackup, it replaces the missing snapshot with one of today's data.
  if (isLocal(backup) && backup.status?.creationTime && volumes.some(({ snapshot }) => snapshot === undefined))
    return undefined;
  const complete = volumes.some(
    ({ longhorn, snapshot }) =>
      longhorn?.status?.state === 'Completed' || (isLocal(backup) && snapshot?.status?.readyToUse === true),
  );
  if (!complete && !busy) return deleteCommand(ref('VirtualMachineBackup', name, namespace));
  if (isScheduled(backup) && busy) return undefined;
  return nudge(backup);
}

/** Makes Harvester look at the VMBackup again, which uploads missing parts. */
const nudge = ({ metadata: { name, namespace } }: VMBackup): string =>
  touchCommand(ref('VirtualMachineBackup', name, namespace), names.NUDGE_ANNOTATION);

const show = ({ metadata: { name, namespace } }: VMBackup): string =>
  getCommand(ref('VirtualMachineBackup', name, namespace), 'jsonpath={.status.conditions}');
