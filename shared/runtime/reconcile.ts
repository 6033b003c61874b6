import type { Ref } from '../domain/kinds.ts';
import { refKey } from '../domain/kinds.ts';
import type { AnyFunction } from '../function.ts';
import type { Applier, Applied } from '../kube/apply.ts';
import { ConflictError, GoneError } from '../ports/errors.ts';
import type { Reader } from '../ports/reader.ts';
import type { Plan } from '../plan/plan.ts';
import { actionsOf } from '../plan/plan.ts';
import type { Coalescer } from './coalesce.ts';

export interface Session {
  readonly reader: Reader;
  /** For looking again after the world moved, where `reader` answers from memory. Default `reader`. */
  readonly live?: Reader;
  /** For finding out whom an event concerns; may be a little old. Default `reader`. */
  readonly hints?: Reader;
  /** Absent: only report (`GLEANER_MODE=observe`, `gleaner scan`, `gleaner plan`). */
  readonly applier?: Applier;
  readonly config: unknown;
  /** Whether to write down what was found (Events, reports) besides repairing it. Default true. */
  readonly records?: boolean;
  readonly nowMs?: () => number;
  /** Where many events come at once: those about one subject are looked at together. */
  readonly coalescer?: Coalescer;
}

/** As much of a function as one look needs. */
export type ObservePlan = Pick<AnyFunction, 'name' | 'observe' | 'plan'>;

/** What came of one look at a subject. A failure does not undo what was written before it, so both kinds say that. */
export type Outcome = Completed | Failed;

interface Looked {
  readonly function: string;
  readonly subject: Ref;
  /** What was written, in order; empty when there was nothing to do or only reporting was asked for. */
  readonly applied: readonly Applied[];
}

export interface Completed extends Looked {
  readonly plan: Plan;
  readonly error?: undefined;
}

export interface Failed extends Looked {
  readonly error: Error;
  /** The last plan, part of which may have been carried out; absent when the first look failed. */
  readonly plan?: Plan;
}

/** How often a plan is made anew because the world moved between reading and writing. */
const MAX_ATTEMPTS = 5;

/**
 * Observe, plan, apply for one subject. When the world moves in between, all three are done again (at most five times);
 * what was written before that stays written, and the new plan starts from there. Never throws: whatever goes wrong is the
 * `error` of the outcome, beside all that was written, also by earlier attempts. `error` is a ConflictError or a GoneError
 * when the world would not hold still.
 */
export async function reconcile(fn: ObservePlan, subject: Ref, session: Session): Promise<Outcome> {
  if (session.coalescer === undefined) return reconcileAlone(fn, subject, session);
  const work = () => reconcileAlone(fn, subject, session);
  const { result, joined } = await session.coalescer.run(`${fn.name} ${refKey(subject)}`, work);
  // What was written is told once.
  return joined ? { ...result, applied: [] } : result;
}

/** For a caller that fails with its subject. @throws the error of the outcome */
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
