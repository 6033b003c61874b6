import { rightHandle } from '../../shared/chain/content.ts';
import { judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { pointsAt } from '../../shared/chain/pair.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import { listCommand, retainCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { VolumeEntry } from '../../shared/objects/types.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { createBeside, swap, swapNote } from './actions.ts';
import type { Answer } from './blockers.ts';
import { backupBlocks, contentDeleting, ownerDeleting, ownerFinished, scheduleBusy, superseded } from './blockers.ts';
import { whyNotBeside } from './can-replace.ts';
import type { Config } from './config.ts';
import { commandFor, found } from './findings.ts';
import type { SeenHandleWrong } from './observe.ts';

/** A wrong handle, and what several checks need. */
interface WrongHandle extends SeenHandleWrong {
  readonly config: Config;
  readonly expected: string;
  /** The volume of the VMBackup that the pair belongs to; `undefined` without one. */
  readonly entry: VolumeEntry | undefined;
  /** The deletion of the content is the second half of a swap that Gleaner began. */
  readonly isOurSwap: boolean;
}

const checks: readonly Check<WrongHandle, Answer>[] = [
  // Whether the handle matters, and Gleaner may repair it.
  ownerIsFinished, // behind a finished restore a wrong handle is harmless
  deletedByOthers, // a content in deletion is left alone, unless Gleaner's own swap deletes it
  snapshotDeleting, // the content is deleted with its snapshot
  misbound, // the snapshot uses another content
  foreignOwner, // guest clusters and other controllers manage their own pairs
  ownerGone, // garbage collection is about to delete it: suggest Retain, which keeps the data
  ambiguousOwner, // several volumes name the snapshot: its owner is not certain
  formerPair, // its VMBackup no longer uses it
  vmBackupBlocks, // its VMBackup must not be touched now
  // Whether the right handle is certain.
  restoreOfAnotherBackup, // the VMBackup behind the restore records another backup
  recordedVolumeDiffers, // the VMBackup records another volume than Longhorn does
  backupVolumeUnclear, // Longhorn restores only with exactly one BackupVolume
  classMissing, // without its class no content ever becomes ready
  // Which procedure repairs it, the less invasive first.
  pairBeside, // create the right pair beside it, if the VMBackup can be switched
  swapNotAllowed, // by the setting `procedure`
  snapshotMissing, // a swap needs the snapshot
  heldByOthers, // a foreign finalizer would stop the swap half way
];

/** The handle names another volume than its Backup is of. */
export function handleWrong(seen: SeenHandleWrong, config: Config): Finding {
  const { content, judged, backup, note, neighbours } = seen;
  const { owner } = neighbours;
  const wrong: WrongHandle = {
    ...seen,
    config,
    expected: rightHandle(judged.handle, backup.facts),
    entry: 'entry' in owner ? owner.entry : undefined,
    isOurSwap: note !== undefined && note !== 'unreadable' && note.uid === content.metadata.uid,
  };
  const [reason, message, more = {}] = firstAnswer(checks, wrong) ?? swapped(wrong);
  return found(seen, reason, `${describe(wrong)}; ${message}`, {
    ...more,
    facts: { handle: judged.text, expected: wrong.expected, ...more.facts },
  });
}

function ownerIsFinished({ neighbours }: WrongHandle): Answer | undefined {
  return ownerFinished(neighbours);
}

function deletedByOthers(wrong: WrongHandle): Answer | undefined {
  return isDeleting(wrong.content) && !wrong.isOurSwap ? contentDeleting(wrong) : undefined;
}

function snapshotDeleting({ snapshot }: WrongHandle): Answer | undefined {
  if (snapshot === undefined || !isDeleting(snapshot)) return undefined;
  return ['SnapshotDeleting', `its snapshot ${snapshot.metadata.name} is being deleted`];
}

function misbound({ snapshot, content }: WrongHandle): Answer | undefined {
  if (snapshot === undefined || pointsAt(snapshot, content)) return undefined;
  return ['Misbound', `its snapshot uses ${snapshot.spec.source.volumeSnapshotContentName ?? 'a claim'} instead`];
}

function foreignOwner({ neighbours: { owner } }: WrongHandle): Answer | undefined {
  if (owner.is === 'guest-cluster')
    return ['GuestClusterBackup', 'the pair belongs to a guest cluster’s remote backup or restore'];
  return owner.is === 'unknown' ? ['OwnedByOther', `it is owned by ${owner.owner}`] : undefined;
}

function ownerGone({ content, neighbours: { owner } }: WrongHandle): Answer | undefined {
  if (owner.is !== 'gone') return undefined;
  const command = retainCommand(content.metadata.name);
  return ['OwnerGone', `its owner ${owner.owner} no longer exists under that uid`, { command }];
}

function ambiguousOwner({ neighbours: { owner } }: WrongHandle): Answer | undefined {
  if (owner.is !== 'ambiguous') return undefined;
  return ['AmbiguousOwner', `VMBackups ${owner.backups.join(', ')} name this snapshot`];
}

function formerPair({ neighbours: { owner, claims } }: WrongHandle): Answer | undefined {
  if (owner.is !== 'unlinked') return undefined;
  if (isDeleting(owner.backup)) return ownerDeleting(owner);
  if (owner.supersededBy !== undefined && !claims.some(isPending)) return superseded(owner);
  return owner.unsettled.length > 0 ? scheduleBusy(owner.backup, owner.unsettled) : undefined;
}

function vmBackupBlocks({ judged, neighbours: { owner } }: WrongHandle): Answer | undefined {
  return owner.is === 'vmbackup' ? backupBlocks(owner, judged.handle) : undefined;
}

function restoreOfAnotherBackup({ entry, judged, neighbours: { owner } }: WrongHandle): Answer | undefined {
  const recorded = entry?.longhornBackupName;
  if (owner.is !== 'restore' || !recorded || recorded === judged.handle.backup) return undefined;
  return ['BackupMismatch', `the VMBackup records backup ${recorded} for volume ${entry.volumeName}`];
}

function recordedVolumeDiffers({ entry, backup }: WrongHandle): Answer | undefined {
  const recorded = entry?.persistentVolumeClaim?.spec?.volumeName;
  if (!recorded || recorded === backup.facts.volume) return undefined;
  return ['VolumeMismatch', `the VMBackup records volume ${recorded} for ${entry.volumeName}`];
}

function backupVolumeUnclear({ backup, neighbours }: WrongHandle): Answer | undefined {
  const trouble = judgeBackupVolumes(backup.facts, backup.backup, neighbours.backupVolumes);
  return trouble && [trouble.reason, trouble.detail, { command: commandFor(trouble.reason, backup.facts.volume) }];
}

function classMissing({ neighbours: { missingClass } }: WrongHandle): Answer | undefined {
  if (missingClass === undefined) return undefined;
  const command = listCommand('VolumeSnapshotClass');
  return ['SnapshotClassMissing', `there is no VolumeSnapshotClass ${missingClass}`, { command }];
}

function pairBeside(wrong: WrongHandle): Answer | undefined {
  const { content, backupName, backup, expected, config, isOurSwap } = wrong;
  const { owner, replacement } = wrong.neighbours;
  // A swap in progress is finished as a swap.
  if (owner.is !== 'vmbackup' || config.procedure === 'swap' || isOurSwap) return undefined;
  const whyNot = whyNotBeside(wrong, owner, expected);
  if (whyNot !== undefined) return config.procedure === 'create' ? whyNot : undefined;
  const actions = createBeside(content, owner, { volume: backup.facts.volume, backup: backupName }, replacement);
  if (actions.length > 0) return ['ReplacePair', `a pair with ${expected} is created beside it`, { actions }];
  return [
    'ReplacementMade',
    `the pair ${names.revisedName(content.spec.volumeSnapshotRef.name)} with ${expected} exists`,
  ];
}

function swapNotAllowed({ config }: WrongHandle): Answer | undefined {
  if (config.procedure !== 'create') return undefined;
  return ['SwapNotAllowed', 'only a swap can repair it, and the procedure is "create"'];
}

function snapshotMissing({ snapshot, content }: WrongHandle): Answer | undefined {
  if (snapshot !== undefined) return undefined;
  const { name, namespace } = content.spec.volumeSnapshotRef;
  return ['SnapshotNotThere', `its snapshot ${namespace}/${name} does not exist`];
}

function heldByOthers({ content }: WrongHandle): Answer | undefined {
  const foreign = (content.metadata.finalizers ?? []).filter((f) => f !== names.BOUND_CONTENT_FINALIZER);
  return foreign.length > 0 ? ['ForeignFinalizer', `finalizer ${foreign.join(', ')} blocks its deletion`] : undefined;
}

/** All checks passed: recreates the content under its snapshot. */
function swapped(wrong: WrongHandle): Answer {
  const { content, snapshot, note, backup, backupName, expected, isOurSwap } = wrong;
  if (snapshot === undefined) return ['SnapshotNotThere', 'its snapshot does not exist'];
  const right = { volume: backup.facts.volume, backup: backupName };
  const next = swapNote(content, snapshot, wrong.neighbours.owner, right, note);
  const actions = swap(content, snapshot, next, note);
  return [isOurSwap ? 'FinishSwap' : 'SwapContent', `the content is recreated with ${expected}`, { actions }];
}

function describe({ judged: { handle, text, reported }, backup }: WrongHandle): string {
  const { volume } = backup.facts;
  return handle.volume === volume
    ? `the handle is ${text}, but ${reported} in the status, which restores and deletions use`
    : `the handle is ${text}, but backup ${handle.backup} is of Longhorn volume ${volume}`;
}
