import { z } from 'zod';
import * as names from '../domain/names.ts';
import { readTarget } from './target.ts';

/**
 * The Kubernetes objects as Gleaner reads them. Each schema keeps only what a decision or a re-creation needs; all else
 * is dropped at the door: a VMBackup's `status.secretBackups` and its VM's cloud-init never get past here.
 */
const text = z.string();
const stringMap = z.record(text, text);

const OwnerReference = z.object({
  apiVersion: text,
  kind: text,
  name: text,
  uid: text,
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

const metadata = {
  name: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: text.nullish(),
  deletionTimestamp: text.nullish(),
  labels: stringMap.nullish(),
  annotations: stringMap.nullish().transform(withoutLastApplied),
  ownerReferences: z.array(OwnerReference).nullish(),
  finalizers: z.array(text).nullish(),
};
const ClusterMeta = z.object(metadata);
const NamespacedMeta = z.object({ ...metadata, namespace: text });

const ObjectError = z.object({ message: text.nullish(), time: text.nullish() });

export const VolumeSnapshotContent = z.object({
  metadata: ClusterMeta,
  spec: z.object({
    driver: text,
    deletionPolicy: z.enum(['Delete', 'Retain']),
    volumeSnapshotClassName: text.nullish(),
    sourceVolumeMode: text.nullish(),
    source: z.object({ snapshotHandle: text.nullish(), volumeHandle: text.nullish() }),
    volumeSnapshotRef: z.object({ name: text, namespace: text, uid: text.nullish() }),
  }),
  status: z
    .object({
      snapshotHandle: text.nullish(),
      readyToUse: z.boolean().nullish(),
      /** Nanoseconds since 1970; of the data only where it was taken on this cluster. */
      creationTime: z.number().nullish(),
      error: ObjectError.nullish(),
    })
    .nullish(),
});

export const VolumeSnapshot = z.object({
  metadata: NamespacedMeta,
  spec: z.object({
    volumeSnapshotClassName: text.nullish(),
    source: z.object({ persistentVolumeClaimName: text.nullish(), volumeSnapshotContentName: text.nullish() }),
  }),
  status: z
    .object({
      boundVolumeSnapshotContentName: text.nullish(),
      readyToUse: z.boolean().nullish(),
      error: ObjectError.nullish(),
    })
    .nullish(),
});

export const VolumeBackup = z.object({
  name: text.nullish(),
  volumeName: text,
  csiDriverName: text.nullish(),
  longhornBackupName: text.nullish(),
  persistentVolumeClaim: z
    .object({
      metadata: z.object({ name: text.nullish(), namespace: text.nullish() }).nullish(),
      spec: z.object({ volumeName: text.nullish() }).nullish(),
    })
    .nullish(),
});

export const VirtualMachineBackup = z.object({
  metadata: NamespacedMeta,
  spec: z.object({ type: text.nullish() }),
  status: z
    .object({
      readyToUse: z.boolean().nullish(),
      /** When it became ready, not when the data is of. */
      creationTime: text.nullish(),
      /** Driver → snapshot class; filled once it is ready. */
      csiDriverVolumeSnapshotClassNames: stringMap.nullish(),
      // Only whether it is there: it carries the VM's spec, cloud-init included.
      source: z
        .unknown()
        .optional()
        .transform((source) => source !== undefined && source !== null),
      volumeBackups: z.array(VolumeBackup).nullish(),
      error: ObjectError.nullish(),
    })
    .nullish(),
});

export const VirtualMachineRestore = z.object({
  metadata: NamespacedMeta,
  spec: z.object({ virtualMachineBackupName: text, virtualMachineBackupNamespace: text.nullish() }),
  status: z
    .object({
      complete: z.boolean().nullish(),
      restores: z
        .array(
          z.object({
            volumeName: text.nullish(),
            volumeBackupName: text.nullish(),
            persistentVolumeClaimSpec: z
              .object({ metadata: z.object({ name: text.nullish(), namespace: text.nullish() }).nullish() })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

export const Backup = z.object({
  metadata: NamespacedMeta,
  /** The CSI snapshot it was taken for; empty where it was found on the target. */
  spec: z.object({ snapshotName: text.nullish() }).nullish(),
  status: z
    .object({
      state: text.nullish(),
      volumeName: text.nullish(),
      snapshotName: text.nullish(),
      backupTargetName: text.nullish(),
      error: text.nullish(),
    })
    .nullish(),
});

export const BackupVolume = z.object({
  metadata: NamespacedMeta,
  spec: z.object({ volumeName: text.nullish(), backupTargetName: text.nullish() }).nullish(),
  status: z.object({ storageClassName: text.nullish() }).nullish(),
});

export const BackupTarget = z.object({
  metadata: NamespacedMeta,
  spec: z.object({ syncRequestedAt: text.nullish() }).nullish(),
  status: z.object({ available: z.boolean().nullish(), lastSyncedAt: text.nullish() }).nullish(),
});

/** The copy on the target of a VM image that volumes were made from. */
export const BackupBackingImage = z.object({
  metadata: NamespacedMeta,
  status: z.object({ state: text.nullish() }).nullish(),
});

const settingAnnotations: readonly string[] = [
  names.HASH_ANNOTATION,
  names.REFRESH_ANNOTATION,
  names.REDISCOVERY_ANNOTATION,
];

/**
 * The value of a Setting never gets past here: of the backup target's, which may hold keys, only what it points at; of
 * any other, nothing. Annotations and labels are anybody's to write into, so only the few that matter are kept.
 */
export const Setting = z
  .object({
    metadata: ClusterMeta,
    value: z.unknown().optional(),
    default: z.unknown().optional(),
    status: z.object({ conditions: z.array(z.object({ type: text, status: text })).nullish() }).nullish(),
  })
  .transform(({ metadata, value, default: byDefault, status }) => ({
    metadata: {
      ...metadata,
      labels: undefined,
      annotations: Object.fromEntries(
        Object.entries(metadata.annotations ?? {}).filter(([key]) => settingAnnotations.includes(key)),
      ),
    },
    target: metadata.name === names.TARGET_SETTING ? readTarget(value || byDefault) : undefined,
    status,
  }));

export const StorageClass = z.object({ metadata: ClusterMeta });

export const PersistentVolumeClaim = z.object({
  metadata: NamespacedMeta,
  spec: z.object({
    dataSource: z.object({ apiGroup: text.nullish(), kind: text, name: text }).nullish(),
    volumeName: text.nullish(),
  }),
  status: z.object({ phase: text.nullish() }).nullish(),
});

export const schemas = {
  VirtualMachineBackup,
  VirtualMachineRestore,
  VolumeSnapshot,
  VolumeSnapshotContent,
  Backup,
  BackupVolume,
  BackupTarget,
  BackupBackingImage,
  Setting,
  StorageClass,
  PersistentVolumeClaim,
};

// kubectl's copy of the applied object repeats whatever was in it, secrets too, and is of no use on a new object.
function withoutLastApplied(annotations: Record<string, string> | null | undefined) {
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration'] === undefined) return annotations;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _dropped, ...rest } = annotations;
  return rest;
}
