import type { Ref } from '../domain/kinds.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import { describeCommand, getCommand, listCommand, patchCommand, retainCommand } from '../domain/kubectl.ts';
import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Backup, BackupVolume, Content, Snapshot, VMRestore } from '../objects/types.ts';
import { hangs, snapshotError } from '../chain/waiting.ts';
import { isDeleting } from '../chain/metadata.ts';
import { isLocal } from '../chain/vmbackup.ts';
import { judgeBackup, judgeBackupVolumes, targetNamedBy } from '../chain/longhorn-backup.ts';
import { unblockDeletionCommand } from '../chain/link.ts';
import type { Chain } from '../chain/chain.ts';
import type { RestoredVolume, SeenRestore } from './seen-hanging.ts';
import { judgeAbsence, listVolumes } from '../chain/target.ts';

/** Why a restore makes no progress. */
export interface Cause {
  readonly why: string;
  readonly object?: Ref;
  /** How to unblock the restore. Without a cure it has to be deleted. */
  readonly cure?: string;
}

/** Age after which a Pending claim or a restore without a visible cause counts as hanging. */
export const SLOW_AFTER_MS = 10 * 60_000;

/**
 * Why a claim of a restore gets no volume; undefined without a visible cause. For a claim from a snapshot the cause is
 * in its pair, the Longhorn Backup or the target.
 */
export function causeOfClaim(
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
      cure: describeCommand(object),
    };
  }
  if (pair === undefined || from === undefined) return undefined;
  if (classMissing !== undefined) {
    const object = ref('StorageClass', classMissing);
    return {
      why: `claim ${claimName} is in ${describeRef(object)}, which does not exist`,
      object,
      cure: listCommand('StorageClass'),
    };
  }
  const { namespace, name } = restore.metadata;
  const waits = `claim ${claimName} waits for`;
  const snapshot = ref('VolumeSnapshot', from, namespace);
  const lent = vmBackupLending(restore, from, chain);
  const repair =
    lent === undefined
      ? `gleaner apply vmrestore/${name} -n ${namespace}`
      : `gleaner apply vmbackup/${lent} -n ${namespace}`;
  if (pair.snapshot === undefined) {
    const why = `${waits} ${describeRef(snapshot)}, which does not exist`;
    const lost = chain && causeOfMissingBackup(volume, chain);
    if (lost !== undefined) return { ...lost, why: `${why}, and ${lost.why}` };
    return { why, object: snapshot, ...(lent !== undefined && { cure: repair }) };
  }
  // Deadlock: no volume is created from a snapshot in deletion, and a claim that reads from it blocks that deletion.
  if (isDeleting(pair.snapshot))
    return {
      why: `${waits} ${describeRef(snapshot)}, which is in deletion and waits for this claim`,
      object: snapshot,
    };
  if (pair.contentName === '') return undefined;
  const content = ref('VolumeSnapshotContent', pair.contentName);
  const taken = pair.snapshot.spec.source.persistentVolumeClaimName;
  if (pair.content === undefined && taken) {
    // The snapshot controller recreates it from its source claim. Without the claim it is lost, and cannot be replaced.
    if (pair.takenOf !== undefined && !isDeleting(pair.takenOf)) return undefined;
    const why = `${waits} ${describeRef(content)}, which does not exist, and neither does its source claim ${taken}`;
    return { why, object: content };
  }
  if (pair.content === undefined) {
    const why = `${waits} ${describeRef(content)}, which does not exist`;
    const lost = chain && causeOfMissingBackup(volume, chain);
    return lost === undefined ? { why, object: content, cure: repair } : { ...lost, why: `${why}, and ${lost.why}` };
  }
  const swapping = pair.snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
  if (isDeleting(pair.content) && !swapping) {
    const why = `${waits} ${describeRef(content)}, which is in deletion and hangs there`;
    return { why, object: content, cure: unblockDeletionCommand(pair.content) };
  }
  const astray = causeOfForeignBinding(pair.snapshot, pair.content, repair, lent !== undefined, waits);
  if (astray !== undefined) return astray;
  const driver = chain?.volumes.find(({ entry }) => entry.volumeName === volume)?.entry.csiDriverName;
  if (pair.content.spec.driver !== (driver || names.LONGHORN_DRIVER)) {
    const why = `${waits} ${describeRef(content)}, which is of driver ${pair.content.spec.driver}`;
    return { why, object: content, cure: getCommand(content) };
  }
  const text = pair.content.status?.snapshotHandle || (pair.content.spec.source.snapshotHandle ?? '');
  const handle = parseHandle(text);
  if (handle.kind !== 'backup' && chain !== undefined && isLocal(chain.backup))
    return causeOfUnreadyPair(pair.snapshot, pair, waits, nowMs);
  if (handle.kind !== 'backup')
    return text === '' ? undefined : { why: `the handle ${text} names no backup`, object: content };
  // Without the target, the cause is reported about the target.
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
    const why = `${waits} a backup of volume ${facts.volume}, which has no BackupVolume`;
    return { why, object, cure: listVolumes(facts.volume) };
  }
  if (handle.volume === facts.volume || !looksVolumesUp(pair.backupVolumes))
    return swapping ? undefined : causeOfUnreadyPair(pair.snapshot, pair, waits, nowMs);
  return {
    why: `${waits} a content with the handle ${text}, but the backup is of volume ${facts.volume}`,
    object: content,
    cure: repair,
  };
}

/**
 * A missing backup, without which nothing can be recreated. A disconnected target is reported about the target instead.
 */
function causeOfMissingBackup(volume: string, chain: Chain): Cause | undefined {
  const of = chain.volumes.find(({ entry }) => entry.volumeName === volume);
  const backup = of?.entry.longhornBackupName;
  if (of === undefined || of.unreadable !== undefined || !backup) return undefined;
  const facts = judgeBackup(backup, of.longhorn);
  if (!('reason' in facts) && of.longhorn !== undefined) {
    const trouble = judgeBackupVolumes(facts, of.longhorn, of.backupVolumes);
    const at = ref('BackupVolume', of.backupVolumes[0]?.metadata.name ?? facts.volume, names.LONGHORN_NAMESPACE);
    return trouble && { why: trouble.detail, object: at, cure: listVolumes(facts.volume) };
  }
  if (!('reason' in facts) || facts.reason === 'BackupNotSynced') return undefined;
  if (of.longhorn === undefined && judgeAbsence(chain.target, of.backupVolumes, chain.backup)) return undefined;
  return { why: facts.detail, object: ref('Backup', backup, names.LONGHORN_NAMESPACE) };
}

/** Name of the VMBackup if the claim uses its own pair, as in a restore into the same namespace. */
function vmBackupLending({ metadata }: VMRestore, from: string, chain: Chain | undefined): string | undefined {
  if (chain === undefined || chain.backup.metadata.namespace !== metadata.namespace) return undefined;
  return chain.volumes.some(({ entry }) => entry.name === from) ? chain.backup.metadata.name : undefined;
}

/** The content is bound to another snapshot, so no volume is created from it. */
function causeOfForeignBinding(
  { metadata: { name, namespace, uid } }: Snapshot,
  { metadata, spec }: Content,
  repair: string,
  isLent: boolean,
  waits: string,
): Cause | undefined {
  const { volumeSnapshotRef: of } = spec;
  const isNamed = of.name === name && of.namespace === namespace;
  if (isNamed && (!of.uid || of.uid === uid)) return undefined;
  const object = ref('VolumeSnapshotContent', metadata.name);
  const whose = `${of.namespace}/${of.name}${isNamed ? ' with another uid' : ''}`;
  const why = `${waits} ${describeRef(object)}, which belongs to VolumeSnapshot ${whose}`;
  return {
    why,
    object,
    cure: !isNamed
      ? getCommand(object)
      : isLent
        ? repair
        : forgetSnapshotCommand(spec.deletionPolicy, metadata.name, of.uid),
  };
}

/**
 * The command that drops the stale uid from a content, so that the current snapshot can bind; first the one for Retain.
 */
function forgetSnapshotCommand(policy: string, content: string, uid: string | null | undefined): string {
  if (policy !== 'Retain') return retainCommand(content);
  const path = '/spec/volumeSnapshotRef/uid';
  const patch = [
    { op: 'test', path, value: uid },
    { op: 'remove', path },
  ];
  return patchCommand(ref('VolumeSnapshotContent', content), patch);
}

/** The snapshot is not bound and ready, so no volume is created from it. */
function causeOfUnreadyPair(
  snapshot: Snapshot,
  { contentName, content, classMissing }: NonNullable<RestoredVolume['pair']>,
  waits: string,
  nowMs: number,
): Cause | undefined {
  const { metadata, status } = snapshot;
  if (status?.readyToUse === true && status.boundVolumeSnapshotContentName) return undefined;
  const at = ref('VolumeSnapshotContent', contentName);
  if (classMissing !== undefined) {
    const why = `${waits} ${describeRef(at)}, which never becomes ready, because VolumeSnapshotClass ${classMissing} does not exist`;
    return { why, object: at, cure: listCommand('VolumeSnapshotClass') };
  }
  const error = content?.status?.error?.message;
  if (error)
    return { why: `${waits} ${describeRef(at)}, which is not ready: ${error}`, object: at, cure: getCommand(at) };
  const own = ref('VolumeSnapshot', metadata.name, metadata.namespace);
  const said = snapshotError(snapshot, content, nowMs);
  const isSlow = (one: { readonly creationTimestamp?: string | null | undefined } | undefined) =>
    nowMs - Date.parse(one?.creationTimestamp ?? '') > SLOW_AFTER_MS;
  if (said === undefined && !(isSlow(metadata) && isSlow(content?.metadata))) return undefined;
  const why = `${waits} ${describeRef(own)}, which is not ${status?.boundVolumeSnapshotContentName ? 'ready' : 'bound'}`;
  return { why: said === undefined ? why : `${why}: ${said}`, object: own, cure: getCommand(own) };
}

/** Longhorn 1.8 and later records a target on each Backup, and restores only with a BackupVolume. */
const isByTarget = ({ metadata, status }: Backup): boolean =>
  targetNamedBy(status?.backupTargetName, metadata) !== undefined;

/** Longhorn 1.8 and later looks the volume of a handle up. Up to 1.7 it ignores it; its BackupVolumes have no spec. */
const looksVolumesUp = (volumes: readonly BackupVolume[]): boolean => volumes.some((v) => Boolean(v.spec?.volumeName));
