/** A whole bed: brought up, found again, taken down. The command line and the tests both use these functions. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { binariesOf, build, goVersion } from './build.ts';
import { Client } from './client.ts';
import {
  accessOf,
  freePorts,
  prepareIdentities,
  startApiServer,
  startControllerManager,
  startControlPlane,
} from './control-plane.ts';
import { applyDefinitions, definitions } from './definitions.ts';
import { startHarvester, startHarvesterControllers } from './harvester.ts';
import { startKnative } from './knative.ts';
import type { Choice, Part } from './parts.ts';
import { partsFor } from './parts.ts';
import { runFolder } from './places.ts';
import { processes, stop, stopAll } from './processes.ts';
import type { BedState } from './state.ts';
import { loadState, portNames, saveState } from './state.ts';
import { startStorage } from './storage.ts';

export interface UpOptions {
  readonly name?: string;
  readonly choice: Choice;
  readonly jobs?: number;
  readonly say?: (line: string) => void;
  /** etcd syncs to disk, so that a kill of etcd loses nothing. Slower. */
  readonly fsync?: boolean;
  /** Folder of a backup store that outlives the bed, as a backup target outlives a cluster. */
  readonly store?: string;
  /** Versions whose custom resource definitions are applied, where they are not those of the programs. */
  readonly definitionsOf?: Choice;
  /** Further users, each with a token and no rights. */
  readonly users?: readonly string[];
}

/** Thrown when there is no Go: the one tool the bed cannot do without. */
export class NoGoError extends Error {
  override name = 'NoGoError';
  constructor() {
    super(
      'Go is needed to build the real programs, and `go` is not on the PATH. The fast suite (npm test) works without it.',
    );
  }
}

/** Builds what is missing and starts a fresh bed; one of the same name is stopped and forgotten first. */
export async function up({
  name = 'default',
  choice,
  jobs = 1,
  say = () => {},
  fsync = false,
  store,
  definitionsOf = choice,
  users,
}: UpOptions): Promise<BedState> {
  if ((await goVersion()) === undefined) throw new NoGoError();
  const parts = partsFor(choice);
  await build(parts, { jobs, say });
  await down(name);
  const run = runFolder(name);
  await rm(run, { recursive: true, force: true });
  const state: BedState = {
    name,
    run,
    choice,
    ports: await freePorts(portNames),
    tokens: await prepareIdentities(run, users),
    ...(store === undefined ? {} : { store }),
  };
  await saveState(state);
  try {
    const bin = await binaryFinder(parts);
    await timed(say, 'etcd and kube-apiserver', '8 s', () => startControlPlane(state, bin, { fsync }));
    const client = await adminClient(state);
    await timed(say, 'custom resource definitions and kube-controller-manager', '5 s', async () => {
      await applyDefinitions(client, await definitions(definitionsOf));
      await startControllerManager(state, bin);
    });
    if (choice.longhorn !== 'none')
      await timed(say, `Longhorn ${choice.longhorn}, snapshot controller and CSI sidecars`, '10 s', () =>
        startStorage(state, client, bin),
      );
    if (choice.harvester !== 'none')
      await timed(say, `Harvester ${choice.harvester}, S3 server and KubeVirt double`, '10 s', () =>
        startHarvester(state, client, bin),
      );
    if ((choice.knative ?? 'none') !== 'none')
      await timed(say, 'Knative Eventing and its doubles', '20 s', () => startKnative(state, client, bin));
    return state;
  } catch (error) {
    await down(name); // a half bed helps nobody; its logs stay
    throw error;
  }
}

/** Stops everything a bed started, also after a crash; gives the names of what it found. Logs stay. */
export async function down(name = 'default'): Promise<string[]> {
  const stopped = await stopAll(runFolder(name));
  await rm(join(runFolder(name), 'etcd'), { recursive: true, force: true }); // by far the largest, and of no more use
  return stopped;
}

/** The state of a bed whose programs all run, or undefined. */
export async function running(name = 'default'): Promise<BedState | undefined> {
  const state = await loadState(name);
  if (!state) return undefined;
  const found = await processes(state.run);
  return found.length > 0 && found.every(({ alive }) => alive) ? state : undefined;
}

/** Stops the API server as a crash would and starts it again; its caches then begin at the present. */
export async function restartApiServer(state: BedState): Promise<void> {
  await stop(state.run, 'kube-apiserver', 'SIGKILL');
  await startApiServerAgain(state);
}

/** Starts the API server of a bed in which it was stopped. */
export const startApiServerAgain = async (state: BedState): Promise<void> =>
  startApiServer(state, await binaryFinder(partsFor(state.choice)));

/** Another Harvester version on the running bed, with its definitions, as an upgrade in place brings it. */
export async function upgradeHarvester(
  state: BedState,
  version: string,
  { jobs = 1, say = () => {} }: Pick<UpOptions, 'jobs' | 'say'> = {},
): Promise<BedState> {
  const next: BedState = { ...state, choice: { ...state.choice, harvester: version } };
  const parts = partsFor(next.choice);
  await build(parts, { jobs, say });
  await stop(state.run, 'harvester');
  const client = await adminClient(state);
  await applyDefinitions(client, await definitions(next.choice));
  await startHarvesterControllers(next, await binaryFinder(parts));
  await saveState(next);
  return next;
}

export const adminClient = async (state: BedState): Promise<Client> => new Client(await accessOf(state));

/** Path of a binary by its name, among the parts that were built. */
export async function binaryFinder(parts: readonly Part[]): Promise<(binary: string) => string> {
  const found = new Map<string, string>();
  for (const part of parts)
    for (const binary of Object.keys(part.binaries)) found.set(binary, join(await binariesOf(part), binary));
  return (binary) => {
    const path = found.get(binary);
    if (path === undefined) throw new Error(`no part of this bed has the program ${binary}`);
    return path;
  };
}

async function timed(
  say: (line: string) => void,
  what: string,
  usually: string,
  work: () => Promise<void>,
): Promise<void> {
  say(`Starting ${what} (usually ${usually}) …`);
  const began = performance.now();
  await work();
  say(`  ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
