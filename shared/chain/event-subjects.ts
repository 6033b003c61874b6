import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { FINAL_BACKUP_STATES } from '../domain/names.ts';
import type { Change, ChangeOf, Routed } from '../function.ts';
import type { Reader } from '../ports/reader.ts';
import type { Content, OwnerReference } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { vmBackupsOf } from './queries.ts';

/** Maps an event to the subjects it concerns: the parts that the `route` of several functions share. */

/**
 * No subjects, only a finding. Its message is "<called> <what>".
 * @param called default: kind and name of the object
 */
export function leave(change: Change, reason: Reason, what: string, called = `${change.kind} ${change.name}`): Routed {
  const subject = ref(change.kind, change.name, change.namespace);
  return { findings: [{ subject, reason, message: `${called} ${what}`, actions: [] }] };
}

/** No subjects, only a finding "… is left alone: <why>". */
export const leaveAlone = (change: Change, reason: Reason, why: string): Routed =>
  leave(change, reason, `is left alone: ${why}`);

/** Routes the event of a VMBackup to that VMBackup. */
export const routeVMBackup = (change: Change): Routed =>
  change.type === 'delete'
    ? leaveAlone(change, 'VMBackupGone', 'it no longer exists')
    : { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };

/** The VMBackups among the owners of an object in `namespace`. */
export const owningVMBackups = (owners: readonly OwnerReference[] | null | undefined, namespace: string): Ref[] =>
  (owners ?? [])
    .filter((o) => o.kind === 'VirtualMachineBackup')
    .map((o) => ref('VirtualMachineBackup', o.name, namespace));

/**
 * Routes to the VMBackups that own a snapshot or its content; without such owners, searches for those that name the
 * snapshot.
 */
export function routeUsers(
  owners: readonly OwnerReference[] | null | undefined,
  namespace: string,
  snapshot: string,
): Routed {
  const subjects = owningVMBackups(owners, namespace);
  return subjects.length > 0 ? { subjects } : { search: (reader) => vmBackupsOf(reader, namespace, snapshot) };
}

/** As {@link routeUsers}, for the event of a content. */
export const routeContentUsers = ({ metadata, spec: { volumeSnapshotRef } }: Content): Routed =>
  routeUsers(metadata.ownerReferences, volumeSnapshotRef.namespace, volumeSnapshotRef.name);

/** Routes the event of a restore to its VMBackup. */
export function routeRestore({ object, namespace }: ChangeOf<'VirtualMachineRestore'>): Routed {
  if (object === undefined) return { subjects: [] };
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: of } = object.spec;
  return { subjects: [ref('VirtualMachineBackup', name, of || namespace)] };
}

/**
 * Whether a Longhorn Backup is not in a final state yet. False for events without the object: its state must be read.
 */
export const isUnfinished = ({ object }: ChangeOf<'Backup'>): boolean =>
  object !== undefined && !FINAL_BACKUP_STATES.has(object.status?.state ?? '');

/**
 * Routes the event of a Longhorn Backup to what `search` finds, once it is in a final state. A deleted Backup concerns
 * nothing.
 */
export function routeBackup(
  change: ChangeOf<'Backup'>,
  whyNot: string,
  search: (reader: Reader, backup: string) => AsyncIterable<Ref>,
): Routed {
  return change.type === 'delete' || isUnfinished(change)
    ? leaveAlone(change, 'BackupNotSynced', whyNot)
    : { search: (reader) => search(reader, change.name) };
}
