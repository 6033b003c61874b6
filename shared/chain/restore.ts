import { describeRef, ref } from '../domain/kinds.ts';
import type { Ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Reader } from '../kube/ports.ts';
import type { BackupVolume, Claim, VMBackup, VMRestore } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { isPending } from './claims.ts';
import { parseHandle } from '../domain/handle.ts';
import { hangs, isDeleting, judgeBackup } from './judge.ts';
import type { Chain, ChainVolume } from './links.ts';
import { backupVolumes, longhornBackup } from './read.ts';
import { readChain } from './read-chain.ts';
import { judgeStanding } from './standing.ts';
import { judgeAbsence, judgeTargetOf, targetRef } from './target.ts';

/** A restore and what may keep it. */
export interface SeenRestore {
  readonly restore: VMRestore;
  readonly backup?: VMBackup | undefined;
  readonly chain?: Chain | undefined;
  /** The claims it waits for, each with the pair it is made from. */
  readonly volumes: readonly RestoredVolume[];
}

export interface RestoredVolume {
  readonly volume: string;
  readonly claimName: string;
  readonly claim: Claim | undefined;
  /** Name of the snapshot the claim is made from. */
  readonly from?: string | undefined;
  readonly pair?:
    | (Pick<ChainVolume, 'snapshot' | 'contentName' | 'content' | 'longhorn' | 'backupVolumes'> & {
        /** Of a snapshot that was taken here and has lost its content: the claim that it is made anew of. */
        readonly takenOf?: Claim | undefined;
      })
    | undefined;
}

export interface RestoreJudgment {
  readonly reason: Extract<
    Reason,
    'RestoreComplete' | 'RestoreDeleting' | 'RestoreRunning' | 'RestoreHanging' | 'RestoreOfOtherData' | 'DeletionHangs'
  >;
  readonly message: string;
  readonly command?: string | undefined;
  /** The object at fault, where it is not the restore. */
  readonly cause?: Ref | undefined;
}

/** A claim that nothing visible keeps Pending is taken to hang after this long. */
const SLOW_AFTER_MS = 10 * 60_000;

export async function readRestore(reader: Reader, restore: VMRestore): Promise<SeenRestore> {
  if (isDeleting(restore) || restore.status?.complete === true) return { restore, volumes: [] };
  const { namespace } = restore.metadata;
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace } = restore.spec;
  const backup = await reader.get('VirtualMachineBackup', name, virtualMachineBackupNamespace || namespace);
  const chain = backup && (await readChain(reader, backup));
  const volumes: RestoredVolume[] = [];
  for (const { volumeName, persistentVolumeClaimSpec } of restore.status?.restores ?? []) {
    const claimName = persistentVolumeClaimSpec?.metadata?.name;
    if (!claimName) continue;
    const claim = await reader.get('PersistentVolumeClaim', claimName, namespace);
    const source = claim?.spec.dataSource;
    const from = source?.kind === 'VolumeSnapshot' ? source.name : undefined;
    const waits = claim !== undefined && isPending(claim) && from !== undefined;
    const pair = waits ? await readPair(reader, namespace, from) : undefined;
    volumes.push({ volume: volumeName ?? '', claimName, claim, from, pair });
  }
  return { restore, backup, chain, volumes };
}

async function readPair(reader: Reader, namespace: string, name: string): Promise<RestoredVolume['pair']> {
  const snapshot = await reader.get('VolumeSnapshot', name, namespace);
  const contentName =
    snapshot?.spec.source.volumeSnapshotContentName ?? snapshot?.status?.boundVolumeSnapshotContentName ?? '';
  const content = contentName === '' ? undefined : await reader.get('VolumeSnapshotContent', contentName);
  const handle = parseHandle(content?.spec.source.snapshotHandle ?? content?.status?.snapshotHandle ?? '');
  const longhorn = handle.kind === 'backup' ? await longhornBackup(reader, handle.backup) : undefined;
  const volume = longhorn?.status?.volumeName;
  const taken = snapshot?.spec.source.persistentVolumeClaimName;
  const takenOf =
    content === undefined && taken ? await reader.get('PersistentVolumeClaim', taken, namespace) : undefined;
  return {
    ...{ snapshot, contentName, content, longhorn, takenOf },
    backupVolumes: volume ? await backupVolumes(reader, volume) : [],
  };
}

/** Whether a restore goes on, and if not, why. Pure. */
export function judgeRestore(seen: SeenRestore, nowMs: number): RestoreJudgment {
  const { restore } = seen;
  const own = describeRef(ref('VirtualMachineRestore', restore.metadata.name, restore.metadata.namespace));
  if (isDeleting(restore)) {
    const held = hangs(restore, nowMs);
    if (held === undefined) return { reason: 'RestoreDeleting', message: `${own} is being deleted` };
    const { name, namespace } = restore.metadata;
    const command = `kubectl get virtualmachinerestores.harvesterhci.io ${name} -n ${namespace} -o jsonpath='{.metadata.finalizers}'`;
    return { reason: 'DeletionHangs', message: `${own} ${held}`, command };
  }
  if (restore.status?.complete === true) return { reason: 'RestoreComplete', message: `${own} is complete` };
  const astray = otherData(seen);
  if (astray !== undefined) {
    return {
      reason: 'RestoreOfOtherData',
      message: `${own}: ${astray.why}`,
      command: givingUp(restore),
      cause: astray.object,
    };
  }
  const cause = causeOf(seen, nowMs);
  if (cause === undefined) return { reason: 'RestoreRunning', message: `${own} is in progress` };
  return {
    reason: 'RestoreHanging',
    message: `${own} hangs: ${cause.why}`,
    command: cause.cure ?? givingUp(restore),
    cause: cause.object,
  };
}

interface Cause {
  readonly why: string;
  readonly object?: Ref;
  /** What lets it go on; without it, it can only be given up. */
  readonly cure?: string;
}

function causeOf(seen: SeenRestore, nowMs: number): Cause | undefined {
  const { restore, backup, chain } = seen;
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = restore.spec;
  const from = ref('VirtualMachineBackup', name, namespace || restore.metadata.namespace);
  const bound = seen.volumes.length > 0 && seen.volumes.every(({ claim }) => claim && !isPending(claim));
  if (bound) return undefined;
  if (backup === undefined || chain === undefined) return { why: `${describeRef(from)} does not exist`, object: from };
  if (isDeleting(backup)) return { why: `${describeRef(from)} is being deleted`, object: from };
  const waiting = seen.volumes.map((volume) => causeOfClaim(volume, seen)).find((cause) => cause !== undefined);
  if (waiting !== undefined) return waiting;
  const notReady = judgeStanding(chain, nowMs).readiness;
  if (notReady !== undefined && notReady.reason !== 'VMBackupInProgress') {
    return { why: notReady.message, object: from, ...(notReady.command !== undefined && { cure: notReady.command }) };
  }
  const lost = lostPair(seen, chain);
  if (lost !== undefined) return lost;
  const target = judgeTargetOf(backup, chain.target);
  if (target !== undefined) return { why: target.detail, object: target.reason === 'OtherTarget' ? from : targetRef };
  const said = restore.status?.conditions?.find((c) => c.type === 'InProgress' && c.reason === 'Error')?.message;
  // Harvester says so while it repairs a pair itself, and tries again.
  if (said && !said.includes('needs to update VolumeSnapshot')) return { why: `Harvester says: ${said}` };
  const age = nowMs - Date.parse(restore.metadata.creationTimestamp ?? '');
  const pending = seen.volumes.find(({ claim }) => claim !== undefined && isPending(claim));
  if (pending === undefined || !(age > SLOW_AFTER_MS)) return undefined;
  const claim = ref('PersistentVolumeClaim', pending.claimName, restore.metadata.namespace);
  return {
    why: `${describeRef(claim)} is Pending, and nothing that Gleaner knows of keeps it; its events may say more`,
    object: claim,
    cure: `kubectl describe pvc ${claim.name} -n ${restore.metadata.namespace}`,
  };
}

/** A claim that still waits for a content which names another backup than the VMBackup records for its volume. */
function otherData({ chain, volumes }: SeenRestore): Cause | undefined {
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

function causeOfClaim({ claimName, from, pair }: RestoredVolume, { restore, chain }: SeenRestore): Cause | undefined {
  if (pair === undefined || from === undefined) return undefined;
  const { namespace, name } = restore.metadata;
  const waits = `claim ${claimName} waits for`;
  const snapshot = ref('VolumeSnapshot', from, namespace);
  const repair = `gleaner apply vmrestore/${name} -n ${namespace}`;
  if (pair.snapshot === undefined)
    return { why: `${waits} ${describeRef(snapshot)}, which does not exist`, object: snapshot };
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
    return { why: `${waits} ${describeRef(content)}, which does not exist`, object: content, cure: repair };
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
  if (handle.volume === facts.volume || !looksVolumesUp(pair.backupVolumes)) return undefined;
  return {
    why: `${waits} a content with the handle ${text}, but the backup is of volume ${facts.volume}`,
    object: content,
    cure: repair,
  };
}

/** Longhorn up to 1.7 restores by the backup's name alone; its BackupVolumes have no spec. */
const looksVolumesUp = (volumes: readonly BackupVolume[]): boolean => volumes.some((v) => Boolean(v.spec?.volumeName));

/** A VM that the restore made half-way is refused to be left behind: it goes first, and takes the restore with it. */
function givingUp(restore: VMRestore): string {
  const { name, namespace, ownerReferences } = restore.metadata;
  const machine = ownerReferences?.find((o) => o.kind === 'VirtualMachine');
  return restore.spec.newVM === true && machine !== undefined
    ? `kubectl delete virtualmachines.kubevirt.io ${machine.name} -n ${namespace}`
    : `kubectl delete virtualmachinerestores.harvesterhci.io ${name} -n ${namespace}`;
}
