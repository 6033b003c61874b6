import { defineCommand, exit } from '../command.ts';
import { allFunctions } from '../functions.ts';
import type { OutputOptions } from '../options.ts';
import { outputOption } from '../options.ts';
import { createTable } from '../output/table.ts';
import type { AnyFunction } from '../../shared/function.ts';

export const functionsCommand = defineCommand<OutputOptions>({
  name: 'functions',
  summary: 'List the functions: what they do, what they watch and the permissions they need',
  examples: [
    { does: 'What does each function do?', command: 'gleaner functions' },
    { does: 'Which permissions does each function need?', command: 'gleaner functions -o wide' },
  ],
  options: [outputOption],
  async run({ options: { output }, io }) {
    const documents = allFunctions.map(toDocument);
    switch (output) {
      case 'json':
        await io.out(`${JSON.stringify(documents, null, 2)}\n`);
        break;
      case 'yaml':
        await io.out((await import('yaml')).stringify(documents, { lineWidth: 0, aliasDuplicateObjects: false }));
        break;
      case 'name':
        await io.out(allFunctions.map(({ name }) => `${name}\n`).join(''));
        break;
      default: {
        const table = createTable(columnsOf[output], io);
        for (const fn of allFunctions) await table.add(fn);
        await table.end();
      }
    }
    return exit.ok;
  },
});

const toDocument = ({ name, summary, watches, needs }: AnyFunction) => ({ name, summary, watches, needs });

const watched = ({ watches }: AnyFunction): string =>
  watches.map(({ kind, mode }) => (mode === 'resource' ? kind : `${kind} (by name)`)).join(', ');
const needed = ({ needs }: AnyFunction): string =>
  needs
    .map(
      ({ group, resource, verbs, namespace }) =>
        `${resource}${group === '' ? '' : `.${group}`}${namespace === undefined ? '' : ` in ${namespace}`}: ${verbs.join(',')}`,
    )
    .join('; ');

const name = { title: 'NAME', value: (fn: AnyFunction) => fn.name };
const summary = { title: 'SUMMARY', value: (fn: AnyFunction) => fn.summary };
const columnsOf = {
  table: [name, summary],
  wide: [name, summary, { title: 'WATCHES', value: watched }, { title: 'NEEDS', value: needed }],
};
