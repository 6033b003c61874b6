import { formatBytes } from '../../shared/domain/bytes.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeBackup } from '../../shared/chain/longhorn-backup.ts';
import { lastWarning } from '../../shared/chain/scratch.ts';
import type { Action } from '../../shared/plan/action.ts';
import { bytesOf, newClaim, newContent, newPod, newSnapshot } from './objects.ts';
import type { Recipe } from './objects.ts';
import type { SeenDrill } from './observe.ts';
import type { Source } from './source.ts';
import { classOf, nameOf } from './source.ts';

/** How far one volume has come. */
export type Progress =
  | { readonly is: 'missing'; readonly make: readonly Action[]; readonly waits: string }
  | { readonly is: 'waiting'; readonly waits: string }
  | { readonly is: 'failed'; readonly why: string }
  /** `restoredMs`: when Longhorn says that the restore was finished. */
  | { readonly is: 'done'; readonly restoredMs?: number };

export function progressOf(seen: SeenDrill, source: Source, recipe: Recipe): Progress {
  const { entry, longhorn } = source;
  const name = nameOf(seen.uid, entry.volumeName);
  const named = <T extends { metadata: { name: string } }>(all: readonly T[]): T | undefined =>
    all.find((one) => one.metadata.name === name);
  const [content, snapshot, claim, pod] = [
    named(seen.made.contents),
    named(seen.made.snapshots),
    named(seen.made.claims),
    named(seen.made.pods),
  ];
  const gone = [content, snapshot, claim, pod].find((one) => one !== undefined && isDeleting(one));
  if (gone !== undefined) return { is: 'failed', why: 'somebody deletes what the drill made' };
  const late = seen.classes.get(classOf(entry))?.volumeBindingMode === 'WaitForFirstConsumer';
  const reading = recipe.config.read === 'on';

  if (claim?.status?.phase !== 'Bound' || claim === undefined) {
    const facts = judgeBackup(entry.longhornBackupName ?? '', longhorn);
    if ('reason' in facts) return { is: 'failed', why: facts.detail };
    if (claim?.status?.phase === 'Lost') return { is: 'failed', why: 'its claim has lost its volume' };
    const handle = backupHandle(facts.volume, entry.longhornBackupName ?? '');
    if (content !== undefined && content.spec.source.snapshotHandle !== handle) {
      return { is: 'failed', why: `the backup is ${handle} by now` };
    }
    const make: Action[] = [
      ...(content === undefined ? [create(newContent(recipe, source))] : []),
      ...(snapshot === undefined ? [create(newSnapshot(recipe, source))] : []),
      ...(claim === undefined ? [create(newClaim(recipe, source))] : []),
      ...(late && reading && pod === undefined ? [create(newPod(recipe, source))] : []),
    ];
    if (make.length > 0) return { is: 'missing', make, waits: 'its claim is made' };
    const volume = seen.volumes.get(entry.volumeName);
    const said = volume === undefined ? '' : lastWarning(volume.warnings);
    return { is: 'waiting', waits: `its claim is provisioned${said}` };
  }

  const restored = restoring(seen, source);
  if (restored.is !== 'done' || !reading) return restored;
  if (pod === undefined) return { is: 'missing', make: [create(newPod(recipe, source))], waits: 'it is read' };
  const [container] = pod.status?.containerStatuses ?? [];
  switch (pod.status?.phase) {
    case 'Succeeded':
      return restored;
    case 'Failed':
      return {
        is: 'failed',
        why: `it was restored, but cannot be read: ${container?.state?.terminated?.message?.trim() || 'see its pod'}`,
      };
    default: {
      const held = container?.state?.waiting?.reason;
      return { is: 'waiting', waits: `a pod reads it${held ? ` (${held})` : ''}` };
    }
  }
}

const create = (object: Extract<Action, { do: 'create' }>['object']): Action => ({ do: 'create', object });

/** A bound claim says nothing: Longhorn hands the volume out at once and restores it while it waits. */
function restoring(seen: SeenDrill, source: Source): Progress {
  const volume = seen.volumes.get(source.entry.volumeName)?.volume;
  if (volume === undefined) return { is: 'waiting', waits: 'Longhorn makes its volume' };
  const { spec, status } = volume;
  const condition = status?.conditions?.find(({ type }) => type === 'Restore');
  if (condition?.reason === 'RestoreFailure') {
    return { is: 'failed', why: `Longhorn says that the restore failed: ${condition.message || 'no reason given'}` };
  }
  const from = new URLSearchParams(spec?.fromBackup?.split('?')[1]);
  if (from.get('backup') !== source.entry.longhornBackupName) {
    return {
      is: 'failed',
      why: `Longhorn made a volume from ${from.get('backup') ?? 'no backup'}, not from ${source.entry.longhornBackupName}`,
    };
  }
  if (status?.restoreInitiated !== true) return { is: 'waiting', waits: 'Longhorn begins to restore it' };
  if (status.restoreRequired === true) return { is: 'waiting', waits: 'Longhorn restores it' };
  const [is, must] = [Number(spec?.size), Number(source.longhorn?.status?.volumeSize ?? 0)];
  if (!(is >= must)) {
    return { is: 'failed', why: `it was restored with ${formatBytes(is)}, and the backup is of ${formatBytes(must)}` };
  }
  const restoredMs = Date.parse(condition?.lastTransitionTime ?? '');
  return Number.isNaN(restoredMs) ? { is: 'done' } : { is: 'done', restoredMs };
}

export const totalBytes = (sources: readonly Source[]): number =>
  sources.reduce((sum, source) => sum + bytesOf(source), 0);
