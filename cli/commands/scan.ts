import { defineCommand } from '../command.ts';
import type { ScanOptions } from '../scan-and-plan.ts';
import { scanOrPlan, scanOptions } from '../scan-and-plan.ts';
import { selectionArgument } from '../selection/selection.ts';

export const scanCommand = defineCommand<ScanOptions>({
  name: 'scan',
  summary: 'Judge every VMBackup volume and every content; changes nothing',
  description:
    'Shows what needs attention and why; --all shows the rest as well. Without -n all namespaces are looked at, since ' +
    'contents are in none; with -n, the VMBackups of that namespace and the contents whose snapshot is in it. ' +
    'Answers 1 when there is something to do, for Gleaner or for a person.',
  examples: [
    { does: 'What is wrong in this cluster?', command: 'gleaner scan' },
    { does: 'Everything, with handles, backups and the commands that help', command: 'gleaner scan --all -o wide' },
    { does: 'One VMBackup and the contents of its volumes', command: 'gleaner scan vmbackup/web-nightly -n prod' },
    {
      does: 'How often each reason was found',
      command: 'gleaner scan -o json | jq .summary.reasons',
    },
  ],
  arguments: [selectionArgument],
  options: scanOptions,
  run: (call) => scanOrPlan(call, 'Scan'),
});
