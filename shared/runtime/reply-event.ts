import type { Ref } from '../domain/kinds.ts';
import { refKey } from '../domain/kinds.ts';
import { toHttp } from '../events/http.ts';
import { replySource, replyTypes } from '../events/types.ts';
import { describeAction } from '../plan/action.ts';
import type { Finding } from '../plan/plan.ts';
import { verdictOf } from '../plan/plan.ts';
import type { Answer } from './answer.ts';
import { done, statusOf } from './answer.ts';
import type { Applied } from '../kube/apply.ts';
import type { Completed, Failed } from './reconcile.ts';
import type { Stopped } from './sweep.ts';

type ReplyType = (typeof replyTypes)[keyof typeof replyTypes];

/** Collects the results of one event in bounded memory, however much a sweep finds. */
export interface Reply {
  add(outcome: Pick<Completed, 'subject' | 'plan' | 'applied'>): void;
  /** Adds a subject that failed, with its findings and the writes before the failure. */
  addFailure(failed: Pick<Failed, 'subject' | 'plan' | 'applied' | 'error'>): void;
  /** The sweep stopped because its time was up. */
  stopped(rest: Rest): void;
  /** Log fields: how often each reason was found, and the first 20 writes. */
  summary(): Readonly<Record<string, unknown>>;
  /** 204 if there is nothing to report, else 200 with a CloudEvent that lists findings and writes. */
  answer(): Promise<Answer>;
}

type Rest = Pick<Stopped, 'left' | 'next'>;

/** Brokers accept 1 MiB or less. What is omitted is counted, and is reported by the next sweep. */
const LARGEST_BYTES = 48 * 1024;
const MOST_LOGGED = 20;

/**
 * Creates an empty reply for one event.
 * @param fn name of the function, the reply's source
 */
export function createReply(fn: string, kind: 'change' | 'sweep'): Reply {
  const reasons: Record<string, number> = {};
  const types = new Set<ReplyType>();
  const entries: object[] = [];
  const wrote: string[] = [];
  let [reported, written, bytes] = [0, 0, 0];
  let last: Ref | undefined;
  let rest: Rest | undefined;

  const say = (subject: Ref, type: ReplyType, entry: object) => {
    reported++;
    last = subject;
    types.add(type);
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes <= LARGEST_BYTES) entries.push(entry);
  };

  /** Returns the number of writes. */
  const count = (findings: readonly Finding[], applied: readonly Applied[]): number => {
    for (const { reason } of findings) reasons[reason] = (reasons[reason] ?? 0) + 1;
    const changes = changesOf(applied);
    written += changes.length;
    wrote.push(...changes.slice(0, MOST_LOGGED - wrote.length));
    return changes.length;
  };

  return {
    add(outcome) {
      const changes = count(outcome.plan.findings, outcome.applied);
      const type = typeOf(outcome.plan.findings, changes > 0);
      if (type !== undefined) say(outcome.subject, type, describeOutcome(outcome));
    },
    addFailure({ subject, plan, applied, error }) {
      count(plan?.findings ?? [], applied);
      const before = applied.length > 0 ? { applied: applied.map(describeApplied) } : {};
      say(subject, replyTypes.reported, { subject, failed: error.message, ...before });
    },
    stopped: ({ left, next }) => void (rest = { left, ...(next !== undefined && { next }) }),
    summary: () => ({ reasons, ...(written > 0 && { written, wrote }), ...(rest && { left: rest.left }) }),
    async answer() {
      if (reported === 0 && rest === undefined) return done;
      const sweepType = rest?.next === undefined ? replyTypes.swept : replyTypes.sweptInPart;
      const message = await toHttp({
        type: kind === 'sweep' ? sweepType : (order.find((type) => types.has(type)) ?? replyTypes.waiting),
        source: replySource(fn),
        subject: reported === 1 && last !== undefined ? refKey(last) : undefined,
        data: { function: fn, reasons, written, outcomes: entries, omitted: reported - entries.length, ...rest },
      });
      return { statusCode: statusOf.reply, ...message };
    },
  };
}

/** If one event had several results, the first of these types names the reply. */
const order: readonly ReplyType[] = [replyTypes.applied, replyTypes.planned, replyTypes.reported, replyTypes.waiting];

const isOpen = (finding: Finding): boolean => verdictOf(finding) !== 'leave';

function typeOf(findings: readonly Finding[], written: boolean): ReplyType | undefined {
  if (written) return replyTypes.applied;
  const verdicts = new Set(findings.map(verdictOf));
  if (verdicts.has('act')) return replyTypes.planned;
  if (verdicts.has('report')) return replyTypes.reported;
  return verdicts.has('wait') ? replyTypes.waiting : undefined;
}

/** Names, reasons and sentences; never an object of the cluster. */
function describeOutcome({ subject, plan, applied }: Pick<Completed, 'subject' | 'plan' | 'applied'>): object {
  return {
    subject,
    findings: plan.findings.filter(isOpen).map(({ actions, ...finding }) => ({
      verdict: verdictOf(finding),
      ...finding,
      actions: actions.map(describeAction),
    })),
    applied: applied.map(describeApplied),
  };
}

const describeApplied = ({ action, result }: Applied): object => ({ action: describeAction(action), result });

const changesOf = (applied: readonly Applied[]): string[] =>
  applied.flatMap(({ action, result }) => (result === 'done' ? [describeAction(action)] : []));

/** Log fields about one subject: the number of writes and the first 20. Empty without writes. */
export function describeWrites(applied: readonly Applied[]): { readonly written?: number; readonly wrote?: string[] } {
  const changes = changesOf(applied);
  return changes.length === 0 ? {} : { written: changes.length, wrote: changes.slice(0, MOST_LOGGED) };
}
