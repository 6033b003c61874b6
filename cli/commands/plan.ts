import { defineCommand } from '../command.ts';
import type { LookOptions } from '../look.ts';
import { look, lookOptions } from '../look.ts';
import { selectionArgument } from '../selection.ts';

export const planCommand = defineCommand<LookOptions>({
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
  options: lookOptions,
  run: (call) => look(call, 'Plan'),
});
