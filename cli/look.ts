import { describeRef } from '../shared/domain/kinds.ts';
import { needsAttention } from '../shared/plan/plan.ts';
import { findingsOf } from '../shared/runtime/settle.ts';
import { sweep } from '../shared/runtime/sweep.ts';
import { withCluster } from './cluster.ts';
import type { Call, OptionSpec } from './command.ts';
import { exit } from './command.ts';
import { sentenceOf } from './errors.ts';
import { functionsNamed } from './functions.ts';
import type { ClusterOptions, OutputOptions, ScopeOptions, VerboseOptions } from './options.ts';
import { clusterOptions, outputOption, scopeOptions, verboseOption } from './options.ts';
import { openPrinter } from './output/printer.ts';
import type { PolicyOptions } from './policies.ts';
import { configsFrom, policyOptions } from './policies.ts';
import { narrow, parseSelected, scopeOf } from './selection.ts';

export interface LookOptions extends ClusterOptions, ScopeOptions, OutputOptions, PolicyOptions, VerboseOptions {
  readonly all?: boolean;
}

export const lookOptions: readonly OptionSpec[] = [
  ...scopeOptions,
  { flags: '--all', description: 'show also what is well or none of Gleaner’s business' },
  outputOption,
  ...policyOptions,
  ...clusterOptions,
  verboseOption,
];

/** What `scan` and `plan` share: one sweep that writes nothing, printed as it goes. */
export async function look({ args, options, io }: Call<LookOptions>, kind: 'Scan' | 'Plan'): Promise<number> {
  const functions = functionsNamed(options.function);
  const selected = args.map(parseSelected);
  const configOf = configsFrom(options);
  return withCluster(options, async ({ reader }) => {
    const narrowed = await narrow(functions, reader, options, selected);
    const printer = await openPrinter(kind, options.output, io);
    try {
      for await (const swept of sweep({ functions: narrowed, reader, configOf, scope: scopeOf(options) })) {
        if (swept.kind === 'failure') {
          printer.failure(`${describeRef(swept.subject)}: ${sentenceOf(swept.error)}`);
        }
        for (const finding of findingsOf(swept)) {
          const shown = options.all === true || needsAttention(finding);
          await printer.finding({ function: swept.function, finding }, shown);
        }
      }
    } catch (error) {
      // What has been printed so far stays a whole document.
      await printer.abort(sentenceOf(error));
      throw error;
    }
    const { open, failures } = await printer.end();
    return failures > 0 ? exit.error : open > 0 ? exit.open : exit.ok;
  });
}
