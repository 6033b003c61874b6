import { showBackupNames } from '../../shared/chain/vmbackup.ts';
import type { FoundBackup } from '../../shared/chain/lookup.ts';
import { isGuestClusters, namesBackup } from '../../shared/chain/content.ts';
import { delayAfterBackup, differenceFrom, dynamicData } from '../../shared/chain/dynamic-content.ts';
import { judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { misboundPart } from '../../shared/chain/pair.ts';
import { busySchedule } from '../../shared/chain/schedules.ts';
import { listVolumes, listTargets } from '../../shared/chain/target.ts';
import type { VolumeAnswer as Answer, VolumeExtra } from '../../shared/chain/volume-finding.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { getCommand, listCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Check } from '../../shared/plan/check.ts';
import type { Recipe } from './actions.ts';
import type { BackupSource, Seen, SeenVolume } from './observe.ts';
import { isOurs } from './observe.ts';

/** One volume of a VMBackup that keeps its data on the target. */
export interface VolumeCase extends SeenVolume {
  readonly vmBackup: VMBackup;
  /** Begins every sentence about it: which snapshot the volume uses. */
  readonly uses: string;
}

/** A part of the pair is lost. */
export interface LossCase extends VolumeCase {
  /** Begins every sentence about it: which part is lost. */
  readonly lost: string;
}

/** The VMBackup records the Longhorn Backup that the lost part was of. */
export interface RecordedCase extends LossCase {
  readonly source: BackupSource;
}

/** Longhorn has that Backup: the pair can be recreated from it. */
export interface RebuildCase extends RecordedCase {
  readonly seen: Seen;
  readonly longhorn: FoundBackup;
  readonly recipe: Recipe;
  /** The handle that its content must have. */
  readonly handle: string;
}

/** Whether anything of the pair is lost at all, and not merely on its way. */
export const pairChecks: readonly Check<VolumeCase, Answer>[] = [
  objectUnreadable, // what cannot be read proves nothing
  otherDriver, // only Longhorn's snapshots can be recreated from its backups
  pairPresent, // both are there and name each other
  contentReplaced, // a content that was recreated from the claim holds other data than the VMBackup recorded
  takenLate, // the data is much younger than the VMBackup, which is suspicious and no proof
  dynamicPresent, // taken on this cluster, and nothing speaks against its data
  handlePending, // taken on this cluster, and Longhorn has not written the handle yet
  snapshotDeleting, // never race a finalizer
  contentDeleting, // never race a finalizer
  misbound, // the name of the content belongs to another snapshot
];

/** Where no Longhorn Backup is recorded: who fills the gap, and with what. Nothing can be recreated. */
export const unrecordedChecks: readonly Check<LossCase, Answer>[] = [
  backupNotRecorded, // the VMBackup is complete and will never say which backup it was
  newSnapshotByHarvester, // Harvester snapshots the claim as it is today, under the old name
];

/** Whether the pair is the VMBackup's to recreate, and Longhorn has the Backup it was of. */
export const sourceChecks: readonly Check<RecordedCase, Answer>[] = [
  guestCluster, // guest clusters manage their own pairs
  foreignOwner, // another owner decides about its snapshot
  ambiguousOwner, // whose data it was cannot be told
  swapUnderway, // fix-handle is in the middle of replacing the content
  backupUnknown, // the target is away or not listed yet: the Backup may still be there
  backupUnusable, // a content is only as good as its Backup
];

/** Whether the pair can be recreated from the Backup now. Where none answers, `mend` in plan.ts says what is created. */
export const rebuildChecks: readonly Check<RebuildCase, Answer>[] = [
  // Whether the right handle is certain.
  recordedVolumeDiffers, // the VMBackup records another volume than Longhorn does
  backupVolumeUnclear, // Longhorn restores only with exactly one BackupVolume
  replacementMade, // the right pair beside it is there; relink-vmbackup takes over
  // Whether anybody else is about to recreate it.
  newSnapshotOfOtherVolume, // the snapshot controller would, of a claim that has another volume now
  contentComingBack, // the snapshot controller does, and Longhorn hands the old backup back
  newSnapshotAhead, // the snapshot controller does, with the data of today
  harvesterMayTakeSnapshots, // Harvester would take new snapshots for the whole VMBackup
  harvesterRecreates, // Harvester creates the snapshots of a VMBackup that is not ready
  scheduleBusy, // any change here could make Harvester delete a Backup
  // Whether it can be created as it must be.
  handleWrong, // fix-handle mends the content that is left first
  classMissing, // without its class no content ever becomes ready
  nameTooLong, // no object can have the name
  revisedNameUsed, // another VMBackup uses the name of the pair beside it
  revisedNameTaken, // something else has the name of the pair beside it
];

function objectUnreadable({ entry, unreadable }: VolumeCase): Answer | undefined {
  if (unreadable === undefined) return undefined;
  const { object, message, command } = unreadable;
  return ['ObjectUnreadable', `volume ${entry.volumeName} is left as it is: ${message}`, { about: object, command }];
}

function otherDriver({ entry }: VolumeCase): Answer | undefined {
  if (isOurs(entry)) return undefined;
  return ['NotALonghornVolume', `volume ${entry.volumeName} is on ${entry.csiDriverName ?? 'no driver'}`];
}

function pairPresent({ loss, pair, uses }: VolumeCase): Answer | undefined {
  return loss === 'none' ? ['PairPresent', `${uses} with content ${pair.contentName}`] : undefined;
}

function contentReplaced({ loss, vmBackup, entry, pair, uses }: VolumeCase): Answer | undefined {
  const holds = loss === 'dynamic' && pair.content ? dynamicData(pair.content) : undefined;
  const differs = holds && differenceFrom(vmBackup, entry, holds);
  if (differs === undefined) return undefined;
  const message = `${uses}, whose content ${pair.contentName} was silently made anew: ${differs}`;
  return ['ContentReplaced', message, shown(pair.contentName)];
}

function takenLate({ loss, vmBackup, pair, uses }: VolumeCase): Answer | undefined {
  const holds = loss === 'dynamic' && pair.content ? dynamicData(pair.content) : undefined;
  const delay = holds && delayAfterBackup(vmBackup, holds);
  if (delay === undefined) return undefined;
  return ['TakenLate', `${uses}, whose content is ${pair.contentName}: ${delay}`, shown(pair.contentName)];
}

function dynamicPresent({ loss, entry, pair, uses }: VolumeCase): Answer | undefined {
  const isComplete = pair.content?.status?.snapshotHandle || !entry.longhornBackupName;
  return loss === 'dynamic' && isComplete ? ['DynamicContent', `${uses}, taken on this cluster`] : undefined;
}

function handlePending({ loss, pair, uses }: VolumeCase): Answer | undefined {
  if (loss !== 'dynamic') return undefined;
  return ['PairNotReady', `${uses}, whose content ${pair.contentName} has no handle yet`];
}

function snapshotDeleting({ loss, uses }: VolumeCase): Answer | undefined {
  return loss === 'snapshot-deleting' ? ['SnapshotDeleting', `${uses}, which is being deleted`] : undefined;
}

function contentDeleting({ loss, pair, uses }: VolumeCase): Answer | undefined {
  if (loss !== 'content-deleting') return undefined;
  return ['ContentDeleting', `${uses}, whose content ${pair.contentName} is being deleted`];
}

function misbound({ loss, pair, uses }: VolumeCase): Answer | undefined {
  if (loss !== 'name-taken') return undefined;
  const { namespace, content, contentName } = pair;
  const command = showContent(contentName);
  const about = content && misboundPart(namespace, pair, content);
  return ['Misbound', `${uses}, but VolumeSnapshotContent ${contentName} is not its content`, { command, about }];
}

function backupNotRecorded({ vmBackup, lost }: LossCase): Answer | undefined {
  if (vmBackup.status?.readyToUse !== true) return undefined;
  const message = `${lost}, and the VMBackup does not record its Longhorn backup`;
  return ['NoLonghornBackupName', message, { command: showRecorded(vmBackup) }];
}

function newSnapshotByHarvester({ vmBackup, entry, pair, loss, lost }: LossCase): Answer | undefined {
  // A VMBackup that was never ready is only being made.
  const wasReady = Boolean(vmBackup.status?.creationTime);
  if (!wasReady || pair.snapshot !== undefined || loss === 'binding-stale') return undefined;
  const claim = entry.persistentVolumeClaim?.metadata?.name ?? '?';
  const message = `${lost}; the VMBackup is not ready and does not record its Longhorn backup, so Harvester takes a new snapshot of claim ${claim} as it is today`;
  return ['NewSnapshotAhead', message, { command: showRecorded(vmBackup) }];
}

function guestCluster({ pair, lost }: RecordedCase): Answer | undefined {
  const objects = [pair.snapshot, pair.content].filter((o) => o !== undefined);
  if (!objects.some(isGuestClusters)) return undefined;
  return ['GuestClusterBackup', `${lost}, and it belongs to a guest cluster`];
}

/** The first owner that is not this VMBackup answers. */
function foreignOwner({ vmBackup, pair, lost }: RecordedCase): Answer | undefined {
  for (const { kind, name, uid } of pair.snapshot?.metadata.ownerReferences ?? []) {
    if (kind !== 'VirtualMachineBackup') return ['OwnedByOther', `${lost}, and it is owned by ${kind} ${name}`];
    if (uid !== vmBackup.metadata.uid)
      return ['OwnerGone', `${lost}, and its owner ${kind} ${name} no longer exists under that uid`];
  }
  return undefined;
}

function ambiguousOwner({ source: { users }, lost }: RecordedCase): Answer | undefined {
  if (users.length <= 1) return undefined;
  return ['AmbiguousOwner', `${lost}, and VMBackups ${users.join(', ')} name it for a volume of theirs`];
}

function swapUnderway({ pair, lost }: RecordedCase): Answer | undefined {
  if (pair.snapshot?.metadata.annotations?.[names.SWAP_ANNOTATION] === undefined) return undefined;
  return ['SwapUnderway', `${lost}; the note of a swap is on the snapshot`];
}

function backupUnknown({ source: { lookup }, lost }: RecordedCase): Answer | undefined {
  if (lookup.is !== 'unknown') return undefined;
  const { reason, detail } = lookup.absence;
  return [reason === 'BackupNotSynced' ? reason : 'TargetAway', `${lost}; ${detail}`];
}

function backupUnusable({ source: { lookup, backupName }, lost }: RecordedCase): Answer | undefined {
  if (lookup.is !== 'absent') return undefined;
  const { reason, detail } = lookup.trouble;
  const about = ref('Backup', backupName, names.LONGHORN_NAMESPACE);
  const command = reason === 'BackupMissing' ? listTargets() : getCommand(about);
  return [reason, `${lost}, and ${detail}`, { command, about }];
}

function recordedVolumeDiffers({ entry, source, longhorn, lost }: RebuildCase): Answer | undefined {
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  const { volume } = longhorn.facts;
  if (!recorded || recorded === volume) return undefined;
  return [
    'VolumeMismatch',
    `${lost}; the VMBackup records volume ${recorded}, but backup ${source.backupName} is of ${volume}`,
  ];
}

function backupVolumeUnclear({ source: { backupVolumes }, longhorn, lost }: RebuildCase): Answer | undefined {
  const { facts, backup } = longhorn;
  const trouble = judgeBackupVolumes(facts, backup, backupVolumes);
  if (trouble === undefined) return undefined;
  const about = ref('BackupVolume', backupVolumes[0]?.metadata.name ?? facts.volume, names.LONGHORN_NAMESPACE);
  return [trouble.reason, `${lost}, and ${trouble.detail}`, { about, command: listVolumes(facts.volume) }];
}

function replacementMade({ pair, source: { beside }, handle, lost }: RebuildCase): Answer | undefined {
  const { snapshot, content } = beside;
  if (snapshot === undefined || content === undefined || isDeleting(snapshot) || isDeleting(content)) return undefined;
  if (content.spec.source.snapshotHandle !== handle) return undefined;
  return ['ReplacementMade', `${lost}; the right pair ${names.revisedName(pair.name)} stands beside it`];
}

/** The snapshot controller creates a lost content again by itself, from the claim, as long as that is bound. */
function isRecreatedByController({ loss, source: { claim } }: RebuildCase): boolean {
  return loss === 'dynamic-content-lost' && claim?.status?.phase === 'Bound' && !isDeleting(claim);
}

/** Longhorn looks for a backup of the snapshot's name among those of the claim's volume alone. */
function newSnapshotOfOtherVolume(given: RebuildCase): Answer | undefined {
  const { pair, source, longhorn, lost } = given;
  const { claim, backupName } = source;
  const now = claim?.spec.volumeName;
  if (!isRecreatedByController(given) || !now || now === longhorn.facts.volume) return undefined;
  const why = `has volume ${now} now, and backup ${backupName} is of ${longhorn.facts.volume}`;
  const message = `${lost}; the snapshot controller makes it anew of claim ${claim.metadata.name} as it is today, which ${why}`;
  return ['NewSnapshotAhead', message, { about: ref('VolumeSnapshotContent', pair.contentName) }];
}

function contentComingBack(given: RebuildCase): Answer | undefined {
  const { pair, source, longhorn, lost } = given;
  const { status, spec } = longhorn.backup;
  const csiName = csiNameOf(given);
  const isKnown = status?.snapshotName === csiName || spec?.snapshotName === csiName;
  if (!isRecreatedByController(given) || !isKnown) return undefined;
  const message = `${lost}; the snapshot controller makes it anew, and backup ${source.backupName} is there for it`;
  return ['ContentComingBack', message, { about: ref('VolumeSnapshotContent', pair.contentName) }];
}

function newSnapshotAhead(given: RebuildCase): Answer | undefined {
  if (!isRecreatedByController(given)) return undefined;
  const { pair, source, lost } = given;
  const claim = source.claim?.metadata.name ?? '?';
  const message = `${lost}; the snapshot controller makes it anew of claim ${claim} as it is today, since backup ${source.backupName} is not known as ${csiNameOf(given)}`;
  return ['NewSnapshotAhead', message, { about: ref('VolumeSnapshotContent', pair.contentName) }];
}

function harvesterMayTakeSnapshots({ seen, vmBackup, lost }: RebuildCase): Answer | undefined {
  if (isReady(vmBackup) || !seen.volumes.some((v) => isOurs(v.entry) && !v.entry.longhornBackupName)) return undefined;
  const message = `${lost}; VMBackup ${vmBackup.metadata.name} is not ready, and Harvester may take new snapshots for it at any time`;
  return ['VMBackupNotReady', message];
}

function harvesterRecreates({ vmBackup, pair, loss, lost }: RebuildCase): Answer | undefined {
  if (isReady(vmBackup) || (pair.snapshot !== undefined && loss !== 'dynamic-content-lost')) return undefined;
  const message = `${lost}; VMBackup ${vmBackup.metadata.name} is not ready, so Harvester makes its snapshots itself`;
  return ['VMBackupNotReady', message];
}

function scheduleBusy({ seen, vmBackup, lost }: RebuildCase): Answer | undefined {
  if (seen.unsettled.length === 0) return undefined;
  const { reason, message, command } = busySchedule(vmBackup, seen.unsettled);
  return [reason, `${lost}; ${message}`, { command }];
}

function handleWrong({ pair: { content }, source, longhorn, handle, lost }: RebuildCase): Answer | undefined {
  const { judged, backupName } = source;
  if (content === undefined || judged === undefined || namesBackup(judged, backupName, longhorn.facts))
    return undefined;
  const { metadata, spec } = content;
  return [
    'HandleFirst',
    `${lost}; the handle of content ${metadata.name} is ${spec.source.snapshotHandle}, not ${handle}`,
  ];
}

function classMissing({ loss, source: { missingClass }, lost }: RebuildCase): Answer | undefined {
  if (loss === 'binding-stale' || missingClass === undefined) return undefined;
  const command = listCommand('VolumeSnapshotClass');
  return ['SnapshotClassMissing', `${lost}; there is no VolumeSnapshotClass ${missingClass}`, { command }];
}

function nameTooLong({ loss, pair, lost }: RebuildCase): Answer | undefined {
  const created = names.contentName(isBeside(loss) ? names.revisedName(pair.name) : pair.name);
  if (loss === 'content-lost')
    return names.isName(pair.contentName) ? undefined : ['NameTooLong', `${lost}; that is too long a name`];
  if ((loss === 'both-lost' || isBeside(loss)) && !names.isName(created))
    return ['NameTooLong', `${lost}; ${created} is too long a name`];
  return undefined;
}

function revisedNameUsed({ loss, pair, source: { besideUsedBy }, lost }: RebuildCase): Answer | undefined {
  if (!isBeside(loss) || besideUsedBy === undefined) return undefined;
  const revised = names.revisedName(pair.name);
  const message = `${lost}; VMBackup ${besideUsedBy} uses the name ${revised} for a volume of its own`;
  return ['RevisedNameTaken', message];
}

/** Only the first half of a pair that Gleaner began may be there: its own content, with the right handle. */
function revisedNameTaken({ loss, pair, source: { beside }, handle, lost }: RebuildCase): Answer | undefined {
  const { snapshot, content } = beside;
  if (!isBeside(loss) || (snapshot === undefined && content === undefined)) return undefined;
  const isOwn = content?.metadata.annotations?.[names.REPLACES_ANNOTATION] === content?.metadata.name;
  const isBegun =
    snapshot === undefined && isOwn && content?.spec.source.snapshotHandle === handle && !isDeleting(content);
  return isBegun ? undefined : ['RevisedNameTaken', `${lost}; the name ${names.revisedName(pair.name)} is taken`];
}

/** The source of a snapshot is immutable: one that lost its content together with its claim needs a new pair, beside it. */
const isBeside = (loss: SeenVolume['loss']): boolean => loss === 'dynamic-content-lost';

const isReady = ({ status }: VMBackup): boolean => status?.readyToUse === true && Boolean(status.source);
const csiNameOf = ({ pair }: RebuildCase): string => names.csiSnapshotName(pair.snapshot?.metadata.uid ?? '');
const showContent = (content: string): string => getCommand(ref('VolumeSnapshotContent', content));
const shown = (content: string): VolumeExtra => ({
  command: showContent(content),
  about: ref('VolumeSnapshotContent', content),
});
const showRecorded = ({ metadata }: VMBackup): string =>
  showBackupNames(ref('VirtualMachineBackup', metadata.name, metadata.namespace));
