import type { ReasonInfo } from '../verdict.ts';
import { act, leave, report, wait } from './_verdicts.ts';

/** Restore drills. */
export const drillReasons = {
  DrillsOff: leave(
    'Restore drills are switched off, as they are unless somebody switches them on.',
    '`gleaner drill` drills one VMBackup; GLEANER_DRILL_RESTORE_DRILLS=on has it done regularly.',
  ),
  DrillProved: leave(
    'The VMBackup’s volumes have really been restored from the target, and were as large as they have to be.',
    'Nothing is needed; it is done again when GLEANER_DRILL_RESTORE_EVERY_DAYS are over.',
  ),
  DrillCleaned: leave('Nothing of a restore drill is left.', 'Nothing is needed.'),
  DrillObject: leave(
    'The object belongs to a restore drill of Gleaner’s: it is on Retain, and goes when the drill is over.',
    'Nothing is needed; `gleaner drill --clean` ends all drills now.',
  ),
  DrillStart: act(
    'A restore drill of this VMBackup is due, and nothing is in its way.',
    'Restores each volume from the target into the scratch namespace, through a pair of its own on Retain.',
  ),
  DrillGoesOn: act('A restore drill is under way.', 'Makes what it still needs.'),
  DrillDecided: act('The restore drill has come to a result.', 'Records it, on the VMBackup and in the record.'),
  DrillCleanUp: act(
    'A restore drill is over, or was given up.',
    'Removes what it made: pods and claims, then its snapshots, then their contents, each read as Retain just before.',
  ),
  DrillRunning: wait('A restore drill is under way.', 'See its message; it ends by itself at its time limit.'),
  DrillClearing: wait(
    'A restore drill is over, and what it made is being removed.',
    'If it lasts, look at the objects that are named.',
  ),
  DrillWaits: wait(
    'A restore drill would be due, but other drills or a real restore go first.',
    '`gleaner drill --clean` ends drills that somebody left behind.',
  ),
  DrillFailed: report(
    'The VMBackup’s volumes could not be restored from the target.',
    'Read the message: where Longhorn says that the restore failed, this backup cannot be relied on.',
  ),
  DrillImpossible: report('The VMBackup has nothing that can be drilled.', 'See the message.'),
  DrillTooLarge: report(
    'The VMBackup’s volumes are larger than a drill may be.',
    'Raise GLEANER_DRILL_RESTORE_MAX_SIZE_GIB, or `--max-size`, if there is room.',
  ),
  DrillClassUnfit: report(
    'The volumes’ StorageClass is missing, or a drill cannot use it and leave nothing behind.',
    'See the message; image classes come with their image.',
  ),
  DrillNamespaceUnfit: report(
    'The namespace that drills restore into cannot be used.',
    'Create it, or name another with GLEANER_DRILL_RESTORE_NAMESPACE.',
  ),
  DrillNoRoom: report(
    'A quota of the namespace that drills restore into leaves too little, or its limit range allows no claim of that size.',
    'Raise it, or drill something smaller.',
  ),
  DrillStuck: report(
    'What a restore drill made should be gone by now and is not.',
    'Look at the objects that are named: their events and finalizers say what holds them.',
  ),
  DrillLeftover: report(
    'A restore drill was left behind; no data depends on what is left of it.',
    'The next run of drill-restore removes it, where drills are on; `gleaner drill --clean` does at once.',
  ),
} as const satisfies Record<string, ReasonInfo>;
