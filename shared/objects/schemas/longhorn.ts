import * as z from 'zod/mini';
import { urlWithoutUser } from '../target.ts';
import { Condition, NamespacedMeta, stringMap, text, textBut } from './shape.ts';

export const Backup = () =>
  z.object({
    metadata: NamespacedMeta(),
    /** The CSI snapshot it was taken for; empty if it was found on the target. */
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

export const BackupVolume = () =>
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

export const BackupTarget = () =>
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

/** The copy of a VM image on the target. */
export const BackupBackingImage = () =>
  z.object({
    metadata: NamespacedMeta(),
    status: z.nullish(z.object({ state: z.nullish(text), backingImage: z.nullish(text) })),
  });

export const BackingImage = () => z.object({ metadata: NamespacedMeta() });

/** The engine of a volume. Harvester reads the volume's data engine from it. */
export const Engine = () =>
  z.object({ metadata: NamespacedMeta(), spec: z.nullish(z.object({ dataEngine: z.nullish(text) })) });

/** A Longhorn volume: its engine and the state of its restore. */
export const Volume = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.object({ size: z.nullish(text), fromBackup: z.nullish(text), dataEngine: z.nullish(text) }),
    status: z.nullish(
      z.object({
        restoreRequired: z.nullish(z.boolean()),
        restoreInitiated: z.nullish(z.boolean()),
        /** Only for a volume cloned from a snapshot: `completed` once it has its data. */
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
