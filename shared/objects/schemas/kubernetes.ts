import * as z from 'zod/mini';
import * as names from '../../domain/names.ts';
import { drillsIn } from '../drills.ts';
import { runsGleaner, snapshotterIn } from '../snapshotter.ts';
import { ClusterMeta, Condition, NamespacedMeta, once, stringMap, text } from './shape.ts';

export const PersistentVolumeClaim = () =>
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

export const PersistentVolume = () =>
  z.object({
    metadata: ClusterMeta(),
    spec: z.object({
      csi: z.nullish(z.object({ driver: text, volumeHandle: text })),
      claimRef: z.nullish(z.object({ namespace: z.nullish(text), name: z.nullish(text), uid: z.nullish(text) })),
    }),
  });

export const StorageClass = () =>
  z.object({
    metadata: ClusterMeta(),
    provisioner: z.nullish(text),
    reclaimPolicy: z.nullish(text),
    volumeBindingMode: z.nullish(text),
    parameters: z.pipe(
      z.nullish(stringMap),
      // The rest may contain secrets.
      z.transform((parameters) => ({
        dataEngine: parameters?.['dataEngine'],
        backingImage: parameters?.['backingImage'],
        backingImageDataSourceType: parameters?.['backingImageDataSourceType'],
      })),
    ),
  });

export const CSIDriver = () => z.object({ metadata: ClusterMeta() });

/** Keeps only the drill record: a ConfigMap may contain anything. */
export const ConfigMap = () =>
  z.pipe(
    z.object({ metadata: NamespacedMeta(), data: z.optional(z.unknown()) }),
    z.transform(({ metadata: own, data }) => ({
      metadata: own,
      /** Whether there is any data: JSON patch cannot add to a missing map. */
      filled: typeof data === 'object' && data !== null,
      drills: own.name === names.DRILL_RECORD ? drillsIn(data) : {},
    })),
  );

export const Namespace = () =>
  z.object({
    metadata: ClusterMeta(),
    status: z.nullish(z.object({ phase: z.nullish(text) })),
  });

const amounts = once(() => z.nullish(z.record(text, z.union([text, z.number()]))));

export const ResourceQuota = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(
      z.object({ hard: amounts(), scopes: z.nullish(z.array(text)), scopeSelector: z.optional(z.unknown()) }),
    ),
    status: z.nullish(z.object({ hard: amounts(), used: amounts() })),
  });

export const LimitRange = () =>
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

/** The progress of a pod. */
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

/** Keeps of the spec only whether it runs a csi-snapshotter, and for which drivers. */
export const Pod = () =>
  z.pipe(
    z.object({ metadata: NamespacedMeta(), spec: z.optional(z.unknown()), status: z.nullish(PodStatus()) }),
    z.transform(({ metadata, spec, status }) => ({
      metadata,
      status,
      snapshotter: snapshotterIn(spec),
      ready: status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
    })),
  );

export const Deployment = () =>
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
      // Scaled to zero counts as absent.
      snapshotter: spec?.replicas === 0 ? undefined : snapshotterIn(spec?.template?.spec),
      ready: (status?.readyReplicas ?? 0) > 0,
    })),
  );

export const Lease = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(z.object({ holderIdentity: z.nullish(text), renewTime: z.nullish(text) })),
  });

/** Keeps of the template only whether it runs Gleaner: arguments and variables may be secret. */
export const CronJob = () =>
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

/** The clock of a function's sweeps. */
export const PingSource = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.nullish(z.object({ schedule: z.nullish(text) })),
  });
