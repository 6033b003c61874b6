import type { Overview } from '../../shared/capability/overview.ts';
import type { Support } from '../../shared/capability/reasons.ts';
import type { Ability, Capability, CapabilityAnswer } from '../../shared/capability/types.ts';
import { abilities, abilityKey } from '../../shared/capability/types.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { createDocument } from '../output/document.ts';
import { colourOf } from '../output/colour.ts';
import { fullName, shortName } from '../output/findings.ts';
import type { Column } from '../output/table.ts';
import { createTable } from '../output/table.ts';

/** Prints the answers: one line per object, or everything about a single one. */
export async function printOverview(overview: Overview, one: boolean, format: OutputFormat, io: Io): Promise<void> {
  const { capabilities, faults, harvester } = overview;
  switch (format) {
    case 'json':
    case 'yaml': {
      const document = createDocument(format, io);
      await document.field('kind', 'Capabilities');
      await document.field('harvester', harvester ?? null);
      await document.list('capabilities');
      for (const capability of capabilities) await document.item(capability);
      await document.list('faults');
      for (const fault of faults) await document.item(fault);
      return document.end();
    }
    case 'name':
      for (const { subject } of capabilities) await io.out(`${fullName(subject)}\n`);
      return;
    default:
      if (one) for (const capability of capabilities) await printOne(capability, io);
      else await printAll(capabilities, format === 'wide', io);
      await io.out(`\nHarvester ${harvester ?? '(unknown version)'}.\n`);
      for (const { message, cure } of faults) await io.out(`\n${message}\n  $ ${cure}\n`);
  }
}

/** The worse of two answers colours the cell. */
const worseOf = (a: CapabilityAnswer, b: CapabilityAnswer): Support =>
  (['no', 'unknown', 'yes'] as const).find((word) => a.answer === word || b.answer === word) ?? 'yes';

async function printAll(capabilities: readonly Capability[], wide: boolean, io: Io): Promise<void> {
  const cell = (ability: Ability): Column<Capability> => ({
    title: abilityKey(ability).toUpperCase(),
    value: ({ can, allows }) => {
      const [storage, harvester] = [can[ability], allows[ability]];
      return wide
        ? `${storage.answer} ${storage.reason} / ${harvester.answer} ${harvester.reason}`
        : `${storage.answer} / ${harvester.answer}`;
    },
    style: (text, { can, allows }) => colourOf(text, worseOf(can[ability], allows[ability])),
  });
  const namespaced = capabilities.some(({ subject }) => subject.namespace !== undefined);
  const table = createTable<Capability>(
    [
      ...(namespaced ? [{ title: 'NAMESPACE', value: ({ subject }: Capability) => subject.namespace ?? '' }] : []),
      { title: 'OBJECT', value: ({ subject }) => shortName(subject) },
      ...abilities.map(cell),
      {
        title: namespaced ? 'OF' : 'DRIVER',
        value: ({ facts }) => [facts['volumes'] ?? facts['driver'], facts['engine']].filter(Boolean).join(' '),
      },
    ],
    io,
  );
  for (const capability of capabilities) await table.add(capability);
  await table.end();
  if (capabilities.length > 0) {
    await io.out(
      '\nEach cell: storage can / Harvester allows. For reasons, name one object (sc/NAME, vm/NAME, pvc/NAME).\n',
    );
  } else await io.out('None found.\n');
}

interface Line {
  readonly ability: Ability;
  readonly who: string;
  readonly answer: CapabilityAnswer;
}

async function printOne({ subject, can, allows, facts }: Capability, io: Io): Promise<void> {
  const known = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  await io.out(`${describeRef(subject)}${known.length === 0 ? '' : ` (${known.join(', ')})`}\n\n`);
  const lines = abilities.flatMap((ability): Line[] => [
    { ability, who: 'storage', answer: can[ability] },
    { ability, who: 'Harvester', answer: allows[ability] },
  ]);
  const table = createTable<Line>(
    [
      { title: 'ABILITY', value: ({ ability }) => abilityKey(ability) },
      { title: 'WHO', value: ({ who }) => who },
      {
        title: 'ANSWER',
        value: ({ answer }) => answer.answer,
        style: (text, { answer }) => colourOf(text, answer.answer),
      },
      { title: 'REASON', value: ({ answer }) => answer.reason },
      { title: 'MESSAGE', value: ({ answer }) => answer.message },
    ],
    io,
  );
  for (const line of lines) await table.add(line);
  await table.end();
  const cures = new Set(lines.flatMap(({ answer }) => (answer.cure === undefined ? [] : [answer.cure])));
  if (cures.size > 0) await io.out(`\nSuggested actions\n\n${[...cures].map((cure) => `  ${cure}\n`).join('')}`);
}
