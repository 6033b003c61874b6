import { PREFIX } from '../domain/names.ts';
import { answerReasons } from './reasons.ts';
import type { Support, AnswerReason } from './reasons.ts';
import type { Ability, Capability } from './types.ts';
import { abilities, abilityKey } from './types.ts';

/** The answers as annotations of a StorageClass: `gleaner.dev/can-snapshot: "yes, SnapshotterRuns"`. */

const sides = ['can', 'allows'] as const;
type Side = (typeof sides)[number];

/** The annotations of a class. An invalid one counts as missing. */
export type Notes = Readonly<Record<Side, Partial<Record<Ability, Note>>>>;
interface Note {
  readonly answer: Support;
  readonly reason: AnswerReason;
}

const keyOf = (side: Side, ability: Ability): string => `${PREFIX}${side}-${abilityKey(ability)}`;

const noteKeys: readonly string[] = sides.flatMap((side) => abilities.map((ability) => keyOf(side, ability)));

/** The annotations for the answers. Without times or names of objects, so equal answers give equal annotations. */
export const notesOf = (capability: Pick<Capability, Side>): Record<string, string> =>
  Object.fromEntries(
    sides.flatMap((side) =>
      abilities.map((ability) => {
        const { answer, reason } = capability[side][ability];
        return [keyOf(side, ability), `${answer}, ${reason}`];
      }),
    ),
  );

type Annotations = Readonly<Record<string, string>> | null | undefined;

export function parseNotes(annotations: Annotations): Notes {
  const notes: Record<Side, Partial<Record<Ability, Note>>> = { can: {}, allows: {} };
  for (const side of sides) {
    for (const ability of abilities) {
      const [, reason = ''] = annotations?.[keyOf(side, ability)]?.split(', ') ?? [];
      if (!isReason(reason)) continue;
      notes[side][ability] = { answer: answerReasons[reason].answer, reason };
    }
  }
  return notes;
}

const isReason = (text: string): text is AnswerReason => Object.hasOwn(answerReasons, text);

/** The annotations to set or remove (`undefined`); empty if all are as wanted. */
export function notesToSet(
  annotations: Annotations,
  wanted: Readonly<Record<string, string>> | undefined,
): Record<string, string | undefined> {
  const there = noteKeys.filter((key) => annotations?.[key] !== wanted?.[key]);
  return Object.fromEntries(there.map((key) => [key, wanted?.[key]]));
}

/** Answers (not reasons) that differ from the annotations: `allows backup: yes → no, NoBackupTarget`. */
export function changesFrom(notes: Notes, capability: Pick<Capability, Side>): string[] {
  return sides.flatMap((side) =>
    abilities.flatMap((ability) => {
      const before = notes[side][ability];
      const now = capability[side][ability];
      if (before === undefined || before.answer === now.answer) return [];
      return [`${side} ${abilityKey(ability)}: ${before.answer} → ${now.answer}, ${now.reason} (${now.message})`];
    }),
  );
}
