import * as z from 'zod/mini';
import * as names from '../domain/names.ts';
import { drillsIn } from './drills.ts';
import { readDrivers } from './drivers.ts';
import { claimsIn, leftOutIn, machineIn } from './machine.ts';
import { runsGleaner, snapshotterIn } from './snapshotter.ts';
import { readTarget, urlWithoutUser, withoutUser } from './target.ts';

/**
 * The Kubernetes objects as Gleaner reads them. Each schema keeps only what a decision or a re-creation needs; all else
 * is dropped at the door: a VMBackup's `status.secretBackups` and its VM's cloud-init never get past here.
 * Each is built when it is first needed: together they take longer than all else that a cold start does.
 */
const text = z.string();
/** A text of which only a part passes. */
const textBut = (part: (whole: string) => string) =>
  z.pipe(
    z.nullish(text),
    z.transform((whole) => whole && part(whole)),
  );
const stringMap = z.record(text, text);

const OwnerReference = once(() =>
  z.object({
    apiVersion: text,
    kind: text,
    name: text,
    uid: text,
    controller: z.optional(z.boolean()),
    blockOwnerDeletion: z.optional(z.boolean()),
  }),
);

const metadata = once(() => ({
  name: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: z.nullish(text),
  deletionTimestamp: z.nullish(text),
  labels: z.nullish(stringMap),
  annotations: z.pipe(z.nullish(stringMap), z.transform(withoutLastApplied)),
  ownerReferences: z.nullish(z.array(OwnerReference())),
  finalizers: z.nullish(z.array(text)),
}));
const ClusterMeta = once(() => z.object(metadata()));
const NamespacedMeta = once(() => z.object({ ...metadata(), namespace: text }));

const Condition = once(() => z.object({ type: text, status: text, reason: z.nullish(text), message: z.nullish(text) }));
/** Harvester's own. */
const UpdatedCondition = once(() =>
  z.object({ ...Condition().shape, lastUpdateTime: z.nullish(text), lastTransitionTime: z.nullish(text) }),
);
const DatedCondition = once(() =>
  z.object({
    type: text,
    status: text,
    reason: z.nullish(text),
    lastProbeTime: z.nullish(text),
    lastTransitionTime: z.nullish(text),
  }),
);
/** An `ObjectReference`. */
const Regarding = once(() =>
  z.object({
    kind: z.nullish(text),
    name: z.nullish(text),
    namespace: z.nullish(text),
    uid: z.nullish(text),
  }),
);
const ObjectError = once(() => z.object({ message: z.nullish(text), time: z.nullish(text) }));

const VolumeSnapshotContent = () =>
  z.object({
    metadata: ClusterMeta(),
    spec: z.object({
      driver: text,
      deletionPolicy: z.enum(['Delete', 'Retain']),
      volumeSnapshotClassName: z.nullish(text),
      sourceVolumeMode: z.nullish(text),
      source: z.object({ snapshotHandle: z.nullish(text), volumeHandle: z.nullish(text) }),
      volumeSnapshotRef: z.object({ name: text, namespace: text, uid: z.nullish(text) }),
    }),
    status: z.nullish(
      z.object({
        snapshotHandle: z.nullish(text),
        readyToUse: z.nullish(z.boolean()),
        /** Nanoseconds since 1970; of the data only where it was taken on this cluster. */
        creationTime: z.nullish(z.number()),
        error: z.nullish(ObjectError()),
      }),
    ),
  });

const VolumeSnapshot = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      volumeSnapshotClassName: z.nullish(text),
      source: z.object({ persistentVolumeClaimName: z.nullish(text), volumeSnapshotContentName: z.nullish(text) }),
    }),
    status: z.nullish(
      z.object({
        boundVolumeSnapshotContentName: z.nullish(text),
        readyToUse: z.nullish(z.boolean()),
        creationTime: z.nullish(text),
        error: z.nullish(ObjectError()),
      }),
    ),
  });

const VolumeBackup = () =>
  z.object({
    name: z.nullish(text),
    volumeName: text,
    csiDriverName: z.nullish(text),
    longhornBackupName: z.nullish(text),
    volumeSize: z.nullish(z.number()),
    persistentVolumeClaim: z.nullish(
      z.object({
        metadata: z.nullish(
          z.object({ name: z.nullish(text), namespace: z.nullish(text), annotations: z.nullish(stringMap) }),
        ),
        spec: z.nullish(
          z.object({
            volumeName: z.nullish(text),
            storageClassName: z.nullish(text),
            volumeMode: z.nullish(text),
            accessModes: z.nullish(z.array(text)),
            resources: z.nullish(z.object({ requests: z.nullish(z.record(text, z.union([text, z.number()]))) })),
          }),
        ),
      }),
    ),
  });

const VirtualMachineBackup = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      type: z.nullish(text),
      source: z.nullish(z.object({ name: z.nullish(text) })),
      /** How long a freeze may last; Harvester 1.9 and later, before that a second. */
      fsFreezeDeadline: z.nullish(text),
    }),
    status: z.nullish(
      z.object({
        /** Uid of the VM; only where the backup was taken on this cluster. */
        sourceUID: z.nullish(text),
        readyToUse: z.nullish(z.boolean()),
        /** When it became ready, not when the data is of: that is older. */
        creationTime: z.nullish(text),
        /** Driver → snapshot class; filled once it is ready. */
        csiDriverVolumeSnapshotClassNames: z.nullish(stringMap),
        backupTarget: z.nullish(
          z.object({ endpoint: textBut(withoutUser), bucketName: z.nullish(text), bucketRegion: z.nullish(text) }),
        ),
        conditions: z.nullish(z.array(UpdatedCondition())),
        // It carries the VM's spec, cloud-init included: nothing of it passes but what a restore may clash with.
        source: z.pipe(z.optional(z.unknown()), z.transform(machineIn)),
        // Names only: the data beside them is the VM's passwords.
        secretBackups: z.nullish(z.array(z.object({ name: z.nullish(text) }))),
        volumeBackups: z.nullish(z.array(VolumeBackup())),
        error: z.nullish(ObjectError()),
      }),
    ),
  });

const VirtualMachineRestore = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      target: z.nullish(z.object({ kind: z.nullish(text), name: text })),
      virtualMachineBackupName: text,
      virtualMachineBackupNamespace: z.nullish(text),
      newVM: z.nullish(z.boolean()),
      keepMacAddress: z.nullish(z.boolean()),
      /** What happens to the volumes of a VM that is restored over. */
      deletionPolicy: z.nullish(text),
    }),
    status: z.nullish(
      z.object({
        complete: z.nullish(z.boolean()),
        conditions: z.nullish(z.array(Condition())),
        restores: z.nullish(
          z.array(
            z.object({
              volumeName: z.nullish(text),
              volumeBackupName: z.nullish(text),
              persistentVolumeClaimSpec: z.nullish(
                z.object({ metadata: z.nullish(z.object({ name: z.nullish(text), namespace: z.nullish(text) })) }),
              ),
            }),
          ),
        ),
      }),
    ),
  });

/** A guest cluster's backup of one volume, in Harvester 1.8 and later. */
const VolumeRemoteBackup = () =>
  z.object({
    metadata: NamespacedMeta(),
    status: z.nullish(z.object({ handle: z.nullish(text) })),
  });

const Backup = () =>
  z.object({
    metadata: NamespacedMeta(),
    /** The CSI snapshot it was taken for; empty where it was found on the target. */
    spec: z.nullish(z.object({ snapshotName: z.nullish(text), labels: z.nullish(stringMap) })),
    status: z.nullish(
      z.object({
        state: z.nullish(text),
        volumeName: z.nullish(text),
        snapshotName: z.nullish(text),
        /** Bytes on the target. */
        size: z.nullish(text),
        /** Bytes of the volume. */
        volumeSize: z.nullish(text),
        labels: z.nullish(stringMap),
        backupCreatedAt: z.nullish(text),
        snapshotCreatedAt: z.nullish(text),
        backupTargetName: z.nullish(text),
        error: z.nullish(text),
      }),
    ),
  });

const BackupVolume = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(
      z.object({
        volumeName: z.nullish(text),
        backupTargetName: z.nullish(text),
        syncRequestedAt: z.nullish(text),
      }),
    ),
    status: z.nullish(z.object({ storageClassName: z.nullish(text), lastSyncedAt: z.nullish(text) })),
  });

const BackupTarget = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(
      z.object({
        backupTargetURL: textBut(urlWithoutUser),
        syncRequestedAt: z.nullish(text),
        pollInterval: z.nullish(text),
      }),
    ),
    status: z.nullish(
      z.object({
        available: z.nullish(z.boolean()),
        lastSyncedAt: z.nullish(text),
        conditions: z.nullish(z.array(Condition())),
      }),
    ),
  });

/** The copy on the target of a VM image that volumes were made from. */
const BackupBackingImage = () =>
  z.object({
    metadata: NamespacedMeta(),
    status: z.nullish(z.object({ state: z.nullish(text), backingImage: z.nullish(text) })),
  });

const settingAnnotations: readonly string[] = [
  names.HASH_ANNOTATION,
  names.REFRESH_ANNOTATION,
  names.REDISCOVERY_ANNOTATION,
];

/**
 * The value of a Setting never gets past here: of the backup target's, which may hold keys, only what it points at; of
 * any other, nothing, but for Harvester's version and the names in its list of drivers. Annotations and labels are anybody's to write into, so only the few that matter are kept.
 */
/** Settings whose value may be seen as it is. */
const plainSettings: readonly string[] = [names.VERSION_SETTING, names.CLASS_SETTING];
const Setting = () =>
  z.pipe(
    z.object({
      metadata: ClusterMeta(),
      value: z.optional(z.unknown()),
      default: z.optional(z.unknown()),
      status: z.nullish(z.object({ conditions: z.nullish(z.array(z.object({ type: text, status: text }))) })),
    }),
    z.transform(({ metadata, value, default: byDefault, status }) => ({
      metadata: {
        ...metadata,
        labels: undefined,
        /** Whether there are any at all. */
        annotated: metadata.annotations !== undefined && metadata.annotations !== null,
        annotations: Object.fromEntries(
          Object.entries(metadata.annotations ?? {}).filter(([key]) => settingAnnotations.includes(key)),
        ),
      },
      value: plainSettings.includes(metadata.name) ? textIn(value) || textIn(byDefault) : undefined,
      target: metadata.name === names.TARGET_SETTING ? readTarget(value || byDefault) : undefined,
      drivers:
        metadata.name === names.DRIVERS_SETTING
          ? { value: readDrivers(value), default: readDrivers(byDefault) }
          : undefined,
      status,
    })),
  );

const PersistentVolumeClaim = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      dataSource: z.nullish(z.object({ apiGroup: z.nullish(text), kind: text, name: text })),
      volumeName: z.nullish(text),
      storageClassName: z.nullish(text),
      volumeMode: z.nullish(text),
    }),
    status: z.nullish(z.object({ phase: z.nullish(text) })),
  });

/** Longhorn's, of a volume; Harvester looks here for which of the two kinds it is. */
const Engine = () =>
  z.object({ metadata: NamespacedMeta(), spec: z.nullish(z.object({ dataEngine: z.nullish(text) })) });

/** A volume of Longhorn's, as far as its engine and restoring it go. */
const Volume = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({ size: z.nullish(text), fromBackup: z.nullish(text), dataEngine: z.nullish(text) }),
    status: z.nullish(
      z.object({
        restoreRequired: z.nullish(z.boolean()),
        restoreInitiated: z.nullish(z.boolean()),
        /** Of a volume that is made from a snapshot of another: `completed` once it has its data. */
        cloneStatus: z.nullish(z.object({ state: z.nullish(text) })),
        conditions: z.nullish(
          z.array(
            z.object({
              type: text,
              reason: z.nullish(text),
              message: z.nullish(text),
              lastTransitionTime: z.nullish(text),
            }),
          ),
        ),
        kubernetesStatus: z.nullish(
          z.object({ namespace: z.nullish(text), pvcName: z.nullish(text), lastPVCRefAt: z.nullish(text) }),
        ),
      }),
    ),
  });

/** Anything may be in a ConfigMap: only the record of the drills gets past here. */
const ConfigMap = () =>
  z.pipe(
    z.object({ metadata: NamespacedMeta(), data: z.optional(z.unknown()) }),
    z.transform(({ metadata: own, data }) => ({
      metadata: own,
      /** Whether there is any data: JSON patch cannot add to a map that is not there. */
      filled: typeof data === 'object' && data !== null,
      drills: own.name === names.DRILL_RECORD ? drillsIn(data) : {},
    })),
  );

const Namespace = () =>
  z.object({
    metadata: ClusterMeta(),
    status: z.nullish(z.object({ phase: z.nullish(text) })),
  });

const amounts = once(() => z.nullish(z.record(text, z.union([text, z.number()]))));
const ResourceQuota = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(
      z.object({ hard: amounts(), scopes: z.nullish(z.array(text)), scopeSelector: z.optional(z.unknown()) }),
    ),
    status: z.nullish(z.object({ hard: amounts(), used: amounts() })),
  });
const LimitRange = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      limits: z.array(
        z.object({
          type: text,
          min: amounts(),
          max: amounts(),
          default: amounts(),
          defaultRequest: amounts(),
          maxLimitRequestRatio: amounts(),
        }),
      ),
    }),
  });
const BackingImage = () => z.object({ metadata: NamespacedMeta() });

const StorageClass = () =>
  z.object({
    metadata: ClusterMeta(),
    provisioner: z.nullish(text),
    reclaimPolicy: z.nullish(text),
    volumeBindingMode: z.nullish(text),
    parameters: z.pipe(
      z.nullish(stringMap),
      // The rest may name secrets.
      z.transform((parameters) => ({
        dataEngine: parameters?.['dataEngine'],
        backingImage: parameters?.['backingImage'],
        backingImageDataSourceType: parameters?.['backingImageDataSourceType'],
      })),
    ),
  });
const VolumeSnapshotClass = () =>
  z.object({
    metadata: ClusterMeta(),
    driver: text,
    deletionPolicy: z.nullish(text),
    parameters: z.pipe(
      z.nullish(stringMap),
      z.transform((parameters) => ({ type: parameters?.['type'] })),
    ),
  });
const CSIDriver = () => z.object({ metadata: ClusterMeta() });
const NetworkAttachmentDefinition = () => z.object({ metadata: NamespacedMeta() });
const VirtualMachineImage = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(z.object({ displayName: z.nullish(text), url: z.nullish(text) })),
    status: z.nullish(z.object({ conditions: z.nullish(z.array(z.object({ type: text, status: text }))) })),
  });

const PersistentVolume = () =>
  z.object({
    metadata: ClusterMeta(),
    spec: z.object({
      csi: z.nullish(z.object({ driver: text, volumeHandle: text })),
      claimRef: z.nullish(z.object({ namespace: z.nullish(text), name: z.nullish(text), uid: z.nullish(text) })),
    }),
  });

/** How far a pod is. */
const PodStatus = once(() =>
  z.object({
    phase: z.nullish(text),
    conditions: z.nullish(z.array(Condition())),
    containerStatuses: z.nullish(
      z.array(
        z.object({
          state: z.nullish(
            z.object({
              waiting: z.nullish(z.object({ reason: z.nullish(text) })),
              terminated: z.nullish(z.object({ message: z.nullish(text) })),
            }),
          ),
        }),
      ),
    ),
  }),
);
/** Of the spec of pods and deployments only this: whether they run a csi-snapshotter, and for which drivers. */
const Pod = () =>
  z.pipe(
    z.object({ metadata: NamespacedMeta(), spec: z.optional(z.unknown()), status: z.nullish(PodStatus()) }),
    z.transform(({ metadata, spec, status }) => ({
      metadata,
      status,
      snapshotter: snapshotterIn(spec),
      ready: status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
    })),
  );
const Deployment = () =>
  z.pipe(
    z.object({
      metadata: NamespacedMeta(),
      spec: z.nullish(
        z.object({
          replicas: z.nullish(z.number()),
          template: z.nullish(z.object({ spec: z.optional(z.unknown()) })),
        }),
      ),
      status: z.nullish(z.object({ readyReplicas: z.nullish(z.number()) })),
    }),
    z.transform(({ metadata: { name, namespace, uid, resourceVersion }, spec, status }) => ({
      metadata: { name, namespace, uid, resourceVersion, labels: undefined, annotations: undefined },
      // Scaled to nothing, it is as if it were not there.
      snapshotter: spec?.replicas === 0 ? undefined : snapshotterIn(spec?.template?.spec),
      ready: (status?.readyReplicas ?? 0) > 0,
    })),
  );

const Lease = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(z.object({ holderIdentity: z.nullish(text), renewTime: z.nullish(text) })),
  });

const VirtualMachine = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.pipe(
      z.unknown(),
      z.transform((spec) => ({ ...machineIn({ spec }), claims: claimsIn(spec), leftOut: leftOutIn(spec) })),
    ),
    status: z.nullish(
      z.object({
        printableStatus: z.nullish(text),
        ready: z.nullish(z.boolean()),
        conditions: z.nullish(z.array(DatedCondition())),
      }),
    ),
  });

/** A VM while it runs. Nothing of its spec passes: that may hold cloud-init with passwords in it. */
const VirtualMachineInstance = () =>
  z.object({
    metadata: NamespacedMeta(),
    status: z.nullish(
      z.object({
        phase: z.nullish(text),
        /** When it entered each phase, for the first time. */
        phaseTransitionTimestamps: z.nullish(
          z.array(z.object({ phase: z.nullish(text), phaseTransitionTimestamp: z.nullish(text) })),
        ),
        conditions: z.nullish(z.array(DatedCondition())),
        /** `frozen`, or empty. */
        fsFreezeStatus: z.nullish(text),
        interfaces: z.nullish(z.array(z.object({ mac: z.nullish(text) }))),
      }),
    ),
  });

/** Of what a cron job does only whether it is Gleaner: arguments and variables may be secret. */
const CronJob = () =>
  z.pipe(
    z.object({
      metadata: NamespacedMeta(),
      spec: z.nullish(
        z.object({
          schedule: z.nullish(text),
          suspend: z.nullish(z.boolean()),
          jobTemplate: z.optional(z.unknown()),
        }),
      ),
    }),
    z.transform(({ metadata: { name, namespace, uid, resourceVersion }, spec }) => ({
      metadata: { name, namespace, uid, resourceVersion, labels: undefined, annotations: undefined },
      schedule: spec?.schedule ?? undefined,
      runsGleaner: spec?.suspend !== true && runsGleaner(spec?.jobTemplate),
    })),
  );

/** What has Knative look at everything from time to time. */
const PingSource = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(z.object({ schedule: z.nullish(text) })),
  });

const ScheduleVMBackup = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({ suspend: z.nullish(z.boolean()) }),
  });

const Event = () =>
  z.object({
    metadata: NamespacedMeta(),
    reason: z.nullish(text),
    type: z.nullish(text),
    note: z.nullish(text),
    eventTime: z.nullish(text),
    deprecatedLastTimestamp: z.nullish(text),
    regarding: z.nullish(Regarding()),
    series: z.nullish(z.object({ count: z.number(), lastObservedTime: z.nullish(text) })),
  });

/** `PolicyReport` and `Report` have the same fields, as far as Gleaner fills them. */
const report = once(() => ({
  scope: z.nullish(Regarding()),
  summary: z.nullish(z.object({ fail: z.nullish(z.number()), warn: z.nullish(z.number()) })),
  results: z.nullish(
    z.array(
      z.object({
        rule: z.nullish(text),
        result: z.nullish(text),
        message: z.nullish(text),
        properties: z.nullish(stringMap),
        timestamp: z.nullish(z.object({ seconds: z.number(), nanos: z.number() })),
      }),
    ),
  ),
}));
const PolicyReport = () => z.object({ metadata: NamespacedMeta(), ...report() });
const Report = PolicyReport;
const ClusterPolicyReport = () => z.object({ metadata: ClusterMeta(), ...report() });
const ClusterReport = ClusterPolicyReport;

export const schemas = lazily({
  VirtualMachineBackup,
  VirtualMachineRestore,
  VolumeRemoteBackup,
  VolumeSnapshot,
  VolumeSnapshotContent,
  VolumeSnapshotClass,
  Backup,
  BackupVolume,
  BackupTarget,
  BackingImage,
  BackupBackingImage,
  Volume,
  Engine,
  PersistentVolumeClaim,
  PersistentVolume,
  Pod,
  ConfigMap,
  Deployment,
  Lease,
  Namespace,
  ResourceQuota,
  LimitRange,
  StorageClass,
  CSIDriver,
  VirtualMachine,
  NetworkAttachmentDefinition,
  VirtualMachineInstance,
  VirtualMachineImage,
  ScheduleVMBackup,
  Setting,
  Event,
  PolicyReport,
  Report,
  ClusterPolicyReport,
  ClusterReport,
  CronJob,
  PingSource,
});

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

// kubectl's copy of the applied object repeats whatever was in it, secrets too, and is of no use on a new object.
function withoutLastApplied(annotations: Record<string, string> | null | undefined) {
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration'] === undefined) return annotations;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _dropped, ...rest } = annotations;
  return rest;
}

function once<T>(build: () => T): () => T {
  let built: T | undefined;
  return () => (built ??= build());
}

function lazily<T extends Record<string, () => unknown>>(builders: T): { readonly [K in keyof T]: ReturnType<T[K]> } {
  const lazy = {};
  for (const [kind, build] of Object.entries(builders)) {
    Object.defineProperty(lazy, kind, { enumerable: true, get: once(build) });
  }
  return lazy as { readonly [K in keyof T]: ReturnType<T[K]> };
}
