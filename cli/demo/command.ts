import type { Call } from '../command.ts';
import { defineCommand, exit } from '../command.ts';
import type { VerboseOptions } from '../options.ts';
import { verboseOption } from '../options.ts';
import { printReport } from './report.ts';
import { playDemo } from './script.ts';

interface DemoOptions extends VerboseOptions {
  readonly gleaner: boolean;
  readonly output: 'table' | 'json' | 'yaml';
}

export const demoCommand = defineCommand<DemoOptions>({
  name: 'demo',
  summary: 'A disaster and its repair, in a sandbox, in seconds',
  description:
    'Backups are recovered on a cluster whose Harvester writes wrong handles, and a restore hangs. Gleaner’s functions ' +
    'are processes that the first event starts and that end when idle. All that is said in the end was measured in ' +
    'this run; it answers 0 only when all of it is true.',
  examples: [
    { does: 'The story', command: 'npm run demo' },
    { does: 'The same as one JSON document', command: 'npm run --silent demo -- -o json' },
    { does: 'The control: what happens without Gleaner', command: 'npm run demo -- --without-gleaner' },
  ],
  options: [
    { flags: '--without-gleaner', description: 'leave Gleaner out: the restore goes on hanging, the answer is 1' },
    {
      flags: '-o, --output <format>',
      description: 'output format',
      choices: ['table', 'json', 'yaml'],
      default: 'table',
    },
    verboseOption,
  ],
  async run({ options, io }: Call<DemoOptions & { withoutGleaner?: boolean }>) {
    const report = await playDemo({
      gleaner: options.withoutGleaner !== true,
      verbose: options.verbose === true,
      say: (line) => io.err(`${line}\n`),
    });
    await printReport(report, options.output, io);
    return report.ok ? exit.ok : exit.open;
  },
});
