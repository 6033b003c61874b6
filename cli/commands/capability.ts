import type { Question } from '../../shared/capability/overview.ts';
import { readOverview } from '../../shared/capability/overview.ts';
import { describeRef, kinds, ref } from '../../shared/domain/kinds.ts';
import { clearNotes } from '../capability/clear.ts';
import { printOverview } from '../capability/printer.ts';
import { parseQuestion } from '../capability/question.ts';
import { readerFor } from '../capability/reader.ts';
import { withCluster } from '../cluster.ts';
import type { Call } from '../command.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, verboseOption } from '../options.ts';

interface Options extends ClusterOptions, OutputOptions, VerboseOptions {
  readonly namespace?: string;
  readonly clear?: boolean;
  readonly dryRun?: boolean;
}

export const capabilityCommand = defineCommand<Options>({
  name: 'capability',
  summary: 'What can be snapshotted, backed up, restored elsewhere, cloned, and does this Harvester allow it?',
  description:
    'Two answers each: whether the storage can, and whether this release of Harvester will have it done; yes, no or ' +
    'unknown, with the reason and the cure. Changes nothing, except with --clear. Answers 1 when Harvester’s list of ' +
    'CSI drivers is wrong; the corrected value is printed, ready to paste.',
  examples: [
    { does: 'Every StorageClass', command: 'gleaner capability' },
    { does: 'One of them, with reasons and cures', command: 'gleaner capability sc/lvm-fast' },
    { does: 'Which VMs cannot be backed up, and through which volume?', command: 'gleaner capability vm -o wide' },
    { does: 'Why does this VM refuse a snapshot?', command: 'gleaner capability vm/erp -n prod' },
    { does: 'The corrected csi-driver-config', command: 'gleaner capability -o json | jq -r ".faults[].cure"' },
    { does: 'Take the annotations off all StorageClasses again', command: 'gleaner capability --clear' },
  ],
  arguments: [{ name: '[kind[/name]]', description: 'sc (all, the default), vm, pvc, or one of them by name' }],
  options: [
    {
      flags: '-n, --namespace <name>',
      description: 'only VMs or volumes of this namespace (default: all; of one by name: that of the context)',
    },
    { flags: '--clear', description: 'take Gleaner’s annotations off every StorageClass' },
    { flags: '--dry-run', description: 'with --clear: have the API server check the writes and store none' },
    outputOption,
    ...clusterOptions,
    verboseOption,
  ],
  run,
});

async function run({ args, options, io }: Call<Options>): Promise<number> {
  if (options.clear !== true && options.dryRun === true) throw new UsageError('--dry-run goes with --clear');
  const { dryRun = false, ...to } = options;
  if (options.clear === true) {
    if (args.length > 0) throw new UsageError('--clear is for all StorageClasses; name none');
    return withCluster({ ...to, dryRun: dryRun ? 'server' : undefined }, async ({ reader, writer }) => {
      const { createApplier } = await import('../../shared/kube/apply.ts');
      await clearNotes(reader, createApplier(reader, writer), dryRun, io);
      return exit.ok;
    });
  }
  const asked = parseQuestion(args[0]);
  return withCluster(to, async ({ reader, namespace: standard }) => {
    const one = asked.name !== undefined;
    const { namespaced } = kinds[asked.kind];
    const namespace = namespaced ? (options.namespace ?? (one ? standard : undefined)) : undefined;
    const question: Question = { ...asked, namespace };
    const overview = await readOverview(readerFor(reader, !one), question, Date.now());
    if (one && overview.capabilities.length === 0) {
      throw new UsageError(`${describeRef(ref(asked.kind, asked.name, namespace))} does not exist`);
    }
    await printOverview(overview, one, options.output, io);
    return overview.faults.length > 0 ? exit.open : exit.ok;
  });
}
