import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { BackupFacts, BackupTrouble } from '../../shared/chain/longhorn-backup.ts';
import type { InProgress } from '../../shared/chain/in-progress.ts';
import { restoresInProgress } from '../../shared/chain/in-progress.ts';
import { judgeBackup } from '../../shared/chain/longhorn-backup.ts';
import { judgeContent, judgeHandle } from '../../shared/chain/content.ts';
import {
  backupVolumes,
  claimsFrom,
  contentsNaming,
  longhornBackup,
  vmBackupsNamingEach,
  vmBackupsRecordingEach,
} from '../../shared/chain/queries.ts';
import { entriesOf, isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import { judgeAbsence } from '../../shared/chain/target.ts';
import type { UnreadableObject } from '../../shared/chain/unreadable.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { unsettledBackups } from '../../shared/chain/schedules.ts';
import type { Reader, Unreadable } from '../../shared/ports/reader.ts';
import type { Content, Snapshot, VMBackup, VolumeEntry } from '../../shared/objects/types.ts';

/** One VMBackup, the pairs its volumes use, may use next and have used before. */
export interface Seen {
  readonly subject: Ref;
  readonly backup?: VMBackup | undefined;
  readonly restores: readonly InProgress[];
  /** Longhorn Backups that Harvester might delete if this VMBackup is stirred. */
  readonly unsettled: readonly Unsettled[];
  readonly volumes: readonly SeenVolume[];
  /** Snapshot names that a Pending claim reads from. */
  readonly claimed: ReadonlySet<string>;
  /** Of the snapshots of `volumes`: those that more than one volume uses, of this VMBackup or of another one. */
  readonly usedElsewhere: ReadonlySet<string>;
}

export interface SeenVolume {
  /** Position in `status.volumeBackups`. */
  readonly index: number;
  readonly entry: VolumeEntry;
  readonly current: Pair;
  /** Of the backup that the VMBackup records; absent where it records none, and where the pair is kept whatever it is. */
  readonly facts?: BackupFacts | BackupTrouble | undefined;
  /** The revised pair, where there is (a part of) one. */
  readonly replacement?: Pair | undefined;
  /** Pairs that this volume used before repairs, nearest first. */
  readonly predecessors: readonly Pair[];
  /** Other contents on Delete that name the same backup; read only where this one may be armed. */
  readonly holders: readonly string[];
  /**
   * Which other volumes record the same Longhorn Backup: volumes of this VMBackup, and other VMBackups. Their contents
   * may be about to take Delete as well. Read only where this one may be armed.
   */
  readonly sharers: readonly string[];
  /** Contents that cannot be read: each may be such a holder. */
  readonly perhapsHolders: readonly string[];
  /** What cannot be read of this volume. Nothing else is known of it then, and it is left as it is. */
  readonly odd?: UnreadableObject | undefined;
}

/** A snapshot and the content it uses; either may be missing. */
export interface Pair {
  readonly name: string;
  readonly snapshot?: Snapshot | undefined;
  readonly contentName: string;
  readonly content?: Content | undefined;
  /** What stands under the content's name and belongs to another snapshot. */
  readonly stranger?: Content | undefined;
}

/** Reads each pair once; claims and other holders only where a step depends on them. */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const nothing = {
    restores: [],
    unsettled: [],
    volumes: [],
    claimed: new Set<string>(),
    usedElsewhere: new Set<string>(),
  };
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  if (backup === undefined) return { subject, ...nothing };

  const volumes: SeenVolume[] = [];
  for (const [index, entry] of entriesOf(backup).entries()) {
    // A claim may be called as if it were another's revision: what a volume uses is no other volume's former or next.
    const others = entriesOf(backup).flatMap(({ name }, i) => (i !== index && name ? [name] : []));
    const seen = await orUnreadable(
      () => observeVolume(reader, backup, { index, entry, others: new Set(others) }),
      (odd) => ({ ...blank(index, entry), odd }),
    );
    volumes.push(seen);
  }
  if (!volumes.some(isUnsettled)) return { subject, backup, ...nothing, volumes };
  return {
    subject,
    backup,
    restores: await restoresInProgress(reader, backup),
    unsettled: await unsettledBackups(reader, backup),
    volumes: await withHolders(reader, backup, volumes),
    claimed: await claimedSnapshots(reader, backup.metadata.namespace, volumes),
    usedElsewhere: await usedElsewhere(reader, backup, volumes),
  };
}

async function observeVolume(
  reader: Reader,
  owner: VMBackup,
  { index, entry, others }: { index: number; entry: VolumeEntry; others: ReadonlySet<string> },
): Promise<SeenVolume> {
  const { namespace } = owner.metadata;
  const name = entry.name ?? '';
  const ours = name !== '' && isOnLonghorn(entry);
  if (!ours || !entry.longhornBackupName) {
    return blank(index, entry);
  }
  const current = await readPair(reader, namespace, name);
  const backupName = entry.longhornBackupName;
  // Taken here and whole, it is never pointed elsewhere: what its backup is like is not asked.
  if (isDynamic(current) && !isDead(current)) return { ...blank(index, entry), current };
  const facts = await factsOf(reader, owner, entry, backupName);
  const base = { ...blank(index, entry), current, facts };
  if (isDynamic(current)) {
    // Its content gone with its claim, rebuild-snapshot may have made a pair beside it.
    const revised = revisionOf(name, others);
    const beside = revised === undefined ? undefined : await readPair(reader, namespace, revised);
    return { ...base, replacement: (beside?.snapshot ?? beside?.content) ? beside : undefined };
  }

  const predecessors: Pair[] = [];
  for (const former of names.predecessorNames(name)) {
    if (others.has(former)) continue;
    const pair = await readPair(reader, namespace, former);
    if (pair.snapshot ?? pair.content) predecessors.push(pair);
  }
  // A right pair has a replacement beside it only if it was swapped after that one had been made.
  const swapped = current.content?.metadata.annotations?.[names.REPLACES_ANNOTATION] === current.contentName;
  const wanted = !isRight(current, backupName, facts) || current.snapshot === undefined || swapped;
  const next = wanted ? revisionOf(name, others) : undefined;
  const revised = next === undefined ? undefined : await readPair(reader, namespace, next);
  return { ...base, predecessors, replacement: (revised?.snapshot ?? revised?.content) ? revised : undefined };
}

/** A volume of which nothing has been read. */
function blank(index: number, entry: VolumeEntry): SeenVolume {
  const name = entry.name ?? '';
  const current = { name, contentName: names.contentName(name) };
  return { index, entry, current, predecessors: [], holders: [], perhapsHolders: [], sharers: [] };
}

/** A Longhorn Backup that is not there may only not be known now. */
async function factsOf(
  reader: Reader,
  owner: VMBackup,
  { persistentVolumeClaim }: VolumeEntry,
  name: string,
): Promise<BackupFacts | BackupTrouble> {
  const backup = await longhornBackup(reader, name);
  if (backup !== undefined) return judgeBackup(name, backup);
  const target = await reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE);
  const volume = persistentVolumeClaim?.spec?.volumeName;
  const absence = judgeAbsence(target, volume ? await backupVolumes(reader, volume) : [], owner);
  if (absence === undefined) return judgeBackup(name, backup);
  const reason = absence.reason === 'BackupNotSynced' ? absence.reason : 'NotVerifiable';
  return { reason, detail: `Longhorn Backup ${name} is not known: ${absence.detail}`, absent: true };
}

/** The name of the pair that may replace this one, if no other volume uses it. */
function revisionOf(name: string, others: ReadonlySet<string>): string | undefined {
  const revised = names.revisedName(name);
  return names.canRevise(name) && !others.has(revised) ? revised : undefined;
}

async function readPair(reader: Reader, namespace: string, name: string): Promise<Pair> {
  const snapshot = await reader.get('VolumeSnapshot', name, namespace);
  const contentName =
    snapshot?.spec.source.volumeSnapshotContentName ??
    snapshot?.status?.boundVolumeSnapshotContentName ??
    names.contentName(name);
  const content = await reader.get('VolumeSnapshotContent', contentName);
  // Without the snapshot, a content of the expected name may be anybody's: only one that names the snapshot counts.
  const ref = content?.spec.volumeSnapshotRef;
  const fits = ref?.name === name && ref.namespace === namespace;
  return { name, snapshot, contentName, content: fits ? content : undefined, stranger: fits ? undefined : content };
}

export const isDynamic = ({ snapshot, content }: Pair): boolean =>
  snapshot === undefined
    ? content?.spec.source.volumeHandle !== undefined && content.spec.source.volumeHandle !== null
    : !snapshot.spec.source.volumeSnapshotContentName;

/** Taken here, and its content is lost: nothing can be restored from it. */
export const isDead = (pair: Pair): boolean =>
  isDynamic(pair) &&
  pair.snapshot !== undefined &&
  pair.content === undefined &&
  pair.snapshot.status?.readyToUse !== true;

/** The pair's content names just this backup, under its Longhorn volume. */
export function isRight(
  { content }: Pair,
  backupName: string,
  facts: BackupFacts | BackupTrouble | undefined,
): boolean {
  if (content === undefined || facts === undefined || 'reason' in facts) return false;
  const judged = judgeContent(content);
  return !('reason' in judged) && judged.handle.backup === backupName && judgeHandle(judged, facts) !== 'wrong';
}

/** Whether anything of this volume may have to be written. */
function isUnsettled({ current, replacement, predecessors }: SeenVolume): boolean {
  return replacement !== undefined || predecessors.length > 0 || awaitsDeletePolicy(current);
}

export const awaitsDeletePolicy = ({ content }: Pair): boolean =>
  content?.spec.deletionPolicy === 'Retain' &&
  content.metadata.annotations?.[names.DELETE_WHEN_READY_ANNOTATION] === 'Delete';

async function withHolders(reader: Reader, owner: VMBackup, volumes: readonly SeenVolume[]): Promise<SeenVolume[]> {
  const arms = ({ current, replacement }: SeenVolume) =>
    awaitsDeletePolicy(current) || (replacement && awaitsDeletePolicy(replacement));
  const due = new Map<string, string[]>();
  for (const volume of volumes)
    if (arms(volume) && volume.entry.longhornBackupName) due.set(volume.entry.longhornBackupName, []);
  if (due.size === 0) return [...volumes];
  const perhapsHolders: string[] = [];
  const onUnreadable = ({ object }: Unreadable) => void perhapsHolders.push(object.name);
  for await (const { backup, content } of contentsNaming(reader, new Set(due.keys()), { onUnreadable })) {
    if (content.spec.deletionPolicy === 'Delete') due.get(backup)?.push(content.metadata.name);
  }
  const recorders = await vmBackupsRecordingEach(reader, new Set(due.keys()));
  const sharersOf = ({ index, entry: { longhornBackupName: name } }: SeenVolume) => {
    if (!name || !due.has(name)) return [];
    const own = volumes.filter((other) => other.index !== index && other.entry.longhornBackupName === name);
    const others = (recorders.get(name) ?? []).filter(({ metadata }) => metadata.uid !== owner.metadata.uid);
    return [
      ...own.map(({ entry }) => `volume ${entry.volumeName}`),
      ...others.map(({ metadata }) => `VMBackup ${metadata.namespace}/${metadata.name}`),
    ];
  };
  return volumes.map((volume) => ({
    ...volume,
    holders: due.get(volume.entry.longhornBackupName ?? '') ?? [],
    perhapsHolders,
    sharers: sharersOf(volume),
  }));
}

async function usedElsewhere(
  reader: Reader,
  { metadata: { namespace, uid } }: VMBackup,
  volumes: readonly SeenVolume[],
): Promise<Set<string>> {
  const used = new Set<string>();
  // The same snapshot for two volumes is no order to keep up, but not Gleaner's to end either.
  const own = volumes.map(({ entry }) => entry.name);
  for (const { current } of volumes) if (own.filter((name) => name === current.name).length > 1) used.add(current.name);
  // What is retired or armed: former pairs, the one that a switch leaves, a replacement, and the one in use.
  const pairs = new Set(volumes.filter(isUnsettled).flatMap((volume) => pairsOf(volume).map(({ name }) => name)));
  for (const [name, users] of await vmBackupsNamingEach(reader, namespace, pairs)) {
    if (users.some(({ metadata }) => metadata.uid !== uid)) used.add(name);
  }
  return used;
}

const pairsOf = ({ current, predecessors, replacement }: SeenVolume): Pair[] => [
  current,
  ...predecessors,
  ...(replacement === undefined ? [] : [replacement]),
];

async function claimedSnapshots(
  reader: Reader,
  namespace: string,
  volumes: readonly SeenVolume[],
): Promise<Set<string>> {
  const pairs = volumes.flatMap(pairsOf);
  const claims = await claimsFrom(reader, namespace, new Set(pairs.map(({ name }) => name)));
  return new Set(claims.filter(isPending).map((claim) => claim.spec.dataSource?.name ?? ''));
}
