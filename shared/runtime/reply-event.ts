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

/** What came of one event, gathered in bounded memory however much a sweep finds. */
export interface Reply {
  add(outcome: Pick<Completed, 'subject' | 'plan' | 'applied'>): void;
  /** A subject whose work failed, with what was found of it and written before. */
  addFailure(failed: Pick<Failed, 'subject' | 'plan' | 'applied' | 'error'>): void;
  /** A sweep's time was up. */
  stopped(rest: Rest): void;
  /** For the log: how often each reason was found, and the first of what was written. */
  summary(): Readonly<Record<string, unknown>>;
  /** 204 when all is well, else a CloudEvent that says what was found and done. */
  answer(): Promise<Answer>;
}

type Rest = Pick<Stopped, 'left' | 'next'>;

/** Brokers take a megabyte and less; what is left out is counted, and comes with the next sweep. */
const LARGEST_BYTES = 48 * 1024;
const MOST_LOGGED = 20;

export function createReply(fn: string, kind: 'change' | 'sweep'): Reply {
  const reasons: Record<string, number> = {};
  const types = new Set<ReplyType>();
  const said: object[] = [];
  const wrote: string[] = [];
  let [telling, written, bytes] = [0, 0, 0];
  let last: Ref | undefined;
  let rest: Rest | undefined;

  const say = (subject: Ref, type: ReplyType, entry: object) => {
    telling++;
    last = subject;
    types.add(type);
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes <= LARGEST_BYTES) said.push(entry);
  };

  /** Answers how many writes there were. */
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
      if (telling === 0 && rest === undefined) return done;
      const sweepType = rest?.next === undefined ? replyTypes.swept : replyTypes.sweptInPart;
      const message = await toHttp({
        type: kind === 'sweep' ? sweepType : (order.find((type) => types.has(type)) ?? replyTypes.waiting),
        source: replySource(fn),
        subject: telling === 1 && last !== undefined ? refKey(last) : undefined,
        data: { function: fn, reasons, written, outcomes: said, omitted: telling - said.length, ...rest },
      });
      return { statusCode: statusOf.reply, ...message };
    },
  };
}

/** When several things came of one event, the first of these names it. */
const order: readonly ReplyType[] = [replyTypes.applied, replyTypes.planned, replyTypes.reported, replyTypes.waiting];

const isOpen = (finding: Finding): boolean => verdictOf(finding) !== 'leave';

function typeOf(findings: readonly Finding[], written: boolean): ReplyType | undefined {
  if (written) return replyTypes.applied;
  const verdicts = new Set(findings.map(verdictOf));
  if (verdicts.has('act')) return replyTypes.planned;
  if (verdicts.has('report')) return replyTypes.reported;
  return verdicts.has('wait') ? replyTypes.waiting : undefined;
}

/** Names, reasons and sentences; no object of the cluster. */
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

/** For a log line about one subject: how many writes there were, and the first of them. Empty where there were none. */
export function describeWrites(applied: readonly Applied[]): { readonly written?: number; readonly wrote?: string[] } {
  const changes = changesOf(applied);
  return changes.length === 0 ? {} : { written: changes.length, wrote: changes.slice(0, MOST_LOGGED) };
}
