/** Before the first suite runs, what all those asked for are made of is built (jest's `globalSetup`). */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { build, goVersion } from './build.ts';
import { NoGoError } from './cluster.ts';
import { partsOf } from './suites.ts';

export default async function buildFirst({
  testPathPatterns,
}: {
  testPathPatterns: { patterns: string[] };
}): Promise<void> {
  if ((await goVersion()) === undefined) throw new NoGoError();
  const patterns = testPathPatterns.patterns.map((pattern) => new RegExp(pattern, 'i'));
  const files = (await readdir(import.meta.dirname, { recursive: true })).filter((file) => file.endsWith('.bed.ts'));
  const asked = files.filter((file) => patterns.length === 0 || patterns.some((it) => it.test(`test/cluster/${file}`)));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await build(partsOf(asked.map((file) => basename(file, '.bed.ts'))), { jobs: 2, say });
}
