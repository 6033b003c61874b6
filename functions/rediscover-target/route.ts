import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import { isOnTarget, isUnread } from '../../shared/chain/longhorn-backup.ts';
import type { Change, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

const target: Ref = ref('Setting', names.TARGET_SETTING);
const nothing: Routed = { subjects: [] };

/** Maps an event to the target if there may be new backups on it, or an obstacle to a scan is gone. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'Setting':
      return change.name === names.TARGET_SETTING && change.type !== 'delete' ? { subjects: [target] } : nothing;
    case 'BackupTarget':
      return change.name === names.DEFAULT_TARGET && change.type !== 'delete' ? { subjects: [target] } : nothing;
    case 'StorageClass':
      return change.type === 'add' ? { subjects: [target] } : nothing;
    case 'VirtualMachineRestore':
      return change.type === 'delete' || change.object?.status?.complete === true ? { subjects: [target] } : nothing;
    case 'Backup': {
      const { object } = change;
      if (change.type === 'delete' || object === undefined || !isOnTarget(object)) return nothing;
      return { search: (reader) => ifLast(reader, change.name) };
    }
    default:
      return nothing;
  }
}

/** A target that returns causes an event per backup; only the last few are handled. */
const FEW = 50;

async function* ifLast(reader: Reader, name: string): AsyncGenerator<Ref> {
  let others = 0;
  for await (const backup of reader.list('Backup')) {
    if (backup.metadata.name !== name && isUnread(backup)) others++;
  }
  // Each of the others causes its own event. The cached list may be stale, so wait only if there are many.
  if (others >= FEW) return;
  for await (const vmBackup of reader.list('VirtualMachineBackup')) {
    if (entriesOf(vmBackup).some((entry) => entry.longhornBackupName === name)) return;
  }
  yield target;
}
