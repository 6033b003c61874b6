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

/** Progress of one volume. */
export type VolumeProgress = Progress & {
  /** Its name in the VM. */
  readonly volume: string;
  /** When Longhorn finished the restore (ms since 1970), once that is known. */
  readonly restoredMs?: number | undefined;
};

/** One volume of a running drill: its backup, the objects created for it, and Longhorn's volume. */
interface Part {
  readonly source: Source;
  readonly recipe: Recipe;
  readonly seen: SeenVolume | undefined;
  readonly own: ScratchObjects;
  /** Whether its claim is provisioned only once a pod uses it. */
  readonly late: boolean;
}

/** Asked in order. The first answer is the progress of the volume. */
const steps: readonly ((part: Part) => Progress | undefined)[] = [
  // An object of the drill is being deleted.
  ({ own }) => (isSpoilt(own) ? failed('an object of the drill is being deleted') : undefined),
  // Until its claim is bound: check the backup, and create content, snapshot, claim (and pod).
  provisioning,
  // Longhorn restores the data after the claim is bound.
  ({ source, seen }) => restoring(source, seen?.volume),
  // With `read` on, a pod reads both ends of it.
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
    return failed(`the handle of the backup is now ${handle}`);
  const make = [
    ...(content === undefined ? [newContent(recipe, source)] : []),
    ...(snapshots.length === 0 ? [newSnapshot(recipe, source)] : []),
    ...(claim === undefined ? [newClaim(recipe, source)] : []),
    ...(late && recipe.config.read === 'on' && pods.length === 0 ? [newPod(recipe, source)] : []),
  ];
  const waits = { missing: 'its claim is created', bound: 'its claim is provisioned' };
  return claimProgress(claim, make.map(create), waits, seen && lastWarning(seen.warnings));
}

/** A bound claim proves nothing: Longhorn provides the volume at once and restores its data afterwards. */
function restoring({ entry, longhorn }: Source, volume: Volume | undefined): Progress | undefined {
  if (volume === undefined) return waiting('Longhorn creates its volume');
  const { spec, status } = volume;
  const condition = restoreCondition(volume);
  if (condition?.reason === 'RestoreFailure') {
    return failed(`Longhorn reports that the restore failed: ${condition.message || 'no reason given'}`);
  }
  const from = new URLSearchParams(spec?.fromBackup?.split('?')[1]).get('backup');
  if (from !== entry.longhornBackupName) {
    return failed(`Longhorn created a volume from ${from ?? 'no backup'}, not from ${entry.longhornBackupName}`);
  }
  if (status?.restoreInitiated !== true) return waiting('Longhorn begins to restore it');
  if (status.restoreRequired === true) return waiting('Longhorn restores it');
  const [is, must] = [Number(spec?.size), Number(longhorn?.status?.volumeSize ?? 0)];
  return is >= must
    ? undefined
    : failed(`the restored volume has ${formatBytes(is)}, but the backup has ${formatBytes(must)}`);
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
