import type { VolumeMode } from '../capability/mode.ts';
import { modeForDisks, modeOf } from '../capability/mode.ts';
import type { Probed, ProbeStep } from '../capability/probed.ts';
import { describeProbed, probedAs, withProbed } from '../capability/probed.ts';
import type { SeenClass } from '../capability/read.ts';
import { isDeleting } from '../chain/judge.ts';
import { describeObjects, isEmpty, newNamespace } from '../scratch/scratch.ts';
import { describeRef } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { isAhead } from '../domain/times.ts';
import type { Claim, StorageClass } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import { newClaim, newPod, newSnapshot } from './objects.ts';
import type { Recipe } from './objects.ts';
import type { ProbeConfig, SeenProbe } from './observe.ts';
import { progressOf } from './progress.ts';
import { probeRemoval } from './removal.ts';
import { refusal, snapshotClassOf } from './start.ts';

type Told = readonly [
  reason: Reason,
  message: string,
  more?: Pick<Partial<Finding>, 'actions' | 'command' | 'waitsFor'>,
];

/**
 * The next safe steps of a probe, from what is there: begin, go on, come to a result, clean up. Pure. The result stands
 * on the StorageClass before anything is removed: whoever cleans up later need not know how it went.
 */
export function plan(seen: SeenProbe, config: ProbeConfig, nowMs: number): Plan {
  const [reason, message, more = {}] = next(seen, config, nowMs);
  const storageClass = seen.seen?.storageClass;
  const probed = storageClass && probedAs(storageClass.metadata.annotations, modeFor(config, storageClass));
  const current = (reason === 'ProbeProved' || reason === 'ProbeFailed') && probed !== undefined;
  return {
    findings: [
      { subject: seen.subject, reason, message, actions: [], ...(current && { facts: factsOf(probed) }), ...more },
    ],
  };
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

function next(probe: SeenProbe, config: ProbeConfig, nowMs: number): Told {
  const { seen, source, subject, former } = probe;
  const over = isEmpty(former) ? undefined : cleanUp({ ...probe, made: former }, 'its StorageClass is gone', nowMs);
  if (over !== undefined) return over;
  if (config.mode === 'clean')
    return cleanUp(probe, 'it was given up', nowMs) ?? ['ProbeCleaned', 'nothing of a probe is left'];
  if (seen === undefined)
    return (
      cleanUp(probe, 'its StorageClass is gone', nowMs) ?? [
        'StorageClassGone',
        `${describeRef(subject)} does not exist`,
      ]
    );
  const { annotations } = seen.storageClass.metadata;
  // One that is under way with volumes of the other mode comes to its own result first: somebody waits for it.
  const started = source && timeOn(source);
  const isDecided = source !== undefined && probedAs(annotations, modeOf(source))?.startedAt === started;
  if (source !== undefined && started !== undefined && !isDecided && !isSpoilt(probe, config, nowMs)) {
    return goOn(probe, source, seen, started, config, nowMs);
  }
  const clearing = cleanUp(probe, isDecided ? 'the probe is over' : 'an earlier probe left it', nowMs);
  if (clearing !== undefined) return clearing;
  const probed = probedAs(annotations, modeFor(config, seen.storageClass));
  if (probed !== undefined && Date.parse(probed.at) >= config.sinceMs && !isAhead(probed.at, nowMs)) {
    return [probed.result === 'proved' ? 'ProbeProved' : 'ProbeFailed', describeProbed(probed)];
  }
  const refused = refusal(seen, probe, config);
  if (refused !== undefined)
    return [refused.reason, refused.message, refused.command === undefined ? {} : { command: refused.command }];
  return begin(probe, seen, config, nowMs);
}

const timeOn = (object: { metadata: Claim['metadata'] } | undefined): string | undefined =>
  object?.metadata.annotations?.[names.PROBE_AT_ANNOTATION];
const untilOn = (object: Claim | undefined): number =>
  Date.parse(object?.metadata.annotations?.[names.PROBE_UNTIL_ANNOTATION] ?? '') || 0;

/**
 * It comes to no result: somebody deletes what it made or has a name that it needs, or it was left behind and its time is
 * over. None of that says anything of the class.
 */
function isSpoilt({ source, made, inTheWay }: SeenProbe, { sinceMs }: ProbeConfig, nowMs: number): boolean {
  const all = [...made.claims, ...made.snapshots, ...made.contents, ...made.pods];
  const isOwn = Date.parse(timeOn(source) ?? '') >= sinceMs;
  return inTheWay !== undefined || all.some((object) => isDeleting(object)) || (!isOwn && nowMs > untilOn(source));
}

function begin(probe: SeenProbe, seen: SeenClass, config: ProbeConfig, nowMs: number): Told {
  const until = new Date(nowMs + config.timeoutMs).toISOString();
  const volumeMode = modeFor(config, seen.storageClass);
  const recipe: Recipe = { storageClass: seen.storageClass, volumeMode, until, nowMs, config };
  const actions: Action[] = [
    ...(probe.place.namespace === undefined ? [create(newNamespace(config.namespace))] : []),
    ...claimOf(recipe, 'source'),
  ];
  const how = `a volume of 1 GiB and mode ${volumeMode}, a snapshot of it with class ${snapshotClassOf(seen)?.metadata.name ?? ''}, a volume from that`;
  return ['ProbeStart', `in namespace ${config.namespace} are made: ${how}`, { actions }];
}

const create = (object: Extract<Action, { do: 'create' }>['object']): Action => ({ do: 'create', object });

function claimOf(recipe: Recipe, part: 'source' | 'restored'): Action[] {
  const { storageClass, config } = recipe;
  const late = storageClass.volumeBindingMode === 'WaitForFirstConsumer';
  const claim = create(newClaim(recipe, part));
  return late && config.image !== undefined ? [claim, create(newPod(recipe, config.image, part))] : [claim];
}

function goOn(
  probe: SeenProbe,
  source: Claim,
  seen: SeenClass,
  startedAt: string,
  config: ProbeConfig,
  nowMs: number,
): Told {
  const until = source.metadata.annotations?.[names.PROBE_UNTIL_ANNOTATION] ?? '';
  const volumeMode = modeOf(source);
  const recipe: Recipe = { storageClass: seen.storageClass, volumeMode, until, nowMs, config };
  const progress = progressOf(probe, config);
  const snapshotClass = probe.snapshot?.spec.volumeSnapshotClassName ?? snapshotClassOf(seen)?.metadata.name ?? '';
  const common = { volumeMode, startedAt, at: new Date(nowMs).toISOString(), snapshotClass };
  const fail = (step: ProbeStep, message: string, result: 'failed' | 'refused' = 'failed'): Told =>
    decide(seen, { ...common, result, step, message: message.slice(0, 600) });
  switch (progress.is) {
    case 'done':
      return decide(seen, { ...common, result: 'proved', ...tookOf(probe, startedAt, config, nowMs) });
    case 'failed':
      return fail(progress.step, progress.why, progress.refused === true ? 'refused' : 'failed');
    default: {
      if (nowMs > untilOn(source)) {
        return fail(
          progress.step,
          `it took longer than ${Math.round(config.timeoutMs / 1000)} s; waited in vain until ${progress.waits}`,
        );
      }
      if (progress.is === 'waiting') {
        return ['ProbeRunning', `the probe waits until ${progress.waits}`, { waitsFor: progress.waits }];
      }
      if (progress.step === 'snapshot' && snapshotClass === '')
        return fail('snapshot', 'its VolumeSnapshotClass is gone');
      const actions =
        progress.step === 'provision'
          ? claimOf(recipe, 'source')
          : progress.step === 'snapshot'
            ? [create(newSnapshot(recipe, snapshotClass))]
            : claimOf(recipe, 'restored');
      return ['ProbeGoesOn', `the probe goes on: ${progress.waits}`, { actions }];
    }
  }
}

/** Each object bears the time at which the step before it was seen done. What was interrupted has no times worth telling. */
function tookOf(probe: SeenProbe, startedAt: string, { sinceMs }: ProbeConfig, nowMs: number): Pick<Probed, 'tookMs'> {
  const began = Date.parse(startedAt);
  const [bound, ready] = [timeOn(probe.snapshot), timeOn(probe.restored)].map((at) => Date.parse(at ?? ''));
  if (began < sinceMs || bound === undefined || ready === undefined || !(nowMs >= ready && ready >= bound)) return {};
  return { tookMs: { provision: bound - began, snapshot: ready - bound, restore: nowMs - ready } };
}

function decide({ storageClass }: SeenClass, probed: Probed): Told {
  const { name, uid, resourceVersion, annotations } = storageClass.metadata;
  const annotate: Action = {
    do: 'annotateClass',
    target: { kind: 'StorageClass', name, uid, resourceVersion },
    annotations: { [names.PROBED_ANNOTATION]: withProbed(annotations, probed) },
  };
  return ['ProbeDecided', describeProbed(probed), { actions: [annotate] }];
}

/** Undefined when nothing is left. */
function cleanUp({ made, left }: SeenProbe, why: string, nowMs: number): Told | undefined {
  const actions = probeRemoval(made, nowMs);
  const there = [...describeObjects(made), ...left];
  if (there.length === 0) return undefined;
  const what = there.join(', ');
  if (actions.length > 0) return ['ProbeCleanUp', `${why}, and what it made is removed: ${what}`, { actions }];
  return ['ProbeClearing', `${why}, and ${what} ${there.length === 1 ? 'is' : 'are'} yet to go`, { waitsFor: what }];
}
