import { PROBED_ANNOTATION } from '../domain/names.ts';
import type { VolumeMode } from './volume-mode.ts';
import { volumeModes } from './volume-mode.ts';

/** The steps of a probe. */
const probeSteps = ['provision', 'snapshot', 'restore'] as const;
export type ProbeStep = (typeof probeSteps)[number];

/**
 * Result of the last probe of a StorageClass with volumes of one mode. An annotation of the class holds a JSON list
 * with one per mode. Times are ISO 8601.
 */
export interface Probed {
  /** A result with Block volumes proves nothing about Filesystem volumes, and vice versa. */
  readonly volumeMode: VolumeMode;
  /** Time of the start; `at`: time of the result. */
  readonly startedAt: string;
  readonly at: string;
  /** `refused`: the driver does not implement snapshots. */
  readonly result: 'proved' | 'failed' | 'refused';
  /** The VolumeSnapshotClass that was used. */
  readonly snapshotClass: string;
  /** The failed step; `message`: why. */
  readonly step?: ProbeStep;
  readonly message?: string;
  /** Milliseconds per step; absent if the probe was interrupted. */
  readonly tookMs?: Readonly<Record<ProbeStep, number>>;
}

type Annotations = Readonly<Record<string, string>> | null | undefined;

/** The results on a class, Block first. Skips invalid entries. */
export function parseProbed(annotations: Annotations): Probed[] {
  const text = annotations?.[PROBED_ANNOTATION];
  if (text === undefined) return [];
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return [];
  }
  const all = (Array.isArray(found) ? found : [found]).map(parseOne);
  return volumeModes.flatMap((mode) => all.find((one) => one?.volumeMode === mode) ?? []);
}

export const probedAs = (annotations: Annotations, mode: VolumeMode): Probed | undefined =>
  parseProbed(annotations).find(({ volumeMode }) => volumeMode === mode);

/** The annotation with this result. Keeps the result of the other mode. */
export const withProbed = (annotations: Annotations, probed: Probed): string =>
  JSON.stringify([probed, ...parseProbed(annotations).filter(({ volumeMode }) => volumeMode !== probed.volumeMode)]);

/** First versions recorded one result without a mode: their volumes were always Filesystem. */
const MODE_OF_OLD: VolumeMode = 'Filesystem';

function parseOne(found: unknown): Probed | undefined {
  const { volumeMode = MODE_OF_OLD, ...rest } = (found ?? {}) as Record<string, unknown>;
  const { startedAt, at, result, snapshotClass, step, message, tookMs } = rest;
  if (volumeMode !== 'Block' && volumeMode !== 'Filesystem') return undefined;
  if (!isTime(startedAt) || !isTime(at) || typeof snapshotClass !== 'string') return undefined;
  if (result !== 'proved' && result !== 'failed' && result !== 'refused') return undefined;
  return {
    volumeMode,
    startedAt,
    at,
    result,
    snapshotClass,
    ...(probeSteps.some((one) => one === step) && { step: step as ProbeStep }),
    ...(typeof message === 'string' && { message }),
    ...(isTook(tookMs) && { tookMs }),
  };
}

const isTime = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value));

const isTook = (value: unknown): value is Readonly<Record<ProbeStep, number>> =>
  probeSteps.every((step) => typeof (value as Record<string, unknown> | undefined)?.[step] === 'number');

/** The result as a message. */
export function describeProbed({ volumeMode, at, result, step, message, tookMs, snapshotClass }: Probed): string {
  if (result !== 'proved')
    return `a probe with volumes of mode ${volumeMode} at ${at} failed at the ${step ?? 'snapshot'}: ${message ?? 'no reason given'}`;
  const proved = `volumes of mode ${volumeMode}: proved at ${at} with class ${snapshotClass}`;
  if (tookMs === undefined) return proved;
  const total = probeSteps.reduce((sum, one) => sum + tookMs[one], 0);
  const each = `volume ${seconds(tookMs.provision)}, snapshot ${seconds(tookMs.snapshot)}, restore ${seconds(tookMs.restore)}`;
  return `${proved}, took ${seconds(total)} (${each})`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
