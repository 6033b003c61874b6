import type { Ref } from '../domain/kinds.ts';
import { refKey } from '../domain/kinds.ts';
import type { AnyFunction } from '../function.ts';
import type { Applier, Applied } from '../kube/apply.ts';
import { ConflictError, GoneError } from '../ports/errors.ts';
import type { Reader } from '../ports/reader.ts';
import type { Plan } from '../plan/plan.ts';
import { actionsOf } from '../plan/plan.ts';
import type { Coalescer } from './coalesce.ts';

/** Cluster access and policy for the passes of one function. */
export interface Session {
  readonly reader: Reader;
  /** Reader for repeated attempts if `reader` answers from memory. Default `reader`. */
  readonly live?: Reader;
  /** Reader for mapping an event to its subjects; may be a few seconds old. Default `reader`. */
  readonly hints?: Reader;
  /** Absent: plan and report, write nothing (`GLEANER_MODE=observe`, `gleaner scan`, `gleaner plan`). */
  readonly applier?: Applier;
  readonly config: unknown;
  /** Whether to write records (Events, reports) besides repairs. Default true. */
  readonly records?: boolean;
  readonly nowMs?: () => number;
  /** If given, concurrent passes over the same subject are shared. */
  readonly coalescer?: Coalescer;
}

/** The part of a function that one pass needs. */
export type ObservePlan = Pick<AnyFunction, 'name' | 'observe' | 'plan'>;

/** The result of one pass over a subject. A failure does not undo earlier writes, so both variants list them. */
export type Outcome = Completed | Failed;

interface Looked {
  readonly function: string;
  readonly subject: Ref;
  /** The writes, in order; empty if nothing was to be done or the session only reports. */
  readonly applied: readonly Applied[];
}

export interface Completed extends Looked {
  readonly plan: Plan;
  readonly error?: undefined;
}

export interface Failed extends Looked {
  readonly error: Error;
  /** The last plan, which may be applied in part; absent if `observe` failed first. */
  readonly plan?: Plan;
}

/** How often to plan when the cluster changes between reading and writing. */
const MAX_ATTEMPTS = 5;

/**
 * Observes, plans and applies for one subject. On ConflictError or GoneError it repeats all three, at most five times,
 * with the new plan starting from what was already written. Never throws: `error` of the outcome holds any failure,
 * next to all writes of all attempts. It is a ConflictError or GoneError if the cluster kept changing.
 *
 * @example
 * const outcome = await reconcile(fixHandle, ref('VolumeSnapshotContent', 'snapcontent-1'), { reader, applier, config });
 * if (outcome.error !== undefined) log.warn('subject failed', { error: outcome.error.message });
 * else report(outcome.plan.findings, outcome.applied);
 */
export async function reconcile(fn: ObservePlan, subject: Ref, session: Session): Promise<Outcome> {
  if (session.coalescer === undefined) return reconcileAlone(fn, subject, session);
  const work = () => reconcileAlone(fn, subject, session);
  const { result, joined } = await session.coalescer.run(`${fn.name} ${refKey(subject)}`, work);
  // Only the caller that did the work reports its writes.
  return joined ? { ...result, applied: [] } : result;
}

/**
 * Returns a completed outcome.
 * @throws the error of a failed outcome
 */
export function completedOrThrow(outcome: Outcome): Completed {
  if (outcome.error !== undefined) throw outcome.error;
  return outcome;
}

async function reconcileAlone(fn: ObservePlan, subject: Ref, session: Session): Promise<Outcome> {
  const applied: Applied[] = [];
  let plan: Plan | undefined;
  try {
    for (let attempt = 1; ; attempt++) {
      const from = attempt === 1 ? session.reader : (session.live ?? session.reader);
      const reader: Reader = session.records === false ? { ...from, withoutRecords: true } : from;
      const nowMs = (session.nowMs ?? Date.now)();
      plan = fn.plan(await fn.observe(reader, subject, nowMs, session.config), session.config, nowMs);
      const actions = actionsOf(session.records === false ? { findings: plan.findings } : plan);
      if (session.applier === undefined || actions.length === 0) {
        return { function: fn.name, subject, plan, applied };
      }
      try {
        for await (const done of session.applier.apply(actions)) applied.push(done);
        return { function: fn.name, subject, plan, applied };
      } catch (error) {
        const moved = error instanceof ConflictError || error instanceof GoneError;
        if (!moved || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error('not an error', { cause: thrown });
    return { function: fn.name, subject, applied, error, ...(plan && { plan }) };
  }
}
