import { isDeleting } from '../../shared/chain/metadata.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** Whose data was just taken. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      if (change.type === 'delete') return leave(change, 'VMBackupGone', 'is gone, and so is its record');
      return { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };
    case 'VolumeSnapshot':
      return considerSnapshot(change);
    case 'VirtualMachineInstance':
      // One that begins says nothing of what was taken before it; of one that is gone, nothing can be read.
      if (change.type !== 'update') return { subjects: [] };
      return { search: (reader) => unfinishedOf(reader, change) };
    default:
      return { subjects: [] };
  }
}

function considerSnapshot(change: ChangeOf<'VolumeSnapshot'>): Routed {
  const { object, name, namespace } = change;
  if (change.type === 'delete' || object === undefined || isDeleting(object)) return { subjects: [] };
  const owners = (object.metadata.ownerReferences ?? []).filter((owner) => owner.kind === 'VirtualMachineBackup');
  if (owners.length === 0) return { subjects: [] };
  if (!object.spec.source.persistentVolumeClaimName)
    return leave(
      change,
      'ConsistencyUnknown',
      'was created from a backup, which does not record how its data was taken',
    );
  if (!object.status?.creationTime) return leave(change, 'SnapshotNotTaken', `${namespace}/${name} is not taken yet`);
  return { subjects: owners.map((owner) => ref('VirtualMachineBackup', owner.name, namespace)) };
}

/** Instances change for many reasons; of interest are those with a VMBackup in the making. */
async function* unfinishedOf(reader: Reader, { name, namespace }: Change): AsyncGenerator<Ref> {
  for await (const { metadata, spec, status } of reader.list('VirtualMachineBackup')) {
    if (metadata.namespace !== namespace || spec.source?.name !== name || status?.readyToUse === true) continue;
    yield ref('VirtualMachineBackup', metadata.name, namespace);
  }
}

function leave(change: Change, reason: Reason, what: string): Routed {
  const subject = ref(change.kind, change.name, change.namespace);
  return { findings: [{ subject, reason, message: `${change.kind} ${change.name} ${what}`, actions: [] }] };
}
