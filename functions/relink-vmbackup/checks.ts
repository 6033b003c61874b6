import { listTargets } from '../../shared/chain/target.ts';
import { describeInProgress } from '../../shared/chain/in-progress.ts';
import { isDeleting, isOwnedBy } from '../../shared/chain/metadata.ts';
import { boundAndReady, misboundPart } from '../../shared/chain/pair.ts';
import { busySchedule } from '../../shared/chain/schedules.ts';
import { isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import type { VolumeAnswer as Answer } from '../../shared/chain/volume-finding.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { getCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Check } from '../../shared/plan/check.ts';
import type { Pair, Seen, SeenVolume } from './observe.ts';
import { isDead, isDynamic } from './observe.ts';

/** One volume of a VMBackup that keeps its data on the target. */
export interface VolumeCase extends SeenVolume {
  readonly seen: Seen;
  readonly vmBackup: VMBackup;
}

/** A volume that is to use another pair, whose handle is right. */
export interface SwitchCase extends VolumeCase {
  readonly next: Pair;
}

/** Whether the volume is left with the pair that it uses: for good, or until something else has happened. */
export const pairChecks: readonly Check<VolumeCase, Answer>[] = [
  objectUnreadable, // what cannot be read proves nothing
  otherDriver, // only Longhorn's handles can be wrong
  backupNotRecorded, // without a recorded Backup no handle is right or wrong
  snapshotDeleting, // never race a finalizer
  takenHere, // taken on this cluster: Longhorn wrote the handle
  // The handle is right; whether it is bound decides when the rest follows.
  pairInProgress, // Harvester is still at work on the VMBackup
  staleBinding, // the content belongs to a former snapshot; rebuild-snapshot rebinds it
  pairNotReady, // nothing is decided by a pair that is not bound and ready
];

/** What is wrong with the pair in use, where no right one beside it stands in. Another function mends it, or a person. */
export const brokenChecks: readonly Check<VolumeCase, Answer>[] = [
  dynamicContentLost, // taken on this cluster, and its content is gone
  snapshotMissing, // rebuild-snapshot creates it
  misbound, // the content belongs to another snapshot
  contentMissing, // rebuild-snapshot creates it
  driverDiffers, // the content is of a driver that does not restore from Longhorn's backups
  backupDiffers, // the content names another Backup than the VMBackup records
  backupUnknown, // the target is away or not listed yet: the handle can be neither right nor wrong
  backupUnusable, // without a usable Backup no handle can be right
];

/** Why a right pair cannot be used yet. */
export const switchChecks: readonly Check<SwitchCase, Answer>[] = [
  replacementNotReady, // the VMBackup is pointed at nothing but a pair that is bound and ready
  replacementForeign, // somebody else's snapshot may go at any time
  recordedVolumeDiffers, // the VMBackup records another volume than Longhorn does
];

/** Why the VMBackup is not written now, nor anything taken away that it used. */
export const writeChecks: readonly Check<Pick<VolumeCase, 'seen' | 'vmBackup'>, Answer>[] = [
  scheduleBusy, // any write could make Harvester delete a Backup
  restoreInProgress, // a restore looks its pairs up by the names in the VMBackup
  vmBackupNotReady, // Harvester is still writing it
];

function objectUnreadable({ entry, unreadable }: VolumeCase): Answer | undefined {
  if (unreadable === undefined) return undefined;
  const { object, message, command } = unreadable;
  return ['ObjectUnreadable', `volume ${entry.volumeName} is left as it is: ${message}`, { about: object, command }];
}

function otherDriver({ entry }: VolumeCase): Answer | undefined {
  if (entry.name && isOnLonghorn(entry)) return undefined;
  return ['NotALonghornVolume', `volume ${entry.volumeName} is on ${entry.csiDriverName ?? 'no driver'}`];
}

function backupNotRecorded({ vmBackup, entry }: VolumeCase): Answer | undefined {
  if (entry.longhornBackupName) return undefined;
  const message = `volume ${entry.volumeName} does not record its Longhorn backup`;
  return vmBackup.status?.readyToUse === true
    ? ['NoLonghornBackupName', message]
    : ['VMBackupInProgress', `${message} yet`];
}

function snapshotDeleting({ vmBackup, entry, current }: VolumeCase): Answer | undefined {
  if (current.snapshot === undefined || !isDeleting(current.snapshot)) return undefined;
  const message = `VolumeSnapshot ${current.name}, which volume ${entry.volumeName} uses, is being deleted`;
  return ['SnapshotDeleting', message, { about: snapshotRef(vmBackup, current) }];
}

function takenHere({ entry, current }: VolumeCase): Answer | undefined {
  if (!isDynamic(current) || isDead(current)) return undefined;
  return ['DynamicContent', `volume ${entry.volumeName} uses ${current.name}, taken on this cluster`];
}

function pairInProgress({ vmBackup, entry, current }: VolumeCase): Answer | undefined {
  if (!isUnbound(current) || vmBackup.status?.readyToUse === true || hasStaleUid(current)) return undefined;
  return ['VMBackupInProgress', `volume ${entry.volumeName}: its pair ${current.name} is not ready yet`];
}

function staleBinding({ current }: VolumeCase): Answer | undefined {
  return isUnbound(current) && hasStaleUid(current) ? ['StaleBinding', describeUnbound(current)] : undefined;
}

function pairNotReady({ current }: VolumeCase): Answer | undefined {
  return isUnbound(current) ? ['PairNotReady', describeUnbound(current)] : undefined;
}

function dynamicContentLost({ entry, current }: VolumeCase): Answer | undefined {
  if (!isDead(current)) return undefined;
  const message = `the content of VolumeSnapshot ${current.name}, which volume ${entry.volumeName} uses, does not exist`;
  return ['TakenContentMissing', message, { about: contentRef(current) }];
}

function snapshotMissing({ vmBackup, entry, current }: VolumeCase): Answer | undefined {
  if (current.snapshot !== undefined) return undefined;
  const message = `VolumeSnapshot ${current.name}, which volume ${entry.volumeName} uses, does not exist`;
  return ['SnapshotMissing', message, { about: snapshotRef(vmBackup, current) }];
}

function misbound({ vmBackup, entry, current }: VolumeCase): Answer | undefined {
  const { foreignContent } = current;
  if (foreignContent === undefined) return undefined;
  const { namespace, name } = foreignContent.spec.volumeSnapshotRef;
  const message = `volume ${entry.volumeName} uses ${current.name}, but its content ${current.contentName} belongs to VolumeSnapshot ${namespace}/${name}`;
  const about = misboundPart(vmBackup.metadata.namespace, current, foreignContent);
  return ['Misbound', message, { about, command: getCommand(contentRef(current)) }];
}

function contentMissing({ entry, current }: VolumeCase): Answer | undefined {
  if (current.content !== undefined) return undefined;
  const message = `VolumeSnapshotContent ${current.contentName}, which volume ${entry.volumeName} uses, does not exist`;
  return ['ContentMissing', message, { about: contentRef(current) }];
}

function driverDiffers({ entry, current }: VolumeCase): Answer | undefined {
  const { judged, content } = current;
  if (judged === undefined || !('reason' in judged) || judged.reason !== 'OtherDriver') return undefined;
  const message = `${describeUse(entry, current)}, but its content ${current.contentName} is of driver ${content?.spec.driver}`;
  return ['DriverMismatch', message, { about: contentRef(current), command: getCommand(contentRef(current)) }];
}

function backupDiffers({ entry, current }: VolumeCase): Answer | undefined {
  const { judged } = current;
  if (judged === undefined || 'reason' in judged || judged.handle.backup === entry.longhornBackupName) return undefined;
  const other = `its content ${current.contentName} names ${judged.handle.backup} and not ${entry.longhornBackupName}`;
  const message = `${describeUse(entry, current)}, but ${other}`;
  return ['BackupMismatch', message, { about: contentRef(current), command: getCommand(contentRef(current)) }];
}

function backupUnknown({ entry, current, lookup }: VolumeCase): Answer | undefined {
  if (lookup?.is !== 'unknown' || !namesABackup(current)) return undefined;
  const { reason, detail } = lookup.absence;
  const message = `${describeUse(entry, current)}, but Longhorn Backup ${entry.longhornBackupName} is not known: ${detail}`;
  return [
    reason === 'BackupNotSynced' ? reason : 'NotVerifiable',
    message,
    { about: backupRef(entry), command: listTargets() },
  ];
}

function backupUnusable({ entry, current, lookup }: VolumeCase): Answer | undefined {
  if (lookup?.is !== 'absent' || !namesABackup(current)) return undefined;
  const { reason, detail } = lookup.trouble;
  const about = backupRef(entry);
  const command = reason === 'BackupMissing' ? listTargets() : getCommand(about);
  return [reason, `${describeUse(entry, current)}, but ${detail}`, { about, command }];
}

function replacementNotReady({ next: { name, snapshot, content } }: SwitchCase): Answer | undefined {
  if (snapshot !== undefined && content !== undefined && boundAndReady(snapshot, content)) return undefined;
  return ['PairNotReady', `the right pair ${name} is not bound and ready yet`];
}

function replacementForeign({ vmBackup, next: { name, snapshot } }: SwitchCase): Answer | undefined {
  if (snapshot !== undefined && isOwnedBy(snapshot, vmBackup.metadata.uid)) return undefined;
  return ['RevisedNameTaken', `VolumeSnapshot ${name} has the right handle but does not belong to this VMBackup`];
}

function recordedVolumeDiffers({ entry, lookup }: SwitchCase): Answer | undefined {
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  if (!recorded || lookup?.is !== 'found' || recorded === lookup.facts.volume) return undefined;
  return [
    'VolumeMismatch',
    `the VMBackup records volume ${recorded} for ${entry.volumeName}, but backup ${entry.longhornBackupName} is of ${lookup.facts.volume}`,
  ];
}

function scheduleBusy({ seen: { unsettled }, vmBackup }: Pick<VolumeCase, 'seen' | 'vmBackup'>): Answer | undefined {
  if (unsettled.length === 0) return undefined;
  const { reason, message, command } = busySchedule(vmBackup, unsettled);
  return [reason, message, { command }];
}

function restoreInProgress({ seen }: Pick<VolumeCase, 'seen'>): Answer | undefined {
  const { restores, subject } = seen;
  if (restores.length === 0) return undefined;
  const command = restores.find((restore) => restore.command !== undefined)?.command;
  const message = `restore ${describeInProgress(restores)} from ${describeRef(subject)} is in progress`;
  return ['RestoreInProgress', message, { command }];
}

function vmBackupNotReady({ seen, vmBackup: { status } }: Pick<VolumeCase, 'seen' | 'vmBackup'>): Answer | undefined {
  if (status?.readyToUse === true && status.source) return undefined;
  return ['VMBackupNotReady', `${describeRef(seen.subject)} is not ready`];
}

/** Both are there and the handle is right, but the two are not bound to each other, or not ready. */
const isUnbound = ({ isRight, snapshot, content }: Pair): boolean =>
  isRight && snapshot !== undefined && content !== undefined && !boundAndReady(snapshot, content);

function hasStaleUid({ snapshot, content }: Pair): boolean {
  const uid = content?.spec.volumeSnapshotRef.uid;
  return uid !== undefined && uid !== null && uid !== snapshot?.metadata.uid;
}

const namesABackup = ({ judged }: Pair): boolean => judged !== undefined && 'handle' in judged;
const describeUnbound = ({ name, contentName }: Pair): string =>
  `VolumeSnapshot ${name} and its content ${contentName} are not bound to each other and ready`;
export const describeUse = ({ volumeName }: SeenVolume['entry'], { name }: Pair): string =>
  `volume ${volumeName} uses ${name}`;

const snapshotRef = ({ metadata }: VMBackup, { name }: Pair) => ref('VolumeSnapshot', name, metadata.namespace);
const contentRef = ({ contentName }: Pair) => ref('VolumeSnapshotContent', contentName);
const backupRef = ({ longhornBackupName }: SeenVolume['entry']) =>
  ref('Backup', longhornBackupName ?? '', names.LONGHORN_NAMESPACE);
