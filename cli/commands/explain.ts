import { needsAttention } from '../../shared/plan/plan.ts';
import { withCluster } from '../cluster.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import { parseObject } from '../explain/object.ts';
import { printExplanation } from '../explain/printer.ts';
import { explain } from '../explain/explain.ts';
import { allFunctions } from '../functions.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, verboseOption } from '../options.ts';
import type { PolicyOptions } from '../policies.ts';
import { configsFrom, policyOptions } from '../policies.ts';

interface Options extends ClusterOptions, OutputOptions, PolicyOptions, VerboseOptions {
  readonly namespace?: string;
}

export const explainCommand = defineCommand<Options>({
  name: 'explain',
  summary: 'Show everything about one object: links, findings, Events, suggested actions; changes nothing',
  description:
    'Shows each link of the chain from the VMBackup to the target that the object belongs to, the findings of every ' +
    'function, the Kubernetes Events, and the commands that help. Exits 1 when something has to be done.',
  examples: [
    { does: 'Can this backup be restored?', command: 'gleaner explain vmbackup/web-nightly -n prod' },
    {
      does: 'Which VMBackup does this Longhorn backup belong to?',
      command: 'gleaner explain backup/backup-4b7e1c90d2aa4f18',
    },
    { does: 'Why does this restore hang?', command: 'gleaner explain vmrestore/restore-web -n finance -o json' },
  ],
  arguments: [
    {
      name: '<kind/name>',
      description: 'vmbackup, vmrestore, vs, vsc, backup (of Longhorn), backuptarget, setting or pvc',
    },
  ],
  options: [
    { flags: '-n, --namespace <name>', description: 'namespace of the object (default: that of the context)' },
    outputOption,
    ...policyOptions,
    ...clusterOptions,
    verboseOption,
  ],
  async run({ args, options, io }) {
    const [text, ...more] = args;
    if (text === undefined || more.length > 0) throw new UsageError('name one object: vmbackup/NAME, vsc/NAME …');
    parseObject(text, ''); // fails before connecting
    const configOf = configsFrom(options);
    return withCluster(options, async ({ reader, namespace }) => {
      const subject = parseObject(text, options.namespace ?? namespace);
      const story = await explain(subject, { reader, functions: allFunctions, configOf, nowMs: Date.now() });
      await printExplanation(story, options.output, io);
      if (story.happenedUnknown !== undefined && options.output !== 'name')
        io.err(`gleaner: Events cannot be shown: ${story.happenedUnknown}\n`);
      return story.findings.some(({ finding }) => needsAttention(finding)) ? exit.open : exit.ok;
    });
  },
});
