import { describeRef } from '../../shared/domain/kinds.ts';
import type { Check } from '../../shared/restore/check.ts';
import { verdictOfChecks } from '../../shared/restore/check.ts';
import type { RestoreRequest } from '../../shared/restore/seen-preflight.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { createDocument } from './document.ts';
import { colourOf } from './colour.ts';
import { createTable } from './table.ts';

const sentences: Readonly<Record<Check['result'], string>> = {
  pass: 'No problems found.',
  warn: 'This restore should work; read the warnings.',
  fail: 'This restore would fail.',
  unknown: 'Some checks could not be made.',
};

/** Prints the checks of a preflight, each with its remedy. */
export async function printPreflight(
  request: RestoreRequest,
  checks: readonly Check[],
  format: OutputFormat,
  io: Io,
): Promise<void> {
  const verdict = verdictOfChecks(checks);
  switch (format) {
    case 'json':
    case 'yaml': {
      const document = createDocument(format, io);
      await document.field('kind', 'Preflight');
      await document.field('backup', request.backup);
      await document.field('to', request.to);
      await document.list('checks');
      for (const check of checks) await document.item(check);
      await document.field('verdict', verdict);
      return document.end();
    }
    case 'name':
      for (const { name, result } of checks) if (result !== 'pass') await io.out(`${name}\n`);
      return;
    default: {
      const table = createTable<Check>(
        [
          { title: 'CHECK', value: ({ name }) => name },
          { title: 'VOLUME', value: ({ volume }) => volume ?? '' },
          {
            title: 'RESULT',
            value: ({ result }) => result,
            style: (text, { result }) => colourOf(text, result),
          },
          { title: 'MESSAGE', value: ({ message }) => message },
        ],
        io,
      );
      for (const check of checks) await table.add(check);
      await table.end();
      const cures = new Set(
        checks.flatMap(({ result, cure }) => (result === 'pass' || cure === undefined ? [] : [cure])),
      );
      if (cures.size > 0) await io.out(`\nSuggested actions\n\n${[...cures].map((cure) => `  ${cure}\n`).join('')}`);
      await io.out(`\n${describeRef(request.backup)} into namespace ${request.to}: ${sentences[verdict]}\n`);
    }
  }
}
