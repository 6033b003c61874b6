import { describeRef, ref } from '../domain/kinds.ts';
import { annotateCommand, describeCommand, listCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import { harvesterSupport, inRelease } from './harvester-support.ts';
import { answer } from './answer.ts';
import type { Engine } from './storage-support.ts';
import type { SeenDriver } from './read.ts';
import type { HarvesterRelease } from './releases.ts';
import { describeRelease } from './releases.ts';
import type { Answers, CapabilityAnswer } from './types.ts';
import { answersOf } from './types.ts';

/** What Harvester checks of a volume itself, besides its storage. */
export interface VolumeGate {
  readonly claim: { readonly name: string; readonly namespace: string };
  /** Name of its PersistentVolume and Longhorn volume; empty until it is bound. */
  readonly volume: string;
  /** Whether the claim has a StorageClass field, even an empty one. */
  readonly hasClass: boolean;
  /** Driver in the annotation of the claim, which admission uses. The controllers use that of the volume. */
  readonly noted: string;
  /** Driver of the claim's StorageClass. From 1.5 on it replaces a missing annotation. */
  readonly ofClass: string;
  /** Number of Longhorn Engines of the volume; absent if they may not be read. */
  readonly engines?: number;
}

/** What this Harvester release allows for a volume: it has to pass admission first, then the controllers. */
export function admittedByHarvester(seen: SeenDriver, engine: Engine | undefined, gate: VolumeGate): Answers {
  const byDriver = harvesterSupport(seen, engine);
  return answersOf((ability) => {
    const allowed = byDriver[ability];
    if (ability === 'clone') return allowed;
    const open = unbound(gate);
    if (open !== undefined) return allowed.answer === 'no' ? allowed : open;
    // Admission comes first: users see its reason.
    return inRelease(seen, (release) => admission(seen, engine, gate, release, ability) ?? againIn(release));
    // The answer of the controllers for one release.
    function againIn(release: HarvesterRelease): CapabilityAnswer {
      return harvesterSupport({ ...seen, version: { found: `v${release}.0` } }, engine)[ability];
    }
  });
}

function unbound({ claim, volume, hasClass }: VolumeGate): CapabilityAnswer | undefined {
  const name = describeRef(ref('PersistentVolumeClaim', claim.name, claim.namespace));
  const look = describeCommand(ref('PersistentVolumeClaim', claim.name, claim.namespace));
  if (volume === '')
    return answer('ClaimMissing', `${name} is not bound, so it cannot be snapshotted or backed up yet`, look);
  if (!hasClass) return answer('ClaimWithoutClass', `${name} names no StorageClass, which Harvester wants`, look);
  return undefined;
}

function admission(
  seen: SeenDriver,
  engine: Engine | undefined,
  gate: VolumeGate,
  release: HarvesterRelease,
  ability: 'snapshot' | 'backup' | 'restoreElsewhere',
): CapabilityAnswer | undefined {
  const provisioner = gate.noted || (isOld(release) ? '' : gate.ofClass);
  const { name, namespace } = gate.claim;
  if (provisioner === '') {
    return answer(
      'ProvisionerNotNoted',
      `Harvester ${describeRelease(release)} reads the annotation storage-provisioner of the claim, and the claim has none`,
      annotateCommand(ref('PersistentVolumeClaim', name, namespace), names.PROVISIONER_ANNOTATION, seen.driver),
    );
  }
  const countsEngines = release === '1.5' || release === '1.7';
  if (countsEngines && provisioner === names.LONGHORN_DRIVER && (gate.engines ?? 1) !== 1) {
    return answer(
      'EngineNotOne',
      `Harvester ${describeRelease(release)} requires exactly one Longhorn Engine for the volume, and there are ${gate.engines}`,
      `${listEngines(gate.volume)}   # two while it migrates`,
    );
  }
  if (provisioner === seen.driver) return undefined;
  const other = harvesterSupport({ ...seen, driver: provisioner, version: { found: `v${release}.0` } }, engine)[
    ability
  ];
  return other.answer === 'yes' ? undefined : other;
}

/** The command that lists the Engines, by the name of the PersistentVolume: they do not carry the name of the claim. */
const listEngines = (volume: string): string =>
  listCommand('Engine', { namespace: names.LONGHORN_NAMESPACE, labels: { [names.VOLUME_LABEL]: volume } });

const isOld = (release: HarvesterRelease): boolean => release === '1.3' || release === '1.4';
