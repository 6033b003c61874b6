import { setTimeout as pause } from 'node:timers/promises';
import { refKey } from '../domain/kinds.ts';
import type { Finding } from '../plan/plan.ts';
import { verdictOf } from '../plan/plan.ts';
import { reasons } from '../plan/reason.ts';
import type { Swept, SweepOptions } from './sweep.ts';
import { sweep } from './sweep.ts';

/** Options of the sweeps, and how long to wait between them. */
export interface SettleOptions extends SweepOptions {
  /** How long to wait while neither Gleaner nor a controller makes progress. Default 60,000. */
  readonly patienceMs?: number;
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

/** What `settle` yields: the items of each sweep, one `round` after each sweep, and one `settled` at the end. */
export type Settling =
  | Swept
  /**
   * A round is complete. `waitingFor` are the findings that should pass by themselves; the next round checks them
   * again.
   */
  | { readonly kind: 'round'; readonly round: number; readonly writes: number; readonly waitingFor: readonly Finding[] }
  /** The last item. `exhausted`: patience ran out while controllers were still working. */
  | { readonly kind: 'settled'; readonly rounds: number; readonly exhausted: boolean };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Sweeps repeatedly until a sweep writes nothing and no finding is waiting for a controller. One call brings a cluster
 * as far as possible without events. Between rounds it sleeps 0.1 to 2 s. Without an `applier` it runs one round.
 *
 * A failed subject is yielded as `failure` and does not end the rounds.
 * @throws every error that is not a KubeError; it is a bug
 * @example
 * for await (const item of settle({ functions, reader, applier, configOf })) {
 *   if (item.kind === 'outcome') print(item.applied);
 *   else if (item.kind === 'settled') return item.exhausted ? 1 : 0;
 * }
 */
export async function* settle(options: SettleOptions): AsyncGenerator<Settling> {
  const { patienceMs = 60_000, nowMs = Date.now, sleep = pause } = options;
  let progressAt = nowMs();
  let pauseMs = FIRST_PAUSE_MS;
  let waitedFor = '';
  for (let round = 1; ; round++) {
    const open: Finding[] = [];
    let writes = 0;
    for await (const swept of sweep(options)) {
      yield swept;
      if (swept.kind !== 'finding') writes += swept.applied.filter((a) => a.result === 'done').length;
      open.push(...findingsOf(swept).filter((finding) => passes(finding, options)));
    }
    yield { kind: 'round', round, writes, waitingFor: open };
    if (options.applier === undefined || (writes === 0 && open.length === 0)) {
      yield { kind: 'settled', rounds: round, exhausted: false };
      return;
    }
    const waitsFor = open
      .map((f) => `${refKey(f.subject)} ${f.volume ?? ''} ${f.reason}`)
      .sort()
      .join('\n');
    if (writes > 0 || waitsFor !== waitedFor) {
      progressAt = nowMs();
      pauseMs = FIRST_PAUSE_MS;
    } else if (nowMs() - progressAt > patienceMs) {
      yield { kind: 'settled', rounds: round, exhausted: true };
      return;
    }
    waitedFor = waitsFor;
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** The findings in one item of a sweep; none for a failure. */
export function findingsOf(swept: Swept): readonly Finding[] {
  if (swept.kind === 'finding') return [swept.finding];
  return swept.kind === 'outcome' ? swept.outcome.plan.findings : [];
}

/** Whether waiting helps. A finding that another function must resolve passes only if that function takes part. */
function passes(finding: Finding, { functions }: SettleOptions): boolean {
  const info: { readonly passes?: true | string } = reasons[finding.reason];
  if (verdictOf(finding) !== 'wait' || info.passes === undefined) return false;
  return info.passes === true || functions.some((fn) => fn.name === info.passes);
}
