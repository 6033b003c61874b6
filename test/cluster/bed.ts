/** The test-bed on the command line: `node test/cluster/bed.ts build|up|down|status|kubeconfig|clean`. */
import { Command, Option } from 'commander';
import { build, clean, goVersion } from './build.ts';
import { down, NoGoError, running, up } from './cluster.ts';
import { kubeconfigOf } from './control-plane.ts';
import type { Choice } from './parts.ts';
import { defaultChoice, everyPart, parseChoice, partsFor, versions } from './parts.ts';
import { partsOf, suites } from './suites.ts';
import { logFile, processes } from './processes.ts';
import { loadState } from './state.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const withOption = () =>
  new Option(
    '--with <versions>',
    `programs and versions, e.g. harvester=${versions.harvester[1]},longhorn=none (known: ${Object.entries(versions)
      .map(([program, known]) => `${program} ${known.join('|')}|none`)
      .join('; ')})`,
  )
    .argParser(parseChoice)
    .default(defaultChoice, `harvester=${defaultChoice.harvester},longhorn=${defaultChoice.longhorn}`);
const nameOption = () => new Option('--name <name>', 'several beds can run beside each other').default('default');
const jobsOption = () => new Option('--jobs <n>', 'packages compiled at the same time').argParser(countOf).default(1);

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--jobs: "${text}" is not a number from 1 on`);
  return count;
}

const program = new Command('bed').description('real programs as plain processes, to test against');

program
  .command('build')
  .description('build what is missing, into the user’s cache folder')
  .addOption(withOption())
  .addOption(new Option('--suite <name>', 'what this suite of test:bed needs').choices(suites).conflicts('with'))
  .addOption(jobsOption())
  .action(async ({ with: choice, suite, jobs }: { with: Choice; suite?: string; jobs: number }) => {
    if ((await goVersion()) === undefined) throw new NoGoError();
    await build(suite === undefined ? partsFor(choice) : partsOf([suite]), { jobs, say });
  });

program
  .command('up')
  .description('build what is missing and start a fresh bed')
  .addOption(withOption())
  .addOption(nameOption())
  .addOption(jobsOption())
  .option('--fsync', 'let etcd sync to disk (to kill it and lose nothing)', false)
  .action(async ({ with: choice, name, jobs, fsync }: { with: Choice; name: string; jobs: number; fsync: boolean }) => {
    const state = await up({ name, choice, jobs, fsync, say });
    say(`The bed is up. export KUBECONFIG=${kubeconfigOf(state.run, 'admin')}`);
  });

program
  .command('clean')
  .description('remove binaries that no choice of versions of this source tree uses')
  .action(async () => {
    const removed = await clean(everyPart());
    say(removed.length === 0 ? 'Nothing to remove.' : `Removed ${removed.join(', ')}.`);
  });

program
  .command('down')
  .description('stop everything the bed started, also after a crash')
  .addOption(nameOption())
  .action(async ({ name }: { name: string }) => {
    const stopped = await down(name);
    say(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(', ')}.`);
  });

program
  .command('status')
  .description('what runs, and where its log is')
  .addOption(nameOption())
  .addOption(
    new Option('-o, --output <form>', 'for people or for programs').choices(['table', 'json']).default('table'),
  )
  .action(async ({ name, output }: { name: string; output: string }) => {
    const state = await loadState(name);
    if (!state) throw new Error(`There is no bed named ${name}.`);
    const found = (await processes(state.run)).map((it) => ({ ...it, log: logFile(state.run, it.name) }));
    const isUp = (await running(name)) !== undefined;
    if (output === 'json')
      say(JSON.stringify({ name, up: isUp, choice: state.choice, processes: found }, undefined, 2));
    else if (found.length === 0) say(`The bed named ${name} is down.`);
    else
      for (const { name, alive, pid, log } of found)
        say(`${alive ? 'runs' : 'DEAD'}  ${name.padEnd(24)} pid ${pid}  ${log}`);
    if (!isUp) process.exitCode = 1;
  });

program
  .command('kubeconfig')
  .description('path of a kubeconfig for the running bed')
  .addOption(nameOption())
  .option('--user <user>', 'whose', 'admin')
  .action(async ({ name, user }: { name: string; user: string }) => {
    const state = await running(name);
    if (!state) throw new Error(`No bed named ${name} is running: start one with "bed up".`);
    if (!(user in state.tokens))
      throw new Error(`The bed has no user "${user}", only ${Object.keys(state.tokens).join(', ')}.`);
    say(kubeconfigOf(state.run, user));
  });

try {
  await program.parseAsync();
} catch (error) {
  // Mostly a user's mistake or a failed build, where a stack would only hide what is said.
  const { message, stack } = error as Error;
  process.stderr.write(`${process.env['DEBUG'] ? stack : message}\n`);
  process.exitCode = 1;
}
