import { kinds } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Action, NewSnapshot } from '../plan/action.ts';
import type { Mark, NewClaim, NewNamespace, NewPod } from '../plan/scratch-action.ts';
import type { WantedPods } from './namespace-capacity.ts';

/** The objects that a run creates. Pure: each function returns a manifest; `create` wraps it into an action. */

export const create = (object: Extract<Action, { do: 'create' }>['object']): Action => ({ do: 'create', object });

/** Creates the namespace if it is missing. It is not removed after a run. */
export const createNamespace = (name: string, found: object | undefined): Action[] => {
  const object: NewNamespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER } },
  };
  return found === undefined ? [create(object)] : [];
};

/** Metadata of an object of a run. The mark identifies it later; objects without it are never deleted. */
export const scratchMeta = (mark: Mark, name: string, annotations: Readonly<Record<string, string>>) => ({
  name,
  labels: { [mark.label]: mark.value, [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER },
  annotations,
});

type Meta = ReturnType<typeof scratchMeta> & { readonly namespace: string };

/** Keeps the volume out of Longhorn's default group, whose recurring jobs would back it up to the target. */
const noRecurringJobs = {
  'recurring-job.longhorn.io/source': 'enabled',
  'recurring-job-group.longhorn.io/gleaner-drill': 'enabled',
};

/**
 * A claim. `storage`: as in `resources.requests`. `snapshot`: the source of its data; undefined for an empty volume.
 */
export const scratchClaim = (
  metadata: Meta,
  storage: string,
  snapshot: string | undefined,
  spec: Pick<NewClaim['spec'], 'storageClassName' | 'volumeMode' | 'accessModes'>,
): NewClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { ...metadata, labels: { ...metadata.labels, ...noRecurringJobs } },
  spec: {
    ...spec,
    resources: { requests: { storage } },
    ...(snapshot !== undefined && {
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot' as const, name: snapshot },
    }),
  },
});

export const scratchSnapshot = (
  metadata: Meta,
  volumeSnapshotClassName: string,
  source: NewSnapshot['spec']['source'],
): NewSnapshot => ({
  apiVersion: kinds.VolumeSnapshot.apiVersion,
  kind: 'VolumeSnapshot',
  metadata,
  spec: { volumeSnapshotClassName, source },
});

/** Requests of a pod that only waits, or reads one volume. */
const REQUESTS = { cpu: '10m', memory: '16Mi' } as const;

export interface PodLimits {
  readonly cpu: string;
  readonly memory: string;
}

/** `count` such pods, for the check of quotas and limits. `what`: one of them with its article, for messages. */
export const scratchPods = (what: string, count: number, limits: PodLimits): WantedPods => ({
  what,
  type: 'pod',
  count,
  requests: REQUESTS,
  limits: { ...limits },
});

export interface ContainerShape {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly limits: PodLimits;
  /** Added to the security context of every container of a run, which takes precedence. */
  readonly securityContext?: object;
  readonly [field: string]: unknown;
}

/**
 * A pod that uses the claim of its own name at `path`, as a device if `Block`. It runs once, mounts only this volume,
 * has a read-only root file system, and no privileges beyond its own `securityContext`.
 */
export const scratchPod = (
  metadata: Meta,
  { volumeMode, path }: { readonly volumeMode: 'Block' | 'Filesystem'; readonly path: string },
  { securityContext, limits, ...container }: ContainerShape,
): NewPod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        ...container,
        resources: { requests: REQUESTS, limits },
        securityContext: {
          ...securityContext,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        ...(volumeMode === 'Block'
          ? { volumeDevices: [{ name: 'volume', devicePath: path }] }
          : { volumeMounts: [{ name: 'volume', mountPath: path }] }),
      },
    ],
    volumes: [{ name: 'volume', persistentVolumeClaim: { claimName: metadata.name } }],
  },
});
