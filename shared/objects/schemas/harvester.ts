import * as z from 'zod/mini';
import * as names from '../../domain/names.ts';
import { readDrivers } from '../drivers.ts';
import { vmSpecIn } from '../vm-spec.ts';
import { readTarget, withoutUser } from '../target.ts';
import {
  ClusterMeta,
  Condition,
  NamespacedMeta,
  ObjectError,
  UpdatedCondition,
  stringMap,
  text,
  textBut,
  textIn,
} from './shape.ts';

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

export const VirtualMachineBackup = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      type: z.nullish(text),
      source: z.nullish(z.object({ name: z.nullish(text) })),
      /** How long a freeze may last. Since Harvester 1.9; before, one second. */
      fsFreezeDeadline: z.nullish(text),
    }),
    status: z.nullish(
      z.object({
        /** Uid of the VM; only if the backup was taken on this cluster. */
        sourceUID: z.nullish(text),
        readyToUse: z.nullish(z.boolean()),
        /** When it became ready. The data is older. */
        creationTime: z.nullish(text),
        /** Driver → snapshot class; set once it is ready. */
        csiDriverVolumeSnapshotClassNames: z.nullish(stringMap),
        backupTarget: z.nullish(
          z.object({ endpoint: textBut(withoutUser), bucketName: z.nullish(text), bucketRegion: z.nullish(text) }),
        ),
        conditions: z.nullish(z.array(UpdatedCondition())),
        // Contains the VM's spec with its cloud-init: keep only what a restore may conflict with.
        source: z.pipe(z.optional(z.unknown()), z.transform(vmSpecIn)),
        // Names only: the rest contains the VM's passwords.
        secretBackups: z.nullish(z.array(z.object({ name: z.nullish(text) }))),
        volumeBackups: z.nullish(z.array(VolumeBackup())),
        error: z.nullish(ObjectError()),
      }),
    ),
  });

export const VirtualMachineRestore = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({
      target: z.nullish(z.object({ kind: z.nullish(text), name: text })),
      virtualMachineBackupName: text,
      virtualMachineBackupNamespace: z.nullish(text),
      newVM: z.nullish(z.boolean()),
      keepMacAddress: z.nullish(z.boolean()),
      /** What happens to the old volumes of a VM that is replaced. */
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
export const VolumeRemoteBackup = () =>
  z.object({
    metadata: NamespacedMeta(),
    status: z.nullish(z.object({ handle: z.nullish(text) })),
  });

export const VirtualMachineImage = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(z.object({ displayName: z.nullish(text), url: z.nullish(text) })),
    status: z.nullish(z.object({ conditions: z.nullish(z.array(z.object({ type: text, status: text }))) })),
  });

export const ScheduleVMBackup = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({ suspend: z.nullish(z.boolean()) }),
  });

const settingAnnotations: readonly string[] = [
  names.HASH_ANNOTATION,
  names.REFRESH_ANNOTATION,
  names.REDISCOVERY_ANNOTATION,
];

/** Settings whose value is kept as it is. */
const plainSettings: readonly string[] = [names.VERSION_SETTING, names.CLASS_SETTING];

/**
 * Drops the value of a Setting, with three exceptions: where the backup target points (its value may hold keys), the
 * plain settings above, and the names in the list of CSI drivers. Anybody may write annotations and labels, so only
 * known annotations are kept.
 */
export const Setting = () =>
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
        /** Whether the object has any annotations. */
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
