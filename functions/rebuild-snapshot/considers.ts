import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import {
  considerBackup,
  considerRestored,
  considerUsers,
  considerUsersOf,
  considerVMBackup,
  leaveAlone,
} from '../../shared/chain/concerns.ts';
import { isDeleting } from '../../shared/chain/judge.ts';
import { entriesOf } from '../../shared/chain/read.ts';
import type { Change, ChangeOf, Considered } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** Which VMBackups an event is about: those that may have lost something, or whose lost part may now be made anew. */
export function considers(change: Change): Considered {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      return considerVMBackup(change);
    case 'VolumeSnapshotContent':
      return considerContent(change);
    case 'VolumeSnapshot':
      return considerSnapshot(change);
    case 'Backup':
      return considerBackup(change, 'nothing can be made of it', recording);
    case 'VirtualMachineRestore':
      return change.type === 'delete' ? { subjects: [] } : considerRestored(change);
    default:
      return { subjects: [] };
  }
}

function considerContent(change: ChangeOf<'VolumeSnapshotContent'>): Considered {
  const content = change.object;
  if (content === undefined) return { subjects: [] };
  if (content.spec.driver !== names.LONGHORN_DRIVER)
    return leaveAlone(change, 'OtherDriver', 'it is of another driver');
  if (change.type !== 'delete' && isDeleting(content))
    return leaveAlone(change, 'ContentDeleting', 'it is being deleted');
  return considerUsersOf(content);
}

function considerSnapshot(change: ChangeOf<'VolumeSnapshot'>): Considered {
  const snapshot = change.object;
  if (change.type !== 'delete' && snapshot !== undefined && isDeleting(snapshot))
    return leaveAlone(change, 'SnapshotDeleting', 'it is being deleted');
  return considerUsers(snapshot?.metadata.ownerReferences, change.namespace, change.name);
}

/** A lost pair is named by nothing but the VMBackup itself. */
async function* recording(reader: Reader, backup: string): AsyncGenerator<Ref> {
  for await (const vmBackup of reader.list('VirtualMachineBackup')) {
    const { name, namespace } = vmBackup.metadata;
    if (entriesOf(vmBackup).some((e) => e.longhornBackupName === backup))
      yield ref('VirtualMachineBackup', name, namespace);
  }
}
