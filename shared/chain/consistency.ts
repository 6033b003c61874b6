import * as names from '../domain/names.ts';
import type { Content } from '../objects/types.ts';

/** What the data of a VMBackup is worth to the guest that will boot from it. @testonly */
export const consistencyLevels = ['frozen', 'freeze-lapsed', 'freeze-unsure', 'crash', 'off', 'just-stopped'] as const;
export type ConsistencyLevel = (typeof consistencyLevels)[number];

/** What a content's note says, as far as lists need it: for showing, never for deciding. */
export interface RecordedConsistency {
  readonly level: ConsistencyLevel;
  /** Nothing more is to be learnt. */
  readonly settled: boolean;
}

/** A note begins with what it comes to; the rest is read by functions/record-consistency/consistency-note.ts. */
const beginning = /^\{"is":"([a-z-]+)"/;

export function recordedOn({ metadata }: Pick<Content, 'metadata'>): RecordedConsistency | undefined {
  const text = metadata.annotations?.[names.CONSISTENCY_ANNOTATION];
  const is = text === undefined ? undefined : beginning.exec(text)?.[1];
  const worth = consistencyLevels.find((one) => one === is);
  if (text === undefined || worth === undefined) return undefined;
  return { level: worth, settled: !asksForThaw.has(worth) || text.includes('"thawed":true') };
}

const asksForThaw: ReadonlySet<ConsistencyLevel> = new Set<ConsistencyLevel>([
  'frozen',
  'freeze-lapsed',
  'freeze-unsure',
]);

const SETTLED = 8;

/** As a small number, never 0: a survey keeps one for each pair. */
export const pack = ({ level: worth, settled }: RecordedConsistency): number =>
  (consistencyLevels.indexOf(worth) + 1) | (settled ? SETTLED : 0);

export function unpack(packed: number): RecordedConsistency | undefined {
  if (packed === 0) return undefined;
  const worth = consistencyLevels[(packed & (SETTLED - 1)) - 1];
  return worth === undefined ? undefined : { level: worth, settled: (packed & SETTLED) !== 0 };
}

/** Less is better; undefined where two cannot be compared. */
const ranks: Readonly<Record<ConsistencyLevel, number | undefined>> = {
  off: 0,
  frozen: 0,
  'freeze-unsure': undefined,
  'freeze-lapsed': 1,
  crash: 1,
  'just-stopped': 2,
};

export function isWorse(worth: ConsistencyLevel, than: ConsistencyLevel): boolean {
  const [a, b] = [ranks[worth], ranks[than]];
  return a !== undefined && b !== undefined && a > b;
}
