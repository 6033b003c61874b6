import { kinds } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Action, NewSnapshot } from '../plan/action.ts';
import type { Mark, NewClaim, NewNamespace, NewPod } from '../plan/scratch-action.ts';
import type { WantedPods } from './namespace-capacity.ts';

/** The objects that a run creates. Pure: each function returns a manifest, and `create` makes the action of it. */

export const create = (object: Extract<Action, { do: 'create' }>['object']): Action => ({ do: 'create', object });

/** Creates the namespace where it is missing. It stays when a run is over. */
export const createNamespace = (name: string, found: object | undefined): Action[] => {
  const object: NewNamespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER } },
  };
  return found === undefined ? [create(object)] : [];
};

/** Metadata of an object of a run. By the mark it is found again, and only with it is it ever deleted. */
export const scratchMeta = (mark: Mark, name: string, annotations: Readonly<Record<string, string>>) => ({
  name,
  labels: { [mark.label]: mark.value, [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER },
  annotations,
});

type Meta = ReturnType<typeof scratchMeta> & { readonly namespace: string };

/** Without these labels Longhorn puts the volume into its default group, whose jobs would back it up to the target. */
const noRecurringJobs = {
  'recurring-job.longhorn.io/source': 'enabled',
  'recurring-job-group.longhorn.io/gleaner-drill': 'enabled',
};

/** `storage` as in `resources.requests`; `snapshot` is the one whose data the claim gets, else it is empty. */
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

/** What a pod asks for: it only waits, or reads one volume from end to end. */
const REQUESTS = { cpu: '10m', memory: '16Mi' } as const;

export interface PodLimits {
  readonly cpu: string;
  readonly memory: string;
}

/** `count` such pods, to ask whether there is room for them. `what`: one of them, with its article. */
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
  /** Added to what every container of a run gets, which takes precedence. */
  readonly securityContext?: object;
  readonly [field: string]: unknown;
}

/**
 * A pod that uses the claim of its own name, at `path`: as a device where it is `Block`. It runs once, sees nothing but
 * the volume, writes only there, and has no power beyond its own `securityContext`.
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
