import * as names from '../domain/names.ts';
import { ref } from '../domain/kinds.ts';
import { ForbiddenError } from '../ports/errors.ts';
import type { ListOptions, Reader, Unreadable } from '../ports/reader.ts';
import { pagesOf } from './pages.ts';
import { recordUse, isUnclaimedContent, isUnclaimedSnapshot, PairIndex, pairsOf, recordBinding } from './pair-index.ts';
import type { BackupTarget, Content, Setting, Snapshot, StorageClass } from '../objects/types.ts';
import { BackupIndex } from './backup-index.ts';
import { recordedOn, pack } from '../chain/consistency.ts';
import { entriesOf, isRemote } from '../chain/vmbackup.ts';
import type { ClusterState } from './cluster-state.ts';
import { unlessForbidden } from '../ports/attempt.ts';
import { orphans, readClusterState } from './cluster-state.ts';
import { NameTable } from './name-table.ts';
import { judgeAddress, judgeSetting, judgeSync, judgeTarget, targetRef } from '../chain/target.ts';
import type { ChainState, SurveyItem } from '../survey-item.ts';
import type { Chosen } from './examine.ts';
import {
  hanging,
  hangingAlone,
  isPassedOver,
  sharedBackups,
  surveyContent,
  surveyDrill,
  surveySnapshot,
} from './examine.ts';

export interface SurveyOptions {
  /** The whole chain: BackupVolumes, the target, restores, reports, and unclaimed objects. */
  readonly chain?: boolean;
  /** The Setting of the target, and the number of unclaimed and unread backups on it. */
  readonly target?: boolean;
  readonly nowMs?: number;
}

/**
 * Lists the cluster once and yields, by the page, every content, the snapshots that are not ready or carry a note, and
 * every VMBackup. Memory grows by about a hundred bytes per backup and pair, not by the size of the objects: each page
 * is dropped after use. What the tables save is said in name-table.ts (64 MiB); a scan saves another 13–16 MiB by its
 * bounded young generation, which holds the dropped pages.
 *
 * Consume each page before you ask for the next: it is judged while it is iterated.
 * @throws what the reader throws, except 403 for what a survey can do without
 */
export async function* survey(
  reader: Reader,
  scope: Pick<ListOptions, 'namespace' | 'selector'> = {},
  { chain = false, target = false, nowMs = 0 }: SurveyOptions = {},
): AsyncGenerator<Iterable<SurveyItem>> {
  // A part of the VMBackups proves nothing about the whole target, nor about unclaimed objects.
  const whole = scope.namespace === undefined && scope.selector === undefined;
  const unreadable: SurveyItem[] = [];
  const options = {
    onUnreadable: ({ issue, object }: Unreadable) => void unreadable.push({ what: 'unreadable', object, issue }),
  };
  const backups = new BackupIndex();
  const onUnreadableBackup: ListOptions['onUnreadable'] = (one) => {
    options.onUnreadable(one);
    backups.addUnreadable(one.object.name, one.issue);
  };
  const longhorn = { namespace: names.LONGHORN_NAMESPACE, onUnreadable: onUnreadableBackup };
  for await (const page of pagesOf(reader, 'Backup', longhorn)) {
    for (const backup of page) backups.add(backup, nowMs);
  }

  const surroundings = chain ? await readClusterState(reader, options) : undefined;

  const pairs = new PairIndex();
  /** Bindings of contents to snapshots that have no room in the slot of their pair. */
  const links = new NameTable();
  /** The content in use, for snapshots that several contents name. */
  const chosen = new Map<string, Chosen>();
  /** The consistency that contents record. */
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
      const noted = recordedOn(content);
      if (noted !== undefined && notes.get(name, namespace) === 0) notes.add(name, pack(noted), namespace);
      const item = surveyContent(content, backups, pairs);
      recordBinding(content, pairs, links);
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

  // For a part of the VMBackups it only gives the address of their target; many users may not read it.
  const readSetting = () => targetSetting(reader, options);
  const setting = target ? await (whole ? readSetting() : unlessForbidden(readSetting)) : undefined;
  let needsTarget = false;
  const state = surroundings && chainState(backups, surroundings);
  for await (const page of pagesOf(reader, 'VirtualMachineBackup', { ...scope, ...options })) {
    yield each(page, (backup): SurveyItem => {
      for (const { longhornBackupName: name } of entriesOf(backup)) if (name) backups.recordUse(name);
      const pairOf = pairsOf(backup, pairs, notes);
      const isRevised = (name: string) => pairs.isRevised(name, backup.metadata.namespace);
      const otherAddress = target ? judgeAddress(backup, setting) : undefined;
      const item = { what: 'vmbackup', backup, pairOf, isRevised, otherAddress, nowMs } as const;
      needsTarget ||= isRemote(backup);
      if (surroundings === undefined || state === undefined) return item;
      surroundings.living.add(backup.metadata.uid, 1);
      recordUse(backup, pairs);
      return { ...item, chain: state };
    });
  }
  if (target && whole) {
    const unknown = unreadable.some((one) => one.what === 'unreadable' && one.object.name === names.TARGET_SETTING);
    // Longhorn may run without Harvester and its settings.
    const connected = surroundings === undefined ? await readConnected(reader, options) : surroundings.target;
    const differs = setting || needsTarget ? judgeSetting(setting, connected) : undefined;
    if (setting !== undefined) yield hangingAlone(ref('Setting', setting.metadata.name), setting, nowMs);
    const { unrecorded: unclaimed, beingPulled } = backups;
    if (!unknown) yield [{ what: 'target', setting, differs, unclaimed, beingPulled }];
  }
  if (surroundings !== undefined) {
    if (surroundings.target !== undefined) yield hangingAlone(targetRef, surroundings.target, nowMs);
    const trouble = judgeTarget(surroundings.target) ?? judgeSync(surroundings.target, nowMs);
    if (trouble !== undefined && (needsTarget || trouble.reason === 'TargetUnavailable')) {
      yield [{ what: 'targetTrouble', trouble }];
    }
    yield surroundings.restores.map((restore) => ({ what: 'restore', restore }));
    // An unreadable object may claim anything.
    if (whole && unreadable.length === 0 && (await hasHarvester(reader, needsTarget))) {
      for await (const orphan of unclaimed(reader, { backups, pairs, chosen }, surroundings, nowMs, options))
        yield [orphan];
    }
  }
  yield unreadable;
}

type Options = Pick<ListOptions, 'onUnreadable'>;

/** The target Longhorn is connected to, for a survey without the chain. */
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

/** Lazy: an object that yields no item can be collected before the next is decoded. */
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

/** Without Harvester, snapshots and backups belong to others and need no VMBackup. */
const hasHarvester = (reader: Reader, seenSome: boolean): boolean | Promise<boolean> =>
  seenSome || reader.serves('VirtualMachineBackup');

/** Yields all StorageClasses as one item, or on 403 an item that says so. Reads nothing else. */
export async function* surveyClasses(reader: Reader): AsyncGenerator<SurveyItem[]> {
  const classes: StorageClass[] = [];
  try {
    for await (const one of reader.list('StorageClass')) classes.push(one);
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
    yield [{ what: 'storageClasses', classes: [], unknown: error.message }];
    return;
  }
  yield [{ what: 'storageClasses', classes }];
}

const chainState = (
  backups: BackupIndex,
  { target, hasOneBackupVolume, accused, hasClass }: ClusterState,
): ChainState => ({
  isOf: (backup, volume) => backups.isOf(backup, volume) && !backups.isElsewhere(backup),
  takenMs: (backup) => backups.takenMs(backup),
  hasOneBackupVolume,
  target,
  accused,
  hasClass,
});

/** Lists the kinds again that have unclaimed objects. Other kinds cost nothing. */
function unclaimed(
  reader: Reader,
  { backups, pairs, chosen }: { backups: BackupIndex; pairs: PairIndex; chosen: ReadonlyMap<string, Chosen> },
  { living }: ClusterState,
  nowMs: number,
  options: Pick<ListOptions, 'onUnreadable'>,
): AsyncGenerator<Extract<SurveyItem, { what: 'orphan' | 'hanging' }>> {
  const pairAt = (at: { namespace: string; name: string }) => pairs.get(at.name, at.namespace);
  return orphans(reader, {
    ...(backups.hasUnclaimed() && { isClaimed: (name: string) => backups.isClaimed(name) }),
    ...((chosen.size > 0 || pairs.some(isUnclaimedContent)) && {
      isLeft: (content: Content) =>
        isUnclaimedContent(pairAt(content.spec.volumeSnapshotRef)) || isPassedOver(content, chosen),
    }),
    ...(pairs.some(isUnclaimedSnapshot) && {
      isLoose: (snapshot: Snapshot) => isUnclaimedSnapshot(pairAt(snapshot.metadata)),
    }),
    living: { has: (uid) => living.get(uid) !== 0 },
    nowMs,
    options,
  });
}
