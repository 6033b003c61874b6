import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isPending } from '../../shared/chain/waiting.ts';
import type { ContentJudgment } from '../../shared/chain/content.ts';
import { judgeContent, namesBackup } from '../../shared/chain/content.ts';
import type { InProgress } from '../../shared/chain/in-progress.ts';
import { restoresInProgress } from '../../shared/chain/in-progress.ts';
import type { BackupLookup } from '../../shared/chain/lookup.ts';
import { lookUpBackup, provisionedContentName } from '../../shared/chain/lookup.ts';
import { claimsFrom, contentsNaming, vmBackupsNamingEach, vmBackupsRecordingEach } from '../../shared/chain/queries.ts';
import { entriesOf, isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import type { UnreadableObject } from '../../shared/chain/unreadable.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { Unsettled } from '../../shared/chain/schedules.ts';
import { unsettledBackups } from '../../shared/chain/schedules.ts';
import type { Reader, Unreadable } from '../../shared/ports/reader.ts';
import type { Content, Snapshot, VMBackup, VolumeEntry } from '../../shared/objects/types.ts';

/** One VMBackup with the pairs that its volumes use, may use next and used before. */
export interface Seen {
  readonly subject: Ref;
  readonly backup?: VMBackup | undefined;
  readonly restores: readonly InProgress[];
  /** Longhorn Backups that Harvester might delete if this VMBackup is written. */
  readonly unsettled: readonly Unsettled[];
  readonly volumes: readonly SeenVolume[];
  /** Snapshot names that a Pending claim reads from. */
  readonly claimed: ReadonlySet<string>;
  /** Snapshots of `volumes` that more than one volume uses, of this VMBackup or of another one. */
  readonly usedElsewhere: ReadonlySet<string>;
}

export interface SeenVolume {
  /** Position in `status.volumeBackups`. */
  readonly index: number;
  readonly entry: VolumeEntry;
  readonly current: Pair;
  /**
   * The Longhorn Backup that the VMBackup records. Absent if it records none, or if the pair is kept whatever the state
   * of its backup.
   */
  readonly lookup?: BackupLookup | undefined;
  /** The revised pair, if any part of it exists. */
  readonly replacement?: Pair | undefined;
  /** Pairs that this volume used before repairs, latest first. */
  readonly predecessors: readonly Pair[];
  /** Other contents with deletionPolicy Delete that name the same backup. Read only if this one may get Delete. */
  readonly holders: readonly string[];
  /**
   * Other volumes of this VMBackup, and other VMBackups, that record the same Longhorn Backup. Their contents may be
   * about to get Delete as well. Read only if this one may get Delete.
   */
  readonly sharers: readonly string[];
  /** Contents that cannot be read: each may be one of the `holders`. */
  readonly perhapsHolders: readonly string[];
  /** The object of this volume that cannot be read. The volume is skipped, and the other fields say nothing. */
  readonly unreadable?: UnreadableObject | undefined;
}

/** A snapshot and the content it uses, either of which may be missing, with the judgment of the content. */
export interface Pair extends ReadPair {
  /** The content names the Backup that the VMBackup records, and the volume of that Backup. */
  readonly isRight: boolean;
}

interface ReadPair {
  readonly name: string;
  readonly snapshot?: Snapshot | undefined;
  readonly contentName: string;
  readonly content?: Content | undefined;
  /** Judgment of the content by itself; absent without a content. */
  readonly judged?: ContentJudgment | undefined;
  /** The content with that name, if it belongs to another snapshot. */
  readonly foreignContent?: Content | undefined;
}

/**
 * Reads what `plan` decides by; called for every subject that `route` or `triage` names. Reads and judges each pair
 * once, and claims and other holders only if a step depends on them. An object of one volume that cannot be read makes
 * only that volume `unreadable`.
 * @throws UnreadableError for the VMBackup itself and for what decides about all of its volumes; RetryableError,
 * TerminalError. Nothing is decided then.
 */
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
    // The name of a claim may look like the revision of another. A snapshot that one volume uses is never the former or
    // next
    // snapshot of another volume.
    const others = entriesOf(backup).flatMap(({ name }, i) => (i !== index && name ? [name] : []));
    const seen = await orUnreadable(
      () => observeVolume(reader, backup, { index, entry, others: new Set(others) }),
      (unreadable) => ({ ...blank(index, entry), unreadable }),
    );
    volumes.push(seen);
  }
  if (!volumes.some(isStepDue)) return { subject, backup, ...nothing, volumes };
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
  const { name, longhornBackupName: backupName } = entry;
  if (!name || !isOnLonghorn(entry) || !backupName) return blank(index, entry);
  const { namespace } = owner.metadata;
  const read = await readPair(reader, namespace, name);
  // An intact pair that was taken on this cluster is never switched, so its backup does not matter.
  if (isDynamic(read) && !isDead(read)) return { ...blank(index, entry), current: { ...read, isRight: false } };
  const volume = entry.persistentVolumeClaim?.spec?.volumeName;
  const lookup = await lookUpBackup(reader, backupName, { owner, volume });
  const judge = (pair: ReadPair): Pair => ({ ...pair, isRight: isRight(pair, backupName, lookup) });
  const find = async (other: string): Promise<Pair | undefined> => {
    if (others.has(other)) return undefined;
    const pair = await readPair(reader, namespace, other);
    return pair.snapshot === undefined && pair.content === undefined ? undefined : judge(pair);
  };

  const current = judge(read);
  const predecessors: Pair[] = [];
  for (const former of isDynamic(current) ? [] : names.predecessorNames(name)) {
    const pair = await find(former);
    if (pair !== undefined) predecessors.push(pair);
  }
  const mayBeReplaced = names.canRevise(name) && mayHaveReplacement(current);
  const replacement = mayBeReplaced ? await find(names.revisedName(name)) : undefined;
  return { ...blank(index, entry), current, lookup, predecessors, replacement };
}

function isRight({ judged }: ReadPair, backupName: string, lookup: BackupLookup): boolean {
  return judged !== undefined && lookup.is === 'found' && namesBackup(judged, backupName, lookup.facts);
}

/** Whether a replacement pair can matter and has to be read. */
function mayHaveReplacement(current: Pair): boolean {
  // rebuild-snapshot may have created a pair beside one that lost both its content and its claim.
  if (isDynamic(current)) return isDead(current);
  // A right pair has a replacement only if it was swapped after the replacement had been created.
  const isSwapped = current.content?.metadata.annotations?.[names.REPLACES_ANNOTATION] === current.contentName;
  return !current.isRight || current.snapshot === undefined || isSwapped;
}

/** A volume before any read. */
function blank(index: number, entry: VolumeEntry): SeenVolume {
  const name = entry.name ?? '';
  const current = { name, contentName: names.contentName(name), isRight: false };
  return { index, entry, current, predecessors: [], holders: [], perhapsHolders: [], sharers: [] };
}

async function readPair(reader: Reader, namespace: string, name: string): Promise<ReadPair> {
  const snapshot = await reader.get('VolumeSnapshot', name, namespace);
  const contentName = provisionedContentName(name, snapshot);
  const content = await reader.get('VolumeSnapshotContent', contentName);
  // Without the snapshot, a content with the expected name may belong to another one: it counts only if it names the
  // snapshot.
  const ref = content?.spec.volumeSnapshotRef;
  const isIts = ref?.name === name && ref.namespace === namespace;
  const base = { name, snapshot, contentName };
  if (content === undefined || !isIts) return { ...base, foreignContent: content };
  return { ...base, content, judged: judgeContent(content) };
}

export const isDynamic = ({ snapshot, content }: ReadPair): boolean =>
  snapshot === undefined
    ? content?.spec.source.volumeHandle !== undefined && content.spec.source.volumeHandle !== null
    : !snapshot.spec.source.volumeSnapshotContentName;

/** A snapshot taken on this cluster that lost its content, so nothing can be restored from it. */
export const isDead = (pair: ReadPair): boolean =>
  isDynamic(pair) &&
  pair.snapshot !== undefined &&
  pair.content === undefined &&
  pair.snapshot.status?.readyToUse !== true;

/** Whether any write may be due for this volume. */
function isStepDue({ current, replacement, predecessors }: SeenVolume): boolean {
  return replacement !== undefined || predecessors.length > 0 || awaitsDeletePolicy(current);
}

export const awaitsDeletePolicy = ({ content }: Pair): boolean =>
  content?.spec.deletionPolicy === 'Retain' &&
  content.metadata.annotations?.[names.DELETE_WHEN_READY_ANNOTATION] === 'Delete';

async function withHolders(reader: Reader, owner: VMBackup, volumes: readonly SeenVolume[]): Promise<SeenVolume[]> {
  const mayTakeDelete = ({ current, replacement }: SeenVolume) =>
    awaitsDeletePolicy(current) || (replacement && awaitsDeletePolicy(replacement));
  const due = new Map<string, string[]>();
  for (const volume of volumes)
    if (mayTakeDelete(volume) && volume.entry.longhornBackupName) due.set(volume.entry.longhornBackupName, []);
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
  // Two volumes with the same snapshot are not a valid state, but not for Gleaner to resolve.
  const own = volumes.map(({ entry }) => entry.name);
  for (const { current } of volumes) if (own.filter((name) => name === current.name).length > 1) used.add(current.name);
  // Pairs that may be retired or get Delete: former pairs, the pair in use, and its replacement.
  const pairs = new Set(volumes.filter(isStepDue).flatMap((volume) => pairsOf(volume).map(({ name }) => name)));
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
