import type { ReasonInfo } from '../verdict.ts';
import { report, wait } from './_verdicts.ts';

/** Who belongs to whom, and what is being taken away from under a VMBackup. */
export const tieReasons = {
  OwnedByAnother: report(
    'The VMBackup’s snapshot belongs to another VMBackup: when that is deleted the snapshot goes, and with policy Delete the backup.',
    'Find out which of the two it was made for; put the content on Retain until that is settled.',
  ),
  SnapshotBeingDeleted: report(
    'Somebody deleted the snapshot that a VMBackup uses, and finalizers have held it for more than half an hour; once they are gone, with policy Delete the backup goes too.',
    'Put the content on Retain at once; what is lost after that can be made anew.',
  ),
  DeletionHangs: report(
    'The object is in deletion for more than half an hour: something holds it.',
    'See who has set the finalizers that it names, and what their controllers say; taking one off by hand skips what it is there for.',
  ),
  ContentNotReady: report(
    'The VMBackup’s content is right, but says that it cannot be used, and why.',
    'Remove the cause that it names.',
  ),
  TakenHandleWrong: report(
    'The content was taken on this cluster, and its status names something other than the Longhorn volume of the backup: restores fail, and deleting it frees nothing.',
    'Take a new backup; find out who has written to the content’s status.',
  ),
  TargetDiffers: wait(
    'The setting backup-target and Longhorn’s BackupTarget do not name the same place: Harvester has not passed it on, or somebody else changed one of them.',
    'If it lasts, see the condition “configured” of the setting and set the target again; backups go where Longhorn is connected to, and Harvester restores what records the target of the setting.',
  ),
  VMBackupIncomplete: report(
    'The VMBackup says that it is ready, but what a restore is made from is not recorded in it.',
    'If its file is still on the target, have it recovered on another cluster; else take a new backup.',
  ),
} as const satisfies Record<string, ReasonInfo>;
