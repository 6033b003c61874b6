import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { reasons } from '../../shared/plan/reason.ts';
import { exit } from '../command.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../options.ts';
import { createDocument } from './document.ts';
import { fullName } from './findings.ts';

/** The result of a drill or a probe. */
export interface Ended {
  /**
   * `planned`: a dry run would have done something. `refused`: nothing was started. `stuck`: something is still being
   * removed. `interrupted`: by the user, and everything is removed.
   */
  readonly how: 'proved' | 'failed' | 'refused' | 'planned' | 'cleaned' | 'stuck' | 'interrupted';
  readonly subject: Ref;
  /** Its last finding. */
  readonly finding: Finding;
}

/** Prints the result of a drill or a probe on stdout; progress was printed on stderr. */
export async function printEnded(
  kind: 'Drill' | 'Probe',
  { how, subject, finding }: Ended,
  format: OutputFormat,
  io: Io,
): Promise<void> {
  const { reason, message, command, facts = {}, actions } = finding;
  switch (format) {
    case 'json':
    case 'yaml': {
      const document = createDocument(format, io);
      await document.field('kind', kind);
      await document.field('subject', subject);
      await document.field('result', how);
      await document.field('reason', reason);
      await document.field('message', message);
      if (command !== undefined) await document.field('command', command);
      await document.field('facts', facts);
      if (how === 'planned') {
        await document.list('actions');
        for (const action of actions) await document.item(action);
      }
      return document.end();
    }
    case 'name':
      return io.out(`${fullName(subject)}\n`);
    default: {
      await io.out(`${describeRef(subject)}: ${how}. ${message}\n`);
      if (how === 'proved' || how === 'cleaned' || how === 'planned') return;
      await io.out(`  ${command ?? reasons[reason].youCan}\n`);
    }
  }
}

/** The exit code; 130 after Ctrl-C, as usual. */
export function exitOf({ how }: Ended): number {
  if (how === 'interrupted') return 130;
  return how === 'proved' || how === 'cleaned' || how === 'planned' ? exit.ok : exit.open;
}
