import type { ApplySums, Taken } from './apply-document.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import type { Action } from '../../shared/plan/action.ts';
import { describeAction } from '../../shared/plan/action.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import type { DryRun } from '../dry-run.ts';
import { sentenceOf } from '../errors.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import type { Step } from '../settle-deadline.ts';
import { openApplyForm } from './apply-document.ts';
import type { Found } from './findings.ts';
import type { Summary } from './summary.ts';
import { createSummary } from './summary.ts';

/** Reports progress on stderr, and prints the result on stdout. */
export interface ApplyPrinter {
  step(step: Step): Promise<void>;
  end(): Promise<{ open: number; failures: number; ended: ApplySums['ended'] }>;
  /** Ends the output after a failure, so that it is a complete document; the caller reports the failure on stderr. */
  abort(message: string): Promise<void>;
}

interface Options {
  readonly dryRun: DryRun;
  readonly unchecked: ReadonlySet<Action>;
  readonly io: Io;
}

const MOST_WAITS = 5;

export async function openApplyPrinter(
  format: OutputFormat,
  { dryRun, unchecked, io }: Options,
): Promise<ApplyPrinter> {
  const form = await openApplyForm(format, dryRun, io);
  let round = emptyRound();
  let over = false;
  let rounds = 1;
  let steps = 0;
  let ended: ApplySums['ended'] = 'interrupted';
  let waits = '';

  const resultOf = (action: Action, result: 'done' | 'unchanged'): Taken['result'] => {
    if (unchecked.has(action)) return 'unchecked';
    return dryRun === 'server' && result === 'done' ? 'checked' : result;
  };

  async function take(taken: Taken): Promise<void> {
    if (taken.result !== 'unchanged') {
      steps++;
      round.steps++;
    }
    io.err(`${taken.function}: ${describeAction(taken.action)}${notes[taken.result]}\n`);
    await form.taken(taken);
  }

  /** Prints the writes of a subject, whether or not it failed afterwards. */
  async function takeApplied(step: Looked, findings: readonly Finding[]): Promise<void> {
    const { applied } = step;
    for (const { action, result } of applied) {
      const { subject, reason } = findings.find(({ actions }) => actions.includes(action)) ?? nothingLeft(step);
      await take({ function: step.function, subject, reason, action, result: resultOf(action, result) });
    }
  }

  function tellWaits(findings: readonly Finding[]): void {
    const lines = findings.slice(0, MOST_WAITS).map(waitOf);
    const text = [...new Set(lines)].join('\n');
    if (text === waits) return;
    waits = text;
    if (text === '') return;
    const more = findings.length - MOST_WAITS;
    io.err(`${text}\n${more > 0 ? `… and ${more} more\n` : ''}`);
  }

  async function finish(): Promise<Summary> {
    const summary = createSummary();
    for (const found of round.left) summary.add(found.finding);
    const { left, failures } = round;
    await form.end({ left, failures, summary, sums: { steps, rounds, ended } });
    return summary;
  }

  return {
    async step(step) {
      if (over && step.kind !== 'ended') {
        round = emptyRound();
        over = false;
      }
      switch (step.kind) {
        case 'finding':
        case 'outcome': {
          const applied = step.kind === 'outcome' ? step.outcome.applied : [];
          const findings = findingsOf(step);
          if (step.kind === 'outcome') await takeApplied(step, findings);
          for (const finding of findings.filter(needsAttention)) {
            const { subject, reason, actions } = finding;
            for (const action of dryRun === 'client' ? actions : []) {
              await take({ function: step.function, subject, reason, action, result: 'planned' });
            }
            const taken = actions.length > 0 && (applied.length > 0 || dryRun === 'client');
            if (!taken) round.left.push({ function: step.function, finding });
          }
          return;
        }
        case 'failure':
          await takeApplied(step, step.plan?.findings ?? []);
          round.failures.push(`${describeRef(step.subject)}: ${sentenceOf(step.error)}`);
          io.err(`${step.function}: failed: ${round.failures.at(-1)}\n`);
          return;
        case 'round':
          rounds = step.round;
          over = true;
          return tellWaits(step.waitingFor);
        case 'ended':
          ended = step.how;
          if (ended === 'timeout')
            io.err('gleaner: timed out while controllers are still working; run it again to continue\n');
          if (ended === 'interrupted') io.err('gleaner: interrupted; run it again to continue\n');
      }
    },
    async end() {
      const { open } = await finish();
      // Steps of the last round may make others possible, so after a single round something is still open.
      return { open: open + (ended === 'settled' ? 0 : round.steps), failures: round.failures.length, ended };
    },
    async abort(message) {
      ended = 'failed';
      round.failures.push(message);
      await finish();
    },
  };
}

const emptyRound = (): { left: Found[]; failures: string[]; steps: number } => ({ left: [], failures: [], steps: 0 });

type Looked = Extract<Step, { kind: 'outcome' | 'failure' }>;

function nothingLeft(step: Looked): { subject: Ref; reason: undefined } {
  return { subject: step.kind === 'outcome' ? step.outcome.subject : step.subject, reason: undefined };
}

const notes: Readonly<Record<Taken['result'], string>> = {
  done: '',
  unchanged: ' (unchanged)',
  planned: ' (dry run)',
  checked: ' (dry run, accepted by the server)',
  unchecked: ' (dry run, depends on earlier steps)',
};

const waitOf = (finding: Finding): string =>
  `waiting: ${describeRef(finding.subject)}${finding.volume === undefined ? '' : `, volume ${finding.volume}`}: ${finding.waitsFor ?? finding.message}`;
