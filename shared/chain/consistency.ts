import * as names from '../domain/names.ts';
import type { Content } from '../objects/types.ts';

/** How consistent the data of a VMBackup is for the guest that will boot from it. @testonly */
export const consistencyLevels = ['frozen', 'freeze-lapsed', 'freeze-unsure', 'crash', 'off', 'just-stopped'] as const;
export type ConsistencyLevel = (typeof consistencyLevels)[number];

/** The part of a content's consistency note that lists show. Never decide by it. */
export interface RecordedConsistency {
  readonly level: ConsistencyLevel;
  /** The level is final. */
  readonly settled: boolean;
}

/** A note begins with its level. functions/record-consistency/consistency-note.ts reads the rest. */
const beginning = /^\{"is":"([a-z-]+)"/;

/** Reads the consistency note of a content; `undefined` without a valid one. */
export function recordedOn({ metadata }: Pick<Content, 'metadata'>): RecordedConsistency | undefined {
  const text = metadata.annotations?.[names.CONSISTENCY_ANNOTATION];
  const is = text === undefined ? undefined : beginning.exec(text)?.[1];
  const level = consistencyLevels.find((one) => one === is);
  if (text === undefined || level === undefined) return undefined;
  return { level, settled: !asksForThaw.has(level) || text.includes('"thawed":true') };
}

const asksForThaw: ReadonlySet<ConsistencyLevel> = new Set<ConsistencyLevel>([
  'frozen',
  'freeze-lapsed',
  'freeze-unsure',
]);

const SETTLED = 8;

/** Packs the record into a small number, never 0: a survey keeps one per pair. */
export const pack = ({ level, settled }: RecordedConsistency): number =>
  (consistencyLevels.indexOf(level) + 1) | (settled ? SETTLED : 0);

/** The inverse of {@link pack}; `undefined` for 0. */
export function unpack(packed: number): RecordedConsistency | undefined {
  if (packed === 0) return undefined;
  const level = consistencyLevels[(packed & (SETTLED - 1)) - 1];
  return level === undefined ? undefined : { level, settled: (packed & SETTLED) !== 0 };
}

/** Lower is better; undefined levels cannot be compared. */
const ranks: Readonly<Record<ConsistencyLevel, number | undefined>> = {
  off: 0,
  frozen: 0,
  'freeze-unsure': undefined,
  'freeze-lapsed': 1,
  crash: 1,
  'just-stopped': 2,
};

/** Whether `level` is less consistent than `than`. False if the two cannot be compared. */
export function isWorse(level: ConsistencyLevel, than: ConsistencyLevel): boolean {
  const [a, b] = [ranks[level], ranks[than]];
  return a !== undefined && b !== undefined && a > b;
}
