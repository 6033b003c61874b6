import { listCommand, retainCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import { pointsAt } from '../../shared/chain/pair.ts';
import { rightHandle } from '../../shared/chain/content.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { ContentJudgment } from '../../shared/chain/content.ts';
import type { Backup, Content } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import type { Extra } from './findings.ts';
import { commandFor, found } from './findings.ts';
import { createBeside, swap, swapNote } from './actions.ts';
import { ownerFinished, blockedByBackup, inDeletion, ownerDeleting, superseded, scheduleBusy } from './blockers.ts';
import { canCreateBeside } from './can-replace.ts';

/** The handle names another volume than its Backup is of. */
export function wrong(
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
  const over = ownerFinished(neighbours);
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
        command: retainCommand(content.metadata.name),
      });
    case 'ambiguous':
      return with_('AmbiguousOwner', `VMBackups ${owner.backups.join(', ')} name this snapshot`);
    case 'unlinked':
      if (isDeleting(owner.backup)) return with_(...ownerDeleting(owner));
      if (owner.supersededBy !== undefined && !claims.some(isPending)) return with_(...superseded(owner));
      if (owner.unsettled.length > 0) return with_(...scheduleBusy(owner.backup, owner.unsettled));
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
      command: listCommand('VolumeSnapshotClass'),
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
