import type { VerdictKind } from './plan.ts';

export interface ReasonInfo {
  readonly verdict: VerdictKind;
  /** What it means. */
  readonly means: string;
  /** What Gleaner does about it. */
  readonly does: string;
  /** What the reader can do. */
  readonly youCan: string;
  /** The controllers are at it: it passes within seconds, and whoever applies a plan to its end waits for it. */
  readonly passes?: true;
  /** The function whose own finding says the same and has the repair: where it runs too, once is enough. */
  readonly toldBy?: string;
}

const nothing = 'Nothing.';
const nothingNeeded = 'Nothing is needed.';

/**
 * Every reason a finding can have. They are log fields, metric labels and part of events: renaming one is a breaking
 * change. The table in docs/reasons.md is generated from this.
 */
export const reasons = {
  // Not ours, or all is well.
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
  RestoreComplete: leave(
    'The pair belongs to a restore that is complete: the restored volume no longer needs it.',
    nothingNeeded,
  ),
  RestoreVolumeBound: leave('The pair belongs to a restore whose volume is already provisioned.', nothingNeeded),
  RestoreDeleting: leave('The pair belongs to a restore that is being deleted.', nothingNeeded),
  RestoreGone: leave(
    'The pair was made for a restore that is gone; garbage collection takes its snapshot.',
    'Delete what is left over; it is on Retain, no data goes.',
  ),
  Superseded: leave('The VMBackup uses a newer pair; relink-vmbackup retires this one.', nothingNeeded),
  RetiredKept: leave(
    'The old pair is kept on Retain, as the policy asks.',
    'Delete it when you no longer want it; no data goes.',
  ),
  LeftOnRetain: leave(
    'The content stays on Retain because another content on Delete already frees this backup.',
    nothingNeeded,
  ),

  BackupVerified: leave(
    'Every link from the VMBackup’s volume to the backup target is right: it can be restored.',
    nothingNeeded,
  ),
  LinkSound: leave('This link of the chain from the VMBackup to the target is right.', nothingNeeded),
  NotVerifiable: leave(
    'It cannot be told now, since something before it in the chain is broken or cannot be reached.',
    'See to the finding that names the cause.',
  ),
  VMBackupInProgress: leave('The VMBackup is being made, or recovered.', 'See its progress.'),
  RestoreRunning: leave('A restore is in progress, and nothing is seen that keeps it.', 'See its progress.'),
  TargetReachable: leave('The backup target is reachable, or no backup needs one.', nothingNeeded),
  ForeignBackup: leave(
    'The Longhorn backup was made by a recurring job or by hand, not through a snapshot: no VMBackup is expected.',
    nothingNeeded,
  ),

  PreflightPassed: leave('Nothing is seen that would keep the restore from working.', nothingNeeded),
  PreflightWarned: leave(
    'The restore should work; something about it is worth knowing, or could not be found out.',
    'Read the Event on the VirtualMachineRestore, or run `gleaner preflight`.',
  ),
  PreflightTold: leave('The preflight of this restore has been told already.', nothingNeeded),

  // The next safe steps.
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

  // Not yet.
  BackupNotSynced: wait(
    'Longhorn has not finished reading (or making) the backup: its volume name is not known.',
    'Check the backup target; Gleaner goes on when the Backup is Completed.',
  ),
  SnapshotNotThere: wait(
    'The content’s snapshot does not exist (yet).',
    'If it never appears, the content is left over from something deleted.',
  ),
  ReplacementMade: passing(
    'The right pair exists; relink-vmbackup switches to it when it is bound and ready.',
    nothingNeeded,
  ),
  AwaitsReplacement: wait(
    'The handle is wrong and there is no right pair to switch to.',
    'See the finding of fix-handle for the content.',
  ),
  PairNotReady: passing(
    'The new pair is not bound to each other and ready yet.',
    'If it lasts, look at the snapshot-controller and csi-snapshotter.',
  ),
  ScheduledBackupBusy: wait(
    'A schedule made this VMBackup, and it is not settled: touching it now could make Harvester delete a backup that Longhorn is still reading.',
    'Wait until all its Longhorn Backups are in a final state and it is ready.',
  ),
  RestoreInProgress: wait(
    'A restore from this VMBackup is in progress.',
    'Wait for it, or delete the VirtualMachineRestore if it has failed for good.',
  ),
  VMBackupNotReady: wait('The VMBackup is not ready; it is not written to.', 'See its conditions.'),
  ClaimPending: wait(
    'A Pending claim still reads from the old snapshot.',
    'It is provisioned once its content is right, or delete the claim.',
  ),
  SnapshotGoing: passing('The old snapshot is being deleted; its content follows.', nothingNeeded),
  ContentGoing: passing('The old content is being deleted.', nothingNeeded),

  RepairUnderWay: passing('The content is being created anew by Gleaner.', nothingNeeded),

  // A person must decide.
  HandleWrong: {
    ...report(
      'The handle of the VMBackup’s content names something other than the Longhorn volume of the backup.',
      '`gleaner apply` repairs it, or fix-handle where it is installed; see its finding for the content.',
    ),
    toldBy: 'fix-handle',
  },
  VMBackupFailed: report(
    'The VMBackup is not ready and will not become so by itself. Until it is, changes of the backup target and, on NFS, its rescans are refused, and its VM may not be stopped.',
    'Remove the cause that its error names, or get it out of the way with the command given.',
  ),
  VMBackupDegraded: report(
    'Harvester’s own check found that the backup can no longer be restored.',
    'Look at the other findings for its volumes; Harvester gives its reason in the condition Ready.',
  ),
  SnapshotNotReady: report('The VMBackup’s snapshot is not ready and says why.', 'Remove the cause that it names.'),
  SnapshotUnowned: report(
    'The VMBackup’s snapshot has no owner reference to it: Harvester does not hear of its changes, and it stays behind when the VMBackup is deleted.',
    'Add the owner reference with the VMBackup’s present uid; a wrong uid would have garbage collection delete it.',
  ),
  ContentReplaced: report(
    'The snapshot’s content was taken anew: it names other, later data than the VMBackup was made of.',
    'Do not restore through it. The former backup may still be on the target: look among the orphans.',
  ),
  TargetNotConnected: report(
    'No backup target is connected: nothing can be restored.',
    'Enter the target in Harvester’s settings.',
  ),
  TargetUnavailable: report(
    'Longhorn cannot reach the backup target: nothing can be restored now.',
    'The object’s conditions say why: network, credentials or certificate.',
  ),
  OtherTarget: report(
    'The VMBackup’s data is on another target than the one that is connected: it cannot be restored now.',
    'Connect that target to restore it.',
  ),
  RestoreHanging: report(
    'A restore does not go on, and its cause is known.',
    'Remove the cause; where the restore is to be given up, use the command.',
  ),
  PreflightFailed: report(
    'The restore will not work as things are; each failed check says what would make it pass.',
    'Read the Event on the VirtualMachineRestore, or run `gleaner preflight`.',
  ),
  OrphanBackup: report(
    'No VMBackup, snapshot or content here claims this Longhorn backup: left behind by a deletion that freed nothing, not rediscovered yet, or of another cluster that shares the target.',
    'Find out which before anything else: deleting the object deletes the data on the target.',
  ),
  OrphanSnapshot: report(
    'Nobody owns this snapshot of a remote backup, and no VMBackup or restore names it.',
    'If its backup is still wanted, put the content on Retain first; deleting the snapshot may delete the backup.',
  ),
  OrphanContent: report(
    'The content’s snapshot is gone, and no VMBackup expects it.',
    'With policy Delete, deleting it may delete the backup it names; on Retain no data goes.',
  ),
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
  BackupMissing: report(
    'Longhorn has no Backup of the name that the handle gives.',
    'Check that the backup target is connected and synced; if the backup was deleted on the target, it is lost.',
  ),
  BackupBeingDeleted: report(
    'The Longhorn Backup is being deleted.',
    'If nobody wanted that, disconnect the backup target at once: without a target only the object goes, not the data.',
  ),
  BackupFailed: report(
    'The Longhorn Backup is in a final state other than Completed.',
    'Look at its error; take a new backup.',
  ),
  BackupVolumeMissing: report(
    'Longhorn has no BackupVolume for the backup’s volume: a restore would fail with any handle.',
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
  ContentMissing: report(
    'The snapshot’s content does not exist: the snapshot cannot be restored from.',
    'If the backup is still on the target, the content can be created anew.',
  ),
  SnapshotMissing: report(
    'The VMBackup’s snapshot does not exist, though the VMBackup may say it is ready.',
    'If the backup is still on the target, the pair can be created anew.',
  ),
  SharedBackup: report(
    'Two contents on Delete name the same backup: deleting either one erases it for both.',
    'Put all but one on Retain.',
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

export type Reason = keyof typeof reasons;

function leave(means: string, youCan: string): ReasonInfo {
  return { verdict: 'leave', means, does: nothing, youCan };
}
function act(means: string, does: string): ReasonInfo {
  return { verdict: 'act', means, does, youCan: '`gleaner plan` shows the steps, `gleaner apply` takes them.' };
}
function wait(means: string, youCan: string): ReasonInfo {
  return { verdict: 'wait', means, does: 'Waits for the event that says so, or for the next sweep.', youCan };
}
function passing(means: string, youCan: string): ReasonInfo {
  return { ...wait(means, youCan), passes: true };
}
function report(means: string, youCan: string): ReasonInfo {
  return { verdict: 'report', means, does: 'Leaves it alone and says so.', youCan };
}
