import { Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../shared/kube/version.ts';
import type { OptionSpec } from './command.ts';
import { exit, UsageError } from './command.ts';
import { commands as all } from './commands/index.ts';
import { reportError } from './errors.ts';
import type { Io } from './io.ts';

const ABOUT = `Recovers VM backups on Harvester: finds VolumeSnapshotContents whose handle names the wrong volume, repairs them, and points VirtualMachineBackups at the repaired pairs.

Only "apply", "drill", "replay" and "capability" (with --probe, --clean or --clear) write to the cluster.`;

const EXIT_CODES = `
Exit codes: 0 nothing to do, or all done; 1 something has to be done; 2 or more: an error.`;

/** Runs one command line. Returns the exit code and never throws. */
export async function runCli(argv: readonly string[], io: Io, commands: typeof all = all): Promise<number> {
  let code: number = exit.ok;
  const program = new Commander('gleaner')
    .description(ABOUT)
    .version(version, '--version', 'print the version')
    .helpCommand('help [command]', 'show help of a command')
    .addHelpText('after', EXIT_CODES);
  for (const command of commands) {
    program.addCommand(
      toCommander(command, async (args, options) => {
        code = await command.run({ args, options, io });
      }),
    );
  }
  for (const part of [program, ...program.commands]) {
    part
      .exitOverride()
      .showHelpAfterError(`See "${part === program ? '' : 'gleaner '}${part.name()} --help".`)
      .configureOutput({
        writeOut: (text) => void io.out(text),
        writeErr: (text) => io.err(text),
        outputError: (text, write) => write(text.replace(/^error: /, 'gleaner: ')),
        getOutHasColors: () => io.colour,
      });
  }

  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(commandFirst(argv), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.error;
    return reportError(error, io, argv.includes('-v') || argv.includes('--verbose'));
  }
}

function toCommander(
  command: (typeof all)[number],
  action: (args: readonly string[], options: unknown) => Promise<void>,
): Commander {
  const built = new Commander(command.name)
    .summary(command.summary)
    .description([command.summary, command.description].filter(Boolean).join('\n\n'));
  for (const { name, description } of command.arguments ?? []) built.argument(name, description);
  for (const option of command.options) built.addOption(toOption(option));
  const examples = command.examples.map(({ does, command: line }) => `  # ${does}\n  ${line}`);
  built.addHelpText('after', `\nExamples:\n${examples.join('\n\n')}`);
  built.action(() => action(built.args, built.opts()));
  return built;
}

function toOption({
  flags,
  description,
  choices,
  parse,
  preset,
  list,
  default: value,
  shownDefault,
}: OptionSpec): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (value !== undefined) option.default(value, shownDefault);
  if (preset !== undefined) option.preset(preset);
  if (list === true) option.argParser((text: string, before: string[] = []) => [...before, ...text.split(',')]);
  if (parse !== undefined) {
    option.argParser((text: string) => {
      try {
        return parse(text);
      } catch (error) {
        throw error instanceof UsageError ? new InvalidArgumentError(error.message) : error;
      }
    });
  }
  return option;
}

const valued = new Set(['-n', '--namespace', '-l', '--selector', '-o', '--output', '--kubeconfig', '--context']);

/** Like kubectl, accepts common flags before the command: `gleaner -n prod scan`. */
function commandFirst(argv: readonly string[]): string[] {
  let at = 0;
  while (at < argv.length && /^-./.test(argv[at] ?? '')) {
    if (['-h', '--help', '--version'].includes(argv[at] ?? '')) return [...argv];
    at += valued.has(argv[at] ?? '') ? 2 : 1;
  }
  const [command, ...rest] = argv.slice(at);
  return command === undefined ? [...argv] : [command, ...argv.slice(0, at), ...rest];
}
