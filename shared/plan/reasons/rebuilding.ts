import type { ReasonInfo } from '../verdict.ts';
import { act, leave, nothingNeeded, passing, report, wait } from './_verdicts.ts';

/** Lost snapshots and contents. */
export const rebuildingReasons = {
  PairPresent: leave(
    'The VMBackup volume’s snapshot and its content both exist and reference each other.',
    nothingNeeded,
  ),
  DeadSnapshotLeft: leave(
    'A former snapshot was taken on this cluster and its content is lost. The snapshot holds no data, and nothing uses it.',
    'Delete it when you no longer want it. No data is deleted while its content does not exist.',
  ),
  RebuildPair: act(
    'A VMBackup volume has lost its snapshot and its content. The backup is still on the target.',
    'Recreates both under their names, owned by the VMBackup, with the correct handle and on Retain. relink-vmbackup sets the content to Delete once the pair is bound and no other content frees the backup.',
  ),
  RebuildContent: act(
    'The snapshot’s content is lost. The backup is still on the target.',
    'Recreates the content under its name with the correct handle, on Retain. The snapshot then becomes ready by itself.',
  ),
  RebuildSnapshot: act(
    'The VMBackup volume’s snapshot is lost. Its content still exists, with the correct handle.',
    'Sets the content to Retain, clears its reference to the lost snapshot, and recreates the snapshot, owned by the VMBackup.',
  ),
  RebindContent: act(
    'The content is bound to a snapshot that is gone, and another snapshot of the same name waits for the content.',
    'Sets the content to Retain and clears its reference to the lost snapshot. The snapshot controller then binds it to the new one.',
  ),
  RebuildBeside: act(
    'A snapshot that was taken on this cluster has lost its content and its claim. The backup is still on the target.',
    'Creates a correct pair beside it. relink-vmbackup then points the VMBackup volume at the new pair.',
  ),
  HandleFirst: wait(
    'The snapshot is lost or unbound, and the handle of the remaining content is wrong.',
    'See the finding of fix-handle for the content. fix-handle repairs the handle first.',
  ),
  ContentComingBack: passing(
    'The content of a snapshot that was taken on this cluster is lost. The snapshot controller recreates it, and Longhorn still has the backup.',
    'If this lasts, check the snapshot-controller and the csi-snapshotter.',
  ),
  ContentLost: report(
    'The content of a snapshot does not exist. No VMBackup volume uses the snapshot.',
    'Delete the snapshot, or recreate its content by hand if you know its backup.',
  ),
  SnapshotLost: report(
    'A volume without a remote backup has lost its snapshot or content. The data cannot be recovered, although the VMBackup may say that it is ready.',
    'Take a new backup under a new name. Do not make Harvester reconcile this one again: it would fill it with today’s data.',
  ),
  SnapshotNeverSeen: leave(
    'The snapshot of a volume without a remote backup does not exist. The VMBackup says that it is ready but not since when, and nothing else shows that its snapshots ever existed.',
    'If the VMBackup was created by hand or copied from another cluster, it cannot be restored: delete it, or take a new one.',
  ),
  NewSnapshotAhead: report(
    'An object of the VMBackup is lost, and Harvester or Kubernetes will replace it with a new snapshot of today’s data under the old name.',
    'If you need the old data, do not restore from this VMBackup. Look for the data on the target, and take a new backup under a new name.',
  ),
  ContentReplaced: report(
    'The content was lost and silently recreated. It holds other data than the VMBackup records.',
    'Do not restore from this VMBackup before you have checked the data. If the old backup is still on the target, you can restore it from there.',
  ),
  TakenLate: report(
    'The data was taken more than an hour after the VMBackup was requested. Either the storage could not take it sooner, or the content was lost and silently recreated with later data.',
    'If you know of no such delay, treat it as a later backup than it says. An older one may still be on the target: `gleaner doctor` lists unclaimed backups.',
  ),
  SharedBackup: report(
    'Two contents with deletionPolicy Delete name the same backup. Deleting either one deletes the data of both.',
    'Set all but one to Retain.',
  ),
} as const satisfies Record<string, ReasonInfo>;
