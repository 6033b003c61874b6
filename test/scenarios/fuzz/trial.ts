/** Lets Gleaner loose on one broken cluster and says what it did wrong. */
import type { Fault, KubeObject } from '../../../sandbox/api/types.ts';
import type { Mischief } from '../../../sandbox/events/index.ts';
import { KubeError } from '../../../shared/ports/errors.ts';
import type { Finding } from '../../../shared/plan/plan.ts';
import { needsAttention } from '../../../shared/plan/plan.ts';
import * as kinds from '../../../sandbox/controllers/kinds.ts';
import { deploy } from '../eventing.ts';
import { Killed, converge, everyFunction, hurried, inWorld, sweepAll, writesOf } from '../world.ts';
import type { World } from '../world.ts';
import type { BrokenWorld } from './arbitraries.ts';
import { healthy, scenarioOf } from './build.ts';
import type { Meddled } from './meddle.ts';
import { meddle } from './meddle.ts';
import type { Data, VolumeAt } from './truth.ts';
import * as truth from './truth.ts';
import { type Mirror, mirror } from './mirror.ts';
import { obstacle, promisedClaims } from './promises.ts';

const options = { functions: everyFunction, ...hurried };
/** A fault that hangs is given up after this time; what follows waits as long as it takes. */
const CLIENT_TIMEOUT_MS = 150;

export interface Tried {
  /** Everything that must not be and was; empty when Gleaner did well. */
  readonly wrong: string[];
  /** How many volumes and claims were broken and had to be mended. */
  readonly mended: number;
}

export async function violations(broken: BrokenWorld): Promise<Tried> {
  const hangs = broken.run.by === 'fault' && broken.run.fault === 'hang';
  const scenario = scenarioOf(broken);
  return inWorld({ scenario }, (world) => tried(world, broken), hangs ? CLIENT_TIMEOUT_MS : undefined);
}

async function tried(world: World, broken: BrokenWorld): Promise<Tried> {
  const wrong: string[] = [];
  const { sandbox } = world;
  if (broken.setting === 'gone') await sandbox.client.delete(kinds.Setting, 'backup-target');
  const seen = await mirror(sandbox);
  try {
    const begun = remember(seen);
    const lost = sandbox.store.losses.length;
    let stopWatching = watchMoments(seen, begun, wrong);
    await run(world, broken);
    sandbox.api.setFault(undefined);
    const patient = { ...world, client: world.patient };
    await sandbox.settle();
    stopWatching();
    const meddled = await meddle(sandbox, broken);
    await sandbox.settle();
    // What he changed is as he left it: from there on the promises are made anew.
    const before = meddled === undefined ? begun : afterMeddling(seen, begun, meddled);
    stopWatching = watchMoments(seen, before, wrong);
    const { findings, failures } = await converge(patient, options);
    await sandbox.settle();
    stopWatching();
    const touched = writesOf(world);

    wrong.push(...failures.map((error) => `the last sweep failed: ${error.message}`), ...world.worse);
    const losses = sandbox.store.losses.slice(lost).filter(({ backup }) => backup !== meddled?.backup);
    wrong.push(...losses.map(({ backup, by }) => `${backup} was erased: ${by}`));
    const longhorns = touched.filter((write) => / longhorn\.io\/v1beta2\/(?!BackupTarget )/.test(write));
    wrong.push(...longhorns.map((write) => `Longhorn’s object was written to: ${write}`));
    wrong.push(...changesOf(before.strangers, seen), ...ends(before, seen, findings), ...accusations(findings));

    sandbox.api.clearRequests();
    await sweepAll(patient, options);
    wrong.push(...writesOf(world).map((write) => `a second run writes: ${write}`));
    const promised = [...before.volumes.values()].filter((known) => known.obstacle === undefined && !known.sound);
    return { wrong: [...new Set(wrong)], mended: promised.length + before.waiting.length };
  } finally {
    seen.stop();
  }
}

const faults: Record<string, Fault> = {
  conflict: { kind: 'status', code: 409 },
  busy: { kind: 'status', code: 429, retryAfterSeconds: 0 },
  broken: { kind: 'status', code: 500 },
  hang: { kind: 'hang', ms: 4 * CLIENT_TIMEOUT_MS },
  reset: { kind: 'reset' },
  'reset-after': { kind: 'reset-after' },
};
const mischiefs: Record<string, Mischief> = {
  none: {},
  twice: { duplicate: true },
  reverse: { reverse: 5 },
  lost: { dropEvery: 3 },
};

async function run(world: World, { run: as }: BrokenWorld): Promise<void> {
  const { sandbox } = world;
  if (as.by === 'killed') return sweepAll(world, { ...options, killAfter: as.after }).then(ignored, expectKind(Killed));
  if (as.by === 'fault') {
    let calls = 0;
    sandbox.api.setFault(({ userAgent }) =>
      userAgent?.startsWith('gleaner') && ++calls === as.at ? faults[as.fault] : undefined,
    );
    return sweepAll(world, options).then(ignored, expectKind(KubeError));
  }
  if (as.by === 'sweep') return sweepAll(world, options).then(ignored);
  const { eventing, stop } = await deploy(sandbox, { mischief: mischiefs[as.mischief]! });
  try {
    for (let ticks = 0; ticks < 2; ticks++) {
      await eventing.ping();
      await eventing.settle();
    }
  } finally {
    await stop();
  }
}

const ignored = (): undefined => undefined;
const expectKind = (kind: abstract new (...args: never[]) => Error) => (error: unknown) => {
  if (!(error instanceof kind)) throw error;
};

interface Before {
  readonly volumes: ReadonlyMap<string, Known>;
  /** What is not Gleaner’s to touch, as text. */
  readonly strangers: ReadonlyMap<string, string>;
  readonly backups: readonly string[];
  /** Claims that hang and have to come through. */
  readonly waiting: readonly KubeObject[];
}
interface Known {
  readonly gave: Data | string;
  readonly gaveWhenSynced: Data | string;
  readonly recorded: Data | undefined;
  readonly sound: boolean;
  readonly obstacle: string | undefined;
}

function remember(seen: Mirror): Before {
  const volumes = truth.volumesOf(seen).map((at): [string, Known] => [
    truth.keyOf(at),
    {
      gave: truth.restoredOf(seen, at),
      gaveWhenSynced: truth.restoredWhenSynced(seen, at),
      recorded: truth.recordedData(seen, at),
      sound: truth.isSound(seen, at),
      obstacle: obstacle(seen, at),
    },
  ]);
  const strangers = truth.strangers(seen).map((o): [string, string] => [nameOf(o), whatCounts(o)]);
  return {
    volumes: new Map(volumes),
    strangers: new Map(strangers),
    backups: seen.all('Backup').map((o) => o.metadata.name),
    waiting: promisedClaims(seen),
  };
}

/** What stays forbidden, of all but what somebody has changed; and what is promised of the cluster as it is now. */
function afterMeddling(seen: Mirror, { strangers }: Before, { objects, backup }: Meddled): Before {
  const now = remember(seen);
  const isHis = (name: string) => [...objects, backup].some((one) => name.endsWith(`/${one}`));
  return {
    ...now,
    strangers: new Map([...strangers].filter(([name]) => !isHis(name))),
    backups: now.backups.filter((name) => name !== backup),
  };
}

/** Looks at every volume after every single change, whoever made it. */
function watchMoments(seen: Mirror, { volumes }: Before, wrong: string[]): () => void {
  const names = new Map(truth.volumesOf(seen).map((at) => [truth.keyOf(at), at.entry.name as unknown]));
  return seen.afterEach(() => {
    for (const at of truth.volumesOf(seen)) {
      const key = truth.keyOf(at);
      const known = volumes.get(key);
      if (known === undefined) continue;
      const gives = truth.restoredOf(seen, at);
      const right = truth.same(gives, known.recorded);
      if (typeof gives === 'object' && !right && !truth.same(gives, known.gaveWhenSynced))
        wrong.push(`${key} gave the data of ${gives.backup}`);
      if (known.sound && !right) wrong.push(`${key} was sound, and for a moment gave nothing: ${text(gives)}`);
      const switched = names.get(key) !== at.entry.name;
      names.set(key, at.entry.name);
      // Without a backup volume neither pair gives anything, and the one that names the right data is no worse.
      const better = right || truth.same(truth.restoredWhenSynced(seen, at), known.recorded);
      if (switched && at.owner.status.readyToUse === true && !better)
        wrong.push(`${key} was switched to ${at.entry.name}: ${text(gives)}`);
    }
  });
}

/** How it has to end for each volume. */
function ends({ volumes, backups, waiting }: Before, seen: Mirror, findings: readonly Finding[]): string[] {
  const there = new Set(seen.all('Backup').map((o) => o.metadata.name));
  const gone = backups.filter((name) => !there.has(name)).map((name) => `Longhorn Backup ${name} is gone`);
  const claims = new Map(seen.all('PersistentVolumeClaim').map((o) => [o.metadata.uid, o.status?.phase]));
  const hanging = waiting
    .filter(({ metadata: { uid } }) => claims.has(uid) && claims.get(uid) !== 'Bound')
    .map((claim) => `${nameOf(claim)} still hangs on ${claim.spec.dataSource.name}`);
  return [...gone, ...hanging, ...truth.volumesOf(seen).flatMap((at) => endOf(at, volumes, seen, findings))];
}

function endOf(at: VolumeAt, volumes: Before['volumes'], seen: Mirror, findings: readonly Finding[]): string[] {
  const key = truth.keyOf(at);
  const known = volumes.get(key);
  if (known === undefined) return [];
  const gives = truth.restoredOf(seen, at);
  const right = truth.same(gives, known.recorded);
  if (typeof known.gave === 'object' && !right && !truth.same(gives, known.gave))
    return [`${key} gave ${known.gave.backup} and now ${text(gives)}`];
  if (known.obstacle === undefined && !truth.isSound(seen, at))
    return [`${key} was to be repaired, and gives ${text(gives)}`];
  if (right || truth.isNobodysBusiness(seen, at)) return [];
  const chain = truth.chainOf(seen, at);
  const told = findings.some((f) => needsAttention(f) && chain.has(`${f.subject.kind} ${f.subject.name}`));
  return told ? [] : [`${key} gives ${text(gives)}, and nothing is said of it`];
}

const text = (data: Data | string): string => (typeof data === 'string' ? data : `${data.volume}/${data.backup}`);

function accusations(findings: readonly Finding[]): string[] {
  const ofHealthy = ({ subject: { name } }: Finding) =>
    healthy.some((h) => name === h || name.startsWith(`${h}-volume-`));
  return findings
    .filter((finding) => needsAttention(finding) && ofHealthy(finding))
    .map(({ reason, subject, message }) => `${subject.kind} ${subject.name} is accused: ${reason} ${message}`);
}

const nameOf = ({ kind, metadata: { namespace, name } }: KubeObject) => `${kind} ${namespace ?? ''}/${name}`;

/** All but the marks of the snapshot controllers, and the note on what the data of a backup taken here is worth. */
function whatCounts({ spec, metadata }: KubeObject): string {
  const { uid, labels, ownerReferences, deletionTimestamp } = metadata;
  const mark = /^(snapshot\.storage\.kubernetes\.io\/|gleaner\.dev\/consistency$)/;
  const finalizers = metadata.finalizers?.filter((name) => !mark.test(name));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !mark.test(name));
  return JSON.stringify({ spec, uid, labels, annotations, ownerReferences, finalizers, deletionTimestamp });
}

function changesOf(strangers: Before['strangers'], seen: Mirror): string[] {
  const now = new Map(seen.everything().map((o) => [nameOf(o), whatCounts(o)]));
  // What was in deletion may have gone: its finalizers are its controllers' matter.
  const asBefore = (name: string, before: string) =>
    now.get(name) === before || (!now.has(name) && before.includes('deletionTimestamp'));
  return [...strangers]
    .filter(([name, before]) => !asBefore(name, before))
    .map(([name, before]) => `${name} is not Gleaner’s: ${before} -> ${now.get(name) ?? 'gone'}`);
}
