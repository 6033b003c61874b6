import { isRemote, showBackupNames } from '../../shared/chain/vmbackup.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { pointsAt } from '../../shared/chain/pair.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { LinkedOwner, UnlinkedOwner } from './owner.ts';
import { unblockDeletionCommand } from '../../shared/chain/link.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { busySchedule } from '../../shared/chain/schedules.ts';
import type { BackupHandle } from '../../shared/domain/handle.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Neighbours, SeenHandleWrong } from './observe.ts';
import type { Extra } from './findings.ts';

/** The answer of a check: reason, message, and the actions or the command that helps. */
export type Answer = readonly [reason: Reason, message: string, more?: Extra];

/** A content that something other than Gleaner deletes. The deletion hangs until its snapshot is deleted too. */
export function contentDeleting({ content, snapshot }: Pick<SeenHandleWrong, 'content' | 'snapshot'>): Answer {
  if (snapshot === undefined || isDeleting(snapshot) || !pointsAt(snapshot, content)) {
    return ['ContentDeleting', 'something other than Gleaner is deleting it'];
  }
  const where = `${snapshot.metadata.namespace}/${snapshot.metadata.name}`;
  return [
    'ContentStuck',
    `it is being deleted (deletionPolicy ${content.spec.deletionPolicy}), but its snapshot ${where} still exists`,
    { command: unblockDeletionCommand(content) },
  ];
}

/** A pair of a restore that no longer needs it, so a wrong handle or a lost backup is harmless. */
export function ownerFinished({ owner, claims }: Neighbours): Answer | undefined {
  if (owner.is === 'restore-gone') return ['RestoreGone', `${owner.owner} is gone`];
  if (owner.is !== 'restore') return undefined;
  const restore = `VirtualMachineRestore ${owner.restore.metadata.name}`;
  if (isDeleting(owner.restore)) return ['RestoreDeleting', `${restore} is being deleted`];
  if (owner.restore.status?.complete === true) return ['RestoreComplete', `${restore} is complete`];
  if (claims.length > 0 && !claims.some(isPending)) return ['RestoreVolumeBound', 'its claim is bound already'];
  return undefined;
}

export const ownerDeleting = ({ backup }: UnlinkedOwner): Answer => [
  'VMBackupDeleting',
  `VMBackup ${backup.metadata.name} is being deleted`,
];

export const superseded = ({ backup, supersededBy }: UnlinkedOwner): Answer => [
  'Superseded',
  `VMBackup ${backup.metadata.name} uses ${supersededBy} instead`,
];

/** Why the pair of a VMBackup must not be touched by either procedure; `undefined` if it may be. */
export function backupBlocks({ backup, entry, unsettled }: LinkedOwner, handle: BackupHandle): Answer | undefined {
  const { name, namespace } = backup.metadata;
  if (isDeleting(backup)) return ['VMBackupDeleting', `VMBackup ${name} is being deleted`];
  if (!isRemote(backup)) return ['SnapshotTypeBackup', `VMBackup ${name} is of type ${backup.spec.type}`];
  if (!entry.longhornBackupName) {
    return [
      'NoLonghornBackupName',
      `volume ${entry.volumeName} of VMBackup ${name} does not record its backup`,
      {
        command: showBackupNames(ref('VirtualMachineBackup', name, namespace)),
      },
    ];
  }
  if (entry.longhornBackupName !== handle.backup) {
    return [
      'BackupMismatch',
      `VMBackup ${name} records backup ${entry.longhornBackupName} for volume ${entry.volumeName}`,
    ];
  }
  if (unsettled.length > 0) return scheduleBusy(backup, unsettled);
  // During a swap the snapshot is not ready. A VMBackup that is not ready records that as its own error, and a schedule
  // counts errors.
  const scheduled = backup.metadata.annotations?.[names.SCHEDULE_ANNOTATION];
  if (scheduled && backup.status?.readyToUse !== true)
    return ['ScheduledBackupBusy', `VMBackup ${name} of schedule ${scheduled} is not ready`];
  return undefined;
}

export function scheduleBusy(backup: VMBackup, unsettled: readonly Unsettled[]): Answer {
  const { reason, message, command } = busySchedule(backup, unsettled);
  return [reason, message, command === undefined ? {} : { command }];
}
