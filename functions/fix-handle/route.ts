import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import { contentsNaming } from '../../shared/chain/queries.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** Which contents an event is about. What the payload alone shows to be nobody's business ends here, without a read. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'VolumeSnapshotContent':
      return considerContent(change);
    case 'VolumeSnapshot':
      return considerSnapshot(change);
    case 'Backup': {
      // Until then its volume is not known; the update that makes it known is an event of its own.
      const state = change.object?.status?.state;
      const early =
        change.type === 'delete' || (change.object !== undefined && !names.FINAL_BACKUP_STATES.has(state ?? ''));
      return early
        ? leave(change, 'BackupNotSynced', `Backup ${change.name} is not there to judge a handle by`)
        : { search: (reader) => contentsOfBackup(reader, change.name) };
    }
    case 'PersistentVolumeClaim': {
      const source = change.object?.spec.dataSource;
      const waits = change.type !== 'delete' && (change.object === undefined || isPending(change.object));
      if (!waits || (change.object !== undefined && source?.kind !== 'VolumeSnapshot')) {
        return leave(
          change,
          'NotALonghornVolume',
          `claim ${change.namespace}/${change.name} does not wait for a snapshot`,
        );
      }
      return source ? { subjects: [ref('VolumeSnapshot', source.name, change.namespace)] } : { subjects: [] };
    }
    case 'VirtualMachineBackup':
      if (change.type === 'delete')
        return leave(change, 'VMBackupGone', `VMBackup ${change.namespace}/${change.name} is gone`);
      return { search: (reader) => snapshotsOf(reader, change.name, change.namespace) };
    case 'VirtualMachineRestore': {
      const spec = change.object?.spec;
      if (spec === undefined) return { subjects: [] };
      // While it runs, its own pairs make events of their own; its end is what a VMBackup may have waited for.
      if (change.type !== 'delete' && change.object?.status?.complete !== true) {
        return leave(change, 'RestoreInProgress', `restore ${change.namespace}/${change.name} is in progress`);
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

function considerContent(change: ChangeOf<'VolumeSnapshotContent'>): Routed {
  const content = change.object;
  if (content === undefined) return { subjects: [ref('VolumeSnapshotContent', change.name)] };
  const judged = judgeContent(content);
  if ('reason' in judged) return leave(change, judged.reason, `VolumeSnapshotContent ${change.name} is left alone`);
  const { name, namespace } = content.spec.volumeSnapshotRef;
  // A content that vanished may have been swapped away: its snapshot knows.
  if (change.type === 'delete') return { subjects: [ref('VolumeSnapshot', name, namespace)] };
  return { subjects: [ref('VolumeSnapshotContent', change.name)] };
}

function considerSnapshot(change: ChangeOf<'VolumeSnapshot'>): Routed {
  const snapshot = change.object;
  const at = ref('VolumeSnapshot', change.name, change.namespace);
  if (snapshot === undefined) return { subjects: change.type === 'delete' ? [] : [at] };
  const message = `VolumeSnapshot ${change.namespace}/${change.name}`;
  if (!snapshot.spec.source.volumeSnapshotContentName)
    return leave(change, 'DynamicContent', `${message} was taken here`);
  if (change.type === 'delete' || isDeleting(snapshot))
    return leave(change, 'SnapshotDeleting', `${message} is being deleted`);
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

function leave(change: Change, reason: Reason, message: string): { findings: readonly Finding[] } {
  return { findings: [{ subject: ref(change.kind, change.name, change.namespace), reason, message, actions: [] }] };
}
