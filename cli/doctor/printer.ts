import { describeRef, refKey } from '../../shared/domain/kinds.ts';
import { formatBytes } from '../../shared/domain/bytes.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { createDocument } from '../output/document.ts';
import type { Found } from '../output/findings.ts';
import { colourOf } from '../output/colour.ts';
import { fullName, toDocument } from '../output/findings.ts';
import type { Section } from './sections.ts';
import { sectionNames, sections } from './sections.ts';

export type Examined = Readonly<Record<Section, readonly Found[]>>;

/** Prints the result of the examination. */
export async function printExamined(
  examined: Examined,
  failures: readonly string[],
  format: OutputFormat,
  io: Io,
): Promise<void> {
  switch (format) {
    case 'json':
    case 'yaml':
      return printDocument(examined, failures, format, io);
    case 'name':
      for (const name of sectionNames)
        for (const { finding } of examined[name]) await io.out(`${fullName(finding.subject)}\n`);
      return;
    default:
      return printSentences(examined, io);
  }
}

async function printDocument(
  examined: Examined,
  failures: readonly string[],
  format: 'json' | 'yaml',
  io: Io,
): Promise<void> {
  const document = createDocument(format, io);
  await document.field('kind', 'Doctor');
  for (const name of sectionNames) {
    await document.list(name);
    for (const found of examined[name]) await document.item(toDocument(found));
  }
  const { blockers, orphans } = examined;
  await document.field('summary', {
    blockers: blockers.length,
    orphans: orphans.length,
    orphanBytes: bytesOf(orphans),
    failures: failures.length,
  });
  if (failures.length > 0) await document.field('errors', failures);
  await document.end();
}

async function printSentences(examined: Examined, io: Io): Promise<void> {
  let empty = true;
  for (const name of sectionNames) {
    const found = examined[name];
    if (found.length === 0) continue;
    empty = false;
    const { title, means } = sections[name];
    const size = name === 'orphans' ? `, ${formatBytes(bytesOf(found))}` : '';
    await io.out(`${title} (${found.length}${size}): ${means}\n\n`);
    for (const { finding } of found) {
      const reason = io.colour ? colourOf(finding.reason, 'report') : finding.reason;
      const command = finding.command === undefined ? '' : `    $ ${finding.command}\n`;
      await io.out(`  ${describeRef(finding.subject)}  ${reason}\n    ${finding.message}\n${command}\n`);
    }
  }
  if (empty) await io.out('No blockers, no orphans.\n');
}

/** Bytes on the target. Each backup counts once, however many objects name it. */
function bytesOf(found: readonly Found[]): number {
  const sizes = new Map(
    found.map(({ finding: { facts, subject } }) => [
      facts?.['backup'] ?? refKey(subject),
      Number(facts?.['bytes'] ?? 0),
    ]),
  );
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
