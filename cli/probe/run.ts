import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { ProbeConfig } from '../../shared/probe/config.ts';
import { observe } from '../../shared/probe/observe.ts';
import { plan } from '../../shared/probe/plan.ts';
import type { ObservePlan } from '../../shared/runtime/reconcile.ts';
import type { Context, Steps } from '../run-to-completion.ts';
import type { Ended } from '../output/exit-summary.ts';
import { runToCompletion } from '../run-to-completion.ts';

/** @testonly */
export const decider: ObservePlan = {
  name: 'probe',
  observe: (reader, subject, nowMs, config) => observe(reader, subject, nowMs, config as ProbeConfig),
  plan: (seen, config, nowMs) => plan(seen as Parameters<typeof plan>[0], config as ProbeConfig, nowMs),
};

const common = {
  what: 'probe',
  ends: { ProbeProved: 'proved', ProbeFailed: 'failed', ProbeCleaned: 'interrupted' },
  clearing: 'ProbeClearing',
} as const satisfies Partial<Steps>;

type Asked = Omit<ProbeConfig, 'mode' | 'sinceMs'>;

/** Probes one StorageClass. Continues or removes what an interrupted probe of it left. */
export async function probeOne(name: string, asked: Asked, context: Omit<Context, 'fn'>): Promise<Ended> {
  const sinceMs = Date.now();
  const configFor = (mode: 'on' | 'clean'): ProbeConfig => ({
    ...asked,
    mode: mode === 'on' ? 'probe' : 'clean',
    sinceMs,
  });
  return runToCompletion(ref('StorageClass', name), { ...common, configFor }, { ...context, fn: decider });
}

/** Removes every object with a probe's mark in this namespace. */
export async function cleanProbes(asked: Asked, context: Omit<Context, 'fn'>): Promise<Ended> {
  const subject: Ref = ref('Namespace', asked.namespace);
  const configFor = (): ProbeConfig => ({ ...asked, mode: 'clean', sinceMs: 0 });
  const ended = await runToCompletion(subject, { ...common, configFor }, { ...context, fn: decider });
  return ended.finding.reason === 'ProbeCleaned' ? { ...ended, how: 'cleaned' } : ended;
}
