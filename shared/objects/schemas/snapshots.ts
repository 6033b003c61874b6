import * as z from 'zod/mini';
import { ClusterMeta, NamespacedMeta, ObjectError, stringMap, text } from './shape.ts';

export const VolumeSnapshotContent = () =>
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
        /** Nanoseconds since the epoch. The time of the data only if it was taken on this cluster. */
        creationTime: z.nullish(z.number()),
        error: z.nullish(ObjectError()),
      }),
    ),
  });

export const VolumeSnapshot = () =>
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

export const VolumeSnapshotClass = () =>
  z.object({
    metadata: ClusterMeta(),
    driver: text,
    deletionPolicy: z.nullish(text),
    parameters: z.pipe(
      z.nullish(stringMap),
      z.transform((parameters) => ({ type: parameters?.['type'] })),
    ),
  });
