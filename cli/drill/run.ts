import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref, refKey } from '../../shared/domain/kinds.ts';
import { DRILL_RECORD } from '../../shared/domain/names.ts';
import type { AnyFunction } from '../../shared/function.ts';
import type { Applier } from '../../shared/kube/apply.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { ConflictError, RetryableError } from '../../shared/kube/errors.ts';
import { describeAction } from '../../shared/plan/action.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { verdictOf } from '../../shared/plan/plan.ts';
import { reconcile } from '../../shared/runtime/reconcile.ts';
import { checkOnly } from '../dry-run.ts';
import { sentenceOf } from '../errors.ts';
import type { DrillOptions } from './policy.ts';
import { policyOf } from './policy.ts';

/** What a drill from the command line came to. */
export interface Ended {
  readonly how: 'proved' | 'failed' | 'refused' | 'planned' | 'cleaned' | 'stuck' | 'interrupted';
  readonly subject: Ref;
  /** The last thing that was found about it. */
  readonly finding: Finding;
}

export interface Context {
  readonly client: KubeClient;
  readonly options: DrillOptions;
  readonly fn: AnyFunction;
  readonly interrupted: AbortSignal;
  readonly tell: (text: string) => void;
}

const PAUSE_MS = 1_000;
/** A second more, so that a timer of ours never comes before the drill's own end. */
const MOST_CLEANING_MS = 10 * 60_000;

/** The function's own steps, one call after the other, until its result stands and nothing is left of it. */
export async function drillOne(subject: Ref, context: Context): Promise<Ended> {
  const { options, interrupted, tell } = context;
  const startMs = Date.now();
  let mode: 'on' | 'clean' = 'on';
  let cleaningSinceMs = 0;
  let said = '';
  let broken: unknown;
  for (;;) {
    if (interrupted.aborted && mode === 'on') {
      tell('Gives up, and removes what the drill has made; once more to stop at once');
      mode = 'clean';
    }
    let finding: Finding | undefined;
    try {
      finding = await call(subject, policyOf(options, startMs, mode), context);
    } catch (error) {
      if (mode === 'clean' || options.dryRun !== 'none') throw toError(broken ?? error);
      tell(`${sentenceOf(error)}. Removes what the drill has made`);
      [broken, mode] = [error, 'clean'];
      continue;
    }
    if (finding !== undefined) {
      const text = `${describeRef(subject)}: ${finding.message}`;
      if (text !== said && options.dryRun === 'none') tell((said = text));
      const verdict = verdictOf(finding);
      if (options.dryRun !== 'none') return { how: verdict === 'act' ? 'planned' : 'refused', subject, finding };
      if (finding.reason === 'DrillProved') return { how: 'proved', subject, finding };
      if (finding.reason === 'DrillFailed') return { how: 'failed', subject, finding };
      if (finding.reason === 'DrillCleaned' && broken !== undefined) throw toError(broken);
      if (finding.reason === 'DrillCleaned') return { how: 'interrupted', subject, finding };
      if (finding.reason === 'DrillStuck') return { how: 'stuck', subject, finding };
      const clearing = finding.reason === 'DrillClearing';
      cleaningSinceMs = clearing ? cleaningSinceMs || Date.now() : 0;
      if (clearing && Date.now() - cleaningSinceMs > MOST_CLEANING_MS) return { how: 'stuck', subject, finding };
      if (verdict === 'report' || verdict === 'leave' || finding.reason === 'DrillWaits') {
        return { how: mode === 'clean' ? 'interrupted' : 'refused', subject, finding };
      }
      if (verdict === 'act') continue;
    }
    await pause(PAUSE_MS, mode === 'on' ? interrupted : undefined);
  }
}

/** Ends every drill that the record knows of, and removes whatever bears the mark of one. */
export async function cleanAll(context: Context): Promise<Ended> {
  const { client, fn, options, interrupted, tell } = context;
  const config = policyOf(options, Date.now(), 'clean');
  const record = ref('ConfigMap', DRILL_RECORD, options.namespaceForDrill);
  const endMs = Date.now() + MOST_CLEANING_MS;
  const said = new Set<string>();
  for (;;) {
    const considered = fn.atSweep?.(config, Date.now());
    const subjects =
      considered !== undefined && 'search' in considered ? await all(considered.search(client.reader)) : [];
    const findings: Finding[] = [];
    for (const subject of subjects) {
      const finding = await call(subject, config, context);
      if (finding !== undefined) findings.push(finding);
    }
    const open = findings.filter((finding) => finding.reason !== 'DrillCleaned');
    for (const { subject, message } of open) {
      const text = `${describeRef(subject)}: ${message}`;
      if (!said.has(text)) tell(text);
      said.add(text);
    }
    const [first] = open;
    const own = findings.find(({ subject }) => refKey(subject) === refKey(record));
    if (first === undefined && findings.length === subjects.length && own !== undefined) {
      return { how: 'cleaned', subject: record, finding: own };
    }
    const last = first ?? own;
    if (last !== undefined && options.dryRun !== 'none') return { how: 'planned', subject: record, finding: last };
    if (last !== undefined && interrupted.aborted) return { how: 'interrupted', subject: record, finding: last };
    if (last !== undefined && Date.now() > endMs) return { how: 'stuck', subject: record, finding: last };
    if (!findings.some((finding) => verdictOf(finding) === 'act')) await pause(PAUSE_MS, interrupted);
  }
}

/** Undefined where the world would not hold still, or the server asks to come back: the next call goes on. */
async function call(subject: Ref, config: unknown, context: Context): Promise<Finding | undefined> {
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

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Ends early when the user has had enough. */
const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
