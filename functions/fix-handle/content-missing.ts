import { judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import type { BackupLookup, FoundBackup } from '../../shared/chain/lookup.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { Snapshot, VMBackup } from '../../shared/objects/types.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { recreateForRestore, removeNote } from './actions.ts';
import { ownerFinished } from './blockers.ts';
import { commandFor, found } from './findings.ts';
import type { Neighbours, SeenContentMissing } from './observe.ts';

/** A snapshot whose content does not exist. */
export function contentMissing(seen: SeenContentMissing): Finding {
  const answer = firstAnswer(checksOfSnapshot, seen);
  if (answer !== undefined) return answer;
  const { backupName, backup, neighbours } = seen;
  if (backupName === undefined || backup === undefined || neighbours === undefined) return backupUnknown(seen);
  const known = { ...seen, backupName, backup, neighbours };
  const unusable = firstAnswer(checksOfBackup, known);
  if (unusable !== undefined) return unusable;
  // `checksOfBackup` answers for every backup that was not found.
  const ready = { ...known, backup: backup as FoundBackup };
  return firstAnswer(repairs, ready) ?? leftToOthers(ready);
}

type WithBackup = SeenContentMissing & {
  readonly backupName: string;
  readonly backup: BackupLookup;
  readonly neighbours: Neighbours;
};
type WithFound = WithBackup & { readonly backup: FoundBackup };

const checksOfSnapshot: readonly Check<SeenContentMissing, Finding>[] = [
  takenHere, // it names no content: Longhorn and Kubernetes manage it
  goesAway, // never race a finalizer
  noteUnreadable, // a note that Gleaner did not write proves nothing
  pairBegun, // a new pair of Gleaner's, whose other half is not created yet
];
const checksOfBackup: readonly Check<WithBackup, Finding>[] = [
  guestClusters, // they have a life cycle of their own
  backupNotThere, // its target is away, or Longhorn has not listed it yet
  backupUnusable, // a content is only as good as its Backup
];
const repairs: readonly Check<WithFound, Finding>[] = [
  swapUnfinished, // the note holds the content that was to be created
  restoreWaiting, // the pair of a restore, which no other function recreates
  ownerIsFinished, // behind a finished restore a lost content is no loss
];

function takenHere(seen: SeenContentMissing): Finding | undefined {
  if (seen.snapshot.spec.source.volumeSnapshotContentName) return undefined;
  const message = 'the snapshot was taken on this cluster; Longhorn and Kubernetes manage its content';
  return found(seen, 'DynamicContent', message);
}

function goesAway(seen: SeenContentMissing): Finding | undefined {
  if (!isDeleting(seen.snapshot)) return undefined;
  return found(seen, 'SnapshotDeleting', `${describeRef(seen.subject)} is being deleted`);
}

function noteUnreadable(seen: SeenContentMissing): Finding | undefined {
  if (seen.note !== 'unreadable') return undefined;
  return found(seen, 'NoteUnusable', `${describeLoss(seen)}; the swap note on the snapshot cannot be read`);
}

function pairBegun(seen: SeenContentMissing): Finding | undefined {
  const owner = seen.neighbours?.owner;
  if (owner?.is !== 'unlinked' || !isBegun(seen.snapshot, owner.backup)) return undefined;
  const { name } = owner.backup.metadata;
  const message = `${describeRef(seen.subject)} is half of a new pair that VMBackup ${name} will use`;
  return found(seen, 'ReplacementMade', message);
}

function backupUnknown(seen: SeenContentMissing): Finding {
  const message = `${describeLoss(seen)}, and nothing records which backup it was created from`;
  return found(seen, seen.neighbours?.owner.is === 'vmbackup' ? 'ContentMissing' : 'ContentLost', message);
}

function guestClusters(seen: WithBackup): Finding | undefined {
  if (seen.neighbours.owner.is !== 'guest-cluster') return undefined;
  return found(seen, 'GuestClusterBackup', 'the pair belongs to a guest cluster’s remote backup or restore');
}

function backupNotThere(seen: WithBackup): Finding | undefined {
  if (seen.backup.is !== 'unknown') return undefined;
  const { reason, detail } = seen.backup.absence;
  return found(seen, reason === 'BackupNotSynced' ? reason : 'TargetAway', `${describeLoss(seen)}; ${detail}`);
}

function backupUnusable(seen: WithBackup): Finding | undefined {
  if (seen.backup.is !== 'absent') return undefined;
  const { reason, detail } = seen.backup.trouble;
  return found(seen, reason, `${describeLoss(seen)}, and ${detail}`, {
    command: commandFor(reason, seen.backupName),
    about: ref('Backup', seen.backupName, names.LONGHORN_NAMESPACE),
  });
}

function swapUnfinished(seen: WithFound): Finding | undefined {
  const { snapshot, note, backupName, backup, neighbours } = seen;
  if (note === undefined || note === 'unreadable') return undefined;
  const { owner } = neighbours;
  const isRecorded = 'entry' in owner && owner.entry?.longhornBackupName === backupName;
  // If no VMBackup records the backup, the snapshot must have been bound to this content. Otherwise the right to
  // annotate
  // snapshots would give access to any backup.
  const had =
    isRecorded || snapshot.status?.boundVolumeSnapshotContentName === snapshot.spec.source.volumeSnapshotContentName;
  const fits =
    had &&
    note.backup === backupName &&
    note.content.spec.source.snapshotHandle === backupHandle(backup.facts.volume, backupName);
  const living = (note.content.metadata.ownerReferences ?? []).every((o) => isLivingOwner(o.uid, neighbours));
  if (!fits || !living) {
    const message = `${describeLoss(seen)}; the note of an unfinished swap does not match the backup or the owner`;
    return found(seen, 'NoteUnusable', message);
  }
  return found(seen, 'FinishSwap', `${describeLoss(seen)}; its swap was not finished`, {
    actions: [{ do: 'create', object: note.content }, removeNote(snapshot)],
  });
}

function restoreWaiting(seen: WithFound): Finding | undefined {
  const { snapshot, backup, backupName, neighbours } = seen;
  const { owner, backupVolumes, claims } = neighbours;
  if (owner.is !== 'restore' || owner.restore.status?.complete === true || isDeleting(owner.restore)) return undefined;
  const { volume } = backup.facts;
  const lost = describeLoss(seen);
  const trouble = judgeBackupVolumes(backup.facts, backup.backup, backupVolumes);
  if (trouble !== undefined) {
    const about = ref('BackupVolume', backupVolumes[0]?.metadata.name ?? volume, names.LONGHORN_NAMESPACE);
    const command = commandFor(trouble.reason, volume);
    return found(seen, trouble.reason, `${lost}, and ${trouble.detail}`, { about, command });
  }
  const contentName = snapshot.spec.source.volumeSnapshotContentName ?? '';
  if (!names.fitsName(contentName)) return found(seen, 'NameTooLong', `${lost}; the name of the content is too long`);
  const reference = snapshot.metadata.ownerReferences?.find((o) => o.uid === owner.restore.metadata.uid);
  if (reference === undefined || claims.some((c) => !isPending(c))) return undefined;
  const { controller: _c, blockOwnerDeletion: _b, ...restore } = reference;
  const message = `${lost}; VirtualMachineRestore ${owner.restore.metadata.name} is waiting for it`;
  const actions = recreateForRestore(snapshot, restore, { volume, backup: backupName });
  return found(seen, 'RecreateContent', message, { actions });
}

function ownerIsFinished(seen: WithFound): Finding | undefined {
  const finished = ownerFinished(seen.neighbours);
  return finished && found(seen, ...finished);
}

/** rebuild-snapshot recreates only what a volume of a VMBackup uses; anything else is lost. */
function leftToOthers(seen: WithFound): Finding {
  const reason = seen.neighbours.owner.is === 'vmbackup' ? 'ContentMissing' : 'ContentLost';
  return found(seen, reason, `${describeLoss(seen)}; its backup ${seen.backupName} is on the target`);
}

const describeLoss = ({ subject, snapshot }: SeenContentMissing): string =>
  `${describeRef(subject)} needs VolumeSnapshotContent ${snapshot.spec.source.volumeSnapshotContentName}, which does not exist`;

/** Whether the snapshot has the name of a replacement for a pair that the VMBackup uses. */
const isBegun = ({ metadata }: Snapshot, backup: VMBackup): boolean =>
  entriesOf(backup).some(({ name }) => name && names.revisedName(name) === metadata.name);

function isLivingOwner(uid: string, { owner }: Neighbours): boolean {
  if ('backup' in owner) return owner.backup.metadata.uid === uid;
  return owner.is === 'restore' && owner.restore.metadata.uid === uid;
}
