import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import type { Link } from '../../shared/chain/link.ts';
import { reportNameOf } from '../../shared/chain/reports.ts';
import type { KubeEvent, ReportObject } from '../../shared/objects/types.ts';
import type {
  Identity,
  PutReportAction,
  RecordAction,
  RecordEventAction,
  ReportResult,
} from '../../shared/plan/action.ts';
import { eventOf } from '../../shared/plan/record.ts';
import type { Config } from './config.ts';
import type { Events, SeenBackup } from './observe.ts';
import type { Trouble } from './troubles.ts';
import { eventNameOf, isOfTheTarget } from './troubles.ts';

/** What is written down: Events on the object that suffers, and a report that keeps each link's verdict. */

const POLICY = 'gleaner-verify-backup';

export function eventsFor(
  about: Identity & { readonly namespace: string },
  troubles: readonly Trouble[],
  there: Events,
  { repeatMinutes }: Config,
  nowMs: number,
): RecordEventAction[] {
  return troubles.flatMap((trouble) => {
    const event = there.get(eventNameOf(about.uid, trouble));
    // Not >=: a run right after another has nothing to add.
    const due = event === undefined || nowMs - lastSeenMs(event) > repeatMinutes * 60_000;
    return due ? [eventFor(about, trouble, event, 'Warning', nowMs)] : [];
  });
}

/** All is well again, where a report said otherwise. */
export const recovered = (about: Identity & { readonly namespace: string }, nowMs: number): RecordEventAction =>
  eventFor(
    about,
    { reason: 'BackupVerified', message: `every link of ${describeRef(about)} is intact again` },
    undefined,
    'Normal',
    nowMs,
  );

function eventFor(
  about: Identity & { readonly namespace: string },
  trouble: Trouble,
  event: KubeEvent | undefined,
  type: 'Normal' | 'Warning',
  nowMs: number,
): RecordEventAction {
  const seen = event && { ...version(event), count: event.series?.count ?? 1 };
  const name = eventNameOf(about.uid, trouble);
  return eventOf({ ...trouble, about, type, name, action: 'Verify', by: 'verify-backup' }, seen, nowMs);
}

const version = ({ metadata: { uid, resourceVersion } }: KubeEvent | ReportObject) => ({ uid, resourceVersion });

const lastSeenMs = ({ series, eventTime }: KubeEvent): number => {
  const at = Date.parse(series?.lastObservedTime ?? eventTime ?? '');
  return Number.isNaN(at) ? 0 : at;
};

/**
 * The report of a VMBackup, where one can be written and says something else than the one that is there. A VMBackup that
 * was always well has none: ten thousand of those would be ten thousand writes that nobody reads.
 */
export function reportFor(seen: SeenBackup, links: readonly Link[], nowMs: number): RecordAction[] {
  const { backup, reportKind, report } = seen;
  if (reportKind === undefined) return [];
  const broken = links.some((link) => link.result === 'fail' && !isOfTheTarget(link));
  if (report === undefined && !broken) return [];
  const old = new Map((report?.results ?? []).map((result) => [keyOf(result), result]));
  const results = links.map((link) => {
    const fresh = resultOf(link, nowMs);
    const before = old.get(keyOf(fresh));
    const same = before?.result === fresh.result && before.message === fresh.message;
    return same && before.timestamp ? { ...fresh, timestamp: before.timestamp } : fresh;
  });
  const unchanged =
    report !== undefined &&
    results.length === (report.results ?? []).length &&
    results.every((result) => isSame(old.get(keyOf(result)), result));
  if (unchanged) return [];
  const { name, namespace, uid } = backup.metadata;
  const about: Identity = { ...ref('VirtualMachineBackup', name, namespace), uid };
  const action: PutReportAction = {
    do: 'putReport',
    target: { kind: reportKind, name: reportNameOf(uid), namespace },
    about,
    results,
    ...(report !== undefined && { seen: version(report) }),
  };
  const wasBroken = (report?.summary?.fail ?? 0) + (report?.summary?.warn ?? 0) > 0;
  const allRight = links.every(({ result }) => result === 'pass');
  return wasBroken && allRight ? [action, recovered({ ...about, namespace }, nowMs)] : [action];
}

type Kept = NonNullable<NonNullable<SeenBackup['report']>['results']>[number];

const keyOf = ({ rule, properties }: Pick<Kept, 'rule' | 'properties'>): string =>
  `${rule ?? ''} ${properties?.['volume'] ?? ''}`;

const isSame = (before: Kept | undefined, now: ReportResult): boolean =>
  before?.result === now.result &&
  before.message === now.message &&
  before.properties?.['reason'] === now.properties['reason'];

const results = { pass: 'pass', fail: 'fail', wait: 'warn', skip: 'skip' } as const;

function resultOf({ link, volume, result, reason, message, object, command }: Link, nowMs: number): ReportResult {
  return {
    policy: POLICY,
    rule: link,
    result: results[result],
    ...(result === 'fail' && { severity: 'high' as const }),
    message,
    timestamp: { seconds: Math.floor(nowMs / 1000), nanos: 0 },
    properties: { volume, reason, object: describe(object), ...(command !== undefined && { command }) },
  };
}

const describe = (object: Ref): string => describeRef(object);
