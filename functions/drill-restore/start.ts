import { formatBytes } from '../../shared/domain/bytes.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting, judgeBackup, judgeBackupVolumes } from '../../shared/chain/judge.ts';
import { commandForTarget } from '../../shared/chain/links.ts';
import { describeInProgress, showInProgress } from '../../shared/chain/in-progress.ts';
import { capacityProblem } from '../../shared/scratch/namespace-capacity.ts';
import { scratchPods } from '../../shared/scratch/scratch.ts';
import { judgeTargetOf } from '../../shared/chain/target.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import { bytesOf, READ_LIMITS } from './objects.ts';
import type { SeenDrill } from './observe.ts';
import { runningIn } from './record.ts';
import { classOf, drillable } from './source.ts';

/** Why a drill cannot begin (now). */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  readonly command?: string;
}

/** Everything is asked before anything is made. Undefined: it may begin. */
export function refusal(seen: SeenDrill, config: Config): Refusal | undefined {
  return ofBackup(seen) ?? ofClasses(seen, config) ?? ofPlace(seen, config) ?? ofTurn(seen, config);
}

function ofBackup({ backup, sources, target }: SeenDrill): Refusal | undefined {
  if (backup === undefined) return { reason: 'VMBackupGone', message: 'the VMBackup does not exist' };
  if (isDeleting(backup)) return { reason: 'VMBackupDeleting', message: 'the VMBackup is being deleted' };
  if ((backup.spec.type || 'backup') !== 'backup') {
    return {
      reason: 'SnapshotTypeBackup',
      message: `the VMBackup is of type ${backup.spec.type}: nothing of it is on the target`,
    };
  }
  if (backup.status?.readyToUse !== true) {
    return { reason: 'DrillImpossible', message: 'the VMBackup is not ready: Harvester would restore nothing from it' };
  }
  const volumes = drillable(sources);
  if (volumes.length === 0) {
    return { reason: 'DrillImpossible', message: 'none of the VMBackup’s volumes records a Longhorn backup' };
  }
  const trouble = judgeTargetOf(backup, target);
  if (trouble !== undefined) {
    return { reason: trouble.reason, message: trouble.detail, command: commandForTarget(trouble.reason) };
  }
  for (const { entry, longhorn, backupVolumes } of volumes) {
    const facts = judgeBackup(entry.longhornBackupName ?? '', longhorn);
    const wrong = 'reason' in facts ? facts : longhorn && judgeBackupVolumes(facts, longhorn, backupVolumes);
    if (wrong !== undefined) return { reason: wrong.reason, message: `volume ${entry.volumeName}: ${wrong.detail}` };
    if (!longhorn?.status?.snapshotCreatedAt) {
      // Longhorn marks with it that the claim noted in the backup is history, and deletes that claim otherwise.
      return {
        reason: 'BackupNotSynced',
        message: `volume ${entry.volumeName}: Longhorn Backup ${entry.longhornBackupName} does not say yet when its data was taken`,
      };
    }
  }
  return undefined;
}

function ofClasses({ sources, classes }: SeenDrill, { maxSizeGib, read }: Config): Refusal | undefined {
  const bytes = drillable(sources).reduce((sum, source) => sum + bytesOf(source), 0);
  if (bytes > maxSizeGib * 2 ** 30) {
    return {
      reason: 'DrillTooLarge',
      message: `its volumes are ${formatBytes(bytes)}, and a drill may take ${maxSizeGib} GiB`,
    };
  }
  for (const { entry } of drillable(sources)) {
    const name = classOf(entry);
    const unfit = (why: string): Refusal => ({
      reason: 'DrillClassUnfit',
      message: `volume ${entry.volumeName}: ${why}`,
      ...(name !== '' && { command: `kubectl get storageclass ${name} -o yaml` }),
    });
    const found = classes.get(name);
    if (name === '') return unfit('its claim named no StorageClass');
    if (found === undefined || isDeleting(found))
      return { ...unfit(`StorageClass ${name} does not exist`), command: 'kubectl get storageclasses' };
    if (found.provisioner !== names.LONGHORN_DRIVER)
      return unfit(`StorageClass ${name} is of ${found.provisioner ?? '?'}`);
    if ((found.reclaimPolicy ?? 'Delete') !== 'Delete') {
      return unfit(
        `StorageClass ${name} has reclaimPolicy ${found.reclaimPolicy}: the restored volume would stay behind`,
      );
    }
    if (found.volumeBindingMode === 'WaitForFirstConsumer' && read === 'off') {
      return unfit(
        `StorageClass ${name} waits for a pod (WaitForFirstConsumer), and drills may not run one; switch reading on`,
      );
    }
  }
  return undefined;
}

function ofPlace({ sources, place, inTheWay }: SeenDrill, { makeNamespace, read }: Config): Refusal | undefined {
  if (inTheWay !== undefined) {
    const { kind, name, namespace } = inTheWay;
    const command = `kubectl get ${kind.toLowerCase()} ${name}${namespace === undefined ? '' : ` -n ${namespace}`} -o yaml`;
    return { reason: 'DrillNamespaceUnfit', message: isTaken(inTheWay), command };
  }
  if (place === undefined) return undefined;
  const claims = drillable(sources).map((source) => ({ storageClass: classOf(source.entry), bytes: bytesOf(source) }));
  const pods = read === 'on' ? scratchPods('a pod that reads', claims.length, READ_LIMITS) : undefined;
  const trouble = capacityProblem(place, { claims, snapshots: claims.length, pods });
  if (trouble === undefined || (trouble.is === 'missing' && makeNamespace === 'yes')) return undefined;
  const { is, message, command } = trouble;
  return {
    reason: is === 'full' ? 'DrillNoRoom' : 'DrillNamespaceUnfit',
    message,
    ...(command !== undefined && { command }),
  };
}

export const isTaken = (inTheWay: Ref): string =>
  `${describeRef(inTheWay)} is not the drill’s, and bears a name that it needs`;

/** A real restore goes first. The count is exact: beginning writes into just the version of the record that was counted. */
function ofTurn({ record, place }: SeenDrill, { atOnce }: Config): Refusal | undefined {
  const [restore] = place?.restores ?? [];
  if (restore !== undefined) {
    return {
      reason: 'DrillWaits',
      message: `VirtualMachineRestore ${describeInProgress([restore])} is in progress, and a drill must not slow it down`,
      command: showInProgress(restore),
    };
  }
  const running = runningIn(record);
  if (running.length < atOnce) return undefined;
  const others = running.map(([, { vmBackup }]) => vmBackup).join(', ');
  return {
    reason: 'DrillWaits',
    message: `${running.length === 1 ? 'a drill is' : `${running.length} drills are`} under way already, of ${others}`,
    command: 'gleaner drill --clean',
  };
}
