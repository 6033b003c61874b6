import type { ReasonInfo } from '../verdict.ts';
import { act, leave, nothingNeeded, passing, report, wait } from './_verdicts.ts';

/** The backup target, and Harvester’s scan of it. */
export const targetReasons = {
  TargetNotConfigured: leave('Harvester has no backup target.', 'Configure one, if you want backups.'),
  TargetDiscovered: leave('Every backup that Longhorn knows on the target belongs to a VMBackup.', nothingNeeded),
  NeverRescans: leave(
    'The backup target’s refreshIntervalInSeconds is 0. Harvester scans the target once, and backups that appear later stay invisible until another scan is triggered.',
    'Set an interval, for example 300, in the setting backup-target. rediscover-target triggers the scans either way.',
  ),
  RescansItself: leave(
    'Backups on the target belong to no VMBackup. Harvester scans the target again at the interval of its setting.',
    'Wait for the next scan.',
  ),
  NothingMoreAppears: leave(
    'Harvester has scanned the target since then and created no VMBackup for these backups. The message names the causes that are ruled out. The remaining causes show only in files on the target, which Gleaner has no credentials for, and in Harvester’s log.',
    'If you miss a backup, run the command: Harvester logs why it skips a file. The metadata file of a VMBackup is harvester/vmbackups/<namespace>/<name>.cfg on the target.',
  ),
  TargetReachable: leave('The backup target is reachable, or no backup needs one.', nothingNeeded),
  ForeignBackup: leave(
    'A recurring job or a person created this Longhorn backup, not a VolumeSnapshot. No VMBackup is expected.',
    nothingNeeded,
  ),
  SyncTarget: act(
    'Backups on the target belong to no VMBackup.',
    'Requests a Longhorn sync of the target, so that Harvester does not scan too early.',
  ),
  RescanTarget: act(
    'Longhorn has synced the target, and backups on it belong to no VMBackup.',
    'Removes Harvester’s hash from the setting backup-target, once for the backups that are there now. Harvester then scans the target.',
  ),
  TargetSyncing: passing(
    'Longhorn is reading the backup target.',
    'If this lasts, check the BackupTarget and the log of longhorn-manager.',
  ),
  ScanUnderway: passing(
    'Harvester is scanning the backup target.',
    'If this lasts, look for VMBackups that are not ready and check Harvester’s log. One unreadable file makes it retry.',
  ),
  CoolingDown: passing(
    'The target was scanned a moment ago. The next scan waits for the cool-down.',
    'Nothing is needed. GLEANER_REDISCOVER_TARGET_COOLDOWN_SECONDS sets the cool-down.',
  ),
  TargetBlocked: wait(
    'The target is not scanned now. Either a restore is in progress, or VMBackups are not ready or being deleted and Harvester would refuse the write that starts a scan.',
    'See the objects that are named. Make the VMBackups ready or delete them. Wait for the restores, or delete those that failed for good.',
  ),
  TargetNotConnected: report(
    'No backup target is connected. Nothing can be restored.',
    'Enter the target in Harvester’s settings.',
  ),
  TargetUnavailable: report(
    'Longhorn cannot reach the backup target. Nothing can be restored now.',
    'The object’s conditions give the cause: network, credentials or certificate.',
  ),
  OtherTarget: report(
    'The VMBackup’s data is on another target than the one that is connected. The VMBackup cannot be restored now.',
    'Connect that target to restore it.',
  ),
  OtherAddress: report(
    'The bucket or share with the VMBackup’s data is connected under another address than the VMBackup records. Harvester treats it as another target and refuses to restore.',
    'Set the address that the VMBackup records. A DNS record of the old address that points to the new store is enough.',
  ),
  TargetUnreadable: report('Harvester cannot parse the value of the setting backup-target.', 'Set the target again.'),
  TargetNotApplied: report(
    'Harvester could not apply the setting backup-target.',
    'See the condition “configured” of the setting. With S3, enter the keys again: Harvester keeps them in a Secret and blanks them in the setting.',
  ),
  TargetNotSyncing: report(
    'A Longhorn sync of the backup target was requested and does not finish.',
    'Check the BackupTarget and the log of longhorn-manager.',
  ),
  ScanStuck: report(
    'A scan of the backup target was requested or has started, and does not finish.',
    'See the VMBackups that are not ready, and run the command to read Harvester’s log. One unreadable file, or one VMBackup that cannot be created, blocks all others. The log does not name the file: look under harvester/vmbackups and harvester/vmimages on the target for one that is not JSON.',
  ),
  StorageClassMissing: report(
    'Backups are of volumes in a StorageClass that this cluster does not have. A restore of them waits for it, and Harvester skips such backups on the target.',
    'Create the StorageClass with its former parameters, or the VM image it belongs to. Gleaner then triggers another scan.',
  ),
} as const satisfies Record<string, ReasonInfo>;
