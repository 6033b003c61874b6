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

/** The next safe steps of a drill, from what is there: begin, go on, come to a result, clean up. Pure. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  switch (seen.is) {
    case 'off':
      return {
        findings: [
          ...told(seen.subject, ['DrillsOff', 'restore drills are switched off']).findings,
          ...results(seen.record, () => true),
        ],
      };
    case 'record':
      return strays(seen, config, nowMs);
    case 'drill':
      return told(seen.subject, next({ seen, subject: seen.subject, config, nowMs }), seen.entry);
  }
}

function told(subject: Ref, outcome: Outcome, entry?: DrillEntry): Plan {
  const { proved, run } = entry ?? {};
  const facts = {
    ...(proved && { provedAt: proved.at, tookSeconds: String(proved.tookSeconds) }),
    ...(run && { startedAt: run.startedAt, until: run.until }),
  };
  return { findings: [findingOf(subject, outcome, facts)] };
}

/** One drill at one time. */
interface Drill {
  readonly seen: SeenDrill;
  readonly subject: Ref;
  readonly config: Config;
  readonly nowMs: number;
}

/** Asked in order: the first that answers says what is done now. */
const steps: readonly ((drill: Drill) => Outcome | undefined)[] = [
  // The result stands: what the drill created is removed, and then the drill is over.
  clearDecided,
  // It runs, and no result can come of it.
  abandon,
  // It runs.
  goOn,
  // What is there was created by a run that somebody else has ended meanwhile.
  ({ seen }) => clearMarked(seen.made, 'it is of a drill that is over'),
  // Only what is there is to be removed, and nothing is.
  ({ config }) => (config.drills === 'clean' ? ['DrillCleaned', 'nothing of a drill is left'] : undefined),
  // Its last result still counts.
  ({ seen: { backup, entry }, config, nowMs }) =>
    backup !== undefined && !isDue(entry, config, nowMs) ? resultOf(entry) : undefined,
  // It cannot begin (now).
  ({ seen, config }) => refusal(seen, config),
];

const next = (drill: Drill): Outcome => firstAnswer(steps, drill) ?? begin(drill);

const DRILL = { cleanUp: 'DrillCleanUp', clearing: 'DrillClearing' } as const;

const clearMarked = (objects: ScratchObjects, why: string): Outcome | undefined =>
  clear(DRILL, why, objects, removal(objects, DRILL_LABEL));

/** Asked in order, while the drill runs: the first that answers is why it is given up. */
const noResult: readonly ((drill: Drill, run: DrillRun) => string | undefined)[] = [
  // Another of its name is another VMBackup.
  ({ seen: { backup, uid } }) => (backup?.metadata.uid === uid ? undefined : 'its VMBackup is gone'),
  ({ seen: { backup } }) => (backup !== undefined && isDeleting(backup) ? 'its VMBackup is being deleted' : undefined),
  ({ config }) => (config.drills === 'clean' ? 'it was given up' : undefined),
  // By such times it would never be late, or always.
  ({ nowMs }, { startedAt, until }) =>
    Number.isNaN(Date.parse(until)) || isAhead(startedAt, nowMs)
      ? `it began at ${startedAt} and may last until ${until}, by a clock that was wrong`
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
  return [
    'DrillStart',
    `${what} are restored into namespace ${config.namespace}, to see whether they can be`,
    { actions },
  ];
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
    return decided(drill, { result: 'failed', message });
  }
  if (now.is === 'done') {
    const restoredMs = Math.max(...now.parts.map((part) => part.restoredMs ?? nowMs));
    return decided(drill, { result: 'proved', restoredMs });
  }
  if (now.is === 'empty') return late(drill, 'no volume is left to restore');
  const open = now.parts.map(({ volume, waits }) => `volume ${volume}: until ${waits}`).join('; ');
  switch (now.is) {
    case 'late':
      return late(drill, open);
    case 'missing':
      // It says nothing of the backup.
      return seen.inTheWay === undefined
        ? ['DrillGoesOn', `the drill goes on: ${open}`, { actions: now.make }]
        : decided(drill, { result: 'abandoned', message: nameTaken('drill', seen.inTheWay) });
    case 'waiting':
      return ['DrillRunning', `the drill waits: ${open}`, { waitsFor: open }];
  }
}

const late = (drill: Drill, waited: string): Outcome =>
  decided(drill, { result: 'failed', message: `it took too long; waited in vain, ${waited}` });

/** The result is recorded before anything is removed, so a later cleanup need not know how it went. */
function decided({ seen, config, nowMs }: Drill, verdict: Verdict): Outcome {
  const { message, actions } = decide(seen, config, verdict, nowMs);
  return ['DrillDecided', message, { actions }];
}

/** How long after a drill's end things may still be going. */
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
  const says = `nothing of the drill of ${entry.vmBackup} is left`;
  return ['DrillCleanUp', says, { actions: [put(record, config, uid, known && current ? kept : undefined, says)] }];
}

/** What bears the mark of a drill that the record knows nothing of. */
function strays({ subject, record, made }: Extract<Seen, { is: 'record' }>, config: Config, nowMs: number): Plan {
  const running = new Set(entriesIn(record).flatMap(([uid, { run }]) => (run === undefined ? [] : [uid])));
  const isStray = (object: Parameters<typeof drillOf>[0]) => !running.has(drillOf(object) ?? '');
  const stray: ScratchObjects = {
    contents: made.contents.filter((one) => isStray(one) && one.spec.volumeSnapshotRef.namespace === config.namespace),
    snapshots: made.snapshots.filter(isStray),
    claims: made.claims.filter(isStray),
    pods: made.pods.filter(isStray),
  };
  const own = told(
    subject,
    clearMarked(stray, `${describeRef(subject)} knows of no such drill`) ?? [
      'DrillCleaned',
      'nothing of a drill is left behind',
    ],
  );
  // What is due speaks for itself.
  const findings = results(record, (entry) => !isDue(entry, config, nowMs));
  return { findings: [...own.findings, ...findings] };
}

/** What the drills that are over have shown. */
const results = (record: DrillRecord, isWanted: (entry: DrillEntry) => boolean): Finding[] =>
  entriesIn(record).flatMap(([, entry]) => {
    const [namespace = '', name = ''] = entry.vmBackup.split('/');
    const about = { kind: 'VirtualMachineBackup', namespace, name } as const;
    return entry.run === undefined && isWanted(entry) ? told(about, resultOf(entry), entry).findings : [];
  });
