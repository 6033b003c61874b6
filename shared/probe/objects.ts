import type { VolumeMode } from '../capability/mode.ts';
import { noRecurringJobs, scratchPod } from '../scratch/scratch.ts';
import { kinds } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { StorageClass } from '../objects/types.ts';
import type { NewSnapshot } from '../plan/action.ts';
import type { NewClaim, NewPod } from '../plan/drill.ts';
import type { ProbeConfig } from './observe.ts';

/** What a probe makes: everything named after the StorageClass' uid, and everything marked with it. */

export interface Recipe {
  readonly storageClass: StorageClass;
  readonly volumeMode: VolumeMode;
  readonly until: string;
  /** Of Gleaner's own clock: from one object to the next is how long a step took. */
  readonly nowMs: number;
  readonly config: ProbeConfig;
}

/** The claim that a snapshot is taken of, the snapshot, and the claim that is made from it. */
export type Part = 'source' | 'snapshot' | 'restored';

export const nameOf = (uid: string, part: Part): string => `probe-${uid}-${part}`;

function metaOf({ storageClass: { metadata }, until, nowMs, config }: Recipe, part: Part) {
  return {
    name: nameOf(metadata.uid, part),
    namespace: config.namespace,
    labels: { [names.PROBE_LABEL]: metadata.uid, [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER },
    annotations: {
      [names.PROBE_OF_ANNOTATION]: metadata.name,
      [names.PROBE_AT_ANNOTATION]: new Date(nowMs).toISOString(),
      [names.PROBE_UNTIL_ANNOTATION]: until,
    },
  };
}

/** Whatever a driver offers, one node that uses it it can do; a GiB is what the smallest ones give. */
const asked = {
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
} as const;
export const PROBE_BYTES = 2 ** 30;

export function newClaim(recipe: Recipe, part: 'source' | 'restored'): NewClaim {
  const meta = metaOf(recipe, part);
  const name = nameOf(recipe.storageClass.metadata.uid, 'snapshot');
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...meta, labels: { ...meta.labels, ...noRecurringJobs } },
    spec: {
      storageClassName: recipe.storageClass.metadata.name,
      volumeMode: recipe.volumeMode,
      ...asked,
      ...(part === 'restored' && {
        dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot' as const, name },
      }),
    },
  };
}

export const newSnapshot = (recipe: Recipe, snapshotClass: string): NewSnapshot => ({
  apiVersion: kinds.VolumeSnapshot.apiVersion,
  kind: 'VolumeSnapshot',
  metadata: metaOf(recipe, 'snapshot'),
  spec: {
    volumeSnapshotClassName: snapshotClass,
    source: { persistentVolumeClaimName: nameOf(recipe.storageClass.metadata.uid, 'source') },
  },
});

export const CONSUMER_LIMITS = { cpu: '100m', memory: '64Mi' };

/** To be scheduled is all that it is for: then its claim is provisioned. It does nothing and need not even start. */
export const newPod = (recipe: Recipe, image: string, part: 'source' | 'restored'): NewPod =>
  scratchPod(metaOf(recipe, part), nameOf(recipe.storageClass.metadata.uid, part), {
    name: 'consumer',
    image,
    command: ['sleep', '3600'],
    limits: CONSUMER_LIMITS,
    ...(recipe.volumeMode === 'Block'
      ? { volumeDevices: [{ name: 'volume', devicePath: '/probe' }] }
      : { volumeMounts: [{ name: 'volume', mountPath: '/probe' }] }),
  });
