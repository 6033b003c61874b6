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
import { eventOf } from '../../shared/plan/event-text.ts';
import type { Config } from './config.ts';
import type { Events, SeenBackup } from './observe.ts';
import type { Issue } from './issues.ts';
import { eventNameOf, isOfTheTarget } from './issues.ts';

/** The records: Events on the affected object, and a report with the verdict of each link. */

const POLICY = 'gleaner-verify-backup';

export function eventsFor(
  about: Identity & { readonly namespace: string },
  troubles: readonly Issue[],
  there: Events,
  { repeatMinutes }: Config,
  nowMs: number,
): RecordEventAction[] {
  return troubles.flatMap((trouble) => {
    const event = there.get(eventNameOf(about.uid, trouble));
    // Not >=: a second run at the same time must write nothing.
    const due = event === undefined || nowMs - lastSeenMs(event) > repeatMinutes * 60_000;
    return due ? [eventFor(about, trouble, event, 'Warning', nowMs)] : [];
  });
}

/** The Event that all links are intact again, after a report of problems. */
const recovered = (about: Identity & { readonly namespace: string }, nowMs: number): RecordEventAction =>
  eventFor(
    about,
    { reason: 'BackupVerified', message: `every link of ${describeRef(about)} is intact again` },
    undefined,
    'Normal',
    nowMs,
  );

function eventFor(
  about: Identity & { readonly namespace: string },
  trouble: Issue,
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
 * The report of a VMBackup, if it differs from the existing one. Empty without a CRD for reports, and for a VMBackup
 * that never had a problem: ten thousand healthy VMBackups must not cost ten thousand writes.
 */
export function reportFor(seen: SeenBackup, links: readonly Link[], nowMs: number): RecordAction[] {
  const { backup, reportKind, report } = seen;
  if (reportKind === undefined) return [];
  const broken = links.some((link) => link.result === 'fail' && !isOfTheTarget(link));
  if (report === undefined && !broken) return [];
  const old = new Map(keyed(report?.results ?? []));
  const fresh = keyed(links.map((link) => resultOf(link, nowMs)));
  const results = fresh.map(([key, result]) => {
    const before = old.get(key);
    const same = before?.result === result.result && before.message === result.message;
    return same && before.timestamp ? { ...result, timestamp: before.timestamp } : result;
  });
  const unchanged =
    report !== undefined && fresh.length === old.size && fresh.every(([key, result]) => isSame(old.get(key), result));
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

/** Results by link and volume. If a VMBackup lists a volume twice, the key has a counter. */
function keyed<R extends Pick<Kept, 'rule' | 'properties'>>(results: readonly R[]): (readonly [string, R])[] {
  const counts = new Map<string, number>();
  return results.map((result) => {
    const key = `${result.rule ?? ''} ${result.properties?.['volume'] ?? ''}`;
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    return [`${key} ${nth}`, result];
  });
}

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
