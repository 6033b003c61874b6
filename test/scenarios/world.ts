import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fixHandle from '../../functions/fix-handle/index.ts';
import * as all from '../../functions/index.ts';
import preflightRestore from '../../functions/preflight-restore/index.ts';
import rediscoverTarget from '../../functions/rediscover-target/index.ts';
import rebuildSnapshot from '../../functions/rebuild-snapshot/index.ts';
import relinkVMBackup from '../../functions/relink-vmbackup/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/index.ts';
import { scenarios, startSandbox } from '../../sandbox/index.ts';
import type { AnyFunction } from '../../shared/function.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { connect } from '../../shared/kube/client.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Writer } from '../../shared/ports/writer.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { findingsOf, settle } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';

/** What mends the chain of a VMBackup; the target is looked at only where a test asks for it. */
const mending: readonly AnyFunction[] = [fixHandle, relinkVMBackup, rebuildSnapshot];
export const functions: readonly AnyFunction[] = [...mending, rediscoverTarget];
export { preflightRestore };
/** All, less the drills, which have crash points of their own (drill-crash.test.ts). */
export const everyFunction: readonly AnyFunction[] = [
  ...Object.values(all as Record<string, AnyFunction>).filter(({ name }) => name !== 'drill-restore'),
];

/** `npm run test:sandbox`: every scenario and every call, which takes minutes; without it, enough to notice a fault. */
export const thorough = process.env.EVERY_CALL !== undefined;
/** From one call with a fault to the next. */
export const everyCall = Number(process.env.EVERY_CALL ?? 1);

/** Stands for the death of the process: nothing catches it, and the dead make no further calls. */
export class Killed extends Error {}

/** Tries each of them, many at a time: most of a try is waiting. */
export async function tryEach<T>(items: Iterable<T>, attempt: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await attempt(next.value);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

/** 1 to `last`, or every `step`th of them from `first` on. */
export function* numbers(last: number, first = 1, step = 1): Generator<number> {
  for (let at = first; at <= last; at += step) yield at;
}

/** Every named world, but the one that differs by its size alone. */
export const everyScenario: readonly string[] = scenarios
  .map(({ name }) => name)
  .filter((name) => !name.startsWith('large-'));

/** Those of which `npm test` tries some crash points and faults. */
export const fewScenarios = [
  'wrong-handle',
  'mixed-volumes',
  'restore-hanging',
  'blockers',
  'unowned-snapshot',
  'lost-snapshot',
  'lost-pair',
  'target-reconnected',
  'consistent',
];

/** No pause between two scans of a target, and what does not move is soon given up: it is looked at again anyhow. */
export const hurried = { policies: { 'rediscover-target': { cooldownSeconds: 0 } }, patienceMs: 250 };

export interface World {
  readonly sandbox: Sandbox;
  readonly client: KubeClient;
  /** As `client`, but it waits as long as it takes on a busy machine. */
  readonly patient: KubeClient;
  /**
   * What must not be, at whatever moment: a VMBackup switched to a pair that is not right, bound and ready; a content
   * that takes Delete while another on Delete names the same backup.
   */
  readonly worse: string[];
  stop(): Promise<void>;
}

/** Does something in a world of its own and takes the world down, whatever happens. */
export async function inWorld<T>(
  options: SandboxOptions,
  act: (world: World) => Promise<T>,
  timeoutMs?: number,
): Promise<T> {
  const world = await startWorld(options, timeoutMs);
  try {
    return await act(world);
  } finally {
    await world.stop();
  }
}

const PATIENT_MS = 30_000;

/** A sandbox with a client as Gleaner uses it, watched for every change of what a VMBackup points at. */
async function startWorld(options: SandboxOptions, timeoutMs = PATIENT_MS): Promise<World> {
  const sandbox = await startSandbox({ tickMs: 2, tls: false, ...options });
  const folder = await mkdtemp(join(tmpdir(), 'gleaner-world-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, sandbox.api.kubeconfig());
  const client = await connect({ kubeconfig, timeoutMs });
  const patient = timeoutMs < PATIENT_MS ? await connect({ kubeconfig, timeoutMs: PATIENT_MS }) : client;
  const worse: string[] = [];
  const unwatch = await watchSwitches(sandbox, worse);
  const unwatchPolicies = watchPolicies(sandbox, worse);
  return {
    sandbox,
    client,
    patient,
    worse,
    async stop() {
      unwatch();
      unwatchPolicies();
      await client.close();
      if (patient !== client) await patient.close();
      await sandbox.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export interface Run {
  /** Findings of the last look at everything. */
  readonly findings: Finding[];
  readonly failures: Error[];
  readonly writes: number;
  readonly rounds: number;
}

/**
 * One sweep to the end. `killAfter`: the process dies right after that many writes have been carried out. Time is not
 * waited for: a pause lasts until the controllers have nothing more to do, and then counts as long as it was to be.
 */
export async function sweepAll(
  { client, sandbox }: Pick<World, 'client' | 'sandbox'>,
  options: {
    killAfter?: number;
    policies?: Record<string, object>;
    patienceMs?: number;
    functions?: readonly AnyFunction[];
  } = {},
): Promise<Run> {
  const { reader, writer } = mortal(client, options.killAfter);
  let findings: Finding[] = [];
  let round: Finding[] = [];
  let failures: Error[] = [];
  let failed: Error[] = [];
  let writes = 0;
  let rounds = 0;
  let pausedMs = 0;
  const configOf = (fn: AnyFunction): unknown => fn.config.parse(options.policies?.[fn.name] ?? {});
  const pause = async (ms: number) => {
    await sandbox.settle();
    pausedMs += ms;
  };
  for await (const event of settle({
    functions: options.functions ?? mending,
    reader,
    applier: createApplier(reader, writer),
    configOf,
    sleep: pause,
    nowMs: () => Date.now() + pausedMs,
    patienceMs: options.patienceMs ?? 2_000,
  })) {
    if (event.kind === 'round') {
      findings = round;
      failures = failed;
      round = [];
      failed = [];
      writes += event.writes;
      rounds = event.round;
    } else if (event.kind === 'failure') failed.push(event.error);
    else if (event.kind !== 'settled') round.push(...findingsOf(event));
  }
  return { findings, failures, writes, rounds };
}

/** One sweep of one function at a time of one's choice. A subject that fails is an error. */
export async function sweepOf(
  fn: AnyFunction,
  { client }: Pick<World, 'client'>,
  { atMs = Date.now(), killAfter = Infinity }: { atMs?: number; killAfter?: number } = {},
): Promise<Finding[]> {
  const { reader, writer } = mortal(client, killAfter);
  const findings: Finding[] = [];
  const applier = createApplier(reader, writer);
  const configOf = () => fn.config.parse({});
  for await (const swept of sweep({ functions: [fn], reader, applier, configOf, nowMs: () => atMs })) {
    if (swept.kind === 'failure') throw swept.error;
    findings.push(...findingsOf(swept));
  }
  return findings;
}

/** Sweeps until the controllers have nothing left that another sweep would answer; as events would, one after the other. */
export async function converge(
  world: Pick<World, 'client' | 'sandbox'>,
  options: Omit<Parameters<typeof sweepAll>[1] & object, 'killAfter'> = {},
): Promise<Run> {
  for (let sweeps = 1; ; sweeps++) {
    const run = await sweepAll(world, options);
    await world.sandbox.settle();
    if (run.writes === 0) return run;
    if (sweeps === 6) throw new Error('the sweeps find no end');
  }
}

/** Ports that stop working, for good, once so many writes are done. */
export function mortal(
  client: Pick<KubeClient, 'reader' | 'writer'>,
  killAfter = Infinity,
): { reader: Reader; writer: Writer } {
  let writes = 0;
  const alive = () => {
    if (writes >= killAfter) throw new Killed(`killed after ${killAfter} writes`);
  };
  const counted = async <T>(write: () => Promise<T>): Promise<T> => {
    alive();
    const result = await write();
    writes++;
    alive();
    return result;
  };
  return {
    reader: {
      get: async (kind, name, namespace) => {
        alive();
        return client.reader.get(kind, name, namespace);
      },
      async *list(kind, options) {
        alive();
        yield* client.reader.list(kind, options);
      },
      serves: (kind) => client.reader.serves(kind),
    },
    writer: {
      create: (kind, object) => counted(() => client.writer.create(kind, object)),
      patch: (kind, name, namespace, operations) =>
        counted(() => client.writer.patch(kind, name, namespace, operations)),
      patchValue: (name, operations, fields) => counted(() => client.writer.patchValue(name, operations, fields)),
      delete: (kind, name, namespace, preconditions) =>
        counted(() => client.writer.delete(kind, name, namespace, preconditions)),
    },
  };
}

/** Write requests of Gleaner since the last `clearRequests`. Code 0: given up while it hung, and never carried out. */
export const writesOf = ({ sandbox }: World): string[] =>
  sandbox.api
    .requests()
    .filter((r) => r.code !== 0 && r.userAgent?.startsWith('gleaner') && !['get', 'list', 'watch'].includes(r.verb))
    .map((r) => `${r.verb} ${r.kind} ${r.namespace ?? ''}/${r.name ?? ''}`);

/**
 * Restores that have appeared here and have no verdict, or more than one; one that is over needs none. Nor does one whose
 * events were `lost`: a verdict that came with a sweep would come too late.
 */
export async function notToldOnce({ sandbox: { client } }: Pick<World, 'sandbox'>, lost = false): Promise<string[]> {
  const events = await client.list('events.k8s.io/v1/Event');
  const restores = await client.list('harvesterhci.io/v1beta1/VirtualMachineRestore');
  return restores.flatMap(({ metadata, status }) => {
    const ageMs = Date.now() - Date.parse(metadata.creationTimestamp ?? '');
    const verdicts = events.filter((e) => e['action'] === 'Preflight' && e['regarding'].uid === metadata.uid);
    const fewest = !lost && ageMs < 600_000 && status?.complete !== true ? 1 : 0;
    if (verdicts.length >= fewest && verdicts.length <= 1) return [];
    return [`${metadata.namespace}/${metadata.name}: ${verdicts.length} verdicts`];
  });
}

/**
 * What matters of a world, and no more: what each VMBackup volume points at, what else there is on the same backups,
 * which claims got their volume, and what the target holds. Names are left out: there are several ways to a right pair.
 */
export async function digest({ sandbox }: World) {
  const { client, store } = sandbox;
  const list = (kind: string) => client.list(kind);
  const contents = await list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent');
  const snapshots = await list('snapshot.storage.k8s.io/v1/VolumeSnapshot');
  const backups = await list('harvesterhci.io/v1beta1/VirtualMachineBackup');
  const claims = await list('v1/PersistentVolumeClaim');
  const seen = {
    volumes: backups
      .flatMap((b) => (b.status?.volumeBackups ?? []).map((v: any) => describeVolume(b, v, snapshots, contents)))
      .sort(),
    contents: contents.map((c) => `${c.spec.source.snapshotHandle ?? 'dynamic'} ${c.spec.deletionPolicy}`).sort(),
    notes: snapshots.filter((s) => s.metadata.annotations?.['gleaner.dev/swap']).map((s) => s.metadata.name),
    snapshots: snapshots.length,
    claims: claims
      .map(
        (c) =>
          `${c.metadata.namespace}/${c.metadata.name.replace(/-[0-9a-f]{8}-[0-9a-f-]{27}-/, ' ')} ${c.status?.phase}`,
      )
      .sort(),
    store: store
      .backups()
      .map((b) => `${b.volume}/${b.backup}`)
      .sort(),
    losses: store.losses,
  };
  // What was taken in the world itself bears the random uid of its snapshot.
  const taken = new Map<string, string>();
  for (const { metadata, spec } of await list('longhorn.io/v1beta2/Backup')) {
    const of = snapshots.find((s) => spec?.snapshotName === `snapshot-${s.metadata.uid}`);
    if (of !== undefined) taken.set(metadata.name, `backup-of-${of.metadata.name}`);
  }
  const known = (text: string) => text.replace(/backup-[0-9a-f]{16}/g, (name) => taken.get(name) ?? name);
  return {
    ...seen,
    volumes: seen.volumes.map(known).sort(),
    contents: seen.contents.map(known).sort(),
    store: seen.store.map(known).sort(),
  };
}

function describeVolume(backup: KubeObject, entry: any, snapshots: KubeObject[], contents: KubeObject[]): string {
  const { pair } = pairOf(backup.metadata.namespace, entry.name, snapshots, contents);
  return `${backup.metadata.namespace}/${backup.metadata.name} ready=${backup.status?.readyToUse} ${entry.volumeName}: ${pair}`;
}

function pairOf(namespace: string | undefined, name: string, snapshots: KubeObject[], contents: KubeObject[]) {
  const snapshot = snapshots.find((s) => s.metadata.name === name && s.metadata.namespace === namespace);
  const content = contents.find((c) => c.metadata.name === snapshot?.status?.boundVolumeSnapshotContentName);
  const bound = content !== undefined && content.spec.volumeSnapshotRef.uid === snapshot?.metadata.uid;
  const ready = bound && snapshot?.status?.readyToUse === true && content.status?.readyToUse === true;
  return { content, ready, pair: `${content?.status?.snapshotHandle} ${content?.spec.deletionPolicy} ready=${ready}` };
}

/** Looks, at the very moment a VMBackup is switched, at the pair it is switched to. */
async function watchSwitches(sandbox: Sandbox, worse: string[]): Promise<() => void> {
  const kind = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
  const names = new Map<string, string>();
  // By place: a volume may be there twice.
  const entriesOf = (b: KubeObject): [key: string, entry: any][] =>
    (b.status?.volumeBackups ?? []).map((entry: any, i: number) => [
      `${b.metadata.uid} ${entry.volumeName} ${i}`,
      entry,
    ]);
  for (const backup of await sandbox.client.list(kind)) {
    for (const [key, entry] of entriesOf(backup)) names.set(key, entry.name);
  }
  return sandbox.client.watch(kind, ({ type, object }) => {
    if (type !== 'MODIFIED') return;
    for (const [key, entry] of entriesOf(object)) {
      const before = names.get(key);
      names.set(key, entry.name);
      // Harvester's own lazy repair renames first and creates after; it says so by being not ready.
      if (before === undefined || before === entry.name || object.status?.readyToUse !== true) continue;
      void Promise.all([
        sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshot'),
        sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent'),
      ]).then(([snapshots, contents]) => {
        const { content, ready } = pairOf(object.metadata.namespace, entry.name, snapshots, contents);
        const handle: string = content?.spec.source.snapshotHandle ?? '';
        const right = sandbox.store
          .backups()
          .some(
            (b) =>
              b.backup === entry.longhornBackupName &&
              handle.replace(/^bs:/, 'bak:') === `bak://${b.volume}/${b.backup}`,
          );
        if (!ready || !right)
          worse.push(`${object.metadata.name} ${before} -> ${entry.name} (ready=${ready}, ${handle})`);
      });
    }
  });
}

/** Two contents on Delete of one backup: whichever goes first takes the data from under the other. */
function watchPolicies(sandbox: Sandbox, worse: string[]): () => void {
  const kind = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
  const policies = new Map<string | undefined, string>();
  // Deletions go by the status, and a controller may go back to the spec.
  const backupsOf = ({ spec, status }: KubeObject): string[] =>
    [spec.source.snapshotHandle, status?.snapshotHandle].flatMap(
      (handle) => /^(?:bak|bs):\/\/[^/]+\/([^/]+)$/.exec(handle ?? '')?.[1] ?? [],
    );
  return sandbox.client.watch(
    kind,
    ({ object }) => {
      const { name, uid } = object.metadata;
      const before = policies.get(uid);
      policies.set(uid, object.spec.deletionPolicy);
      const backups = backupsOf(object);
      if (before !== 'Retain' || object.spec.deletionPolicy !== 'Delete' || backups.length === 0) return;
      void sandbox.client.list(kind).then((contents) => {
        for (const other of contents) {
          if (other.spec.driver !== object.spec.driver) continue; // another driver knows nothing of the backup
          const backup = backupsOf(other).find((one) => backups.includes(one));
          if (other.metadata.uid !== uid && other.spec.deletionPolicy === 'Delete' && backup !== undefined)
            worse.push(`${name} takes Delete while ${other.metadata.name} may erase ${backup}`);
        }
      });
    },
    { initial: true },
  );
}
