import type { ReasonInfo } from '../verdict.ts';
import { act, leave, report, wait } from './_verdicts.ts';

/** Storage probes (`gleaner capability --probe`). */
export const probeReasons = {
  ProbeProved: leave(
    'The probe took a snapshot of a volume of this StorageClass and created a volume from it.',
    'Nothing is needed. `gleaner capability` shows the result from now on.',
  ),
  ProbeCleaned: leave('No object of a storage probe is left.', 'Nothing is needed.'),
  ProbeStart: act('A probe of this StorageClass was requested and can start.', 'Creates an empty volume.'),
  ProbeGoesOn: act('A storage probe is in progress.', 'Creates the next object: the snapshot, or the volume from it.'),
  ProbeDecided: act('The storage probe has a result.', 'Records the result on the StorageClass.'),
  ProbeCleanUp: act(
    'A storage probe is over, was given up, or was left behind.',
    'Removes what the probe created: the restored volume, the snapshot, the first volume. Longhorn contents are set to Retain and confirmed just before, so no Longhorn Backup can be deleted with them.',
  ),
  ProbeRunning: wait('A storage probe is in progress.', 'See its message. The probe ends by itself at its time limit.'),
  ProbeClearing: wait(
    'A storage probe is over, and its objects are being removed.',
    'If this lasts, look at the events and finalizers of the objects that are named. They show what holds them.',
  ),
  ProbeFailed: report(
    'The storage did not provision, snapshot or restore a volume.',
    'Read the message. It gives the step that failed and the driver’s error. Some drivers support only one volume mode: try the other with `--volume-mode`.',
  ),
  ProbeImpossible: report(
    'The probe cannot run, because something that a snapshot needs is missing.',
    'The message names what is missing. If a command is given, it creates it.',
  ),
  ProbeClassUnfit: report(
    'A probe cannot use the StorageClass without leaving something behind, or needs an image for a pod.',
    'See the message.',
  ),
  ProbeNamespaceUnfit: report(
    'The probe namespace cannot be used, or a ResourceQuota in it leaves too little.',
    'Name another namespace with `--probe-namespace`, or raise the quota.',
  ),
} as const satisfies Record<string, ReasonInfo>;
