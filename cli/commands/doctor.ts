import { describeRef, refKey } from '../../shared/domain/kinds.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { withCluster } from '../cluster.ts';
import type { Call } from '../command.ts';
import { defineCommand, exit } from '../command.ts';
import { printExamined } from '../doctor/printer.ts';
import type { Section } from '../doctor/sections.ts';
import { sectionNames, sectionOf } from '../doctor/sections.ts';
import { sentenceOf } from '../errors.ts';
import { functionsNamed } from '../functions.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, verboseOption } from '../options.ts';
import type { Found } from '../output/findings.ts';
import { createFirstReport } from '../scan-and-plan.ts';
import { configsFrom } from '../policies.ts';

type Options = ClusterOptions & OutputOptions & VerboseOptions;

export const doctorCommand = defineCommand<Options>({
  name: 'doctor',
  summary: 'List blockers and orphans, with the commands that fix them; changes nothing',
  description:
    'Blockers: VMBackups that will not become ready, restores that hang, a target that is missing, that differs between ' +
    'Harvester and Longhorn, or whose scan does not finish. Orphans: unclaimed Longhorn ' +
    'Backups, contents and snapshots, with their size on the target. Always checks the whole cluster, ' +
    'because only that shows what is unclaimed. Exits 1 when there is any.',
  examples: [
    { does: 'What blocks, and what is left over?', command: 'gleaner doctor' },
    { does: 'How much space do orphans take?', command: 'gleaner doctor -o json | jq .summary.orphanBytes' },
    { does: 'The commands that clear blockers', command: 'gleaner doctor -o json | jq -r ".blockers[].command"' },
  ],
  options: [outputOption, ...clusterOptions, verboseOption],
  run: examine,
});

async function examine({ options, io }: Call<Options>): Promise<number> {
  return withCluster(options, async ({ reader }) => {
    const examined = Object.fromEntries(sectionNames.map((name) => [name, [] as Found[]])) as Record<Section, Found[]>;
    const failures: string[] = [];
    const functions = functionsNamed(['verify-backup', 'rediscover-target']);
    const isFirstReport = createFirstReport(functions);
    for await (const swept of sweep({ functions, reader, configOf: configsFrom({}), records: false })) {
      if (swept.kind === 'failure') {
        failures.push(`${describeRef(swept.subject)}: ${sentenceOf(swept.error)}`);
        io.err(`gleaner: ${failures.at(-1)}\n`);
      }
      for (const finding of findingsOf(swept)) {
        const section = sectionOf(finding.reason);
        // Every volume that an unreadable object blocks repeats the finding about it: keep the first.
        const isSameUnreadable = ({ finding: { reason, subject } }: Found) =>
          reason === 'ObjectUnreadable' && finding.reason === reason && refKey(subject) === refKey(finding.subject);
        if (section === undefined || examined[section].some(isSameUnreadable)) continue;
        if (isFirstReport(swept.function, finding)) examined[section].push({ function: swept.function, finding });
      }
    }
    await printExamined(examined, failures, options.output, io);
    if (failures.length > 0) return exit.error;
    return sectionNames.some((name) => examined[name].length > 0) ? exit.open : exit.ok;
  });
}
