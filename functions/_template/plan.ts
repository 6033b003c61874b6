import { ref } from '../../shared/domain/kinds.ts';
import type { RecordAction } from '../../shared/plan/action.ts';
import { eventOf } from '../../shared/plan/event-text.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import { verdictOf } from '../../shared/plan/plan.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import { checks } from './checks.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import { eventNameOf } from './observe.ts';

/** The finding of the first check that answers, and an Event where it is for a person. Pure. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  const finding = firstAnswer(checks, seen);
  return finding === undefined
    ? { findings: [] }
    : { findings: [finding], records: records(seen, finding, config, nowMs) };
}

function records({ content, recorded }: Seen, finding: Finding, config: Config, nowMs: number): RecordAction[] {
  const isForPeople = verdictOf(finding) === 'report';
  if (content === undefined || !isForPeople || recorded === true || config.event === 'off') return [];
  const { name, uid } = content.metadata;
  const { reason, message, command } = finding;
  const said = {
    about: { ...ref('VolumeSnapshotContent', name), uid },
    type: 'Warning',
    reason,
    message,
    command,
    name: eventNameOf(content),
    action: 'Check',
    by: 'do-something',
  } as const;
  return [eventOf(said, undefined, nowMs)];
}
