import type { Ref } from '../../shared/domain/kinds.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import {
  routeBackup,
  routeRestore,
  routeUsers,
  routeContentUsers,
  routeVMBackup,
  leaveAlone,
  owningVMBackups,
} from '../../shared/chain/event-subjects.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import { contentsNaming, vmBackupsOf } from '../../shared/chain/queries.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** Maps an event to the VMBackups with a volume that may now be switched, get Delete, or lose an old pair. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      return routeVMBackup(change);
    case 'VolumeSnapshotContent':
      return routeContent(change);
    case 'VolumeSnapshot':
      return routeSnapshot(change);
    case 'Backup':
      return routeBackup(change, 'its volume is not known', backupsUsing);
    case 'VirtualMachineRestore':
      if (change.type !== 'delete' && change.object !== undefined && change.object.status?.complete !== true)
        return leaveAlone(change, 'RestoreInProgress', 'it is in progress');
      return routeRestore(change);
    case 'PersistentVolumeClaim': {
      const source = change.object?.spec.dataSource;
      const waits = change.type !== 'delete' && change.object !== undefined && isPending(change.object);
      if (waits || source?.kind !== 'VolumeSnapshot')
        return leaveAlone(change, 'NotALonghornVolume', 'it frees no snapshot');
      return { search: (reader) => vmBackupsOf(reader, change.namespace, source.name) };
    }
    default:
      return { subjects: [] };
  }
}

function routeContent(change: ChangeOf<'VolumeSnapshotContent'>): Routed {
  const content = change.object;
  if (content === undefined) return { subjects: [] };
  const judged = judgeContent(content);
  if ('reason' in judged) return leaveAlone(change, judged.reason, 'it does not name a remote backup');
  return routeContentUsers(content);
}

function routeSnapshot(change: ChangeOf<'VolumeSnapshot'>): Routed {
  const snapshot = change.object;
  if (snapshot === undefined) return routeUsers([], change.namespace, change.name);
  if (!snapshot.spec.source.volumeSnapshotContentName)
    return leaveAlone(change, 'DynamicContent', 'it was taken on this cluster');
  if (change.type !== 'delete' && isDeleting(snapshot))
    return leaveAlone(change, 'SnapshotDeleting', 'it is being deleted');
  const owners = owningVMBackups(snapshot.metadata.ownerReferences, change.namespace);
  return owners.length > 0 ? { subjects: owners } : leaveAlone(change, 'NotALonghornVolume', 'no VMBackup owns it');
}

async function* backupsUsing(reader: Reader, backup: string): AsyncGenerator<Ref> {
  for await (const { content } of contentsNaming(reader, new Set([backup]))) {
    const { namespace, name } = content.spec.volumeSnapshotRef;
    const owners = owningVMBackups(content.metadata.ownerReferences, namespace);
    if (owners.length > 0) yield* owners;
    else yield* vmBackupsOf(reader, namespace, name);
  }
}
