import { defineCommand } from '../command.ts';
import type { ScanOptions } from '../scan-and-plan.ts';
import { scanOrPlan, scanOptions } from '../scan-and-plan.ts';
import { selectionArgument } from '../selection/selection.ts';

export const scanCommand = defineCommand<ScanOptions>({
  name: 'scan',
  summary: 'Check every VMBackup volume and every content; changes nothing',
  description:
    'Shows what needs attention and why; --all also shows the rest. Without -n it checks all namespaces, because ' +
    'contents are cluster-scoped; with -n, the VMBackups of that namespace and the contents whose snapshot is in it. ' +
    'Exits 1 when there is something to do, for Gleaner or for you.',
  examples: [
    { does: 'What is wrong in this cluster?', command: 'gleaner scan' },
    { does: 'Everything, with handles, backups and the commands that help', command: 'gleaner scan --all -o wide' },
    { does: 'One VMBackup and the contents of its volumes', command: 'gleaner scan vmbackup/web-nightly -n prod' },
    {
      does: 'How often was each reason found?',
      command: 'gleaner scan -o json | jq .summary.reasons',
    },
  ],
  arguments: [selectionArgument],
  options: scanOptions,
  run: (call) => scanOrPlan(call, 'Scan'),
});
