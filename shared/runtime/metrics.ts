import type { AnyFunction } from '../function.ts';
import type { Finding } from '../plan/plan.ts';
import { verdictOf } from '../plan/plan.ts';
import type { Family, Sample } from './exposition.ts';
import { expose } from './exposition.ts';
import type { Completed, Failed } from './reconcile.ts';

/**
 * Counters and state since the process started. Labels have few values, all defined by Gleaner, plus one series per
 * VMBackup and question; nothing comes from event payloads.
 */
export interface Metrics {
  /** Counts one answered event by function, event type and HTTP status, and adds `tookMs` to the time counter. */
  answered(fn: string, event: string, status: number, tookMs: number): void;
  /** Counts the findings and writes of one pass over a subject, also if it failed. */
  saw(fn: AnyFunction, outcome: Saw, nowMs: number): void;
  /**
   * Records a complete sweep that began at `sinceMs`. VMBackups that it did not see no longer exist and are dropped.
   */
  swept(fn: AnyFunction, sinceMs: number, nowMs: number): void;
  /** All metrics in Prometheus' text format. `state` omits the counters, for a process that runs once. */
  text(what?: 'all' | 'state'): string;
}

/** `plan` is absent if the pass failed before planning. */
type Saw = Pick<Completed | Failed, 'subject' | 'plan' | 'applied'>;

/** The state of one VMBackup. */
interface Audit {
  readonly restorable: boolean;
  readonly lookedMs: number;
  /** When this process last found every link intact. */
  readonly verifiedMs?: number | undefined;
}

/** Creates empty metrics, kept in memory. */
export function createMetrics(): Metrics {
  const events = new Counts();
  const seconds = new Counts();
  const findings = new Counts();
  const writes = new Counts();
  const sweeps = new Counts();
  const audits = new Map<string, Audit>();

  const audit = (fn: AnyFunction, { namespace, name }: Saw['subject'], of: readonly Finding[], nowMs: number) => {
    const key = `${namespace ?? ''}/${name}`;
    const verdict = fn.restorability?.(of);
    if (verdict === 'none') audits.delete(key);
    if (verdict === undefined || verdict === 'none') return;
    const restorable = verdict === 'sound';
    audits.set(key, {
      restorable,
      lookedMs: nowMs,
      verifiedMs: restorable ? nowMs : audits.get(key)?.verifiedMs,
    });
  };

  return {
    answered(fn, event, status, tookMs) {
      events.add({ function: fn, event, status: String(status) });
      seconds.add({ function: fn, event }, tookMs / 1000);
    },
    saw(fn, { subject, plan, applied }, nowMs) {
      for (const finding of plan?.findings ?? []) {
        findings.add({ function: fn.name, reason: finding.reason, verdict: verdictOf(finding) });
      }
      for (const { action, result } of applied) writes.add({ function: fn.name, action: action.do, result });
      if (plan !== undefined && subject.kind === 'VirtualMachineBackup') audit(fn, subject, plan.findings, nowMs);
    },
    swept(fn, sinceMs, nowMs) {
      sweeps.set({ function: fn.name }, nowMs / 1000);
      if (fn.restorability === undefined) return;
      for (const [key, { lookedMs }] of audits) if (lookedMs < sinceMs) audits.delete(key);
    },
    text: (what = 'all') =>
      expose([
        ...(what === 'all'
          ? [
              counter('gleaner_events_total', 'Events answered, by HTTP status.', events),
              counter('gleaner_event_seconds_total', 'Time spent on events.', seconds),
              counter('gleaner_findings_total', 'Findings, by reason (docs/reasons.md).', findings),
              counter('gleaner_writes_total', 'Writes to the cluster, including those that were already done.', writes),
            ]
          : []),
        gauge(
          'gleaner_sweep_last_success_timestamp_seconds',
          'When a sweep last checked everything.',
          sweeps.samples(),
        ),
        ...auditFamilies(audits),
      ]),
  };
}

function auditFamilies(audits: ReadonlyMap<string, Audit>): Family[] {
  const each = function* (valueOf: (audit: Audit) => number | undefined): Generator<Sample> {
    for (const [key, audit] of audits) {
      const value = valueOf(audit);
      const [namespace = '', vmbackup = ''] = key.split('/');
      // Not "namespace": Prometheus sets that to the namespace of the process.
      if (value !== undefined) yield { labels: { vmbackup_namespace: namespace, vmbackup }, value };
    }
  };
  return [
    gauge(
      'gleaner_vmbackup_last_verified_timestamp_seconds',
      'When every link from the VMBackup to its data on the target was last found intact.',
      each(({ verifiedMs }) => (verifiedMs === undefined ? undefined : verifiedMs / 1000)),
    ),
    gauge(
      'gleaner_vmbackup_restorable',
      'Whether every link was intact at the last check.',
      each(({ restorable }) => (restorable ? 1 : 0)),
    ),
  ];
}

const counter = (name: string, help: string, counts: Counts): Family => ({
  name,
  help,
  type: 'counter',
  samples: counts.samples(),
});

const gauge = (name: string, help: string, samples: Iterable<Sample>): Family => ({
  name,
  help,
  type: 'gauge',
  samples,
});

/** Numbers by label values. */
class Counts {
  readonly #values = new Map<string, { readonly labels: Sample['labels']; value: number }>();

  add(labels: Sample['labels'], by = 1): void {
    this.#of(labels).value += by;
  }

  set(labels: Sample['labels'], value: number): void {
    this.#of(labels).value = value;
  }

  samples(): Iterable<Sample> {
    return this.#values.values();
  }

  #of(labels: Sample['labels']) {
    const key = Object.values(labels).join(' ');
    const known = this.#values.get(key) ?? { labels, value: 0 };
    this.#values.set(key, known);
    return known;
  }
}
