import type { ReasonInfo } from '../verdict.ts';
import { act, leave, nothingNeeded, passing, report, wait } from './_verdicts.ts';

/** Lost snapshots and contents. */
export const rebuildingReasons = {
  PairPresent: leave(
    'The VMBackup volume’s snapshot and its content are both there and name each other.',
    nothingNeeded,
  ),
  DeadSnapshotLeft: leave(
    'A former snapshot was taken on this cluster and its content is lost: it holds nothing, and nothing uses it.',
    'Delete it when you no longer want it; no data goes while its content does not exist.',
  ),
  RebuildPair: act(
    'A VMBackup volume has lost its snapshot and its content, and the backup is still on the target.',
    'Creates both under their names, owned by the VMBackup, with the right handle and on Retain; relink-vmbackup sets the content to Delete once the pair is bound and nothing else frees the backup.',
  ),
  RebuildContent: act(
    'The snapshot’s content is lost, and the backup is still on the target.',
    'Creates the content under its name with the right handle, on Retain; the snapshot heals by itself.',
  ),
  RebuildSnapshot: act(
    'The VMBackup volume’s snapshot is lost, and its content is still there with the right handle.',
    'Puts the content on Retain, lets it forget the snapshot that is gone, and creates the snapshot anew, owned by the VMBackup.',
  ),
  RebindContent: act(
    'The content is bound to a snapshot that is gone, and another one of its name waits for it.',
    'Puts the content on Retain and lets it forget the snapshot that is gone; the snapshot controller binds it to the new one.',
  ),
  RebuildBeside: act(
    'The content of a snapshot that was taken on this cluster is lost with its claim, and the backup is still on the target.',
    'Creates a right pair beside it; relink-vmbackup points the VMBackup volume at it.',
  ),
  HandleFirst: wait(
    'The snapshot is lost or unbound, and the handle of the content that is left is not right.',
    'See the finding of fix-handle for the content: it repairs that first.',
  ),
  ContentComingBack: passing(
    'The content of a snapshot that was taken on this cluster is lost; the snapshot controller makes it anew, and Longhorn still has the backup for it.',
    'If it lasts, look at the snapshot-controller and csi-snapshotter.',
  ),
  ContentLost: report(
    'The content of a snapshot that no VMBackup volume uses does not exist.',
    'Delete the snapshot, or create its content anew by hand if you know its backup.',
  ),
  SnapshotLost: report(
    'The snapshot of a volume that has no remote backup, or its content, does not exist: what it held cannot be brought back, though the VMBackup may say it is ready.',
    'Take a new backup under a new name; do not make Harvester look at this one again, it would fill it with today’s data.',
  ),
  SnapshotNeverSeen: leave(
    'The snapshot of a volume that has no remote backup does not exist. The VMBackup says that it is ready but not since when, and nothing else shows that its snapshots were ever there.',
    'If it was made by hand or copied from another cluster, it restores nothing: delete it, or take a new one.',
  ),
  NewSnapshotAhead: report(
    'Something of the VMBackup is lost, and Harvester or Kubernetes will fill the gap with a new snapshot of today’s data under the old name.',
    'If the old data matters, do not restore from this VMBackup; look for it on the target, and take a new backup under a new name.',
  ),
  ContentReplaced: report(
    'The content was lost and silently made anew: it holds other data than the VMBackup says.',
    'Do not restore from this VMBackup without looking; if the old backup is still on the target it can be restored from there.',
  ),
  TakenLate: report(
    'Its data was taken more than an hour after the VMBackup was asked for: the storage could not take it sooner, or the content was lost since and silently made anew with the data of a later day.',
    'If you know of no such delay, take it for a later backup than it says; an older one may still be on the target (`gleaner doctor` lists what nobody claims).',
  ),
  SharedBackup: report(
    'Two contents on Delete name the same backup: deleting either one erases it for both.',
    'Put all but one on Retain.',
  ),
} as const satisfies Record<string, ReasonInfo>;
