import * as names from '../domain/names.ts';
import type { DrillEntry } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';

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

/** What the last drill showed. */
export function resultOf(entry: DrillEntry | undefined): readonly [reason: Reason, message: string] {
  const { proved, failed } = entry ?? {};
  const provedText = proved && `proved restorable at ${proved.at}, took ${duration(proved.tookSeconds)}`;
  if (failed !== undefined && !(proved !== undefined && proved.at > failed.at)) {
    return [
      'DrillFailed',
      `could not be restored at ${failed.at}: ${failed.message}${provedText ? ` (${provedText} before)` : ''}`,
    ];
  }
  return ['DrillProved', provedText ?? 'no drill has a result yet'];
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
