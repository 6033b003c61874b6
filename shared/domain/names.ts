/** Names that Harvester, Longhorn and the snapshot controllers find each other by, and Gleaner's own marks. */

export const LONGHORN_DRIVER = 'driver.longhorn.io';
export const LONGHORN_NAMESPACE = 'longhorn-system';
/** The backup target Harvester uses. */
export const DEFAULT_TARGET = 'default';

export const BOUND_CONTENT_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
/** On a content while the driver is asked to take the snapshot. */
export const BEING_CREATED_ANNOTATION = 'snapshot.storage.kubernetes.io/volumesnapshot-being-created';
export const BEING_DELETED_ANNOTATION = 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted';
/** Harvester's own mark of a repaired VMBackup; nothing reads it, people do. */
export const SNAP_REVISE_ANNOTATION = 'harvesterhci.io/snapRevise';
/** On a VMBackup: whether Harvester had the guest's file systems frozen for the snapshot it made last. */
export const FREEZE_ANNOTATION = 'harvesterhci.io/snapshotFreezeFS';
/** `<namespace>/<schedule>` on VMBackups that a schedule made. */
export const SCHEDULE_ANNOTATION = 'harvesterhci.io/svmbackupId';
/** On a claim: `<namespace>/<name>` of the image its volume was made from. */
export const IMAGE_ANNOTATION = 'harvesterhci.io/imageId';
/** Marks the pairs of a guest cluster's VolumeRemoteRestore. */
export const REMOTE_RESTORE_ANNOTATION = 'harvesterhci.io/pvcrestore-ref';
/** Harvester's Setting that says where backups go; its value may hold keys. */
export const TARGET_SETTING = 'backup-target';
/** Harvester's Setting that says its own version. */
export const VERSION_SETTING = 'server-version';
/** Harvester's Setting that says of which snapshot class the pairs of a restore into another namespace are. */
export const CLASS_SETTING = 'volume-snapshot-class';
/** On a claim: the restore that made it. */
export const RESTORE_ANNOTATION = 'restore.harvesterhci.io/name';
/** On a VM: `<name>-<uid>` of the restore that made it, or that it was restored by last. */
export const LAST_RESTORE_ANNOTATION = 'restore.harvesterhci.io/last-restore-uid';
/** On the StorageClass that claims take which name none. */
export const DEFAULT_CLASS_ANNOTATION = 'storageclass.kubernetes.io/is-default-class';
/** Harvester's Setting that says which snapshot classes belong to which CSI driver. */
export const DRIVERS_SETTING = 'csi-driver-config';
/** On the target's Setting: of which value, and when, the target was scanned last. */
export const HASH_ANNOTATION = 'harvesterhci.io/hash';
export const REFRESH_ANNOTATION = 'harvesterhci.io/lastRefreshTime';
/** Longhorn: this CR goes, the data on the target stays. */
export const CR_ONLY_LABEL = 'longhorn.io/delete-custom-resource-only';
/** On each of Longhorn’s Engines: the volume that it is of. */
export const VOLUME_LABEL = 'longhornvolume';
export const BACKUP_VOLUME_LABEL = 'backup-volume';
export const BACKUP_TARGET_LABEL = 'backup-target';

/** On a content Gleaner made: the policy it takes once its snapshot is in use (`Delete`). Absent: it stays on Retain. */
export const DELETE_WHEN_READY_ANNOTATION = 'gleaner.dev/deletion-policy';
/** On every content Gleaner made: name of the content it stands in for. */
export const REPLACES_ANNOTATION = 'gleaner.dev/replaces';
/** On a snapshot while its content is being swapped: what the new content will be, as JSON (functions/fix-handle/swap-note.ts). */
export const SWAP_ANNOTATION = 'gleaner.dev/swap';
/** On a content that was taken here: what the VMBackup's data is worth, as JSON (functions/record-consistency/consistency-note.ts). */
export const CONSISTENCY_ANNOTATION = 'gleaner.dev/consistency';
/** On the Setting of the target: when Gleaner last had it scanned, and on what evidence. */
export const REDISCOVERY_ANNOTATION = 'gleaner.dev/rediscovery';
/** On everything a restore drill makes: uid of the VMBackup that is drilled. Nothing without it is ever removed. */
export const DRILL_LABEL = 'gleaner.dev/drill';
/** On the same: the VMBackup by name, the volume of its VM, and until when the drill may last. */
export const DRILL_OF_ANNOTATION = 'gleaner.dev/drill-of';
export const DRILL_VOLUME_ANNOTATION = 'gleaner.dev/drill-volume';
export const DRILL_UNTIL_ANNOTATION = 'gleaner.dev/drill-until';
/** Where drills restore to unless another namespace is given, and the ConfigMap there that keeps their record. */
export const DRILL_NAMESPACE = 'gleaner-drill';
export const DRILL_RECORD = 'gleaner-drills';
/** On everything a storage probe makes or has made: uid of the StorageClass that is probed. Nothing without it is removed. */
export const PROBE_LABEL = 'gleaner.dev/probe';
/** On the same: the StorageClass by name, when Gleaner made the object, and until when the probe may last. */
export const PROBE_OF_ANNOTATION = 'gleaner.dev/probe-of';
export const PROBE_AT_ANNOTATION = 'gleaner.dev/probe-at';
export const PROBE_UNTIL_ANNOTATION = 'gleaner.dev/probe-until';
/** On a StorageClass: what its last probe of each volume mode showed, as JSON (shared/capability/probe-note.ts). */
export const PROBED_ANNOTATION = 'gleaner.dev/probed';
/** On a StorageClass, Harvester's: which volume modes and access modes CDI may ask of it, as JSON. */
export const VOLUME_MODES_ANNOTATION = 'cdi.harvesterhci.io/storageProfileVolumeModeAccessModes';
/** What a person sets on a VMBackup to have Harvester look at it again; Gleaner itself never does. */
export const NUDGE_ANNOTATION = 'gleaner.dev/look-again';
/** What begins every annotation of Gleaner's. */
export const PREFIX = 'gleaner.dev/';
/** Field manager of every write. */
export const FIELD_MANAGER = 'gleaner';
/** On the Events and reports that Gleaner writes. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
/** Harvester's words on a backup that it once found ready and later found damaged. */
export const CHANGED_BACK = 'Change back to non-ready';
/** Every snapshot that is taken through the CSI driver is called so in Longhorn, with the VolumeSnapshot's uid. */
export const CSI_SNAPSHOT = /^snapshot-/;
/** Longhorn's label on what a recurring job of its own made. */
export const RECURRING_JOB_LABEL = 'RecurringJob';

const REVISED = '-snap-revise';
/** Kubernetes' limit for names of these kinds, in bytes; all that a name may consist of has one byte. */
export const MAX_NAME = 253;

/** The content that the snapshot controller makes for a snapshot of a claim, and what the CSI driver calls the snapshot. */
export const takenContentName = (snapshotUid: string): string => `snapcontent-${snapshotUid}`;
export const csiSnapshotName = (snapshotUid: string): string => `snapshot-${snapshotUid}`;
/** The class Harvester uses for backups on Longhorn; a setting cannot give another. */
export const BACKUP_CLASS = 'longhorn';

/** The content Harvester expects behind a pre-provisioned snapshot: it looks for just this name. */
export const contentName = (snapshot: string): string => `${snapshot}-vsc`;

/** The snapshot name a repair appends to, once per repair: a name that already ends so says nothing of its handle. */
export const revisedName = (snapshot: string): string => `${snapshot}${REVISED}`;

/** The name a revised snapshot replaces, or undefined for one that was never revised. */
export const predecessorName = (snapshot: string): string | undefined =>
  snapshot.endsWith(REVISED) && snapshot.length > REVISED.length ? snapshot.slice(0, -REVISED.length) : undefined;

/** Whether a text that is made of names is not too long for one. */
export const fitsName = (text: string): boolean => text.length <= MAX_NAME;

const NAME_FORM = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
/** Whether a text has the form of an object's name. */
export const isName = (text: string): boolean => fitsName(text) && NAME_FORM.test(text);

/** Whether a snapshot of this name can be replaced by a revised pair without passing the length limit. */
export const canRevise = (snapshot: string): boolean => fitsName(contentName(revisedName(snapshot)));

/** Every name this snapshot may have had before repairs, nearest first. */
export function predecessorNames(snapshot: string): readonly string[] {
  const name = predecessorName(snapshot);
  return name === undefined ? NONE : [name, ...predecessorNames(name)];
}
const NONE: readonly string[] = [];

export const FINAL_BACKUP_STATES: ReadonlySet<string> = new Set(['Completed', 'Error', 'Unknown', 'Deleting']);

/** Longhorn's volume, and its PersistentVolume, of a claim that the provisioner makes. */
export const volumeNameOf = (claimUid: string): string => `pvc-${claimUid}`;

/** Kubernetes’ own, on a claim: which driver makes its volume. */
export const PROVISIONER_ANNOTATION = 'volume.kubernetes.io/storage-provisioner';
export const OLD_PROVISIONER_ANNOTATION = 'volume.beta.kubernetes.io/storage-provisioner';
