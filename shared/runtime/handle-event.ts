import type { Cursor, Incoming } from '../events/incoming.ts';
import { readEvent } from '../events/incoming.ts';
import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import type { AnyFunction, Change, Routed } from '../function.ts';
import { KubeError } from '../ports/errors.ts';
import type { Answer } from './answer.ts';
import { done, failure, failureOf, isRetryable } from './answer.ts';
import type { Fields, Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Failed, Session } from './reconcile.ts';
import { reconcile } from './reconcile.ts';
import type { Reply } from './reply-event.ts';
import { createReply, describeWrites } from './reply-event.ts';
import type { Stopped, Swept } from './sweep.ts';

/** What answering an event needs from the process it happens in. */
export interface Host {
  /** Connects to the cluster, if that has not happened yet. */
  session(fn: AnyFunction): Promise<Session>;
  /** Looks at everything there is for one function; undefined where that is being done already. */
  sweep(fn: AnyFunction, session: Session, asked: SweepAsked): AsyncIterable<Swept | Stopped> | undefined;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly nowMs?: () => number;
}

/** How a sweep was asked for. */
export interface SweepAsked {
  readonly tick?: true;
  readonly cursor?: Cursor;
}

/**
 * One event in, one answer out: parse, consider, then observe, plan and apply for each subject. Never throws, since
 * every runtime turns what escapes into an answer of its own, and most of those are wrong ones.
 */
export async function handleEvent(fn: AnyFunction, event: unknown, host: Host): Promise<Answer> {
  const nowMs = host.nowMs ?? Date.now;
  const startMs = nowMs();
  const fields = () => ({ function: fn.name, ...describeEvent(event), tookMs: took(nowMs, startMs) });
  const incoming = readEvent(event);
  const report = reportOf(fn, incoming.is === 'sweep' ? 'sweep' : 'change', host);
  const count = ({ statusCode }: Answer) =>
    host.metrics?.answered(fn.name, incoming.is, statusCode, took(nowMs, startMs));
  try {
    const answered = await answerTo(fn, incoming, report, host);
    count(answered.answer);
    host.log[answered.level]('event answered', () => ({
      ...fields(),
      ...answered.fields(),
      status: answered.answer.statusCode,
    }));
    return answered.answer;
  } catch (error) {
    const answer = failureOf(error);
    count(answer);
    const level = isRetryable(error) ? 'warn' : 'error';
    const failed = { ...fields(), status: answer.statusCode, error: describeError(error) };
    // Such an answer has no room for what was found and written all the same.
    host.log[level]('event failed', { ...failed, ...report.summary() });
    return answer;
  }
}

interface Answered {
  readonly answer: Answer;
  readonly level: keyof Log;
  readonly fields: () => Fields;
}

async function answerTo(fn: AnyFunction, incoming: Incoming, report: Reply, host: Host): Promise<Answered> {
  switch (incoming.is) {
    case 'malformed':
      return { answer: failure('malformed', incoming.why), level: 'warn', fields: () => ({ why: incoming.why }) };
    case 'foreign':
      return { answer: done, level: 'info', fields: () => ({ why: incoming.why }) };
    case 'change': {
      const { change } = incoming;
      if (!fn.watches.some((watch) => watch.kind === change.kind)) {
        return { answer: done, level: 'info', fields: () => ({ why: 'not watched by this function' }) };
      }
      await handleChange(fn, change, report, host);
      return conclude(report);
    }
    case 'sweep':
      if ('of' in incoming && incoming.of !== fn.name) {
        return { answer: done, level: 'info', fields: () => ({ why: 'the rest of a sweep of another' }) };
      }
      return handleSweep(fn, incoming, report, host);
  }
}

async function conclude(report: Reply): Promise<Answered> {
  const answer = await report.answer();
  // Most events of a healthy cluster mean nothing; a line for each would bury those that do.
  const level = answer === done ? 'debug' : 'info';
  return { answer, level, fields: () => ({ ...report.summary(), replied: answer.headers['ce-type'] }) };
}

/** @throws the failure of a subject, when all of them have been worked on and are in the report */
async function handleChange(fn: AnyFunction, change: Change, report: Reply, host: Host): Promise<void> {
  const considered = fn.route(change);
  if ('findings' in considered) {
    const subject = ref(change.kind, change.name, change.namespace);
    report.add({ subject, plan: { findings: considered.findings }, applied: [] });
    return;
  }
  const session = await host.session(fn);
  const errors: Error[] = [];
  // One subject's trouble does not keep the others waiting: each event may be the last for a long time.
  for await (const subject of subjectsOf(considered, session)) {
    const outcome = await reconcile(fn, subject, session);
    if (outcome.error === undefined) report.add(outcome);
    else {
      errors.push(outcome.error);
      addFailure(outcome, report, host);
    }
  }
  // What can succeed later decides: a retry also comes by whatever failed for good.
  const error = errors.find(isRetryable) ?? errors[0];
  if (error !== undefined) throw error;
}

function addFailure(failed: Failed, report: Reply, { log }: Host): void {
  const { function: name, subject, applied, error } = failed;
  report.addFailure(failed);
  log.warn('subject failed', () => ({
    function: name,
    ...subject,
    ...describeWrites(applied),
    error: describeError(error),
  }));
}

/** What fails for good is part of the report; what can succeed later asks for the sweep to be repeated. */
async function handleSweep(fn: AnyFunction, asked: SweepAsked, report: Reply, host: Host): Promise<Answered> {
  const sweeping = host.sweep(fn, await host.session(fn), asked);
  if (sweeping === undefined) return { answer: done, level: 'info', fields: () => ({ why: 'a sweep is under way' }) };
  const sinceMs = (host.nowMs ?? Date.now)();
  let later: Error | undefined;
  let whole = asked.cursor === undefined;
  for await (const swept of sweeping) {
    if (swept.kind === 'outcome') report.add(swept.outcome);
    else if (swept.kind === 'finding') {
      report.add({ subject: swept.finding.subject, plan: { findings: [swept.finding] }, applied: [] });
    } else if (swept.kind === 'failure') {
      whole = false;
      addFailure(swept, report, host);
      if (isRetryable(swept.error)) later ??= swept.error;
    } else {
      whole = false;
      report.stopped(swept);
      const { left, next } = swept;
      host.log.warn('sweep stopped, its time is up', { function: fn.name, left, goesOn: next !== undefined });
      // The rest matters more than a repetition, and comes by what failed at the next tick.
      if (next !== undefined) return conclude(report);
    }
  }
  if (later !== undefined) throw later;
  if (whole) host.metrics?.swept(fn, sinceMs, (host.nowMs ?? Date.now)());
  return conclude(report);
}

/** Whatever is reported is counted. */
function reportOf(fn: AnyFunction, kind: 'change' | 'sweep', { metrics, nowMs = Date.now }: Host): Reply {
  const report = createReply(fn.name, kind);
  if (metrics === undefined) return report;
  return {
    ...report,
    add(outcome) {
      metrics.saw(fn, outcome, nowMs());
      report.add(outcome);
    },
    addFailure(failed) {
      metrics.saw(fn, failed, nowMs());
      report.addFailure(failed);
    },
  };
}

async function* subjectsOf(considered: Exclude<Routed, { findings: unknown }>, session: Session): AsyncGenerator<Ref> {
  if ('subjects' in considered) yield* considered.subjects;
  else yield* considered.search(session.hints ?? session.reader);
}

/** What of an event is worth a log line; its payload never is. */
function describeEvent(event: unknown): Record<string, unknown> {
  if (typeof event !== 'object' || event === null) return {};
  const { id, type, kind, name, namespace } = event as Record<string, unknown>;
  const given = { event: id, type, kind, name, namespace };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string' && value !== ''));
}

function describeError(error: unknown): object {
  if (error instanceof KubeError) return { kind: error.name, message: error.message };
  return error instanceof Error
    ? { kind: error.name, message: error.message, stack: error.stack }
    : { kind: typeof error };
}

const took = (nowMs: () => number, startMs: number): number => Math.round(nowMs() - startMs);
