import type { VerdictKind } from './verdict.ts';
import type { Ref } from '../domain/kinds.ts';
import type { Action, RecordAction } from './action.ts';
import type { Reason } from './reason.ts';
import { reasons } from './reason.ts';

/** What Gleaner thinks of one thing, and why. */
export interface Finding {
  /** What the finding is about. */
  readonly subject: Ref;
  /** VM volume inside a VMBackup, where the finding is about one. */
  readonly volume?: string;
  readonly reason: Reason;
  /** A sentence for a person: names the objects and the values that disagree. */
  readonly message: string;
  /** The command that helps, where one does. */
  readonly command?: string;
  readonly waitsFor?: string;
  /** Facts for machines and wide tables: backup, handles, snapshot… Never a secret. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Empty unless the verdict is `act`. In the order in which they are applied. */
  readonly actions: readonly Action[];
}

/** What to do about one subject: pure data, so that dry run, replay, test and the real run share it. */
export interface Plan {
  readonly findings: readonly Finding[];
  /** What is written down where people look (events, reports); not a repair, so it belongs to no verdict. */
  readonly records?: readonly RecordAction[];
}

export const verdictOf = (finding: Pick<Finding, 'reason'>): VerdictKind => reasons[finding.reason].verdict;

export const actionsOf = (plan: Plan): Action[] => [
  ...plan.findings.flatMap((finding) => finding.actions),
  ...(plan.records ?? []),
];

/** Whether anybody (Gleaner or a person) has something to do: what `gleaner scan` answers 1 for. */
export const needsAttention = (finding: Finding): boolean => verdictOf(finding) !== 'leave';
