import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { LinkedOwner } from './owner.ts';
import { describeInProgress } from '../../shared/chain/in-progress.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Config } from './config.ts';
import type { Neighbours, Seen } from './observe.ts';
import type { Blocked } from './blockers.ts';

/** Whether the pair is to be replaced by one beside it (`create`), swapped, or left with a reason (docs/adr/0002). */
export function canCreateBeside(
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
