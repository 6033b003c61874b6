import type { Ref } from '../../shared/domain/kinds.ts';
import type { Link } from '../../shared/chain/link.ts';
import type { Chain } from '../../shared/chain/chain.ts';
import { judgeMetadata } from '../../shared/chain/readiness.ts';
import type { RestoreJudgment } from '../../shared/restore/hanging.ts';
import { judgeStatus } from '../../shared/chain/vmbackup-status.ts';
import type { TargetTrouble } from '../../shared/chain/target.ts';
import { targetRef } from '../../shared/chain/target.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { eventName } from '../../shared/plan/event-text.ts';

/** A problem that gets an Event on the affected object. */
export interface Issue {
  readonly reason: Reason;
  /** Name of the volume; absent if the problem concerns the whole VMBackup. */
  readonly volume?: string;
  readonly message: string;
  /** The object at fault. */
  readonly object?: Ref | undefined;
  readonly command?: string | undefined;
}

/** Reasons that concern the whole VMBackup, whichever volume shows them. */
const ofTheWhole: ReadonlySet<Reason> = new Set([
  'VMBackupFailed',
  'VMBackupDegraded',
  'VMBackupIncomplete',
  'VMBackupInProgress',
  'OtherTarget',
] satisfies Reason[]);
/** Reasons that concern the target: reported once, on the target, and not on each VMBackup. */
const ofTheTarget: ReadonlySet<Reason> = new Set(['TargetNotConnected', 'TargetUnavailable'] satisfies Reason[]);

export const isOfTheWhole = ({ reason }: Pick<Link, 'reason'>): boolean => ofTheWhole.has(reason);
export const isOfTheTarget = ({ reason }: Pick<Link, 'reason'>): boolean => ofTheTarget.has(reason);

export function issuesOf(chain: Chain, nowMs: number): Issue[] {
  const { readiness, links: all } = judgeStatus(chain, nowMs);
  const links = all.filter((link) => link.result === 'fail' && !isOfTheTarget(link));
  const whole: Issue[] = [];
  if (readiness !== undefined && readiness.reason !== 'VMBackupInProgress') whole.push(readiness);
  const other = links.find(({ reason }) => reason === 'OtherTarget');
  if (other !== undefined) whole.push(withoutVolume(other));
  const metadata = judgeMetadata(chain);
  if (metadata !== undefined) whole.push(metadata);
  return [...whole, ...links.filter((link) => !isOfTheWhole(link))];
}

const withoutVolume = ({ reason, message, object, command }: Link): Issue => ({
  reason,
  message,
  object,
  command,
});

export const restoreTrouble = ({ reason, message, cause, command }: RestoreJudgment): Issue[] =>
  reason === 'RestoreHanging' || reason === 'RestoreOfOtherData' ? [{ reason, message, object: cause, command }] : [];

export const targetTrouble = (trouble: TargetTrouble | undefined): Issue[] =>
  trouble === undefined ? [] : [{ reason: trouble.reason, message: trouble.detail, object: targetRef }];

/**
 * Name of the Event. The same problem of the same object has the same name, so it is recorded once and then counted.
 */
export const eventNameOf = (uid: string, { reason, volume }: Pick<Issue, 'reason' | 'volume'>): string =>
  eventName(uid, reason, ...(volume === undefined ? [] : [volume]));
