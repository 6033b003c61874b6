import { lastWarning } from '../../shared/scratch/scratch.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import { formatBytes } from '../../shared/domain/bytes.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { judgeBackup } from '../../shared/chain/longhorn-backup.ts';
import type { Volume } from '../../shared/objects/types.ts';
import { create } from '../../shared/scratch/objects.ts';
import type { Progress } from '../../shared/scratch/runner.ts';
import { claimProgress, failed, isSpoilt, missing, waiting, waitsForPod } from '../../shared/scratch/runner.ts';
import type { ScratchObjects } from '../../shared/scratch/scratch.ts';
import { bytesOf, newClaim, newContent, newPod, newSnapshot } from './objects.ts';
import type { Recipe } from './objects.ts';
import type { SeenDrill, SeenVolume } from './observe.ts';
import type { Source } from './source.ts';
import { classOf, nameOf } from './source.ts';

/** How far one volume is. */
export type VolumeProgress = Progress & {
  /** Its name in the VM. */
  readonly volume: string;
  /** When Longhorn finished the restore (ms since 1970), once that is known. */
  readonly restoredMs?: number | undefined;
};

/** One volume of a running drill: what it is restored from, what was created for it, and Longhorn's volume. */
interface Part {
  readonly source: Source;
  readonly recipe: Recipe;
  readonly seen: SeenVolume | undefined;
  readonly own: ScratchObjects;
  /** Its claim is provisioned only once a pod uses it. */
  readonly late: boolean;
}

/** Asked in order: the first that answers says how far the volume is. */
const steps: readonly ((part: Part) => Progress | undefined)[] = [
  // Somebody deletes what the drill made.
  ({ own }) => (isSpoilt(own) ? failed('somebody deletes what the drill made') : undefined),
  // Until its claim is bound: the backup is still there, and content, snapshot, claim (and pod) are created.
  provisioning,
  // Longhorn restores the volume after the claim is bound.
  ({ source, seen }) => restoring(source, seen?.volume),
  // A pod reads both ends of it, where that is switched on.
  reading,
];

export function progressOf(seen: SeenDrill, source: Source, recipe: Recipe): VolumeProgress {
  const volume = source.entry.volumeName;
  const named = <T extends { metadata: { name: string } }>(all: readonly T[]): T[] =>
    all.filter(({ metadata }) => metadata.name === nameOf(seen.uid, volume));
  const { contents, snapshots, claims, pods } = seen.made;
  const progress = firstAnswer(steps, {
    source,
    recipe,
    seen: seen.volumes.get(volume),
    own: { contents: named(contents), snapshots: named(snapshots), claims: named(claims), pods: named(pods) },
    late: waitsForPod(seen.classes.get(classOf(source.entry))),
  });
  return progress === undefined
    ? { is: 'done', volume, restoredMs: restoredMs(seen.volumes.get(volume)?.volume) }
    : { ...progress, volume };
}

function provisioning({ source, recipe, seen, own, late }: Part): Progress | undefined {
  const { contents, snapshots, claims, pods } = own;
  const [claim, content] = [claims[0], contents[0]];
  if (claim?.status?.phase === 'Bound') return undefined;
  const name = source.entry.longhornBackupName ?? '';
  const facts = judgeBackup(name, source.longhorn);
  if ('reason' in facts) return failed(facts.detail);
  const handle = backupHandle(facts.volume, name);
  if (content !== undefined && content.spec.source.snapshotHandle !== handle)
    return failed(`the backup is ${handle} by now`);
  const make = [
    ...(content === undefined ? [newContent(recipe, source)] : []),
    ...(snapshots.length === 0 ? [newSnapshot(recipe, source)] : []),
    ...(claim === undefined ? [newClaim(recipe, source)] : []),
    ...(late && recipe.config.read === 'on' && pods.length === 0 ? [newPod(recipe, source)] : []),
  ];
  const waits = { missing: 'its claim is made', bound: 'its claim is provisioned' };
  return claimProgress(claim, make.map(create), waits, seen && lastWarning(seen.warnings));
}

/** A bound claim says nothing: Longhorn hands the volume out at once and restores it while it waits. */
function restoring({ entry, longhorn }: Source, volume: Volume | undefined): Progress | undefined {
  if (volume === undefined) return waiting('Longhorn makes its volume');
  const { spec, status } = volume;
  const condition = restoreCondition(volume);
  if (condition?.reason === 'RestoreFailure') {
    return failed(`Longhorn says that the restore failed: ${condition.message || 'no reason given'}`);
  }
  const from = new URLSearchParams(spec?.fromBackup?.split('?')[1]).get('backup');
  if (from !== entry.longhornBackupName) {
    return failed(`Longhorn made a volume from ${from ?? 'no backup'}, not from ${entry.longhornBackupName}`);
  }
  if (status?.restoreInitiated !== true) return waiting('Longhorn begins to restore it');
  if (status.restoreRequired === true) return waiting('Longhorn restores it');
  const [is, must] = [Number(spec?.size), Number(longhorn?.status?.volumeSize ?? 0)];
  return is >= must
    ? undefined
    : failed(`it was restored with ${formatBytes(is)}, and the backup is of ${formatBytes(must)}`);
}

const restoreCondition = (volume: Volume | undefined) =>
  volume?.status?.conditions?.find(({ type }) => type === 'Restore');

function restoredMs(volume: Volume | undefined): number | undefined {
  const ms = Date.parse(restoreCondition(volume)?.lastTransitionTime ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function reading({ source, recipe, own: { pods } }: Part): Progress | undefined {
  if (recipe.config.read !== 'on') return undefined;
  const [pod] = pods;
  if (pod === undefined) return missing([create(newPod(recipe, source))], 'it is read');
  const { phase, containerStatuses } = pod.status ?? {};
  const state = containerStatuses?.[0]?.state;
  switch (phase) {
    case 'Succeeded':
      return undefined;
    case 'Failed':
      return failed(`it was restored, but cannot be read: ${state?.terminated?.message?.trim() || 'see its pod'}`);
    default:
      return waiting(`a pod reads it${state?.waiting?.reason ? ` (${state.waiting.reason})` : ''}`);
  }
}

export const totalBytes = (sources: readonly Source[]): number =>
  sources.reduce((sum, source) => sum + bytesOf(source), 0);
