import { firstAnswer } from '../plan/check.ts';
import { ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import { storageSupport } from '../capability/storage-support.ts';
import { classFor, createClassCommand, takesSnapshots } from '../capability/config.ts';
import type { SeenClass } from '../capability/read.ts';
import type { AnswerReason } from '../capability/reasons.ts';
import { isFound } from '../ports/attempt.ts';
import { isDeleting } from '../chain/metadata.ts';
import * as names from '../domain/names.ts';
import type { SnapshotClass } from '../objects/types.ts';
import { capacityProblem } from '../scratch/namespace-capacity.ts';
import { scratchPods } from '../scratch/objects.ts';
import type { Outcome } from '../scratch/runner.ts';
import { keepsVolumes, nameTaken, refused, waitsForPod } from '../scratch/runner.ts';
import { CONSUMER_LIMITS, PROBE_BYTES } from './objects.ts';
import type { SeenProbe } from './observe.ts';
import type { ProbeConfig } from './config.ts';

/** Answers that a probe cannot change. A snapshotter that was not seen is not among them: a probe tests just that. */
const settled: ReadonlySet<AnswerReason> = new Set([
  'NotCsi',
  'DriverNotInstalled',
  'SnapshotApiMissing',
  'NoSnapshotClass',
]);

/**
 * The VolumeSnapshotClass of the probe's snapshot. For Longhorn it must have `type: snap`: any other creates a backup
 * on the target, which could be removed only by deleting a Longhorn Backup.
 */
export function snapshotClassOf({ classes, driver }: SeenClass): SnapshotClass | undefined {
  if (!isFound(classes)) return undefined;
  const name = classFor(driver, classes.found, 'snapshot');
  const found = classes.found.find((one) => one.metadata.name === name && one.driver === driver);
  return driver === names.LONGHORN_DRIVER && found !== undefined && !takesSnapshots(found)
    ? classes.found.find((one) => one.driver === driver && takesSnapshots(one))
    : found;
}

interface Candidate {
  readonly seen: SeenClass;
  readonly probe: Pick<SeenProbe, 'place' | 'inTheWay'>;
  readonly config: ProbeConfig;
}

type Check = (candidate: Candidate) => Outcome | undefined;

/** Asked in order before a probe starts. The first answer is why it does not start (now). */
const checks: readonly Check[] = [
  // A probe can change the answer.
  isSettled,
  // A VolumeSnapshotClass exists whose snapshots can be removed again.
  hasNoSnapshotClass,
  // The class is not being deleted, deletes volumes with their claims, and does not wait for a pod that may not run.
  isUnfit,
  // No other object has a name that the probe needs.
  hasNameTaken,
  // The namespace is not being deleted, and has room. A missing one is created.
  hasNoRoom,
];

/** Why the probe may not start (now); undefined if it may. Pure. The answer may change at the next call. */
export const refusal = (seen: SeenClass, probe: Candidate['probe'], config: ProbeConfig): Outcome | undefined =>
  firstAnswer(checks, { seen, probe, config });

function isSettled({ seen }: Candidate): Outcome | undefined {
  const { reason, message, cure } = storageSupport(seen, undefined).snapshot;
  return settled.has(reason) ? refused('ProbeImpossible', message, cure) : undefined;
}

function hasNoSnapshotClass({ seen }: Candidate): Outcome | undefined {
  const { classes, driver } = seen;
  if (!isFound(classes)) return ['ProbeImpossible', `its VolumeSnapshotClasses: ${classes.unknown}`];
  if (snapshotClassOf(seen) !== undefined) return undefined;
  const [message, command] =
    driver === names.LONGHORN_DRIVER
      ? [
          `no VolumeSnapshotClass of ${driver} takes snapshots in the cluster, and a probe creates no backups`,
          createClassCommand(driver, 'longhorn-snapshot', 'snap'),
        ]
      : [`no VolumeSnapshotClass names driver ${driver}`, createClassCommand(driver, `${driver}-snapshot`)];
  return refused('ProbeImpossible', message, command);
}

function isUnfit({ seen: { storageClass }, config: { image, volumeMode } }: Candidate): Outcome | undefined {
  const { name } = storageClass.metadata;
  const unfit = (why: string, command = getCommand(ref('StorageClass', name))) =>
    refused('ProbeClassUnfit', `StorageClass ${name} ${why}`, command);
  if (isDeleting(storageClass)) return unfit('is being deleted');
  if (keepsVolumes(storageClass))
    return unfit(`has reclaimPolicy ${storageClass.reclaimPolicy}: the probe’s volumes would stay behind`);
  if (!waitsForPod(storageClass) || image !== undefined) return undefined;
  const mode = volumeMode === undefined ? '' : ` --volume-mode ${volumeMode}`;
  return unfit(
    'waits for a pod (WaitForFirstConsumer): name an image that the cluster can pull for that pod',
    `gleaner capability --probe ${name}${mode} --probe-image IMAGE`,
  );
}

function hasNameTaken({ probe: { inTheWay } }: Candidate): Outcome | undefined {
  return inTheWay && refused('ProbeNamespaceUnfit', nameTaken('probe', inTheWay), getCommand(inTheWay));
}

function hasNoRoom({ seen: { storageClass }, probe: { place } }: Candidate): Outcome | undefined {
  const claim = { storageClass: storageClass.metadata.name, bytes: PROBE_BYTES };
  const pods = scratchPods('a pod that its claims wait for', 2, CONSUMER_LIMITS);
  const wanted = { claims: [claim, claim], snapshots: 1, pods: waitsForPod(storageClass) ? pods : undefined };
  const problem = capacityProblem(place, wanted);
  if (problem === undefined || problem.is === 'missing') return undefined;
  return refused('ProbeNamespaceUnfit', problem.message, problem.command);
}
