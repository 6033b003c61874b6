import type { SeenRestore, RestoredVolume } from './seen-hanging.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import type { Ref } from '../domain/kinds.ts';
import { deleteCommand, showFinalizersCommand } from '../domain/kubectl.ts';
import type { Reader } from '../ports/reader.ts';
import type { VMRestore } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { parseHandle } from '../domain/handle.ts';
import { hangs, isPending } from '../chain/waiting.ts';
import { isDeleting } from '../chain/metadata.ts';
import { contentNameOf } from '../chain/lookup.ts';
import { backupVolumes, classMissingOf, longhornBackup, missingStorageClass } from '../chain/queries.ts';
import { readChain } from '../chain/read-chain.ts';
import { causeOf, causeOfOtherData } from './hanging-volume.ts';

export interface RestoreJudgment {
  readonly reason: Extract<
    Reason,
    'RestoreComplete' | 'RestoreDeleting' | 'RestoreRunning' | 'RestoreHanging' | 'RestoreOfOtherData' | 'DeletionHangs'
  >;
  readonly message: string;
  readonly command?: string | undefined;
  /** The object at fault, if it is not the restore itself. */
  readonly cause?: Ref | undefined;
}

/**
 * Reads the VMBackup, the chain and the claims of a restore. Reads nothing and returns no volumes if it is complete or
 * being deleted. `backup` and `chain` are undefined if the VMBackup does not exist.
 * @throws what any of these reads throws
 */
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
    const classMissing = waits ? await missingStorageClass(reader, claim.spec.storageClassName) : undefined;
    volumes.push({ volume: volumeName ?? '', claimName, claim, from, pair, classMissing });
  }
  return { restore, backup, chain, volumes };
}

async function readPair(reader: Reader, namespace: string, name: string): Promise<RestoredVolume['pair']> {
  const snapshot = await reader.get('VolumeSnapshot', name, namespace);
  const contentName = contentNameOf(snapshot) ?? '';
  const content = contentName === '' ? undefined : await reader.get('VolumeSnapshotContent', contentName);
  const handle = parseHandle(content?.spec.source.snapshotHandle ?? content?.status?.snapshotHandle ?? '');
  const longhorn = handle.kind === 'backup' ? await longhornBackup(reader, handle.backup) : undefined;
  const volume = longhorn?.status?.volumeName;
  const taken = snapshot?.spec.source.persistentVolumeClaimName;
  const takenOf =
    content === undefined && taken ? await reader.get('PersistentVolumeClaim', taken, namespace) : undefined;
  const classMissing = content && (await classMissingOf(content, reader));
  return {
    ...{ snapshot, contentName, content, longhorn, takenOf, classMissing },
    backupVolumes: volume ? await backupVolumes(reader, volume) : [],
  };
}

/**
 * Whether a restore makes progress, and if not, the cause and its cure. Pure. `nowMs`: the time of deciding, for ages.
 */
export function judgeRestore(seen: SeenRestore, nowMs: number): RestoreJudgment {
  const { restore } = seen;
  const own = describeRef(ref('VirtualMachineRestore', restore.metadata.name, restore.metadata.namespace));
  if (isDeleting(restore)) {
    const held = hangs(restore, nowMs);
    if (held === undefined) return { reason: 'RestoreDeleting', message: `${own} is being deleted` };
    const { name, namespace } = restore.metadata;
    const command = showFinalizersCommand(ref('VirtualMachineRestore', name, namespace));
    return { reason: 'DeletionHangs', message: `${own} ${held}`, command };
  }
  if (restore.status?.complete === true) return { reason: 'RestoreComplete', message: `${own} is complete` };
  const astray = causeOfOtherData(seen);
  if (astray !== undefined) {
    return {
      reason: 'RestoreOfOtherData',
      message: `${own}: ${astray.why}`,
      command: removalCommand(restore),
      cause: astray.object,
    };
  }
  const cause = causeOf(seen, nowMs);
  if (cause === undefined) return { reason: 'RestoreRunning', message: `${own} is in progress` };
  return {
    reason: 'RestoreHanging',
    message: `${own} hangs: ${cause.why}`,
    command: cause.cure ?? removalCommand(restore),
    cause: cause.object,
  };
}

/** The command that gives up the restore. A VM that the restore created owns it, so deleting the VM deletes both. */
function removalCommand(restore: VMRestore): string {
  const { name, namespace, ownerReferences } = restore.metadata;
  const machine = ownerReferences?.find((o) => o.kind === 'VirtualMachine');
  return restore.spec.newVM === true && machine !== undefined
    ? deleteCommand(ref('VirtualMachine', machine.name, namespace))
    : deleteCommand(ref('VirtualMachineRestore', name, namespace));
}
