import * as names from '../domain/names.ts';
import type { KindName, Ref } from '../domain/kinds.ts';
import type { ListOptions, Reader } from '../kube/ports.ts';
import type { Backup, Content, Setting, Snapshot, VMBackup } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './judge.ts';
import { isDeleting, judgeBackup, judgeContent } from './judge.ts';
import { contentsNaming, entriesOf, isOnTarget } from './read.ts';
import { hash, NameTable } from './table.ts';
import { takenBy } from './taken.ts';

/** What a sweep or a scan comes across, in the order of the lists. */
export type SurveyItem =
  | SurveyedContent
  | { readonly what: 'snapshot'; readonly snapshot: Snapshot; readonly pair: PairState }
  | { readonly what: 'vmbackup'; readonly backup: VMBackup; readonly pairOf: (snapshotName: string) => PairState }
  /** Several contents on Delete name this backup: whichever is deleted first erases it. */
  | { readonly what: 'shared'; readonly backup: string; readonly contents: readonly Content[] }
  | {
      readonly what: 'target';
      readonly setting: Setting | undefined;
      /** How many finished Backups on the target no VMBackup records. */
      readonly unclaimed: number;
    }
  | { readonly what: 'unreadable'; readonly object: Ref; readonly issue: string };

export interface SurveyedContent {
  readonly what: 'content';
  readonly content: Content;
  /** Of the backup its handle names; absent where the content is none of ours, or has to be looked at closely. */
  readonly facts?: BackupFacts | BackupTrouble;
}

/** What the lists show of the pair of one snapshot name; small, since a survey keeps one for each. */
export interface PairState {
  readonly hasSnapshot: boolean;
  readonly hasContent: boolean;
  /** Taken on this cluster: the content is the snapshot controller's matter. */
  readonly dynamic: boolean;
  /** Snapshot not ready or in deletion. */
  readonly unready: boolean;
  /** Handle wrong, unreadable, or its backup in trouble. */
  readonly notRight: boolean;
  /** Content in deletion or left by its snapshot, or with a policy still to take. */
  readonly unfinished: boolean;
  /** There is a content that was taken on this cluster and has its handle. */
  readonly taken: boolean;
  /** Of the data in such a content. */
  readonly takenAtMs?: number;
  /** Whether the content names this backup; may very rarely say so of another. */
  readonly names: (backup: string) => boolean;
}

const bit = { snapshot: 1, content: 2, dynamic: 4, unready: 8, notRight: 16, unfinished: 32, taken: 64 } as const;
const FLAG_BITS = 7;
/** All of a pair in one number: the flags, and above them as much of its backup's hash as there is room for. */
const backupBits = (backup: string): number => (hash(backup) << FLAG_BITS) >>> 0;

/** All of a healthy backup in one number: a lowest bit that is always set, one each for its holder and its VMBackup, and its volume's hash. */
const known = { there: 1, held: 2, claimed: 4 } as const;
const volumeBits = (volume: string): number => ((hash(volume) << 3) | known.there) >>> 0;

/**
 * Reads the cluster once, in lists only, and yields each content, the snapshots worth a word, and each VMBackup. Memory
 * grows by some fifty bytes per backup and pair, not by the objects: pages are dropped as they are read.
 */
export async function* survey(
  reader: Reader,
  scope: Pick<ListOptions, 'namespace' | 'selector'> = {},
  { target = false }: { readonly target?: boolean } = {},
): AsyncGenerator<SurveyItem> {
  // Of a part of the VMBackups nothing can be concluded for the target as a whole.
  const whole = target && scope.namespace === undefined && scope.selector === undefined;
  const unreadable: SurveyItem[] = [];
  const options = {
    onUnreadable: ({ issue, ...object }: { kind: KindName; name: string; namespace?: string; issue: string }) =>
      void unreadable.push({ what: 'unreadable', object, issue }),
  };
  const backups = new Backups();
  for await (const backup of reader.list('Backup', { namespace: names.LONGHORN_NAMESPACE, ...options })) {
    backups.add(backup);
  }

  const pairs = new NameTable();
  /** When the data of pairs that were taken here is of, in seconds. */
  const ages = new NameTable();
  for await (const content of reader.list('VolumeSnapshotContent', options)) {
    yield surveyContent(content, backups, pairs, ages);
  }
  for await (const { backup, contents } of sharedBackups(reader, backups.shared)) {
    yield { what: 'shared', backup, contents };
  }

  for await (const snapshot of reader.list('VolumeSnapshot', options)) {
    const key = `${snapshot.metadata.namespace}/${snapshot.metadata.name}`;
    const dynamic = !snapshot.spec.source.volumeSnapshotContentName;
    const unready = snapshot.status?.readyToUse !== true || isDeleting(snapshot);
    pairs.add(key, bit.snapshot | (dynamic ? bit.dynamic : 0) | (unready ? bit.unready : 0));
    const noted = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
    if (noted || unready) yield { what: 'snapshot', snapshot, pair: stateOf(pairs.get(key)) };
  }

  for await (const backup of reader.list('VirtualMachineBackup', { ...scope, ...options })) {
    const { namespace } = backup.metadata;
    for (const { longhornBackupName } of entriesOf(backup)) if (longhornBackupName) backups.claim(longhornBackupName);
    const keyOf = (name: string) => `${namespace}/${name}`;
    yield { what: 'vmbackup', backup, pairOf: (name) => stateOf(pairs.get(keyOf(name)), ages.get(keyOf(name))) };
  }
  if (whole) {
    let setting: Setting | undefined;
    for await (const one of reader.list('Setting')) if (one.metadata.name === names.TARGET_SETTING) setting = one;
    yield { what: 'target', setting, unclaimed: backups.unclaimed };
  }
  yield* unreadable;
}

function surveyContent(content: Content, backups: Backups, pairs: NameTable, ages: NameTable): SurveyedContent {
  const { namespace, name } = content.spec.volumeSnapshotRef;
  const judged = judgeContent(content);
  if ('reason' in judged) {
    const { backup: taken, atMs = 0 } = takenBy(content) ?? {};
    if (taken !== undefined) {
      pairs.add(`${namespace}/${name}`, (bit.taken | backupBits(taken)) >>> 0);
      if (atMs > 0) ages.add(`${namespace}/${name}`, Math.floor(atMs / 1000));
    }
    if (judged.reason === 'HandleUnreadable') pairs.add(`${namespace}/${name}`, bit.content | bit.notRight);
    return { what: 'content', content };
  }
  const { backup, volume } = judged.handle;
  const right = backups.isOf(backup, volume);
  const flags = bit.content | (right ? 0 : bit.notRight) | (isUnfinished(content) ? bit.unfinished : 0);
  pairs.add(`${namespace}/${name}`, (flags | backupBits(backup)) >>> 0);
  if (right && content.spec.deletionPolicy === 'Delete') backups.hold(backup);
  if (right) return { what: 'content', content, facts: { volume } };
  const trouble = backups.troubleOf(backup);
  return trouble === undefined ? { what: 'content', content } : { what: 'content', content, facts: trouble };
}

/** What a survey remembers of Longhorn's Backups: a number for each healthy one, words only for those in trouble. */
class Backups {
  readonly #healthy = new NameTable();
  readonly #troubled = new Map<string, BackupTrouble>();
  /** Backups that more than one content on Delete names. */
  readonly shared = new Set<string>();
  /** How many healthy ones on Harvester's target no VMBackup has claimed yet. */
  unclaimed = 0;
  readonly #elsewhere = new Set<string>();

  add(backup: Backup): void {
    const { name } = backup.metadata;
    const facts = judgeBackup(name, backup);
    if ('reason' in facts) this.#troubled.set(name, facts);
    else {
      this.#healthy.add(name, volumeBits(facts.volume));
      if (isOnTarget(backup)) this.unclaimed++;
      else this.#elsewhere.add(name);
    }
  }

  /** A VMBackup records it. */
  claim(backup: string): void {
    const bits = this.#healthy.get(backup);
    if (bits === 0 || (bits & known.claimed) !== 0 || this.#elsewhere.has(backup)) return;
    this.#healthy.add(backup, known.claimed);
    this.unclaimed--;
  }

  isOf(backup: string, volume: string): boolean {
    return (this.#healthy.get(backup) & ~(known.held | known.claimed)) >>> 0 === volumeBits(volume);
  }

  hold(backup: string): void {
    if ((this.#healthy.get(backup) & known.held) !== 0) this.shared.add(backup);
    this.#healthy.add(backup, known.held);
  }

  /** Undefined for a healthy backup. */
  troubleOf(backup: string): BackupTrouble | undefined {
    if (this.#healthy.get(backup) !== 0) return undefined;
    const trouble = this.#troubled.get(backup) ?? judgeBackup(backup, undefined);
    return 'reason' in trouble ? trouble : undefined;
  }
}

/** Who shares a backup is rarely of interest, so it is read again when it is. */
async function* sharedBackups(reader: Reader, shared: ReadonlySet<string>) {
  if (shared.size === 0) return;
  const holders = new Map<string, Content[]>();
  for await (const { backup, content } of contentsNaming(reader, shared)) {
    if (content.spec.deletionPolicy !== 'Delete' || 'reason' in judgeContent(content)) continue;
    holders.set(backup, [...(holders.get(backup) ?? []), content]);
  }
  for (const [backup, contents] of holders) if (contents.length > 1) yield { backup, contents };
}

const isUnfinished = (content: Content): boolean =>
  isDeleting(content) ||
  content.metadata.annotations?.[names.ARM_ANNOTATION] !== undefined ||
  content.metadata.annotations?.[names.BEING_DELETED_ANNOTATION] !== undefined;

const stateOf = (bits: number, takenAtSeconds = 0): PairState => ({
  hasSnapshot: (bits & bit.snapshot) !== 0,
  hasContent: (bits & bit.content) !== 0,
  dynamic: (bits & bit.dynamic) !== 0,
  unready: (bits & bit.unready) !== 0,
  notRight: (bits & bit.notRight) !== 0,
  unfinished: (bits & bit.unfinished) !== 0,
  taken: (bits & bit.taken) !== 0,
  ...(takenAtSeconds > 0 && { takenAtMs: takenAtSeconds * 1000 }),
  names: (backup) => (bits & ~((1 << FLAG_BITS) - 1)) >>> 0 === backupBits(backup),
});
