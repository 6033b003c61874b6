import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report, wait } from './_verdicts.ts';

/** Restores, before and while they run. */
export const restoreReasons = {
  RestoreComplete: leave(
    'The pair belongs to a completed restore. The restored volume no longer needs it.',
    nothingNeeded,
  ),
  RestoreVolumeBound: leave('The pair belongs to a restore whose volume is already provisioned.', nothingNeeded),
  RestoreDeleting: leave('The pair belongs to a restore that is being deleted.', nothingNeeded),
  RestoreGone: leave(
    'The pair was created for a restore that no longer exists. Garbage collection deletes its snapshot.',
    'Delete the leftover content. It is on Retain, so no data is deleted.',
  ),
  RestoreRunning: leave('A restore is in progress, and no problem is visible.', 'Follow its progress.'),
  PreflightPassed: leave('No problem was found that would make the restore fail.', nothingNeeded),
  PreflightWarned: leave(
    'The restore should work. A check has a warning, or could not be made.',
    'Read the Event on the VirtualMachineRestore, or run `gleaner preflight`.',
  ),
  PreflightTold: leave('The preflight result of this restore has been reported already.', nothingNeeded),
  RestoreInProgress: wait(
    'A restore from this VMBackup is in progress.',
    'Wait for it, or delete the VirtualMachineRestore if it has failed for good.',
  ),
  ClaimPending: wait(
    'A Pending claim still uses the old snapshot as its data source.',
    'It is provisioned once its content is correct. If you do not need it, delete the claim.',
  ),
  RestoreHanging: report(
    'A restore makes no progress, and its cause is known.',
    'Fix the cause. To give up the restore, use the command given.',
  ),
  RestoreOfOtherData: report(
    'A restore is about to use another backup than its VMBackup records. It would succeed with the wrong data.',
    'Give up the restore with the command before its claim is bound, and find out what created that content.',
  ),
  PreflightFailed: report(
    'The restore would fail. Each failed check says how to fix it.',
    'Read the Event on the VirtualMachineRestore, or run `gleaner preflight`.',
  ),
} as const satisfies Record<string, ReasonInfo>;
