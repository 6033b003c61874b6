import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { FINAL_BACKUP_STATES } from '../domain/names.ts';
import type { Change, ChangeOf, Routed } from '../function.ts';
import type { Reader } from '../ports/reader.ts';
import type { Content, OwnerReference } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { vmBackupsOf } from './queries.ts';

/** Which subjects an event concerns: what the `route` of several functions has in common. */

/** None, and why. The message is a sentence: the object, as `called` or by kind and name, and `what` it is or does. */
export function leave(change: Change, reason: Reason, what: string, called = `${change.kind} ${change.name}`): Routed {
  const subject = ref(change.kind, change.name, change.namespace);
  return { findings: [{ subject, reason, message: `${called} ${what}`, actions: [] }] };
}

/** None, where the message says that the object is left alone, and why. */
export const leaveAlone = (change: Change, reason: Reason, why: string): Routed =>
  leave(change, reason, `is left alone: ${why}`);

/** A VMBackup’s own event. */
export const routeVMBackup = (change: Change): Routed =>
  change.type === 'delete'
    ? leaveAlone(change, 'VMBackupGone', 'it no longer exists')
    : { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };

/** The VMBackups among the owners of an object in `namespace`. */
export const owningVMBackups = (owners: readonly OwnerReference[] | null | undefined, namespace: string): Ref[] =>
  (owners ?? [])
    .filter((o) => o.kind === 'VirtualMachineBackup')
    .map((o) => ref('VirtualMachineBackup', o.name, namespace));

/** Those that own a snapshot or its content; where it says nothing of owners, those that name the snapshot. */
export function routeUsers(
  owners: readonly OwnerReference[] | null | undefined,
  namespace: string,
  snapshot: string,
): Routed {
  const subjects = owningVMBackups(owners, namespace);
  return subjects.length > 0 ? { subjects } : { search: (reader) => vmBackupsOf(reader, namespace, snapshot) };
}

export const routeContentUsers = ({ metadata, spec: { volumeSnapshotRef } }: Content): Routed =>
  routeUsers(metadata.ownerReferences, volumeSnapshotRef.namespace, volumeSnapshotRef.name);

/** The VMBackup that a restore is of. */
export function routeRestore({ object, namespace }: ChangeOf<'VirtualMachineRestore'>): Routed {
  if (object === undefined) return { subjects: [] };
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: of } = object.spec;
  return { subjects: [ref('VirtualMachineBackup', name, of || namespace)] };
}

/** Whether a Longhorn Backup is not in a final state yet; in a mode without objects that is yet to be read. */
export const isUnfinished = ({ object }: ChangeOf<'Backup'>): boolean =>
  object !== undefined && !FINAL_BACKUP_STATES.has(object.status?.state ?? '');

/** A Longhorn Backup concerns those that `search` finds, once it is in a final state; one that is gone concerns none. */
export function routeBackup(
  change: ChangeOf<'Backup'>,
  whyNot: string,
  search: (reader: Reader, backup: string) => AsyncIterable<Ref>,
): Routed {
  return change.type === 'delete' || isUnfinished(change)
    ? leaveAlone(change, 'BackupNotSynced', whyNot)
    : { search: (reader) => search(reader, change.name) };
}
