import { describeRef, ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Attempted } from '../ports/attempt.ts';
import { attempt, isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { Claim, ObjectOf } from '../objects/types.ts';
import { answer } from './answer.ts';
import type { Evidence } from './evidence.ts';
import { modeForDisks, modeOf } from './volume-mode.ts';
import type { Engine } from './storage-support.ts';
import { storageSupport } from './storage-support.ts';
import type { VolumeGate } from './snapshot-admission.ts';
import { admittedByHarvester } from './snapshot-admission.ts';
import type { SeenClass, SeenDriver, ClusterStorage } from './read.ts';
import { evidenceOf, snapshotterOf } from './read.ts';
import type { Capability } from './types.ts';
import { answersOf } from './types.ts';

export interface SeenVolume {
  readonly claim: Claim;
  readonly seen: SeenDriver;
  /** Only for volumes of Longhorn. */
  readonly engine?: Engine | undefined;
  /** Whether the PersistentVolume is not of a CSI driver. */
  readonly foreign: boolean;
  readonly gate: VolumeGate;
}

const PROVISIONER = [names.OLD_PROVISIONER_ANNOTATION, names.PROVISIONER_ANNOTATION];

/** From 1.5 on, Harvester's UI hides the backup action for VMs with such volumes. */
const DATA_VOLUME = 'cdi.kubevirt.io/createdForDataVolume';

/** Reads a volume as it is, which may differ from what its class would create now. */
export async function readVolume(
  reader: Reader,
  claim: Claim,
  classes: readonly SeenClass[],
  cluster: ClusterStorage,
  nowMs: number,
): Promise<SeenVolume> {
  const { volumeName, storageClassName } = claim.spec;
  const bound: Attempted<ObjectOf<'PersistentVolume'> | undefined> = volumeName
    ? await attempt(() => reader.get('PersistentVolume', volumeName))
    : { found: undefined };
  const csi = isFound(bound) ? bound.found?.spec.csi : undefined;
  const own = classes.find(({ storageClass }) => storageClass.metadata.name === storageClassName);
  const noted = PROVISIONER.map((key) => claim.metadata.annotations?.[key]).find(Boolean);
  const driver = csi?.driver ?? noted ?? own?.driver ?? '';
  const sameDriver = own?.driver === driver ? own : classes.find((one) => one.driver === driver);
  const seen =
    sameDriver === undefined
      ? { ...cluster, driver, snapshotter: await snapshotterOf(reader, driver, cluster, nowMs), evidence: {} }
      : { ...sameDriver, evidence: await evidenceFor(reader, claim, sameDriver, sameDriver === own) };
  const longhorn = driver === names.LONGHORN_DRIVER;
  const engine = longhorn ? await readEngine(reader, csi?.volumeHandle ?? volumeName ?? '') : undefined;
  const count = longhorn && volumeName ? await readEngines(reader, volumeName) : undefined;
  // A new Longhorn volume gets its Engine a moment later: 0 is no answer.
  const engines = count === 0 && engine !== undefined ? undefined : count;
  return {
    claim,
    seen,
    ...(longhorn && { engine }),
    foreign: isFound(bound) && bound.found !== undefined && !bound.found.spec.csi,
    gate: {
      claim: claim.metadata,
      volume: volumeName ?? '',
      hasClass: storageClassName !== undefined && storageClassName !== null,
      noted: noted ?? '',
      ofClass: own?.driver ?? '',
      ...(engines !== undefined && { engines }),
    },
  };
}

/**
 * The evidence about volumes like this one. A probe only counts for its own class: another class of the same driver may
 * create thick volumes, which have no snapshots.
 */
async function evidenceFor(reader: Reader, claim: Claim, of: SeenClass, isOwn: boolean): Promise<Evidence> {
  const mode = modeOf(claim);
  const seen = mode === modeForDisks(of.storageClass) ? of.evidence : await evidenceOf(reader, of, mode);
  if (isOwn || seen.probed === undefined) return seen;
  return seen.cloned === undefined ? {} : { cloned: seen.cloned };
}

/** The Longhorn engine of a volume; v1 if it does not say, undefined if it may not be read. */
async function readEngine(reader: Reader, volume: string): Promise<Engine | undefined> {
  if (volume === '') return undefined;
  const found = await attempt(() => reader.get('Volume', volume, names.LONGHORN_NAMESPACE));
  if (!isFound(found) || found.found === undefined) return undefined;
  return found.found.spec.dataEngine === 'v2' ? 'v2' : 'v1';
}

/** Number of Engines: one, or two during a migration. Undefined if they may not be read. */
async function readEngines(reader: Reader, volume: string): Promise<number | undefined> {
  const found = await attempt(async () => {
    let count = 0;
    const labels = { [names.VOLUME_LABEL]: volume };
    for await (const _one of reader.list('Engine', { namespace: names.LONGHORN_NAMESPACE, labels })) count++;
    return count;
  });
  return isFound(found) ? found.found : undefined;
}

export function judgeVolume({ claim, seen, engine, foreign, gate }: SeenVolume): Capability {
  const { name, namespace } = claim.metadata;
  const subject = ref('PersistentVolumeClaim', name, namespace);
  const facts = {
    driver: seen.driver,
    ...(claim.spec.storageClassName && { storageClass: claim.spec.storageClassName }),
    ...(claim.spec.volumeName && { volume: claim.spec.volumeName }),
    ...(engine !== undefined && { engine }),
    ...(claim.spec.volumeMode && { volumeMode: claim.spec.volumeMode }),
    ...(claim.metadata.annotations?.[DATA_VOLUME] && { dataVolume: 'true' }),
  };
  if (foreign) {
    const no = answer(
      'VolumeNotCsi',
      `${describeRef(subject)} is on a volume that does not belong to a CSI driver`,
      'move it to a CSI StorageClass',
    );
    return { subject, can: answersOf(() => no), allows: answersOf(() => no), facts };
  }
  return { subject, can: storageSupport(seen, engine), allows: admittedByHarvester(seen, engine, gate), facts };
}
