import { stringify } from 'yaml';
import type { Io } from '../io.ts';
import { createTable } from '../output/table.ts';

/** One claim of the demo, with its measurement from this run. */
export interface Check {
  readonly what: string;
  readonly measured: string | number;
  readonly ok: boolean;
}

export interface Report {
  readonly kind: 'Demo';
  readonly gleaner: boolean;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** Milliseconds from the first waiting event to a listening process, for each start. */
  readonly coldStartsMs: Readonly<Record<string, readonly number[]>>;
  readonly tookMs: number;
  /** The file that the functions ran from. */
  readonly functions: string;
  readonly node: string;
}

export async function printReport(report: Report, format: 'table' | 'json' | 'yaml', io: Io): Promise<void> {
  if (format === 'json') return io.out(`${JSON.stringify(report, null, 2)}\n`);
  if (format === 'yaml') return io.out(stringify(report, { lineWidth: 0 }));
  const table = createTable<Check>(
    [
      { title: '', value: ({ ok }) => (ok ? 'yes' : 'NO') },
      { title: 'WHAT', value: ({ what }) => what },
      { title: 'MEASURED', value: ({ measured }) => String(measured) },
    ],
    io,
  );
  await io.out('\n');
  for (const check of report.checks) await table.add(check);
  await table.end();
  const seconds = (report.tookMs / 1000).toFixed(1);
  await io.out(`\n${report.ok ? 'All checks passed' : 'Not all checks passed'}; ${seconds} s.\n`);
}
