import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import {
  routeBackup,
  routeRestore,
  routeUsers,
  routeContentUsers,
  routeVMBackup,
  leaveAlone,
} from '../../shared/chain/event-subjects.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** Maps an event to the VMBackups that may have lost a part, or whose lost part can now be recreated. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      return routeVMBackup(change);
    case 'VolumeSnapshotContent':
      return routeContent(change);
    case 'VolumeSnapshot':
      return routeSnapshot(change);
    case 'Backup':
      return routeBackup(change, 'nothing can be made of it', recording);
    case 'VirtualMachineRestore':
      return change.type === 'delete' ? { subjects: [] } : routeRestore(change);
    default:
      return { subjects: [] };
  }
}

function routeContent(change: ChangeOf<'VolumeSnapshotContent'>): Routed {
  const content = change.object;
  if (content === undefined) return { subjects: [] };
  if (content.spec.driver !== names.LONGHORN_DRIVER)
    return leaveAlone(change, 'OtherDriver', 'it is of another driver');
  if (change.type !== 'delete' && isDeleting(content))
    return leaveAlone(change, 'ContentDeleting', 'it is being deleted');
  return routeContentUsers(content);
}

function routeSnapshot(change: ChangeOf<'VolumeSnapshot'>): Routed {
  const snapshot = change.object;
  if (change.type !== 'delete' && snapshot !== undefined && isDeleting(snapshot))
    return leaveAlone(change, 'SnapshotDeleting', 'it is being deleted');
  return routeUsers(snapshot?.metadata.ownerReferences, change.namespace, change.name);
}

/** The VMBackups that record the backup: the only objects that still name a lost pair. */
async function* recording(reader: Reader, backup: string): AsyncGenerator<Ref> {
  for await (const vmBackup of reader.list('VirtualMachineBackup')) {
    const { name, namespace } = vmBackup.metadata;
    if (entriesOf(vmBackup).some((e) => e.longhornBackupName === backup))
      yield ref('VirtualMachineBackup', name, namespace);
  }
}
