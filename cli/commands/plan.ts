import { defineCommand } from '../command.ts';
import type { ScanOptions } from '../scan-and-plan.ts';
import { scanOrPlan, scanOptions } from '../scan-and-plan.ts';
import { selectionArgument } from '../selection/selection.ts';

export const planCommand = defineCommand<ScanOptions>({
  name: 'plan',
  summary: 'Show the next steps that "apply" would take; changes nothing',
  description:
    'Prints exactly what would be applied. A repair takes several rounds, because controllers have to do their part ' +
    'in between: the plan shows the steps that are safe now. Exits 1 when there is something to do.',
  examples: [
    { does: 'Everything that has to be done', command: 'gleaner plan' },
    { does: 'Only for one VMBackup', command: 'gleaner plan vmbackup/web-nightly -n prod' },
    { does: 'Never create a second pair; swap contents in place', command: 'gleaner plan --procedure swap' },
    { does: 'The exact actions, for a review', command: 'gleaner plan -o json | jq ".findings[].actions[]"' },
  ],
  arguments: [selectionArgument],
  options: scanOptions,
  run: (call) => scanOrPlan(call, 'Plan'),
});
