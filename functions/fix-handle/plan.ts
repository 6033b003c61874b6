import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import {
  isDeleting,
  judgeBackup,
  judgeBackupVolumes,
  judgeContent,
  judgeHandle,
  pointsAt,
  rightHandle,
} from '../../shared/chain/judge.ts';
import { isPending } from '../../shared/chain/claims.ts';
import type { LinkedOwner, UnlinkedOwner } from '../../shared/chain/owner.ts';
import type { ContentJudgment } from '../../shared/chain/judge.ts';
import { describeInProgress } from '../../shared/chain/in-progress.ts';
import { toLetGo } from '../../shared/chain/link.ts';
import { entriesOf } from '../../shared/chain/read.ts';
import type { Absence } from '../../shared/chain/target.ts';
import { judgeAbsence } from '../../shared/chain/target.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { busySchedule } from '../../shared/chain/schedules.ts';
import type { BackupHandle } from '../../shared/domain/handle.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import type { Backup, Content, Snapshot, VMBackup } from '../../shared/objects/types.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Neighbours, Seen } from './observe.ts';
import type { Extra } from './findings.ts';
import { commandFor, found, handleRight, leftAlone, troubled } from './findings.ts';
import { createBeside, recreateForRestore, removeNote, swap, swapNote } from './procedures.ts';

/**
 * Decides what is to be done about one content's handle. Pure. Never touches what is not a pre-provisioned content of
 * Longhorn's driver; never plans a deletion without the Retain before it.
 */
export function plan(seen: Seen, config: Config): Plan {
  return { findings: [decide(seen, config)].flat() };
}

function decide(seen: Seen, config: Config): Finding | Finding[] {
  const { content, snapshot } = seen;
  if (content === undefined) return snapshot === undefined ? gone(seen) : missing(seen, snapshot);
  const judged = judgeContent(content);
  if ('reason' in judged) return leftAlone(seen, content, judged);
  const facts = judgeBackup(judged.handle.backup, seen.backup);
  if ('reason' in facts) {
    if (isDeleting(content)) return found(seen, 'ContentDeleting', `${subjectOf(seen)} is being deleted`);
    const over = seen.neighbours && overAndDone(seen.neighbours);
    if (over !== undefined) return found(seen, ...over);
    const former = seen.neighbours?.owner.is === 'unlinked' ? seen.neighbours.owner : undefined;
    if (former !== undefined && isDeleting(former.backup)) return found(seen, ...goingWith(former));
    if (former?.supersededBy !== undefined && !seen.neighbours?.claims.some(isPending))
      return found(seen, ...superseded(former));
    const unused = former === undefined ? '' : `; VMBackup ${former.backup.metadata.name} owns it and does not use it`;
    const says = `the handle is ${judged.text}, but ${facts.detail}${unused}`;
    const entry = seen.neighbours?.owner.is === 'vmbackup' ? seen.neighbours.owner.entry : undefined;
    const recorded = entry?.longhornBackupName;
    if (facts.reason === 'BackupMissing' && recorded && recorded !== judged.handle.backup) {
      const other = `${says}, and the VMBackup records backup ${recorded} for volume ${entry.volumeName}`;
      return found(seen, 'BackupMismatch', other, { command: show(content) });
    }
    const absence = absenceOf(seen);
    if (absence?.reason === 'BackupNotSynced')
      return found(seen, absence.reason, `the handle is ${judged.text}; ${absence.detail}`, {
        about: ref('Backup', judged.handle.backup, names.LONGHORN_NAMESPACE),
      });
    if (absence !== undefined)
      return found(seen, 'NotVerifiable', `whether ${judged.text} is right cannot be told: ${absence.detail}`);
    const volume = entry?.persistentVolumeClaim?.spec?.volumeName ?? undefined;
    const lost = facts.reason === 'BackupMissing' && volume !== undefined && recorded;
    if (!lost) return troubled(seen, judged, facts, says);
    const cause = found(seen, facts.reason, says, {
      command: commandFor(facts.reason, judged.handle.backup),
      about: ref('Backup', lost, names.LONGHORN_NAMESPACE),
    });
    if (volume === judged.handle.volume) return cause;
    const also = `the handle is ${judged.text}, and the VMBackup records volume ${volume}; it is put right when Longhorn has backup ${recorded} again`;
    return [cause, found(seen, 'HandleWrong', also, { command: show(content) })];
  }
  const verdict = judgeHandle(judged, facts);
  if (verdict !== 'wrong') return right(seen, content, verdict, judged.text);
  return wrong(seen, content, judged, facts.volume, config);
}

function gone(seen: Seen): Finding {
  return found(seen, 'ContentGone', `${describeRef(seen.subject)} does not exist`);
}

function right(seen: Seen, content: Content, reason: 'HandleRight' | 'LegacyScheme', text: string): Finding {
  if (isDeleting(content)) return found(seen, ...inDeletion(seen, content));
  const { snapshot, note } = seen;
  const standsIn = snapshot !== undefined && note !== undefined && pointsAt(snapshot, content) && !isDeleting(snapshot);
  if (standsIn && content.spec.volumeSnapshotRef.uid === snapshot.metadata.uid) {
    return found(seen, 'ClearNote', `${text} is right; the note of the swap is no longer needed`, {
      actions: [removeNote(snapshot)],
    });
  }
  return handleRight(seen, reason, text);
}

/** A content that somebody else deletes; it only goes once its snapshot is deleted too. */
function inDeletion({ snapshot }: Seen, content: Content): Blocked {
  if (snapshot === undefined || isDeleting(snapshot) || !pointsAt(snapshot, content)) {
    return ['ContentDeleting', 'it is being deleted by somebody else'];
  }
  const where = `${snapshot.metadata.namespace}/${snapshot.metadata.name}`;
  return [
    'ContentStuck',
    `it is in deletion, on ${content.spec.deletionPolicy}, while its snapshot ${where} lives`,
    { command: toLetGo(content) },
  ];
}

/** A snapshot whose content is not there. */
function missing(seen: Seen, snapshot: Snapshot): Finding {
  const contentName = snapshot.spec.source.volumeSnapshotContentName;
  if (!contentName)
    return found(
      seen,
      'DynamicContent',
      'the snapshot was taken here; its content is Longhorn’s and Kubernetes’ own matter',
    );
  if (isDeleting(snapshot)) return found(seen, 'SnapshotDeleting', `${describeRef(seen.subject)} is being deleted`);
  const { note, backupName, neighbours } = seen;
  const lost = `${describeRef(seen.subject)} needs VolumeSnapshotContent ${contentName}, which does not exist`;
  if (note === 'unreadable') return found(seen, 'NoteUnusable', `${lost}; the note of a swap cannot be read`);
  if (neighbours?.owner.is === 'unlinked' && isBegun(snapshot, neighbours.owner.backup)) {
    const { name } = neighbours.owner.backup.metadata;
    return found(
      seen,
      'ReplacementMade',
      `${describeRef(seen.subject)} is the beginning of a pair that VMBackup ${name} is to use`,
    );
  }
  if (backupName === undefined || neighbours === undefined) {
    const message = `${lost}, and nothing tells which backup it was made from`;
    return found(seen, neighbours?.owner.is === 'vmbackup' ? 'ContentMissing' : 'ContentLost', message);
  }
  const { owner } = neighbours;
  if (owner.is === 'guest-cluster')
    return found(seen, 'GuestClusterBackup', 'the pair belongs to a guest cluster’s remote backup or restore');
  const absence = absenceOf(seen);
  if (absence !== undefined) {
    const reason = absence.reason === 'BackupNotSynced' ? absence.reason : 'TargetAway';
    return found(seen, reason, `${lost}; ${absence.detail}`);
  }
  const facts = judgeBackup(backupName, seen.backup);
  if ('reason' in facts)
    return found(seen, facts.reason, `${lost}, and ${facts.detail}`, {
      command: commandFor(facts.reason, backupName),
      about: ref('Backup', backupName, names.LONGHORN_NAMESPACE),
    });
  const right = { volume: facts.volume, backup: backupName };
  if (note !== undefined) {
    const recorded = 'entry' in owner && owner.entry?.longhornBackupName === backupName;
    // Where nothing else knows the backup, the snapshot must at least have had this content: whoever may annotate
    // snapshots must not be able to ask for anybody's data.
    const had = recorded || snapshot.status?.boundVolumeSnapshotContentName === contentName;
    const fits =
      had &&
      note.backup === backupName &&
      note.content.spec.source.snapshotHandle === `bak://${right.volume}/${right.backup}`;
    const living = (note.content.metadata.ownerReferences ?? []).every((o) => isLivingOwner(o.uid, neighbours));
    if (!fits || !living)
      return found(
        seen,
        'NoteUnusable',
        `${lost}; the note of an unfinished swap does not fit the backup or its owner`,
      );
    return found(seen, 'FinishSwap', `${lost}: a swap of it was not finished`, {
      actions: [{ do: 'create', object: note.content }, removeNote(snapshot)],
    });
  }
  if (owner.is === 'restore' && owner.restore.status?.complete !== true && !isDeleting(owner.restore)) {
    const trouble = judgeBackupVolumes(facts, seen.backup as Backup, neighbours.backupVolumes);
    if (trouble !== undefined) {
      const about = ref(
        'BackupVolume',
        neighbours.backupVolumes[0]?.metadata.name ?? facts.volume,
        names.LONGHORN_NAMESPACE,
      );
      const command = commandFor(trouble.reason, facts.volume);
      return found(seen, trouble.reason, `${lost}, and ${trouble.detail}`, { about, command });
    }
    const reference = snapshot.metadata.ownerReferences?.find((o) => o.uid === owner.restore.metadata.uid);
    if (!names.isName(contentName)) return found(seen, 'NameTooLong', `${lost}; that is too long a name`);
    if (reference !== undefined && !neighbours.claims.some((c) => !isPending(c))) {
      const { controller: _c, blockOwnerDeletion: _b, ...restore } = reference;
      return found(
        seen,
        'RecreateContent',
        `${lost}; VirtualMachineRestore ${owner.restore.metadata.name} is waiting for it`,
        {
          actions: recreateForRestore(snapshot, restore, right),
        },
      );
    }
  }
  const over = overAndDone(neighbours);
  if (over !== undefined) return found(seen, ...over);
  // Only what a VMBackup volume uses is rebuild-snapshot's to make anew.
  const reason = owner.is === 'vmbackup' ? 'ContentMissing' : 'ContentLost';
  return found(seen, reason, `${lost}; its backup ${backupName} is on the target`);
}

/** Why the Backup is not there, where that need not mean that it is missing. */
function absenceOf({ backup, target, neighbours }: Seen): Absence | undefined {
  if (backup !== undefined || neighbours === undefined) return undefined;
  const { owner, backupVolumes } = neighbours;
  return judgeAbsence(target, backupVolumes, 'backup' in owner ? owner.backup : undefined);
}

/** The name that a pair beside one that the VMBackup uses is given. */
const isBegun = ({ metadata }: Snapshot, backup: VMBackup): boolean =>
  entriesOf(backup).some(({ name }) => name && names.revisedName(name) === metadata.name);

function isLivingOwner(uid: string, { owner }: Neighbours): boolean {
  if ('backup' in owner) return owner.backup.metadata.uid === uid;
  return owner.is === 'restore' && owner.restore.metadata.uid === uid;
}

function wrong(
  seen: Seen,
  content: Content,
  { handle, reported }: Extract<ContentJudgment, { handle: unknown }>,
  volume: string,
  config: Config,
): Finding {
  const { snapshot, neighbours, note } = seen;
  const text = content.spec.source.snapshotHandle ?? '';
  const expected = rightHandle(handle, { volume });
  const says =
    handle.volume === volume
      ? `the handle is ${text}, but ${reported} in the status, which restores and deletions go by`
      : `the handle is ${text}, but backup ${handle.backup} is of Longhorn volume ${volume}`;
  const with_ = (reason: Reason, message: string, more: Extra = {}) =>
    found(seen, reason, `${says}; ${message}`, { ...more, facts: { handle: text, expected, ...more.facts } });

  if (neighbours === undefined) return with_('SnapshotNotThere', 'its neighbours were not read');
  const { owner, claims } = neighbours;
  const mine = note !== undefined && note !== 'unreadable' && note.uid === content.metadata.uid;
  const over = overAndDone(neighbours);
  if (over !== undefined) return with_(...over);
  if (isDeleting(content) && !mine) return with_(...inDeletion(seen, content));
  if (snapshot !== undefined && isDeleting(snapshot))
    return with_('SnapshotDeleting', `its snapshot ${snapshot.metadata.name} is being deleted`);
  if (snapshot !== undefined && !pointsAt(snapshot, content)) {
    return with_(
      'Misbound',
      `its snapshot uses ${snapshot.spec.source.volumeSnapshotContentName ?? 'a claim'} instead`,
    );
  }

  switch (owner.is) {
    case 'guest-cluster':
      return with_('GuestClusterBackup', 'the pair belongs to a guest cluster’s remote backup or restore');
    case 'unknown':
      return with_('OwnedByOther', `it is owned by ${owner.owner}`);
    case 'gone':
      return with_('OwnerGone', `its owner ${owner.owner} no longer exists under that uid`, {
        command: `kubectl patch volumesnapshotcontent ${content.metadata.name} --type=merge -p '{"spec":{"deletionPolicy":"Retain"}}'`,
      });
    case 'ambiguous':
      return with_('AmbiguousOwner', `VMBackups ${owner.backups.join(', ')} name this snapshot`);
    case 'unlinked':
      if (isDeleting(owner.backup)) return with_(...goingWith(owner));
      if (owner.supersededBy !== undefined && !claims.some(isPending)) return with_(...superseded(owner));
      if (owner.unsettled.length > 0) return with_(...busy(owner.backup, owner.unsettled));
      break;
    case 'vmbackup': {
      const blocked = blockedByBackup(owner, handle);
      if (blocked !== undefined) return with_(...blocked);
      break;
    }
    case 'restore':
    case 'restore-gone':
    case 'nobody':
      break;
  }

  const entry = 'entry' in owner ? owner.entry : undefined;
  if (owner.is === 'restore' && entry?.longhornBackupName && entry.longhornBackupName !== handle.backup) {
    return with_(
      'BackupMismatch',
      `the VMBackup records backup ${entry.longhornBackupName} for volume ${entry.volumeName}`,
    );
  }
  const recorded = entry?.persistentVolumeClaim?.spec?.volumeName;
  if (recorded && recorded !== volume)
    return with_('VolumeMismatch', `the VMBackup records volume ${recorded} for ${entry.volumeName}`);
  const trouble = judgeBackupVolumes({ volume }, seen.backup as Backup, neighbours.backupVolumes);
  if (trouble !== undefined)
    return with_(trouble.reason, trouble.detail, { command: commandFor(trouble.reason, volume) });

  if (neighbours.missingClass !== undefined) {
    return with_('SnapshotClassMissing', `there is no VolumeSnapshotClass ${neighbours.missingClass}`, {
      command: 'kubectl get volumesnapshotclasses',
    });
  }

  const right = { volume, backup: handle.backup };
  const beside = owner.is === 'vmbackup' ? canCreateBeside(owner, content, seen, config, expected) : ('swap' as const);
  if (typeof beside === 'object') return with_(...beside);
  if (beside === 'create' && owner.is === 'vmbackup') {
    const actions = createBeside(content, owner, right, neighbours.replacement);
    if (actions.length === 0)
      return with_(
        'ReplacementMade',
        `the pair ${names.revisedName(content.spec.volumeSnapshotRef.name)} with ${expected} exists`,
      );
    return with_('ReplacePair', `a pair with ${expected} is created beside it`, { actions });
  }

  if (config.procedure === 'create')
    return with_('SwapNotAllowed', 'it can only be swapped, and the policy is "create"');
  if (snapshot === undefined) {
    return with_(
      'SnapshotNotThere',
      `its snapshot ${content.spec.volumeSnapshotRef.namespace}/${content.spec.volumeSnapshotRef.name} does not exist`,
    );
  }
  const foreign = (content.metadata.finalizers ?? []).filter((f) => f !== names.BOUND_CONTENT_FINALIZER);
  if (foreign.length > 0) return with_('ForeignFinalizer', `finalizer ${foreign.join(', ')} holds it`);
  const next = swapNote(content, snapshot, owner, right, note);
  return with_(mine ? 'FinishSwap' : 'SwapContent', `the content is created anew with ${expected}`, {
    actions: swap(content, snapshot, next, note),
  });
}

/** Pairs of restores that no longer need them: a wrong handle or a lost backup behind those hurts nobody. */
function overAndDone({ owner, claims }: Neighbours): Blocked | undefined {
  if (owner.is === 'restore-gone') return ['RestoreGone', `${owner.owner} is gone`];
  if (owner.is !== 'restore') return undefined;
  const restore = `VirtualMachineRestore ${owner.restore.metadata.name}`;
  if (isDeleting(owner.restore)) return ['RestoreDeleting', `${restore} is being deleted`];
  if (owner.restore.status?.complete === true) return ['RestoreComplete', `${restore} is complete`];
  if (claims.length > 0 && !claims.some(isPending)) return ['RestoreVolumeBound', 'its claim is bound already'];
  return undefined;
}

type Blocked = [reason: Reason, message: string, more?: Extra];

const goingWith = ({ backup }: UnlinkedOwner): Blocked => [
  'VMBackupDeleting',
  `VMBackup ${backup.metadata.name} is being deleted`,
];
const superseded = ({ backup, supersededBy }: UnlinkedOwner): Blocked => [
  'Superseded',
  `VMBackup ${backup.metadata.name} uses ${supersededBy} instead`,
];

/** What speaks against touching a VMBackup's pair at all, whichever way. */
function blockedByBackup({ backup, entry, unsettled }: LinkedOwner, handle: BackupHandle): Blocked | undefined {
  const { name, namespace } = backup.metadata;
  if (isDeleting(backup)) return ['VMBackupDeleting', `VMBackup ${name} is being deleted`];
  if ((backup.spec.type || 'backup') !== 'backup')
    return ['SnapshotTypeBackup', `VMBackup ${name} is of type ${backup.spec.type}`];
  if (!entry.longhornBackupName) {
    return [
      'NoLonghornBackupName',
      `volume ${entry.volumeName} of VMBackup ${name} does not record its backup`,
      {
        command: `kubectl get virtualmachinebackup ${name} -n ${namespace} -o jsonpath='{.status.volumeBackups[*].longhornBackupName}'`,
      },
    ];
  }
  if (entry.longhornBackupName !== handle.backup) {
    return [
      'BackupMismatch',
      `VMBackup ${name} records backup ${entry.longhornBackupName} for volume ${entry.volumeName}`,
    ];
  }
  if (unsettled.length > 0) return busy(backup, unsettled);
  // A swap makes the snapshot not ready for a moment; a VMBackup that is not ready takes that for an error of its own,
  // and a schedule counts errors.
  const scheduled = backup.metadata.annotations?.[names.SCHEDULE_ANNOTATION];
  if (scheduled && backup.status?.readyToUse !== true)
    return ['ScheduledBackupBusy', `VMBackup ${name} of schedule ${scheduled} is not ready`];
  return undefined;
}

function busy(backup: VMBackup, unsettled: readonly Unsettled[]): Blocked {
  const { reason, message, command } = busySchedule(backup, unsettled);
  return [reason, message, command === undefined ? {} : { command }];
}

/** Whether the pair is to be replaced by one beside it (`create`), swapped, or left with a reason (docs/adr/0002). */
function canCreateBeside(
  owner: LinkedOwner,
  content: Content,
  seen: Seen,
  config: Config,
  expected: string,
): 'create' | 'swap' | Blocked {
  const { backup, restores } = owner;
  const { name } = backup.metadata;
  const snapshotName = content.spec.volumeSnapshotRef.name;
  // A swap that was begun is finished as a swap.
  const begun = seen.note !== undefined && seen.note !== 'unreadable' && seen.note.uid === content.metadata.uid;
  if (config.procedure === 'swap' || begun) return 'swap';
  const instead = (...blocked: Blocked): 'swap' | Blocked => (config.procedure === 'create' ? blocked : 'swap');

  if (backup.status?.readyToUse !== true || !backup.status.source)
    return instead('VMBackupNotReady', `VMBackup ${name} is not ready`);
  if (restores.length > 0)
    return instead('RestoreInProgress', `restore ${describeInProgress(restores)} is in progress`, {
      command: restores.find(({ command }) => command !== undefined)?.command,
    });
  const waiting = seen.neighbours?.claims.filter(isPending) ?? [];
  if (waiting.length > 0)
    return instead('ClaimPending', `claim ${waiting.map((c) => c.metadata.name).join(', ')} is waiting for it`);
  if (!names.canRevise(snapshotName))
    return instead('NameTooLong', `${names.contentName(names.revisedName(snapshotName))} is too long a name`);
  const taken = takenBy(seen.neighbours?.replacement, owner, expected);
  if (taken !== undefined) return instead('RevisedNameTaken', taken);
  return 'create';
}

/** Something stands under a name of the replacement pair that is not (a part of) the right pair. */
function takenBy(
  replacement: Neighbours['replacement'] | undefined,
  owner: LinkedOwner,
  expected: string,
): string | undefined {
  const { snapshot, content, usedBy } = replacement ?? {};
  // A claim may be called so: what is made there would be taken for that volume's data.
  if (usedBy !== undefined) return `VMBackup ${usedBy} uses that name for a volume of its own`;
  if (content !== undefined) {
    const { volumeSnapshotRef } = content.spec;
    const judged = judgeContent(content);
    const fits =
      !('reason' in judged) &&
      judged.reported === undefined &&
      backupHandle(judged.handle.volume, judged.handle.backup) === expected &&
      volumeSnapshotRef.namespace === owner.backup.metadata.namespace &&
      names.contentName(volumeSnapshotRef.name) === content.metadata.name &&
      (!volumeSnapshotRef.uid || snapshot === undefined || volumeSnapshotRef.uid === snapshot.metadata.uid) &&
      // Bound once to a snapshot that is gone: a new snapshot of that name would not bind to it.
      !(volumeSnapshotRef.uid && snapshot === undefined) &&
      !isDeleting(content);
    if (!fits) return `VolumeSnapshotContent ${content.metadata.name} exists and is not the replacement`;
  }
  if (snapshot !== undefined) {
    const owned = (snapshot.metadata.ownerReferences ?? []).some((o) => o.uid === owner.backup.metadata.uid);
    const fits =
      owned &&
      !isDeleting(snapshot) &&
      snapshot.spec.source.volumeSnapshotContentName === names.contentName(snapshot.metadata.name);
    if (!fits) return `VolumeSnapshot ${snapshot.metadata.name} exists and is not the replacement`;
  }
  return undefined;
}

const show = ({ metadata }: Content): string => `kubectl get volumesnapshotcontent ${metadata.name} -o yaml`;
const subjectOf = (seen: Seen): string => describeRef(seen.subject);
