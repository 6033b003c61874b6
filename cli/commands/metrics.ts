import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { createMetrics } from '../../shared/runtime/metrics.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { withCluster } from '../cluster.ts';
import { defineCommand, exit } from '../command.ts';
import { sentenceOf } from '../errors.ts';
import { functionsNamed } from '../functions.ts';
import type { ClusterOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, verboseOption } from '../options.ts';
import { configsFrom } from '../policies.ts';

interface Options extends ClusterOptions, VerboseOptions {}

export const metricsCommand = defineCommand<Options>({
  name: 'metrics',
  summary: 'Verify every VMBackup now, and print time and result as Prometheus metrics',
  description:
    'Checks every link from each VMBackup to its data on the target, as verify-backup does, and prints one series per\n' +
    'VMBackup and metric in Prometheus’ text format, for a textfile collector or a Pushgateway. Changes nothing.\n' +
    'Exits 0 when everything could be checked, whatever was found.',
  examples: [
    {
      does: 'For the textfile collector of a node exporter, from cron',
      command: 'gleaner metrics > gleaner.prom.new && mv gleaner.prom.new /var/lib/node_exporter/gleaner.prom',
    },
    {
      does: 'To a Pushgateway',
      command: 'gleaner metrics | curl --fail --data-binary @- http://pushgateway.example.org:9091/metrics/job/gleaner',
    },
  ],
  options: [...clusterOptions, verboseOption],
  async run({ options, io }) {
    const functions = functionsNamed().filter((fn) => fn.restorability !== undefined);
    const metrics = createMetrics();
    let failures = 0;
    await withCluster(options, async ({ reader }) => {
      const sinceMs = Date.now();
      for await (const swept of sweep({ functions, reader, configOf: configsFrom({}), records: false })) {
        const fn = functions.find(({ name }) => name === swept.function);
        if (fn === undefined) continue;
        if (swept.kind === 'failure') {
          failures++;
          io.err(`gleaner: ${describeRef(swept.subject)}: ${sentenceOf(swept.error)}\n`);
          continue;
        }
        const [first] = findingsOf(swept);
        const subject = swept.kind === 'outcome' ? swept.outcome.subject : (first?.subject ?? ref('Setting', ''));
        metrics.saw(fn, { subject, plan: { findings: findingsOf(swept) }, applied: [] }, Date.now());
      }
      if (failures === 0) for (const fn of functions) metrics.swept(fn, sinceMs, Date.now());
    });
    await io.out(metrics.text('state'));
    return failures > 0 ? exit.error : exit.ok;
  },
});
