import * as names from '../domain/names.ts';
import { parseHandle } from '../domain/handle.ts';
import type { KindName, Ref } from '../domain/kinds.ts';
import type { ListOptions, Reader } from '../kube/ports.ts';
import type { BackupTarget, Content, Snapshot, VMBackup, VMRestore } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './judge.ts';
import type { Orphan } from './orphans.ts';
import { backupNamedBy } from './orphans.ts';
import { entriesOf } from './read.ts';
import { orphans, readSurroundings } from './surroundings.ts';
import type { TargetTrouble } from './target.ts';
import { judgeTarget } from './target.ts';
import { isDeleting, judgeBackup, judgeContent, judgeHandle } from './judge.ts';

/** What a sweep or a scan comes across, in the order of the lists. */
export type SurveyItem =
  | SurveyedContent
  | { readonly what: 'snapshot'; readonly snapshot: Snapshot; readonly pair: PairState }
  | SurveyedVMBackup
  /** Only with {@link SurveyOptions.chain}, as those that follow. A restore that is not complete. */
  | { readonly what: 'restore'; readonly restore: VMRestore }
  /** The target is in trouble, and there are VMBackups that need it. */
  | { readonly what: 'target'; readonly trouble: TargetTrouble }
  | { readonly what: 'orphan'; readonly orphan: Orphan }
  | { readonly what: 'unreadable'; readonly object: Ref; readonly issue: string };

export interface SurveyedVMBackup {
  readonly what: 'vmbackup';
  readonly backup: VMBackup;
  readonly pairOf: (snapshotName: string) => PairState;
  readonly chain?: ChainState;
}

/** What the lists show of the rest of the chain. */
export interface ChainState {
  readonly factsOf: (longhornBackup: string) => BackupFacts | BackupTrouble;
  /** How many BackupVolumes there are for a Longhorn volume. */
  readonly backupVolumesOf: (volume: string) => number;
  readonly target: BackupTarget | undefined;
  /** A report of Gleaner's says that something is wrong with this VMBackup. */
  readonly accused: (uid: string) => boolean;
}

export interface SurveyOptions {
  /** The whole chain: BackupVolumes, the target, restores, reports, and what nobody claims. */
  readonly chain?: boolean;
  readonly nowMs?: number;
}

export interface SurveyedContent {
  readonly what: 'content';
  readonly content: Content;
  /** Of the backup its handle names; absent where the content is none of ours. */
  readonly facts?: BackupFacts | BackupTrouble;
  /** Name of an earlier content on Delete that names the same backup, while this one is on Delete too. */
  readonly sharedWith?: string;
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
  /** No VMBackup owns the snapshot. */
  readonly unowned: boolean;
  /** Whether the content names this backup; may very rarely say so of another. */
  readonly names: (backup: string) => boolean;
}

// All of a pair in one small integer: what a hundred thousand pairs are kept in must not be objects.
const bit = {
  snapshot: 1,
  content: 2,
  dynamic: 4,
  unready: 8,
  notRight: 16,
  unfinished: 32,
  unowned: 64,
  /** A VMBackup names it, or what it was revised into or from. */
  claimed: 1 << 30,
} as const;
const HASH_SHIFT = 7;
const HASH = 0x7fffff;

/** 23 bits of a name (FNV-1a), above the flags. */
function hashBits(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 23)) & HASH) << HASH_SHIFT;
}

/**
 * Reads the cluster once, in lists only, and yields each content, the snapshots worth a word, and each VMBackup. Memory
 * grows by some hundred bytes per backup and pair, not by the objects: pages are dropped as they are read.
 */
export async function* survey(
  reader: Reader,
  scope: Pick<ListOptions, 'namespace' | 'selector'> = {},
  { chain = false, nowMs = 0 }: SurveyOptions = {},
): AsyncGenerator<SurveyItem> {
  const unreadable: SurveyItem[] = [];
  const options = {
    onUnreadable: ({ issue, ...object }: { kind: KindName; name: string; namespace?: string; issue: string }) =>
      void unreadable.push({ what: 'unreadable', object, issue }),
  };
  const backups = new Map<string, BackupFacts | BackupTrouble>();
  for await (const backup of reader.list('Backup', { namespace: names.LONGHORN_NAMESPACE, ...options })) {
    backups.set(backup.metadata.name, judgeBackup(backup.metadata.name, backup));
  }

  const surroundings = chain ? await readSurroundings(reader, options) : undefined;
  // Only a look at everything can tell what nobody claims.
  const claims = chain && scope.namespace === undefined && scope.selector === undefined ? new Set<string>() : undefined;

  const pairs = new Map<string, number>();
  const mark = (key: string, bits: number) => pairs.set(key, (pairs.get(key) ?? 0) | bits);
  const holders = new Map<string, string>();
  for await (const content of reader.list('VolumeSnapshotContent', options)) {
    const { namespace, name } = content.spec.volumeSnapshotRef;
    const judged = judgeContent(content);
    const named = backupNamedBy(content);
    if (named !== undefined) claims?.add(named);
    if ('reason' in judged) {
      if (judged.reason === 'DynamicContent' && named !== undefined) {
        const facts = backups.get(named) ?? judgeBackup(named, undefined);
        const handle = parseHandle(content.status?.snapshotHandle ?? '');
        const sound = handle.kind === 'backup' && 'volume' in facts && judgeHandle(handle, facts) !== 'wrong';
        const flags = bit.content | hashBits(named) | (sound ? 0 : bit.notRight);
        mark(`${namespace}/${name}`, flags | (isDeleting(content) ? bit.unfinished : 0));
      }
      if (judged.reason === 'HandleUnreadable') mark(`${namespace}/${name}`, bit.content | bit.notRight);
      yield { what: 'content', content };
      continue;
    }
    const backup = judged.handle.backup;
    const facts = backups.get(backup) ?? judgeBackup(backup, undefined);
    const right = 'volume' in facts && judgeHandle(judged.handle, facts) !== 'wrong';
    mark(
      `${namespace}/${name}`,
      bit.content | hashBits(backup) | (right ? 0 : bit.notRight) | (isUnfinished(content) ? bit.unfinished : 0),
    );
    const holder = right && content.spec.deletionPolicy === 'Delete' ? holders.get(backup) : undefined;
    if (right && content.spec.deletionPolicy === 'Delete') holders.set(backup, content.metadata.name);
    yield { what: 'content', content, facts, ...(holder !== undefined && { sharedWith: holder }) };
  }

  for await (const snapshot of reader.list('VolumeSnapshot', options)) {
    const key = `${snapshot.metadata.namespace}/${snapshot.metadata.name}`;
    const dynamic = !snapshot.spec.source.volumeSnapshotContentName;
    const unready = snapshot.status?.readyToUse !== true || isDeleting(snapshot);
    const owned = snapshot.metadata.ownerReferences?.some((o) => o.kind === 'VirtualMachineBackup') === true;
    mark(key, bit.snapshot | (dynamic ? bit.dynamic : 0) | (unready ? bit.unready : 0) | (owned ? 0 : bit.unowned));
    const noted = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
    if (noted || unready) yield { what: 'snapshot', snapshot, pair: stateOf(pairs.get(key)) };
  }

  let needsTarget = false;
  for await (const backup of reader.list('VirtualMachineBackup', { ...scope, ...options })) {
    needsTarget ||= (backup.spec.type || 'backup') === 'backup';
    const { namespace, uid } = backup.metadata;
    const pairOf = (name: string) => stateOf(pairs.get(`${namespace}/${name}`));
    for (const { name, longhornBackupName } of claims === undefined ? [] : entriesOf(backup)) {
      if (longhornBackupName) claims?.add(longhornBackupName);
      for (const one of name ? [name, names.revisedName(name), ...names.predecessorNames(name)] : []) {
        const key = `${namespace}/${one}`;
        if (pairs.has(key)) mark(key, bit.claimed);
      }
    }
    surroundings?.living.add(uid);
    if (surroundings === undefined) yield { what: 'vmbackup', backup, pairOf };
    else {
      const { target, backupVolumesOf, accused } = surroundings;
      const factsOf = (name: string) => backups.get(name) ?? judgeBackup(name, undefined);
      yield { what: 'vmbackup', backup, pairOf, chain: { factsOf, backupVolumesOf, target, accused } };
    }
  }
  if (surroundings !== undefined) {
    const trouble = judgeTarget(surroundings.target);
    if (trouble !== undefined && (needsTarget || trouble.reason !== 'TargetNotConnected')) {
      yield { what: 'target', trouble };
    }
    for (const restore of surroundings.restores) yield { what: 'restore', restore };
    // What cannot be read may claim anything.
    if (claims !== undefined && unreadable.length === 0) {
      const unclaimed = {
        backups: [...backups.keys()].some((name) => !claims.has(name)),
        contents: [...pairs.values()].some(
          (bits) => (bits & bit.content) !== 0 && (bits & (bit.snapshot | bit.claimed)) === 0,
        ),
        snapshots: [...pairs.values()].some((bits) => isLooseSnapshot(bits)),
      };
      const pairAt = (at: { namespace: string; name: string }) => pairs.get(`${at.namespace}/${at.name}`) ?? 0;
      yield* orphans(reader, {
        ...(unclaimed.backups && { isClaimed: (name: string) => claims.has(name) }),
        ...(unclaimed.contents && {
          isLeft: (content: Content) => (pairAt(content.spec.volumeSnapshotRef) & (bit.snapshot | bit.claimed)) === 0,
        }),
        ...(unclaimed.snapshots && { isLoose: (snapshot: Snapshot) => isLooseSnapshot(pairAt(snapshot.metadata)) }),
        living: surroundings.living,
        nowMs,
      });
    }
  }
  yield* unreadable;
}

/** A snapshot of a remote backup that no VMBackup names. */
const isLooseSnapshot = (bits: number): boolean =>
  (bits & (bit.snapshot | bit.content)) === (bit.snapshot | bit.content) && (bits & bit.claimed) === 0;

const isUnfinished = (content: Content): boolean =>
  isDeleting(content) ||
  content.metadata.annotations?.[names.ARM_ANNOTATION] !== undefined ||
  content.metadata.annotations?.[names.BEING_DELETED_ANNOTATION] !== undefined;

const stateOf = (bits = 0): PairState => ({
  hasSnapshot: (bits & bit.snapshot) !== 0,
  hasContent: (bits & bit.content) !== 0,
  dynamic: (bits & bit.dynamic) !== 0,
  unready: (bits & bit.unready) !== 0,
  notRight: (bits & bit.notRight) !== 0,
  unfinished: (bits & bit.unfinished) !== 0,
  unowned: (bits & bit.unowned) !== 0,
  names: (backup) => (bits & (HASH << HASH_SHIFT)) === hashBits(backup),
});
