import { describeRef, ref } from '../domain/kinds.ts';
import { describeCommand } from '../domain/kubectl.ts';
import { parseHandle } from '../domain/handle.ts';
import type { VMRestore } from '../objects/types.ts';
import type { Cause } from './hanging-claim.ts';
import { causeOfClaim, SLOW_AFTER_MS } from './hanging-claim.ts';
import { isPending } from '../chain/waiting.ts';
import { isDeleting } from '../chain/metadata.ts';
import { judgeBackup } from '../chain/longhorn-backup.ts';
import type { Chain } from '../chain/chain.ts';
import type { SeenRestore } from './seen-hanging.ts';
import { judgeStatus } from '../chain/vmbackup-status.ts';
import { judgeTargetOf, targetRef } from '../chain/target.ts';

/** Why a restore makes no progress; undefined if it does, or it is too early to tell. */
export function causeOf(seen: SeenRestore, nowMs: number): Cause | undefined {
  const { restore, backup, chain } = seen;
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = restore.spec;
  const from = ref('VirtualMachineBackup', name, namespace || restore.metadata.namespace);
  const ageMs = nowMs - Date.parse(restore.metadata.creationTimestamp ?? '');
  const lostVolume = seen.volumes.find(({ claim }) => claim?.status?.phase === 'Lost');
  if (lostVolume !== undefined) {
    const object = ref('PersistentVolumeClaim', lostVolume.claimName, restore.metadata.namespace);
    const volume = lostVolume.claim?.spec.volumeName ?? '?';
    return { why: `${describeRef(object)} has lost its volume: PersistentVolume ${volume} does not exist`, object };
  }
  const bound = seen.volumes.length > 0 && seen.volumes.every(({ claim }) => claim && !isPending(claim));
  // Longhorn may restore data for hours without visible progress; errors of Harvester in that time may be transient.
  if (bound) return ageMs > SLOW_AFTER_MS ? errorOf(restore) : undefined;
  if (backup === undefined || chain === undefined) return { why: `${describeRef(from)} does not exist`, object: from };
  if (isDeleting(backup)) return { why: `${describeRef(from)} is being deleted`, object: from };
  const [first, ...more] = seen.volumes.flatMap((volume) => causeOfClaim(volume, seen, nowMs) ?? []);
  if (first !== undefined) return combineCauses(first, more);
  const notReady = judgeStatus(chain, nowMs).readiness;
  if (notReady !== undefined && notReady.reason !== 'VMBackupInProgress') {
    return { why: notReady.message, object: from, ...(notReady.command !== undefined && { cure: notReady.command }) };
  }
  const lost = causeOfLostPair(seen, chain);
  if (lost !== undefined) return lost;
  const target = judgeTargetOf(backup, chain.target);
  if (target !== undefined) return { why: target.detail, object: target.reason === 'OtherTarget' ? from : targetRef };
  const said = errorOf(restore);
  if (said !== undefined) return said;
  if (!(ageMs > SLOW_AFTER_MS)) return undefined;
  if (!restore.status?.restores?.length) return { why: 'Harvester has not started it', cure: describe(restore) };
  const absent = seen.volumes.find(({ claim }) => claim === undefined);
  if (absent !== undefined) {
    const object = ref('PersistentVolumeClaim', absent.claimName, restore.metadata.namespace);
    return { why: `${describeRef(object)} does not exist`, object, cure: describe(restore) };
  }
  const pending = seen.volumes.find(({ claim }) => claim !== undefined && isPending(claim));
  if (pending === undefined) return undefined;
  const claim = ref('PersistentVolumeClaim', pending.claimName, restore.metadata.namespace);
  return {
    why: `${describeRef(claim)} is Pending for a reason that Gleaner does not know; its events may say more`,
    object: claim,
    cure: describeCommand(claim),
  };
}

/** Combines the causes of several claims. One without a cure decides, since the restore needs all claims. */
function combineCauses(first: Cause, more: readonly Cause[]): Cause {
  const all = [first, ...more];
  const { object, cure } = all.find((cause) => cause.cure === undefined) ?? first;
  return {
    why: all.map(({ why }) => why).join('; '),
    ...(object !== undefined && { object }),
    ...(cure !== undefined && { cure }),
  };
}

function errorOf({ status }: VMRestore): Cause | undefined {
  const said = status?.conditions?.find((c) => c.type === 'InProgress' && c.reason === 'Error')?.message;
  // Harvester reports this while it repairs a pair itself, and then retries.
  return said && !said.includes('needs to update VolumeSnapshot') ? { why: `Harvester says: ${said}` } : undefined;
}

const describe = ({ metadata: { name, namespace } }: VMRestore): string =>
  describeCommand(ref('VirtualMachineRestore', name, namespace));

/** A claim waits for a content that names another backup than the VMBackup records for the volume. */
export function causeOfOtherData({ chain, volumes }: SeenRestore): Cause | undefined {
  for (const { volume, claimName, pair } of volumes) {
    const wanted = chain?.volumes.find(({ entry }) => entry.volumeName === volume)?.entry.longhornBackupName;
    const text = pair?.content?.status?.snapshotHandle || pair?.content?.spec.source.snapshotHandle;
    const handle = text ? parseHandle(text) : undefined;
    if (!wanted || handle?.kind !== 'backup' || handle.backup === wanted) continue;
    const why = `claim ${claimName} waits for a content with the handle ${text}, but the VMBackup records backup ${wanted} for volume ${volume}`;
    return { why, object: ref('VolumeSnapshotContent', pair?.contentName ?? '') };
  }
  return undefined;
}

/** A lost pair of the VMBackup, which a restore into the same namespace needs to create the claim. */
function causeOfLostPair({ restore, volumes }: SeenRestore, chain: Chain): Cause | undefined {
  if (chain.backup.metadata.namespace !== restore.metadata.namespace) return undefined;
  const { name, namespace } = chain.backup.metadata;
  const cure = `gleaner apply vmbackup/${name} -n ${namespace}`;
  for (const { entry, snapshot, content, contentName, longhorn, unreadable } of chain.volumes) {
    if (unreadable !== undefined) continue;
    const claim = volumes.find(({ volume }) => volume === entry.volumeName)?.claim;
    if (!entry.name || claim !== undefined || (snapshot !== undefined && (content !== undefined || contentName === '')))
      continue;
    const object =
      snapshot === undefined
        ? ref('VolumeSnapshot', entry.name, restore.metadata.namespace)
        : ref('VolumeSnapshotContent', contentName);
    const isThere = entry.longhornBackupName && 'volume' in judgeBackup(entry.longhornBackupName, longhorn);
    return { why: `${describeRef(object)} does not exist`, object, ...(isThere && { cure }) };
  }
  return undefined;
}
