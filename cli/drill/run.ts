import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref, refKey } from '../../shared/domain/kinds.ts';
import { DRILL_RECORD } from '../../shared/domain/names.ts';
import type { AnyFunction } from '../../shared/function.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { verdictOf } from '../../shared/plan/plan.ts';
import { collect } from '../../shared/scratch/scratch.ts';
import type { Context } from '../run-to-completion.ts';
import type { Ended } from '../output/exit-summary.ts';
import { call, MOST_CLEANING_MS, pause, PAUSE_MS, runToCompletion } from '../run-to-completion.ts';
import type { DrillOptions } from './policy.ts';
import { policyOf } from './policy.ts';

export interface DrillContext extends Context {
  readonly options: DrillOptions;
  readonly fn: AnyFunction;
}

/** Runs the function's steps until the drill has a result and all its objects are removed. */
export async function drillOne(subject: Ref, context: DrillContext): Promise<Ended> {
  const startMs = Date.now();
  const ends = {
    DrillProved: 'proved',
    DrillFailed: 'failed',
    DrillCleaned: 'interrupted',
    DrillStuck: 'stuck',
  } as const;
  const configFor = (mode: 'on' | 'clean') => policyOf(context.options, startMs, mode);
  return runToCompletion(
    subject,
    { what: 'drill', configFor, ends, clearing: 'DrillClearing', waits: 'DrillWaits' },
    context,
  );
}

/** Ends every recorded drill, and removes every object with a drill's mark. */
export async function cleanAll(context: DrillContext): Promise<Ended> {
  const { client, fn, options, interrupted, tell } = context;
  const config = policyOf(options, Date.now(), 'clean');
  const record = ref('ConfigMap', DRILL_RECORD, options.namespaceForDrill);
  const endMs = Date.now() + MOST_CLEANING_MS;
  const printed = new Set<string>();
  for (;;) {
    const considered = fn.scheduled?.(config, Date.now());
    const subjects =
      considered !== undefined && 'search' in considered ? await collect(considered.search(client.reader)) : [];
    const findings: Finding[] = [];
    for (const subject of subjects) {
      const finding = await call(subject, config, context);
      if (finding !== undefined) findings.push(finding);
    }
    const open = findings.filter((finding) => finding.reason !== 'DrillCleaned');
    for (const { subject, message } of open) {
      const text = `${describeRef(subject)}: ${message}`;
      if (!printed.has(text)) tell(text);
      printed.add(text);
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
