import { leave } from '../../shared/chain/event-subjects.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Change, Routed } from '../../shared/function.ts';

/** Maps an event to a new restore that is not finished. */
export function route(change: Change): Routed {
  if (change.kind !== 'VirtualMachineRestore') return { subjects: [] };
  const { object, type } = change;
  const called = `restore ${change.namespace}/${change.name}`;
  if (type === 'delete') return leave(change, 'RestoreGone', 'is gone', called);
  if (object?.status?.complete === true) return leave(change, 'RestoreComplete', 'is complete', called);
  if (object !== undefined && isDeleting(object)) return leave(change, 'RestoreDeleting', 'is being deleted', called);
  return { subjects: [ref('VirtualMachineRestore', change.name, change.namespace)] };
}
