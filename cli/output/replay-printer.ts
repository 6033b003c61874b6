import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import type { Answered } from '../replay/receivers.ts';
import { isFailure } from '../replay/receivers.ts';
import { createDocument } from './document.ts';
import { createTable } from './table.ts';

/** Prints the result of each event once it is known. */
export interface ReplayPrinter {
  answered(at: string, event: Readonly<Record<string, unknown>>, answered: Answered): Promise<void>;
  problem(at: string, problem: string): Promise<void>;
  end(): Promise<{ events: number; failed: number }>;
}

interface Row {
  readonly at: string;
  readonly id: string;
  readonly type: string;
  readonly about: string;
  readonly answered?: Answered;
  readonly problem?: string;
}

interface Form {
  add(row: Row): Promise<void>;
  end(sums: Sums): Promise<void>;
}

interface Sums {
  events: number;
  answers: number;
  failed: number;
  unreadable: number;
  written: number;
}

export async function openReplayPrinter(format: OutputFormat, io: Io): Promise<ReplayPrinter> {
  const form = await openForm(format, io);
  const sums: Sums = { events: 0, answers: 0, failed: 0, unreadable: 0, written: 0 };
  let last = '';
  const count = (at: string) => {
    if (at !== last) sums.events++;
    last = at;
  };
  return {
    async answered(at, event, answered) {
      count(at);
      sums.answers++;
      sums.written += writtenIn(answered);
      if (isFailure(answered)) {
        sums.failed++;
        for (const text of answered.wrote ?? []) {
          io.err(`gleaner: ${at}: ${answered.by} wrote, before it failed: ${text}\n`);
        }
        io.err(`gleaner: ${at}: ${answered.by} answered ${answered.status}: ${answered.error ?? ''}\n`);
      }
      await form.add({ at, id: text(event['id']), type: text(event['type']), about: aboutOf(event), answered });
    },
    async problem(at, problem) {
      count(at);
      sums.unreadable++;
      io.err(`gleaner: ${at} ${problem}\n`);
      await form.add({ at, id: '', type: '', about: '', problem });
    },
    async end() {
      await form.end(sums);
      return { events: sums.events, failed: sums.failed + sums.unreadable };
    },
  };
}

async function openForm(format: OutputFormat, io: Io): Promise<Form> {
  switch (format) {
    case 'json':
    case 'yaml': {
      const document = createDocument(format, io);
      await document.field('kind', 'Replay');
      await document.list('answers');
      return {
        add: ({ at, id, type, answered, problem }) =>
          document.item(problem === undefined ? { at, id, type, ...answered } : { at, problem }),
        async end(sums) {
          await document.field('summary', sums);
          await document.end();
        },
      };
    }
    case 'name':
      return { add: ({ id }) => (id === '' ? Promise.resolve() : io.out(`${id}\n`)), end: () => Promise.resolve() };
    default: {
      const table = createTable<Row>(columns[format], io);
      return {
        add: (row) => table.add(row),
        async end({ events, failed, unreadable, written }) {
          await table.end();
          const trouble = failed + unreadable === 0 ? 'all taken' : `${unreadable} unreadable, ${failed} answers bad`;
          await io.out(`${events > 0 ? '\n' : ''}${events} events, ${trouble}; ${written} writes.\n`);
        },
      };
    }
  }
}

const narrow = [
  { title: 'AT', value: ({ at }: Row) => at },
  { title: 'EVENT', value: ({ type }: Row) => type.replace('dev.knative.', '') },
  { title: 'ABOUT', value: ({ about }: Row) => about },
  { title: 'BY', value: ({ answered }: Row) => answered?.by ?? '' },
  { title: 'STATUS', value: ({ answered }: Row) => (answered === undefined ? '' : String(answered.status)) },
];
const result = { title: 'RESULT', value: resultOf };
const columns = {
  table: [...narrow, result],
  wide: [...narrow, { title: 'ID', value: ({ id }: Row) => id }, result],
};

function resultOf({ answered, problem }: Row): string {
  if (answered === undefined) return problem ?? '';
  const written = writtenIn(answered);
  const writes = written > 0 ? `; ${written} writes` : '';
  if (answered.error !== undefined) return `${answered.error}${writes}`;
  if (answered.replied === undefined) return 'nothing to do';
  const reasons = Object.entries(replyOf(answered).reasons ?? {}).map(([reason, times]) => `${reason} ${times}`);
  return `${answered.replied}: ${reasons.join(', ')}${writes}`;
}

const replyOf = ({ reply }: Answered): { written?: number; reasons?: Record<string, number> } =>
  typeof reply === 'object' && reply !== null ? reply : {};

const writtenIn = (answered: Answered): number => answered.wrote?.length ?? replyOf(answered).written ?? 0;

function aboutOf({ kind, name, namespace }: Readonly<Record<string, unknown>>): string {
  if (typeof name !== 'string') return '';
  return `${text(kind)} ${typeof namespace === 'string' && namespace !== '' ? `${namespace}/` : ''}${name}`;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
