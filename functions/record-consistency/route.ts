import { leave, owningVMBackups } from '../../shared/chain/event-subjects.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** Maps an event to the VMBackups whose data was just taken. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      if (change.type === 'delete') return leave(change, 'VMBackupGone', 'is gone, and so is its record');
      return { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };
    case 'VolumeSnapshot':
      return routeSnapshot(change);
    case 'VirtualMachineInstance':
      // A new instance is no evidence for earlier snapshots, and a deleted one cannot be read.
      if (change.type !== 'update') return { subjects: [] };
      return { search: (reader) => unfinishedOf(reader, change) };
    default:
      return { subjects: [] };
  }
}

function routeSnapshot(change: ChangeOf<'VolumeSnapshot'>): Routed {
  const { object, name, namespace } = change;
  if (change.type === 'delete' || object === undefined || isDeleting(object)) return { subjects: [] };
  const owners = owningVMBackups(object.metadata.ownerReferences, namespace);
  if (owners.length === 0) return { subjects: [] };
  if (!object.spec.source.persistentVolumeClaimName)
    return leave(
      change,
      'ConsistencyUnknown',
      'was created from a backup, which does not record how its data was taken',
    );
  if (!object.status?.creationTime) return leave(change, 'SnapshotNotTaken', `${namespace}/${name} is not taken yet`);
  return { subjects: owners };
}

/** Unfinished VMBackups of the VM. Most changes of an instance concern none. */
async function* unfinishedOf(reader: Reader, { name, namespace }: Change): AsyncGenerator<Ref> {
  for await (const { metadata, spec, status } of reader.list('VirtualMachineBackup')) {
    if (metadata.namespace !== namespace || spec.source?.name !== name || status?.readyToUse === true) continue;
    yield ref('VirtualMachineBackup', metadata.name, namespace);
  }
}
