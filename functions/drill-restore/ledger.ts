import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { ConfigMap, DrillEntry } from '../../shared/objects/types.ts';
import type { PutDrillAction } from '../../shared/plan/scratch-action.ts';
import type { Config } from './config.ts';

/**
 * The record of all drills: one ConfigMap with the last results and the running drills. Each write names the version
 * that was read, so of two concurrent starts only one succeeds.
 */
export type DrillRecord = ConfigMap | undefined;

export const recordRef = ({ namespace }: Config): PutDrillAction['target'] => ({
  kind: 'ConfigMap',
  name: names.DRILL_RECORD,
  namespace,
});

export const entriesIn = (record: DrillRecord): readonly (readonly [uid: string, entry: DrillEntry])[] =>
  Object.entries(record?.drills ?? {});

/** Entries of the VMBackup with this name, and of former VMBackups with the same name. */
export const entriesFor = (record: DrillRecord, { namespace, name }: Ref) =>
  entriesIn(record).filter(([, { vmBackup }]) => vmBackup === `${namespace ?? ''}/${name}`);

export const runningIn = (record: DrillRecord) => entriesIn(record).filter(([, { run }]) => run !== undefined);

export function put(
  record: DrillRecord,
  config: Config,
  key: string,
  entry: DrillEntry | undefined,
  says: string,
): PutDrillAction {
  const { uid = '', resourceVersion = '' } = record?.metadata ?? {};
  return {
    do: 'putDrill',
    target: recordRef(config),
    key,
    ...(entry !== undefined && { entry }),
    says,
    ...(record !== undefined && { seen: { uid, resourceVersion, filled: record.filled } }),
  };
}

const timeOf = (at: string | undefined): number => {
  const ms = Date.parse(at ?? '');
  return Number.isNaN(ms) ? 0 : ms;
};

/** Time of the last result (ms since 1970); 0 without one. */
export const lastResultMs = (entry: DrillEntry | undefined): number =>
  Math.max(timeOf(entry?.proved?.at), timeOf(entry?.failed?.at));

/** Whether a drill is due: no result yet, or the last one has expired, is before `after`, or is in the future. */
export function isDue(entry: DrillEntry | undefined, { everyDays, retryHours, after }: Config, nowMs: number): boolean {
  const last = lastResultMs(entry);
  if (last === 0 || last < timeOf(after) || isAhead(new Date(last).toISOString(), nowMs)) return true;
  const failed = timeOf(entry?.failed?.at) === last;
  return nowMs - last >= (failed ? retryHours * 3_600_000 : everyDays * 86_400_000);
}
