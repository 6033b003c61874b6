import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import {
  backupVolumes,
  longhornBackup,
  missingClass,
  vmBackupNaming,
  vmBackupsNaming,
} from '../../shared/chain/queries.ts';
import { entriesOf, isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import type { UnreadableObject } from '../../shared/chain/unreadable.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import { controllerContentName } from '../../shared/chain/lookup.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { unsettledBackups } from '../../shared/chain/schedules.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type {
  Backup,
  BackupTarget,
  BackupVolume,
  Claim,
  Content,
  Snapshot,
  VMBackup,
  VolumeEntry,
} from '../../shared/objects/types.ts';
import type { Loss, Pair } from './loss.ts';
import { lossOf, isLoss } from './loss.ts';
import { classFor } from './actions.ts';

/** One VMBackup and the pairs of its volumes. */
export interface Seen {
  readonly subject: Ref;
  readonly backup?: VMBackup | undefined;
  readonly volumes: readonly SeenVolume[];
  /** Why no snapshot that a schedule's VMBackup controls may be touched: its Backups that are not final, or not there. */
  readonly unsettled: readonly Unsettled[];
}

export interface SeenVolume {
  readonly entry: VolumeEntry;
  readonly pair: Pair;
  readonly fault: Loss;
  /** Read only where something is lost and the VMBackup records what it was. */
  readonly source?: Source | undefined;
  /** What cannot be read of this volume. Nothing else is known of it then, and it is left as it is. */
  readonly odd?: UnreadableObject | undefined;
}

export interface Source {
  readonly backupName: string;
  readonly backup?: Backup | undefined;
  readonly backupVolumes: readonly BackupVolume[];
  /** Read only where the Backup is not there. */
  readonly target?: BackupTarget | undefined;
  /** The claim that a lost content would be taken of anew. */
  readonly claim?: Claim | undefined;
  /** What already stands under the names of a pair beside this one. */
  readonly beside: { readonly snapshot?: Snapshot | undefined; readonly content?: Content | undefined };
  /** VMBackups, this one too, of which a volume names the snapshot: with more than one it cannot be told whose data it was. */
  readonly users: readonly string[];
  /** The VMBackup of which some volume uses the name of that pair already. */
  readonly besideUsedBy?: string | undefined;
  /** The VolumeSnapshotClass a new pair would name, where there is none of that name. */
  readonly missingClass?: string | undefined;
}

/** A VMBackup whose pairs are there costs two reads a volume; only a loss is looked into. */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  if (backup === undefined) return { subject, volumes: [], unsettled: [] };
  const volumes: SeenVolume[] = [];
  for (const entry of entriesOf(backup)) {
    const seen = await orUnreadable(
      () => observeVolume(reader, backup, entry),
      (odd) => ({ ...blank(backup, entry), odd }),
    );
    volumes.push(seen);
  }
  const lost = volumes.some(({ fault }) => isLoss(fault));
  return { subject, backup, volumes, unsettled: lost ? await unsettledBackups(reader, backup) : [] };
}

async function observeVolume(reader: Reader, owner: VMBackup, entry: VolumeEntry): Promise<SeenVolume> {
  const { namespace } = owner.metadata;
  const name = entry.name ?? '';
  if (!isOurs(entry)) return blank(owner, entry);
  const snapshot = await reader.get('VolumeSnapshot', name, namespace);
  const contentName = controllerContentName(name, snapshot);
  const content = await reader.get('VolumeSnapshotContent', contentName);
  const pair = { name, namespace, snapshot, contentName, content };
  const fault = lossOf(pair);
  const backupName = entry.longhornBackupName;
  if (!isLoss(fault) || !backupName) return { entry, pair, fault };

  const backup = await longhornBackup(reader, backupName);
  const volume = backup === undefined ? entry.persistentVolumeClaim?.spec?.volumeName : backup.status?.volumeName;
  const claimName = snapshot?.spec.source.persistentVolumeClaimName;
  const revised = names.revisedName(name);
  const source: Source = {
    backupName,
    backup,
    backupVolumes: volume ? await backupVolumes(reader, volume) : [],
    target:
      backup === undefined
        ? await reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE)
        : undefined,
    claim: claimName ? await reader.get('PersistentVolumeClaim', claimName, namespace) : undefined,
    beside: {
      snapshot: await reader.get('VolumeSnapshot', revised, namespace),
      content: await reader.get('VolumeSnapshotContent', names.contentName(revised)),
    },
    users: await usersOf(reader, namespace, name),
    besideUsedBy: await vmBackupNaming(reader, namespace, revised),
    missingClass: await missingClass(
      reader,
      (fault === 'taken-lost' ? undefined : (snapshot ?? content)?.spec.volumeSnapshotClassName) ??
        classFor(owner, entry),
    ),
  };
  return { entry, pair, fault, source };
}

/** A volume of which nothing has been read. */
function blank({ metadata: { namespace } }: VMBackup, entry: VolumeEntry): SeenVolume {
  return { entry, pair: { name: entry.name ?? '', namespace, contentName: '' }, fault: 'none' };
}

async function usersOf(reader: Reader, namespace: string, snapshot: string): Promise<string[]> {
  const users: string[] = [];
  for await (const backup of vmBackupsNaming(reader, namespace, snapshot))
    for (const entry of entriesOf(backup)) if (entry.name === snapshot) users.push(backup.metadata.name);
  return users;
}

/** A volume with a snapshot of Longhorn's driver. */
export const isOurs = ({ name, csiDriverName }: VolumeEntry): boolean =>
  Boolean(name) && isOnLonghorn({ csiDriverName });
