import * as names from '../domain/names.ts';
import type { Content, Snapshot, VMBackup } from '../objects/types.ts';
import type { RecordedConsistency } from '../chain/consistency.ts';
import { unpack } from '../chain/consistency.ts';
import { hash, NameTable } from './name-table.ts';

import { isDeleting } from '../chain/metadata.ts';
import { entriesOf } from '../chain/vmbackup.ts';
import type { PairState } from '../survey-item.ts';

export const flag = {
  snapshot: 1,
  content: 2,
  dynamic: 4,
  unready: 8,
  notRight: 16,
  unfinished: 32,
  /** A VMBackup names it, its revision or its predecessor. */
  claimed: 64,
  taken: 128,
  /** More than one content names the snapshot. */
  twice: 256,
} as const;
/** The numbers of a pair: the second (Unix time) of its data if it was taken here, and hashes of names. */
export const slot = { takenAt: 0, content: 1, owner: 2 } as const;

/**
 * What a survey remembers of each snapshot and its content: 24 bytes a slot, by namespace and name of the snapshot, in
 * place of both objects. One of the tables that save 64 MiB in a large scan (see {@link NameTable}).
 */
export class PairIndex extends NameTable {
  /** Names that have a revision. Mostly empty, so that asking for a revision costs no lookup. */
  readonly #revised = new NameTable();

  constructor() {
    super({ numbers: Object.keys(slot).length });
  }

  override add(name: string, bits: number, namespace: string): number {
    const before = super.add(name, bits, namespace);
    if (before === 0) {
      const revisedFrom = names.predecessorName(name);
      if (revisedFrom !== undefined) this.#revised.add(revisedFrom, 1, namespace);
    }
    return before;
  }

  isRevised(name: string, namespace: string): boolean {
    return this.#revised.get(name, namespace) !== 0;
  }
}
const FLAG_BITS = 9;
/** A pair in 32 bits: bits 0–8 the flags, bits 9–31 hash of the Longhorn Backup that its content names. */
export const backupBits = (backup: string): number => (hash(backup) << FLAG_BITS) >>> 0;

/** Looks up the pairs of one VMBackup. Caches them, since every function asks for the same ones. */
export function pairsOf(
  { metadata }: VMBackup,
  pairs: PairIndex,
  notes: NameTable,
): (snapshotName: string) => PairState {
  const { namespace, uid } = metadata;
  const owner = hash(uid);
  // Most VMBackups have one volume; a Map for each would cost more than it saves.
  let first: string | undefined;
  let firstState = NO_PAIR;
  let others: Map<string, PairState> | undefined;
  return (name) => {
    const before = name === first ? firstState : others?.get(name);
    if (before !== undefined) return before;
    const bits = pairs.get(name, namespace);
    const noted = unpack(notes.get(name, namespace));
    const takenAt = (bits & flag.taken) === 0 ? 0 : pairs.numberOf(name, namespace, slot.takenAt);
    const owned = bits !== 0 && pairs.numberOf(name, namespace, slot.owner) === owner;
    if (bits === 0 && noted === undefined) return NO_PAIR;
    const state = stateOf(bits, takenAt, owned, noted);
    if (first === undefined) [first, firstState] = [name, state];
    else (others ??= new Map()).set(name, state);
    return state;
  };
}

/**
 * Whether the snapshot says that it is bound to the content it names, and that content to the snapshot: by uid, or by
 * name while the content gives no uid.
 */
export function isBound({ metadata, spec, status }: Snapshot, pairs: PairIndex, links: NameTable): boolean {
  const bound = status?.boundVolumeSnapshotContentName ?? undefined;
  const named = spec.source.volumeSnapshotContentName ?? bound;
  if (named === undefined || bound !== named) return false;
  const { name, namespace, uid } = metadata;
  const tied = pairs.numberOf(name, namespace, slot.content);
  if (tied !== 0 && (tied === tieOf(named, uid) || tied === tieOf(named, ''))) return true;
  return links.get(named, uid) !== 0 || links.get(named, `${namespace}/${name}`) !== 0;
}

/**
 * Records the content bound to this snapshot: in the pair's slot, or in `links` if the pair is unknown or its slot is
 * taken.
 */
export function recordBinding({ metadata, spec }: Content, pairs: PairIndex, links: NameTable): void {
  const { namespace, name, uid } = spec.volumeSnapshotRef;
  if (pairs.get(name, namespace) !== 0 && pairs.numberOf(name, namespace, slot.content) === 0) {
    pairs.note(name, tieOf(metadata.name, uid || ''), namespace, slot.content);
  } else links.add(metadata.name, 1, uid || `${namespace}/${name}`);
}

const tieOf = (content: string, snapshotUid: string): number =>
  (hash(content) ^ Math.imul(hash(snapshotUid), 31)) >>> 0;

/** Marks the pairs of a VMBackup as claimed, with their predecessors and revisions. Adds none. */
export function recordUse(backup: VMBackup, pairs: PairIndex): void {
  const { namespace } = backup.metadata;
  for (const { name } of entriesOf(backup)) {
    if (!name) continue;
    pairs.mark(name, flag.claimed, namespace);
    if (pairs.isRevised(name, namespace)) pairs.mark(names.revisedName(name), flag.claimed, namespace);
    for (const before of names.predecessorNames(name)) pairs.mark(before, flag.claimed, namespace);
  }
}

/** A content of a remote backup without a snapshot, which no VMBackup expects. */
export const isUnclaimedContent = (bits: number): boolean =>
  (bits & (flag.content | flag.snapshot | flag.claimed)) === flag.content;

/** A snapshot of a remote backup that no VMBackup names. */
export const isUnclaimedSnapshot = (bits: number): boolean =>
  (bits & (flag.content | flag.snapshot | flag.claimed)) === (flag.content | flag.snapshot);

/** Sets bits of the pair that a content belongs to, and marks it if it is not the first content of its snapshot. */
export function addContent(pairs: PairIndex, { spec: { volumeSnapshotRef: of } }: Content, bits: number): void {
  const before = pairs.add(of.name, bits, of.namespace);
  if ((before & flag.content) !== 0) pairs.mark(of.name, flag.twice, of.namespace);
}

/** In deletion, not ready, failing, not bound by uid, waiting for its deletion policy, or without its snapshot. */
export const isUnfinished = (content: Content): boolean =>
  isDeleting(content) ||
  content.status?.readyToUse !== true ||
  !content.spec.volumeSnapshotRef.uid ||
  Boolean(content.status?.error?.message) ||
  content.metadata.annotations?.[names.DELETE_WHEN_READY_ANNOTATION] !== undefined ||
  content.metadata.annotations?.[names.BEING_DELETED_ANNOTATION] !== undefined;

/** Spells out the bits of a pair. */
export const stateOf = (bits: number, takenAtSeconds = 0, owned = true, noted?: RecordedConsistency): PairState => ({
  hasSnapshot: (bits & flag.snapshot) !== 0,
  hasContent: (bits & flag.content) !== 0,
  dynamic: (bits & flag.dynamic) !== 0,
  unready: (bits & flag.unready) !== 0,
  notRight: (bits & flag.notRight) !== 0,
  unfinished: (bits & flag.unfinished) !== 0,
  unowned: !owned,
  hasOwnData: (bits & flag.taken) !== 0,
  ...(takenAtSeconds > 0 && { takenAtMs: takenAtSeconds * 1000 }),
  recorded: noted,
  names: (backup) => (bits & ~((1 << FLAG_BITS) - 1)) >>> 0 === backupBits(backup),
});

/** For a name that neither a snapshot nor a content has. */
const NO_PAIR = stateOf(0, 0, false);
