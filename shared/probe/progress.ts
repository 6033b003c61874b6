import { firstAnswer } from '../plan/check.ts';
import type { ProbeStep } from '../capability/probe-note.ts';
import * as names from '../domain/names.ts';
import type { Claim } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import { create } from '../scratch/objects.ts';
import type { Progress } from '../scratch/runner.ts';
import { claimProgress, failed, missing, quoted, waiting, waitsForPod } from '../scratch/runner.ts';
import type { Recipe } from './objects.ts';
import { newClaim, newPod, newSnapshot } from './objects.ts';
import type { SeenProbe } from './observe.ts';

/** Progress of a probe, and its current step. `refused`: the driver does not implement snapshots. */
export type ProbeProgress = Progress & { readonly step: ProbeStep; readonly refused?: boolean };

type Step = (probe: SeenProbe, recipe: Recipe, snapshotClass: string) => ProbeProgress | undefined;

/** Asked in order. The first answer is the current step. */
const steps: readonly Step[] = [
  // A volume is provisioned for an empty claim.
  (probe, recipe) => at('provision', provisioning(probe, recipe)),
  // A snapshot is taken of it.
  snapshotting,
  // A volume is created from the snapshot.
  (probe, recipe) => at('restore', restoring(probe, recipe)),
];

/** The progress of a probe. `snapshotClass`: the VolumeSnapshotClass to use; empty if it no longer exists. */
export const progressOf: (...asked: Parameters<Step>) => ProbeProgress = (...asked) =>
  firstAnswer(steps, ...asked) ?? { is: 'done', step: 'restore' };

const at = (step: ProbeStep, progress: Progress | undefined): ProbeProgress | undefined =>
  progress && { ...progress, step };

/** Creates the claim, with the pod that its class waits for if the probe may run one. */
export function createClaim(recipe: Recipe, part: 'source' | 'restored'): Action[] {
  const { storageClass, config } = recipe;
  const pod = waitsForPod(storageClass) && config.image !== undefined ? [newPod(recipe, config.image, part)] : [];
  return [newClaim(recipe, part), ...pod].map(create);
}

/** Creates the pod that the class of an existing claim waits for; empty if it exists or may not run. */
function missingPod(recipe: Recipe, part: 'source' | 'restored', claim: Claim | undefined, { made }: SeenProbe) {
  const hasPod = made.pods.some(({ metadata }) => metadata.name === claim?.metadata.name);
  const make = createClaim(recipe, part);
  return hasPod || make.length === 1 ? [] : make;
}

function provisioning(probe: SeenProbe, recipe: Recipe): Progress | undefined {
  const { source, said } = probe;
  const waits = { missing: 'a pod uses its claim', bound: 'its volume is provisioned' };
  return claimProgress(source, missingPod(recipe, 'source', source, probe), waits, said);
}

function snapshotting({ snapshot, content }: SeenProbe, recipe: Recipe, snapshotClass: string): ReturnType<Step> {
  if (snapshot === undefined) {
    const make = [create(newSnapshot(recipe, snapshotClass))];
    return at(
      'snapshot',
      snapshotClass === '' ? failed('its VolumeSnapshotClass is gone') : missing(make, 'a snapshot is taken'),
    );
  }
  if (snapshot.status?.readyToUse === true) return undefined;
  const error = content?.status?.error?.message ?? snapshot.status?.error?.message ?? '';
  if (/\bcode = Unimplemented\b/.test(error)) return { ...failed(error), step: 'snapshot', refused: true };
  const who = content === undefined ? 'the snapshot controller' : 'the csi-snapshotter';
  return at('snapshot', waiting(`its snapshot is ready${quoted(who, error)}`));
}

function restoring(probe: SeenProbe, recipe: Recipe): Progress | undefined {
  const { restored, said, volume, seen } = probe;
  if (restored === undefined) return missing(createClaim(recipe, 'restored'), 'a volume is created from the snapshot');
  const waits = { missing: 'a pod uses its claim', bound: 'a volume is created from its snapshot' };
  const claim = claimProgress(restored, missingPod(recipe, 'restored', restored, probe), waits, said);
  if (claim !== undefined || seen?.driver !== names.LONGHORN_DRIVER) return claim;
  // Longhorn provides the volume at once and copies its data afterwards.
  switch (volume?.status?.cloneStatus?.state) {
    case 'completed':
      return undefined;
    case 'failed':
      return failed('Longhorn reports that copying the data failed');
    default:
      return waiting('Longhorn has copied the data');
  }
}
