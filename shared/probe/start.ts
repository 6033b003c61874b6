import { canOf } from '../capability/can.ts';
import { classFor, pasteClass, takesSnapshots } from '../capability/config.ts';
import type { SeenClass } from '../capability/read.ts';
import type { AnswerReason } from '../capability/reasons.ts';
import { isFound } from '../capability/types.ts';
import { isDeleting } from '../chain/judge.ts';
import { placeTrouble } from '../chain/place.ts';
import { scratchPods } from '../chain/scratch.ts';
import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { SnapshotClass } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { CONSUMER_LIMITS, PROBE_BYTES } from './objects.ts';
import type { ProbeConfig, SeenProbe } from './observe.ts';

export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  readonly command?: string;
}

/** The answers that stand without trying anything. That no snapshotter was seen is none: that is what a probe is for. */
const settled: ReadonlySet<AnswerReason> = new Set([
  'NotCsi',
  'DriverNotInstalled',
  'SnapshotApiMissing',
  'NoSnapshotClass',
]);

/**
 * The class a probe takes its snapshot with. Of Longhorn's only one with `type: snap`: any other makes a backup on the
 * target, and what a probe made on the target nobody could take away without deleting a Longhorn Backup.
 */
export function snapshotClassOf({ classes, driver }: SeenClass): SnapshotClass | undefined {
  if (!isFound(classes)) return undefined;
  const name = classFor(driver, classes.found, 'snapshot');
  const found = classes.found.find((one) => one.metadata.name === name && one.driver === driver);
  return driver === names.LONGHORN_DRIVER && found !== undefined && !takesSnapshots(found)
    ? classes.found.find((one) => one.driver === driver && takesSnapshots(one))
    : found;
}

/** Everything is asked before anything is made. Undefined: it may begin. */
export function refusal(
  seen: SeenClass,
  { place, inTheWay }: Pick<SeenProbe, 'place' | 'inTheWay'>,
  config: ProbeConfig,
): Refusal | undefined {
  const { storageClass, driver } = seen;
  const { name } = storageClass.metadata;
  const { snapshot } = canOf(seen, undefined);
  if (settled.has(snapshot.reason)) {
    const { message, cure } = snapshot;
    return { reason: 'ProbeImpossible', message, ...(cure !== undefined && { command: cure }) };
  }
  if (!isFound(seen.classes))
    return { reason: 'ProbeImpossible', message: `its VolumeSnapshotClasses: ${seen.classes.unknown}` };
  if (snapshotClassOf(seen) === undefined) {
    return driver === names.LONGHORN_DRIVER
      ? {
          reason: 'ProbeImpossible',
          message: `no VolumeSnapshotClass of ${driver} takes snapshots in the cluster, and a probe makes no backups`,
          command: pasteClass(driver, 'longhorn-snapshot', 'snap'),
        }
      : {
          reason: 'ProbeImpossible',
          message: `no VolumeSnapshotClass names driver ${driver}`,
          command: pasteClass(driver, `${driver}-snapshot`),
        };
  }
  const unfit = (message: string, command: string): Refusal => ({ reason: 'ProbeClassUnfit', message, command });
  const look = `kubectl get storageclass ${name} -o yaml`;
  if (isDeleting(storageClass)) return unfit(`StorageClass ${name} is being deleted`, look);
  if ((storageClass.reclaimPolicy ?? 'Delete') !== 'Delete') {
    return unfit(
      `StorageClass ${name} has reclaimPolicy ${storageClass.reclaimPolicy}: the probe’s volumes would stay behind`,
      look,
    );
  }
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && config.image === undefined) {
    return unfit(
      `StorageClass ${name} waits for a pod (WaitForFirstConsumer): name an image that the cluster can pull, of which the probe may run one`,
      `gleaner capability --probe ${name}${config.volumeMode === undefined ? '' : ` --volume-mode ${config.volumeMode}`} --probe-image IMAGE`,
    );
  }
  if (inTheWay !== undefined) {
    const { kind, namespace } = inTheWay;
    return {
      reason: 'ProbeNamespaceUnfit',
      message: isTaken(inTheWay),
      command: `kubectl get ${kind.toLowerCase()} ${inTheWay.name} -n ${namespace ?? ''} -o yaml`,
    };
  }
  const claim = { storageClass: name, bytes: PROBE_BYTES };
  const late = storageClass.volumeBindingMode === 'WaitForFirstConsumer';
  const pods = late ? scratchPods('a pod that its claims wait for', 2, CONSUMER_LIMITS) : undefined;
  const trouble = placeTrouble(place, { claims: [claim, claim], snapshots: 1, pods });
  if (trouble === undefined || trouble.is === 'missing') return undefined;
  const { message, command } = trouble;
  return { reason: 'ProbeNamespaceUnfit', message, ...(command !== undefined && { command }) };
}

const isTaken = (inTheWay: Ref): string =>
  `${describeRef(inTheWay)} is not the probe’s, and bears a name that it needs`;
