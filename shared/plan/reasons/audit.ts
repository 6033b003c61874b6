import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

/** The audit of the whole chain, and what nobody claims. */
export const auditReasons = {
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
  VMBackupFailed: report(
    'The VMBackup is not ready and will not become so by itself. Until it is, changes of the backup target and, on NFS, its rescans are refused, and its VM may not be stopped.',
    'Remove the cause that its error names, or get it out of the way with the command given.',
  ),
  VMBackupDegraded: report(
    'Harvester’s own check found that the backup can no longer be restored.',
    'Look at the other findings for its volumes; Harvester gives its reason in the condition Ready.',
  ),
  VMBackupRecovered: leave(
    'Harvester’s own check once found that the backup could not be restored, and its condition Ready still says so. Every link to the target has been found right since.',
    'Nothing is needed: some releases of Harvester never take the condition back.',
  ),
  MetadataNotUploaded: report(
    'Harvester could not write the VMBackup’s file to the backup target. It can be restored here, but no other cluster that is connected to the target will ever see it.',
    'Look at the condition MetadataReady; see that the target is writable and has room, then have Harvester write it again with the command given.',
  ),
  SnapshotNotReady: report('The VMBackup’s snapshot is not ready and says why.', 'Remove the cause that it names.'),
  SnapshotUnowned: report(
    'The VMBackup’s snapshot has no owner reference to it: Harvester does not hear of its changes, and it stays behind when the VMBackup is deleted.',
    'Add the owner reference with the VMBackup’s present uid; a wrong uid would have garbage collection delete it.',
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
} as const satisfies Record<string, ReasonInfo>;
