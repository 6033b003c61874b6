import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { FINAL_BACKUP_STATES } from '../domain/names.ts';
import type { Change, ChangeOf, Considered } from '../function.ts';
import type { Reader } from '../kube/ports.ts';
import type { Content, OwnerReference } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { vmBackupsOf } from './read.ts';

/** Whom an event concerns, for the functions whose subjects are VMBackups. */

/** Nobody, and why. */
export function leaveAlone(change: Change, reason: Reason, why: string): Considered {
  const subject = ref(change.kind, change.name, change.namespace);
  return {
    findings: [{ subject, reason, message: `${change.kind} ${change.name} is left alone: ${why}`, actions: [] }],
  };
}

/** A VMBackup’s own event. */
export const considerVMBackup = (change: Change): Considered =>
  change.type === 'delete'
    ? leaveAlone(change, 'VMBackupGone', 'it is gone')
    : { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };

export const owningVMBackups = (owners: readonly OwnerReference[] | null | undefined, namespace: string): Ref[] =>
  (owners ?? [])
    .filter((o) => o.kind === 'VirtualMachineBackup')
    .map((o) => ref('VirtualMachineBackup', o.name, namespace));

/** Those that own the content; where it says nothing of owners, those that name its snapshot. */
export function considerUsersOf({ metadata, spec }: Content): Considered {
  const { namespace, name } = spec.volumeSnapshotRef;
  const owners = owningVMBackups(metadata.ownerReferences, namespace);
  return owners.length > 0 ? { subjects: owners } : { search: (reader) => vmBackupsOf(reader, namespace, name) };
}

/** A Longhorn Backup says something once it is in its final state; in a mode without objects that is yet to be read. */
export function considerBackup(
  change: ChangeOf<'Backup'>,
  whyNot: string,
  search: (reader: Reader, backup: string) => AsyncIterable<Ref>,
): Considered {
  const state = change.object?.status?.state ?? '';
  const early = change.type === 'delete' || (change.object !== undefined && !FINAL_BACKUP_STATES.has(state));
  return early ? leaveAlone(change, 'BackupNotSynced', whyNot) : { search: (reader) => search(reader, change.name) };
}
