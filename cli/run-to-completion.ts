import type { Ref } from '../shared/domain/kinds.ts';
import { describeRef } from '../shared/domain/kinds.ts';
import type { Applier } from '../shared/kube/apply.ts';
import { createApplier } from '../shared/kube/apply.ts';
import type { KubeClient } from '../shared/kube/client.ts';
import { ConflictError, RetryableError } from '../shared/ports/errors.ts';
import { describeAction } from '../shared/plan/action.ts';
import type { Action } from '../shared/plan/action.ts';
import type { Finding } from '../shared/plan/plan.ts';
import { verdictOf } from '../shared/plan/plan.ts';
import type { Reason } from '../shared/plan/reason.ts';
import type { ObservePlan } from '../shared/runtime/reconcile.ts';
import { completedOrThrow, reconcile } from '../shared/runtime/reconcile.ts';
import { withCluster } from './cluster.ts';
import type { DryRun, DryRunOptions } from './dry-run.ts';
import { checkOnly } from './dry-run.ts';
import { sentenceOf } from './errors.ts';
import type { Io } from './io.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from './options.ts';
import type { Ended } from './output/exit-summary.ts';
import { exitOf, printEnded } from './output/exit-summary.ts';

/**
 * Runs drills and probes from the command line. A function takes one step per call; this repeats the call until there is
 * a result and all scratch objects are removed.
 */

export interface Context {
  readonly client: KubeClient;
  readonly options: { readonly dryRun: DryRun; readonly verbose?: boolean };
  readonly fn: ObservePlan;
  /** Aborted by the first interrupt: stop, and remove what was created. */
  readonly interrupted: AbortSignal;
  /** Writes a line to stderr. */
  readonly tell: (text: string) => void;
}

/** How to interpret the findings of drills or of probes. */
export interface Steps {
  /** `drill`, `probe`. */
  readonly what: string;
  /** The function's policy. `clean`: create nothing, and remove what exists. */
  readonly configFor: (mode: 'on' | 'clean') => unknown;
  /** The reasons that end a run, and the result that each means. */
  readonly ends: Readonly<Partial<Record<Reason, 'proved' | 'failed' | 'interrupted' | 'stuck'>>>;
  /** The reason for waiting until controllers remove something. After `MOST_CLEANING_MS` the run is stuck. */
  readonly clearing: Reason;
  /** The reason for not starting because something else must finish first. */
  readonly waits?: Reason;
}

export const PAUSE_MS = 1_000;
export const MOST_CLEANING_MS = 10 * 60_000;

/**
 * Connects, runs, prints the result on stdout, and returns the exit code.
 * @throws the errors of `run`
 */
export function runAndPrint(
  kind: 'Drill' | 'Probe',
  options: ClusterOptions & OutputOptions & VerboseOptions & DryRunOptions,
  io: Io,
  run: (context: Omit<Context, 'fn'>) => Promise<Ended>,
): Promise<number> {
  const interrupted = io.interrupted();
  const dryRun = options.dryRun === 'server' ? options.dryRun : undefined;
  return withCluster({ ...options, dryRun }, async (client) => {
    const ended = await run({ client, options, interrupted, tell: (text) => io.err(`${text}\n`) });
    await printEnded(kind, ended, options.output, io);
    return exitOf(ended);
  });
}

/**
 * Calls the function until the run is over. After an error or an interrupt it continues in mode `clean` and removes
 * what was created.
 * @throws the error that ended the run; at once in a dry run and in mode `clean`
 */
export async function runToCompletion(subject: Ref, steps: Steps, context: Context): Promise<Ended> {
  const { options, interrupted, tell } = context;
  let mode: 'on' | 'clean' = 'on';
  let cleaningSinceMs = 0;
  let lastLine = '';
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
      if (text !== lastLine && options.dryRun === 'none') tell((lastLine = text));
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

/**
 * One call. Returns `undefined` if the cluster kept changing or the server asks to retry later: the next call
 * continues.
 */
export async function call(subject: Ref, config: unknown, context: Context): Promise<Finding | undefined> {
  const { client, fn, options, tell } = context;
  const { reader, writer } = client;
  const applier = applierOf(createApplier(reader, writer), context);
  try {
    const outcome = await reconcile(fn, subject, { reader, ...(applier && { applier }), config });
    // Writes before a failure have been reported already.
    const { plan } = completedOrThrow(outcome);
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
  const reporting: Applier = {
    async *apply(actions: readonly Action[]) {
      const applier = options.dryRun === 'server' ? checkOnly(real, () => undefined) : real;
      for await (const done of applier.apply(actions)) {
        if (done.result === 'done') tell(`  ${describeAction(done.action)}`);
        yield done;
      }
    },
  };
  return reporting;
}

const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Ends early if the user interrupts. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
