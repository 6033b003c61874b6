import { describeRef, ref } from '../domain/kinds.ts';
import type { Ref } from '../domain/kinds.ts';
import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Backup, BackupVolume, Snapshot, VMRestore } from '../objects/types.ts';
import { isPending } from './claims.ts';
import { hangs, isDeleting, judgeBackup } from './judge.ts';
import { show, toLetGo } from './link.ts';
import type { Chain } from './links.ts';
import type { RestoredVolume, SeenRestore } from './restore.ts';
import { judgeStanding } from './standing.ts';
import { judgeAbsence, judgeTargetOf, listVolumes, targetRef } from './target.ts';

/** Why a restore does not go on. */
export interface Cause {
  readonly why: string;
  readonly object?: Ref;
  /** What lets it go on; without it, it can only be given up. */
  readonly cure?: string;
}

/** A claim that nothing visible keeps Pending, and a restore that says nothing, is taken to hang after this long. */
const SLOW_AFTER_MS = 10 * 60_000;

export function causeOf(seen: SeenRestore, nowMs: number): Cause | undefined {
  const { restore, backup, chain } = seen;
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = restore.spec;
  const from = ref('VirtualMachineBackup', name, namespace || restore.metadata.namespace);
  const ageMs = nowMs - Date.parse(restore.metadata.creationTimestamp ?? '');
  const lostVolume = seen.volumes.find(({ claim }) => claim?.status?.phase === 'Lost');
  if (lostVolume !== undefined) {
    const object = ref('PersistentVolumeClaim', lostVolume.claimName, restore.metadata.namespace);
    const volume = lostVolume.claim?.spec.volumeName ?? '?';
    return { why: `${describeRef(object)} has lost its volume: there is no PersistentVolume ${volume}`, object };
  }
  const bound = seen.volumes.length > 0 && seen.volumes.every(({ claim }) => claim && !isPending(claim));
  // Longhorn fills the volumes for hours while nothing else is to be seen; what Harvester says meanwhile may pass.
  if (bound) return ageMs > SLOW_AFTER_MS ? saidBy(restore) : undefined;
  if (backup === undefined || chain === undefined) return { why: `${describeRef(from)} does not exist`, object: from };
  if (isDeleting(backup)) return { why: `${describeRef(from)} is being deleted`, object: from };
  const [first, ...more] = seen.volumes.flatMap((volume) => causeOfClaim(volume, seen, nowMs) ?? []);
  if (first !== undefined) return together(first, more);
  const notReady = judgeStanding(chain, nowMs).readiness;
  if (notReady !== undefined && notReady.reason !== 'VMBackupInProgress') {
    return { why: notReady.message, object: from, ...(notReady.command !== undefined && { cure: notReady.command }) };
  }
  const lost = lostPair(seen, chain);
  if (lost !== undefined) return lost;
  const target = judgeTargetOf(backup, chain.target);
  if (target !== undefined) return { why: target.detail, object: target.reason === 'OtherTarget' ? from : targetRef };
  const said = saidBy(restore);
  if (said !== undefined) return said;
  if (!(ageMs > SLOW_AFTER_MS)) return undefined;
  if (!restore.status?.restores?.length) return { why: 'Harvester has not begun it', cure: describe(restore) };
  const absent = seen.volumes.find(({ claim }) => claim === undefined);
  if (absent !== undefined) {
    const object = ref('PersistentVolumeClaim', absent.claimName, restore.metadata.namespace);
    return { why: `${describeRef(object)} does not exist`, object, cure: describe(restore) };
  }
  const pending = seen.volumes.find(({ claim }) => claim !== undefined && isPending(claim));
  if (pending === undefined) return undefined;
  const claim = ref('PersistentVolumeClaim', pending.claimName, restore.metadata.namespace);
  return {
    why: `${describeRef(claim)} is Pending, and nothing that Gleaner knows of keeps it; its events may say more`,
    object: claim,
    cure: `kubectl describe pvc ${claim.name} -n ${restore.metadata.namespace}`,
  };
}

/** Several claims can wait, each for something else; what cannot be cured decides what becomes of all of them. */
function together(first: Cause, more: readonly Cause[]): Cause {
  const all = [first, ...more];
  const { object, cure } = all.find((cause) => cause.cure === undefined) ?? first;
  return {
    why: all.map(({ why }) => why).join('; '),
    ...(object !== undefined && { object }),
    ...(cure !== undefined && { cure }),
  };
}

function saidBy({ status }: VMRestore): Cause | undefined {
  const said = status?.conditions?.find((c) => c.type === 'InProgress' && c.reason === 'Error')?.message;
  // Harvester says so while it repairs a pair itself, and tries again.
  return said && !said.includes('needs to update VolumeSnapshot') ? { why: `Harvester says: ${said}` } : undefined;
}

const describe = ({ metadata: { name, namespace } }: VMRestore): string =>
  `kubectl describe virtualmachinerestores.harvesterhci.io ${name} -n ${namespace}`;

/** A claim that still waits for a content which names another backup than the VMBackup records for its volume. */
export function otherData({ chain, volumes }: SeenRestore): Cause | undefined {
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

/** In its own namespace a restore uses the VMBackup's pairs, and finds out when it makes the claim. */
function lostPair({ restore, volumes }: SeenRestore, chain: Chain): Cause | undefined {
  if (chain.backup.metadata.namespace !== restore.metadata.namespace) return undefined;
  const { name, namespace } = chain.backup.metadata;
  const cure = `gleaner apply vmbackup/${name} -n ${namespace}`;
  for (const { entry, snapshot, content, contentName, longhorn, odd } of chain.volumes) {
    if (odd !== undefined) continue;
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

function causeOfClaim(
  { volume, claimName, claim, from, pair, classMissing }: RestoredVolume,
  { restore, chain }: SeenRestore,
  nowMs: number,
): Cause | undefined {
  const held = claim && hangs(claim, nowMs);
  if (held !== undefined) {
    const object = ref('PersistentVolumeClaim', claimName, restore.metadata.namespace);
    return {
      why: `${describeRef(object)} ${held}`,
      object,
      cure: `kubectl describe pvc ${claimName} -n ${object.namespace}`,
    };
  }
  if (pair === undefined || from === undefined) return undefined;
  if (classMissing !== undefined) {
    const object = ref('StorageClass', classMissing);
    return { why: `claim ${claimName} is in ${describeRef(object)}, which does not exist`, object, cure: listClasses };
  }
  const { namespace, name } = restore.metadata;
  const waits = `claim ${claimName} waits for`;
  const snapshot = ref('VolumeSnapshot', from, namespace);
  const repair = `gleaner apply vmrestore/${name} -n ${namespace}`;
  if (pair.snapshot === undefined)
    return { why: `${waits} ${describeRef(snapshot)}, which does not exist`, object: snapshot };
  // Each waits for the other: no volume is made from a snapshot in deletion, and it does not go while a claim reads from it.
  if (isDeleting(pair.snapshot))
    return { why: `${waits} ${describeRef(snapshot)}, which is in deletion and waits for the claim`, object: snapshot };
  if (pair.contentName === '') return undefined;
  const content = ref('VolumeSnapshotContent', pair.contentName);
  const taken = pair.snapshot.spec.source.persistentVolumeClaimName;
  if (pair.content === undefined && taken) {
    // The snapshot controller makes it anew of its claim; without that nobody can, and no other snapshot can take its place.
    if (pair.takenOf !== undefined && !isDeleting(pair.takenOf)) return undefined;
    const why = `${waits} ${describeRef(content)}, which does not exist, nor does claim ${taken} that it was taken of`;
    return { why, object: content };
  }
  if (pair.content === undefined) {
    const why = `${waits} ${describeRef(content)}, which does not exist`;
    const lost = chain && noBackupFor(volume, chain);
    return lost === undefined ? { why, object: content, cure: repair } : { ...lost, why: `${why}, and ${lost.why}` };
  }
  const swapping = pair.snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
  if (isDeleting(pair.content) && !swapping) {
    const why = `${waits} ${describeRef(content)}, which is in deletion and hangs there`;
    return { why, object: content, cure: toLetGo(pair.content) };
  }
  const text = pair.content.status?.snapshotHandle || (pair.content.spec.source.snapshotHandle ?? '');
  const handle = parseHandle(text);
  if (handle.kind !== 'backup')
    return text === '' ? undefined : { why: `the handle ${text} names no backup`, object: content };
  // What hangs for want of the target is told of the target.
  const { longhorn } = pair;
  if (longhorn === undefined && chain && judgeAbsence(chain.target, pair.backupVolumes, chain.backup)) return undefined;
  const facts = judgeBackup(handle.backup, longhorn);
  if ('reason' in facts) {
    return facts.reason === 'BackupNotSynced'
      ? undefined
      : {
          why: `${waits} ${handle.backup}, but ${facts.detail}`,
          object: ref('Backup', handle.backup, names.LONGHORN_NAMESPACE),
        };
  }
  if (longhorn !== undefined && pair.backupVolumes.length === 0 && isByTarget(longhorn)) {
    const object = ref('BackupVolume', facts.volume, names.LONGHORN_NAMESPACE);
    const why = `${waits} a backup of volume ${facts.volume}, of which there is no BackupVolume`;
    return { why, object, cure: listVolumes(facts.volume) };
  }
  if (handle.volume === facts.volume || !looksVolumesUp(pair.backupVolumes))
    return swapping ? undefined : unready(pair.snapshot, pair, waits, nowMs);
  return {
    why: `${waits} a content with the handle ${text}, but the backup is of volume ${facts.volume}`,
    object: content,
    cure: repair,
  };
}

/** Without its backup nothing can be made anew. Where Longhorn only does not know it now, that is told of the target. */
function noBackupFor(volume: string, chain: Chain): Cause | undefined {
  const of = chain.volumes.find(({ entry }) => entry.volumeName === volume);
  const backup = of?.entry.longhornBackupName;
  if (of === undefined || of.odd !== undefined || !backup) return undefined;
  const facts = judgeBackup(backup, of.longhorn);
  if (!('reason' in facts) || facts.reason === 'BackupNotSynced') return undefined;
  if (of.longhorn === undefined && judgeAbsence(chain.target, of.backupVolumes, chain.backup)) return undefined;
  return { why: facts.detail, object: ref('Backup', backup, names.LONGHORN_NAMESPACE) };
}

/** No volume is made from a snapshot that is not bound and ready, whatever its handle. */
function unready(
  { metadata, status }: Snapshot,
  { contentName, content, classMissing }: NonNullable<RestoredVolume['pair']>,
  waits: string,
  nowMs: number,
): Cause | undefined {
  if (status?.readyToUse === true && status.boundVolumeSnapshotContentName) return undefined;
  const at = ref('VolumeSnapshotContent', contentName);
  if (classMissing !== undefined) {
    const why = `${waits} ${describeRef(at)}, which never becomes ready: there is no VolumeSnapshotClass ${classMissing}`;
    return { why, object: at, cure: 'kubectl get volumesnapshotclasses' };
  }
  const error = content?.status?.error?.message;
  if (error) return { why: `${waits} ${describeRef(at)}, which is not ready: ${error}`, object: at, cure: show(at) };
  const snapshot = ref('VolumeSnapshot', metadata.name, metadata.namespace);
  const said = status?.error?.message;
  if (!said && !(nowMs - Date.parse(metadata.creationTimestamp ?? '') > SLOW_AFTER_MS)) return undefined;
  const why = `${waits} ${describeRef(snapshot)}, which is not ${status?.boundVolumeSnapshotContentName ? 'ready' : 'bound'}`;
  return { why: said ? `${why}: ${said}` : why, object: snapshot, cure: show(snapshot) };
}

/** From 1.8 on, when Longhorn wrote a target on each Backup, it restores nothing without a BackupVolume. */
const isByTarget = ({ metadata, status }: Backup): boolean =>
  Boolean(metadata.labels?.[names.BACKUP_TARGET_LABEL] || status?.backupTargetName);

const listClasses = 'kubectl get storageclasses';

/** Longhorn up to 1.7 restores by the backup's name alone; its BackupVolumes have no spec. */
const looksVolumesUp = (volumes: readonly BackupVolume[]): boolean => volumes.some((v) => Boolean(v.spec?.volumeName));
