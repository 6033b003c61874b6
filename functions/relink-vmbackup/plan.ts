import { isDeleting } from '../../shared/chain/metadata.ts';
import { isRemote } from '../../shared/chain/vmbackup.ts';
import type { VolumeAnswer as Answer } from '../../shared/chain/volume-finding.ts';
import { volumeFinding } from '../../shared/chain/volume-finding.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Action, EntrySwitch } from '../../shared/plan/action.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { SwitchCase, VolumeCase } from './checks.ts';
import { brokenChecks, describeUse, pairChecks, switchChecks, writeChecks } from './checks.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import { restoreDeletePolicy, retire } from './retire.ts';
import { inSafeOrder, settle } from './settle.ts';

/**
 * Decides, volume by volume, which pair a VMBackup should use. Pure. Switches only to a right pair that is bound by uid
 * and ready; puts the old content on Retain before the new one gets Delete; retires the old pair last. Throws nothing.
 */
export function plan(seen: Seen, config: Config): Plan {
  const { subject, backup } = seen;
  const whole = (reason: Reason, message: string): Plan => ({ findings: [{ subject, reason, message, actions: [] }] });
  if (backup === undefined) return whole('VMBackupGone', `${describeRef(subject)} does not exist`);
  if (isDeleting(backup)) return whole('VMBackupDeleting', `${describeRef(subject)} is being deleted`);
  if (!isRemote(backup)) {
    return whole('SnapshotTypeBackup', `${describeRef(subject)} is of type ${backup.spec.type}`);
  }
  const decided = seen.volumes.map((volume) => {
    const { answer, switched } = decide({ ...volume, seen, vmBackup: backup }, config);
    return { finding: volumeFinding(subject, volume.entry, volume.current.content, answer), switched };
  });
  // One write switches all volumes that are ready. It comes before the actions that depend on it.
  const entries = decided.flatMap((d) => (d.switched === undefined ? [] : [d.switched]));
  const switching: Action[] = entries.length === 0 ? [] : [switchEntries(seen, backup, entries)];
  const first = decided.findIndex((d) => d.switched !== undefined);
  return {
    findings: decided.map(({ finding }, i) =>
      i === first ? { ...finding, actions: [...switching, ...finding.actions] } : finding,
    ),
  };
}

interface Decided {
  readonly answer: Answer;
  readonly switched?: EntrySwitch;
}

/** Settles a right pair in use; switches from a wrong or broken pair to a right replacement, if there is one. */
function decide(given: VolumeCase, config: Config): Decided {
  const { current, replacement } = given;
  const left = firstAnswer(pairChecks, given);
  if (left !== undefined) return { answer: left };
  if (current.isRight && current.snapshot !== undefined) return { answer: settle(given, config) };
  if (replacement?.isRight) return switchPair({ ...given, next: replacement }, config);
  return { answer: firstAnswer(brokenChecks, given) ?? awaitsReplacement(given) };
}

/** Only the handle is wrong: fix-handle creates the right pair. */
function awaitsReplacement({ entry, current }: VolumeCase): Answer {
  const { judged, content, contentName } = current;
  const reported = judged !== undefined && 'reported' in judged ? ` and ${judged.reported} in its status` : '';
  const why = `its content ${contentName} has the handle ${content?.spec.source.snapshotHandle}${reported}`;
  return ['AwaitsReplacement', `${describeUse(entry, current)}, but ${why}`];
}

/** Switches the volume to the right pair, and retires the old pair in the same plan. */
function switchPair(given: SwitchCase, config: Config): Decided {
  const { seen, vmBackup, entry, current, index, next } = given;
  const obstacle = firstAnswer(switchChecks, given) ?? firstAnswer(writeChecks, given);
  if (obstacle !== undefined) return { answer: obstacle };

  const predecessors = [current, ...given.predecessors];
  const after: VolumeCase = { ...given, current: next, predecessors, replacement: undefined };
  const retired = retire(seen, vmBackup, after, config);
  const actions = inSafeOrder([...retired.flatMap((r) => r.actions), ...restoreDeletePolicy(seen, after, retired)]);
  const handle = next.content?.spec.source.snapshotHandle;
  const message = `volume ${entry.volumeName} is switched to ${next.name}, whose handle is ${handle}`;
  return {
    answer: ['SwitchPair', message, { actions }],
    switched: { index, volumeName: entry.volumeName, from: current.name, to: next.name },
  };
}

function switchEntries({ subject }: Seen, backup: VMBackup, entries: readonly EntrySwitch[]): Action {
  const { uid, resourceVersion, annotations } = backup.metadata;
  return {
    do: 'switchEntries',
    target: { ...subject, uid, resourceVersion },
    entries,
    hasAnnotations: Boolean(annotations),
  };
}
