import { formatBytes } from '../../shared/domain/bytes.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { drillOf, resultOf } from '../../shared/chain/drills.ts';
import { isDeleting } from '../../shared/chain/judge.ts';
import type { ScratchObjects } from '../../shared/scratch/scratch.ts';
import { describeObjects, isEmpty, newNamespace, removal } from '../../shared/scratch/scratch.ts';
import { DRILL_LABEL } from '../../shared/domain/names.ts';
import type { DrillEntry, DrillRun } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Seen, SeenDrill } from './observe.ts';
import type { Progress } from './progress.ts';
import { progressOf, totalBytes } from './progress.ts';
import type { DrillRecord } from './record.ts';
import { entriesIn, isDue, put } from './record.ts';
import type { Verdict } from './results.ts';
import { decide } from './results.ts';
import { drillable } from './source.ts';
import { isTaken, refusal } from './start.ts';

type Told = readonly [
  reason: Reason,
  message: string,
  more?: Pick<Partial<Finding>, 'actions' | 'command' | 'waitsFor'>,
];

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
      return told(seen.subject, drill(seen, seen.subject, config, nowMs), seen.entry);
  }
}

function told(subject: Ref, [reason, message, more = {}]: Told, entry?: DrillEntry): Plan {
  const { proved, run } = entry ?? {};
  const facts = {
    ...(proved && { provedAt: proved.at, tookSeconds: String(proved.tookSeconds) }),
    ...(run && { startedAt: run.startedAt, until: run.until }),
  };
  return { findings: [{ subject, reason, message, facts, actions: [], ...more }] };
}

function drill(seen: SeenDrill, subject: Ref, config: Config, nowMs: number): Told {
  const { entry, backup, uid } = seen;
  const run = entry?.run;
  if (run?.decided !== undefined) return cleanUp(seen, entry as DrillEntry, run, config, nowMs);
  if (run !== undefined) {
    const why =
      backup === undefined || uid !== backup.metadata.uid
        ? 'its VMBackup is gone'
        : isDeleting(backup)
          ? 'its VMBackup is being deleted'
          : config.drills === 'clean'
            ? 'it was given up'
            : Number.isNaN(Date.parse(run.until)) || isAhead(run.startedAt, nowMs)
              ? `it began at ${run.startedAt} and may last until ${run.until}, by a clock that was wrong`
              : undefined;
    return why === undefined
      ? goOn(seen, run, config, nowMs)
      : decided(seen, config, { result: 'abandoned', message: why }, nowMs);
  }
  // ScratchObjects by a run that somebody else has ended meanwhile.
  if (!isEmpty(seen.made)) return sweepUp(seen.made, 'it is of a drill that is over');
  if (config.drills === 'clean') return ['DrillCleaned', 'nothing of a drill is left'];
  if (backup !== undefined && !isDue(entry, config, nowMs)) return resultOf(entry);
  const refused = refusal(seen, config);
  if (refused !== undefined) {
    const { reason, message, command } = refused;
    return [reason, message, command === undefined ? {} : { command }];
  }
  return begin(seen, subject, config, nowMs);
}

function begin(seen: SeenDrill, subject: Ref, config: Config, nowMs: number): Told {
  const until = new Date(nowMs + config.timeoutMinutes * 60_000).toISOString();
  const run: DrillRun = { startedAt: new Date(nowMs).toISOString(), until };
  const entry: DrillEntry = { ...seen.entry, vmBackup: `${subject.namespace ?? ''}/${subject.name}`, run };
  const volumes = drillable(seen.sources);
  const size = formatBytes(totalBytes(volumes));
  const actions: Action[] = [
    ...(seen.place?.namespace === undefined ? [{ do: 'create', object: newNamespace(config.namespace) } as const] : []),
    put(seen.record, config, seen.uid, entry, `a drill of ${entry.vmBackup} has begun`),
    ...stepsOf(seen, run, config).flatMap(({ progress }) => (progress.is === 'missing' ? progress.make : [])),
  ];
  const what = `${volumes.length} ${volumes.length === 1 ? 'volume' : 'volumes'} (${size})`;
  return [
    'DrillStart',
    `${what} are restored into namespace ${config.namespace}, to see whether they can be`,
    { actions },
  ];
}

interface Step {
  readonly volume: string;
  readonly progress: Progress;
}

function stepsOf(seen: SeenDrill, { until }: DrillRun, config: Config): Step[] {
  const { backup } = seen;
  if (backup === undefined) return [];
  return drillable(seen.sources).map((source) => ({
    volume: source.entry.volumeName,
    progress: progressOf(seen, source, { backup, until, config }),
  }));
}

function goOn(seen: SeenDrill, run: DrillRun, config: Config, nowMs: number): Told {
  const steps = stepsOf(seen, run, config);
  const failures = steps.flatMap(({ volume, progress }) =>
    progress.is === 'failed' ? [`volume ${volume}: ${progress.why}`] : [],
  );
  if (failures.length > 0) return decided(seen, config, { result: 'failed', message: failures.join('; ') }, nowMs);
  const open = steps.flatMap(({ volume, progress }) =>
    'waits' in progress ? [`volume ${volume}: until ${progress.waits}`] : [],
  );
  if (steps.length > 0 && open.length === 0) {
    const restored = steps.flatMap(({ progress }) =>
      'restoredMs' in progress ? [progress.restoredMs ?? nowMs] : [nowMs],
    );
    return decided(seen, config, { result: 'proved', restoredMs: Math.max(...restored) }, nowMs);
  }
  if (nowMs > Date.parse(run.until) || steps.length === 0) {
    const waited = open.join('; ') || 'no volume is left to restore';
    return decided(seen, config, { result: 'failed', message: `it took too long; waited in vain, ${waited}` }, nowMs);
  }
  const actions = steps.flatMap(({ progress }) => (progress.is === 'missing' ? progress.make : []));
  // It says nothing of the backup.
  if (actions.length > 0 && seen.inTheWay !== undefined)
    return decided(seen, config, { result: 'abandoned', message: isTaken(seen.inTheWay) }, nowMs);
  if (actions.length > 0) return ['DrillGoesOn', `the drill goes on: ${open.join('; ')}`, { actions }];
  return ['DrillRunning', `the drill waits: ${open.join('; ')}`, { waitsFor: open.join('; ') }];
}

/** The result stands before anything is removed: whoever cleans up later need not know how it went. */
function decided(seen: SeenDrill, config: Config, verdict: Verdict, nowMs: number): Told {
  const { message, actions } = decide(seen, config, verdict, nowMs);
  return ['DrillDecided', message, { actions }];
}

/** How long after a drill's end things may still be going. */
const STUCK_AFTER_MS = 30 * 60_000;

function cleanUp(seen: SeenDrill, entry: DrillEntry, run: DrillRun, config: Config, nowMs: number): Told {
  const actions = removal(seen.made, DRILL_LABEL);
  if (actions.length > 0) return sweepUp(seen.made, 'the drill is over');
  const left = [...describeObjects(seen.made), ...seen.left];
  if (left.length > 0) {
    const since = nowMs - Date.parse(run.decided?.at ?? '');
    const message = `the drill is over, and ${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} yet to go`;
    return !(since <= STUCK_AFTER_MS) ? ['DrillStuck', message] : ['DrillClearing', message, { waitsFor: message }];
  }
  const { run: _over, ...kept } = entry;
  const known = kept.proved !== undefined || kept.failed !== undefined;
  const current = seen.backup?.metadata.uid === seen.uid;
  const says = `nothing of the drill of ${entry.vmBackup} is left`;
  const done = put(seen.record, config, seen.uid, known && current ? kept : undefined, says);
  return ['DrillCleanUp', says, { actions: [done] }];
}

function sweepUp(made: ScratchObjects, why: string): Told {
  const actions = removal(made, DRILL_LABEL);
  const left = describeObjects(made).join(', ');
  if (actions.length === 0) return ['DrillClearing', `${why}, and ${left} is yet to go`, { waitsFor: left }];
  return ['DrillCleanUp', `${why}, and what it made is removed: ${left}`, { actions }];
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
  const own = isEmpty(stray)
    ? told(subject, ['DrillCleaned', 'nothing of a drill is left behind'])
    : told(subject, sweepUp(stray, `${describeRef(subject)} knows of no such drill`));
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
