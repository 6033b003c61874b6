import type { ReasonInfo } from '../verdict.ts';
import { report } from './_verdicts.ts';

/** Images on the backup target. Volumes made from an image need its StorageClass. */
export const imageReasons = {
  ImageBackupIncomplete: report(
    'The copy of a VM image on the target is not complete in Longhorn. Harvester skips that image. Some releases check only the first copy in the list, so one incomplete copy can hold up all others.',
    'Check its state. Delete the copy if it failed for good, or wait for the sync that completes it. Gleaner triggers another scan after every change.',
  ),
  ImageNotMade: report(
    'A StorageClass is missing, and Harvester has not created the VM image whose copy is on the target. Either an image on this cluster has the same display name, or the metadata file of the image is missing.',
    'Compare the display names and rename the image that conflicts. Gleaner then triggers another scan. Harvester’s log names the image.',
  ),
} as const satisfies Record<string, ReasonInfo>;
