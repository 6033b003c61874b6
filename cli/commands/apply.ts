import { defineCommand, exit } from '../command.ts';
import type { Call } from '../command.ts';
import { withCluster } from '../cluster.ts';
import type { DryRunOptions } from '../dry-run.ts';
import { checkOnly, dryRunOption } from '../dry-run.ts';
import { sentenceOf } from '../errors.ts';
import { functionsNamed } from '../functions.ts';
import type { ScanOptions } from '../scan-and-plan.ts';
import { clusterOptions, outputOption, parseDurationMs, scopeOptions, verboseOption } from '../options.ts';
import { openApplyPrinter } from '../output/apply-printer.ts';
import { configsFrom, policyOptions } from '../policies.ts';
import { narrow, parseSelected, scopeOf, selectionArgument } from '../selection/selection.ts';
import { settleWithin } from '../settle-deadline.ts';
import type { Action } from '../../shared/plan/action.ts';

interface ApplyOptions extends ScanOptions, DryRunOptions {
  readonly timeout: number;
  readonly once?: boolean;
}

export const applyCommand = defineCommand<ApplyOptions>({
  name: 'apply',
  summary: 'Repair: carry out the plan until everything is settled',
  description:
    'Takes the steps that "gleaner plan" shows, waits for the controllers, and continues until nothing is ' +
    'left to do; prints progress on stderr. Every step has a precondition: if an object has changed since it was read, ' +
    'Gleaner plans again. No data on the backup target is ever deleted. If it is interrupted, run it again. ' +
    'Exits 0 when everything is settled, 1 when something is left to do for Gleaner or for you.',
  examples: [
    { does: 'Repair everything', command: 'gleaner apply' },
    { does: 'Only one VMBackup', command: 'gleaner apply vmbackup/web-nightly -n prod' },
    { does: 'Let the API server check the steps, and change nothing', command: 'gleaner apply --dry-run=server' },
    { does: 'Keep the old pairs on Retain', command: 'gleaner apply --retire keep' },
    { does: 'One round, without waiting', command: 'gleaner apply --once' },
  ],
  arguments: [selectionArgument],
  options: [
    ...scopeOptions,
    dryRunOption,
    {
      flags: '--timeout <duration>',
      description: 'time limit, e.g. 90s or 10m',
      default: 300_000,
      shownDefault: '5m',
      parse: parseDurationMs,
    },
    { flags: '--once', description: 'take only the steps that are safe now, without waiting' },
    outputOption,
    ...policyOptions,
    ...clusterOptions,
    verboseOption,
  ],
  run: apply,
});

async function apply({ args, options, io }: Call<ApplyOptions>): Promise<number> {
  const { dryRun, once, timeout: timeoutMs } = options;
  const functions = functionsNamed(options.function);
  const selected = args.map(parseSelected);
  const configOf = configsFrom(options);
  const interrupted = io.interrupted();
  const to = dryRun === 'server' ? { ...options, dryRun } : { ...options, dryRun: undefined };
  return withCluster(to, async ({ reader, writer }) => {
    const { createApplier } = await import('../../shared/kube/apply.ts');
    const unchecked = new Set<Action>();
    const real = createApplier(reader, writer);
    const applier = dryRun === 'server' ? checkOnly(real, (action) => unchecked.add(action)) : real;
    const narrowed = await narrow(functions, reader, options, selected);
    const printer = await openApplyPrinter(options.output, { dryRun, unchecked, io });
    const progress = settleWithin({
      functions: narrowed,
      reader,
      ...(dryRun !== 'client' && { applier }),
      configOf,
      // This command's output reports everything; Events and reports would repeat it.
      records: false,
      scope: scopeOf(options),
      timeoutMs,
      once: once === true || dryRun !== 'none',
      signal: interrupted,
    });
    try {
      for await (const step of progress) await printer.step(step);
    } catch (error) {
      await printer.abort(sentenceOf(error));
      throw error;
    }
    const { open, failures, ended } = await printer.end();
    if (ended === 'interrupted') return 130;
    return failures > 0 ? exit.error : open > 0 ? exit.open : exit.ok;
  });
}
