import { describeRef, ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { allowsOf, inEra } from './allows.ts';
import { say } from './answer.ts';
import type { Engine } from './can.ts';
import type { SeenDriver } from './read.ts';
import type { Era } from './releases.ts';
import { describeEra } from './releases.ts';
import type { Answers, CapabilityAnswer } from './types.ts';
import { answersOf } from './types.ts';

/** What Harvester asks of a volume itself, besides what it asks of its storage. */
export interface VolumeGate {
  readonly claim: { readonly name: string; readonly namespace: string };
  readonly bound: boolean;
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
export function throughGate(seen: SeenDriver, engine: Engine | undefined, gate: VolumeGate): Answers {
  const byDriver = allowsOf(seen, engine);
  return answersOf((ability) => {
    const allowed = byDriver[ability];
    if (ability === 'clone') return allowed;
    const open = unbound(gate);
    if (open !== undefined) return allowed.answer === 'no' ? allowed : open;
    // Admission speaks first: its reason is the one that a user meets.
    return inEra(seen, (era) => admission(seen, engine, gate, era, ability) ?? againIn(era));
    // The same answer, of one release.
    function againIn(era: Era): CapabilityAnswer {
      return allowsOf({ ...seen, version: { found: `v${era}.0` } }, engine)[ability];
    }
  });
}

function unbound({ claim, bound, hasClass }: VolumeGate): CapabilityAnswer | undefined {
  const name = describeRef(ref('PersistentVolumeClaim', claim.name, claim.namespace));
  const look = `kubectl describe pvc ${claim.name} -n ${claim.namespace}`;
  if (!bound) return say('ClaimMissing', `${name} is not bound, so it cannot be snapshotted or backed up yet`, look);
  if (!hasClass) return say('ClaimWithoutClass', `${name} names no StorageClass, which Harvester wants`, look);
  return undefined;
}

function admission(
  seen: SeenDriver,
  engine: Engine | undefined,
  gate: VolumeGate,
  era: Era,
  ability: 'snapshot' | 'backup' | 'restoreElsewhere',
): CapabilityAnswer | undefined {
  const provisioner = gate.noted || (isOld(era) ? '' : gate.ofClass);
  const { name, namespace } = gate.claim;
  if (provisioner === '') {
    return say(
      'ProvisionerNotNoted',
      `Harvester ${describeEra(era)} reads the annotation storage-provisioner of the claim, and the claim has none`,
      `kubectl annotate pvc ${name} -n ${namespace} ${names.PROVISIONER_ANNOTATION}=${seen.driver}`,
    );
  }
  const countsEngines = era === '1.5' || era === '1.7';
  if (countsEngines && provisioner === names.LONGHORN_DRIVER && (gate.engines ?? 1) !== 1) {
    return say(
      'EngineNotOne',
      `Harvester ${describeEra(era)} requires exactly one Longhorn Engine for the volume, and there are ${gate.engines}`,
      `kubectl get engines.longhorn.io -n ${names.LONGHORN_NAMESPACE} | grep ${name}   # two during a migration`,
    );
  }
  if (provisioner === seen.driver) return undefined;
  const other = allowsOf({ ...seen, driver: provisioner, version: { found: `v${era}.0` } }, engine)[ability];
  return other.answer === 'yes' ? undefined : other;
}

const isOld = (era: Era): boolean => era === '1.3' || era === '1.4';
