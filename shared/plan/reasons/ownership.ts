import type { ReasonInfo } from '../verdict.ts';
import { report, wait } from './_verdicts.ts';

/** Ownership, and objects that are being deleted while a VMBackup uses them. */
export const tieReasons = {
  OwnedByAnother: report(
    'The VMBackup’s snapshot belongs to another VMBackup. When that VMBackup is deleted, the snapshot is deleted too, and with deletionPolicy Delete also the backup.',
    'Find out which of the two the snapshot was taken for. Set the content to Retain until then.',
  ),
  SnapshotBeingDeleted: report(
    'A snapshot that a VMBackup uses was deleted, and finalizers have held it for more than half an hour. Once they are removed, the snapshot is deleted, and with deletionPolicy Delete also the backup.',
    'Set the content to Retain at once. Gleaner can recreate what is lost after that.',
  ),
  DeletionHangs: report(
    'The object has been in deletion for more than half an hour. Something holds it.',
    'Find the controllers that set the named finalizers and check their logs. Removing a finalizer by hand skips the cleanup it stands for.',
  ),
  ContentNotReady: report(
    'The VMBackup’s content is correct but reports an error and cannot be used.',
    'Fix the cause that the error names.',
  ),
  TakenHandleWrong: report(
    'The content was taken on this cluster, and its status does not name the Longhorn volume of the backup. Restores fail, and deleting it frees nothing.',
    'Take a new backup. Find out what wrote to the content’s status.',
  ),
  TargetDiffers: wait(
    'The setting backup-target and Longhorn’s BackupTarget do not name the same place. Harvester has not applied the setting yet, or one of the two was changed by something else.',
    'If this lasts, see the condition “configured” of the setting and set the target again. Backups are written to the target that Longhorn is connected to; Harvester restores only backups that record the target of the setting.',
  ),
  VMBackupIncomplete: report(
    'The VMBackup says that it is ready, but does not record what a restore needs.',
    'If its metadata file is still on the target, recover it on another cluster. Otherwise take a new backup.',
  ),
} as const satisfies Record<string, ReasonInfo>;
