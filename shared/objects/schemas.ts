import { z } from 'zod';

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

const Condition = z.object({ type: text, status: text, reason: text.nullish(), message: text.nullish() });
/** An `ObjectReference`. */
const Regarding = z.object({
  kind: text.nullish(),
  name: text.nullish(),
  namespace: text.nullish(),
  uid: text.nullish(),
});
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
    .object({ snapshotHandle: text.nullish(), readyToUse: z.boolean().nullish(), error: ObjectError.nullish() })
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
      backupTarget: z
        .object({ endpoint: text.nullish(), bucketName: text.nullish(), bucketRegion: text.nullish() })
        .nullish(),
      conditions: z.array(Condition).nullish(),
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
  spec: z.object({
    target: z.object({ kind: text.nullish(), name: text }).nullish(),
    virtualMachineBackupName: text,
    virtualMachineBackupNamespace: text.nullish(),
    newVM: z.boolean().nullish(),
    keepMacAddress: z.boolean().nullish(),
  }),
  status: z
    .object({
      complete: z.boolean().nullish(),
      conditions: z.array(Condition).nullish(),
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
  status: z
    .object({
      state: text.nullish(),
      volumeName: text.nullish(),
      snapshotName: text.nullish(),
      /** Bytes on the target. */
      size: text.nullish(),
      /** Bytes of the volume. */
      volumeSize: text.nullish(),
      labels: stringMap.nullish(),
      backupTargetName: text.nullish(),
      error: text.nullish(),
    })
    .nullish(),
});

export const BackupVolume = z.object({
  metadata: NamespacedMeta,
  spec: z.object({ volumeName: text.nullish(), backupTargetName: text.nullish() }).nullish(),
});

export const BackupTarget = z.object({
  metadata: NamespacedMeta,
  spec: z.object({ backupTargetURL: text.nullish() }).nullish(),
  status: z
    .object({
      available: z.boolean().nullish(),
      lastSyncedAt: text.nullish(),
      conditions: z.array(Condition).nullish(),
    })
    .nullish(),
});

export const PersistentVolumeClaim = z.object({
  metadata: NamespacedMeta,
  spec: z.object({
    dataSource: z.object({ apiGroup: text.nullish(), kind: text, name: text }).nullish(),
    volumeName: text.nullish(),
  }),
  status: z.object({ phase: text.nullish() }).nullish(),
});

export const Event = z.object({
  metadata: NamespacedMeta,
  reason: text.nullish(),
  type: text.nullish(),
  note: text.nullish(),
  eventTime: text.nullish(),
  deprecatedLastTimestamp: text.nullish(),
  regarding: Regarding.nullish(),
  series: z.object({ count: z.number(), lastObservedTime: text.nullish() }).nullish(),
});

/** `PolicyReport` and `Report` have the same fields, as far as Gleaner fills them. */
const ReportObject = z.object({
  metadata: NamespacedMeta,
  scope: Regarding.nullish(),
  summary: z.object({ fail: z.number().nullish(), warn: z.number().nullish() }).nullish(),
  results: z
    .array(
      z.object({
        rule: text.nullish(),
        result: text.nullish(),
        message: text.nullish(),
        properties: stringMap.nullish(),
        timestamp: z.object({ seconds: z.number(), nanos: z.number() }).nullish(),
      }),
    )
    .nullish(),
});
export const PolicyReport = ReportObject;
export const Report = ReportObject;

export const schemas = {
  VirtualMachineBackup,
  VirtualMachineRestore,
  VolumeSnapshot,
  VolumeSnapshotContent,
  Backup,
  BackupVolume,
  BackupTarget,
  PersistentVolumeClaim,
  Event,
  PolicyReport,
  Report,
};

// kubectl's copy of the applied object repeats whatever was in it, secrets too, and is of no use on a new object.
function withoutLastApplied(annotations: Record<string, string> | null | undefined) {
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration'] === undefined) return annotations;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _dropped, ...rest } = annotations;
  return rest;
}
