/** Whether the storage can, or Harvester allows it. */
export type Support = 'yes' | 'no' | 'unknown';

export interface AnswerInfo {
  readonly answer: Support;
  readonly means: string;
  readonly youCan: string;
}

const yes = (means: string, youCan = 'Nothing is needed.'): AnswerInfo => ({ answer: 'yes', means, youCan });
const no = (means: string, youCan: string): AnswerInfo => ({ answer: 'no', means, youCan });
const unknown = (means: string, youCan: string): AnswerInfo => ({ answer: 'unknown', means, youCan });

const paste = 'Set the corrected `csi-driver-config` that comes with the answer.';
const makeClass = 'Create the VolumeSnapshotClass with the command that comes with the answer.';

/**
 * Every reason an answer can have. Annotations and documents contain them: renaming one is a breaking change. The table
 * in docs/capabilities.md is generated from this.
 */
export const answerReasons = {
  // What the storage can do.
  SnapshotterRuns: yes('A csi-snapshotter of this driver is running. It runs only if the driver supports snapshots.'),
  SnapshotSeen: yes('A snapshot of this driver became ready on this cluster.'),
  SnapshotProved: yes(
    'A probe took a snapshot of a volume of this StorageClass and created a volume from it. The message says when, and how long it took.',
  ),
  LonghornBacksUp: yes('Longhorn copies the snapshot to the backup target.'),
  RestoresFromTarget: yes('The data is on the backup target. Any cluster connected to it can restore the volume.'),
  LonghornClones: yes('Longhorn clones volumes of this engine.'),
  CloneSeen: yes('A volume of this StorageClass was cloned from another one.'),
  NotCsi: no('The provisioner is not a CSI driver. Only CSI volumes can be snapshotted.', 'Use another StorageClass.'),
  DriverNotInstalled: no(
    'The cluster shows no sign of this CSI driver.',
    'Install the driver, or correct the provisioner.',
  ),
  SnapshotApiMissing: no(
    'The snapshot API snapshot.storage.k8s.io/v1 is not served.',
    'Install the CRDs and the controller of kubernetes-csi/external-snapshotter.',
  ),
  SnapshotterMissing: no(
    'No csi-snapshotter of this driver is running. Its snapshots would stay pending.',
    'Enable the csi-snapshotter in the driver’s chart, or restart it.',
  ),
  NoSnapshotClass: no('No VolumeSnapshotClass names this driver.', makeClass),
  NoBackupClass: no('No VolumeSnapshotClass of Longhorn takes backups.', makeClass),
  DriverRefuses: no('The driver says that it does not implement this.', 'Ask its vendor, or use another StorageClass.'),
  OnlyLonghorn: no(
    'Snapshots stay in the storage that took them. Only Longhorn writes to Harvester’s backup target.',
    'Back up such volumes with the tools of the storage, or inside the VM.',
  ),
  ProbeFailed: no(
    'A probe of this StorageClass could not take a snapshot and create a volume from it. The message gives the step that failed.',
    'Fix the cause, then probe the StorageClass again.',
  ),
  SnapshotsFail: unknown(
    'Snapshots of this driver have failed so far, and none became ready.',
    'Read the error in the VolumeSnapshotContent.',
  ),
  SnapshotterUnsure: unknown(
    'A csi-snapshotter is running that does not name its driver.',
    'Probe the StorageClass to find out: `gleaner capability --probe`.',
  ),
  CloneNotSeen: unknown(
    'The Kubernetes API does not show whether a driver can clone, and no clone was seen here.',
    'Clone a volume to find out. A bound clone answers the question.',
  ),
  NotVisible: unknown(
    'Gleaner has no permission to read what decides this.',
    'Grant the permission that the answer names.',
  ),

  // What Harvester allows.
  Allowed: yes('Harvester allows it.'),
  ActionsHidden: yes(
    'Harvester allows it through kubectl, but its UI hides the action, because `csi-driver-config` has no entry for Longhorn.',
    paste,
  ),
  NotRestricted: yes('Harvester checks nothing before it clones.'),
  BackupHollow: yes(
    'Harvester takes the backup, but no data reaches the target. Up to 1.4 it can be restored only where it was taken, from 1.5 on nowhere.',
    'Empty backupVolumeSnapshotClassName of this driver, so that nobody relies on such backups.',
  ),
  DisksLeftOut: yes(
    'Harvester takes the VM, but leaves out disks that it does not treat as claims: DataVolumes and host disks.',
    'Reference their claims in the VM as persistentVolumeClaim.',
  ),
  NeverReady: no(
    'The VM has no volume that is a claim. Harvester takes its snapshot or backup, which then never becomes ready.',
    'Give the VM a volume that is a claim.',
  ),
  DriverNotConfigured: no('`csi-driver-config` has no entry for this driver.', paste),
  ClassNotConfigured: no('`csi-driver-config` names no class for this.', paste),
  ClassMissing: no('The VolumeSnapshotClass that `csi-driver-config` names does not exist.', paste),
  ClassOfOtherDriver: no(
    'The VolumeSnapshotClass that `csi-driver-config` names belongs to another driver. Harvester does not check this, and the snapshot fails.',
    paste,
  ),
  ClassOfWrongType: no(
    'The VolumeSnapshotClass for backups takes Longhorn snapshots. No data would reach the target.',
    'Recreate the class without `type: snap`.',
  ),
  ConfigInvalid: no('`csi-driver-config` cannot be parsed. Harvester refuses every operation that needs it.', paste),
  EngineRefused: no(
    'This release of Harvester refuses volumes of Longhorn’s v2 engine, and with them the whole VM.',
    'Releases 1.7 and 1.8 allow them. Otherwise keep such disks on the v1 engine.',
  ),
  ThirdPartyRefused: no(
    'This release of Harvester refuses VM backups with volumes on storage other than Longhorn.',
    'Take a VM snapshot instead, or move the volume to Longhorn.',
  ),
  NothingOnTarget: no('The backup target holds no data of such a volume.', 'Restore it where its snapshot is.'),
  NoBackupTarget: no('No backup target is connected.', 'Set Harvester’s `backup-target`.'),
  SharedDisk: no('This release of Harvester refuses VMs with shareable disks.', 'Detach the disk first.'),
  VolumeNotCsi: no('The PersistentVolume does not belong to a CSI driver.', 'Move the volume to a CSI StorageClass.'),
  ClaimWithoutClass: no(
    'The claim names no StorageClass, and Harvester refuses it.',
    'Restore or clone it into a claim that names one.',
  ),
  ProvisionerNotNoted: no(
    'Harvester up to 1.4 reads the driver from an annotation of the claim, and the claim has none.',
    'Set the annotation with the command that comes with the answer.',
  ),
  EngineNotOne: no(
    'Harvester 1.5 to 1.8 requires exactly one Longhorn Engine for the volume. There are two during a migration.',
    'Wait for the migration to end, or find out why the volume has no engine.',
  ),
  VersionUnknown: unknown(
    'Harvester’s version is unknown or unsupported, and releases differ in this answer.',
    'Look up your release in the table above.',
  ),
  EngineNotSeen: unknown(
    'Longhorn has no volume of this name, or Gleaner has no permission to read it.',
    'Check whether it is attached.',
  ),
  NoVolumes: unknown('The VM has no volume that is a claim.', 'Nothing is needed.'),
  ClaimMissing: unknown('The claim does not exist or is not provisioned.', 'Create it, or remove it from the VM.'),
} as const satisfies Record<string, AnswerInfo>;

export type AnswerReason = keyof typeof answerReasons;
