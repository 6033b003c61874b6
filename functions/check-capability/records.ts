import type { ConfigFault } from '../../shared/capability/driver-config-faults.ts';
import type { Capability } from '../../shared/capability/types.ts';
import { abilities, abilityKey } from '../../shared/capability/types.ts';
import type { ClusterReportKind } from '../../shared/chain/reports.ts';
import { reportNameOf } from '../../shared/chain/reports.ts';
import type { ClusterReportObject } from '../../shared/objects/types.ts';
import type { Identity, PutReportAction, RecordEventAction, ReportResult, Target } from '../../shared/plan/action.ts';
import { eventName, eventOf } from '../../shared/plan/event-text.ts';

/** The records besides the annotations: Events on changes, and a report of faults. */

/** The existing report about the subject. Without `reportKind`, no CRD for reports is installed. */
export interface SeenReport {
  readonly reportKind?: ClusterReportKind | undefined;
  readonly report?: ClusterReportObject | undefined;
}

const POLICY = 'gleaner-check-capability';
const BY = 'check-capability';

/** An Event named after the version of the class, so that a change that is seen twice is recorded once. */
export function changeEvent(target: Target, changes: readonly string[], nowMs: number): RecordEventAction {
  const { kind, name, uid, resourceVersion } = target;
  return eventOf(
    {
      about: { kind, name, uid },
      type: 'Normal',
      reason: 'CapabilityChanged',
      message: changes.join('; '),
      name: eventName(uid, 'capability', resourceVersion),
      action: 'Check',
      by: BY,
    },
    undefined,
    nowMs,
  );
}

/** One Event per fault. After it has expired, the next run creates it again. */
export const faultEventName = (uid: string, { reason, driver }: ConfigFault): string =>
  eventName(uid, reason, ...(driver === undefined ? [] : [driver]));

export function faultEvents(
  about: Identity,
  faults: readonly ConfigFault[],
  recorded: ReadonlySet<string>,
  nowMs: number,
): RecordEventAction[] {
  return faults.flatMap((fault) => {
    const name = faultEventName(about.uid, fault);
    const { reason, message, cure: command } = fault;
    if (recorded.has(name)) return [];
    return [
      eventOf({ about, type: 'Warning', reason, message, command, name, action: 'Check', by: BY }, undefined, nowMs),
    ];
  });
}

/** The report, if it has faults or had some, and differs from the existing one. */
export function reportFor(
  about: Identity,
  results: readonly ReportResult[],
  broken: boolean,
  { reportKind, report }: SeenReport,
): PutReportAction[] {
  if (reportKind === undefined || (report === undefined && !broken)) return [];
  const old = report?.results ?? [];
  const kept = results.map((result) => {
    const before = old.find((one) => one.rule === result.rule && one.message === result.message);
    return before?.result === result.result && before.timestamp ? { ...result, timestamp: before.timestamp } : result;
  });
  const textOf = (all: readonly Pick<(typeof old)[number], 'rule' | 'result' | 'message'>[]) =>
    JSON.stringify(all.map(({ rule, result, message }) => [rule, result, message]));
  if (report !== undefined && textOf(old) === textOf(kept)) return [];
  return [
    {
      do: 'putReport',
      target: { kind: reportKind, name: reportNameOf(about.uid) },
      about,
      results: kept,
      ...(report !== undefined && {
        seen: { uid: report.metadata.uid, resourceVersion: report.metadata.resourceVersion },
      }),
    },
  ];
}

export const resultsOfClass = ({ can, allows }: Capability, stuck: boolean, nowMs: number): ReportResult[] =>
  abilities.map((ability) => {
    const [storage, harvester] = [can[ability], allows[ability]];
    const fails = stuck && ability === 'snapshot';
    const both = storage.answer === 'yes' && harvester.answer === 'yes';
    return {
      policy: POLICY,
      rule: abilityKey(ability),
      result: fails ? 'fail' : both ? 'pass' : 'skip',
      ...(fails && { severity: 'high' as const }),
      message: `storage: ${storage.answer}, ${storage.message}; Harvester: ${harvester.answer}, ${harvester.message}`,
      timestamp: at(nowMs),
      properties: { can: storage.reason, allows: harvester.reason, ...cureOf(storage.cure ?? harvester.cure) },
    };
  });

export function resultsOfSetting(faults: readonly ConfigFault[], nowMs: number): ReportResult[] {
  if (faults.length === 0) {
    const message = 'no fault found';
    return [{ policy: POLICY, rule: RULE, result: 'pass', message, timestamp: at(nowMs), properties: {} }];
  }
  return faults.map(({ reason, message, cure }) => ({
    policy: POLICY,
    rule: RULE,
    result: 'fail',
    severity: 'high',
    message,
    timestamp: at(nowMs),
    properties: { reason, ...cureOf(cure) },
  }));
}

const RULE = 'csi-driver-config';
const at = (nowMs: number) => ({ seconds: Math.floor(nowMs / 1000), nanos: 0 });
const cureOf = (cure: string | undefined) => (cure === undefined ? {} : { command: cure });
