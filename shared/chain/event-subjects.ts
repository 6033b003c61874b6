import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { FINAL_BACKUP_STATES } from '../domain/names.ts';
import type { Change, ChangeOf, Routed } from '../function.ts';
import type { Reader } from '../ports/reader.ts';
import type { Content, OwnerReference } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { vmBackupsOf } from './queries.ts';

/** Whom an event concerns, for the functions whose subjects are VMBackups. */

/** Nobody, and why. */
export function leave(change: Change, reason: Reason, why: string): Routed {
  const subject = ref(change.kind, change.name, change.namespace);
  return {
    findings: [{ subject, reason, message: `${change.kind} ${change.name} is left alone: ${why}`, actions: [] }],
  };
}

/** A VMBackup’s own event. */
export const routeVMBackup = (change: Change): Routed =>
  change.type === 'delete'
    ? leave(change, 'VMBackupGone', 'it no longer exists')
    : { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };

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

/** A Longhorn Backup says something once it is in its final state; in a mode without objects that is yet to be read. */
export function routeBackup(
  change: ChangeOf<'Backup'>,
  whyNot: string,
  search: (reader: Reader, backup: string) => AsyncIterable<Ref>,
): Routed {
  const state = change.object?.status?.state ?? '';
  const early = change.type === 'delete' || (change.object !== undefined && !FINAL_BACKUP_STATES.has(state));
  return early ? leave(change, 'BackupNotSynced', whyNot) : { search: (reader) => search(reader, change.name) };
}
