import { advise } from '../../shared/advice/advice.ts';
import type { SeenAdvice } from '../../shared/advice/read.ts';
import { readAdvice } from '../../shared/advice/read.ts';
import { memoize } from '../../shared/kube/memoize.ts';
import { KubeError } from '../../shared/ports/errors.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { printAdvice } from '../advise/printer.ts';
import { withCluster } from '../cluster.ts';
import { defineCommand, exit } from '../command.ts';
import { sentenceOf } from '../errors.ts';
import { functionsNamed } from '../functions.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, verboseOption } from '../options.ts';
import { configsFrom } from '../policies.ts';

type Options = ClusterOptions & OutputOptions & VerboseOptions;

export const adviseCommand = defineCommand<Options>({
  name: 'advise',
  summary:
    'List practices that keep backups restorable, and which of them this cluster does not follow; changes nothing',
  description:
    'For each practice: whether the cluster follows it, why it matters, the evidence, and the command that establishes it. ' +
    'Exits 1 when one is not followed.',
  examples: [
    { does: 'What should be done differently here?', command: 'gleaner advise' },
    {
      does: 'Only the practices that are not followed',
      command: `gleaner advise -o json | jq '.advice[] | select(.result == "advised")'`,
    },
  ],
  options: [outputOption, ...clusterOptions, verboseOption],
  async run({ options, io }) {
    return withCluster(options, async ({ reader }) => {
      const seen = await readAdvice(memoize(reader), await lookAtChains(reader), Date.now());
      const advice = advise(seen);
      await printAdvice(advice, options.output, io);
      return advice.some(({ result }) => result === 'advised') ? exit.open : exit.ok;
    });
  },
});

/** Counts verify-backup's findings about all VMBackups. Omits unclaimed objects, which `doctor` reports. @testonly */
export async function lookAtChains(reader: Reader): Promise<SeenAdvice['chain']> {
  let [sound, broken] = [0, 0];
  let first: string | undefined;
  try {
    for await (const swept of sweep({
      functions: functionsNamed(['verify-backup']),
      reader,
      configOf: configsFrom({}),
      records: false,
    })) {
      if (swept.kind === 'failure') return { unknown: sentenceOf(swept.error) };
      for (const finding of findingsOf(swept)) {
        if (finding.reason === 'BackupVerified') sound++;
        else if (needsAttention(finding) && !/^Orphan/.test(finding.reason)) {
          broken++;
          first ??= finding.message;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { unknown: sentenceOf(error) };
  }
  return { found: { sound, broken, ...(first !== undefined && { first }) } };
}
