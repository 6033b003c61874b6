import type { Io } from '../io.ts';

export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  readonly style?: (text: string, row: Row) => string;
}

/** Rows that determine the column widths; later rows are printed as they come. */
const LOOK_AHEAD = 200;
const GAP = '   ';
/** On a narrower terminal the last column gets lines of its own. */
const NARROWEST = 40;
const OWN_LINE_INDENT = 4;

export interface Table<Row> {
  add(row: Row): Promise<void>;
  end(): Promise<void>;
}

/** A table like kubectl's, in bounded memory. On a terminal the last column is wrapped. */
export function createTable<Row>(
  columns: readonly Column<Row>[],
  io: Pick<Io, 'out' | 'columns' | 'colour'>,
): Table<Row> {
  let waiting: Row[] | undefined = [];
  let widths: readonly number[] = [];

  const printRow = (row: Row) =>
    io.out(
      layOut(
        columns.map((column) => column.value(row)),
        (text, index) => (io.colour ? (columns[index]?.style?.(text, row) ?? text) : text),
      ),
    );

  function layOut(cells: readonly string[], style: (text: string, index: number) => string): string {
    const last = cells.length - 1;
    const head = cells.slice(0, last).map((text, i) => style(text.padEnd(widths[i] ?? 0), i) + GAP);
    const beside = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
    const { text, at } = placeLast(cells[last] ?? '', beside, io.columns);
    const lines =
      at === beside
        ? [head.join('') + (text[0] ?? ''), ...indented(text.slice(1), at)]
        : [head.join(''), ...indented(text, at)];
    return lines.map((line) => `${line.trimEnd()}\n`).join('');
  }

  async function flush(): Promise<void> {
    const rows = waiting ?? [];
    waiting = undefined;
    if (rows.length === 0) return;
    widths = columns.map((column) =>
      rows.reduce((widest, row) => Math.max(widest, column.value(row).length), column.title.length),
    );
    await io.out(
      layOut(
        columns.map(({ title }) => title),
        (text) => text,
      ),
    );
    for (const row of rows) await printRow(row);
  }

  return {
    async add(row) {
      if (waiting === undefined) return printRow(row);
      waiting.push(row);
      if (waiting.length === LOOK_AHEAD) await flush();
    },
    async end() {
      if (waiting !== undefined) await flush();
    },
  };
}

function placeLast(cell: string, beside: number, columns: number | undefined): { text: string[]; at: number } {
  if (columns === undefined) return { text: [cell], at: beside };
  const at = columns - beside >= NARROWEST ? beside : OWN_LINE_INDENT;
  return { text: wrap(cell, columns - at), at };
}

const indented = (lines: readonly string[], by: number): string[] => lines.map((line) => ' '.repeat(by) + line);

/** Splits a text into lines of at most `width`, at spaces if possible. @testonly */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
