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

/** What Harvester asks of a volume itself, besides what it asks of its storage. */
export interface VolumeGate {
  readonly claim: { readonly name: string; readonly namespace: string };
  /** Its PersistentVolume's name, which is the Longhorn volume's; empty until it is bound. */
  readonly volume: string;
  /** The claim names a StorageClass, be it the empty one. */
  readonly hasClass: boolean;
  /** The driver as an annotation of the claim has it; admission goes by that, and the controllers by the volume's. */
  readonly noted: string;
  /** The driver of the claim's StorageClass; from 1.5 on it stands in for a missing annotation. */
  readonly ofClass: string;
  /** Longhorn's Engines of the volume, where they may be seen. */
  readonly engines?: number;
}

/** What this Harvester allows of a volume: it has to pass admission, and then the controllers. */
export function admittedByHarvester(seen: SeenDriver, engine: Engine | undefined, gate: VolumeGate): Answers {
  const byDriver = harvesterSupport(seen, engine);
  return answersOf((ability) => {
    const allowed = byDriver[ability];
    if (ability === 'clone') return allowed;
    const open = unbound(gate);
    if (open !== undefined) return allowed.answer === 'no' ? allowed : open;
    // Admission speaks first: its reason is the one that a user meets.
    return inRelease(seen, (release) => admission(seen, engine, gate, release, ability) ?? againIn(release));
    // The same answer, of one release.
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

/** Longhorn names an Engine after its volume, and so after the PersistentVolume: nothing of it bears the claim's name. */
const listEngines = (volume: string): string =>
  listCommand('Engine', { namespace: names.LONGHORN_NAMESPACE, labels: { [names.VOLUME_LABEL]: volume } });

const isOld = (release: HarvesterRelease): boolean => release === '1.3' || release === '1.4';
