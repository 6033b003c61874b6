import { defineCommand } from '../command.ts';
import type { ScanOptions } from '../scan-and-plan.ts';
import { scanOrPlan, scanOptions } from '../scan-and-plan.ts';
import { selectionArgument } from '../selection/selection.ts';

export const planCommand = defineCommand<ScanOptions>({
  name: 'plan',
  summary: 'Show the next steps "apply" would take; changes nothing',
  description:
    'What is printed is what would be applied. A repair takes several rounds, since controllers have to do their part ' +
    'in between: the plan shows the steps that are safe now. Answers 1 when there is something to do.',
  examples: [
    { does: 'Everything there is to do', command: 'gleaner plan' },
    { does: 'Only for one VMBackup', command: 'gleaner plan vmbackup/web-nightly -n prod' },
    { does: 'Never create a second pair, swap contents in place', command: 'gleaner plan --procedure swap' },
    { does: 'The very actions, for a review', command: 'gleaner plan -o json | jq ".findings[].actions[]"' },
  ],
  arguments: [selectionArgument],
  options: scanOptions,
  run: (call) => scanOrPlan(call, 'Plan'),
});
