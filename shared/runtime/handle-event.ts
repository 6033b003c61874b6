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

/** What handling an event needs from its process. */
export interface Host {
  /** Connects to the cluster on first use. */
  session(fn: AnyFunction): Promise<Session>;
  /** Sweeps all subjects of one function; `undefined` if a sweep of it is already running. */
  sweep(fn: AnyFunction, session: Session, asked: SweepAsked): AsyncIterable<Swept | Stopped> | undefined;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly nowMs?: () => number;
}

/** The request for a sweep: a clock's tick, or the continuation of a sweep. */
export interface SweepAsked {
  readonly tick?: true;
  readonly cursor?: Cursor;
}

/**
 * Handles one event: parse, route, then observe, plan and apply for each subject. Never throws, because each runtime
 * turns an escaped error into a response of its own, mostly a wrong one. See `statusOf` for the response.
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
    // The error response has no room for findings and writes: log them.
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
        return { answer: done, level: 'info', fields: () => ({ why: 'continues a sweep of another function' }) };
      }
      return handleSweep(fn, incoming, report, host);
  }
}

async function conclude(report: Reply): Promise<Answered> {
  const answer = await report.answer();
  // Most events of a healthy cluster need nothing; a line for each would bury the others.
  const level = answer === done ? 'debug' : 'info';
  return { answer, level, fields: () => ({ ...report.summary(), replied: answer.headers['ce-type'] }) };
}

/** @throws the error of a failed subject, after all subjects were processed and added to the report */
async function handleChange(fn: AnyFunction, change: Change, report: Reply, host: Host): Promise<void> {
  const considered = fn.route(change);
  if ('findings' in considered) {
    const subject = ref(change.kind, change.name, change.namespace);
    report.add({ subject, plan: { findings: considered.findings }, applied: [] });
    return;
  }
  const session = await host.session(fn);
  const errors: Error[] = [];
  // A failed subject does not block the others: this event may be the last one for a long time.
  for await (const subject of subjectsOf(considered, session)) {
    const outcome = await reconcile(fn, subject, session);
    if (outcome.error === undefined) report.add(outcome);
    else {
      errors.push(outcome.error);
      addFailure(outcome, report, host);
    }
  }
  // Prefer a retryable error: the redelivery also reports what failed permanently.
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

/** Reports permanent failures. A retryable failure is thrown, so that the sweep is redelivered. */
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
      // Continuing matters more than a redelivery; the next tick repeats what failed.
      if (next !== undefined) return conclude(report);
    }
  }
  if (later !== undefined) throw later;
  if (whole) host.metrics?.swept(fn, sinceMs, (host.nowMs ?? Date.now)());
  return conclude(report);
}

/** A reply that also counts everything in the metrics. */
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

/** The attributes of an event for log lines; never its payload. */
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
