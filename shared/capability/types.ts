import type { Ref } from '../domain/kinds.ts';
import type { AnswerReason, Support } from './reasons.ts';

/** What one would like to do with a volume; each is a question of its own. */
export const abilities = ['snapshot', 'backup', 'restoreElsewhere', 'clone'] as const;
export type Ability = (typeof abilities)[number];

export interface CapabilityAnswer {
  readonly answer: Support;
  readonly reason: AnswerReason;
  /** A sentence for a person. */
  readonly message: string;
  /** What would make it a yes: a command, or a sentence. */
  readonly cure?: string;
}

export type Answers = Readonly<Record<Ability, CapabilityAnswer>>;

/** All that is said about one StorageClass, volume or VM. Commands, records and any page show this and nothing else. */
export interface Capability {
  /** A StorageClass, a PersistentVolumeClaim or a VirtualMachine. */
  readonly subject: Ref;
  /** Whether the storage can. */
  readonly can: Answers;
  /** Whether this Harvester will have it done. */
  readonly allows: Answers;
  /** driver, engine, storageClass, volumeMode … */
  readonly facts: Readonly<Record<string, string>>;
}

/** `restore-elsewhere`, as annotations, reports and tables spell it. */
export const abilityKey = (ability: Ability): string =>
  ability.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const answersOf = (answer: (ability: Ability) => CapabilityAnswer): Answers => ({
  snapshot: answer('snapshot'),
  backup: answer('backup'),
  restoreElsewhere: answer('restoreElsewhere'),
  clone: answer('clone'),
});
