import * as names from '../domain/names.ts';
import type { KindName, Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import type { ListOptions, Reader, Unreadable } from '../kube/ports.ts';
import { pagesOf } from './pages.ts';
import type { PairState } from './pairs.ts';
import {
  addContent,
  backupBits,
  beside,
  bit,
  claim,
  isLeftContent,
  isLooseSnapshot,
  isTied,
  isUnfinished,
  Pairs,
  pairsOf,
  stateOf,
  tie,
} from './pairs.ts';
import { parseHandle } from '../domain/handle.ts';
import type { BackupTarget, Content, Setting, Snapshot, StorageClass, VMBackup, VMRestore } from '../objects/types.ts';
import { Backups } from './backups.ts';
import { notedOn, packNoted } from './consistency.ts';
import type { BackupFacts, BackupTrouble, ContentJudgment } from './judge.ts';
import type { DrillTrace } from './drills.ts';
import { drillOf, traceOf } from './drills.ts';
import { hangs, isDeleting, judgeContent } from './judge.ts';
import type { Orphan } from './orphans.ts';
import { backupNamedBy, isNoVMBackups } from './orphans.ts';
import { contentsNaming, entriesOf } from './read.ts';
import type { Surroundings } from './surroundings.ts';
import { orphans, readSurroundings, unlessForbidden } from './surroundings.ts';
import { hash, NameTable } from './table.ts';
import { takenBy } from './taken.ts';
import type { TargetTrouble } from './target.ts';
import { judgeAddress, judgeSetting, judgeSync, judgeTarget, targetRef } from './target.ts';

/** What a sweep or a scan comes across, in the order of the lists. */
export type SurveyItem =
  | SurveyedContent
  | { readonly what: 'snapshot'; readonly snapshot: Snapshot; readonly pair: PairState }
  | SurveyedVMBackup
  /** Several contents on Delete name this backup: whichever is deleted first erases it. */
  | { readonly what: 'shared'; readonly backup: string; readonly contents: readonly Content[] }
  /** Only with {@link SurveyOptions.target}, and of the whole cluster. */
  | {
      readonly what: 'target';
      readonly setting: Setting | undefined;
      /** How it differs from what Longhorn is connected to. */
      readonly differs?: string | undefined;
      /** How many finished Backups on the target no VMBackup records. */
      readonly unclaimed: number;
    }
  /** Only with {@link SurveyOptions.chain}, as those that follow. A restore that is not complete, or in deletion. */
  | { readonly what: 'restore'; readonly restore: VMRestore }
  /** The target is in trouble, and there are VMBackups that need it. */
  | { readonly what: 'targetTrouble'; readonly trouble: TargetTrouble }
  | { readonly what: 'orphan'; readonly orphan: Orphan }
  /**
   * A content or snapshot that is in deletion and does not go, a Longhorn Backup that nobody claims, or the target or its
   * setting; `snapshot` is the one it belongs to.
   */
  | { readonly what: 'hanging'; readonly object: Ref; readonly snapshot?: string; readonly why: string }
  /** Of a restore drill: nobody's pair, and never to be judged as one. */
  | { readonly what: 'drill'; readonly object: Ref; readonly trace: DrillTrace }
  /** Of {@link surveyClasses}: all StorageClasses, or why they may not be read. */
  | { readonly what: 'storageClasses'; readonly classes: readonly StorageClass[]; readonly unknown?: string }
  | { readonly what: 'unreadable'; readonly object: Ref; readonly issue: string };

export interface SurveyedVMBackup {
  readonly what: 'vmbackup';
  readonly backup: VMBackup;
  readonly pairOf: (snapshotName: string) => PairState;
  /** Whether there is a pair, or half of one, that a repair would put in the place of this snapshot's. */
  readonly isRevised: (snapshotName: string) => boolean;
  readonly chain?: ChainState;
  /** That Harvester takes its target for another than the setting names, though the same bucket is connected. */
  readonly otherAddress?: string | undefined;
  /** Of the survey. */
  readonly nowMs: number;
}

/** What the lists show of the rest of the chain; a yes may very rarely be wrong, so nothing is written by it. */
export interface ChainState {
  /** Whether Longhorn has this backup, complete, of this volume. */
  readonly isOf: (longhornBackup: string, volume: string) => boolean;
  /** When its data was taken, to the next minute; undefined where Longhorn does not say. */
  readonly takenMs: (longhornBackup: string) => number | undefined;
  /** Whether there is just one BackupVolume for a Longhorn volume. */
  readonly hasOneBackupVolume: (volume: string) => boolean;
  readonly target: BackupTarget | undefined;
  /** A report of Gleaner's says that something is wrong with this VMBackup. */
  readonly accused: (uid: string) => boolean;
  /** False only of a StorageClass that is not there. */
  readonly hasClass: (name: string) => boolean;
}

export interface SurveyOptions {
  /** The whole chain: BackupVolumes, the target, restores, reports, and what nobody claims. */
  readonly chain?: boolean;
  /** What the Setting of the target says, and how much on it is unknown. */
  readonly target?: boolean;
  readonly nowMs?: number;
}

export interface SurveyedContent {
  readonly what: 'content';
  readonly content: Content;
  /** Of the backup its handle names; absent where the content is none of ours, or has to be looked at closely. */
  readonly facts?: BackupFacts | BackupTrouble;
  /** What `judgeContent` says of it, where that is known already. */
  readonly judged?: ContentJudgment;
}

/**
 * Reads the cluster once, in lists only, and yields, by the page, each content, the snapshots worth a word, and each
 * VMBackup. Memory grows by some hundred bytes per backup and pair, not by the objects: pages are dropped as they are read.
 */
export async function* survey(
  reader: Reader,
  scope: Pick<ListOptions, 'namespace' | 'selector'> = {},
  { chain = false, target = false, nowMs = 0 }: SurveyOptions = {},
): AsyncGenerator<Iterable<SurveyItem>> {
  // Of a part of the VMBackups nothing can be concluded for the target as a whole, nor what nobody claims.
  const whole = scope.namespace === undefined && scope.selector === undefined;
  const unreadable: SurveyItem[] = [];
  const options = {
    onUnreadable: ({ issue, object }: Unreadable) => void unreadable.push({ what: 'unreadable', object, issue }),
  };
  const backups = new Backups();
  const onOddBackup: ListOptions['onUnreadable'] = (odd) => {
    options.onUnreadable(odd);
    backups.addUnreadable(odd.object.name, odd.issue);
  };
  const longhorn = { namespace: names.LONGHORN_NAMESPACE, onUnreadable: onOddBackup };
  for await (const page of pagesOf(reader, 'Backup', longhorn)) {
    for (const backup of page) backups.add(backup);
  }

  const surroundings = chain ? await readSurroundings(reader, options) : undefined;

  const pairs = new Pairs();
  /** Which content is bound to which snapshot, where that is not beside their pair. */
  const links = new NameTable();
  /** Snapshots that more than one content names: which one they use. */
  const chosen = new Map<string, Chosen>();
  /** What contents have on record of their data. */
  const notes = new NameTable();
  for await (const page of pagesOf(reader, 'VolumeSnapshotContent', options)) {
    yield each(page, (content) => {
      const drill = surveyDrill('VolumeSnapshotContent', content, nowMs);
      if (drill !== undefined) return drill;
      const { namespace, name } = content.spec.volumeSnapshotRef;
      const held =
        chain && content.spec.driver === names.LONGHORN_DRIVER
          ? hanging('VolumeSnapshotContent', content, { namespace, name }, nowMs)
          : undefined;
      const noted = notedOn(content);
      if (noted !== undefined && notes.get(name, namespace) === 0) notes.add(name, packNoted(noted), namespace);
      const item = surveyContent(content, backups, pairs);
      tie(content, pairs, links);
      return held === undefined ? item : [held, item];
    });
  }
  for await (const { backup, contents } of sharedBackups(reader, backups.shared)) {
    yield [{ what: 'shared', backup, contents }];
  }

  for await (const page of pagesOf(reader, 'VolumeSnapshot', options)) {
    yield each(page, (snapshot) => {
      const drill = surveyDrill('VolumeSnapshot', snapshot, nowMs);
      if (drill !== undefined) return drill;
      const held = chain ? hanging('VolumeSnapshot', snapshot, snapshot.metadata, nowMs) : undefined;
      const item = surveySnapshot(snapshot, pairs, links, chosen);
      return held === undefined || item === undefined ? (held ?? item) : [held, item];
    });
  }

  // Of a part of the VMBackups it only tells under which address their target is known; many may not read it.
  const readSetting = () => targetSetting(reader, options);
  const setting = target ? await (whole ? readSetting() : unlessForbidden(readSetting)) : undefined;
  let needsTarget = false;
  const state = surroundings && chainState(backups, surroundings);
  for await (const page of pagesOf(reader, 'VirtualMachineBackup', { ...scope, ...options })) {
    yield each(page, (backup): SurveyItem => {
      for (const { longhornBackupName: name } of entriesOf(backup)) if (name) backups.record(name);
      const pairOf = pairsOf(backup, pairs, notes);
      const isRevised = (name: string) => pairs.isRevised(name, backup.metadata.namespace);
      const otherAddress = target ? judgeAddress(backup, setting) : undefined;
      const item = { what: 'vmbackup', backup, pairOf, isRevised, otherAddress, nowMs } as const;
      needsTarget ||= (backup.spec.type || 'backup') === 'backup';
      if (surroundings === undefined || state === undefined) return item;
      surroundings.living.add(backup.metadata.uid, 1);
      claim(backup, pairs);
      return { ...item, chain: state };
    });
  }
  if (target && whole) {
    const unknown = unreadable.some((one) => one.what === 'unreadable' && one.object.name === names.TARGET_SETTING);
    // Longhorn does without Harvester, and then without its settings.
    const connected = surroundings === undefined ? await readConnected(reader, options) : surroundings.target;
    const differs = setting || needsTarget ? judgeSetting(setting, connected) : undefined;
    if (setting !== undefined) yield hangingAlone(ref('Setting', setting.metadata.name), setting, nowMs);
    if (!unknown) yield [{ what: 'target', setting, differs, unclaimed: backups.unrecorded }];
  }
  if (surroundings !== undefined) {
    if (surroundings.target !== undefined) yield hangingAlone(targetRef, surroundings.target, nowMs);
    const trouble = judgeTarget(surroundings.target) ?? judgeSync(surroundings.target, nowMs);
    if (trouble !== undefined && (needsTarget || trouble.reason === 'TargetUnavailable')) {
      yield [{ what: 'targetTrouble', trouble }];
    }
    yield surroundings.restores.map((restore) => ({ what: 'restore', restore }));
    // What cannot be read may claim anything.
    if (whole && unreadable.length === 0 && (await hasHarvester(reader, needsTarget))) {
      for await (const orphan of unclaimed(reader, { backups, pairs, chosen }, surroundings, nowMs, options))
        yield [orphan];
    }
  }
  yield unreadable;
}

type Options = Pick<ListOptions, 'onUnreadable'>;

/** Which target Longhorn is connected to, for whoever asks for nothing else of the chain. */
async function readConnected(reader: Reader, options: Options): Promise<BackupTarget | undefined> {
  for await (const one of reader.list('BackupTarget', { namespace: names.LONGHORN_NAMESPACE, ...options })) {
    if (one.metadata.name === names.DEFAULT_TARGET) return one;
  }
  return undefined;
}

async function targetSetting(reader: Reader, options: Options): Promise<Setting | undefined> {
  let setting: Setting | undefined;
  for await (const one of reader.list('Setting', options)) {
    if (one.metadata.name === names.TARGET_SETTING) setting = one;
  }
  return setting;
}

/** One at a time: what is not odd is forgotten before the next is read. */
function* each<T>(
  page: Iterable<T>,
  survey: (object: T) => SurveyItem | readonly SurveyItem[] | undefined,
): Generator<SurveyItem, void> {
  for (const object of page) {
    const found = survey(object);
    if (found === undefined) continue;
    if ('what' in found) yield found;
    else yield* found;
  }
}

/** Undefined for what no drill has made. */
function surveyDrill(kind: KindName, object: Content | Snapshot, nowMs: number): SurveyItem | undefined {
  if (drillOf(object) === undefined) return undefined;
  const { metadata } = object;
  const namespace = 'namespace' in metadata ? metadata.namespace : undefined;
  return { what: 'drill', object: ref(kind, metadata.name, namespace), trace: traceOf(object, nowMs) };
}

/** The content that a snapshot uses, and its own uid, which that bears. */
interface Chosen {
  readonly uid: string;
  readonly content: string;
}

function surveySnapshot(
  snapshot: Snapshot,
  pairs: Pairs,
  links: NameTable,
  chosen: Map<string, Chosen>,
): SurveyItem | undefined {
  const { name, namespace, ownerReferences, annotations } = snapshot.metadata;
  const dynamic = !snapshot.spec.source.volumeSnapshotContentName;
  const unready = snapshot.status?.readyToUse !== true || isDeleting(snapshot) || !isTied(snapshot, pairs, links);
  const before = pairs.add(name, bit.snapshot | (dynamic ? bit.dynamic : 0) | (unready ? bit.unready : 0), namespace);
  for (const { kind, uid, controller } of ownerReferences ?? []) {
    if (kind === 'VirtualMachineBackup' && controller === true) pairs.note(name, hash(uid), namespace, beside.owner);
  }
  const uses = snapshot.spec.source.volumeSnapshotContentName ?? snapshot.status?.boundVolumeSnapshotContentName;
  if ((before & bit.twice) !== 0 && uses)
    chosen.set(`${namespace}/${name}`, { uid: snapshot.metadata.uid, content: uses });
  const noted = annotations?.[names.SWAP_ANNOTATION] !== undefined;
  return noted || unready ? { what: 'snapshot', snapshot, pair: stateOf(pairs.get(name, namespace)) } : undefined;
}

/** Where there is none, snapshots and backups are other people's and nobody has to claim them. */
const hasHarvester = (reader: Reader, seenSome: boolean): boolean | Promise<boolean> =>
  seenSome || reader.serves('VirtualMachineBackup');

function hanging(
  kind: 'VolumeSnapshotContent' | 'VolumeSnapshot',
  from: Content | Snapshot,
  snapshot: { readonly namespace: string; readonly name: string },
  nowMs: number,
): SurveyItem | undefined {
  const why = hangs(from, nowMs);
  if (why === undefined) return undefined;
  const object = ref(kind, from.metadata.name, snapshot.namespace);
  return { what: 'hanging', object, snapshot: `${snapshot.namespace}/${snapshot.name}`, why };
}

/** Of what no snapshot belongs to. Harvester and Longhorn pass over a target that is in deletion. */
function hangingAlone(object: Ref, from: Parameters<typeof hangs>[0], nowMs: number): SurveyItem[] {
  const why = hangs(from, nowMs);
  return why === undefined ? [] : [{ what: 'hanging', object, why }];
}

/** The StorageClasses, in one list of their own: nothing else is read for them. Who may not read them learns just that. */
export async function* surveyClasses(reader: Reader): AsyncGenerator<SurveyItem[]> {
  const classes: StorageClass[] = [];
  try {
    for await (const one of reader.list('StorageClass')) classes.push(one);
  } catch (error) {
    const { status, message } = error as { status?: unknown; message?: unknown };
    if (status !== 403) throw error;
    yield [{ what: 'storageClasses', classes: [], unknown: String(message) }];
    return;
  }
  yield [{ what: 'storageClasses', classes }];
}

const chainState = (backups: Backups, { target, hasOneBackupVolume, accused, hasClass }: Surroundings): ChainState => ({
  isOf: (backup, volume) => backups.isOf(backup, volume) && !backups.isElsewhere(backup),
  takenMs: (backup) => backups.takenMs(backup),
  hasOneBackupVolume,
  target,
  accused,
  hasClass,
});

/** What the survey has seen claimed by nobody is read once more, each kind only if there is any of it. */
function unclaimed(
  reader: Reader,
  { backups, pairs, chosen }: { backups: Backups; pairs: Pairs; chosen: ReadonlyMap<string, Chosen> },
  { living }: Surroundings,
  nowMs: number,
  options: Pick<ListOptions, 'onUnreadable'>,
): AsyncGenerator<Extract<SurveyItem, { what: 'orphan' | 'hanging' }>> {
  const pairAt = (at: { namespace: string; name: string }) => pairs.get(at.name, at.namespace);
  return orphans(reader, {
    ...(backups.hasUnclaimed() && { isClaimed: (name: string) => backups.isClaimed(name) }),
    ...((chosen.size > 0 || pairs.some(isLeftContent)) && {
      isLeft: (content: Content) =>
        isLeftContent(pairAt(content.spec.volumeSnapshotRef)) || isPassedOver(content, chosen),
    }),
    ...(pairs.some(isLooseSnapshot) && {
      isLoose: (snapshot: Snapshot) => isLooseSnapshot(pairAt(snapshot.metadata)),
    }),
    living: { has: (uid) => living.get(uid) !== 0 },
    nowMs,
    options,
  });
}

/** Of a former snapshot; the one that has its name now uses another content. */
function isPassedOver({ metadata, spec }: Content, chosen: ReadonlyMap<string, Chosen>): boolean {
  const { namespace, name, uid } = spec.volumeSnapshotRef;
  const now = chosen.get(`${namespace}/${name}`);
  return now !== undefined && now.content !== metadata.name && Boolean(uid) && uid !== now.uid;
}

function surveyContent(content: Content, backups: Backups, pairs: Pairs): SurveyedContent {
  const { namespace, name } = content.spec.volumeSnapshotRef;
  const judged = judgeContent(content);
  const named = backupNamedBy(content);
  if (named !== undefined) {
    if (isNoVMBackups(content)) backups.record(named);
    else backups.claim(named);
  }
  if ('reason' in judged) {
    if (judged.reason === 'DynamicContent' && named !== undefined) {
      const handle = parseHandle(content.status?.snapshotHandle ?? '');
      const sound = handle.kind === 'backup' && backups.isOf(named, handle.volume);
      const flags = bit.content | (sound ? 0 : bit.notRight) | (isUnfinished(content) ? bit.unfinished : 0);
      addContent(pairs, content, (flags | backupBits(named)) >>> 0);
    }
    const { backup: taken, atMs = 0 } = takenBy(content) ?? {};
    if (taken !== undefined) {
      pairs.add(name, (bit.taken | backupBits(taken)) >>> 0, namespace);
      if (atMs > 0) pairs.note(name, Math.floor(atMs / 1000), namespace, beside.takenAt);
    }
    if (judged.reason === 'HandleUnreadable') addContent(pairs, content, bit.content | bit.notRight);
    return { what: 'content', content, judged };
  }
  const { backup, volume } = judged.handle;
  const right = backups.isOf(backup, volume) && judged.reported === undefined;
  const flags = bit.content | (right ? 0 : bit.notRight) | (isUnfinished(content) ? bit.unfinished : 0);
  addContent(pairs, content, (flags | backupBits(backup)) >>> 0);
  if (right && content.spec.deletionPolicy === 'Delete') backups.hold(backup);
  if (right) return { what: 'content', content, judged, facts: { volume } };
  const trouble = backups.troubleOf(backup);
  return { what: 'content', content, judged, ...(trouble !== undefined && { facts: trouble }) };
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
