import { isRemote } from '../../shared/chain/vmbackup.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { getCommand, listCommand } from '../../shared/domain/kubectl.ts';
import { formatBytes } from '../../shared/domain/bytes.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeBackup, judgeBackupVolumes } from '../../shared/chain/longhorn-backup.ts';
import { describeInProgress, showInProgress } from '../../shared/chain/in-progress.ts';
import { judgeTargetOf, commandForTarget } from '../../shared/chain/target.ts';
import type { StorageClass, VMBackup } from '../../shared/objects/types.ts';
import { capacityProblem } from '../../shared/scratch/namespace-capacity.ts';
import { scratchPods } from '../../shared/scratch/objects.ts';
import type { Outcome } from '../../shared/scratch/runner.ts';
import { keepsVolumes, nameTaken, refused, waitsForPod } from '../../shared/scratch/runner.ts';
import type { Config } from './config.ts';
import { runningIn } from './ledger.ts';
import { bytesOf, READ_LIMITS } from './objects.ts';
import type { SeenDrill } from './observe.ts';
import { totalBytes } from './progress.ts';
import type { Source } from './source.ts';
import { classOf, drillable } from './source.ts';

interface Candidate {
  readonly seen: SeenDrill;
  readonly backup: VMBackup;
  /** The volumes that a drill of it restores. */
  readonly volumes: readonly Source[];
  readonly config: Config;
}

type Check = (candidate: Candidate) => Outcome | undefined;

/** Asked in order, before anything is created: the first that answers is why no drill begins (now). */
const checks: readonly Check[] = [
  // The VMBackup goes, and its backups may go with it.
  isGoing,
  // What is not on the target is not restored from there.
  isLocal,
  // Harvester restores nothing from a VMBackup that is not ready.
  isNotReady,
  // There is something to restore.
  hasNoVolumes,
  // The backups are on the target that Longhorn has.
  isOfOtherTarget,
  // Longhorn has each backup and its volume, and knows when its data was taken.
  hasUnusableBackup,
  // The volumes together are no larger than the policy allows.
  isTooLarge,
  // Each class restores from Longhorn, at once or with a pod that may run, and keeps no volume.
  hasUnfitClass,
  // No name that the drill needs is somebody else's.
  hasNameTaken,
  // The namespace is there, or may be created, and has room.
  hasNoRoom,
  // A real restore goes first.
  waitsForRestore,
  // No more drills at the same time than the policy allows.
  waitsForDrills,
];

/** Why no drill of it begins (now); undefined when one may begin. Pure: a later look may say otherwise. */
export function refusal(seen: SeenDrill, config: Config): Outcome | undefined {
  const { backup, sources } = seen;
  if (backup === undefined) return ['VMBackupGone', 'the VMBackup does not exist'];
  return firstAnswer(checks, { seen, backup, volumes: drillable(sources), config });
}

function isGoing({ backup }: Candidate): Outcome | undefined {
  return isDeleting(backup) ? ['VMBackupDeleting', 'the VMBackup is being deleted'] : undefined;
}

function isLocal({ backup }: Candidate): Outcome | undefined {
  return isRemote(backup)
    ? undefined
    : ['SnapshotTypeBackup', `the VMBackup is of type ${backup.spec.type}: nothing of it is on the target`];
}

function isNotReady({ backup: { status } }: Candidate): Outcome | undefined {
  return status?.readyToUse === true
    ? undefined
    : ['DrillImpossible', 'the VMBackup is not ready: Harvester would restore nothing from it'];
}

function hasNoVolumes({ volumes }: Candidate): Outcome | undefined {
  return volumes.length > 0
    ? undefined
    : ['DrillImpossible', 'none of the VMBackup’s volumes records a Longhorn backup'];
}

function isOfOtherTarget({ seen, backup }: Candidate): Outcome | undefined {
  const trouble = judgeTargetOf(backup, seen.target);
  return trouble && refused(trouble.reason, trouble.detail, commandForTarget(trouble.reason));
}

function hasUnusableBackup({ volumes }: Candidate): Outcome | undefined {
  for (const { entry, longhorn, backupVolumes } of volumes) {
    const name = entry.longhornBackupName ?? '';
    const facts = judgeBackup(name, longhorn);
    const wrong = 'reason' in facts ? facts : longhorn && judgeBackupVolumes(facts, longhorn, backupVolumes);
    if (wrong !== undefined) return [wrong.reason, `volume ${entry.volumeName}: ${wrong.detail}`];
    // Longhorn marks with it that the claim noted in the backup is history, and deletes that claim otherwise.
    if (!longhorn?.status?.snapshotCreatedAt) {
      const why = `Longhorn Backup ${name} does not say yet when its data was taken`;
      return ['BackupNotSynced', `volume ${entry.volumeName}: ${why}`];
    }
  }
  return undefined;
}

function isTooLarge({ volumes, config: { maxSizeGib } }: Candidate): Outcome | undefined {
  const bytes = totalBytes(volumes);
  return bytes > maxSizeGib * 2 ** 30
    ? ['DrillTooLarge', `its volumes are ${formatBytes(bytes)}, and a drill may take ${maxSizeGib} GiB`]
    : undefined;
}

function hasUnfitClass({ seen, volumes, config }: Candidate): Outcome | undefined {
  for (const { entry } of volumes) {
    const name = classOf(entry);
    const found = seen.classes.get(name);
    const why = classProblem(name, found, config);
    if (why === undefined) continue;
    const isThere = found !== undefined && !isDeleting(found);
    const command = isThere ? getCommand(ref('StorageClass', name)) : listCommand('StorageClass');
    return refused('DrillClassUnfit', `volume ${entry.volumeName}: ${why}`, name === '' ? undefined : command);
  }
  return undefined;
}

function classProblem(name: string, found: StorageClass | undefined, { read }: Config): string | undefined {
  if (name === '') return 'its claim named no StorageClass';
  if (found === undefined || isDeleting(found)) return `StorageClass ${name} does not exist`;
  if (found.provisioner !== names.LONGHORN_DRIVER) return `StorageClass ${name} is of ${found.provisioner ?? '?'}`;
  if (keepsVolumes(found))
    return `StorageClass ${name} has reclaimPolicy ${found.reclaimPolicy}: the restored volume would stay behind`;
  if (waitsForPod(found) && read === 'off')
    return `StorageClass ${name} waits for a pod (WaitForFirstConsumer), and drills may not run one; switch reading on`;
  return undefined;
}

function hasNameTaken({ seen: { inTheWay } }: Candidate): Outcome | undefined {
  return inTheWay && refused('DrillNamespaceUnfit', nameTaken('drill', inTheWay), getCommand(inTheWay));
}

function hasNoRoom({ seen: { place }, volumes, config }: Candidate): Outcome | undefined {
  if (place === undefined) return undefined;
  const claims = volumes.map((source) => ({ storageClass: classOf(source.entry), bytes: bytesOf(source) }));
  const pods = config.read === 'on' ? scratchPods('a pod that reads', claims.length, READ_LIMITS) : undefined;
  const problem = capacityProblem(place, { claims, snapshots: claims.length, pods });
  if (problem === undefined || (problem.is === 'missing' && config.makeNamespace === 'yes')) return undefined;
  return refused(problem.is === 'full' ? 'DrillNoRoom' : 'DrillNamespaceUnfit', problem.message, problem.command);
}

function waitsForRestore({ seen: { place } }: Candidate): Outcome | undefined {
  const [restore] = place?.restores ?? [];
  if (restore === undefined) return undefined;
  const message = `VirtualMachineRestore ${describeInProgress([restore])} is in progress, and a drill must not slow it down`;
  return refused('DrillWaits', message, showInProgress(restore));
}

/** The count is exact: beginning writes into just the version of the record that was counted. */
function waitsForDrills({ seen: { record }, config: { atOnce } }: Candidate): Outcome | undefined {
  const running = runningIn(record);
  if (running.length < atOnce) return undefined;
  const some = running.length === 1 ? 'a drill is' : `${running.length} drills are`;
  const others = running.map(([, { vmBackup }]) => vmBackup).join(', ');
  return refused('DrillWaits', `${some} under way already, of ${others}`, 'gleaner drill --clean');
}
