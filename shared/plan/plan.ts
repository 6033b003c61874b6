import type { VerdictKind } from './verdict.ts';
import type { Ref } from '../domain/kinds.ts';
import type { Action, RecordAction } from './action.ts';
import type { Reason } from './reason.ts';
import { reasons } from './reason.ts';

/** Gleaner's verdict on one subject, with the reason and the actions. */
export interface Finding {
  /** What the finding is about. */
  readonly subject: Ref;
  /** The VM volume inside a VMBackup, if the finding is about one. */
  readonly volume?: string;
  readonly reason: Reason;
  /** A sentence for a person: names the objects and the values that disagree. */
  readonly message: string;
  /** A command that repairs the problem or shows more about it. */
  readonly command?: string;
  readonly waitsFor?: string;
  /** Facts for machines and wide tables: backup, handles, snapshot… Never a secret. */
  readonly facts?: Readonly<Record<string, string>>;
  /** In the order in which they are applied. Empty unless the verdict is `act`. */
  readonly actions: readonly Action[];
}

/** What to do about one subject. Pure data, shared by dry run, replay, tests and the real run. */
export interface Plan {
  readonly findings: readonly Finding[];
  /** Events and reports to write. They are not repairs and belong to no verdict. */
  readonly records?: readonly RecordAction[];
}

export const verdictOf = (finding: Pick<Finding, 'reason'>): VerdictKind => reasons[finding.reason].verdict;

/** All actions of a plan: repairs in the order of the findings, then records. */
export const actionsOf = (plan: Plan): Action[] => [
  ...plan.findings.flatMap((finding) => finding.actions),
  ...(plan.records ?? []),
];

/** Whether Gleaner or a person has something to do. `gleaner scan` exits 1 if any finding does. */
export const needsAttention = (finding: Finding): boolean => verdictOf(finding) !== 'leave';
