import * as names from '../../shared/domain/names.ts';
import { isDeleting, isOwnedBy } from '../../shared/chain/metadata.ts';
import type { Content, VMBackup } from '../../shared/objects/types.ts';
import type { Action, Target } from '../../shared/plan/action.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Pair, Seen, SeenVolume } from './observe.ts';
import { isDead, awaitsDeletePolicy } from './observe.ts';

/** What to do with one pair that the VMBackup no longer uses. */
export interface Retirement {
  readonly reason: Reason;
  readonly message: string;
  readonly command?: string | undefined;
  readonly actions: readonly Action[];
}

/** A pair that the VMBackup no longer uses. */
interface FormerPair {
  readonly seen: Seen;
  readonly vmBackup: VMBackup;
  readonly volume: SeenVolume;
  readonly pair: Pair;
  readonly config: Config;
  /** Puts the content on Retain; empty if nothing has to change. */
  readonly toRetain: readonly Action[];
}

const checks: readonly Check<FormerPair, Retirement>[] = [
  // Whether it is a pair of this volume. Otherwise it is not touched.
  deadSnapshot, // its content is lost: it is harmless
  foreignPair, // a former name alone proves nothing
  // Whether it may be deleted now. Otherwise its content is only put on Retain.
  keptByPolicy, // by the setting `retire`
  usedElsewhere, // another volume would lose its pair
  claimPending, // a waiting restore reads from it
  snapshotGoing, // never race a finalizer
  contentDeleting, // something other than Gleaner deletes it, and the backup with it
  // It may: delete the remaining parts.
  snapshotUnused, // deleting the snapshot deletes its content, too
  contentGoing, // never race a finalizer
  leftoverContent, // its finalizer would block the deletion for good
  contentUnused, // without a snapshot only the content is deleted
];

/** Why a pair with a former name does not belong to this volume. */
const foreignChecks: readonly Check<FormerPair, string>[] = [
  snapshotOfOthers, // the snapshot has another owner
  snapshotTakenHere, // Gleaner replaces only pre-provisioned pairs
  contentOfOtherSnapshot, // the content is bound to another snapshot
  contentOfOthers, // the content has another owner
  contentInUse, // the pair in use has the same content
  contentWithoutBackup, // the handle names no remote backup
  contentOfOtherBackup, // the handle names another Backup than the volume records
];

/**
 * Retires every pair of this volume that is not in use: former pairs, and a replacement that was never needed. Always
 * sets Retain before a deletion, and never deletes a Longhorn Backup. Throws nothing.
 */
export function retire(seen: Seen, vmBackup: VMBackup, volume: SeenVolume, config: Config): Retirement[] {
  const { predecessors, replacement } = volume;
  // Only a replacement that Gleaner created is removed.
  const spare =
    replacement?.content?.metadata.annotations?.[names.REPLACES_ANNOTATION] !== undefined ? [replacement] : [];
  return [...predecessors, ...spare].map((pair) => {
    const { content } = pair;
    const toRetain = content?.spec.deletionPolicy === 'Delete' && !isDeleting(content) ? [putOnRetain(content)] : [];
    const former = { seen, vmBackup, volume, pair, config, toRetain };
    return firstAnswer(checks, former) ?? stays('ContentGone', `the old pair ${pair.name} is gone`);
  });
}

function deadSnapshot({ pair }: FormerPair): Retirement | undefined {
  if (!isDead(pair)) return undefined;
  return stays('DeadSnapshotLeft', `the former snapshot ${pair.name} has lost its content and is left in place`);
}

function foreignPair(former: FormerPair): Retirement | undefined {
  const why = firstAnswer(foreignChecks, former);
  return why === undefined ? undefined : stays('UnknownPredecessor', why);
}

function keptByPolicy(former: FormerPair): Retirement | undefined {
  if (former.config.retire !== 'keep') return undefined;
  return waits(former, 'RetiredKept', `the old pair ${former.pair.name} is kept on Retain`);
}

function usedElsewhere(former: FormerPair): Retirement | undefined {
  const { seen, pair } = former;
  if (!seen.usedElsewhere.has(pair.name)) return undefined;
  return waits(former, 'AmbiguousOwner', `another volume still uses the old pair ${pair.name}`);
}

function claimPending(former: FormerPair): Retirement | undefined {
  const { seen, pair } = former;
  if (!seen.claimed.has(pair.name)) return undefined;
  return waits(former, 'ClaimPending', `a Pending claim still reads from ${pair.name}`);
}

/** Sets Retain on the content: on Delete, the backup that the VMBackup needs would be deleted with the snapshot. */
function snapshotGoing(former: FormerPair): Retirement | undefined {
  const { name, snapshot } = former.pair;
  if (snapshot === undefined || !isDeleting(snapshot)) return undefined;
  return waits(former, 'SnapshotGoing', `the old snapshot ${name} is being deleted`);
}

function contentDeleting({ pair: { name, snapshot, content } }: FormerPair): Retirement | undefined {
  if (snapshot === undefined || content === undefined) return undefined;
  if (!isDeleting(content) || content.spec.deletionPolicy === 'Retain') return undefined;
  return stays('ContentDeleting', `something other than Gleaner is deleting the content of the old snapshot ${name}`);
}

function snapshotUnused({ pair, toRetain }: FormerPair): Retirement | undefined {
  const { name, snapshot, content, contentName } = pair;
  if (snapshot === undefined) return undefined;
  const { namespace, uid, resourceVersion } = snapshot.metadata;
  const target = { kind: 'VolumeSnapshot', name, namespace, uid, resourceVersion } as const;
  const contentRef = content === undefined ? { name: contentName } : { name: contentName, uid: content.metadata.uid };
  const actions: Action[] = [...toRetain, { do: 'deleteSnapshot', target, content: contentRef }];
  return { reason: 'RetirePair', message: `the old pair ${name} is retired`, actions };
}

function contentGoing({ pair: { contentName, content } }: FormerPair): Retirement | undefined {
  if (content === undefined || !isDeleting(content)) return undefined;
  return stays('ContentGoing', `the old content ${contentName} is being deleted`);
}

/**
 * The csi-snapshotter removes its finalizer only if it saw the snapshot being deleted, or if the content was never
 * bound.
 */
function leftoverContent({ pair: { contentName, content }, toRetain }: FormerPair): Retirement | undefined {
  const isBound = content?.metadata.finalizers?.includes(names.BOUND_CONTENT_FINALIZER) === true;
  const isSeen = content?.metadata.annotations?.[names.BEING_DELETED_ANNOTATION] !== undefined;
  if (!isBound || isSeen) return undefined;
  return stays('LeftoverContent', `the old content ${contentName} has lost its snapshot`, toRetain);
}

function contentUnused({ pair: { contentName, content }, toRetain }: FormerPair): Retirement | undefined {
  if (content === undefined) return undefined;
  const { name, uid } = content.metadata;
  const target = { kind: 'VolumeSnapshotContent', name, uid } as const;
  const message = `the old content ${contentName} is deleted; its backup is kept`;
  return { reason: 'RetirePair', message, actions: [...toRetain, { do: 'deleteContent', target }] };
}

const stays = (reason: Reason, message: string, actions: readonly Action[] = []): Retirement => ({
  reason,
  message,
  actions,
});

/** The pair stays for now, but its content is put on Retain at once. */
const waits = ({ toRetain }: FormerPair, reason: Reason, message: string): Retirement =>
  toRetain.length > 0
    ? { reason: 'RetirePair', message: `${message}; its content is put on Retain`, actions: toRetain }
    : stays(reason, message);

function snapshotOfOthers({ vmBackup, pair: { name, snapshot } }: FormerPair): string | undefined {
  if (snapshot === undefined || isOwnedBy(snapshot, vmBackup.metadata.uid)) return undefined;
  return `VolumeSnapshot ${name} does not belong to this VMBackup`;
}

function snapshotTakenHere({ pair: { name, snapshot } }: FormerPair): string | undefined {
  if (snapshot === undefined || snapshot.spec.source.volumeSnapshotContentName) return undefined;
  return `VolumeSnapshot ${name} was taken on this cluster`;
}

function contentOfOtherSnapshot({ pair: { name, contentName, foreignContent } }: FormerPair): string | undefined {
  if (foreignContent === undefined) return undefined;
  return `VolumeSnapshot ${name} names content ${contentName}, which belongs to another snapshot`;
}

function contentOfOthers({ pair: { contentName, content } }: FormerPair): string | undefined {
  const owner = content?.metadata.ownerReferences?.find(({ kind }) => kind !== 'VirtualMachineBackup');
  return owner && `VolumeSnapshotContent ${contentName} belongs to ${owner.kind} ${owner.name}`;
}

function contentInUse({ volume: { current }, pair: { contentName, content } }: FormerPair): string | undefined {
  if (content === undefined || content.metadata.uid !== current.content?.metadata.uid) return undefined;
  return `VolumeSnapshotContent ${contentName} is in use`;
}

function contentWithoutBackup({ pair: { contentName, judged } }: FormerPair): string | undefined {
  if (judged === undefined || !('reason' in judged)) return undefined;
  return `VolumeSnapshotContent ${contentName} does not name a remote backup (${judged.reason})`;
}

function contentOfOtherBackup({ volume: { entry }, pair: { contentName, judged } }: FormerPair): string | undefined {
  if (judged === undefined || 'reason' in judged || judged.handle.backup === entry.longhornBackupName) return undefined;
  return `VolumeSnapshotContent ${contentName} names backup ${judged.handle.backup}`;
}

/** The content in use, and what the same plan retires. */
interface HeldOnRetain {
  readonly seen: Seen;
  readonly volume: SeenVolume;
  readonly retired: readonly Retirement[];
}

/**
 * At most one content with deletionPolicy Delete may name a backup. Each answer starts a message that ends with the
 * name of the backup.
 */
const retainChecks: readonly Check<HeldOnRetain, string>[] = [
  unreadableContents, // a content that cannot be read may be on Delete and name the backup
  backupShared, // another volume records it: both could read before either writes, so neither gets Delete
  snapshotShared, // another volume uses the snapshot: same race
  otherContents, // another content on Delete names it, unless the same plan puts that one on Retain
];

/** Why the content in use may not get Delete; undefined if it may. The message ends before the name of the backup. */
export const whyOnRetain = (seen: Seen, volume: SeenVolume, retired: readonly Retirement[]): string | undefined =>
  firstAnswer(retainChecks, { seen, volume, retired });

function unreadableContents({ volume: { perhapsHolders } }: HeldOnRetain): string | undefined {
  return perhapsHolders.length > 0
    ? `${perhapsHolders.join(', ')} cannot be read and may have deletionPolicy Delete for backup`
    : undefined;
}

function backupShared({ volume: { sharers } }: HeldOnRetain): string | undefined {
  return sharers.length > 0 ? `${sharers.join(', ')} also records, and must not lose, backup` : undefined;
}

function snapshotShared({ seen, volume: { current } }: HeldOnRetain): string | undefined {
  if (!seen.usedElsewhere.has(current.name)) return undefined;
  return `another volume also uses ${current.name}, and must not lose backup`;
}

function otherContents({ volume: { current, holders }, retired }: HeldOnRetain): string | undefined {
  const toRetain = retired.flatMap((r) => r.actions.flatMap((a) => (a.do === 'setPolicy' ? [a.target.name] : [])));
  const others = holders.filter((name) => name !== current.content?.metadata.name && !toRetain.includes(name));
  return others.length > 0 ? `${others.join(', ')} already has deletionPolicy Delete for backup` : undefined;
}

/** Sets Delete on the content in use, if the content it replaces had Delete and nothing else needs the backup. */
export function restoreDeletePolicy(seen: Seen, volume: SeenVolume, retired: readonly Retirement[]): Action[] {
  const { content } = volume.current;
  if (content === undefined || !awaitsDeletePolicy(volume.current)) return [];
  if (whyOnRetain(seen, volume, retired) !== undefined) return [];
  return [{ do: 'setPolicy', target: targetOf(content), from: 'Retain', to: 'Delete', dropArmNote: true }];
}

const putOnRetain = (content: Content): Action => ({
  do: 'setPolicy',
  target: targetOf(content),
  from: 'Delete',
  to: 'Retain',
});

const targetOf = ({ metadata }: Content): Target => ({
  kind: 'VolumeSnapshotContent',
  name: metadata.name,
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});
