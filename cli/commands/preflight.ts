import { ref } from '../../shared/domain/kinds.ts';
import type { Check } from '../../shared/restore/check.ts';
import { preflight } from '../../shared/restore/checks.ts';
import { verdictOfChecks } from '../../shared/restore/check.ts';
import { readPreflight } from '../../shared/restore/read.ts';
import { withCluster } from '../cluster.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, outputOption, verboseOption } from '../options.ts';
import { printPreflight } from '../output/preflight.ts';

interface Options extends ClusterOptions, OutputOptions, VerboseOptions {
  readonly namespace?: string;
  readonly to?: string;
  readonly as?: string;
  readonly replace?: boolean;
  readonly keepMac?: boolean;
  readonly retain?: boolean;
  readonly restore?: string;
}

export const preflightCommand = defineCommand<Options>({
  name: 'preflight',
  summary: 'Check whether a restore of this VMBackup would work now; changes nothing',
  description:
    'Checks everything that a restore depends on: the backup and the chain from each volume to its data, the ' +
    'target, namespace and quota, StorageClasses, images, conflicting names and MAC addresses, networks, other restores, ' +
    'secrets, the driver, and ' +
    'known problems of this Harvester release. Exits 0 when no problem is found, 1 when a check fails or could ' +
    'not be made.',
  examples: [
    { does: 'Into another namespace', command: 'gleaner preflight web-nightly -n prod --to finance' },
    { does: 'As a new VM beside the old one', command: 'gleaner preflight web-nightly -n prod --as web-copy' },
    { does: 'Over the existing VM', command: 'gleaner preflight web-nightly -n prod --replace' },
    {
      does: 'Which checks fail, and what would help?',
      command: `gleaner preflight web-nightly -n prod --to finance -o json | jq '.checks[] | select(.result == "fail")'`,
    },
  ],
  arguments: [{ name: '<vmbackup>', description: 'name of the VMBackup' }],
  options: [
    { flags: '-n, --namespace <name>', description: 'namespace of the VMBackup (default: that of the context)' },
    { flags: '--to <namespace>', description: 'target namespace (default: that of the VMBackup)' },
    { flags: '--as <name>', description: 'name of the restored VM (default: that of the source)' },
    { flags: '--replace', description: 'restore over the existing VM instead of creating a new one' },
    { flags: '--retain', description: 'with --replace: keep the current volumes of the VM' },
    {
      flags: '--restore <name>',
      description:
        'name of the future VirtualMachineRestore; checks the objects that already have the names it will use',
    },
    { flags: '--keep-mac', description: 'keep the MAC addresses of the source in the new VM' },
    outputOption,
    ...clusterOptions,
    verboseOption,
  ],
  async run({ args, options, io }) {
    const [given, ...more] = args;
    const name = given?.replace(/^(vmbackups?|virtualmachinebackups?)(\.harvesterhci\.io)?\//, '');
    if (!name || name.includes('/') || more.length > 0) throw new UsageError('name one VMBackup');
    return withCluster(options, async ({ reader, namespace: standard }) => {
      const namespace = options.namespace ?? standard;
      const request = {
        backup: { ...ref('VirtualMachineBackup', name, namespace), namespace },
        to: options.to ?? namespace,
        machine: options.as,
        newVM: options.replace !== true,
        keepMacAddress: options.keepMac === true,
        retain: options.retain === true,
        named: options.restore,
      };
      const checks: Check[] = preflight(await readPreflight(reader, request), Date.now());
      await printPreflight(request, checks, options.output, io);
      const verdict = verdictOfChecks(checks);
      return verdict === 'fail' || verdict === 'unknown' ? exit.open : exit.ok;
    });
  },
});
