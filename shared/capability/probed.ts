import { PROBED_ANNOTATION } from '../domain/names.ts';

/** What a probe can fail at. */
export const probeSteps = ['provision', 'snapshot', 'restore'] as const;
export type ProbeStep = (typeof probeSteps)[number];

/** What the last probe of a StorageClass showed; it stands on the class as JSON. Times are ISO 8601. */
export interface Probed {
  /** When it began and when it came to its result. */
  readonly startedAt: string;
  readonly at: string;
  /** `refused`: the driver says that it does not implement snapshots. */
  readonly result: 'proved' | 'failed' | 'refused';
  /** The VolumeSnapshotClass that was used. */
  readonly snapshotClass: string;
  /** What it failed at, and why. */
  readonly step?: ProbeStep;
  readonly message?: string;
  /** Milliseconds of each step; absent where the probe was interrupted in between. */
  readonly tookMs?: Readonly<Record<ProbeStep, number>>;
}

type Annotations = Readonly<Record<string, string>> | null | undefined;

/** What cannot be read, or was written by somebody else in another form, counts as not there. */
export function parseProbed(annotations: Annotations): Probed | undefined {
  const text = annotations?.[PROBED_ANNOTATION];
  if (text === undefined) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { startedAt, at, result, snapshotClass, step, message, tookMs } = (found ?? {}) as Record<string, unknown>;
  if (!isTime(startedAt) || !isTime(at) || typeof snapshotClass !== 'string') return undefined;
  if (result !== 'proved' && result !== 'failed' && result !== 'refused') return undefined;
  return {
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

/** For people. */
export function describeProbed({ at, result, step, message, tookMs, snapshotClass }: Probed): string {
  if (result !== 'proved')
    return `a probe at ${at} failed at the ${step ?? 'snapshot'}: ${message ?? 'no reason given'}`;
  if (tookMs === undefined) return `proved at ${at} with class ${snapshotClass}`;
  const total = probeSteps.reduce((sum, one) => sum + tookMs[one], 0);
  const each = `volume ${seconds(tookMs.provision)}, snapshot ${seconds(tookMs.snapshot)}, restore ${seconds(tookMs.restore)}`;
  return `proved at ${at} with class ${snapshotClass}, took ${seconds(total)} (${each})`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
