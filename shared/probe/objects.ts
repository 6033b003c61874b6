import type { VolumeMode } from '../capability/volume-mode.ts';
import * as names from '../domain/names.ts';
import type { StorageClass } from '../objects/types.ts';
import type { NewSnapshot } from '../plan/action.ts';
import type { NewClaim, NewPod } from '../plan/scratch-action.ts';
import { scratchMeta, scratchClaim, scratchPod, scratchSnapshot } from '../scratch/objects.ts';
import type { ProbeConfig } from './config.ts';

/** The objects that a probe creates: named after the uid of the StorageClass, and labelled with it. */

export interface Recipe {
  readonly storageClass: StorageClass;
  readonly volumeMode: VolumeMode;
  readonly until: string;
  /**
   * Time of creation by Gleaner's clock (ms since 1970). The difference between two objects is the duration of a step.
   */
  readonly nowMs: number;
  readonly config: ProbeConfig;
}

/** The claim that is snapshotted, the snapshot, and the claim restored from it. */
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

/** ReadWriteOnce is the access mode that every driver offers. */
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

/** Scheduling the pod gets its claim provisioned. It does not have to start. */
export const newPod = (recipe: Recipe, image: string, part: 'source' | 'restored'): NewPod =>
  scratchPod(
    metaOf(recipe, part),
    { volumeMode: recipe.volumeMode, path: '/probe' },
    { name: 'consumer', image, command: ['sleep', '3600'], limits: CONSUMER_LIMITS },
  );
