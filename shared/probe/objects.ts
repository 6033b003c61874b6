import type { VolumeMode } from '../capability/volume-mode.ts';
import * as names from '../domain/names.ts';
import type { StorageClass } from '../objects/types.ts';
import type { NewSnapshot } from '../plan/action.ts';
import type { NewClaim, NewPod } from '../plan/scratch-action.ts';
import { scratchMeta, scratchClaim, scratchPod, scratchSnapshot } from '../scratch/objects.ts';
import type { ProbeConfig } from './config.ts';

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

const metaOf = ({ storageClass: { metadata }, until, nowMs, config }: Recipe, part: Part) => ({
  ...scratchMeta({ label: names.PROBE_LABEL, value: metadata.uid }, nameOf(metadata.uid, part), {
    [names.PROBE_OF_ANNOTATION]: metadata.name,
    [names.PROBE_AT_ANNOTATION]: new Date(nowMs).toISOString(),
    [names.PROBE_UNTIL_ANNOTATION]: until,
  }),
  namespace: config.namespace,
});

/** The smallest size that every driver offers. */
export const PROBE_BYTES = 2 ** 30;

/** One node at a time: the mode that every driver offers. */
export function newClaim(recipe: Recipe, part: 'source' | 'restored'): NewClaim {
  const { metadata } = recipe.storageClass;
  const snapshot = part === 'restored' ? nameOf(metadata.uid, 'snapshot') : undefined;
  return scratchClaim(metaOf(recipe, part), '1Gi', snapshot, {
    storageClassName: metadata.name,
    volumeMode: recipe.volumeMode,
    accessModes: ['ReadWriteOnce'],
  });
}

export const newSnapshot = (recipe: Recipe, snapshotClass: string): NewSnapshot =>
  scratchSnapshot(metaOf(recipe, 'snapshot'), snapshotClass, {
    persistentVolumeClaimName: nameOf(recipe.storageClass.metadata.uid, 'source'),
  });

export const CONSUMER_LIMITS = { cpu: '100m', memory: '64Mi' };

/** Its claim is provisioned once it is scheduled; that is all it is for, and it need not even start. */
export const newPod = (recipe: Recipe, image: string, part: 'source' | 'restored'): NewPod =>
  scratchPod(
    metaOf(recipe, part),
    { volumeMode: recipe.volumeMode, path: '/probe' },
    { name: 'consumer', image, command: ['sleep', '3600'], limits: CONSUMER_LIMITS },
  );
