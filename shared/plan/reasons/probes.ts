import type { ReasonInfo } from '../verdict.ts';
import { act, leave, report, wait } from './_verdicts.ts';

/** Storage probes (`gleaner capability --probe`). */
export const probeReasons = {
  ProbeProved: leave(
    'A snapshot of a volume of this StorageClass was taken, and a volume was made from it.',
    'Nothing is needed; `gleaner capability` shows it from now on.',
  ),
  ProbeCleaned: leave('Nothing of a storage probe is left.', 'Nothing is needed.'),
  ProbeStart: act('A probe of this StorageClass was asked for, and nothing is in its way.', 'Makes an empty volume.'),
  ProbeGoesOn: act('A storage probe is under way.', 'Makes what comes next: the snapshot, or the volume from it.'),
  ProbeDecided: act('The storage probe has come to a result.', 'Notes it on the StorageClass.'),
  ProbeCleanUp: act(
    'A storage probe is over, was given up, or was left behind.',
    'Removes what it made: the restored volume, the snapshot, the first volume. Contents of Longhorn’s go on Retain, read just before: no Longhorn Backup can go with them.',
  ),
  ProbeRunning: wait('A storage probe is under way.', 'See its message; it ends by itself at its time limit.'),
  ProbeClearing: wait(
    'A storage probe is over, and what it made is being removed.',
    'If it lasts, look at the objects that are named: their events and finalizers say what holds them.',
  ),
  ProbeFailed: report(
    'The storage did not provision, snapshot or restore.',
    'Read the message: it says what was waited for, and what the driver said. A driver may do volumes of one mode only: `--volume-mode` asks for the other.',
  ),
  ProbeImpossible: report(
    'There is nothing to probe: what a snapshot cannot do without is missing.',
    'The message says what; the command, where there is one, makes it.',
  ),
  ProbeClassUnfit: report(
    'A probe cannot use the StorageClass and leave nothing behind, or needs an image to do it.',
    'See the message.',
  ),
  ProbeNamespaceUnfit: report(
    'The namespace for probes cannot be used, or a quota in it leaves too little.',
    'Name another with `--probe-namespace`, or raise the quota.',
  ),
} as const satisfies Record<string, ReasonInfo>;
