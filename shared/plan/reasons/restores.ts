import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report, wait } from './_verdicts.ts';

/** Restores, before and while they run. */
export const restoreReasons = {
  RestoreComplete: leave(
    'The pair belongs to a restore that is complete: the restored volume no longer needs it.',
    nothingNeeded,
  ),
  RestoreVolumeBound: leave('The pair belongs to a restore whose volume is already provisioned.', nothingNeeded),
  RestoreDeleting: leave('The pair belongs to a restore that is being deleted.', nothingNeeded),
  RestoreGone: leave(
    'The pair was made for a restore that is gone; garbage collection takes its snapshot.',
    'Delete what is left over; it is on Retain, no data goes.',
  ),
  RestoreRunning: leave('A restore is in progress, and nothing is seen that keeps it.', 'See its progress.'),
  PreflightPassed: leave('Nothing is seen that would keep the restore from working.', nothingNeeded),
  PreflightWarned: leave(
    'The restore should work; something about it is worth knowing, or could not be found out.',
    'Read the Event on the VirtualMachineRestore, or run `gleaner preflight`.',
  ),
  PreflightTold: leave('The preflight of this restore has been told already.', nothingNeeded),
  RestoreInProgress: wait(
    'A restore from this VMBackup is in progress.',
    'Wait for it, or delete the VirtualMachineRestore if it has failed for good.',
  ),
  ClaimPending: wait(
    'A Pending claim still reads from the old snapshot.',
    'It is provisioned once its content is right, or delete the claim.',
  ),
  RestoreHanging: report(
    'A restore does not go on, and its cause is known.',
    'Remove the cause; where the restore is to be given up, use the command.',
  ),
  RestoreOfOtherData: report(
    'A restore is about to be made of another backup than its VMBackup records: it would succeed, with other data.',
    'Give it up with the command before its claim is bound, and find out who wrote that content.',
  ),
  PreflightFailed: report(
    'The restore will not work as things are; each failed check says what would make it pass.',
    'Read the Event on the VirtualMachineRestore, or run `gleaner preflight`.',
  ),
} as const satisfies Record<string, ReasonInfo>;
