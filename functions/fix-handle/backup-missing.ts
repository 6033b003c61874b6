import { isDeleting } from '../../shared/chain/metadata.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { VolumeEntry } from '../../shared/objects/types.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { ownerDeleting, ownerFinished, superseded } from './blockers.ts';
import { commandFor, found, show, troubled } from './findings.ts';
import type { SeenBackupMissing } from './observe.ts';
import type { UnlinkedOwner } from './owner.ts';

const checks: readonly Check<SeenBackupMissing, Finding | Finding[]>[] = [
  goesAway, // a content in deletion is not repaired
  ownerIsFinished, // behind a finished restore a lost backup is no loss
  ownerGoesAway, // nor is it beside a VMBackup in deletion
  isSuperseded, // nor is it where the VMBackup uses another pair now
  namesAnotherBackup, // the handle may name the wrong backup: the VMBackup records the right one
  notListedYet, // Longhorn has yet to read it from the target
  targetAway, // without its target Longhorn knows no Backup at all
  lostBackupOfVMBackup, // reported about the Backup, which has to be recovered
];

/** A content whose Backup is missing or in trouble: the right handle cannot be derived. */
export const backupMissing = (seen: SeenBackupMissing): Finding | Finding[] =>
  firstAnswer(checks, seen) ?? backupInTrouble(seen);

function goesAway(seen: SeenBackupMissing): Finding | undefined {
  if (!isDeleting(seen.content)) return undefined;
  return found(seen, 'ContentDeleting', `${describeRef(seen.subject)} is being deleted`);
}

function ownerIsFinished(seen: SeenBackupMissing): Finding | undefined {
  const finished = ownerFinished(seen.neighbours);
  return finished && found(seen, ...finished);
}

function ownerGoesAway(seen: SeenBackupMissing): Finding | undefined {
  const former = formerOwner(seen);
  return former && isDeleting(former.backup) ? found(seen, ...ownerDeleting(former)) : undefined;
}

function isSuperseded(seen: SeenBackupMissing): Finding | undefined {
  const former = formerOwner(seen);
  if (former?.supersededBy === undefined || seen.neighbours.claims.some(isPending)) return undefined;
  return found(seen, ...superseded(former));
}

function namesAnotherBackup(seen: SeenBackupMissing): Finding | undefined {
  const { content, judged, backup } = seen;
  const entry = entryOf(seen);
  const recorded = entry?.longhornBackupName;
  if (!recorded || recorded === judged.handle.backup || !isMissing(backup)) return undefined;
  const message = `${describe(seen)}, and the VMBackup records backup ${recorded} for volume ${entry.volumeName}`;
  return found(seen, 'BackupMismatch', message, { command: show(content) });
}

function notListedYet(seen: SeenBackupMissing): Finding | undefined {
  const { judged, backup } = seen;
  if (backup.is !== 'unknown' || backup.absence.reason !== 'BackupNotSynced') return undefined;
  return found(seen, 'BackupNotSynced', `the handle is ${judged.text}; ${backup.absence.detail}`, {
    about: ref('Backup', judged.handle.backup, names.LONGHORN_NAMESPACE),
  });
}

function targetAway(seen: SeenBackupMissing): Finding | undefined {
  const { judged, backup } = seen;
  if (backup.is !== 'unknown') return undefined;
  const message = `${judged.text} cannot be verified: ${backup.absence.detail}`;
  return found(seen, 'NotVerifiable', message);
}

function lostBackupOfVMBackup(seen: SeenBackupMissing): Finding | Finding[] | undefined {
  const { content, judged, backup } = seen;
  const entry = entryOf(seen);
  const recorded = entry?.longhornBackupName;
  const volume = entry?.persistentVolumeClaim?.spec?.volumeName ?? undefined;
  if (backup.is !== 'absent' || backup.trouble.reason !== 'BackupMissing' || volume === undefined || !recorded)
    return undefined;
  const cause = found(seen, 'BackupMissing', describe(seen), {
    command: commandFor('BackupMissing', judged.handle.backup),
    about: ref('Backup', recorded, names.LONGHORN_NAMESPACE),
  });
  if (volume === judged.handle.volume) return cause;
  const also = `the handle is ${judged.text}, and the VMBackup records volume ${volume}; it can be repaired once Longhorn has backup ${recorded} again`;
  return [cause, found(seen, 'HandleWrong', also, { command: show(content) })];
}

function backupInTrouble(seen: SeenBackupMissing): Finding[] {
  const { backup, judged } = seen;
  return backup.is === 'absent' ? troubled(seen, judged, backup.trouble, describe(seen)) : [];
}

/** The VMBackup that owns the pair but does not use it. */
const formerOwner = ({ neighbours: { owner } }: SeenBackupMissing): UnlinkedOwner | undefined =>
  owner.is === 'unlinked' ? owner : undefined;

const entryOf = ({ neighbours: { owner } }: SeenBackupMissing): VolumeEntry | undefined =>
  owner.is === 'vmbackup' ? owner.entry : undefined;

const isMissing = (backup: SeenBackupMissing['backup']): boolean =>
  backup.is === 'unknown' || backup.trouble.reason === 'BackupMissing';

function describe(seen: SeenBackupMissing): string {
  const { backup, judged, backupName } = seen;
  const former = formerOwner(seen);
  const unused = former === undefined ? '' : `; VMBackup ${former.backup.metadata.name} owns it but does not use it`;
  const detail = backup.is === 'absent' ? backup.trouble.detail : `there is no Longhorn Backup ${backupName}`;
  return `the handle is ${judged.text}, but ${detail}${unused}`;
}
