import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { LinkedOwner } from './owner.ts';
import { describeInProgress } from '../../shared/chain/in-progress.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Neighbours, SeenHandleWrong } from './observe.ts';
import type { Answer } from './blockers.ts';

interface Case extends Pick<SeenHandleWrong, 'content' | 'neighbours'> {
  readonly owner: LinkedOwner;
  readonly expected: string;
}

const checks: readonly Check<Case, Answer>[] = [
  vmBackupNotReady, // Harvester may be writing to it
  restoreInProgress, // the restore would read the old names after the switch
  claimWaiting, // a claim reads from the old snapshot, and would hang
  nameTooLong, // the name of the replacement would not be valid
  nameTaken, // another object has the name of the replacement
];

/** Why no replacement pair can be created beside this one; `undefined` if it can (docs/adr/0002). */
export const whyNotBeside = (
  { content, neighbours }: SeenHandleWrong,
  owner: LinkedOwner,
  expected: string,
): Answer | undefined => firstAnswer(checks, { content, neighbours, owner, expected });

function vmBackupNotReady({ owner: { backup } }: Case): Answer | undefined {
  if (backup.status?.readyToUse === true && backup.status.source) return undefined;
  return ['VMBackupNotReady', `VMBackup ${backup.metadata.name} is not ready`];
}

function restoreInProgress({ owner: { restores } }: Case): Answer | undefined {
  if (restores.length === 0) return undefined;
  const command = restores.find(({ command: shown }) => shown !== undefined)?.command;
  return ['RestoreInProgress', `restore ${describeInProgress(restores)} is in progress`, { command }];
}

function claimWaiting({ neighbours }: Case): Answer | undefined {
  const waiting = neighbours.claims.filter(isPending);
  if (waiting.length === 0) return undefined;
  return ['ClaimPending', `claim ${waiting.map((c) => c.metadata.name).join(', ')} is waiting for it`];
}

function nameTooLong({ content }: Case): Answer | undefined {
  const snapshotName = content.spec.volumeSnapshotRef.name;
  if (names.canRevise(snapshotName)) return undefined;
  return ['NameTooLong', `the name ${names.contentName(names.revisedName(snapshotName))} is too long`];
}

function nameTaken({ neighbours, owner, expected }: Case): Answer | undefined {
  const obstacle = otherOccupant(neighbours.replacement, owner, expected);
  return obstacle === undefined ? undefined : ['RevisedNameTaken', obstacle];
}

/** Which object has a name of the replacement pair without being part of it. */
function otherOccupant(
  { snapshot, content, usedBy }: Neighbours['replacement'],
  owner: LinkedOwner,
  expected: string,
): string | undefined {
  // The other volume would use our pair as its own data.
  if (usedBy !== undefined) return `VMBackup ${usedBy} uses that name for one of its volumes`;
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
      // Bound to a former snapshot: a new snapshot of that name would not bind to it.
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
