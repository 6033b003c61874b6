import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

const paste = 'Run the command given. It sets the corrected value.';

/** What storage can do, and what Harvester's list of drivers says about it. */
export const capabilityReasons = {
  CapabilityKnown: leave(
    'Gleaner knows what volumes of this StorageClass can do and what this Harvester allows.',
    'Read the answers with `gleaner capability`, or in the annotations `gleaner.dev/can-…` and `gleaner.dev/allows-…` of the StorageClass.',
  ),
  CapabilityUnknown: leave(
    'Some of what volumes of this StorageClass can do cannot be determined. The answer gives the reason.',
    'Run `gleaner capability sc/NAME`. It names the missing permission, or how to find out.',
  ),
  StorageClassGone: leave('The StorageClass does not exist or is being deleted.', nothingNeeded),
  ClaimTellsNothing: leave('This claim says nothing about the capabilities of a StorageClass.', nothingNeeded),
  ContentTellsNothing: leave('This content says nothing about the capabilities of a StorageClass.', nothingNeeded),
  DriversConfigured: leave('Harvester’s list of CSI drivers is correct, or cannot be read.', nothingNeeded),
  SnapshotterMissing: report(
    'The StorageClass is configured for snapshots, but no csi-snapshotter of its driver is running. Every snapshot stays pending.',
    'Enable the csi-snapshotter in the driver’s chart, or restart it.',
  ),
  ConfigInvalid: report(
    'Harvester’s setting `csi-driver-config` cannot be parsed. Harvester refuses every operation that needs it.',
    paste,
  ),
  ConfigClassMissing: report(
    'The setting `csi-driver-config` or `volume-snapshot-class` names a VolumeSnapshotClass that does not exist.',
    paste,
  ),
  ConfigClassOfOtherDriver: report(
    'The setting `csi-driver-config` or `volume-snapshot-class` names a VolumeSnapshotClass of another driver, or of the wrong type.',
    paste,
  ),
  ConfigWithoutLonghorn: report(
    'The setting `csi-driver-config` has no entry for Longhorn. Harvester’s UI hides the actions for Longhorn volumes.',
    paste,
  ),
  HollowBackups: report(
    'The setting `csi-driver-config` has a backup class for storage that cannot be backed up. Harvester takes such backups, but no data reaches the target.',
    paste,
  ),
} as const satisfies Record<string, ReasonInfo>;
