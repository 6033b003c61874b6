import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { ContentJudgment } from '../../shared/chain/content.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import type { BackupLookup } from '../../shared/chain/lookup.ts';
import { controllerContentName, lookUpBackup } from '../../shared/chain/lookup.ts';
import { backupVolumes, missingClass, vmBackupNaming, vmBackupsNaming } from '../../shared/chain/queries.ts';
import { entriesOf, isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import type { UnreadableObject } from '../../shared/chain/unreadable.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { unsettledBackups } from '../../shared/chain/schedules.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { BackupVolume, Claim, Content, Snapshot, VMBackup, VolumeEntry } from '../../shared/objects/types.ts';
import type { Loss, Pair } from './loss.ts';
import { lossOf, isLoss } from './loss.ts';
import { classFor } from './actions.ts';

/** One VMBackup and the pairs of its volumes. */
export interface Seen {
  readonly subject: Ref;
  readonly backup?: VMBackup | undefined;
  readonly volumes: readonly SeenVolume[];
  /**
   * Backups of a scheduled VMBackup that are missing or not final. With any of these, its snapshots must not be
   * touched.
   */
  readonly unsettled: readonly Unsettled[];
}

export interface SeenVolume {
  readonly entry: VolumeEntry;
  readonly pair: Pair;
  readonly loss: Loss;
  /** Read only if a part is lost and the VMBackup records its Longhorn Backup. */
  readonly source?: BackupSource | undefined;
  /** The object of this volume that cannot be read. The volume is skipped, and the other fields say nothing. */
  readonly unreadable?: UnreadableObject | undefined;
}

/** The source from which a lost pair would be recreated, and what may block that. */
export interface BackupSource {
  readonly backupName: string;
  /** The Longhorn Backup; only `found` proves a handle. */
  readonly lookup: BackupLookup;
  /** BackupVolumes of the volume of the Backup. Empty unless the Backup was found. */
  readonly backupVolumes: readonly BackupVolume[];
  /** Judgment of the remaining content, if there is one. */
  readonly judged?: ContentJudgment | undefined;
  /** The claim from which the snapshot controller would recreate a lost content. */
  readonly claim?: Claim | undefined;
  /** The objects that already have the names of a pair beside this one. */
  readonly beside: { readonly snapshot?: Snapshot | undefined; readonly content?: Content | undefined };
  /**
   * Every VMBackup, including this one, that names the snapshot. With more than one the owner of its data is not
   * certain.
   */
  readonly users: readonly string[];
  /** The VMBackup that already uses the name of that pair for one of its volumes. */
  readonly besideUsedBy?: string | undefined;
  /** Name of the VolumeSnapshotClass of a new pair, if that class does not exist. */
  readonly missingClass?: string | undefined;
}

/**
 * Reads what `plan` decides by; called for every subject that {@link route} or `triage` names. An intact VMBackup costs
 * two reads a volume; only a loss costs more. An object of one volume that cannot be read makes only that volume
 * `unreadable`.
 * @throws UnreadableError for the VMBackup itself and for what decides about all of its volumes; RetryableError,
 * TerminalError. Nothing is decided then.
 */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  if (backup === undefined) return { subject, volumes: [], unsettled: [] };
  const volumes: SeenVolume[] = [];
  for (const entry of entriesOf(backup)) {
    const seen = await orUnreadable(
      () => observeVolume(reader, backup, entry),
      (unreadable) => ({ ...blank(backup, entry), unreadable }),
    );
    volumes.push(seen);
  }
  const isAnyLost = volumes.some(({ loss }) => isLoss(loss));
  return { subject, backup, volumes, unsettled: isAnyLost ? await unsettledBackups(reader, backup) : [] };
}

async function observeVolume(reader: Reader, owner: VMBackup, entry: VolumeEntry): Promise<SeenVolume> {
  const { namespace } = owner.metadata;
  const name = entry.name ?? '';
  if (!isOurs(entry)) return blank(owner, entry);
  const snapshot = await reader.get('VolumeSnapshot', name, namespace);
  const contentName = controllerContentName(name, snapshot);
  const content = await reader.get('VolumeSnapshotContent', contentName);
  const pair = { name, namespace, snapshot, contentName, content };
  const loss = lossOf(pair);
  const backupName = entry.longhornBackupName;
  if (!isLoss(loss) || !backupName) return { entry, pair, loss };
  return { entry, pair, loss, source: await observeSource(reader, owner, { entry, pair, loss }, backupName) };
}

async function observeSource(
  reader: Reader,
  owner: VMBackup,
  { entry, pair, loss }: SeenVolume,
  backupName: string,
): Promise<BackupSource> {
  const { name, namespace, snapshot, content } = pair;
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  const lookup = await lookUpBackup(reader, backupName, { owner, volume: recorded });
  const claimName = snapshot?.spec.source.persistentVolumeClaimName;
  const revised = names.revisedName(name);
  const className = loss === 'dynamic-content-lost' ? undefined : (snapshot ?? content)?.spec.volumeSnapshotClassName;
  return {
    backupName,
    lookup,
    backupVolumes: lookup.is === 'found' ? await backupVolumes(reader, lookup.facts.volume) : [],
    judged: content && judgeContent(content),
    claim: claimName ? await reader.get('PersistentVolumeClaim', claimName, namespace) : undefined,
    beside: {
      snapshot: await reader.get('VolumeSnapshot', revised, namespace),
      content: await reader.get('VolumeSnapshotContent', names.contentName(revised)),
    },
    users: await usersOf(reader, namespace, name),
    besideUsedBy: await vmBackupNaming(reader, namespace, revised),
    missingClass: await missingClass(reader, className ?? classFor(owner, entry)),
  };
}

/** A volume before any read. */
function blank({ metadata: { namespace } }: VMBackup, entry: VolumeEntry): SeenVolume {
  return { entry, pair: { name: entry.name ?? '', namespace, contentName: '' }, loss: 'none' };
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
