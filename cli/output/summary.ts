import { verdictOf } from '../../shared/plan/plan.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { VerdictKind } from '../../shared/plan/verdict.ts';

/** Counts findings without keeping them. */
export interface Summary {
  add(finding: Pick<Finding, 'reason'>, count?: number): void;
  /** Whether Gleaner or a person has something to do. */
  readonly open: number;
  toDocument(): SummaryDocument;
  /** The summary in one line. */
  toText(failures?: number): string;
}

interface SummaryDocument {
  /** What needs attention, and what does not. */
  readonly open: number;
  readonly well: number;
  readonly verdicts: Readonly<Record<VerdictKind, number>>;
  readonly reasons: Readonly<Record<string, number>>;
}

export function createSummary(): Summary {
  const verdicts: Record<VerdictKind, number> = { act: 0, wait: 0, report: 0, leave: 0 };
  const reasons = new Map<string, { verdict: VerdictKind; count: number }>();
  const open = () => verdicts.act + verdicts.wait + verdicts.report;
  const listed = (wanted: (verdict: VerdictKind) => boolean) =>
    [...reasons]
      .filter(([, { verdict }]) => wanted(verdict))
      .sort(([a, { count: as }], [b, { count: bs }]) => bs - as || a.localeCompare(b))
      .map(([reason, { count }]) => `${reason} ${count}`)
      .join(', ');
  return {
    add(finding, count = 1) {
      const verdict = verdictOf(finding);
      verdicts[verdict] += count;
      const known = reasons.get(finding.reason);
      if (known === undefined) reasons.set(finding.reason, { verdict, count });
      else known.count += count;
    },
    get open() {
      return open();
    },
    toDocument: () => ({
      open: open(),
      well: verdicts.leave,
      verdicts: { ...verdicts },
      reasons: Object.fromEntries([...reasons].sort().map(([reason, { count }]) => [reason, count])),
    }),
    toText(failures = 0) {
      const nothing = failures === 0 ? 'Nothing needs attention' : 'Nothing else needs attention';
      const needs =
        open() === 0
          ? nothing
          : `${open()} ${open() === 1 ? 'needs' : 'need'} attention (${listed((v) => v !== 'leave')})`;
      const well = verdicts.leave === 0 ? '' : `; ${verdicts.leave} left alone (${listed((v) => v === 'leave')})`;
      const failed = failures === 0 ? '' : `${failures} could not be checked. `;
      return `${failed}${needs}${well}.`;
    },
  };
}
