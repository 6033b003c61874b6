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
  summary:
    'Show what can be snapshotted, backed up, restored elsewhere and cloned, and whether this Harvester allows it',
  description:
    'Gives two answers: whether the storage can do it, and whether this release of Harvester allows it. Each is yes, no or ' +
    'unknown, with the reason and the fix. Changes nothing, except with --clear, --probe and --clean. --probe tests a ' +
    'StorageClass: in a scratch namespace it creates a volume of 1 GiB, takes a snapshot and creates a volume from it, ' +
    'reports how long each took, removes all of them and records the result and the volume mode on the StorageClass. ' +
    'It takes no backup and deletes none. Ctrl-C gives up and cleans up; if the process is killed, the next probe or ' +
    '--clean cleans up. --probe exits 0 when it succeeds, 1 when it fails or cannot run. Without --probe, exits 1 when ' +
    'Harvester’s list of CSI drivers is wrong, and prints the corrected value.',
  examples: [
    { does: 'Every StorageClass', command: 'gleaner capability' },
    { does: 'One StorageClass, with reasons and fixes', command: 'gleaner capability sc/lvm-fast' },
    { does: 'Which VMs cannot be backed up, and through which volume?', command: 'gleaner capability vm -o wide' },
    { does: 'Why can this VM not be snapshotted?', command: 'gleaner capability vm/erp -n prod' },
    { does: 'The corrected csi-driver-config', command: 'gleaner capability -o json | jq -r ".faults[].cure"' },
    { does: 'Test whether snapshots work', command: 'gleaner capability --probe lvm-fast' },
    {
      does: 'The same with Filesystem volumes',
      command: 'gleaner capability --probe nfs --volume-mode Filesystem',
    },
    { does: 'Remove what interrupted probes left behind', command: 'gleaner capability --clean' },
    { does: 'Remove the annotations from all StorageClasses', command: 'gleaner capability --clear' },
  ],
  arguments: [{ name: '[kind[/name]]', description: 'sc (the default), vm or pvc, or one object by name' }],
  options: [
    {
      flags: '-n, --namespace <name>',
      description: 'only VMs or volumes in this namespace (default: all; for one object by name: that of the context)',
    },
    { flags: '--clear', description: 'remove Gleaner’s annotations from every StorageClass' },
    { flags: '--probe <storageclass>', description: 'test this StorageClass: take a snapshot and restore it' },
    {
      flags: '--volume-mode <mode>',
      description:
        'volume mode of the probe, Block or Filesystem; each has its own result (default: Block, as the disks of VMs ' +
        'are; Filesystem for a class that declares for CDI that it has no Block)',
      parse: parseMode,
    },
    {
      flags: '--probe-namespace <name>',
      description: 'namespace for the volumes of a probe; created if missing',
      default: DRILL_NAMESPACE,
    },
    {
      flags: '--probe-image <image>',
      description: 'for a class with WaitForFirstConsumer: image of the pod that uses the volume',
    },
    {
      flags: '--timeout <duration>',
      description: 'time limit of a probe, e.g. 90s or 10m',
      default: 5 * 60_000,
      shownDefault: '5m',
      parse: parseDurationMs,
    },
    { flags: '--clean', description: 'remove what interrupted probes left behind' },
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
  if (doing.length === 0 && dryRun !== 'none') throw new UsageError('--dry-run needs --clear, --probe or --clean');
  if (options.volumeMode !== undefined && options.probe === undefined)
    throw new UsageError('--volume-mode needs --probe');
  if (options.probe !== undefined || options.clean === true) return probe({ args, options, io });
  if (options.clear === true) {
    if (args.length > 0) throw new UsageError('--clear applies to all StorageClasses; do not name one');
    if (dryRun === 'client') throw new UsageError('--clear supports only --dry-run=server');
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
  if (found === undefined) throw new UsageError(`--volume-mode must be ${volumeModes.join(' or ')}`);
  return found;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

async function probe({ args, options, io }: Call<Options>): Promise<number> {
  if (args.length > 0) throw new UsageError('--probe and --clean take no object argument');
  const { probe: given, probeNamespace: namespace, probeImage: image, timeout: timeoutMs, volumeMode } = options;
  const name = given?.replace(/^(sc|storageclass(es)?)(\.storage\.k8s\.io)?\//, '');
  if (name === '' || name?.includes('/')) throw new UsageError('--probe takes the name of one StorageClass');
  if (!NAME.test(namespace)) throw new UsageError('--probe-namespace is not a valid namespace name');
  if (image?.trim() === '') throw new UsageError('--probe-image is empty');
  if (timeoutMs < 1_000) throw new UsageError('--timeout must be at least a second');
  return runAndPrint('Probe', options, io, async (context) => {
    const asked = { namespace, image, timeoutMs, volumeMode };
    const ended = name === undefined ? await cleanProbes(asked, context) : await probeOne(name, asked, context);
    if (ended.finding.reason === 'StorageClassGone') throw new UsageError(ended.finding.message);
    return ended;
  });
}
