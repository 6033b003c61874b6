import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { getCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { BackupTrouble } from '../../shared/chain/longhorn-backup.ts';
import type { JudgedContent } from '../../shared/chain/content.ts';
import { listVolumes, listTargets } from '../../shared/chain/target.ts';
import type { Content, OwnerReference, Snapshot } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Neighbours, SeenGone, SeenNotOurs } from './observe.ts';

export interface Extra {
  readonly actions?: readonly Action[];
  readonly command?: string | undefined;
  readonly facts?: Readonly<Record<string, string>>;
  /** What is at fault, where it is not the content. */
  readonly about?: Ref | undefined;
}

/** What of a `Seen` its findings show. */
interface Known {
  readonly subject: Ref;
  readonly content?: Content | undefined;
  readonly snapshot?: Snapshot | undefined;
  readonly backupName?: string | undefined;
  readonly neighbours?: Neighbours | undefined;
}

/** A finding about the content, or about the subject where the content is not there. */
export function found(
  seen: Known,
  reason: Reason,
  message: string,
  { actions = [], command, facts, about }: Extra = {},
): Finding {
  const { content, snapshot, backupName } = seen;
  const at = content?.spec.volumeSnapshotRef ?? snapshot?.metadata;
  // What a VMBackup owns and does not use is no fault of any of its volumes.
  const used = seen.neighbours?.owner.is !== 'unlinked';
  const owner = used ? (vmBackupOwning(content) ?? vmBackupOwning(snapshot)) : undefined;
  return {
    subject:
      about ?? (content === undefined ? seen.subject : { kind: 'VolumeSnapshotContent', name: content.metadata.name }),
    reason,
    message,
    ...(command !== undefined && { command }),
    facts: {
      ...(at && owner && { vmbackup: `${at.namespace}/${owner.name}` }),
      ...(at && { snapshot: `${at.namespace}/${at.name}` }),
      ...(backupName !== undefined && { backup: backupName }),
      ...(content?.spec.source.snapshotHandle && { handle: content.spec.source.snapshotHandle }),
      ...facts,
    },
    actions,
  };
}

const vmBackupOwning = (object: Known['content'] | Known['snapshot']): OwnerReference | undefined =>
  object?.metadata.ownerReferences?.find(({ kind }) => kind === 'VirtualMachineBackup');

export const gone = (seen: SeenGone): Finding =>
  found(seen, 'ContentGone', `${describeRef(seen.subject)} does not exist`);

/** A content that no wrong handle can be in. */
export function notOurs(seen: Pick<SeenNotOurs, 'subject' | 'content' | 'judged'>): Finding {
  const { content, judged } = seen;
  const handle = content.spec.source.snapshotHandle ?? '';
  const messages = {
    DrillObject: 'the pair belongs to a restore drill of Gleaner’s',
    OtherDriver: `the driver is ${content.spec.driver}`,
    DynamicContent: 'the snapshot was taken here; Longhorn wrote its handle',
    NotABackupHandle: `the handle ${handle} does not name a remote backup`,
    HandleUnreadable: `the handle "${handle}" fits none of Longhorn’s forms (bak://<volume>/<backup>)`,
    GuestClusterBackup: 'the pair belongs to a guest cluster’s remote backup or restore',
  };
  const command = judged.reason === 'HandleUnreadable' ? show(content) : undefined;
  return found(seen, judged.reason, messages[judged.reason], { command });
}

export function rightHandleFinding(seen: Known, reason: 'HandleRight' | 'LegacyScheme', text: string): Finding {
  const legacy = reason === 'LegacyScheme' ? ' (bs:// is the old spelling of bak://, Longhorn reads both)' : '';
  return found(seen, reason, `${text} names the backup’s Longhorn volume${legacy}`);
}

/**
 * A Backup in trouble is at fault itself; the content only where the name it gives is all that is known of it. That the
 * handle is seen to be wrong as well is told besides.
 */
export function troubled(
  seen: Known,
  { handle, text }: JudgedContent,
  { reason, ofVolume }: BackupTrouble,
  says: string,
): Finding[] {
  const about = reason === 'BackupMissing' ? undefined : ref('Backup', handle.backup, names.LONGHORN_NAMESPACE);
  const cause = found(seen, reason, says, { command: commandFor(reason, handle.backup), about });
  const known = reason === 'BackupFailed' || reason === 'BackupBeingDeleted';
  if (!known || ofVolume === undefined || ofVolume === handle.volume) return [cause];
  const also = `the handle is ${text}, and backup ${handle.backup} is of Longhorn volume ${ofVolume}`;
  const command = seen.content && show(seen.content);
  return [cause, found(seen, 'HandleWrong', also, { command })];
}

/** The command that shows the object at fault. */
export function commandFor(reason: Reason, name: string): string | undefined {
  switch (reason) {
    case 'BackupMissing':
      return listTargets();
    case 'BackupNotSynced':
    case 'BackupFailed':
    case 'BackupBeingDeleted':
    case 'VolumeMismatch':
      return getCommand(ref('Backup', name, names.LONGHORN_NAMESPACE));
    case 'BackupVolumeMissing':
    case 'BackupVolumeAmbiguous':
      return listVolumes(name);
    default:
      return undefined;
  }
}

export const show = ({ metadata }: Content): string => getCommand(ref('VolumeSnapshotContent', metadata.name));
