import type { VolumeAnswer as Answer } from '../../shared/chain/volume-finding.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { VolumeCase } from './checks.ts';
import { describeUse, writeChecks } from './checks.ts';
import type { Config } from './config.ts';
import { awaitsDeletePolicy } from './observe.ts';
import type { Retirement } from './retire.ts';
import { restoreDeletePolicy, retire, whyOnRetain } from './retire.ts';

/** A volume that uses a right pair, and the open steps for its deletion policy and its former pairs. */
interface SettleCase extends VolumeCase {
  /** Start of every message. */
  readonly linked: string;
  /** Why the VMBackup and its former pairs must not be written now. */
  readonly obstacle: Answer | undefined;
  readonly retired: readonly Retirement[];
  /** Sets Delete on the content in use; empty if it may not or need not. */
  readonly restored: readonly Action[];
}

const checks: readonly Check<SettleCase, Answer>[] = [
  nothingLeftOver, // no former pair, and no deletion policy to restore
  blocked, // the VMBackup and its former pairs must not be touched now
  stepDue, // a former pair is retired, or the content gets Delete again
  predecessorLeft, // a former pair stays: report why
  onRetain, // the content stays on Retain: report why
];

/** The volume uses a right pair: restores the old deletion policy, and retires former pairs. */
export function settle(given: VolumeCase, config: Config): Answer {
  const { seen, vmBackup, entry, current } = given;
  const linked = `${describeUse(entry, current)}, whose handle ${current.content?.spec.source.snapshotHandle} is right`;
  const obstacle = firstAnswer(writeChecks, given);
  const retired = obstacle === undefined ? retire(seen, vmBackup, given, config) : [];
  // Setting Delete changes neither the VMBackup nor what a restore reads; only a busy schedule prevents it.
  const restored = seen.unsettled.length > 0 ? [] : restoreDeletePolicy(seen, given, retired);
  return firstAnswer(checks, { ...given, linked, obstacle, retired, restored }) ?? ['VolumeLinked', linked];
}

function nothingLeftOver({ predecessors, replacement, current, linked }: SettleCase): Answer | undefined {
  const isLeftOver = predecessors.length > 0 || replacement !== undefined;
  return isLeftOver || awaitsDeletePolicy(current) ? undefined : ['VolumeLinked', linked];
}

function blocked({ obstacle, restored, linked }: SettleCase): Answer | undefined {
  if (obstacle === undefined || restored.length > 0) return undefined;
  const [reason, message, more] = obstacle;
  return [reason, `${linked}; ${message}`, more];
}

function stepDue({ current, retired, restored, linked }: SettleCase): Answer | undefined {
  const actions = inSafeOrder([...retired.flatMap((r) => r.actions), ...restored]);
  if (actions.length === 0) return undefined;
  const reason = retired.find((r) => r.actions.length > 0)?.reason ?? 'ArmContent';
  const steps = retired.map((r) => r.message);
  if (restored.length > 0) steps.push(`content ${current.contentName} gets deletionPolicy Delete again`);
  return [reason, `${linked}; ${steps.join('; ')}`, { actions }];
}

function predecessorLeft({ retired: [left], linked }: SettleCase): Answer | undefined {
  return left && [left.reason, `${linked}; ${left.message}`, { command: left.command }];
}

function onRetain(given: SettleCase): Answer | undefined {
  const { seen, entry, current, retired, linked } = given;
  const why = awaitsDeletePolicy(current) ? whyOnRetain(seen, given, retired) : undefined;
  return why === undefined ? undefined : ['LeftOnRetain', `${linked}; ${why} ${entry.longhornBackupName}`];
}

/** Sorts: to Retain first, to Delete second, deletions last, so that two contents never have Delete for one backup. */
export function inSafeOrder(actions: readonly Action[]): Action[] {
  const rank = (a: Action) => (a.do === 'setPolicy' ? (a.to === 'Retain' ? 0 : 1) : a.do === 'deleteSnapshot' ? 2 : 3);
  return [...actions].sort((a, b) => rank(a) - rank(b));
}
