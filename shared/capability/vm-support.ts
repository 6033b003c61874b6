import { ref } from '../domain/kinds.ts';
import { listCommand } from '../domain/kubectl.ts';
import type { ObjectOf } from '../objects/types.ts';
import { inRelease } from './harvester-support.ts';
import { answer } from './answer.ts';
import type { ClusterStorage } from './read.ts';
import type { Ability, Answers, Capability, CapabilityAnswer } from './types.ts';
import { answersOf, abilityKey } from './types.ts';

/** Judges a VM. Harvester takes all of its volumes or none, so the VM supports only what every volume does. */
export function judgeVM(
  machine: ObjectOf<'VirtualMachine'>,
  volumes: ReadonlyMap<string, Capability>,
  cluster: Pick<ClusterStorage, 'version'>,
): Capability {
  const { name, namespace } = machine.metadata;
  const { claims, leftOut } = machine.spec;
  const together = (side: 'can' | 'allows'): Answers =>
    answersOf((ability) => {
      if (claims.length === 0) return answer('NoVolumes', 'the VM has no volume that is a claim');
      const all = claims.map(({ volume, claim }) => {
        const found = volumes.get(claim);
        const missing = answer(
          'ClaimMissing',
          `claim ${claim} does not exist`,
          listCommand('PersistentVolumeClaim', { namespace }),
        );
        return { volume, claim, answer: found?.[side][ability] ?? missing };
      });
      return worst(all, ability);
    });
  const allows =
    claims.length === 0 ? neverReady(together('allows'), leftOut) : withoutDisks(together('allows'), leftOut);
  const shared = claims.find(({ shareable }) => shareable);
  const hidden = claims.some(({ claim }) => volumes.get(claim)?.facts['dataVolume'] === 'true');
  return {
    subject: ref('VirtualMachine', name, namespace),
    can: together('can'),
    allows: shared === undefined ? allows : withoutShared(allows, shared.volume, cluster),
    facts: {
      volumes: claims.map(({ claim }) => claim).join(' '),
      ...(hidden && { uiHidesBackup: 'true' }),
      ...(leftOut.length > 0 && { leftOut: leftOut.join(' ') }),
    },
  };
}

/** Harvester’s controllers (1.4.2, 1.6.0, 1.8.0) take an empty list of volumes for one that is not filled yet. */
function neverReady(allows: Answers, leftOut: readonly string[]): Answers {
  const instead = leftOut.length === 0 ? '' : ` (${leftOut.join(', ')} is none)`;
  const no = answer(
    'NeverReady',
    `the VM has no volume that is a claim${instead}: Harvester takes the snapshot or backup, but it never becomes ready`,
    'give the VM a volume that is a claim, or save its definition elsewhere',
  );
  return { ...allows, snapshot: no, backup: no, restoreElsewhere: no };
}

/** Harvester only includes volumes that the VM references as claims. */
function withoutDisks(allows: Answers, leftOut: readonly string[]): Answers {
  if (leftOut.length === 0) return allows;
  const judge = (ability: Ability): CapabilityAnswer =>
    allows[ability].answer !== 'yes' || allows[ability].cure !== undefined
      ? allows[ability]
      : answer(
          'DisksLeftOut',
          `Harvester leaves out disk ${leftOut.join(', ')}, which the VM does not reference as a claim`,
          'reference its claim in the VM as persistentVolumeClaim',
        );
  return {
    ...allows,
    snapshot: judge('snapshot'),
    backup: judge('backup'),
    restoreElsewhere: judge('restoreElsewhere'),
  };
}

/** From 1.9 on, Harvester refuses to snapshot a VM with a shareable disk. */
function withoutShared(allows: Answers, volume: string, cluster: Pick<ClusterStorage, 'version'>): Answers {
  const judge = (ability: Ability): CapabilityAnswer =>
    allows[ability].answer === 'no'
      ? allows[ability]
      : inRelease(cluster, (release) =>
          release === '1.9'
            ? answer(
                'SharedDisk',
                `disk ${volume} is shareable, and Harvester 1.9 refuses the VM for that`,
                'detach the disk first',
              )
            : allows[ability],
        );
  return { ...allows, snapshot: judge('snapshot'), backup: judge('backup') };
}

interface OfVolume {
  readonly volume: string;
  readonly claim: string;
  readonly answer: CapabilityAnswer;
}

function worst(all: readonly OfVolume[], ability: Ability): CapabilityAnswer {
  const bad = all.find(({ answer }) => answer.answer === 'no') ?? all.find(({ answer }) => answer.answer === 'unknown');
  // Prefer a yes with a restriction (BackupHollow, ActionsHidden) over a plain one.
  const yes = all.find(({ answer }) => answer.cure !== undefined) ?? all[0];
  const { volume, claim, answer } = (bad ?? yes) as OfVolume;
  if (bad === undefined && answer.cure === undefined) {
    return { ...answer, message: all.length === 1 ? answer.message : `all ${all.length} volumes: ${answer.message}` };
  }
  const rest = all.filter((one) => one.answer.answer === 'yes').length;
  const others = bad !== undefined && rest > 0 ? `; ${rest} of ${all.length} volumes could be ${past[ability]}` : '';
  return { ...answer, message: `volume ${volume} (${claim}): ${answer.message}${others}` };
}

const past: Readonly<Record<Ability, string>> = {
  snapshot: 'snapshotted',
  backup: 'backed up',
  restoreElsewhere: 'restored elsewhere',
  clone: `${abilityKey('clone')}d`,
};
