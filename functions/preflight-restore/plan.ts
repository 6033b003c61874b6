import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { VMRestore } from '../../shared/objects/types.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { eventName, eventOf } from '../../shared/plan/event-text.ts';
import type { Check } from '../../shared/restore/check.ts';
import { preflight } from '../../shared/restore/checks.ts';
import { verdictOfChecks } from '../../shared/restore/check.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';

/** Reports once, soon after a restore starts, whether it will work. Pure. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  const { subject, restore } = seen;
  const name = describeRef(subject);
  const leave = (reason: Reason, what: string): Plan => ({ findings: [finding(subject, reason, `${name} ${what}`)] });
  if (restore === undefined) return leave('RestoreGone', 'does not exist');
  if (isDeleting(restore)) return leave('RestoreDeleting', 'is being deleted');
  if (restore.status?.complete === true) return leave('RestoreComplete', 'is complete');
  if (seen.hasVerdict === true || seen.preflight === undefined)
    return leave('PreflightTold', 'already has its verdict');
  if (!isRecent(restore, config, nowMs)) return leave('RestoreRunning', 'started a while ago');

  const checks = preflight(seen.preflight, nowMs);
  const reason = reasonOf(checks);
  // The length of an Event is limited, so the worst results come first.
  const shown = (['fail', 'unknown', 'warn'] as const).flatMap((one) => checks.filter(({ result }) => result === one));
  const text = shown.map(sentenceOf).join('; ');
  const message = `${name}: ${text === '' ? `all ${checks.length} checks pass` : text}`;
  const [first] = shown.filter(({ result }) => result === 'fail');
  return {
    findings: [finding(subject, reason, message, first?.cure)],
    records: [eventOf(verdictFor(restore, reason, message), undefined, nowMs)],
  };
}

export const isRecent = ({ metadata }: VMRestore, { youngMinutes }: Config, nowMs: number): boolean =>
  !(nowMs - Date.parse(metadata.creationTimestamp ?? '') > youngMinutes * 60_000);

function reasonOf(
  checks: readonly Check[],
): Extract<Reason, 'PreflightPassed' | 'PreflightWarned' | 'PreflightFailed'> {
  const verdict = verdictOfChecks(checks);
  if (verdict === 'fail') return 'PreflightFailed';
  return verdict === 'pass' ? 'PreflightPassed' : 'PreflightWarned';
}

function sentenceOf({ name, volume, result, message, cure }: Check): string {
  const what = volume === undefined ? name : `${name} ${volume}`;
  return `${result} ${what}: ${message}${cure === undefined ? '' : ` (${cure})`}`;
}

const finding = (subject: Ref, reason: Reason, message: string, command?: string): Finding => ({
  subject,
  reason,
  message,
  // A cure that is a sentence is in the message already.
  ...(command !== undefined && /^(kubectl|gleaner) /.test(command) && { command }),
  actions: [],
});

function verdictFor(restore: VMRestore, reason: Reason, message: string) {
  const { name, namespace, uid } = restore.metadata;
  return {
    about: { ...ref('VirtualMachineRestore', name, namespace), uid, namespace },
    type: reason === 'PreflightFailed' ? 'Warning' : 'Normal',
    reason,
    message,
    name: eventName(uid, 'preflight'),
    action: 'Preflight',
    by: 'preflight-restore',
  } as const;
}
