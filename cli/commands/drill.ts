import { ref } from '../../shared/domain/kinds.ts';
import { DRILL_NAMESPACE } from '../../shared/domain/names.ts';
import type { Call } from '../command.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { DrillOptions } from '../drill/policy.ts';
import { drillFunction, policyOf } from '../drill/policy.ts';
import { cleanAll, drillOne } from '../drill/run.ts';
import { dryRunOption } from '../dry-run.ts';
import { clusterOptions, outputOption, parseDurationMs, verboseOption } from '../options.ts';
import { runAndPrint } from '../run-to-completion.ts';

export const drillCommand = defineCommand<DrillOptions>({
  name: 'drill',
  summary: 'Prove that a VMBackup can be restored: restore its volumes, check them, and remove them again',
  description:
    'Restores each volume (not the VM) from the backup target into a scratch namespace, as a restore does, waits ' +
    'until Longhorn has finished, checks the size and, with --read, reads both ends of each volume in a pod. Then it ' +
    'removes everything it created, and records the result. It never deletes a backup, and touches neither the VM nor its ' +
    'claims. It needs space for the restored volumes. Ctrl-C gives up and cleans up; if the process is killed, the next ' +
    'drill or "gleaner drill --clean" cleans up. Exits 0 when the drill succeeds, 1 when it fails or cannot run.',
  examples: [
    { does: 'Can this backup be restored?', command: 'gleaner drill web-nightly -n prod' },
    { does: 'Also read the restored volumes', command: 'gleaner drill web-nightly -n prod --read' },
    { does: 'What would be created?', command: 'gleaner drill web-nightly -n prod --dry-run client' },
    { does: 'Remove what interrupted drills left behind', command: 'gleaner drill --clean' },
  ],
  arguments: [{ name: '[vmbackup]', description: 'name of the VMBackup' }],
  options: [
    { flags: '-n, --namespace <name>', description: 'namespace of the VMBackup (default: that of the context)' },
    {
      flags: '--namespace-for-drill <name>',
      description: 'namespace for the restored volumes; created if missing',
      default: DRILL_NAMESPACE,
    },
    {
      flags: '--timeout <duration>',
      description: 'time limit, e.g. 90m or 4h',
      default: 4 * 3_600_000,
      shownDefault: '4h',
      parse: parseDurationMs,
    },
    {
      flags: '--max-size <GiB>',
      description: 'do not drill a VMBackup whose volumes are larger in total',
      parse: parseGib,
    },
    { flags: '--read', description: 'read the first and last blocks of each volume in a pod' },
    {
      flags: '--read-image <image>',
      description: 'image of that pod; needs a shell, dd, stat, and blockdev for Block volumes',
    },
    { flags: '--clean', description: 'end all drills and remove what they created' },
    dryRunOption,
    outputOption,
    ...clusterOptions,
    verboseOption,
  ],
  run: drill,
});

async function drill({ args, options, io }: Call<DrillOptions>): Promise<number> {
  const [given, ...more] = args;
  const name = given?.replace(/^(vmbackups?|virtualmachinebackups?)(\.harvesterhci\.io)?\//, '');
  if (more.length > 0 || name === '' || name?.includes('/')) throw new UsageError('name one VMBackup');
  if ((name === undefined) !== (options.clean === true)) throw new UsageError('name one VMBackup, or give --clean');
  policyOf(options, Date.now()); // fails before connecting
  return runAndPrint('Drill', options, io, async (run) => {
    const context = { ...run, options, fn: drillFunction };
    if (name === undefined) return cleanAll(context);
    return drillOne(ref('VirtualMachineBackup', name, options.namespace ?? run.client.namespace), context);
  });
}

function parseGib(text: string): number {
  const [, digits] = /^(\d+)(?:Gi|GiB)?$/.exec(text) ?? [];
  const gib = Number(digits);
  if (!(gib >= 1)) throw new UsageError(`invalid size "${text}" (whole GiB, e.g. 200)`);
  return gib;
}
