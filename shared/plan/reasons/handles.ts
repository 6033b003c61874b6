import type { ReasonInfo } from '../verdict.ts';
import { act, leave, nothingNeeded, passing, report, wait } from './_verdicts.ts';

/** Handles, pairs and the VMBackups that point at them: what repair and relinking find. */
export const handleReasons = {
  OtherDriver: leave('The content belongs to another CSI driver.', nothingNeeded),
  DynamicContent: leave('The snapshot was taken on this cluster; Longhorn itself wrote its handle.', nothingNeeded),
  NotABackupHandle: leave(
    'The handle names an in-cluster snapshot or a backing image, not a remote backup.',
    nothingNeeded,
  ),
  GuestClusterBackup: leave(
    'The pair belongs to a guest cluster’s VolumeRemoteBackup or VolumeRemoteRestore.',
    nothingNeeded,
  ),
  HandleRight: leave(
    'The handle names the Longhorn volume and the backup: it can be restored and freed.',
    nothingNeeded,
  ),
  LegacyScheme: leave(
    'The handle uses the deprecated spelling bs:// but names the right volume; Longhorn reads it as bak://.',
    nothingNeeded,
  ),
  ContentGone: leave('The content is not there (any more).', nothingNeeded),
  ContentDeleting: leave(
    'The content is being deleted by somebody else.',
    'Wait; if it hangs, look which finalizer holds it.',
  ),
  SnapshotDeleting: leave(
    'The snapshot is being deleted by somebody else.',
    'Wait; if it hangs, look which claim still uses it.',
  ),
  VMBackupDeleting: leave('The VMBackup is being deleted.', nothingNeeded),
  VMBackupGone: leave('There is no such VMBackup (any more).', nothingNeeded),
  SnapshotTypeBackup: leave(
    'The VMBackup is of type snapshot: it lives on the cluster and has no remote backup to restore from.',
    'Use type backup for data that must survive the cluster.',
  ),
  NotALonghornVolume: leave('The volume is not on driver.longhorn.io, or has no snapshot yet.', nothingNeeded),
  VolumeLinked: leave(
    'The VMBackup volume points at a bound pair whose handle is right, and nothing is left over from a repair.',
    nothingNeeded,
  ),
  Superseded: leave('The VMBackup uses a newer pair; relink-vmbackup retires this one.', nothingNeeded),
  RetiredKept: leave(
    'The old pair is kept on Retain, as the policy asks.',
    'Delete it when you no longer want it; no data goes.',
  ),
  LeftOnRetain: leave(
    'The content stays on Retain because another content on Delete already frees this backup, one that cannot be read may, or another volume, of this VMBackup or another one, records it or uses the snapshot too and would lose it.',
    nothingNeeded,
  ),
  ReplacePair: act(
    'The handle names something other than the Longhorn volume of the backup.',
    'Creates the right pair (Retain) beside the wrong one; relink-vmbackup switches to it once it is bound and ready.',
  ),
  SwapContent: act(
    'The handle names something other than the Longhorn volume of the backup, and the snapshot has to stay.',
    'Puts the content on Retain, deletes it and creates it anew under its name with the right handle; the snapshot and what waits for it heal by themselves.',
  ),
  FinishSwap: act(
    'A swap of this content was begun and not finished.',
    'Takes the remaining steps from the note on the snapshot.',
  ),
  RecreateContent: act(
    'A restore is waiting for a content that is not there.',
    'Creates the content under its name with the right handle, on Retain.',
  ),
  ClearNote: act('A swap is finished; its note is still on the snapshot.', 'Removes the note.'),
  SwitchPair: act('The right pair is bound and ready.', 'Points the VMBackup volume at it, then retires the old pair.'),
  ArmContent: act(
    'The content in use is on Retain while the one it stands in for was on Delete.',
    'Sets it to Delete, so that deleting the VMBackup frees its backup as before.',
  ),
  RetirePair: act(
    'The VMBackup no longer uses this pair.',
    'Puts its content on Retain, confirms, deletes the snapshot, then the content. The backup stays.',
  ),
  BackupNotSynced: {
    ...wait(
      'Longhorn has not finished reading (or making) the backup, has not listed the target yet, or is letting go of it: what the backup is of is not known now.',
      'Check the backup target; Gleaner goes on when the Backup is Completed.',
    ),
    // It knows for how long.
    toldBy: 'verify-backup',
  },
  TargetAway: {
    ...wait(
      'What is lost is made anew from its Longhorn backup, and Longhorn knows of none while the target is not connected or not reachable, or another one is.',
      'See the finding for the backup target; Gleaner goes on when Longhorn has the backup again.',
    ),
    // It tells what is lost and what is wrong with the target, each by itself.
    toldBy: 'verify-backup',
  },
  SnapshotNotThere: wait(
    'The content’s snapshot does not exist (yet).',
    'If it never appears, the content is left over from something deleted.',
  ),
  ReplacementMade: passing(
    'The right pair exists; relink-vmbackup switches to it when it is bound and ready.',
    nothingNeeded,
    'relink-vmbackup',
  ),
  AwaitsReplacement: wait(
    'The handle is wrong and there is no right pair to switch to.',
    'See the finding of fix-handle for the content.',
  ),
  ContentMissing: wait(
    'The snapshot’s content does not exist: the snapshot cannot be restored from.',
    'See the finding of rebuild-snapshot, which makes it anew where the backup is still on the target.',
  ),
  TakenContentMissing: {
    ...wait(
      'The content of a snapshot that was taken on this cluster does not exist.',
      'See the finding of rebuild-snapshot: it says whether the snapshot controller makes it anew, and of what.',
    ),
    toldBy: 'rebuild-snapshot',
  },
  SnapshotMissing: wait(
    'The VMBackup’s snapshot does not exist, though the VMBackup may say it is ready.',
    'See the finding of rebuild-snapshot, which makes it anew where the backup is still on the target.',
  ),
  StaleBinding: wait(
    'The content is bound to a snapshot that is gone, so the one that is there cannot use it.',
    'See the finding of rebuild-snapshot, which lets the content forget the old one.',
  ),
  SwapUnderway: wait(
    'The snapshot carries the note of a swap.',
    'See the finding of fix-handle, which finishes the swap or says why it cannot.',
  ),
  PairNotReady: passing(
    'The new pair is not bound to each other and ready yet.',
    'If it lasts, look at the snapshot-controller and csi-snapshotter.',
  ),
  ScheduledBackupBusy: wait(
    'A schedule made this VMBackup, and it is not settled: touching it now could make Harvester delete a backup that Longhorn is still reading.',
    'Wait until all its Longhorn Backups are in a final state and it is ready.',
  ),
  ScheduledBackupLost: report(
    'A schedule made this VMBackup, and one of its Longhorn Backups does not exist. Harvester’s schedule controller keeps looking for it and would delete it, with its data, should it come back unread: so nothing of this VMBackup is written, its other volumes are not repaired either.',
    'If it is lost for good: save the schedule’s spec, delete the schedule (its VMBackups stay, and its retain count no longer deletes them), have Gleaner repair the rest, and create the schedule again.',
  ),
  VMBackupNotReady: wait('The VMBackup is not ready; it is not written to.', 'See its conditions.'),
  SnapshotGoing: passing('The old snapshot is being deleted; its content follows.', nothingNeeded),
  ContentGoing: passing('The old content is being deleted.', nothingNeeded),
  RepairUnderWay: passing('The content is being created anew by Gleaner.', nothingNeeded),
  HandleWrong: {
    ...report(
      'The handle of the VMBackup’s content names something other than the Longhorn volume of the backup.',
      '`gleaner apply` repairs it, or fix-handle where it is installed; see its finding for the content.',
    ),
    toldBy: 'fix-handle',
  },
  HandleUnreadable: report(
    'The handle fits none of Longhorn’s forms.',
    'Find out who wrote it; a handle cannot be edited, only its content be created anew.',
  ),
  ObjectUnreadable: report('The object does not have the shape of its kind.', 'Compare it with its CRD.'),
  NoLonghornBackupName: report(
    'The VMBackup volume does not record which Longhorn backup it is.',
    'It cannot be restored on another cluster; take a new backup.',
  ),
  ContentStuck: report(
    'The content is in deletion while its snapshot lives: it hangs there, and what waits for the snapshot hangs with it.',
    'Put it on Retain if it is not; then either delete the snapshot too, or take the finalizer off the content, and Gleaner creates what a restore waits for.',
  ),
  BackupMissing: {
    ...report(
      'Longhorn has no Backup of the name that the handle gives.',
      'Check that the backup target is connected and synced; if the backup was deleted on the target, it is lost.',
    ),
    // It looks at the target too: without it, or on another, Longhorn knows of no Backup, and none is missing.
    toldBy: 'verify-backup',
  },
  BackupBeingDeleted: report(
    'The Longhorn Backup is being deleted.',
    'If nobody wanted that, disconnect the backup target at once: without a target only the object goes, not the data.',
  ),
  BackupFailed: report(
    'The Longhorn Backup is in a final state other than Completed.',
    'Look at its error; take a new backup.',
  ),
  BackupStalled: report(
    'Longhorn has not finished reading or making the backup, and should have long ago.',
    'Look at its state and messages and at Longhorn’s manager; where it was being made, take a new backup.',
  ),
  BackupVolumeMissing: report(
    'Longhorn has no BackupVolume for the backup’s volume: from Longhorn 1.8 on a restore fails with any handle.',
    'Let Longhorn sync the target and look again.',
  ),
  BackupVolumeAmbiguous: report(
    'Longhorn has several BackupVolumes for one volume; Harvester refuses to restore then.',
    'Upgrade Longhorn (1.9 and later clean up), or ask its maintainers which one to keep.',
  ),
  BackupMismatch: report(
    'The handle and the VMBackup name different backups; which one is meant is not ours to guess.',
    'Compare both with the target.',
  ),
  DriverMismatch: report(
    'The content of a volume on Longhorn is of another CSI driver: no restore and no deletion of it does anything.',
    'Find out who wrote it; a driver cannot be edited, only the content be created anew.',
  ),
  VolumeMismatch: report(
    'The backup’s volume is given differently in different places.',
    'Compare the Backup’s status, its label and the VMBackup’s record.',
  ),
  Misbound: report('The content and its snapshot do not point at each other.', 'Find out which of the two is meant.'),
  AmbiguousOwner: report(
    'More than one VMBackup volume names this snapshot.',
    'Find out which VMBackup it belongs to.',
  ),
  OwnerGone: report(
    'The snapshot’s owner no longer exists under that uid: garbage collection will take the snapshot.',
    'If the backup is still wanted, put the content on Retain at once.',
  ),
  OwnedByOther: report(
    'The pair has an owner that Gleaner does not know.',
    'Ask that owner to create it anew with the right handle.',
  ),
  ForeignFinalizer: report(
    'A finalizer of somebody else holds the content; it cannot be swapped.',
    'Find out who set the finalizer.',
  ),
  RevisedNameTaken: report(
    'The name of the replacement is taken by another object.',
    'Remove that object, or set the procedure to swap.',
  ),
  SwapNotAllowed: report(
    'This can only be repaired by swapping the content, and the policy forbids that.',
    'Set the procedure to auto or swap.',
  ),
  NameTooLong: report(
    'The name of a replacement would be longer than Kubernetes allows.',
    'Set the procedure to auto or swap.',
  ),
  SnapshotClassMissing: report(
    'The VolumeSnapshotClass of the pair does not exist: a content made anew would never become ready.',
    'Create the class again (Harvester’s own is `longhorn`, of driver.longhorn.io).',
  ),
  NoteUnusable: report(
    'The note of an unfinished swap does not fit the snapshot or the backup.',
    'Create the content anew by hand, or remove the note.',
  ),
  LeftoverContent: report(
    'An old content is left whose snapshot vanished behind the snapshot controllers’ back: deleted now, it would hang.',
    'It is on Retain and harms nobody; its finalizer must be removed by hand to be rid of it.',
  ),
  UnknownPredecessor: report(
    'A snapshot that looks like this volume’s former one names another backup; it is left alone.',
    'Find out what it belongs to.',
  ),
} as const satisfies Record<string, ReasonInfo>;
