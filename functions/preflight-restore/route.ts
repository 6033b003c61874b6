import { ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Change, Routed } from '../../shared/function.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** A restore that has appeared and is not over. */
export function route(change: Change): Routed {
  if (change.kind !== 'VirtualMachineRestore') return { subjects: [] };
  const { object, type } = change;
  if (type === 'delete') return leave(change, 'RestoreGone', 'is gone');
  if (object?.status?.complete === true) return leave(change, 'RestoreComplete', 'is complete');
  if (object !== undefined && isDeleting(object)) return leave(change, 'RestoreDeleting', 'is being deleted');
  return { subjects: [ref('VirtualMachineRestore', change.name, change.namespace)] };
}

function leave(change: Change, reason: Reason, what: string): Routed {
  const subject = ref(change.kind, change.name, change.namespace);
  return {
    findings: [{ subject, reason, message: `restore ${change.namespace}/${change.name} ${what}`, actions: [] }],
  };
}
