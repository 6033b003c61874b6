import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

/** The audit of the whole chain, and orphans. */
export const auditReasons = {
  BackupVerified: leave(
    'Every link from the VMBackup’s volume to the backup target is intact. The volume can be restored.',
    nothingNeeded,
  ),
  LinkSound: leave('This link of the chain from the VMBackup to the target is intact.', nothingNeeded),
  NotVerifiable: leave(
    'This link cannot be checked now, because an earlier link of the chain is broken or unreachable.',
    'See the finding that names the cause.',
  ),
  VMBackupInProgress: leave('The VMBackup is still being taken or recovered.', 'Follow its progress.'),
  VMBackupFailed: report(
    'The VMBackup is not ready and will not become ready by itself. Until it is resolved, Harvester refuses changes of the backup target, refuses rescans on NFS, and refuses to stop its VM.',
    'Fix the cause that its error names, or remove it with the command given.',
  ),
  VMBackupDegraded: report(
    'Harvester’s own check found that the backup can no longer be restored.',
    'Look at the other findings for its volumes. Harvester gives its reason in the condition Ready.',
  ),
  VMBackupRecovered: leave(
    'Harvester’s own check once found that the backup could not be restored, and its condition Ready still says so. Every link to the target has since been found intact.',
    'Nothing is needed. Some Harvester releases never clear the condition.',
  ),
  MetadataNotUploaded: report(
    'Harvester could not write the VMBackup’s metadata file to the backup target. The backup can be restored here, but no other cluster that connects to the target will find it.',
    'Look at the condition MetadataReady. Check that the target is writable and has free space, then make Harvester upload the file again with the command given.',
  ),
  SnapshotNotReady: report(
    'The VMBackup’s snapshot is not ready and reports an error.',
    'Fix the cause that the error names.',
  ),
  SnapshotUnowned: report(
    'The VMBackup’s snapshot has no owner reference to it. Harvester does not notice changes of the snapshot, and the snapshot stays behind when the VMBackup is deleted.',
    'Add the owner reference with the VMBackup’s current uid. With a wrong uid, garbage collection deletes the snapshot.',
  ),
  OrphanBackup: report(
    'No VMBackup, snapshot or content on this cluster claims this Longhorn backup. A deletion may have freed nothing, the backup may not be rediscovered yet, or it may belong to another cluster that shares the target.',
    'Find out which one applies before you do anything else. Deleting the object deletes the data on the target.',
  ),
  OrphanSnapshot: report(
    'This snapshot of a remote backup has no owner, and no VMBackup or restore names it.',
    'If you still want its backup, set the content to Retain first. Deleting the snapshot may delete the backup.',
  ),
  OrphanContent: report(
    'The content’s snapshot is gone, and no VMBackup expects it.',
    'With deletionPolicy Delete, deleting the content may delete the backup it names. With Retain, no data is deleted.',
  ),
} as const satisfies Record<string, ReasonInfo>;
