import * as names from '../../shared/domain/names.ts';
import { isDeleting, isOwnedBy } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Action, Target } from '../../shared/plan/action.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Pair, Seen, SeenVolume } from './observe.ts';
import { isDead, awaitsDeletePolicy } from './observe.ts';

/** What is to become of one pair that the VMBackup no longer uses. */
export interface Retirement {
  readonly reason: Reason;
  readonly message: string;
  readonly command?: string;
  readonly actions: readonly Action[];
}

/** Every pair of this volume that is no longer in use: the former ones, and a replacement that was never needed. */
export function retire(seen: Seen, backup: VMBackup, volume: SeenVolume, config: Config): Retirement[] {
  const { predecessors, replacement } = volume;
  // Somebody else's preparation is not ours to clear away.
  const spare =
    replacement?.content?.metadata.annotations?.[names.REPLACES_ANNOTATION] !== undefined ? [replacement] : [];
  return [...predecessors, ...spare].map((pair) => retireOne(seen, backup, volume, pair, config));
}

function retireOne(seen: Seen, backup: VMBackup, volume: SeenVolume, pair: Pair, config: Config): Retirement {
  const { snapshot, content } = pair;
  const none = (reason: Reason, message: string, command?: string): Retirement => ({
    reason,
    message,
    actions: [],
    ...(command !== undefined && { command }),
  });
  if (isDead(pair))
    return none('DeadSnapshotLeft', `the former snapshot ${pair.name} has lost its content and is left`);
  const stranger = isStranger(backup, volume, pair);
  if (stranger !== undefined) return none('UnknownPredecessor', stranger);

  const disarm = content?.spec.deletionPolicy === 'Delete' && !isDeleting(content) ? [toRetain(content)] : [];
  // Taking the old content off Delete is worth a write of its own, whatever the rest has to wait for.
  const waits = (reason: Reason, message: string): Retirement =>
    disarm.length > 0
      ? { reason: 'RetirePair', message: `${message}; its content is put on Retain`, actions: disarm }
      : none(reason, message);
  if (config.retire === 'keep') return waits('RetiredKept', `the old pair ${pair.name} is kept on Retain`);
  if (seen.usedElsewhere.has(pair.name))
    return waits('AmbiguousOwner', `another volume still uses the old pair ${pair.name}`);
  if (seen.claimed.has(pair.name)) return waits('ClaimPending', `a Pending claim still reads from ${pair.name}`);
  if (snapshot !== undefined) {
    // Whoever deletes it: with its content on Delete the backup that the VMBackup still needs would go too.
    if (isDeleting(snapshot)) return waits('SnapshotGoing', `the old snapshot ${pair.name} is being deleted`);
    if (content !== undefined && isDeleting(content) && content.spec.deletionPolicy !== 'Retain') {
      return none('ContentDeleting', `the content of the old snapshot ${pair.name} is being deleted by somebody else`);
    }
    const { uid, resourceVersion } = snapshot.metadata;
    const { namespace } = snapshot.metadata;
    const target = { kind: 'VolumeSnapshot', name: pair.name, namespace, uid, resourceVersion } as const;
    const behind =
      content === undefined ? { name: pair.contentName } : { name: pair.contentName, uid: content.metadata.uid };
    return {
      reason: 'RetirePair',
      message: `the old pair ${pair.name} is retired`,
      actions: [...disarm, { do: 'deleteSnapshot', target, content: behind }],
    };
  }
  if (content === undefined) return none('ContentGone', `the old pair ${pair.name} is gone`);
  if (isDeleting(content)) return none('ContentGoing', `the old content ${pair.contentName} is being deleted`);
  // The sidecar lets a content go only if its snapshot's deletion was seen, or if it never was bound.
  const bound = content.metadata.finalizers?.includes(names.BOUND_CONTENT_FINALIZER) === true;
  if (bound && content.metadata.annotations?.[names.BEING_DELETED_ANNOTATION] === undefined) {
    return {
      ...none('LeftoverContent', `the old content ${pair.contentName} is left without its snapshot`),
      actions: disarm,
    };
  }
  const target = { kind: 'VolumeSnapshotContent', name: content.metadata.name, uid: content.metadata.uid } as const;
  return {
    reason: 'RetirePair',
    message: `the old content ${pair.contentName} is deleted, its backup stays`,
    actions: [...disarm, { do: 'deleteContent', target }],
  };
}

/** Why a pair that bears a former name may still not be this volume's. */
function isStranger(
  backup: VMBackup,
  { entry, current }: SeenVolume,
  { name, snapshot, content, contentName, stranger }: Pair,
): string | undefined {
  if (snapshot !== undefined && !isOwnedBy(snapshot, backup.metadata.uid))
    return `VolumeSnapshot ${name} does not belong to this VMBackup`;
  if (snapshot !== undefined && !snapshot.spec.source.volumeSnapshotContentName)
    return `VolumeSnapshot ${name} was taken on this cluster`;
  if (stranger !== undefined) return `VolumeSnapshot ${name} names content ${contentName} of another snapshot`;
  if (content === undefined) return undefined;
  const owner = content.metadata.ownerReferences?.find(({ kind }) => kind !== 'VirtualMachineBackup');
  if (owner !== undefined) return `VolumeSnapshotContent ${contentName} belongs to ${owner.kind} ${owner.name}`;
  if (content.metadata.uid === current.content?.metadata.uid) return `VolumeSnapshotContent ${contentName} is in use`;
  const judged = judgeContent(content);
  if ('reason' in judged) return `VolumeSnapshotContent ${contentName} is none of a remote backup (${judged.reason})`;
  if (judged.handle.backup !== entry.longhornBackupName)
    return `VolumeSnapshotContent ${contentName} names backup ${judged.handle.backup}`;
  return undefined;
}

/**
 * Lets the content in use take Delete, if the one it stands in for was on Delete and nothing else needs the backup. At
 * most one content on Delete may name a backup, so it stays on Retain
 * - while another content on Delete names the backup, unless a retirement of the same plan puts that one on Retain;
 * - while a content cannot be read: it might be such a content;
 * - while another volume records the backup or uses the snapshot. Each looks before the other has written, so none of
 *   them takes Delete.
 */
export function restoreDeletePolicy(
  { usedElsewhere }: Seen,
  { current, holders, perhapsHolders, sharers }: SeenVolume,
  retired: readonly Retirement[],
): Action[] {
  const { content } = current;
  if (content === undefined || !awaitsDeletePolicy(current) || perhapsHolders.length > 0) return [];
  if (sharers.length > 0 || usedElsewhere.has(current.name)) return [];
  const disarmed = retired.flatMap((r) => r.actions.flatMap((a) => (a.do === 'setPolicy' ? [a.target.name] : [])));
  if (holders.some((holder) => holder !== content.metadata.name && !disarmed.includes(holder))) return [];
  return [{ do: 'setPolicy', target: targetOf(content), from: 'Retain', to: 'Delete', dropArmNote: true }];
}

const toRetain = (content: NonNullable<Pair['content']>): Action => ({
  do: 'setPolicy',
  target: targetOf(content),
  from: 'Delete',
  to: 'Retain',
});

const targetOf = ({ metadata }: NonNullable<Pair['content']>): Target => ({
  kind: 'VolumeSnapshotContent',
  name: metadata.name,
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});
