import type { FoundBackup } from '../../shared/chain/lookup.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { isRemote } from '../../shared/chain/vmbackup.ts';
import type { VolumeAnswer as Answer } from '../../shared/chain/volume-finding.ts';
import { volumeFinding } from '../../shared/chain/volume-finding.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { rebind, rebuildContent, rebuildPair, rebuildSnapshot } from './actions.ts';
import type { RebuildCase } from './checks.ts';
import { pairChecks, rebuildChecks, sourceChecks, unrecordedChecks } from './checks.ts';
import type { Config } from './config.ts';
import type { Seen, SeenVolume } from './observe.ts';

/**
 * Decides, volume by volume, which lost parts of a VMBackup to recreate. Pure. Creates only what the backup on the
 * target proves to be right, always on Retain, and nothing that Kubernetes or Harvester would fill with current data.
 * Without actions nothing is written for that volume. Throws nothing.
 */
export function plan(seen: Seen, config: Config): Plan {
  const { subject, backup } = seen;
  const whole = (reason: Reason, message: string): Plan => ({ findings: [{ subject, reason, message, actions: [] }] });
  if (backup === undefined) return whole('VMBackupGone', `${describeRef(subject)} does not exist`);
  if (isDeleting(backup)) return whole('VMBackupDeleting', `${describeRef(subject)} is being deleted`);
  if (!isRemote(backup)) {
    return whole('SnapshotTypeBackup', `${describeRef(subject)} is of type ${backup.spec.type}`);
  }
  return {
    findings: seen.volumes.map((volume) =>
      volumeFinding(subject, volume.entry, volume.pair.content, decide(seen, backup, volume, config)),
    ),
  };
}

/** Asks the checks in order. Recreates only if Longhorn has the Backup and no check answers. */
function decide(seen: Seen, vmBackup: VMBackup, volume: SeenVolume, config: Config): Answer {
  const { entry, pair, source } = volume;
  const uses = `volume ${entry.volumeName} uses VolumeSnapshot ${pair.name}`;
  const given = { ...volume, vmBackup, uses };
  const noLoss = firstAnswer(pairChecks, given);
  if (noLoss !== undefined) return noLoss;

  const lost = `${uses}, but ${describeLoss(volume)}`;
  if (source === undefined) return firstAnswer(unrecordedChecks, { ...given, lost }) ?? notRecordedYet(lost);
  const unproven = firstAnswer(sourceChecks, { ...given, lost, source });
  if (unproven !== undefined) return unproven;

  // `sourceChecks` answers for every Backup that was not found.
  const longhorn = source.lookup as FoundBackup;
  const right = { volume: longhorn.facts.volume, backup: source.backupName };
  const recipe = { backup: vmBackup, entry, right, config };
  const handle = backupHandle(right.volume, right.backup);
  const rebuild: RebuildCase = { ...given, lost, source, seen, longhorn, recipe, handle };
  return firstAnswer(rebuildChecks, rebuild) ?? mend(rebuild);
}

const notRecordedYet = (lost: string): Answer => [
  'VMBackupNotReady',
  `${lost}, and the VMBackup is not ready and does not record its Longhorn backup yet`,
];

/** All checks passed: recreates the lost parts, and nothing else. */
function mend({ pair, loss, recipe, handle, lost }: RebuildCase): Answer {
  const { name, content } = pair;
  if (loss === 'binding-stale' && content !== undefined) {
    const message = `${lost}; the reference to that snapshot is removed from the content`;
    return ['RebindContent', message, { actions: rebind(recipe, content) }];
  }
  if (loss === 'snapshot-lost' && content !== undefined) {
    const message = `${lost}; it is recreated for content ${content.metadata.name}`;
    return ['RebuildSnapshot', message, { actions: rebuildSnapshot(recipe, content) }];
  }
  if (loss === 'content-lost') {
    const message = `${lost}; it is recreated with ${handle}`;
    return ['RebuildContent', message, { actions: rebuildContent(recipe, pair) }];
  }
  if (loss === 'both-lost') {
    const message = `${lost}; both are recreated with ${handle}`;
    return ['RebuildPair', message, { actions: rebuildPair(recipe, name) }];
  }
  const revised = names.revisedName(name);
  const message = `${lost}, nor does its claim; a new pair ${revised} is created`;
  return ['RebuildBeside', message, { actions: rebuildPair(recipe, revised) }];
}

function describeLoss({ pair, loss }: SeenVolume): string {
  switch (loss) {
    case 'both-lost':
      return `neither it nor VolumeSnapshotContent ${pair.contentName} exists`;
    case 'snapshot-lost':
      return 'it does not exist';
    case 'binding-stale':
      return `its content ${pair.contentName} is bound to a former snapshot of that name`;
    default:
      return `its content ${pair.contentName} does not exist`;
  }
}
