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

const paste = 'Paste the corrected `csi-driver-config` that comes with the answer.';
const makeClass = 'Create the VolumeSnapshotClass; the command comes with the answer.';

/**
 * Every reason an answer can have. They stand in annotations and documents: renaming one is a breaking change. The table
 * in docs/capabilities.md is generated from this.
 */
export const answerReasons = {
  // What the storage can.
  SnapshotterRuns: yes('A csi-snapshotter of this driver runs, and one only runs where the driver can snapshot.'),
  SnapshotSeen: yes('A snapshot of this driver became ready on this cluster.'),
  SnapshotProved: yes(
    'A probe took a snapshot of a volume of this class, and a volume was made from it; the message says when and how long it took.',
  ),
  LonghornBacksUp: yes('Longhorn copies the snapshot to the backup target.'),
  RestoresFromTarget: yes('The data is on the backup target, from where any cluster connected to it can restore.'),
  LonghornClones: yes('Longhorn clones volumes of this engine.'),
  CloneSeen: yes('A volume of this class was made from another one.'),
  NotCsi: no('The provisioner is no CSI driver, and only CSI volumes can be snapshotted.', 'Use another StorageClass.'),
  DriverNotInstalled: no(
    'Nothing in the cluster speaks for this CSI driver.',
    'Install the driver, or correct the provisioner.',
  ),
  SnapshotApiMissing: no(
    'The snapshot API snapshot.storage.k8s.io/v1 is not served.',
    'Install the CRDs and the controller of kubernetes-csi/external-snapshotter.',
  ),
  SnapshotterMissing: no(
    'No csi-snapshotter of this driver runs: snapshots of it would wait for ever.',
    'Turn the snapshotter on in the driver’s chart, or start it again.',
  ),
  NoSnapshotClass: no('No VolumeSnapshotClass names this driver.', makeClass),
  NoBackupClass: no('No VolumeSnapshotClass of Longhorn’s makes backups.', makeClass),
  DriverRefuses: no('The driver says that it does not implement this.', 'Ask its vendor, or use another StorageClass.'),
  OnlyLonghorn: no(
    'Snapshots stay in the storage that made them: only Longhorn writes to Harvester’s backup target.',
    'Back such volumes up by the storage’s own means, or inside the VM.',
  ),
  ProbeFailed: no(
    'A probe of this class took no snapshot that a volume could be made from; the message says what it failed at.',
    'See to the cause, then probe it once more.',
  ),
  SnapshotsFail: unknown(
    'Snapshots of this driver have failed so far, and none became ready.',
    'Read the error in the VolumeSnapshotContent.',
  ),
  SnapshotterUnsure: unknown(
    'A csi-snapshotter runs that does not say which driver it is of.',
    'Probe the class to find out: `gleaner capability --probe`.',
  ),
  CloneNotSeen: unknown(
    'The Kubernetes API does not tell whether a driver clones, and no clone was seen here.',
    'Clone a volume to find out: one that is bound settles it.',
  ),
  NotVisible: unknown('What decides this may not be read.', 'Grant the right that the answer names.'),

  // What Harvester allows.
  Allowed: yes('Harvester takes it.'),
  ActionsHidden: yes(
    'Harvester takes it by kubectl, but its UI hides the action: `csi-driver-config` leaves Longhorn out.',
    paste,
  ),
  NotRestricted: yes('Harvester asks nothing before it clones.'),
  BackupHollow: yes(
    'Harvester takes the backup, but nothing of it gets to the target: it restores at most where it was taken, from 1.5 on nowhere.',
    'Empty backupVolumeSnapshotClassName of this driver, so that nobody relies on it.',
  ),
  DisksLeftOut: yes(
    'Harvester takes the VM, but leaves disks out that are no claims to it: DataVolumes, disks of a host.',
    'Name their claims in the VM as persistentVolumeClaim.',
  ),
  NeverReady: no(
    'The VM has no volume that is a claim. Harvester takes its snapshot or backup, and it never becomes ready.',
    'Give the VM a volume that is a claim.',
  ),
  DriverNotConfigured: no('`csi-driver-config` has no entry for this driver.', paste),
  ClassNotConfigured: no('`csi-driver-config` names no class for this.', paste),
  ClassMissing: no('The VolumeSnapshotClass that `csi-driver-config` names does not exist.', paste),
  ClassOfOtherDriver: no(
    'The VolumeSnapshotClass that `csi-driver-config` names is of another driver; Harvester does not notice, and the snapshot fails.',
    paste,
  ),
  ClassOfWrongType: no(
    'The VolumeSnapshotClass for backups takes Longhorn snapshots: nothing would get to the target.',
    'Have the class made again without `type: snap`.',
  ),
  ConfigInvalid: no('`csi-driver-config` cannot be read, and Harvester refuses everything that needs it.', paste),
  EngineRefused: no(
    'This release of Harvester refuses volumes of Longhorn’s v2 engine, and the whole VM with them.',
    'Releases 1.7 and 1.8 take them; else keep such disks on the v1 engine.',
  ),
  ThirdPartyRefused: no(
    'This release of Harvester refuses VM backups with volumes of other storage than Longhorn.',
    'Take a VM snapshot instead, or move the volume to Longhorn.',
  ),
  NothingOnTarget: no('Nothing of such a volume is on the backup target.', 'Restore it where its snapshot is.'),
  NoBackupTarget: no('No backup target is connected.', 'Set Harvester’s `backup-target`.'),
  SharedDisk: no('This release of Harvester refuses VMs with shareable disks.', 'Detach the disk first.'),
  VolumeNotCsi: no('The PersistentVolume is none of a CSI driver.', 'Move the volume to a CSI StorageClass.'),
  ClaimWithoutClass: no(
    'The claim names no StorageClass, and Harvester refuses it.',
    'Restore or clone it into one that does.',
  ),
  ProvisionerNotNoted: no(
    'Up to 1.4 Harvester goes by an annotation of the claim that says which driver made it, and there is none.',
    'Write the annotation; the command comes with the answer.',
  ),
  EngineNotOne: no(
    'From 1.5 to 1.8 Harvester wants exactly one Longhorn Engine for the volume; there are two while it migrates.',
    'Wait for the migration to end, or see why the volume has none.',
  ),
  VersionUnknown: unknown(
    'Harvester’s version could not be found out or is none that is known, and releases disagree.',
    'Look up your release in the table above.',
  ),
  EngineNotSeen: unknown('Longhorn has no volume of this name, or it may not be read.', 'See whether it is attached.'),
  NoVolumes: unknown('The VM has no volume that is a claim.', 'Nothing is needed.'),
  ClaimMissing: unknown('The claim does not exist, or is not provisioned.', 'Create it, or take it out of the VM.'),
} as const satisfies Record<string, AnswerInfo>;

export type AnswerReason = keyof typeof answerReasons;
