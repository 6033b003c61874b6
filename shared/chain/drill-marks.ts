import * as names from '../domain/names.ts';
import type { DrillEntry } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';

type Marked = { readonly metadata: { readonly labels?: Readonly<Record<string, string>> | null | undefined } };

/** uid of the VMBackup whose restore drill created this object; undefined for every other object. */
export const drillOf = ({ metadata }: Marked): string | undefined => metadata.labels?.[names.DRILL_LABEL];

/** What an object of a drill says about its drill. */
export interface DrillTrace {
  /** `<namespace>/<name>` of the VMBackup as recorded; empty if it is not. */
  readonly vmBackup: string;
  /** The drill should have removed this object by now. */
  readonly overdue: boolean;
}

/** A drill ends by itself at its time limit; clean-up may take this much longer. */
const GRACE_MS = 30 * 60_000;

/** Reads the annotations of an object that a drill created. */
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

/** Describes the result of the last drill, as reason and message. */
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
