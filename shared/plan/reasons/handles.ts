import type { ReasonInfo } from '../verdict.ts';
import { act, leave, nothingNeeded, passing, report, wait } from './_verdicts.ts';

/** Handles, pairs and the VMBackups that reference them: what repair and relinking find. */
export const handleReasons = {
  OtherDriver: leave('The content belongs to another CSI driver.', nothingNeeded),
  DynamicContent: leave('The snapshot was taken on this cluster. Longhorn itself wrote its handle.', nothingNeeded),
  NotABackupHandle: leave(
    'The handle names an in-cluster snapshot or a backing image, not a remote backup.',
    nothingNeeded,
  ),
  GuestClusterBackup: leave(
    'The pair belongs to a guest cluster’s VolumeRemoteBackup or VolumeRemoteRestore.',
    nothingNeeded,
  ),
  HandleRight: leave(
    'The handle names the correct Longhorn volume and backup. The backup can be restored and freed.',
    nothingNeeded,
  ),
  LegacyScheme: leave(
    'The handle uses the deprecated scheme bs:// but names the correct volume. Longhorn reads it as bak://.',
    nothingNeeded,
  ),
  ContentGone: leave('The content does not exist or no longer exists.', nothingNeeded),
  ContentDeleting: leave(
    'The content is being deleted, and not by Gleaner.',
    'Wait. If the deletion hangs, check which finalizer holds the content.',
  ),
  SnapshotDeleting: leave(
    'The snapshot is being deleted, and not by Gleaner.',
    'Wait. If the deletion hangs, check which claim still uses the snapshot.',
  ),
  VMBackupDeleting: leave('The VMBackup is being deleted.', nothingNeeded),
  VMBackupGone: leave('The VMBackup does not exist or no longer exists.', nothingNeeded),
  SnapshotTypeBackup: leave(
    'The VMBackup is of type snapshot. It exists only on this cluster and has no remote backup to restore from.',
    'Use type backup for data that must survive the loss of the cluster.',
  ),
  NotALonghornVolume: leave('The volume is not on driver.longhorn.io, or has no snapshot yet.', nothingNeeded),
  VolumeLinked: leave(
    'The VMBackup volume uses a bound pair with the correct handle, and nothing is left over from a repair.',
    nothingNeeded,
  ),
  Superseded: leave('The VMBackup uses a newer pair. relink-vmbackup retires this one.', nothingNeeded),
  RetiredKept: leave(
    'The old pair is kept on Retain, as the policy requires.',
    'Delete it when you no longer want it. No data is deleted.',
  ),
  LeftOnRetain: leave(
    'The content stays on Retain. Another content with deletionPolicy Delete already frees this backup, or one that cannot be read may, or another volume (of this VMBackup or of another one) records the backup or uses the snapshot too and would lose it.',
    nothingNeeded,
  ),
  ReplacePair: act(
    'The handle does not name the Longhorn volume of the backup.',
    'Creates a correct pair on Retain beside the wrong one. relink-vmbackup switches to it once it is bound and ready.',
  ),
  SwapContent: act(
    'The handle does not name the Longhorn volume of the backup, and the snapshot has to stay.',
    'Sets the content to Retain, deletes it, and recreates it under the same name with the correct handle. The snapshot and the claims that wait for it then recover by themselves.',
  ),
  FinishSwap: act(
    'A swap of this content was started and not finished.',
    'Takes the remaining steps from the note on the snapshot.',
  ),
  RecreateContent: act(
    'A restore waits for a content that does not exist.',
    'Creates the content under its name with the correct handle, on Retain.',
  ),
  ClearNote: act('A swap is finished, but its note is still on the snapshot.', 'Removes the note.'),
  SwitchPair: act(
    'The correct pair is bound and ready.',
    'Points the VMBackup volume at it, then retires the old pair.',
  ),
  ArmContent: act(
    'The content in use is on Retain, but the content it replaces was on Delete.',
    'Sets it to Delete, so that deleting the VMBackup frees its backup as before.',
  ),
  RetirePair: act(
    'The VMBackup no longer uses this pair.',
    'Sets its content to Retain, confirms that, deletes the snapshot, then the content. The backup stays.',
  ),
  BackupNotSynced: {
    ...wait(
      'Longhorn has not finished reading or taking the backup, has not listed the target yet, or is removing the Backup object. The volume of the backup is not known now.',
      'Check the backup target. Gleaner continues when the Backup is Completed.',
    ),
    // It knows for how long.
    reportedBy: 'verify-backup',
  },
  TargetAway: {
    ...wait(
      'Lost objects are recreated from their Longhorn backup. Longhorn knows no such backup while the target is not connected, not reachable, or replaced by another one.',
      'See the finding for the backup target. Gleaner continues when Longhorn has the backup again.',
    ),
    // It tells what is lost and what is wrong with the target, each by itself.
    reportedBy: 'verify-backup',
  },
  SnapshotNotThere: wait(
    'The content’s snapshot does not exist (yet).',
    'If it never appears, the content is left over from a deleted object.',
  ),
  ReplacementMade: passing(
    'The correct pair exists. relink-vmbackup switches to it when it is bound and ready.',
    nothingNeeded,
    'relink-vmbackup',
  ),
  AwaitsReplacement: wait(
    'The handle is wrong, and there is no correct pair to switch to.',
    'See the finding of fix-handle for the content.',
  ),
  ContentMissing: wait(
    'The snapshot’s content does not exist. The snapshot cannot be restored.',
    'See the finding of rebuild-snapshot, which recreates the content if the backup is still on the target.',
  ),
  TakenContentMissing: {
    ...wait(
      'The content of a snapshot that was taken on this cluster does not exist.',
      'See the finding of rebuild-snapshot. It says whether the snapshot controller recreates the content, and from which data.',
    ),
    reportedBy: 'rebuild-snapshot',
  },
  SnapshotMissing: wait(
    'The VMBackup’s snapshot does not exist, although the VMBackup may say that it is ready.',
    'See the finding of rebuild-snapshot, which recreates the snapshot if the backup is still on the target.',
  ),
  StaleBinding: wait(
    'The content is bound to a snapshot that is gone, so the existing snapshot cannot use it.',
    'See the finding of rebuild-snapshot, which clears the stale reference.',
  ),
  SwapUnderway: wait(
    'The snapshot carries the note of a swap.',
    'See the finding of fix-handle, which finishes the swap or gives the reason why it cannot.',
  ),
  PairNotReady: passing(
    'The new snapshot and content are not bound and ready yet.',
    'If this lasts, check the snapshot-controller and the csi-snapshotter.',
  ),
  ScheduledBackupBusy: wait(
    'A schedule created this VMBackup, and it is not settled. A write now could make Harvester delete a backup that Longhorn is still reading.',
    'Wait until the VMBackup is ready and all its Longhorn Backups are in a final state.',
  ),
  ScheduledBackupLost: report(
    'A schedule created this VMBackup, and one of its Longhorn Backups does not exist. Harvester’s schedule controller keeps looking for it, and would delete the Backup and its data if it came back before Longhorn has read it. Gleaner therefore writes nothing of this VMBackup, and does not repair its other volumes either.',
    'If the Backup is lost for good: save the schedule’s spec and delete the schedule. Its VMBackups stay, and its retain count no longer deletes them. Then let Gleaner repair the rest, and create the schedule again.',
  ),
  VMBackupNotReady: wait('The VMBackup is not ready. Gleaner does not write to it.', 'See its conditions.'),
  SnapshotGoing: passing('The old snapshot is being deleted. Its content follows.', nothingNeeded),
  ContentGoing: passing('The old content is being deleted.', nothingNeeded),
  RepairUnderWay: passing('Gleaner is recreating the content.', nothingNeeded),
  HandleWrong: {
    ...report(
      'The handle of the VMBackup’s content does not name the Longhorn volume of the backup.',
      'Run `gleaner apply`, or let fix-handle repair it where it is installed. See the finding of fix-handle for the content.',
    ),
    reportedBy: 'fix-handle',
  },
  HandleUnreadable: report(
    'The handle has none of Longhorn’s forms.',
    'Find out what wrote it. A handle cannot be edited; the content has to be recreated.',
  ),
  ObjectUnreadable: report('The object does not match the schema of its kind.', 'Compare it with its CRD.'),
  NoLonghornBackupName: report(
    'The VMBackup volume does not record its Longhorn backup.',
    'It cannot be restored on another cluster. Take a new backup.',
  ),
  ContentStuck: report(
    'The content is in deletion while its snapshot exists. Its deletion hangs, and so does everything that waits for the snapshot.',
    'Set the content to Retain if it is not. Then either delete the snapshot too, or remove the finalizer of the content; Gleaner recreates what a restore waits for.',
  ),
  BackupMissing: {
    ...report(
      'Longhorn has no Backup with the name that the handle gives.',
      'Check that the backup target is connected and synced. If the backup was deleted on the target, it is lost.',
    ),
    // It looks at the target too: without it, or on another, Longhorn knows of no Backup, and none is missing.
    reportedBy: 'verify-backup',
  },
  BackupBeingDeleted: report(
    'The Longhorn Backup is being deleted.',
    'If that is not intended, disconnect the backup target at once. Without a target only the object is deleted, not the data.',
  ),
  BackupFailed: report(
    'The Longhorn Backup is in a final state other than Completed.',
    'Check its error, and take a new backup.',
  ),
  BackupStalled: report(
    'Longhorn should have finished reading or taking the backup long ago.',
    'Check its state and messages, and the log of longhorn-manager. If it was being taken, take a new backup.',
  ),
  BackupVolumeMissing: report(
    'Longhorn has no BackupVolume for the backup’s volume. From Longhorn 1.8 on, a restore fails with any handle.',
    'Let Longhorn sync the target and check again.',
  ),
  BackupVolumeAmbiguous: report(
    'Longhorn has several BackupVolumes for one volume. Harvester then refuses to restore.',
    'Upgrade Longhorn (1.9 and later clean up), or ask its maintainers which one to keep.',
  ),
  BackupMismatch: report(
    'The handle and the VMBackup name different backups. Gleaner does not guess which one is correct.',
    'Compare both with the target.',
  ),
  DriverMismatch: report(
    'The content of a Longhorn volume names another CSI driver. Restoring or deleting it has no effect.',
    'Find out what wrote it. The driver cannot be edited; the content has to be recreated.',
  ),
  VolumeMismatch: report(
    'The volume of the backup is recorded differently in different places.',
    'Compare the Backup’s status, its label and the VMBackup’s record.',
  ),
  Misbound: report(
    'The content and its snapshot do not reference each other.',
    'Find out which of the two is correct.',
  ),
  AmbiguousOwner: report(
    'More than one VMBackup volume names this snapshot.',
    'Find out which VMBackup it belongs to.',
  ),
  OwnerGone: report(
    'The snapshot’s owner no longer exists under that uid. Garbage collection will delete the snapshot.',
    'If you still want the backup, set the content to Retain at once.',
  ),
  OwnedByOther: report(
    'The pair has an owner that Gleaner does not know.',
    'Let that owner recreate the pair with the correct handle.',
  ),
  ForeignFinalizer: report(
    'The content has a finalizer of another controller and cannot be swapped.',
    'Find out what set the finalizer.',
  ),
  RevisedNameTaken: report(
    'Another object has the name of the replacement.',
    'Remove that object, or set the procedure to swap.',
  ),
  SwapNotAllowed: report(
    'Only a swap of the content can repair this, and the policy forbids swaps.',
    'Set the procedure to auto or swap.',
  ),
  NameTooLong: report(
    'The name of a replacement would exceed the length limit of Kubernetes.',
    'Set the procedure to auto or swap.',
  ),
  SnapshotClassMissing: report(
    'The VolumeSnapshotClass of the pair does not exist. A recreated content would never become ready.',
    'Create the class again. Harvester’s own is `longhorn`, of driver.longhorn.io.',
  ),
  NoteUnusable: report(
    'The note of an unfinished swap does not match the snapshot or the backup.',
    'Recreate the content by hand, or remove the note.',
  ),
  LeftoverContent: report(
    'An old content is left over, and its snapshot vanished without the snapshot controllers. Its deletion would hang.',
    'It is on Retain and harmless. To delete it, remove its finalizer by hand.',
  ),
  UnknownPredecessor: report(
    'A snapshot that looks like the former snapshot of this volume names another backup. Gleaner leaves it alone.',
    'Find out what it belongs to.',
  ),
} as const satisfies Record<string, ReasonInfo>;
