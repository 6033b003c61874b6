/** Names by which Harvester, Longhorn and the snapshot controllers find each other, and Gleaner's own marks. */

export const LONGHORN_DRIVER = 'driver.longhorn.io';
export const LONGHORN_NAMESPACE = 'longhorn-system';
/** The backup target Harvester uses. */
export const DEFAULT_TARGET = 'default';

export const BOUND_CONTENT_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
/** On a content while the driver is asked to take the snapshot. */
export const BEING_CREATED_ANNOTATION = 'snapshot.storage.kubernetes.io/volumesnapshot-being-created';
export const BEING_DELETED_ANNOTATION = 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted';
/** Harvester's mark of a repaired VMBackup, for people. No controller reads it. */
export const SNAP_REVISE_ANNOTATION = 'harvesterhci.io/snapRevise';
/** On a VMBackup: whether Harvester froze the guest's file systems for its last snapshot. */
export const FREEZE_ANNOTATION = 'harvesterhci.io/snapshotFreezeFS';
/** `<namespace>/<schedule>`, on VMBackups that a schedule created. */
export const SCHEDULE_ANNOTATION = 'harvesterhci.io/svmbackupId';
/** On a claim: `<namespace>/<name>` of its volume's image. */
export const IMAGE_ANNOTATION = 'harvesterhci.io/imageId';
/** Marks the pairs of a guest cluster's VolumeRemoteRestore. */
export const REMOTE_RESTORE_ANNOTATION = 'harvesterhci.io/pvcrestore-ref';
/** Harvester's Setting with the backup target. Its value may contain keys. */
export const TARGET_SETTING = 'backup-target';
/** Harvester's Setting with its own version. */
export const VERSION_SETTING = 'server-version';
/** Harvester's Setting with the snapshot class for restores into another namespace. */
export const CLASS_SETTING = 'volume-snapshot-class';
/** On a claim: the restore that created it. */
export const RESTORE_ANNOTATION = 'restore.harvesterhci.io/name';
/** On a VM: `<name>-<uid>` of the last restore that created or restored it. */
export const LAST_RESTORE_ANNOTATION = 'restore.harvesterhci.io/last-restore-uid';
/** On the StorageClass for claims that name none. */
export const DEFAULT_CLASS_ANNOTATION = 'storageclass.kubernetes.io/is-default-class';
/** Harvester's Setting with the snapshot classes of each CSI driver. */
export const DRIVERS_SETTING = 'csi-driver-config';
/** On the target's Setting: hash of the value, and time, of the last scan. */
export const HASH_ANNOTATION = 'harvesterhci.io/hash';
export const REFRESH_ANNOTATION = 'harvesterhci.io/lastRefreshTime';
/** Longhorn deletes only this custom resource and keeps the data on the target. */
export const CR_ONLY_LABEL = 'longhorn.io/delete-custom-resource-only';
/** On each of Longhorn's Engines: its volume. */
export const VOLUME_LABEL = 'longhornvolume';
export const BACKUP_VOLUME_LABEL = 'backup-volume';
export const BACKUP_TARGET_LABEL = 'backup-target';

/**
 * On a content that Gleaner created: the policy to set once its snapshot is in use (`Delete`). Absent: it stays on
 * Retain.
 */
export const DELETE_WHEN_READY_ANNOTATION = 'gleaner.dev/deletion-policy';
/** On every content that Gleaner created: the name of the content that it replaces. */
export const REPLACES_ANNOTATION = 'gleaner.dev/replaces';
/** On a snapshot while its content is being swapped: the new content as JSON (functions/fix-handle/swap-note.ts). */
export const SWAP_ANNOTATION = 'gleaner.dev/swap';
/**
 * On a content taken on this cluster: how consistent its data is, as JSON
 * (functions/record-consistency/consistency-note.ts).
 */
export const CONSISTENCY_ANNOTATION = 'gleaner.dev/consistency';
/** On the target's Setting: when Gleaner last requested a scan, and on what evidence. */
export const REDISCOVERY_ANNOTATION = 'gleaner.dev/rediscovery';
/** On every object that a restore drill creates: uid of the VMBackup. Objects without it are never removed. */
export const DRILL_LABEL = 'gleaner.dev/drill';
/** On the same objects: the VMBackup by name, the volume of its VM, and the drill's time limit. */
export const DRILL_OF_ANNOTATION = 'gleaner.dev/drill-of';
export const DRILL_VOLUME_ANNOTATION = 'gleaner.dev/drill-volume';
export const DRILL_UNTIL_ANNOTATION = 'gleaner.dev/drill-until';
/** The default namespace of drills, and the ConfigMap there with their record. */
export const DRILL_NAMESPACE = 'gleaner-drill';
export const DRILL_RECORD = 'gleaner-drills';
/** On every object of a storage probe: uid of the StorageClass. Objects without it are never removed. */
export const PROBE_LABEL = 'gleaner.dev/probe';
/** On the same objects: the StorageClass by name, when Gleaner created the object, and the probe's time limit. */
export const PROBE_OF_ANNOTATION = 'gleaner.dev/probe-of';
export const PROBE_AT_ANNOTATION = 'gleaner.dev/probe-at';
export const PROBE_UNTIL_ANNOTATION = 'gleaner.dev/probe-until';
/** On a StorageClass: the result of its last probe of each volume mode, as JSON (shared/capability/probe-note.ts). */
export const PROBED_ANNOTATION = 'gleaner.dev/probed';
/** Harvester's, on a StorageClass: the volume modes and access modes that CDI may request, as JSON. */
export const VOLUME_MODES_ANNOTATION = 'cdi.harvesterhci.io/storageProfileVolumeModeAccessModes';
/** A person sets it on a VMBackup to make Harvester look at it again. Gleaner never does. */
export const NUDGE_ANNOTATION = 'gleaner.dev/look-again';
/** Prefix of every annotation of Gleaner. */
export const PREFIX = 'gleaner.dev/';
/** Field manager of every write. */
export const FIELD_MANAGER = 'gleaner';
/** On the Events and reports that Gleaner writes. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
/** Harvester's words on a backup that it once found ready and later found damaged. */
export const CHANGED_BACK = 'Change back to non-ready';
/** Longhorn's names of snapshots taken through the CSI driver; the VolumeSnapshot's uid follows. */
export const CSI_SNAPSHOT = /^snapshot-/;
/** Longhorn's label on what a recurring job created. */
export const RECURRING_JOB_LABEL = 'RecurringJob';

const REVISED = '-snap-revise';
/** Kubernetes' limit for names of these kinds, in bytes. All permitted characters have one byte. */
export const MAX_NAME = 253;

/** Name of the content that the snapshot controller creates for a snapshot of a claim. */
export const takenContentName = (snapshotUid: string): string => `snapcontent-${snapshotUid}`;
/** Name that the CSI driver gives a snapshot. */
export const csiSnapshotName = (snapshotUid: string): string => `snapshot-${snapshotUid}`;
/** The class that Harvester uses for backups on Longhorn. No setting changes it. */
export const BACKUP_CLASS = 'longhorn';

/** Name of a pre-provisioned snapshot's content. Harvester looks only for this name. */
export const contentName = (snapshot: string): string => `${snapshot}-vsc`;

/**
 * Name of the snapshot that a repair creates; each repair appends a suffix. The suffix does not say whether the handle
 * is right.
 */
export const revisedName = (snapshot: string): string => `${snapshot}${REVISED}`;

/** The name that a revised snapshot replaces; `undefined` if it was never revised. */
export const predecessorName = (snapshot: string): string | undefined =>
  snapshot.endsWith(REVISED) && snapshot.length > REVISED.length ? snapshot.slice(0, -REVISED.length) : undefined;

/** Whether a text composed of names is short enough for a name. */
export const fitsName = (text: string): boolean => text.length <= MAX_NAME;

const NAME_FORM = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
/** Whether a text is a valid object name. */
export const isName = (text: string): boolean => fitsName(text) && NAME_FORM.test(text);

/** Whether a revised pair's names would stay within the length limit. */
export const canRevise = (snapshot: string): boolean => fitsName(contentName(revisedName(snapshot)));

/** Every name that this snapshot may have had before repairs, nearest first. */
export function predecessorNames(snapshot: string): readonly string[] {
  const name = predecessorName(snapshot);
  return name === undefined ? NONE : [name, ...predecessorNames(name)];
}
const NONE: readonly string[] = [];

/** States in which Longhorn no longer works on a Backup. */
export const FINAL_BACKUP_STATES: ReadonlySet<string> = new Set(['Completed', 'Error', 'Unknown', 'Deleting']);

/** Name of the Longhorn volume, and PersistentVolume, of a provisioned claim. */
export const volumeNameOf = (claimUid: string): string => `pvc-${claimUid}`;

/** Kubernetes' own, on a claim: the driver that provisions its volume. */
export const PROVISIONER_ANNOTATION = 'volume.kubernetes.io/storage-provisioner';
export const OLD_PROVISIONER_ANNOTATION = 'volume.beta.kubernetes.io/storage-provisioner';
