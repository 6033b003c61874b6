import type { VerdictKind } from './plan.ts';

export interface ReasonInfo {
  readonly verdict: VerdictKind;
  /** What it means. */
  readonly means: string;
  /** What Gleaner does about it. */
  readonly does: string;
  /** What the reader can do. */
  readonly youCan: string;
  /**
   * It passes within seconds, and whoever applies a plan to its end waits for it: `true` where the controllers are at it,
   * else the name of the function that has to act.
   */
  readonly passes?: true | string;
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
  PairPresent: leave(
    'The VMBackup volume’s snapshot and its content are both there and name each other.',
    nothingNeeded,
  ),
  DeadSnapshotLeft: leave(
    'A former snapshot was taken on this cluster and its content is lost: it holds nothing, and nothing uses it.',
    'Delete it when you no longer want it; no data goes while its content does not exist.',
  ),
  TargetNotConfigured: leave('Harvester has no backup target.', 'Set one, if backups are wanted.'),
  TargetDiscovered: leave('Every backup that Longhorn knows on the target belongs to a VMBackup.', nothingNeeded),
  NeverRescans: leave(
    'The backup target’s refreshIntervalInSeconds is 0: Harvester scans it once, and backups that turn up later stay invisible until somebody has it scanned again.',
    'Set an interval, 300 for example, in the setting backup-target; rediscover-target scans for you either way.',
  ),
  RescansItself: leave(
    'There are backups on the target that no VMBackup records, and Harvester scans it again by itself at the interval of its setting.',
    'Wait for the next scan.',
  ),
  NothingMoreAppears: leave(
    'Harvester has scanned the target since, and made no VMBackup of these backups: they never were a VMBackup’s (recurring jobs, guest clusters), its metadata file is missing or unreadable, a volume or backup that it names is absent, or a name clashes.',
    'If one is missed, look for its file harvester/vmbackups/<namespace>/<name>.cfg on the target and for messages of Harvester’s pod about it.',
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
  SyncTarget: act(
    'There are backups on the target that no VMBackup records.',
    'Has Longhorn sync the target, so that Harvester’s scan does not come too early.',
  ),
  RescanTarget: act(
    'Longhorn has synced the target, and backups on it belong to no VMBackup.',
    'Takes Harvester’s hash off the setting backup-target, once for what is there now; Harvester then scans the target.',
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
  SnapshotMissing: wait(
    'The VMBackup’s snapshot does not exist, though the VMBackup may say it is ready.',
    'See the finding of rebuild-snapshot, which makes it anew where the backup is still on the target.',
  ),
  StaleBinding: wait(
    'The content is bound to a snapshot that is gone, so the one that is there cannot use it.',
    'See the finding of rebuild-snapshot, which lets the content forget the old one.',
  ),
  HandleFirst: wait(
    'The snapshot is lost or unbound, and the handle of the content that is left is not right.',
    'See the finding of fix-handle for the content: it repairs that first.',
  ),
  SwapUnderway: wait(
    'The snapshot carries the note of a swap.',
    'See the finding of fix-handle, which finishes the swap or says why it cannot.',
  ),
  ContentComingBack: passing(
    'The content of a snapshot that was taken on this cluster is lost; the snapshot controller makes it anew, and Longhorn still has the backup for it.',
    'If it lasts, look at the snapshot-controller and csi-snapshotter.',
  ),
  TargetSyncing: passing(
    'Longhorn is reading the backup target.',
    'If it lasts, look at the BackupTarget and at Longhorn’s manager.',
  ),
  ScanUnderway: passing(
    'Harvester is scanning the backup target.',
    'If it lasts, look for VMBackups that are not ready and at Harvester’s messages: one unreadable file keeps it trying.',
  ),
  CoolingDown: passing(
    'The target was scanned a moment ago; the next scan has to wait a little.',
    'Nothing is needed; GLEANER_REDISCOVER_TARGET_COOLDOWN_SECONDS says how long.',
  ),
  TargetBlocked: wait(
    'The target is not scanned now: a restore is in progress, or VMBackups are not ready or being deleted and Harvester would refuse the write that starts a scan.',
    'See the objects that are named: get the VMBackups ready or delete them; wait for the restores, or delete those that failed for good.',
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
  TargetUnreadable: report(
    'The value of the setting backup-target is not what Harvester can read.',
    'Set the target again.',
  ),
  TargetNotApplied: report(
    'Harvester could not apply the setting backup-target.',
    'See the condition “configured” of the setting; with S3, enter the keys again: Harvester keeps them in a Secret and blanks them.',
  ),
  TargetNotSyncing: report(
    'Longhorn was asked to sync the backup target and does not come to an end.',
    'See the BackupTarget and the messages of Longhorn’s manager.',
  ),
  ScanStuck: report(
    'Harvester was asked to scan the backup target and does not come to an end.',
    'See the VMBackups that are not ready, and the messages of Harvester’s pod: one unreadable file, or one VMBackup that it cannot create, blocks all others.',
  ),
  StorageClassMissing: report(
    'Backups on the target are of volumes in a StorageClass that this cluster does not have: Harvester passes them over.',
    'Create the StorageClass, or the VM image it comes from; the target is then scanned again.',
  ),
  ContentLost: report(
    'The content of a snapshot that no VMBackup volume uses does not exist.',
    'Delete the snapshot, or create its content anew by hand if you know its backup.',
  ),
  NewSnapshotAhead: report(
    'Something of the VMBackup is lost, and Harvester or Kubernetes will fill the gap with a new snapshot of today’s data under the old name.',
    'If the old data matters, do not restore from this VMBackup; look for it on the target, and take a new backup under a new name.',
  ),
  ContentReplaced: report(
    'The content was lost and silently made anew: it holds other data than the VMBackup says.',
    'Do not restore from this VMBackup without looking; if the old backup is still on the target it can be restored from there.',
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
function passing(means: string, youCan: string, passes: true | string = true): ReasonInfo {
  return { ...wait(means, youCan), passes };
}
function report(means: string, youCan: string): ReasonInfo {
  return { verdict: 'report', means, does: 'Leaves it alone and says so.', youCan };
}
