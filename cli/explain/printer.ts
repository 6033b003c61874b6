import type { Link } from '../../shared/chain/link.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import { needsAttention, verdictOf } from '../../shared/plan/plan.ts';
import { describeAction } from '../../shared/plan/action.ts';
import { reasons } from '../../shared/plan/reason.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { createDocument } from '../output/document.ts';
import type { Found } from '../output/findings.ts';
import { colourOf } from '../output/colour.ts';
import { commandOf, fullName, shortName, toDocument } from '../output/findings.ts';
import { createTable } from '../output/table.ts';
import type { Happened, Explanation } from './explain.ts';

/** Prints an explanation: the chain, the findings, the Events, the suggested actions. */
export async function printExplanation(story: Explanation, format: OutputFormat, io: Io): Promise<void> {
  switch (format) {
    case 'json':
    case 'yaml':
      return printDocument(story, format, io);
    case 'name':
      for (const { finding } of story.findings.filter(isOpen)) await io.out(`${fullName(finding.subject)}\n`);
      return;
    default:
      return printText(story, io);
  }
}

const isOpen = ({ finding }: Found): boolean => needsAttention(finding);

/** Each command once, in the order of the findings. */
const commandsOf = (story: Explanation): string[] => [
  ...new Set(story.findings.filter(isOpen).flatMap((found) => commandOf(found) ?? [])),
];

async function printDocument(story: Explanation, format: 'json' | 'yaml', io: Io): Promise<void> {
  const document = createDocument(format, io);
  await document.field('kind', 'Explain');
  await document.field('subject', story.subject);
  await document.list('chains');
  for (const chain of story.chains) await document.item(chain);
  await document.list('findings');
  for (const found of story.findings) {
    const { means, does, youCan } = reasons[found.finding.reason];
    await document.item({ ...toDocument(found), means, does, youCan });
  }
  await document.list('happened');
  for (const happened of story.happened) await document.item(happened);
  await document.field('commands', commandsOf(story));
  await document.field('open', story.findings.filter(isOpen).length);
  await document.end();
}

async function printText(story: Explanation, io: Io): Promise<void> {
  await io.out(`${describeRef(story.subject)}\n`);
  for (const { backup, links, drill } of story.chains) {
    await io.out(`\nChain of ${describeRef(backup)}\n\n`);
    const table = createTable<Link>(
      [
        { title: 'VOLUME', value: (link) => link.volume },
        { title: 'LINK', value: (link) => link.link },
        {
          title: 'VERDICT',
          value: ({ result }) => result,
          style: (text, { result }) => colourOf(text, result),
        },
        { title: 'OBJECT', value: ({ object }) => shortName(object) },
        { title: 'MESSAGE', value: ({ message }) => message },
      ],
      io,
    );
    for (const link of links) await table.add(link);
    await table.end();
    if (drill !== undefined) await io.out(`\nLast restore drill: ${drill}\n`);
  }
  await io.out('\nFindings\n\n');
  for (const { function: by, finding } of story.findings) {
    const verdict = verdictOf(finding);
    const { means, youCan } = reasons[finding.reason];
    const volume = finding.volume === undefined ? '' : `, volume ${finding.volume}`;
    const lines = [
      `${io.colour ? colourOf(verdict, verdict) : verdict}  ${describeRef(finding.subject)}${volume}  (${by}: ${finding.reason})`,
      `  ${finding.message}`,
      ...(needsAttention(finding) ? [`  ${means} ${youCan}`] : []),
      ...finding.actions.map((action, index) => `  ${index + 1}. ${describeAction(action)}`),
    ];
    await io.out(`${lines.join('\n')}\n`);
  }
  if (story.findings.length === 0) await io.out('None. Gleaner does not handle this object.\n');
  if (story.happened.length > 0) await printHappened(story.happened, io);
  const commands = commandsOf(story);
  if (commands.length > 0)
    await io.out(`\nSuggested actions\n\n${commands.map((command) => `$ ${command}\n`).join('')}`);
}

async function printHappened(happened: readonly Happened[], io: Io): Promise<void> {
  await io.out('\nEvents\n\n');
  const table = createTable<Happened>(
    [
      { title: 'AT', value: ({ at }) => at },
      { title: 'TYPE', value: ({ type }) => type },
      { title: 'REASON', value: ({ reason }) => reason },
      { title: 'COUNT', value: ({ count }) => String(count) },
      { title: 'ABOUT', value: ({ about }) => about },
      { title: 'NOTE', value: ({ note }) => note },
    ],
    io,
  );
  for (const one of happened) await table.add(one);
  await table.end();
}
