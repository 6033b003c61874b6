import type { ReasonInfo } from '../verdict.ts';
import { act, leave, report, wait } from './_verdicts.ts';

/** Restore drills. */
export const drillReasons = {
  DrillsOff: leave(
    'Regular restore drills are switched off, which is the default.',
    'Run `gleaner drill` to drill one VMBackup, or set GLEANER_DRILL_RESTORE_DRILLS=on for regular drills.',
  ),
  DrillProved: leave(
    'A drill restored the VMBackup’s volumes from the target, and their sizes are as expected.',
    'Nothing is needed. The drill is repeated after GLEANER_DRILL_RESTORE_EVERY_DAYS.',
  ),
  DrillCleaned: leave('No object of a restore drill is left.', 'Nothing is needed.'),
  DrillObject: leave(
    'The object belongs to a restore drill of Gleaner. It is on Retain and is removed when the drill is over.',
    'Nothing is needed. `gleaner drill --clean` ends all drills now.',
  ),
  DrillStart: act(
    'A restore drill of this VMBackup is due and can start.',
    'Restores each volume from the target into the scratch namespace, through a snapshot and content of its own on Retain.',
  ),
  DrillGoesOn: act('A restore drill is in progress.', 'Creates the objects that the drill still needs.'),
  DrillDecided: act(
    'The restore drill has a result.',
    'Records the result in an Event on the VMBackup and in the drill record.',
  ),
  DrillCleanUp: act(
    'A restore drill is over or was given up.',
    'Removes what the drill created: pods and claims, then its snapshots, then their contents. Each content is confirmed to be on Retain just before.',
  ),
  DrillRunning: wait('A restore drill is in progress.', 'See its message. The drill ends by itself at its time limit.'),
  DrillClearing: wait(
    'A restore drill is over, and its objects are being removed.',
    'If this lasts, look at the objects that are named.',
  ),
  DrillWaits: wait(
    'A restore drill is due, but other drills or a real restore come first.',
    'Run `gleaner drill --clean` to end drills that were left behind.',
  ),
  DrillFailed: report(
    'The VMBackup’s volumes could not be restored from the target.',
    'Read the message. If Longhorn reports that the restore failed, do not rely on this backup.',
  ),
  DrillImpossible: report('The VMBackup has nothing that can be drilled.', 'See the message.'),
  DrillTooLarge: report(
    'The VMBackup’s volumes are larger than the limit for drills.',
    'Raise GLEANER_DRILL_RESTORE_MAX_SIZE_GIB or `--max-size`, if there is enough space.',
  ),
  DrillClassUnfit: report(
    'The volumes’ StorageClass is missing, or a drill cannot use it without leaving something behind.',
    'See the message. The StorageClass of an image is created with its image.',
  ),
  DrillNamespaceUnfit: report(
    'The namespace that drills restore into cannot be used.',
    'Create it, or name another with GLEANER_DRILL_RESTORE_NAMESPACE.',
  ),
  DrillNoRoom: report(
    'A ResourceQuota of the drill namespace leaves too little, or its LimitRange allows no claim of that size.',
    'Raise the limit, or drill a smaller VMBackup.',
  ),
  DrillStuck: report(
    'Objects of a restore drill should be gone by now but still exist.',
    'Look at the events and finalizers of the objects that are named. They show what holds them.',
  ),
  DrillLeftover: report(
    'Objects of a restore drill were left behind. No data depends on them.',
    'If drills are on, the next run of drill-restore removes them. `gleaner drill --clean` removes them now.',
  ),
} as const satisfies Record<string, ReasonInfo>;
