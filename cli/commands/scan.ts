import type { Call } from '../command.ts';
import { defineCommand, exit } from '../command.ts';
import { withCluster } from '../cluster.ts';
import { sentenceOf } from '../errors.ts';
import { functionsNamed } from '../functions.ts';
import type { ClusterOptions, OutputOptions, ScopeOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, scopeOptions, verboseOption } from '../options.ts';
import { openPrinter } from '../output/printer.ts';
import type { PolicyOptions } from '../policies.ts';
import { configsFrom, policyOptions } from '../policies.ts';
import { narrow, parseSelected, selectionArgument } from '../selection.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';

export interface LookOptions extends ClusterOptions, ScopeOptions, OutputOptions, PolicyOptions, VerboseOptions {
  readonly all?: boolean;
}

export const lookOptions = [
  ...scopeOptions,
  { flags: '--all', description: 'show also what is well or none of Gleaner’s business' },
  outputOption,
  ...policyOptions,
  ...clusterOptions,
  verboseOption,
];

export const scanCommand = defineCommand<LookOptions>({
  name: 'scan',
  summary: 'Judge every VMBackup volume and every content; changes nothing',
  description:
    'Shows what needs attention and why; --all shows the rest as well. Without -n all namespaces are looked at, since ' +
    'contents are in none; with -n, the VMBackups of that namespace and the contents whose snapshot is in it. ' +
    'Answers 1 when there is something to do, for Gleaner or for a person.',
  examples: [
    { does: 'What is wrong in this cluster?', command: 'gleaner scan' },
    { does: 'Everything, with handles, backups and the commands that help', command: 'gleaner scan --all -o wide' },
    { does: 'One VMBackup and the contents of its volumes', command: 'gleaner scan vmbackup/web-nightly -n prod' },
    {
      does: 'How often each reason was found',
      command: 'gleaner scan -o json | jq .summary.reasons',
    },
  ],
  arguments: [selectionArgument],
  options: lookOptions,
  run: (call) => look(call, 'Scan'),
});

/** What `scan` and `plan` share: one sweep that writes nothing, printed as it goes. */
export async function look({ args, options, io }: Call<LookOptions>, kind: 'Scan' | 'Plan'): Promise<number> {
  const functions = functionsNamed(options.function);
  const selected = args.map(parseSelected);
  const configOf = configsFrom(options);
  return withCluster(options, async ({ reader }) => {
    const narrowed = await narrow(functions, reader, options, selected);
    const { namespace, selector } = options;
    const scope = { ...(namespace !== undefined && { namespace }), ...(selector !== undefined && { selector }) };
    const printer = await openPrinter(kind, options.output, io);
    try {
      for await (const swept of sweep({ functions: narrowed, reader, configOf, scope })) {
        if (swept.kind === 'failure') {
          await printer.failure(`${describeRef(swept.subject)}: ${sentenceOf(swept.error)}`);
        }
        for (const finding of findingsOf(swept)) {
          const shown = options.all === true || needsAttention(finding);
          await printer.finding({ function: swept.function, finding }, shown);
        }
      }
    } catch (error) {
      // What has been printed so far stays a whole document.
      await printer.failure(sentenceOf(error), { silent: true });
      await printer.end();
      throw error;
    }
    const { open, failures } = await printer.end();
    return failures > 0 ? exit.error : open > 0 ? exit.open : exit.ok;
  });
}
