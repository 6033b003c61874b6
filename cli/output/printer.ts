import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import { describeAction } from '../../shared/plan/action.ts';
import { verdictOf } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { createDocument } from './document.ts';
import type { Found } from './findings.ts';
import { colourOf } from './colour.ts';
import { columnsOf, fullName, toDocument } from './findings.ts';
import type { Summary } from './summary.ts';
import { createSummary } from './summary.ts';
import { createTable } from './table.ts';

/** Prints findings as they come and a summary at the end. Keeps none of them. */
export interface Printer {
  /** Prints and counts it. */
  show(found: Found): Promise<void>;
  /** Counts it without printing. */
  count(found: Found): void;
  /** Counts several healthy items of one reason. */
  readonly countWell: (reason: Reason, count: number) => void;
  /** Reports something that could not be examined, on stderr and in documents. */
  failure(message: string): void;
  end(): Promise<{ open: number; failures: number }>;
  /** Ends the output after a failure, so that it is a complete document; the caller reports the failure on stderr. */
  abort(message: string): Promise<void>;
}

interface Form {
  finding(found: Found): Promise<void>;
  end(summary: Summary, failures: readonly string[]): Promise<void>;
  /** The form must be closed, as a document. */
  readonly hasEnd?: true;
}

export async function openPrinter(kind: 'Scan' | 'Plan', format: OutputFormat, io: Io): Promise<Printer> {
  const summary = createSummary();
  const failures: string[] = [];
  const form = await openForm(kind, format, io);
  return {
    show(found) {
      summary.add(found.finding);
      return form.finding(found);
    },
    count: (found) => summary.add(found.finding),
    countWell: (reason, count) => summary.add({ reason }, count),
    failure(message) {
      failures.push(message);
      io.err(`gleaner: ${message}\n`);
    },
    async end() {
      await form.end(summary, failures);
      return { open: summary.open, failures: failures.length };
    },
    async abort(message) {
      if (form.hasEnd === true) await form.end(summary, [...failures, message]);
    },
  };
}

async function openForm(kind: 'Scan' | 'Plan', format: OutputFormat, io: Io): Promise<Form> {
  switch (format) {
    case 'json':
    case 'yaml':
      return documentForm(kind, format, io);
    case 'name':
      return nameForm(io);
    case 'table':
    case 'wide':
      return kind === 'Plan' && format === 'table' ? sentenceForm(io) : tableForm(format, io);
  }
}

async function documentForm(kind: 'Scan' | 'Plan', format: 'json' | 'yaml', io: Io): Promise<Form> {
  const document = createDocument(format, io);
  await document.field('kind', kind);
  await document.list('findings');
  return {
    hasEnd: true,
    finding: (found) => document.item(toDocument(found)),
    async end(summary, failures) {
      await document.field('summary', { ...summary.toDocument(), failures: failures.length });
      if (failures.length > 0) await document.field('errors', failures);
      await document.end();
    },
  };
}

/** One line per object, even if it has several findings in a row. */
function nameForm(io: Io): Form {
  let last = '';
  return {
    async finding({ finding }) {
      const name = fullName(finding.subject);
      if (name !== last) await io.out(`${name}\n`);
      last = name;
    },
    end: () => Promise.resolve(),
  };
}

function tableForm(format: 'table' | 'wide', io: Io): Form {
  const table = createTable(columnsOf[format], io);
  let rows = 0;
  return {
    finding(found) {
      rows++;
      return table.add(found);
    },
    async end(summary, failures) {
      await table.end();
      await io.out(`${rows > 0 ? '\n' : ''}${summary.toText(failures.length)}\n`);
    },
  };
}

/** A plan for people: the findings and the steps. */
function sentenceForm(io: Io): Form {
  let actions = 0;
  return {
    async finding({ function: name, finding }) {
      actions += finding.actions.length;
      const verdict = verdictOf(finding);
      const volume = finding.volume === undefined ? '' : `, volume ${finding.volume}`;
      const head = `${io.colour ? colourOf(verdict, verdict) : verdict}  ${describeRef(finding.subject)}${volume}  (${name}: ${finding.reason})`;
      const lines = [
        `  ${finding.message}`,
        ...finding.actions.map((action, index) => `  ${index + 1}. ${describeAction(action)}`),
        ...(finding.waitsFor === undefined ? [] : [`  waits for: ${finding.waitsFor}`]),
        ...(finding.command === undefined ? [] : [`  $ ${finding.command}`]),
      ];
      await io.out(`${[head, ...lines].join('\n')}\n\n`);
    },
    async end(summary, failures) {
      const steps = actions === 0 ? '' : ` ${actions} steps now; "gleaner apply" takes these and the following ones.`;
      await io.out(`${summary.toText(failures.length)}${steps}\n`);
    },
  };
}
