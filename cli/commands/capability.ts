import type { VolumeMode } from '../../shared/capability/volume-mode.ts';
import { volumeModes } from '../../shared/capability/volume-mode.ts';
import type { Question } from '../../shared/capability/overview.ts';
import { readOverview } from '../../shared/capability/overview.ts';
import { describeRef, kinds, ref } from '../../shared/domain/kinds.ts';
import { DRILL_NAMESPACE } from '../../shared/domain/names.ts';
import { clearNotes } from '../capability/clear.ts';
import { printOverview } from '../capability/printer.ts';
import { parseQuestion } from '../capability/question.ts';
import { readerFor } from '../capability/reader.ts';
import { dryRunOption } from '../dry-run.ts';
import type { DryRun } from '../dry-run.ts';
import { cleanProbes, probeOne } from '../probe/run.ts';
import { withCluster } from '../cluster.ts';
import type { Call } from '../command.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, parseDurationMs, verboseOption } from '../options.ts';
import { runAndPrint } from '../run-to-completion.ts';

interface Options extends ClusterOptions, OutputOptions, VerboseOptions {
  readonly namespace?: string;
  readonly clear?: boolean;
  readonly probe?: string;
  readonly probeNamespace: string;
  readonly probeImage?: string;
  readonly volumeMode?: VolumeMode;
  readonly clean?: boolean;
  readonly timeout: number;
  readonly dryRun: DryRun;
}

export const capabilityCommand = defineCommand<Options>({
  name: 'capability',
  summary: 'What can be snapshotted, backed up, restored elsewhere, cloned, and does this Harvester allow it?',
  description:
    'Two answers each: whether the storage can, and whether this release of Harvester will have it done; yes, no or ' +
    'unknown, with the reason and the cure. Changes nothing, except with --clear, --probe and --clean. --probe does not ask ' +
    'but tries: in a scratch namespace it makes a volume of 1 GiB, takes a snapshot, makes a volume from that, tells how ' +
    'long each took, removes all of it and notes the result on the StorageClass, with the volume mode that was tried. It makes no backup and deletes none. ' +
    'Ctrl-C gives up and cleans up; stopped harder, the next probe or --clean does. It answers 0 when it is proved, 1 when it ' +
    'failed or cannot be tried. Without it, answers 1 when Harvester’s list of ' +
    'CSI drivers is wrong; the corrected value is printed, ready to paste.',
  examples: [
    { does: 'Every StorageClass', command: 'gleaner capability' },
    { does: 'One of them, with reasons and cures', command: 'gleaner capability sc/lvm-fast' },
    { does: 'Which VMs cannot be backed up, and through which volume?', command: 'gleaner capability vm -o wide' },
    { does: 'Why does this VM refuse a snapshot?', command: 'gleaner capability vm/erp -n prod' },
    { does: 'The corrected csi-driver-config', command: 'gleaner capability -o json | jq -r ".faults[].cure"' },
    { does: 'Take and restore a snapshot, to see whether it works', command: 'gleaner capability --probe lvm-fast' },
    {
      does: 'The same with a file system on the volumes',
      command: 'gleaner capability --probe nfs --volume-mode Filesystem',
    },
    { does: 'Remove what interrupted probes have left', command: 'gleaner capability --clean' },
    { does: 'Take the annotations off all StorageClasses again', command: 'gleaner capability --clear' },
  ],
  arguments: [{ name: '[kind[/name]]', description: 'sc (all, the default), vm, pvc, or one of them by name' }],
  options: [
    {
      flags: '-n, --namespace <name>',
      description: 'only VMs or volumes of this namespace (default: all; of one by name: that of the context)',
    },
    { flags: '--clear', description: 'take Gleaner’s annotations off every StorageClass' },
    { flags: '--probe <storageclass>', description: 'take a snapshot on this StorageClass and restore it' },
    {
      flags: '--volume-mode <mode>',
      description:
        'Block or Filesystem: what the volumes of a probe are; each is proved by itself (default: Block, as the disks of VMs ' +
        'are, but for a class that notes for CDI that it has only Filesystem)',
      parse: parseMode,
    },
    {
      flags: '--probe-namespace <name>',
      description: 'where probes make their volumes; created where it is missing',
      default: DRILL_NAMESPACE,
    },
    {
      flags: '--probe-image <image>',
      description: 'for a class that waits for a first consumer: what the pod runs that uses the volume',
    },
    {
      flags: '--timeout <duration>',
      description: 'how long a probe may take, e.g. 90s or 10m',
      default: 5 * 60_000,
      shownDefault: '5m',
      parse: parseDurationMs,
    },
    { flags: '--clean', description: 'remove what interrupted probes have left' },
    {
      ...dryRunOption,
      flags: '--dry-run [how]',
      description: `with --clear, --probe or --clean: ${dryRunOption.description}`,
      preset: 'server',
    },
    outputOption,
    ...clusterOptions,
    verboseOption,
  ],
  run,
});

async function run({ args, options, io }: Call<Options>): Promise<number> {
  const { dryRun, ...to } = options;
  const doing = [options.clear, options.probe, options.clean].filter((one) => one !== undefined);
  if (doing.length > 1) throw new UsageError('give one of --clear, --probe and --clean');
  if (doing.length === 0 && dryRun !== 'none') throw new UsageError('--dry-run goes with --clear, --probe or --clean');
  if (options.volumeMode !== undefined && options.probe === undefined)
    throw new UsageError('--volume-mode goes with --probe');
  if (options.probe !== undefined || options.clean === true) return probe({ args, options, io });
  if (options.clear === true) {
    if (args.length > 0) throw new UsageError('--clear is for all StorageClasses; name none');
    if (dryRun === 'client') throw new UsageError('--clear takes --dry-run=server');
    return withCluster({ ...to, dryRun: dryRun === 'server' ? 'server' : undefined }, async ({ reader, writer }) => {
      const { createApplier } = await import('../../shared/kube/apply.ts');
      await clearNotes(reader, createApplier(reader, writer), dryRun === 'server', io);
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

function parseMode(text: string): VolumeMode {
  const found = volumeModes.find((mode) => mode.toLowerCase() === text.toLowerCase());
  if (found === undefined) throw new UsageError(`--volume-mode takes ${volumeModes.join(' or ')}`);
  return found;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

async function probe({ args, options, io }: Call<Options>): Promise<number> {
  if (args.length > 0) throw new UsageError('--probe and --clean ask about no other object; name none');
  const { probe: given, probeNamespace: namespace, probeImage: image, timeout: timeoutMs, volumeMode } = options;
  const name = given?.replace(/^(sc|storageclass(es)?)(\.storage\.k8s\.io)?\//, '');
  if (name === '' || name?.includes('/')) throw new UsageError('--probe takes the name of one StorageClass');
  if (!NAME.test(namespace)) throw new UsageError('--probe-namespace is no name of a namespace');
  if (image?.trim() === '') throw new UsageError('--probe-image is empty');
  if (timeoutMs < 1_000) throw new UsageError('--timeout is at least a second');
  return runAndPrint('Probe', options, io, async (context) => {
    const asked = { namespace, image, timeoutMs, volumeMode };
    const ended = name === undefined ? await cleanProbes(asked, context) : await probeOne(name, asked, context);
    if (ended.finding.reason === 'StorageClassGone') throw new UsageError(ended.finding.message);
    return ended;
  });
}
