import type { Ref } from '../../shared/domain/kinds.ts';
import { refKey } from '../../shared/domain/kinds.ts';
import type { Action } from '../../shared/plan/action.ts';
import { describeAction } from '../../shared/plan/action.ts';
import type { DryRun } from '../dry-run.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import type { Ended } from '../settle-deadline.ts';
import { createDocument } from './document.ts';
import type { Found } from './findings.ts';
import { columnsOf, fullName, shortName, toDocument } from './findings.ts';
import type { Summary } from './summary.ts';
import { createTable } from './table.ts';

/** One step of a plan that was taken or, in a dry run, would be. */
export interface Taken {
  readonly function: string;
  readonly subject: Ref;
  /** Undefined if the cluster changed and the finding behind the step no longer applies. */
  readonly reason: string | undefined;
  readonly action: Action;
  /**
   * `planned`: not sent; `checked`: the server would accept it; `unchecked`: depends on a step that was only checked.
   */
  readonly result: 'done' | 'unchanged' | 'planned' | 'checked' | 'unchecked';
}

export interface ApplySums {
  readonly steps: number;
  readonly rounds: number;
  readonly ended: Ended | 'failed';
}

interface End {
  readonly left: readonly Found[];
  readonly failures: readonly string[];
  readonly summary: Summary;
  readonly sums: ApplySums;
}

/** The output of `apply` on stdout: what was done, then what is left. */
interface ApplyForm {
  taken(taken: Taken): Promise<void>;
  end(end: End): Promise<void>;
}

export async function openApplyForm(format: OutputFormat, dryRun: DryRun, io: Io): Promise<ApplyForm> {
  switch (format) {
    case 'json':
    case 'yaml':
      return documentForm(format, dryRun, io);
    case 'name':
      return nameForm(io);
    default:
      return tableForm(format, dryRun, io);
  }
}

async function documentForm(format: 'json' | 'yaml', dryRun: DryRun, io: Io): Promise<ApplyForm> {
  const document = createDocument(format, io);
  await document.field('kind', 'Apply');
  await document.field('dryRun', dryRun);
  await document.list('applied');
  return {
    taken: ({ function: name, subject, reason, action, result }) =>
      document.item({
        function: name,
        subject,
        ...(reason !== undefined && { reason }),
        result,
        action,
        text: describeAction(action),
      }),
    async end({ left, failures, summary, sums }) {
      await document.list('findings');
      for (const found of left) await document.item(toDocument(found));
      const { open, verdicts, reasons } = summary.toDocument();
      await document.field('summary', { ...sums, open, verdicts, reasons, failures: failures.length });
      if (failures.length > 0) await document.field('errors', failures);
      await document.end();
    },
  };
}

function nameForm(io: Io): ApplyForm {
  let last = '';
  return {
    async taken({ subject }) {
      const name = fullName(subject);
      if (name !== last) await io.out(`${name}\n`);
      last = name;
    },
    end: () => Promise.resolve(),
  };
}

interface Row extends Pick<Taken, 'function' | 'subject'> {
  readonly reasons: Set<string>;
  steps: number;
}

const headings: Readonly<Record<DryRun, string>> = { none: 'DONE', client: 'WOULD DO', server: 'WOULD DO' };

function tableForm(format: 'table' | 'wide', dryRun: DryRun, io: Io): ApplyForm {
  const rows = new Map<string, Row>();
  return {
    taken(taken: Taken) {
      const { function: name, subject, reason } = taken;
      const key = `${name} ${refKey(subject)}`;
      const row = rows.get(key) ?? { function: name, subject, reasons: new Set(), steps: 0 };
      rows.set(key, row);
      if (reason !== undefined) row.reasons.add(reason);
      row.steps++;
      return Promise.resolve();
    },
    async end({ left, failures, summary, sums }) {
      const done = createTable<Row>(
        [
          { title: 'OBJECT', value: ({ subject }) => namespaced(subject.namespace, shortName(subject)) },
          { title: 'FUNCTION', value: (row) => row.function },
          { title: 'STEPS', value: ({ steps }) => String(steps) },
          { title: headings[dryRun], value: ({ reasons }) => [...reasons].join(', ') },
        ],
        io,
      );
      for (const row of rows.values()) await done.add(row);
      await done.end();
      if (rows.size > 0 && left.length > 0) await io.out('\n');
      const open = createTable(columnsOf[format], io);
      for (const found of left) await open.add(found);
      await open.end();
      const sentence = `${sums.steps} steps ${dryRun === 'none' ? 'taken' : 'to take now'}.`;
      await io.out(`${rows.size + left.length > 0 ? '\n' : ''}${sentence} ${summary.toText(failures.length)}\n`);
    },
  };
}

const namespaced = (namespace: string | undefined, name: string): string =>
  namespace === undefined ? name : `${name} (${namespace})`;
