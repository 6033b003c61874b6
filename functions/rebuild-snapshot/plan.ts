import { isRemote } from '../../shared/chain/vmbackup.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { getCommand, listCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { isGuestClusters, judgeContent, judgeHandle } from '../../shared/chain/content.ts';
import { judgeBackup, judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import { misboundPart } from '../../shared/chain/pair.ts';
import { delayAfterBackup, differenceFrom, dynamicData } from '../../shared/chain/dynamic-content.ts';
import { judgeAbsence, listVolumes } from '../../shared/chain/target.ts';
import { volumeFinding } from '../../shared/chain/volume-finding.ts';
import { busySchedule } from '../../shared/chain/schedules.ts';
import { listTargets, showBackupNames } from '../../shared/chain/links.ts';
import type { Backup, Claim, VMBackup } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Pair } from './loss.ts';
import type { Seen, SeenVolume, Source } from './observe.ts';
import { isOurs } from './observe.ts';
import type { Recipe } from './actions.ts';
import { rebind, rebuildContent, rebuildPair, rebuildSnapshot } from './actions.ts';

/**
 * Decides, volume by volume, what of a VMBackup was lost and is to be made anew. Pure. Builds only what the backup on the
 * target can stand behind, always on Retain, and nothing that Kubernetes or Harvester would fill with today's data.
 */
export function plan(seen: Seen, config: Config): Plan {
  const { subject, backup } = seen;
  const whole = (reason: Reason, message: string): Plan => ({ findings: [{ subject, reason, message, actions: [] }] });
  if (backup === undefined) return whole('VMBackupGone', `${describeRef(subject)} does not exist`);
  if (isDeleting(backup)) return whole('VMBackupDeleting', `${describeRef(subject)} is being deleted`);
  if (!isRemote(backup)) {
    return whole('SnapshotTypeBackup', `${describeRef(subject)} is of type ${backup.spec.type}`);
  }
  return {
    findings: seen.volumes.map((volume) => {
      const [reason, message, more] = withMore(decide(seen, backup, volume, config));
      return volumeFinding(subject, volume.entry, volume.pair.content, { reason, message, ...more });
    }),
  };
}

interface More {
  /** What is at fault, where it is not the VMBackup. */
  readonly about?: Ref;
  readonly actions?: readonly Action[];
  readonly command?: string;
}
type Decision = readonly [reason: Reason, message: string, more?: More];
const withMore = ([reason, message, more = {}]: Decision): readonly [Reason, string, More] => [reason, message, more];

function decide(seen: Seen, backup: VMBackup, volume: SeenVolume, config: Config): Decision {
  const { entry, pair, fault, source, odd } = volume;
  const { name, contentName } = pair;
  if (odd !== undefined) {
    const { object, message, command } = odd;
    return ['ObjectUnreadable', `volume ${entry.volumeName} is left as it is: ${message}`, { about: object, command }];
  }
  const uses = `volume ${entry.volumeName} uses VolumeSnapshot ${name}`;
  if (!isOurs(entry))
    return ['NotALonghornVolume', `volume ${entry.volumeName} is on ${entry.csiDriverName ?? 'no driver'}`];
  switch (fault) {
    case 'none':
      return ['PairPresent', `${uses} with content ${contentName}`];
    case 'taken':
      return taken(backup, volume, uses);
    case 'snapshot-deleting':
      return ['SnapshotDeleting', `${uses}, which is being deleted`];
    case 'content-deleting':
      return ['ContentDeleting', `${uses}, whose content ${contentName} is being deleted`];
    case 'name-taken':
      return [
        'Misbound',
        `${uses}, but VolumeSnapshotContent ${contentName} is not its content`,
        {
          command: show(contentName),
          ...(pair.content && { about: misboundPart(pair.namespace, pair, pair.content) }),
        },
      ];
    default:
      break;
  }
  const lost = `${uses}, but ${describeLoss(volume)}`;
  if (source === undefined) return unrecorded(backup, volume, lost);
  const stranger = strangerOf(backup, volume);
  if (stranger !== undefined) return [stranger[0], `${lost}, and ${stranger[1]}`];
  if (source.users.length > 1)
    return ['AmbiguousOwner', `${lost}, and VMBackups ${source.users.join(', ')} name it for a volume of theirs`];
  if (pair.snapshot?.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined) {
    return ['SwapUnderway', `${lost}; the note of a swap is on the snapshot`];
  }
  const absence = source.backup === undefined ? judgeAbsence(source.target, source.backupVolumes, backup) : undefined;
  if (absence !== undefined) {
    const reason = absence.reason === 'BackupNotSynced' ? absence.reason : 'TargetAway';
    return [reason, `${lost}; ${absence.detail}`];
  }
  const facts = judgeBackup(source.backupName, source.backup);
  if ('reason' in facts)
    return [
      facts.reason,
      `${lost}, and ${facts.detail}`,
      {
        command: showBackup(facts.reason, source.backupName),
        about: ref('Backup', source.backupName, names.LONGHORN_NAMESPACE),
      },
    ];
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  if (recorded && recorded !== facts.volume) {
    return [
      'VolumeMismatch',
      `${lost}; the VMBackup records volume ${recorded}, but backup ${source.backupName} is of ${facts.volume}`,
    ];
  }
  const trouble = judgeBackupVolumes(facts, source.backup as Backup, source.backupVolumes);
  if (trouble !== undefined) {
    const about = ref('BackupVolume', source.backupVolumes[0]?.metadata.name ?? facts.volume, names.LONGHORN_NAMESPACE);
    return [trouble.reason, `${lost}, and ${trouble.detail}`, { about, command: listVolumes(facts.volume) }];
  }
  const right = { volume: facts.volume, backup: source.backupName };
  if (hasRightPairBeside(source, backupHandle(right.volume, right.backup))) {
    return ['ReplacementMade', `${lost}; the right pair ${names.revisedName(name)} stands beside it`];
  }
  return mend(seen, volume, { backup, entry, right, config }, lost);
}

/** Snapshots taken here: whether what is behind is still what the VMBackup recorded. */
function taken(backup: VMBackup, { entry, pair }: SeenVolume, uses: string): Decision {
  const holds = pair.content && dynamicData(pair.content);
  const differs = holds && differenceFrom(backup, entry, holds);
  if (differs !== undefined) {
    return [
      'ContentReplaced',
      `${uses}, whose content ${pair.contentName} was silently made anew: ${differs}`,
      { command: show(pair.contentName), about: ref('VolumeSnapshotContent', pair.contentName) },
    ];
  }
  const late = holds && delayAfterBackup(backup, holds);
  if (late !== undefined) {
    const about = ref('VolumeSnapshotContent', pair.contentName);
    return [
      'TakenLate',
      `${uses}, whose content is ${pair.contentName}: ${late}`,
      { command: show(pair.contentName), about },
    ];
  }
  if (pair.content?.status?.snapshotHandle || !entry.longhornBackupName)
    return ['DynamicContent', `${uses}, taken on this cluster`];
  return ['PairNotReady', `${uses}, whose content ${pair.contentName} has no handle yet`];
}

/** Without a recorded backup nothing can be made anew: the question is only who will fill the gap, and with what. */
function unrecorded(backup: VMBackup, { entry, pair, fault }: SeenVolume, lost: string): Decision {
  const command = showBackupNames(ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace));
  if (backup.status?.readyToUse === true) {
    return ['NoLonghornBackupName', `${lost}, and the VMBackup does not record its Longhorn backup`, { command }];
  }
  // A VMBackup that was never ready is only being made.
  const wasReady = Boolean(backup.status?.creationTime);
  if (wasReady && pair.snapshot === undefined && fault !== 'binding-stale') {
    return [
      'NewSnapshotAhead',
      `${lost}; the VMBackup is not ready and does not record its Longhorn backup, so Harvester takes a new snapshot of claim ${entry.persistentVolumeClaim?.metadata?.name ?? '?'} as it is today`,
      { command },
    ];
  }
  return ['VMBackupNotReady', `${lost}, and the VMBackup is not ready and does not record its Longhorn backup yet`];
}

function mend(seen: Seen, { pair, fault, source }: SeenVolume, recipe: Recipe, lost: string): Decision {
  const { backup, right } = recipe;
  const { name, content, snapshot } = pair;
  const { name: vmBackup } = backup.metadata;
  const ready = backup.status?.readyToUse === true && backup.status.source;
  if (fault === 'taken-lost' && isBound(source?.claim)) return comesBack(source as Source, pair, right.volume, lost);
  if (!ready && seen.volumes.some((v) => isOurs(v.entry) && !v.entry.longhornBackupName)) {
    return [
      'VMBackupNotReady',
      `${lost}; VMBackup ${vmBackup} is not ready, and Harvester may take new snapshots for it at any time`,
    ];
  }
  if (!ready && (snapshot === undefined || fault === 'taken-lost')) {
    return ['VMBackupNotReady', `${lost}; VMBackup ${vmBackup} is not ready, so Harvester makes its snapshots itself`];
  }
  if (seen.unsettled.length > 0) {
    const { reason, message, command } = busySchedule(backup, seen.unsettled);
    return [reason, `${lost}; ${message}`, command === undefined ? {} : { command }];
  }
  const handle = backupHandle(right.volume, right.backup);
  if (content !== undefined) {
    const judged = judgeContent(content);
    const isRight =
      !('reason' in judged) && judged.handle.backup === right.backup && judgeHandle(judged, right) !== 'wrong';
    if (!isRight)
      return [
        'HandleFirst',
        `${lost}; the handle of content ${content.metadata.name} is ${content.spec.source.snapshotHandle}, not ${handle}`,
      ];
  }
  if (fault !== 'binding-stale' && source?.missingClass !== undefined) {
    const command = listCommand('VolumeSnapshotClass');
    return ['SnapshotClassMissing', `${lost}; there is no VolumeSnapshotClass ${source.missingClass}`, { command }];
  }
  if (fault === 'binding-stale' && content !== undefined) {
    return [
      'RebindContent',
      `${lost}; the content is made to forget the old one`,
      { actions: rebind(recipe, content) },
    ];
  }
  if (fault === 'snapshot-lost' && content !== undefined) {
    return [
      'RebuildSnapshot',
      `${lost}; it is created anew on content ${content.metadata.name}`,
      { actions: rebuildSnapshot(recipe, content) },
    ];
  }
  if (fault === 'content-lost') {
    if (!names.isName(pair.contentName)) return ['NameTooLong', `${lost}; that is too long a name`];
    return ['RebuildContent', `${lost}; it is created anew with ${handle}`, { actions: rebuildContent(recipe, pair) }];
  }
  if (fault === 'both-lost') {
    if (!names.isName(names.contentName(name)))
      return ['NameTooLong', `${lost}; ${names.contentName(name)} is too long a name`];
    return ['RebuildPair', `${lost}; both are created anew with ${handle}`, { actions: rebuildPair(recipe, name) }];
  }
  return beside(source as Source, recipe, name, lost);
}

/** The controller makes the content anew by itself: what counts is whether Longhorn still has this backup for it. */
function comesBack(
  { backup, backupName, claim }: Source,
  { snapshot, contentName }: Pair,
  volume: string,
  lost: string,
): Decision {
  const about = ref('VolumeSnapshotContent', contentName);
  const csiName = names.csiSnapshotName(snapshot?.metadata.uid ?? '');
  const now = claim?.spec.volumeName;
  // Longhorn looks for a backup of that name among those of the claim's volume alone.
  if (now && now !== volume) {
    const why = `has volume ${now} now, and backup ${backupName} is of ${volume}`;
    return [
      'NewSnapshotAhead',
      `${lost}; the snapshot controller makes it anew of claim ${claim.metadata.name} as it is today, which ${why}`,
      { about },
    ];
  }
  if (backup?.status?.snapshotName === csiName || backup?.spec?.snapshotName === csiName) {
    return [
      'ContentComingBack',
      `${lost}; the snapshot controller makes it anew, and backup ${backupName} is there for it`,
      { about },
    ];
  }
  return [
    'NewSnapshotAhead',
    `${lost}; the snapshot controller makes it anew of claim ${claim?.metadata.name ?? '?'} as it is today, since backup ${backupName} is not known as ${csiName}`,
    { about },
  ];
}

function beside(source: Source, recipe: Recipe, name: string, lost: string): Decision {
  const revised = names.revisedName(name);
  if (!names.canRevise(name)) return ['NameTooLong', `${lost}; ${names.contentName(revised)} is too long a name`];
  const { snapshot, content } = source.beside;
  if (source.besideUsedBy !== undefined)
    return [
      'RevisedNameTaken',
      `${lost}; VMBackup ${source.besideUsedBy} uses the name ${revised} for a volume of its own`,
    ];
  if (snapshot !== undefined || content !== undefined) {
    const handle = backupHandle(recipe.right.volume, recipe.right.backup);
    const own = content?.metadata.annotations?.[names.REPLACES_ANNOTATION] === content?.metadata.name;
    const begun =
      snapshot === undefined && own && content?.spec.source.snapshotHandle === handle && !isDeleting(content);
    if (!begun) return ['RevisedNameTaken', `${lost}; the name ${revised} is taken`];
  }
  return [
    'RebuildBeside',
    `${lost}, nor does its claim; a right pair ${revised} is created beside it`,
    { actions: rebuildPair(recipe, revised) },
  ];
}

function describeLoss({ pair, fault }: SeenVolume): string {
  switch (fault) {
    case 'both-lost':
      return `neither it nor VolumeSnapshotContent ${pair.contentName} exists`;
    case 'snapshot-lost':
      return 'it does not exist';
    case 'binding-stale':
      return `its content ${pair.contentName} is bound to a former snapshot of that name`;
    default:
      return `its content ${pair.contentName} does not exist`;
  }
}

/** Whoever else the snapshot or the content belongs to decides about them. */
function strangerOf(backup: VMBackup, { pair }: SeenVolume): readonly [Reason, string] | undefined {
  const objects = [pair.snapshot, pair.content].filter((o) => o !== undefined);
  if (objects.some(isGuestClusters)) return ['GuestClusterBackup', 'it belongs to a guest cluster'];
  for (const { kind, name, uid } of pair.snapshot?.metadata.ownerReferences ?? []) {
    if (kind !== 'VirtualMachineBackup') return ['OwnedByOther', `it is owned by ${kind} ${name}`];
    if (uid !== backup.metadata.uid) return ['OwnerGone', `its owner ${kind} ${name} no longer exists under that uid`];
  }
  return undefined;
}

function hasRightPairBeside({ beside: { snapshot, content } }: Source, handle: string): boolean {
  if (snapshot === undefined || content === undefined || isDeleting(snapshot) || isDeleting(content)) return false;
  return content.spec.source.snapshotHandle === handle;
}

const isBound = (claim: Claim | undefined): boolean => claim?.status?.phase === 'Bound' && !isDeleting(claim);
const show = (content: string): string => getCommand(ref('VolumeSnapshotContent', content));
const showBackup = (reason: Reason, name: string): string =>
  reason === 'BackupMissing' ? listTargets() : getCommand(ref('Backup', name, names.LONGHORN_NAMESPACE));
