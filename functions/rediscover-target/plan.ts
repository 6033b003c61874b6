import type { Setting } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { Question } from './checks.ts';
import { checks, scannedAt } from './checks.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import { some } from './unclaimed-causes.ts';
import { targetIdle, describeTarget, rescanDisabled, withoutTarget } from './target-settings.ts';

/**
 * Decides whether Harvester should scan the backup target again. Pure. Longhorn's sync comes first, because an earlier
 * scan finds nothing and is recorded as done. Then there is one scan per evidence. `checks` gives the order of the
 * decision.
 */
export function plan(seen: Seen, config: Config): Plan {
  const { setting } = seen;
  const absent = withoutTarget(setting);
  if (absent !== undefined || setting === undefined) return { findings: absent === undefined ? [] : [absent] };
  if (seen.unclaimed.every(({ foreign }) => foreign) && seen.beingPulled === 0)
    return { findings: [targetIdle(setting)] };
  const question = questionOf(seen, setting, config);
  const advice = rescanDisabled(setting);
  for (const check of checks) {
    const findings = check(question);
    if (findings !== undefined) return { findings: [...findings, ...(advice === undefined ? [] : [advice])] };
  }
  return { findings: advice === undefined ? [] : [advice] };
}

function questionOf(seen: Seen, setting: Setting, config: Config): Question {
  const { unclaimed, note, nowMs } = seen;
  const findingOf = (reason: Reason, message: string, actions: readonly Action[] = [], command?: string): Finding => ({
    subject: seen.subject,
    reason,
    message,
    ...(command !== undefined && { command }),
    facts: {
      unclaimed: String(unclaimed.length),
      ...(unclaimed[0] !== undefined && { backup: unclaimed[0].backup }),
      stage: String(note?.stage ?? 0),
    },
    actions,
  });
  const where = describeTarget(setting);
  const what = `${unclaimed.length} ${unclaimed.length === 1 ? 'backup' : 'backups'} on ${where} (${some(unclaimed.map((u) => u.backup))}) ${unclaimed.length === 1 ? 'belongs' : 'belong'} to no VMBackup${seen.unreadable.length > 0 ? ' that can be read' : ''}`;
  const isAheadOfTime = isAhead(scannedAt(setting), nowMs);
  return { seen, setting, config, findingOf, where, what, notReady: some(seen.unsettled), isAheadOfTime };
}
