import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeBackup, judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { Backup, Snapshot, VMBackup } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Neighbours, Seen } from './observe.ts';
import { commandFor, found } from './findings.ts';
import { recreateForRestore, removeNote } from './actions.ts';
import { absenceOf } from './backup-missing.ts';
import { ownerFinished } from './blockers.ts';

/** A snapshot whose content is not there. */
export function contentMissing(seen: Seen, snapshot: Snapshot): Finding {
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
  const over = ownerFinished(neighbours);
  if (over !== undefined) return found(seen, ...over);
  // Only what a VMBackup volume uses is rebuild-snapshot's to make anew.
  const reason = owner.is === 'vmbackup' ? 'ContentMissing' : 'ContentLost';
  return found(seen, reason, `${lost}; its backup ${backupName} is on the target`);
}

/** The name that a pair beside one that the VMBackup uses is given. */
const isBegun = ({ metadata }: Snapshot, backup: VMBackup): boolean =>
  entriesOf(backup).some(({ name }) => name && names.revisedName(name) === metadata.name);

function isLivingOwner(uid: string, { owner }: Neighbours): boolean {
  if ('backup' in owner) return owner.backup.metadata.uid === uid;
  return owner.is === 'restore' && owner.restore.metadata.uid === uid;
}
