import type { Ref } from '../shared/domain/kinds.ts';
import { describeRef } from '../shared/domain/kinds.ts';
import type { Applier } from '../shared/kube/apply.ts';
import { createApplier } from '../shared/kube/apply.ts';
import type { KubeClient } from '../shared/kube/client.ts';
import { ConflictError, RetryableError } from '../shared/kube/errors.ts';
import { describeAction } from '../shared/plan/action.ts';
import type { Action } from '../shared/plan/action.ts';
import type { Finding } from '../shared/plan/plan.ts';
import { verdictOf } from '../shared/plan/plan.ts';
import type { Reason } from '../shared/plan/reason.ts';
import type { Decider } from '../shared/runtime/reconcile.ts';
import { reconcile } from '../shared/runtime/reconcile.ts';
import type { DryRun } from './dry-run.ts';
import { checkOnly } from './dry-run.ts';
import { sentenceOf } from './errors.ts';

/** Drills and probes from the command line: one step of theirs after the other, until the end, whatever happens. */

/** What it came to. */
export interface Ended {
  readonly how: 'proved' | 'failed' | 'refused' | 'planned' | 'cleaned' | 'stuck' | 'interrupted';
  readonly subject: Ref;
  /** The last thing that was found about it. */
  readonly finding: Finding;
}

export interface Context {
  readonly client: KubeClient;
  readonly options: { readonly dryRun: DryRun; readonly verbose?: boolean };
  readonly fn: Decider;
  readonly interrupted: AbortSignal;
  readonly tell: (text: string) => void;
}

/** What the findings of one kind of steps mean for whoever takes them. */
export interface Steps {
  /** `drill`, `probe`. */
  readonly what: string;
  readonly configFor: (mode: 'on' | 'clean') => unknown;
  readonly ends: Readonly<Partial<Record<Reason, 'proved' | 'failed' | 'interrupted' | 'stuck'>>>;
  /** What is made is being removed, by others. */
  readonly clearing: Reason;
  /** Others go first. */
  readonly waits?: Reason;
}

export const PAUSE_MS = 1_000;
/** A second more, so that a timer of ours never comes before the own end of what is done. */
export const MOST_CLEANING_MS = 10 * 60_000;

/** One call after the other, until the result stands and nothing is left of it. */
export async function takeSteps(subject: Ref, steps: Steps, context: Context): Promise<Ended> {
  const { options, interrupted, tell } = context;
  let mode: 'on' | 'clean' = 'on';
  let cleaningSinceMs = 0;
  let said = '';
  let broken: unknown;
  for (;;) {
    if (interrupted.aborted && mode === 'on') {
      tell(`interrupted; cleaning up the ${steps.what} (interrupt again to stop at once)`);
      mode = 'clean';
    }
    let finding: Finding | undefined;
    try {
      finding = await call(subject, steps.configFor(mode), context);
    } catch (error) {
      if (mode === 'clean' || options.dryRun !== 'none') throw toError(broken ?? error);
      tell(`${sentenceOf(error)}; cleaning up the ${steps.what}`);
      [broken, mode] = [error, 'clean'];
      continue;
    }
    if (finding !== undefined) {
      const text = `${describeRef(subject)}: ${finding.message}`;
      if (text !== said && options.dryRun === 'none') tell((said = text));
      const verdict = verdictOf(finding);
      if (options.dryRun !== 'none') return { how: verdict === 'act' ? 'planned' : 'refused', subject, finding };
      const how = steps.ends[finding.reason];
      if (how === 'interrupted' && broken !== undefined) throw toError(broken);
      if (how !== undefined) return { how, subject, finding };
      const clearing = finding.reason === steps.clearing;
      cleaningSinceMs = clearing ? cleaningSinceMs || Date.now() : 0;
      if (clearing && Date.now() - cleaningSinceMs > MOST_CLEANING_MS) return { how: 'stuck', subject, finding };
      if (verdict === 'report' || verdict === 'leave' || finding.reason === steps.waits) {
        return { how: mode === 'clean' ? 'interrupted' : 'refused', subject, finding };
      }
      if (verdict === 'act') continue;
    }
    await pause(PAUSE_MS, mode === 'on' ? interrupted : undefined);
  }
}

/** Undefined where the world would not hold still, or the server asks to come back: the next call goes on. */
export async function call(subject: Ref, config: unknown, context: Context): Promise<Finding | undefined> {
  const { client, fn, options, tell } = context;
  const { reader, writer } = client;
  const applier = applierOf(createApplier(reader, writer), context);
  try {
    const { plan } = await reconcile(fn, subject, { reader, ...(applier && { applier }), config });
    const finding = plan.findings[0];
    if (options.dryRun === 'client')
      for (const action of finding?.actions ?? []) tell(`would ${describeAction(action)}`);
    return finding;
  } catch (error) {
    if (!(error instanceof ConflictError) && !(error instanceof RetryableError)) throw error;
    if (options.verbose === true) tell(sentenceOf(error));
    return undefined;
  }
}

function applierOf(real: Applier, { options, tell }: Context): Applier | undefined {
  if (options.dryRun === 'client') return undefined;
  const told: Applier = {
    async *apply(actions: readonly Action[]) {
      const applier = options.dryRun === 'server' ? checkOnly(real, () => undefined) : real;
      for await (const done of applier.apply(actions)) {
        if (done.result === 'done') tell(`  ${describeAction(done.action)}`);
        yield done;
      }
    },
  };
  return told;
}

const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Ends early when the user has had enough. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
