import type { ReasonInfo } from '../verdict.ts';
import { report } from './_verdicts.ts';

/** Images on the backup target, without which there is no StorageClass for the volumes made from them. */
export const imageReasons = {
  ImageBackupIncomplete: report(
    'Longhorn has not finished with the copy of a VM image on the target. Harvester passes that image over; releases look at the first copy in the list for all of them, so one can hold up the others.',
    'See its state; delete the copy if it failed for good, or wait for the sync that finishes it. Every change is followed by another scan.',
  ),
  ImageNotMade: report(
    'A StorageClass is missing, and the copy of a VM image is on the target of which Harvester has made no image here. Either an image here has the same display name, or its metadata file is missing.',
    'Compare the display names; rename the one that is in the way, and the target is scanned again. Harvester’s log says which it was.',
  ),
} as const satisfies Record<string, ReasonInfo>;
