import type { ReasonInfo } from '../verdict.ts';
import { act, leave, nothingNeeded, passing, report, wait } from './_verdicts.ts';

/** The backup target, and Harvester’s scan of it. */
export const targetReasons = {
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
    'Harvester has scanned the target since, and made no VMBackup of these backups. The message says what could be ruled out from here; what is left shows only in files on the target, which Gleaner has no keys to, and in Harvester’s log.',
    'If one is missed, run the command: Harvester says why it passes a file over. Its file is harvester/vmbackups/<namespace>/<name>.cfg on the target.',
  ),
  TargetReachable: leave('The backup target is reachable, or no backup needs one.', nothingNeeded),
  ForeignBackup: leave(
    'The Longhorn backup was made by a recurring job or by hand, not through a snapshot: no VMBackup is expected.',
    nothingNeeded,
  ),
  SyncTarget: act(
    'There are backups on the target that no VMBackup records.',
    'Has Longhorn sync the target, so that Harvester’s scan does not come too early.',
  ),
  RescanTarget: act(
    'Longhorn has synced the target, and backups on it belong to no VMBackup.',
    'Takes Harvester’s hash off the setting backup-target, once for what is there now; Harvester then scans the target.',
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
  OtherAddress: report(
    'The bucket or share of the VMBackup’s data is connected, but under another address than the VMBackup was made with: Harvester takes that for another target and refuses to restore.',
    'Give the setting the address that the VMBackup records; a DNS name of the old address that leads to the new store will do.',
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
    'Harvester scans the backup target, or was asked to, and does not come to an end.',
    'See the VMBackups that are not ready, and run the command for Harvester’s messages: one unreadable file, or one VMBackup that it cannot create, blocks all others. The file’s name is not in them; look under harvester/vmbackups and harvester/vmimages on the target for one that is no JSON.',
  ),
  StorageClassMissing: report(
    'Backups are of volumes in a StorageClass that this cluster does not have: a restore of them waits for it, and Harvester passes such backups on the target over.',
    'Create the StorageClass with the parameters it had, or the VM image it comes from; the target is then scanned again.',
  ),
} as const satisfies Record<string, ReasonInfo>;
