import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

const paste = 'Paste the command: it holds the corrected value.';

/** What storage can do, and what Harvester's list of drivers says about it. */
export const capabilityReasons = {
  CapabilityKnown: leave(
    'What volumes of this StorageClass can do, and what this Harvester allows, is known.',
    'Read it: `gleaner capability`, or the annotations `gleaner.dev/can-…` and `gleaner.dev/allows-…` of the class.',
  ),
  CapabilityUnknown: leave(
    'Some of what volumes of this StorageClass can do cannot be seen; the answer says why.',
    '`gleaner capability sc/NAME` names the right that is missing, or how to find out.',
  ),
  StorageClassGone: leave('The StorageClass does not exist, or is being deleted.', nothingNeeded),
  ClaimTellsNothing: leave('Nothing about a StorageClass is to be learned from this claim.', nothingNeeded),
  ContentTellsNothing: leave('Nothing about a StorageClass is to be learned from this content.', nothingNeeded),
  DriversConfigured: leave('Harvester’s list of CSI drivers is in order, or is not to be seen.', nothingNeeded),
  SnapshotterMissing: report(
    'The StorageClass is set up for snapshots, and no csi-snapshotter of its driver runs: every snapshot waits for ever.',
    'Turn the csi-snapshotter on in the driver’s chart, or start it again.',
  ),
  ConfigInvalid: report(
    'Harvester’s `csi-driver-config` cannot be read, and everything that needs it is refused.',
    paste,
  ),
  ConfigClassMissing: report(
    '`csi-driver-config` or `volume-snapshot-class` names a VolumeSnapshotClass that does not exist.',
    paste,
  ),
  ConfigClassOfOtherDriver: report(
    '`csi-driver-config` or `volume-snapshot-class` names a VolumeSnapshotClass that is of another driver, or of the wrong type.',
    paste,
  ),
  ConfigWithoutLonghorn: report('`csi-driver-config` leaves Longhorn out: Harvester’s UI hides its actions.', paste),
  HollowBackups: report(
    '`csi-driver-config` has a class for backups of storage that cannot be backed up: Harvester takes such backups, and nothing of them gets to the target.',
    paste,
  ),
} as const satisfies Record<string, ReasonInfo>;
