import type { Advice } from '../../shared/advice/types.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { createDocument } from '../output/document.ts';
import { colourOf } from '../output/colour.ts';
import { createTable } from '../output/table.ts';

export async function printAdvice(advice: readonly Advice[], format: OutputFormat, io: Io): Promise<void> {
  switch (format) {
    case 'json':
    case 'yaml': {
      const document = createDocument(format, io);
      await document.field('kind', 'Advice');
      await document.list('advice');
      for (const one of advice) await document.item(one);
      return document.end();
    }
    case 'name':
      for (const { name, result } of advice) if (result === 'advised') await io.out(`${name}\n`);
      return;
    default: {
      const table = createTable<Advice>(
        [
          { title: 'PRACTICE', value: ({ name }) => name },
          {
            title: 'RESULT',
            value: ({ result }) => result,
            style: (text, { result }) => colourOf(text, result),
          },
          ...(format === 'wide' ? [{ title: 'COMMAND', value: ({ command }: Advice) => command ?? '' }] : []),
          { title: 'EVIDENCE', value: ({ evidence }) => evidence },
        ],
        io,
      );
      for (const one of advice) await table.add(one);
      await table.end();
      for (const { practice, why, result, command } of advice) {
        if (result === 'kept') continue;
        await io.out(`\n${practice}.\n  ${why}\n${command === undefined ? '' : `  $ ${command}\n`}`);
      }
    }
  }
}
