import * as names from '../../shared/domain/names.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type {
  Claim,
  Content,
  OwnerReference,
  Snapshot,
  VMBackup,
  VMRestore,
  VolumeEntry,
} from '../../shared/objects/types.ts';
import { isGuestClusters } from '../../shared/chain/content.ts';
import type { InProgress } from '../../shared/chain/in-progress.ts';
import { restoresInProgress } from '../../shared/chain/in-progress.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import { vmBackupsNaming } from '../../shared/chain/queries.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { unsettledBackups } from '../../shared/chain/schedules.ts';

/** Who a pair of snapshot and content belongs to. */
export type Owner = LinkedOwner | UnlinkedOwner | RestoreOwner | OtherOwner;

/** A VMBackup volume names the snapshot. */
export interface LinkedOwner {
  readonly is: 'vmbackup';
  readonly backup: VMBackup;
  readonly entry: VolumeEntry;
  /** Longhorn Backups that Harvester might delete if this VMBackup changes; see `unsettledBackups`. */
  readonly unsettled: readonly Unsettled[];
  readonly restores: readonly InProgress[];
}

/** A VMBackup owns the snapshot, but none of its volumes names it (any more). */
export interface UnlinkedOwner {
  readonly is: 'unlinked';
  readonly backup: VMBackup;
  readonly unsettled: readonly Unsettled[];
  /** The revised name that the VMBackup uses instead; `undefined` if it uses no revision of this one. */
  readonly supersededBy: string | undefined;
}

interface RestoreOwner {
  readonly is: 'restore';
  readonly restore: VMRestore;
  /** The VMBackup volume that is being restored; `undefined` if that is not certain. */
  readonly entry: VolumeEntry | undefined;
}

type OtherOwner =
  | { readonly is: 'guest-cluster' | 'nobody' }
  | { readonly is: 'gone' | 'restore-gone' | 'unknown'; readonly owner: string }
  | { readonly is: 'ambiguous'; readonly backups: readonly string[] };

const harvester = (o: OwnerReference, kind: string): boolean =>
  o.kind === kind && o.apiVersion.startsWith('harvesterhci.io/');

/**
 * Finds the owner of a pair: by owner references (checked by uid), else by the VMBackup in the namespace that names the
 * snapshot. `claims`: the claims made from the snapshot. `backupName`: the backup that its handle names, if known.
 * @throws what the reader throws
 */
export async function ownerOf(
  reader: Reader,
  pair: { namespace: string; name: string; snapshot?: Snapshot | undefined; content?: Content | undefined },
  known: { claims: readonly Claim[]; backupName: string | undefined },
): Promise<Owner> {
  const objects = [pair.snapshot, pair.content].filter((o) => o !== undefined);
  if (objects.some(isGuestClusters)) return { is: 'guest-cluster' };
  const owners = objects.flatMap((o) => o.metadata.ownerReferences ?? []);
  const foreign = owners.find((o) => !harvester(o, 'VirtualMachineBackup') && !harvester(o, 'VirtualMachineRestore'));
  if (foreign !== undefined) return { is: 'unknown', owner: `${foreign.kind} ${foreign.name}` };

  const restoreRef = owners.find((o) => harvester(o, 'VirtualMachineRestore'));
  if (restoreRef !== undefined) {
    const restore = await reader.get('VirtualMachineRestore', restoreRef.name, pair.namespace);
    if (restore?.metadata.uid !== restoreRef.uid)
      return { is: 'restore-gone', owner: `VirtualMachineRestore ${restoreRef.name}` };
    return { is: 'restore', restore, entry: await restoredEntry(reader, restore, pair.name, known) };
  }

  const backupRef = owners.find((o) => harvester(o, 'VirtualMachineBackup'));
  if (backupRef !== undefined) {
    const backup = await reader.get('VirtualMachineBackup', backupRef.name, pair.namespace);
    if (backup?.metadata.uid !== backupRef.uid) return { is: 'gone', owner: `VirtualMachineBackup ${backupRef.name}` };
    const entries = entriesOf(backup).filter((e) => e.name === pair.name);
    if (entries.length > 1) return { is: 'ambiguous', backups: [backup.metadata.name] };
    const others: string[] = [];
    for await (const { metadata } of vmBackupsNaming(reader, pair.namespace, pair.name)) {
      if (metadata.uid !== backup.metadata.uid) others.push(metadata.name);
    }
    if (others.length > 0) return { is: 'ambiguous', backups: [backup.metadata.name, ...others] };
    if (entries[0] !== undefined) return linked(reader, backup, entries[0]);
    const supersededBy = entriesOf(backup).find((e) => e.name && names.predecessorNames(e.name).includes(pair.name));
    return {
      is: 'unlinked',
      backup,
      unsettled: await unsettledBackups(reader, backup),
      supersededBy: supersededBy?.name ?? undefined,
    };
  }

  const naming: { backup: VMBackup; entry: VolumeEntry }[] = [];
  for await (const backup of vmBackupsNaming(reader, pair.namespace, pair.name)) {
    for (const entry of entriesOf(backup)) if (entry.name === pair.name) naming.push({ backup, entry });
  }
  if (naming.length > 1) return { is: 'ambiguous', backups: naming.map((n) => n.backup.metadata.name) };
  return naming[0] === undefined ? { is: 'nobody' } : linked(reader, naming[0].backup, naming[0].entry);
}

async function linked(reader: Reader, backup: VMBackup, entry: VolumeEntry): Promise<LinkedOwner> {
  const unsettled = await unsettledBackups(reader, backup);
  return { is: 'vmbackup', backup, entry, unsettled, restores: await restoresInProgress(reader, backup) };
}

/** The volume of the VMBackup that a snapshot of the restore belongs to. */
async function restoredEntry(
  reader: Reader,
  restore: VMRestore,
  snapshotName: string,
  known: { claims: readonly Claim[]; backupName: string | undefined },
): Promise<VolumeEntry | undefined> {
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = restore.spec;
  const backup = await reader.get('VirtualMachineBackup', name, namespace || restore.metadata.namespace);
  if (backup === undefined) return undefined;
  const byVolume = (volume: string | null | undefined) => entriesOf(backup).find((e) => e.volumeName === volume);
  const restores = restore.status?.restores ?? [];

  const claimNames = known.claims.map((c) => c.metadata.name);
  const byClaim = restores.find((r) => claimNames.includes(r.persistentVolumeClaimSpec?.metadata?.name ?? ''));
  if (byClaim !== undefined) return byVolume(byClaim.volumeName);

  // Harvester joins the names and, from 64 characters on, keeps at least the first 56 and appends a hash.
  const fits = restores.filter((r) => {
    const full = `restore-${restore.metadata.name}-${r.volumeBackupName ?? ''}`;
    return full === snapshotName || (full.length >= 64 && full.slice(0, 56) === snapshotName.slice(0, 56));
  });
  if (fits.length === 1) return byVolume(fits[0]?.volumeName);
  return entriesOf(backup).find((e) => known.backupName !== undefined && e.longhornBackupName === known.backupName);
}
