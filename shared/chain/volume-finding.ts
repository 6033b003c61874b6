import type { Ref } from '../domain/kinds.ts';
import type { Content, VolumeEntry } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { Finding } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';

/**
 * The answer of a check about one volume of a VMBackup: reason, sentence, and the actions or the command that helps.
 */
export type VolumeAnswer = readonly [reason: Reason, message: string, more?: VolumeExtra | undefined];

/** The optional parts of a {@link VolumeAnswer}. */
export interface VolumeExtra {
  /** The object at fault, if it is not the VMBackup. */
  readonly about?: Ref | undefined;
  readonly actions?: readonly Action[];
  readonly command?: string | undefined;
}

/**
 * Builds the finding about one volume of a VMBackup, with the facts that wide tables show.
 * @param content the content of the volume's pair; its handle becomes a fact
 */
export function volumeFinding(
  subject: Ref,
  entry: VolumeEntry,
  content: Content | undefined,
  [reason, message, { actions = [], command, about } = {}]: VolumeAnswer,
): Finding {
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
