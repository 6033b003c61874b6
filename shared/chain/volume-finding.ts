import type { Ref } from '../domain/kinds.ts';
import type { Content, VolumeEntry } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { Finding } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';

/** What is said of one volume of a VMBackup, with the facts that wide tables show. */
export function volumeFinding(
  subject: Ref,
  entry: VolumeEntry,
  content: Content | undefined,
  said: {
    readonly reason: Reason;
    readonly message: string;
    readonly actions?: readonly Action[] | undefined;
    readonly command?: string | undefined;
    /** What is at fault, where it is not the VMBackup. */
    readonly about?: Ref | undefined;
  },
): Finding {
  const { reason, message, actions = [], command, about } = said;
  const handle = content?.spec.source.snapshotHandle;
  return {
    subject: about ?? subject,
    volume: entry.volumeName,
    reason,
    message,
    ...(command !== undefined && { command }),
    facts: {
      ...(about && { vmbackup: `${subject.namespace}/${subject.name}` }),
      ...(entry.name && { snapshot: `${subject.namespace}/${entry.name}` }),
      ...(entry.longhornBackupName && { backup: entry.longhornBackupName }),
      ...(handle && { handle }),
    },
    actions,
  };
}
