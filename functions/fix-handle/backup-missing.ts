import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { BackupTrouble } from '../../shared/chain/longhorn-backup.ts';
import type { ContentJudgment } from '../../shared/chain/content.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { Absence } from '../../shared/chain/target.ts';
import { judgeAbsence } from '../../shared/chain/target.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Seen } from './observe.ts';
import { commandFor, found, show, troubled } from './findings.ts';
import { ownerFinished, ownerDeleting, superseded } from './blockers.ts';

/** A content whose Backup is not there, or in trouble: nothing tells its right handle. */
export function backupMissing(
  seen: Seen,
  content: Content,
  judged: Extract<ContentJudgment, { handle: unknown }>,
  facts: BackupTrouble,
): Finding | Finding[] {
  if (isDeleting(content)) return found(seen, 'ContentDeleting', `${describeRef(seen.subject)} is being deleted`);
  const over = seen.neighbours && ownerFinished(seen.neighbours);
  if (over !== undefined) return found(seen, ...over);
  const former = seen.neighbours?.owner.is === 'unlinked' ? seen.neighbours.owner : undefined;
  if (former !== undefined && isDeleting(former.backup)) return found(seen, ...ownerDeleting(former));
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

/** Why the Backup is not there, where that need not mean that it is missing. */
export function absenceOf({ backup, target, neighbours }: Seen): Absence | undefined {
  if (backup !== undefined || neighbours === undefined) return undefined;
  const { owner, backupVolumes } = neighbours;
  return judgeAbsence(target, backupVolumes, 'backup' in owner ? owner.backup : undefined);
}
