import * as names from '../domain/names.ts';

type Marked = { readonly metadata: { readonly labels?: Readonly<Record<string, string>> | null | undefined } };

/** uid of the VMBackup whose restore drill made this object; undefined for everything else. */
export const drillOf = ({ metadata }: Marked): string | undefined => metadata.labels?.[names.DRILL_LABEL];

/** The part of an object of a drill that says whether it should be gone. */
export interface DrillTrace {
  /** `<namespace>/<name>` of the VMBackup, as it was noted. */
  readonly vmBackup: string;
  readonly overdue: boolean;
}

/** A drill ends by itself at its time limit, and then needs a moment to clean up. */
const GRACE_MS = 30 * 60_000;

export function traceOf(
  { metadata }: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | null | undefined } },
  nowMs: number,
): DrillTrace {
  const until = Date.parse(metadata.annotations?.[names.DRILL_UNTIL_ANNOTATION] ?? '');
  return {
    vmBackup: metadata.annotations?.[names.DRILL_OF_ANNOTATION] ?? '',
    overdue: !(nowMs < (Number.isNaN(until) ? 0 : until) + GRACE_MS),
  };
}
