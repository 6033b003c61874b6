import { leave, isUnfinished, routeUsers } from '../../shared/chain/event-subjects.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { backupNamedBy } from '../../shared/chain/orphans.ts';
import { contentsNaming, vmBackupsOf } from '../../shared/chain/queries.ts';
import { judgeTarget } from '../../shared/chain/target.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** Maps an event to the VMBackups, restores and targets whose chain it may have broken or repaired. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      if (change.type === 'delete')
        return leave(change, 'VMBackupGone', 'is gone, and its reports are deleted with it');
      return { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };
    case 'VolumeSnapshotContent':
      return routeContent(change);
    case 'VolumeSnapshot':
      if (change.type !== 'delete' && change.object !== undefined && isDeleting(change.object))
        return leave(change, 'SnapshotDeleting', 'is being deleted');
      return routeUsers(change.object?.metadata.ownerReferences, change.namespace, change.name);
    case 'Backup': {
      // A deleted Backup may have broken a chain.
      if (change.type !== 'delete' && isUnfinished(change))
        return leave(change, 'BackupNotSynced', 'is not ready to be checked yet');
      return { search: (reader) => backupsUsing(reader, change.name) };
    }
    case 'BackupTarget':
      if (change.name !== names.DEFAULT_TARGET) return { subjects: [] };
      // Longhorn updates the target at every poll; only an unreachable one matters.
      return change.object !== undefined && judgeTarget(change.object) === undefined
        ? leave(change, 'TargetReachable', 'is reachable')
        : { subjects: [ref('BackupTarget', change.name, change.namespace)] };
    case 'VirtualMachineRestore':
      if (change.type === 'delete') return leave(change, 'RestoreGone', 'is gone');
      if (change.object?.status?.complete === true && !isDeleting(change.object))
        return leave(change, 'RestoreComplete', 'is complete');
      return { subjects: [ref('VirtualMachineRestore', change.name, change.namespace)] };
    default:
      return { subjects: [] };
  }
}

function routeContent(change: ChangeOf<'VolumeSnapshotContent'>): Routed {
  const content = change.object;
  if (content === undefined) return { subjects: [] };
  if (content.spec.driver !== names.LONGHORN_DRIVER) return leave(change, 'OtherDriver', 'is of another driver');
  if (backupNamedBy(content) === undefined && content.spec.source.snapshotHandle?.startsWith('snap://') === true)
    return leave(change, 'NotABackupHandle', 'names no remote backup');
  const { namespace, name } = content.spec.volumeSnapshotRef;
  return { search: (reader) => vmBackupsOf(reader, namespace, name) };
}

async function* backupsUsing(reader: Reader, backup: string): AsyncGenerator<Ref> {
  for await (const { content } of contentsNaming(reader, new Set([backup]))) {
    const { namespace, name } = content.spec.volumeSnapshotRef;
    yield* vmBackupsOf(reader, namespace, name);
  }
}
