import { describeRef, ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { ListOptions, Reader } from '../kube/ports.ts';
import type { Claim, Content, ObjectOf, Pod, Snapshot } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { NewNamespace, NewPod } from '../plan/drill.ts';
import { isDeleting } from './judge.ts';
import type { WantedPods } from './pods.ts';

/** What restore drills and storage probes have in common: a namespace for scratch, a mark on all they make, its removal. */

/** What bears the mark and is still there. */
export interface Made {
  readonly contents: readonly Content[];
  readonly snapshots: readonly Snapshot[];
  readonly claims: readonly Claim[];
  readonly pods: readonly Pod[];
}

export const nothing: Made = { contents: [], snapshots: [], claims: [], pods: [] };

/** Without a value: whatever bears the label. */
export async function readMade(reader: Reader, namespace: string, label: string, value?: string): Promise<Made> {
  const marked: ListOptions = value === undefined ? { selector: label } : { labels: { [label]: value } };
  return {
    contents: await collect(reader.list('VolumeSnapshotContent', marked)),
    snapshots: await collect(reader.list('VolumeSnapshot', { namespace, ...marked })),
    claims: await collect(reader.list('PersistentVolumeClaim', { namespace, ...marked })),
    pods: await collect(reader.list('Pod', { namespace, ...marked })),
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What the provisioner has to say about a claim that is not bound. */
export async function warningsAbout(reader: Reader, { metadata, status }: Claim): Promise<ObjectOf<'Event'>[]> {
  if (status?.phase === 'Bound') return [];
  const events = await collect(reader.list('Event', { namespace: metadata.namespace }));
  return events.filter(({ regarding, type }) => regarding?.uid === metadata.uid && type === 'Warning');
}

/** On claims: without these Longhorn puts the volume into its default group, whose jobs would back it up to the target. */
export const noRecurringJobs = {
  'recurring-job.longhorn.io/source': 'enabled',
  'recurring-job-group.longhorn.io/gleaner-drill': 'enabled',
};

/** What a pod for scratch asks for: it only waits, or reads one volume from end to end. */
const REQUESTS = { cpu: '10m', memory: '16Mi' } as const;

interface ScratchLimits {
  readonly cpu: string;
  readonly memory: string;
}

/** So many pods of that kind, for whoever looks whether there is room for them. */
export const scratchPods = (what: string, count: number, limits: ScratchLimits): WantedPods => ({
  what,
  count,
  requests: REQUESTS,
  limits: { ...limits },
});

/** What a container of a pod for scratch may do is no more than its own `securityContext` and limits add. */
export const scratchPod = (
  metadata: NewPod['metadata'],
  claimName: string,
  {
    securityContext,
    limits,
    ...container
  }: {
    readonly name: string;
    readonly image: string;
    readonly command: readonly string[];
    readonly limits: ScratchLimits;
    readonly securityContext?: object;
    readonly [field: string]: unknown;
  },
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
      },
    ],
    volumes: [{ name: 'volume', persistentVolumeClaim: { claimName } }],
  },
});

export const newNamespace = (name: string): NewNamespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER } },
});

/**
 * The next steps of removing it, in this order: pods and claims; once they are gone, snapshots; once those are gone,
 * contents. A content that is not on Retain is put there first. The writer reads each once more.
 */
export function removal(made: Made, label: string): Action[] {
  const inUse = [...made.pods.map((pod) => ['Pod', pod] as const), ...made.claims.map((c) => [CLAIM, c] as const)];
  const disarm = made.contents.filter(({ spec }) => spec.deletionPolicy !== 'Retain').map(toRetain);
  if (inUse.length > 0) {
    return [
      ...disarm,
      ...inUse.filter(([, object]) => !isDeleting(object)).map(([kind, object]) => removeMarked(kind, object, label)),
    ];
  }
  if (made.snapshots.length > 0) {
    const deletions = made.snapshots
      .filter((snapshot) => !isDeleting(snapshot))
      .map((snapshot): Action => {
        const { uid, resourceVersion } = snapshot.metadata;
        const name = snapshot.spec.source.volumeSnapshotContentName ?? '';
        const content = made.contents.find((one) => one.metadata.name === name);
        const target = {
          ...ref('VolumeSnapshot', snapshot.metadata.name, snapshot.metadata.namespace),
          uid,
          resourceVersion,
        };
        return {
          do: 'deleteSnapshot',
          target,
          content: { name, ...(content !== undefined && { uid: content.metadata.uid }) },
        };
      });
    return [...disarm, ...deletions];
  }
  const deletions = made.contents
    .filter((content) => !isDeleting(content))
    .map(({ metadata }): Action => ({
      do: 'deleteContent',
      target: { ...ref('VolumeSnapshotContent', metadata.name), uid: metadata.uid },
    }));
  return [...disarm, ...deletions];
}

const CLAIM = 'PersistentVolumeClaim';

const removeMarked = (kind: 'Pod' | typeof CLAIM, { metadata }: Claim | Pod, label: string): Action => ({
  do: 'deleteDrilled',
  target: { kind, name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
  mark: { label, value: metadata.labels?.[label] ?? '' },
});

const toRetain = ({ metadata, spec }: Content): Action => ({
  do: 'setPolicy',
  target: {
    ...ref('VolumeSnapshotContent', metadata.name),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  },
  from: spec.deletionPolicy,
  to: 'Retain',
});

/** What is still there, for people. */
export const describeMade = ({ pods, claims, snapshots, contents }: Made): string[] => [
  ...pods.map(({ metadata: { name, namespace } }) => describeRef(ref('Pod', name, namespace))),
  ...claims.map(({ metadata: { name, namespace } }) => describeRef(ref(CLAIM, name, namespace))),
  ...snapshots.map(({ metadata: { name, namespace } }) => describeRef(ref('VolumeSnapshot', name, namespace))),
  ...contents.map(({ metadata: { name } }) => describeRef(ref('VolumeSnapshotContent', name))),
];

export const isEmpty = (made: Made): boolean => describeMade(made).length === 0;
