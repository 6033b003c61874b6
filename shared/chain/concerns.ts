import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import type { Change, Considered } from '../function.ts';
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
