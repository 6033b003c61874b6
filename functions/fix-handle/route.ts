import { leave, isUnfinished } from '../../shared/chain/event-subjects.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import { contentsNaming } from '../../shared/chain/queries.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';

/** Maps an event to contents and snapshots. Drops events by their payload alone where possible, without a read. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VolumeSnapshotContent':
      return routeContent(change);
    case 'VolumeSnapshot':
      return routeSnapshot(change);
    case 'Backup': {
      // The volume of an unfinished Backup is not known; finishing it is another event.
      return change.type === 'delete' || isUnfinished(change)
        ? leave(change, 'BackupNotSynced', 'is not there to judge a handle by')
        : { search: (reader) => contentsOfBackup(reader, change.name) };
    }
    case 'PersistentVolumeClaim': {
      const source = change.object?.spec.dataSource;
      const waits = change.type !== 'delete' && (change.object === undefined || isPending(change.object));
      if (!waits || (change.object !== undefined && source?.kind !== 'VolumeSnapshot')) {
        return leave(
          change,
          'NotALonghornVolume',
          'does not wait for a snapshot',
          `claim ${change.namespace}/${change.name}`,
        );
      }
      return source ? { subjects: [ref('VolumeSnapshot', source.name, change.namespace)] } : { subjects: [] };
    }
    case 'VirtualMachineBackup':
      if (change.type === 'delete')
        return leave(change, 'VMBackupGone', 'is gone', `VMBackup ${change.namespace}/${change.name}`);
      return { search: (reader) => snapshotsOf(reader, change.name, change.namespace) };
    case 'VirtualMachineRestore': {
      const spec = change.object?.spec;
      if (spec === undefined) return { subjects: [] };
      // During a restore its pairs cause events themselves. Its end may unblock a VMBackup.
      if (change.type !== 'delete' && change.object?.status?.complete !== true) {
        return leave(change, 'RestoreInProgress', 'is in progress', `restore ${change.namespace}/${change.name}`);
      }
      return {
        search: (reader) =>
          snapshotsOf(reader, spec.virtualMachineBackupName, spec.virtualMachineBackupNamespace || change.namespace),
      };
    }
    default:
      return { subjects: [] };
  }
}

function routeContent(change: ChangeOf<'VolumeSnapshotContent'>): Routed {
  const content = change.object;
  if (content === undefined) return { subjects: [ref('VolumeSnapshotContent', change.name)] };
  const judged = judgeContent(content);
  if ('reason' in judged) return leave(change, judged.reason, 'is left alone');
  const { name, namespace } = content.spec.volumeSnapshotRef;
  // A swap may have deleted the content: the note is on its snapshot.
  if (change.type === 'delete') return { subjects: [ref('VolumeSnapshot', name, namespace)] };
  return { subjects: [ref('VolumeSnapshotContent', change.name)] };
}

function routeSnapshot(change: ChangeOf<'VolumeSnapshot'>): Routed {
  const snapshot = change.object;
  const at = ref('VolumeSnapshot', change.name, change.namespace);
  if (snapshot === undefined) return { subjects: change.type === 'delete' ? [] : [at] };
  const called = `VolumeSnapshot ${change.namespace}/${change.name}`;
  if (!snapshot.spec.source.volumeSnapshotContentName) return leave(change, 'DynamicContent', 'was taken here', called);
  if (change.type === 'delete' || isDeleting(snapshot))
    return leave(change, 'SnapshotDeleting', 'is being deleted', called);
  return { subjects: [at] };
}

async function* contentsOfBackup(reader: Reader, backup: string): AsyncGenerator<Ref> {
  for await (const { content } of contentsNaming(reader, new Set([backup]))) {
    if (!('reason' in judgeContent(content))) yield ref('VolumeSnapshotContent', content.metadata.name);
  }
}

async function* snapshotsOf(reader: Reader, name: string, namespace: string): AsyncGenerator<Ref> {
  const backup = await reader.get('VirtualMachineBackup', name, namespace);
  for (const entry of backup === undefined ? [] : entriesOf(backup)) {
    if (entry.name) yield ref('VolumeSnapshot', entry.name, namespace);
  }
}
