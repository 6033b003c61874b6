import { firstAnswer } from '../../shared/plan/check.ts';
import { formatBytes } from '../../shared/domain/bytes.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { drillOf, resultOf } from '../../shared/chain/drill-marks.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { DRILL_LABEL } from '../../shared/domain/names.ts';
import type { DrillEntry, DrillRun } from '../../shared/objects/types.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import { createNamespace } from '../../shared/scratch/objects.ts';
import type { Outcome } from '../../shared/scratch/runner.ts';
import { advance, clear, findingOf, nameTaken } from '../../shared/scratch/runner.ts';
import type { ScratchObjects } from '../../shared/scratch/scratch.ts';
import { removal } from '../../shared/scratch/scratch.ts';
import type { Config } from './config.ts';
import { refusal } from './eligibility.ts';
import type { DrillRecord } from './ledger.ts';
import { entriesIn, isDue, put } from './ledger.ts';
import type { Seen, SeenDrill } from './observe.ts';
import type { VolumeProgress } from './progress.ts';
import { progressOf, totalBytes } from './progress.ts';
import type { Verdict } from './results.ts';
import { decide } from './results.ts';
import { drillable } from './source.ts';

/** The next safe steps of a drill: start, continue, decide, clean up. Pure. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  switch (seen.is) {
    case 'off':
      return {
        findings: [
          ...planOf(seen.subject, ['DrillsOff', 'restore drills are switched off']).findings,
          ...results(seen.record, () => true),
        ],
      };
    case 'record':
      return strays(seen, config, nowMs);
    case 'drill':
      return planOf(seen.subject, next({ seen, subject: seen.subject, config, nowMs }), seen.entry);
  }
}

function planOf(subject: Ref, outcome: Outcome, entry?: DrillEntry): Plan {
  const { proved, run } = entry ?? {};
  const facts = {
    ...(proved && { provedAt: proved.at, tookSeconds: String(proved.tookSeconds) }),
    ...(run && { startedAt: run.startedAt, until: run.until }),
  };
  return { findings: [findingOf(subject, outcome, facts)] };
}

/** One drill at the time of deciding. */
interface Drill {
  readonly seen: SeenDrill;
  readonly subject: Ref;
  readonly config: Config;
  readonly nowMs: number;
}

/** Asked in order. The first answer is the next step. */
const steps: readonly ((drill: Drill) => Outcome | undefined)[] = [
  // Decided: remove the objects of the drill, then its entry.
  clearDecided,
  // Running, but cannot get a result.
  abandon,
  // Running.
  goOn,
  // Objects of a drill that ended while they were created.
  ({ seen }) => clearMarked(seen.made, 'an ended drill left objects'),
  // Clean-up only, and nothing is left.
  ({ config }) => (config.drills === 'clean' ? ['DrillCleaned', 'no objects of the drill are left'] : undefined),
  // The last result is still valid.
  ({ seen: { backup, entry }, config, nowMs }) =>
    backup !== undefined && !isDue(entry, config, nowMs) ? resultOf(entry) : undefined,
  // May not start (now).
  ({ seen, config }) => refusal(seen, config),
];

const next = (drill: Drill): Outcome => firstAnswer(steps, drill) ?? begin(drill);

const DRILL = { cleanUp: 'DrillCleanUp', clearing: 'DrillClearing' } as const;

const clearMarked = (objects: ScratchObjects, why: string): Outcome | undefined =>
  clear(DRILL, why, objects, removal(objects, DRILL_LABEL));

/** Asked in order while the drill runs. The first answer is why it is abandoned. */
const noResult: readonly ((drill: Drill, run: DrillRun) => string | undefined)[] = [
  // A VMBackup of the same name with another uid is another VMBackup.
  ({ seen: { backup, uid } }) => (backup?.metadata.uid === uid ? undefined : 'its VMBackup is gone'),
  ({ seen: { backup } }) => (backup !== undefined && isDeleting(backup) ? 'its VMBackup is being deleted' : undefined),
  ({ config }) => (config.drills === 'clean' ? 'clean-up was requested' : undefined),
  // With such times it would time out at once, or never.
  ({ nowMs }, { startedAt, until }) =>
    Number.isNaN(Date.parse(until)) || isAhead(startedAt, nowMs)
      ? `its start ${startedAt} and its deadline ${until} are not plausible; a clock was wrong`
      : undefined,
];

function abandon(drill: Drill): Outcome | undefined {
  const run = drill.seen.entry?.run;
  const why = run && firstAnswer(noResult, drill, run);
  return why === undefined ? undefined : decided(drill, { result: 'abandoned', message: why });
}

function begin({ seen, subject, config, nowMs }: Drill): Outcome {
  const until = new Date(nowMs + config.timeoutMinutes * 60_000).toISOString();
  const run: DrillRun = { startedAt: new Date(nowMs).toISOString(), until };
  const entry: DrillEntry = { ...seen.entry, vmBackup: `${subject.namespace ?? ''}/${subject.name}`, run };
  const volumes = drillable(seen.sources);
  const actions = [
    ...createNamespace(config.namespace, seen.place?.namespace),
    put(seen.record, config, seen.uid, entry, `a drill of ${entry.vmBackup} has begun`),
    ...partsOf(seen, run, config).flatMap((part) => (part.is === 'missing' ? part.make : [])),
  ];
  const what = `${volumes.length} ${volumes.length === 1 ? 'volume' : 'volumes'} (${formatBytes(totalBytes(volumes))})`;
  return ['DrillStart', `test restore of ${what} into namespace ${config.namespace}`, { actions }];
}

const partsOf = (seen: SeenDrill, { until }: DrillRun, config: Config): VolumeProgress[] => {
  const { backup, sources } = seen;
  if (backup === undefined) return [];
  return drillable(sources).map((source) => progressOf(seen, source, { backup, until, config }));
};

function goOn(drill: Drill): Outcome | undefined {
  const { seen, config, nowMs } = drill;
  const run = seen.entry?.run;
  if (run === undefined) return undefined;
  const now = advance(partsOf(seen, run, config), nowMs, Date.parse(run.until));
  if (now.is === 'failed') {
    const message = now.parts.map(({ volume, why }) => `volume ${volume}: ${why}`).join('; ');
    return failed(drill, message);
  }
  if (now.is === 'done') {
    const restoredMs = Math.max(...now.parts.map((part) => part.restoredMs ?? nowMs));
    return decided(drill, { result: 'proved', restoredMs });
  }
  if (now.is === 'empty') return failed(drill, 'no volume is left to restore');
  const open = now.parts.map(({ volume, waits }) => `volume ${volume}: until ${waits}`).join('; ');
  switch (now.is) {
    case 'late':
      return failed(drill, `it timed out; still waiting: ${open}`);
    case 'missing':
      // A taken name says nothing about the backup.
      return seen.inTheWay === undefined
        ? ['DrillGoesOn', `the drill continues: ${open}`, { actions: now.make }]
        : decided(drill, { result: 'abandoned', message: nameTaken('drill', seen.inTheWay) });
    case 'waiting':
      return ['DrillRunning', `the drill waits: ${open}`, { waitsFor: open }];
  }
}

const failed = (drill: Drill, message: string): Outcome => decided(drill, { result: 'failed', message });

/** Records the result before anything is removed, so that the clean-up does not depend on it. */
function decided({ seen, config, nowMs }: Drill, verdict: Verdict): Outcome {
  const { message, actions } = decide(seen, config, verdict, nowMs);
  return ['DrillDecided', message, { actions }];
}

/** How long the deletions after a drill may take. */
const STUCK_AFTER_MS = 30 * 60_000;

function clearDecided({ seen, config, nowMs }: Drill): Outcome | undefined {
  const { entry, record, made, left, backup, uid } = seen;
  const at = entry?.run?.decided?.at;
  if (entry === undefined || at === undefined) return undefined;
  const actions = removal(made, DRILL_LABEL);
  const clearing = clear(DRILL, 'the drill is over', made, actions, actions.length > 0 ? [] : left);
  if (clearing !== undefined) {
    const [, message] = clearing;
    const isStuck = actions.length === 0 && !(nowMs - Date.parse(at) <= STUCK_AFTER_MS);
    return isStuck ? ['DrillStuck', message] : clearing;
  }
  const { run: _over, ...kept } = entry;
  const known = kept.proved !== undefined || kept.failed !== undefined;
  const current = backup?.metadata.uid === uid;
  const message = `no objects of the drill of ${entry.vmBackup} are left`;
  return [
    'DrillCleanUp',
    message,
    { actions: [put(record, config, uid, known && current ? kept : undefined, message)] },
  ];
}

/** Removes labelled objects of drills that the record does not know, and reports the last results. */
function strays({ subject, record, made }: Extract<Seen, { is: 'record' }>, config: Config, nowMs: number): Plan {
  const running = new Set(entriesIn(record).flatMap(([uid, { run }]) => (run === undefined ? [] : [uid])));
  const isStray = (object: Parameters<typeof drillOf>[0]) => !running.has(drillOf(object) ?? '');
  const stray: ScratchObjects = {
    contents: made.contents.filter((one) => isStray(one) && one.spec.volumeSnapshotRef.namespace === config.namespace),
    snapshots: made.snapshots.filter(isStray),
    claims: made.claims.filter(isStray),
    pods: made.pods.filter(isStray),
  };
  const own = planOf(
    subject,
    clearMarked(stray, `${describeRef(subject)} has no record of this drill`) ?? [
      'DrillCleaned',
      'no objects of drills are left',
    ],
  );
  // A VMBackup that is due is a subject of its own.
  const findings = results(record, (entry) => !isDue(entry, config, nowMs));
  return { findings: [...own.findings, ...findings] };
}

/** The results of ended drills. */
const results = (record: DrillRecord, isWanted: (entry: DrillEntry) => boolean): Finding[] =>
  entriesIn(record).flatMap(([, entry]) => {
    const [namespace = '', name = ''] = entry.vmBackup.split('/');
    const about = { kind: 'VirtualMachineBackup', namespace, name } as const;
    return entry.run === undefined && isWanted(entry) ? planOf(about, resultOf(entry), entry).findings : [];
  });
