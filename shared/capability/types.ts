import type { Ref } from '../domain/kinds.ts';
import type { AnswerReason, Support } from './reasons.ts';

/** What a user may want to do with a volume. Each is judged independently. */
export const abilities = ['snapshot', 'backup', 'restoreElsewhere', 'clone'] as const;
export type Ability = (typeof abilities)[number];

export interface CapabilityAnswer {
  readonly answer: Support;
  readonly reason: AnswerReason;
  /** The message for users. */
  readonly message: string;
  /** How to make it a yes: a command, or a sentence. */
  readonly cure?: string;
}

export type Answers = Readonly<Record<Ability, CapabilityAnswer>>;

/** The answers about one StorageClass, volume or VM, as shown by commands and records. */
export interface Capability {
  /** A StorageClass, a PersistentVolumeClaim or a VirtualMachine. */
  readonly subject: Ref;
  /** What the storage supports. */
  readonly can: Answers;
  /** What this Harvester release allows. */
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
