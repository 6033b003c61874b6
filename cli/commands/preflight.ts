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
  summary: 'Will a restore of this VMBackup work, there and now? Changes nothing',
  description:
    'Asks everything that decides over a restore before there is one: the backup and each volume’s way to its data, the ' +
    'target, namespace and quota, StorageClasses, images, names and MAC addresses that clash, networks, other restores, ' +
    'secrets, the driver, and ' +
    'what is known of this release of Harvester. Answers 0 when nothing is in the way, 1 when a check fails or could ' +
    'not be made.',
  examples: [
    { does: 'Into another namespace', command: 'gleaner preflight web-nightly -n prod --to finance' },
    { does: 'As a new VM beside the old one', command: 'gleaner preflight web-nightly -n prod --as web-copy' },
    { does: 'Over the VM that is there', command: 'gleaner preflight web-nightly -n prod --replace' },
    {
      does: 'What fails, and what would help',
      command: `gleaner preflight web-nightly -n prod --to finance -o json | jq '.checks[] | select(.result == "fail")'`,
    },
  ],
  arguments: [{ name: '<vmbackup>', description: 'name of the VMBackup' }],
  options: [
    { flags: '-n, --namespace <name>', description: 'where the VMBackup is (default: the namespace of the context)' },
    { flags: '--to <namespace>', description: 'namespace to restore into (default: that of the VMBackup)' },
    { flags: '--as <name>', description: 'name of the restored VM (default: that of the source)' },
    { flags: '--replace', description: 'restore over the VM that is there, instead of making a new one' },
    { flags: '--retain', description: 'with --replace: the volumes that the VM had stay' },
    {
      flags: '--restore <name>',
      description:
        'name that the VirtualMachineRestore will have: what stands under the names it will use is looked at',
    },
    { flags: '--keep-mac', description: 'the new VM keeps the MAC addresses of the source' },
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
      const wish = {
        backup: { ...ref('VirtualMachineBackup', name, namespace), namespace },
        to: options.to ?? namespace,
        machine: options.as,
        newVM: options.replace !== true,
        keepMacAddress: options.keepMac === true,
        retain: options.retain === true,
        named: options.restore,
      };
      const checks: Check[] = preflight(await readPreflight(reader, wish), Date.now());
      await printPreflight(wish, checks, options.output, io);
      const verdict = verdictOfChecks(checks);
      return verdict === 'fail' || verdict === 'unknown' ? exit.open : exit.ok;
    });
  },
});
