import { cutToBytes } from '../domain/cut.ts';
import { firstAnswer } from '../plan/check.ts';
import type { VolumeMode } from '../capability/volume-mode.ts';
import { modeForDisks, modeOf } from '../capability/volume-mode.ts';
import type { Probed, ProbeStep } from '../capability/probe-note.ts';
import { describeProbed, probedAs, withProbed } from '../capability/probe-note.ts';
import type { SeenClass } from '../capability/read.ts';
import { describeRef } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { isAhead } from '../domain/times.ts';
import type { Claim, StorageClass } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { Plan } from '../plan/plan.ts';
import { createNamespace } from '../scratch/objects.ts';
import type { Outcome } from '../scratch/runner.ts';
import { advance, clear, findingOf, isSpoilt } from '../scratch/runner.ts';
import type { ScratchObjects } from '../scratch/scratch.ts';
import { isEmpty } from '../scratch/scratch.ts';
import { refusal, snapshotClassOf } from './eligibility.ts';
import type { SeenProbe } from './observe.ts';
import type { ProbeConfig } from './config.ts';
import { createClaim, progressOf } from './progress.ts';
import { probeRemoval } from './removal.ts';

/** In bytes. It is part of an annotation, and the annotations of an object may have 256 KiB. */
const LONGEST_MESSAGE = 600;

/**
 * The next safe steps of a probe: start, continue, decide, clean up. Pure. Writes the result to the StorageClass before
 * anything is removed, so that the clean-up does not depend on it.
 */
export function plan(seen: SeenProbe, config: ProbeConfig, nowMs: number): Plan {
  const outcome = next(seen, config, nowMs);
  const storageClass = seen.seen?.storageClass;
  const probed = storageClass && probedAs(storageClass.metadata.annotations, modeFor(config, storageClass));
  const isCurrent = outcome[0] === 'ProbeProved' || outcome[0] === 'ProbeFailed';
  return { findings: [findingOf(seen.subject, outcome, isCurrent && probed ? factsOf(probed) : undefined)] };
}

const modeFor = ({ volumeMode }: ProbeConfig, storageClass: StorageClass): VolumeMode =>
  volumeMode ?? modeForDisks(storageClass);

function factsOf({ volumeMode, at, snapshotClass, step, tookMs }: Probed): Record<string, string> {
  return {
    volumeMode,
    at,
    snapshotClass,
    ...(step !== undefined && { step }),
    ...(tookMs && Object.fromEntries(Object.entries(tookMs).map(([one, ms]) => [`${one}Seconds`, String(ms / 1000)]))),
  };
}

/** Asked in order, also without a StorageClass. The first answer is the next step. */
const clearing: readonly ((probe: SeenProbe, config: ProbeConfig, nowMs: number) => Outcome | undefined)[] = [
  // Another class had the name: first remove the objects of its probe.
  (probe, _config, nowMs) =>
    isEmpty(probe.former) ? undefined : clearProbe(probe, 'its StorageClass is gone', nowMs, probe.former),
  // Clean-up only.
  (probe, { mode }, nowMs) =>
    mode === 'clean'
      ? (clearProbe(probe, 'the probe is abandoned', nowMs) ?? ['ProbeCleaned', 'no objects of the probe are left'])
      : undefined,
  // The StorageClass no longer exists.
  (probe, _config, nowMs) =>
    probe.seen === undefined ? clearProbe(probe, 'its StorageClass is gone', nowMs) : undefined,
];

/** One probe of an existing StorageClass at the time of deciding. */
interface Probe {
  readonly probe: SeenProbe;
  readonly seen: SeenClass;
  readonly config: ProbeConfig;
  readonly nowMs: number;
}

/** Asked in order. The first answer is the next step. */
const steps: readonly ((asked: Probe) => Outcome | undefined)[] = [
  // Running, maybe in the other volume mode: it is finished first, since its caller waits for the result.
  goOn,
  // Decided, or cannot get a result.
  (asked) =>
    clearProbe(asked.probe, isDecided(asked) ? 'the probe is over' : 'an earlier probe left objects', asked.nowMs),
  // The last result is still valid.
  lastResult,
  // May not start (now).
  ({ seen, probe, config }) => refusal(seen, probe, config),
];

function next(probe: SeenProbe, config: ProbeConfig, nowMs: number): Outcome {
  const { seen, subject } = probe;
  const cleared = firstAnswer(clearing, probe, config, nowMs);
  if (cleared !== undefined) return cleared;
  if (seen === undefined) return ['StorageClassGone', `${describeRef(subject)} does not exist`];
  const asked = { probe, seen, config, nowMs };
  return firstAnswer(steps, asked) ?? begin(asked);
}

const isDecided = ({ probe: { source }, seen: { storageClass } }: Probe): boolean =>
  source !== undefined && probedAs(storageClass.metadata.annotations, modeOf(source))?.startedAt === timeOn(source);

function lastResult({ seen: { storageClass }, config, nowMs }: Probe): Outcome | undefined {
  const probed = probedAs(storageClass.metadata.annotations, modeFor(config, storageClass));
  if (probed === undefined || !(Date.parse(probed.at) >= config.sinceMs) || isAhead(probed.at, nowMs)) return undefined;
  return [probed.result === 'proved' ? 'ProbeProved' : 'ProbeFailed', describeProbed(probed)];
}

const timeOn = (object: { metadata: Claim['metadata'] } | undefined): string | undefined =>
  object?.metadata.annotations?.[names.PROBE_AT_ANNOTATION];
const untilOn = (object: Claim | undefined): number =>
  Date.parse(object?.metadata.annotations?.[names.PROBE_UNTIL_ANNOTATION] ?? '') || 0;

/**
 * Whether the probe cannot get a result: an object of it is being deleted, another object has a name that it needs, or
 * an earlier run left it and its deadline has passed. None of these says anything about the class.
 */
function comesToNothing({ probe: { source, made, inTheWay }, config: { sinceMs }, nowMs }: Probe): boolean {
  const isOwn = Date.parse(timeOn(source) ?? '') >= sinceMs;
  return inTheWay !== undefined || isSpoilt(made) || (!isOwn && nowMs > untilOn(source));
}

function begin({ probe, seen, config, nowMs }: Probe): Outcome {
  const { storageClass } = seen;
  const until = new Date(nowMs + config.timeoutMs).toISOString();
  const volumeMode = modeFor(config, storageClass);
  const snapshotClass = snapshotClassOf(seen)?.metadata.name ?? '';
  const actions = [
    ...createNamespace(config.namespace, probe.place.namespace),
    ...createClaim({ storageClass, volumeMode, until, nowMs, config }, 'source'),
  ];
  const how = `a volume of 1 GiB and mode ${volumeMode}, a snapshot of it with class ${snapshotClass}, and a volume from the snapshot`;
  return ['ProbeStart', `creating in namespace ${config.namespace}: ${how}`, { actions }];
}

function goOn(asked: Probe): Outcome | undefined {
  const { probe, seen, config, nowMs } = asked;
  const { source } = probe;
  const startedAt = timeOn(source);
  if (source === undefined || startedAt === undefined || isDecided(asked) || comesToNothing(asked)) return undefined;
  const { storageClass } = seen;
  const until = source.metadata.annotations?.[names.PROBE_UNTIL_ANNOTATION] ?? '';
  const volumeMode = modeOf(source);
  const snapshotClass = probe.snapshot?.spec.volumeSnapshotClassName ?? snapshotClassOf(seen)?.metadata.name ?? '';
  const progress = progressOf(probe, { storageClass, volumeMode, until, nowMs, config }, snapshotClass);
  const common = { volumeMode, startedAt, at: new Date(nowMs).toISOString(), snapshotClass };
  const fail = (step: ProbeStep, message: string, result: 'failed' | 'refused' = 'failed') =>
    decide(seen, { ...common, result, step, message: cutToBytes(message, LONGEST_MESSAGE) });
  const now = advance([progress], nowMs, untilOn(source));
  switch (now.is) {
    case 'empty':
      return undefined;
    case 'done':
      return decide(seen, { ...common, result: 'proved', ...tookOf(probe, startedAt, config, nowMs) });
    case 'failed': {
      const [{ step, why, refused: isRefused }] = now.parts;
      return fail(step, why, isRefused === true ? 'refused' : 'failed');
    }
    case 'late': {
      const [{ step, waits }] = now.parts;
      return fail(step, `it timed out after ${Math.round(config.timeoutMs / 1000)} s; still waiting until ${waits}`);
    }
    case 'missing':
      return ['ProbeGoesOn', `the probe continues: ${now.parts[0].waits}`, { actions: now.make }];
    case 'waiting': {
      const [{ waits }] = now.parts;
      return ['ProbeRunning', `the probe waits until ${waits}`, { waitsFor: waits }];
    }
  }
}

/** Durations from the `probe-at` annotations. Omitted if the probe was interrupted. */
function tookOf(probe: SeenProbe, startedAt: string, { sinceMs }: ProbeConfig, nowMs: number): Pick<Probed, 'tookMs'> {
  const began = Date.parse(startedAt);
  const [bound, ready] = [timeOn(probe.snapshot), timeOn(probe.restored)].map((at) => Date.parse(at ?? ''));
  if (began < sinceMs || bound === undefined || ready === undefined || !(nowMs >= ready && ready >= bound)) return {};
  return { tookMs: { provision: bound - began, snapshot: ready - bound, restore: nowMs - ready } };
}

function decide({ storageClass }: SeenClass, probed: Probed): Outcome {
  const { name, uid, resourceVersion, annotations } = storageClass.metadata;
  const annotate: Action = {
    do: 'annotateClass',
    target: { kind: 'StorageClass', name, uid, resourceVersion },
    annotations: { [names.PROBED_ANNOTATION]: withProbed(annotations, probed) },
  };
  return ['ProbeDecided', describeProbed(probed), { actions: [annotate] }];
}

/** Undefined when nothing is left. */
const clearProbe = (
  { made, left }: SeenProbe,
  why: string,
  nowMs: number,
  objects: ScratchObjects = made,
): Outcome | undefined =>
  clear({ cleanUp: 'ProbeCleanUp', clearing: 'ProbeClearing' }, why, objects, probeRemoval(objects, nowMs), left);
