import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isPending } from '../../shared/chain/claims.ts';
import { isDeleting, judgeContent } from '../../shared/chain/judge.ts';
import { contentsNaming, vmBackupsOf } from '../../shared/chain/read.ts';
import type { Change, ChangeOf, Considered } from '../../shared/function.ts';
import type { Reader } from '../../shared/kube/ports.ts';
import type { OwnerReference } from '../../shared/objects/types.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** Which VMBackups an event is about: those whose volume may now be switched, armed or freed of an old pair. */
export function considers(change: Change): Considered {
  switch (change.kind) {
    case 'VirtualMachineBackup':
      if (change.type === 'delete') return leave(change, 'VMBackupGone', 'it is gone');
      return { subjects: [ref('VirtualMachineBackup', change.name, change.namespace)] };
    case 'VolumeSnapshotContent':
      return considerContent(change);
    case 'VolumeSnapshot':
      return considerSnapshot(change);
    case 'Backup': {
      const state = change.object?.status?.state ?? '';
      const early = change.type === 'delete' || (change.object !== undefined && !names.FINAL_BACKUP_STATES.has(state));
      return early
        ? leave(change, 'BackupNotSynced', 'its volume is not known')
        : { search: (reader) => backupsUsing(reader, change.name) };
    }
    case 'VirtualMachineRestore': {
      const spec = change.object?.spec;
      if (spec === undefined) return { subjects: [] };
      if (change.type !== 'delete' && change.object?.status?.complete !== true)
        return leave(change, 'RestoreInProgress', 'it is in progress');
      return {
        subjects: [
          ref(
            'VirtualMachineBackup',
            spec.virtualMachineBackupName,
            spec.virtualMachineBackupNamespace || change.namespace,
          ),
        ],
      };
    }
    case 'PersistentVolumeClaim': {
      const source = change.object?.spec.dataSource;
      const waits = change.type !== 'delete' && change.object !== undefined && isPending(change.object);
      if (waits || source?.kind !== 'VolumeSnapshot')
        return leave(change, 'NotALonghornVolume', 'it frees no snapshot');
      return { search: (reader) => vmBackupsOf(reader, change.namespace, source.name) };
    }
    default:
      return { subjects: [] };
  }
}

function considerContent(change: ChangeOf<'VolumeSnapshotContent'>): Considered {
  const content = change.object;
  if (content === undefined) return { subjects: [] };
  const judged = judgeContent(content);
  if ('reason' in judged) return leave(change, judged.reason, 'it is none of a remote backup');
  const { namespace, name } = content.spec.volumeSnapshotRef;
  const owners = vmBackups(content.metadata.ownerReferences, namespace);
  return owners.length > 0 ? { subjects: owners } : { search: (reader) => vmBackupsOf(reader, namespace, name) };
}

function considerSnapshot(change: ChangeOf<'VolumeSnapshot'>): Considered {
  const snapshot = change.object;
  if (snapshot === undefined) return { search: (reader) => vmBackupsOf(reader, change.namespace, change.name) };
  if (!snapshot.spec.source.volumeSnapshotContentName)
    return leave(change, 'DynamicContent', 'it was taken on this cluster');
  if (change.type !== 'delete' && isDeleting(snapshot)) return leave(change, 'SnapshotDeleting', 'it is being deleted');
  const owners = vmBackups(snapshot.metadata.ownerReferences, change.namespace);
  return owners.length > 0 ? { subjects: owners } : leave(change, 'NotALonghornVolume', 'no VMBackup owns it');
}

const vmBackups = (owners: OwnerReference[] | null | undefined, namespace: string): Ref[] =>
  (owners ?? [])
    .filter((o) => o.kind === 'VirtualMachineBackup')
    .map((o) => ref('VirtualMachineBackup', o.name, namespace));

async function* backupsUsing(reader: Reader, backup: string): AsyncGenerator<Ref> {
  for await (const { content } of contentsNaming(reader, new Set([backup]))) {
    const { namespace, name } = content.spec.volumeSnapshotRef;
    const owners = vmBackups(content.metadata.ownerReferences, namespace);
    if (owners.length > 0) yield* owners;
    else yield* vmBackupsOf(reader, namespace, name);
  }
}

function leave(change: Change, reason: Reason, why: string): Considered {
  const subject = ref(change.kind, change.name, change.namespace);
  return {
    findings: [{ subject, reason, message: `${change.kind} ${change.name} is left alone: ${why}`, actions: [] }],
  };
}
