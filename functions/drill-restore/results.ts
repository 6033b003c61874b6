import { resultOf } from '../../shared/chain/drill-marks.ts';
import { cutToBytes } from '../../shared/domain/cut.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { DrillEntry } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import { eventName, eventOf } from '../../shared/plan/event-text.ts';
import type { Config } from './config.ts';
import type { SeenDrill } from './observe.ts';
import { totalBytes } from './progress.ts';
import { put } from './ledger.ts';
import { drillable } from './source.ts';

export type Verdict =
  | { readonly result: 'proved'; readonly restoredMs: number }
  | { readonly result: 'failed' | 'abandoned'; readonly message: string };

/** In bytes. One ConfigMap of at most 1 MiB holds the results of all VMBackups. */
const LONGEST_MESSAGE = 600;

/**
 * Writes the result as an Event on the VMBackup and into the record. The record comes last, so that no Event is lost.
 */
export function decide(
  seen: SeenDrill,
  config: Config,
  verdict: Verdict,
  nowMs: number,
): { readonly message: string; readonly actions: readonly Action[] } {
  const { entry, backup, made, uid } = seen;
  const at = new Date(nowMs).toISOString();
  const run = entry?.run;
  const startedMs = Date.parse(run?.startedAt ?? at);
  const volumes = made.claims.map(({ metadata, spec }) => spec.volumeName || names.volumeNameOf(metadata.uid));
  const sources = drillable(seen.sources);
  const next: DrillEntry = {
    vmBackup: entry?.vmBackup ?? '',
    ...(entry?.proved && { proved: entry.proved }),
    ...(entry?.failed && { failed: entry.failed }),
    ...(verdict.result === 'proved' && {
      proved: {
        at,
        tookSeconds: Math.max(0, Math.round((verdict.restoredMs - startedMs) / 1000)),
        bytes: totalBytes(sources),
        volumes: sources.length,
        read: config.read === 'on',
      },
    }),
    ...(verdict.result === 'failed' && { failed: { at, message: cutToBytes(verdict.message, LONGEST_MESSAGE) } }),
    run: { startedAt: run?.startedAt ?? at, until: run?.until ?? at, decided: { at, result: verdict.result, volumes } },
  };
  const [reason, text] =
    verdict.result === 'abandoned'
      ? (['DrillDecided', `the drill is abandoned: ${verdict.message}`] as const)
      : resultOf(next);
  const record = put(seen.record, config, uid, next, text);
  if (verdict.result === 'abandoned' || backup === undefined) return { message: text, actions: [record] };
  const { namespace, name } = backup.metadata;
  const event = eventOf(
    {
      about: { ...ref('VirtualMachineBackup', name, namespace), uid, namespace },
      type: verdict.result === 'proved' ? 'Normal' : 'Warning',
      reason,
      message: text,
      command: verdict.result === 'failed' ? `gleaner drill ${name} -n ${namespace}` : undefined,
      // One Event per drill.
      name: eventName(uid, reason, String(startedMs)),
      action: 'Drill',
      by: 'drill-restore',
    },
    undefined,
    nowMs,
  );
  return { message: text, actions: [event, record] };
}
