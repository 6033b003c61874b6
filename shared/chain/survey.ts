import * as names from '../domain/names.ts';
import type { KindName, Ref } from '../domain/kinds.ts';
import type { ListOptions, Reader } from '../kube/ports.ts';
import type { Content, Setting, Snapshot, VMBackup } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './judge.ts';
import { isDeleting, judgeBackup, judgeContent, judgeHandle } from './judge.ts';
import { entriesOf, isOnTarget } from './read.ts';
import type { Taken } from './taken.ts';
import { takenBy } from './taken.ts';

/** What a sweep or a scan comes across, in the order of the lists. */
export type SurveyItem =
  | SurveyedContent
  | { readonly what: 'snapshot'; readonly snapshot: Snapshot; readonly pair: PairState }
  | { readonly what: 'vmbackup'; readonly backup: VMBackup; readonly pairOf: (snapshotName: string) => PairState }
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
  /** What a content that was taken on this cluster holds. */
  readonly taken?: Taken | undefined;
  /** Whether the content names this backup; may very rarely say so of another. */
  readonly names: (backup: string) => boolean;
}

// All of a pair in one small integer: what a hundred thousand pairs are kept in must not be objects.
const bit = { snapshot: 1, content: 2, dynamic: 4, unready: 8, notRight: 16, unfinished: 32 } as const;
const HASH_SHIFT = 6;

/** 24 bits of a name (FNV-1a), above the flags. */
function hashBits(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 24)) & 0xffffff) << HASH_SHIFT;
}

/**
 * Reads the cluster once, in lists only, and yields each content, the snapshots worth a word, and each VMBackup. Memory
 * grows by some hundred bytes per backup and pair, not by the objects: pages are dropped as they are read.
 */
export async function* survey(
  reader: Reader,
  scope: Pick<ListOptions, 'namespace' | 'selector'> = {},
  { target = false }: { readonly target?: boolean } = {},
): AsyncGenerator<SurveyItem> {
  // Of a part of the VMBackups nothing can be concluded for the target as a whole.
  const whole = target && scope.namespace === undefined && scope.selector === undefined;
  const unclaimed = new Set<string>();
  const unreadable: SurveyItem[] = [];
  const options = {
    onUnreadable: ({ issue, ...object }: { kind: KindName; name: string; namespace?: string; issue: string }) =>
      void unreadable.push({ what: 'unreadable', object, issue }),
  };
  const backups = new Map<string, BackupFacts | BackupTrouble>();
  for await (const backup of reader.list('Backup', { namespace: names.LONGHORN_NAMESPACE, ...options })) {
    backups.set(backup.metadata.name, judgeBackup(backup.metadata.name, backup));
    if (whole && isOnTarget(backup)) unclaimed.add(backup.metadata.name);
  }

  const pairs = new Map<string, number>();
  const mark = (key: string, bits: number) => pairs.set(key, (pairs.get(key) ?? 0) | bits);
  const holders = new Map<string, string>();
  const taken = new Map<string, Taken>();
  for await (const content of reader.list('VolumeSnapshotContent', options)) {
    const { namespace, name } = content.spec.volumeSnapshotRef;
    const judged = judgeContent(content);
    if ('reason' in judged) {
      const holds = takenBy(content);
      if (holds !== undefined) taken.set(`${namespace}/${name}`, holds);
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
    mark(key, bit.snapshot | (dynamic ? bit.dynamic : 0) | (unready ? bit.unready : 0));
    const noted = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
    if (noted || unready) yield { what: 'snapshot', snapshot, pair: stateOf(pairs.get(key)) };
  }

  for await (const backup of reader.list('VirtualMachineBackup', { ...scope, ...options })) {
    const { namespace } = backup.metadata;
    for (const { longhornBackupName } of entriesOf(backup)) unclaimed.delete(longhornBackupName ?? '');
    const keyOf = (name: string) => `${namespace}/${name}`;
    yield { what: 'vmbackup', backup, pairOf: (name) => stateOf(pairs.get(keyOf(name)), taken.get(keyOf(name))) };
  }
  if (whole) {
    let setting: Setting | undefined;
    for await (const one of reader.list('Setting')) if (one.metadata.name === names.TARGET_SETTING) setting = one;
    yield { what: 'target', setting, unclaimed: unclaimed.size };
  }
  yield* unreadable;
}

const isUnfinished = (content: Content): boolean =>
  isDeleting(content) ||
  content.metadata.annotations?.[names.ARM_ANNOTATION] !== undefined ||
  content.metadata.annotations?.[names.BEING_DELETED_ANNOTATION] !== undefined;

const stateOf = (bits = 0, taken?: Taken): PairState => ({
  hasSnapshot: (bits & bit.snapshot) !== 0,
  hasContent: (bits & bit.content) !== 0,
  dynamic: (bits & bit.dynamic) !== 0,
  unready: (bits & bit.unready) !== 0,
  notRight: (bits & bit.notRight) !== 0,
  unfinished: (bits & bit.unfinished) !== 0,
  ...(taken !== undefined && { taken }),
  names: (backup) => (bits & ~((1 << HASH_SHIFT) - 1)) === hashBits(backup),
});
