import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listCommand } from '../../shared/domain/kubectl.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import type { Io } from '../io.ts';
import { parsePort, verboseOption } from '../options.ts';
import type { VerboseOptions } from '../options.ts';
import { createTable } from '../output/table.ts';

interface SandboxCommandOptions extends VerboseOptions {
  readonly scenario: string;
  readonly list?: boolean;
  readonly port: number;
  readonly harvester?: `1.${number}`;
  readonly longhorn?: `1.${number}`;
  readonly kubeconfig: string;
}

export const sandboxCommand = defineCommand<SandboxCommandOptions>({
  name: 'sandbox',
  summary: 'Run a small in-process cluster to try things out',
  description:
    'Simulates an API server and the controllers of Harvester, Longhorn and the snapshot API in memory. Writes a ' +
    'kubeconfig for gleaner and kubectl, and removes it when it is stopped with Ctrl-C.',
  examples: [
    { does: 'Which scenarios are there?', command: 'gleaner sandbox --list' },
    {
      does: 'Backups recovered by a Harvester that writes wrong handles',
      command: 'gleaner sandbox --scenario recovered',
    },
    {
      does: 'Then, in a second terminal',
      command: `export KUBECONFIG=$PWD/gleaner-sandbox.kubeconfig; gleaner scan; ${listCommand('VirtualMachineBackup')}`,
    },
  ],
  options: [
    { flags: '--scenario <name>', description: 'scenario to start with', default: 'recovered' },
    { flags: '--list', description: 'list the scenarios and exit' },
    {
      flags: '--port <number>',
      description: 'port of the API server; 0: any free port',
      default: 0,
      parse: parsePort,
    },
    {
      flags: '--harvester <version>',
      description: 'simulate this Harvester release instead, e.g. 1.5',
      parse: parseVersion,
    },
    {
      flags: '--longhorn <version>',
      description: 'simulate this Longhorn release instead, e.g. 1.7',
      parse: parseVersion,
    },
    {
      flags: '--kubeconfig <file>',
      description: 'where to write the kubeconfig',
      default: 'gleaner-sandbox.kubeconfig',
    },
    verboseOption,
  ],
  run: ({ options, io }) => (options.list === true ? list(io) : keepRunning(options, io)),
});

async function list(io: Io): Promise<number> {
  const { scenarios } = await import('../../sandbox/scenarios/index.ts');
  const table = createTable<(typeof scenarios)[number]>(
    [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'HARVESTER', value: ({ harvester }) => harvester },
      { title: 'LONGHORN', value: ({ longhorn }) => longhorn },
      { title: 'WHAT IT IS', value: ({ describe }) => describe },
    ],
    io,
  );
  for (const scenario of scenarios) await table.add(scenario);
  await table.end();
  return exit.ok;
}

async function keepRunning(options: SandboxCommandOptions, io: Io): Promise<number> {
  const { scenario: name, port, harvester, longhorn, kubeconfig: file } = options;
  refuseOthers(file);
  const { findScenario } = await import('../../sandbox/scenarios/index.ts');
  const scenario = usage(() => findScenario(name));
  const interrupted = io.interrupted();
  const { startSandbox } = await import('../../sandbox/index.ts');
  const versions = { ...(harvester && { harvester }), ...(longhorn && { longhorn }) };
  const sandbox = await startSandbox({ scenario, port, ...versions });
  try {
    // Readable by the owner only, as kubectl expects.
    writeFileSync(file, `${MARK}\n${sandbox.api.kubeconfig()}`, { mode: 0o600 });
    await io.out(
      [
        `Sandbox "${scenario.name}" (Harvester ${harvester ?? scenario.harvester}, Longhorn ${longhorn ?? scenario.longhorn}) is at ${sandbox.api.url}: ${scenario.describe}`,
        '',
        'In a second terminal:',
        `  export KUBECONFIG=${resolve(file)}`,
        '  npx gleaner scan',
        '  npx gleaner plan',
        '  npx gleaner apply',
        `  ${listCommand(['VirtualMachineBackup', 'VolumeSnapshot'])}; ${listCommand('VolumeSnapshotContent')}`,
        '',
        'Ctrl-C stops it.',
        '',
      ].join('\n'),
    );
    if (!interrupted.aborted) await once(interrupted, 'abort');
  } finally {
    rmSync(file, { force: true });
    await sandbox.stop();
  }
  return exit.ok;
}

const MARK = '# written by gleaner sandbox, and removed by it';

/** Refuses to overwrite a file that is not a sandbox's kubeconfig: the default name may be taken. */
function refuseOthers(file: string): void {
  if (existsSync(file) && !readFileSync(file, 'utf8').startsWith(MARK)) {
    throw new UsageError(`${file} exists and is not a sandbox's; choose another file with --kubeconfig`);
  }
}

function parseVersion(text: string): string {
  if (/^v?1\.\d+(\.\d+)?$/.test(text)) return text.replace('v', '');
  throw new UsageError(`invalid version "${text}" (examples: 1.5, 1.5.2)`);
}

function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
