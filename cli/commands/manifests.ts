import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as functions from '../../functions/index.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import type { ManifestFile } from '../../shared/manifests/files.ts';
import { defaults } from '../../shared/manifests/options.ts';

interface Options {
  readonly write?: string;
  readonly image: string;
  readonly namespace: string;
  readonly mode: 'apply' | 'observe';
  readonly sweep: string;
}

export const manifestsCommand = defineCommand<Options>({
  name: 'manifests',
  summary: 'Print the manifests that run the functions on Knative',
  description:
    'Rendered from the functions themselves: for each one a Knative Service, an account and its permissions, and the\n' +
    'sources, broker and triggers that deliver the events. Does not connect to a cluster.',
  examples: [
    {
      does: 'Install, with an image of your own',
      command: 'gleaner manifests --image registry.example.org/gleaner:0.1.0 | kubectl apply -f -',
    },
    {
      does: 'The same functions, but they only report',
      command: 'gleaner manifests --mode observe --image registry.example.org/gleaner:0.1.0 | kubectl apply -f -',
    },
    { does: 'Update the deploy/ folder of this repository', command: 'gleaner manifests --write' },
  ],
  options: [
    {
      flags: '--write [folder]',
      description: 'write files there instead of printing, and remove old ones',
      preset: 'deploy',
    },
    { flags: '--image <image>', description: 'image that serves the functions', default: defaults.image },
    {
      flags: '-n, --namespace <name>',
      description: 'namespace of the functions',
      default: defaults.namespace,
      parse: dnsLabel,
    },
    {
      flags: '--mode <mode>',
      description: 'apply: the functions write; observe: they only report',
      choices: ['apply', 'observe'],
      default: defaults.mode,
    },
    {
      flags: '--sweep <cron>',
      description: 'schedule of the sweeps, which check everything',
      default: defaults.sweepSchedule,
    },
  ],
  async run({ options, io }) {
    const { manifestFiles } = await import('../../shared/manifests/files.ts');
    const { image, namespace, mode, sweep: sweepSchedule, write: folder } = options;
    const files = manifestFiles(Object.values(functions), { image, namespace, mode, sweepSchedule });
    if (folder === undefined) await io.out(files.map(({ text }) => text).join('---\n'));
    else for (const line of await writeFolder(folder, files)) io.err(`${line}\n`);
    return exit.ok;
  },
});

/** Does not overwrite files that it did not generate. */
async function writeFolder(folder: string, files: readonly ManifestFile[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const wanted = new Set(files.map(({ name }) => name));
  const changes: string[] = [];
  for (const name of await readdir(folder)) {
    if (wanted.has(name) || !name.endsWith('.yaml')) continue;
    if (!(await readFile(join(folder, name), 'utf8')).startsWith('# generated from functions/')) continue;
    await rm(join(folder, name));
    changes.push(`removed ${join(folder, name)}`);
  }
  for (const { name, text } of files) {
    await writeFile(join(folder, name), text);
    changes.push(`wrote ${join(folder, name)}`);
  }
  return changes;
}

function dnsLabel(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(`invalid namespace name "${text}"`);
}
