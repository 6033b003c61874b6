import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Io } from '../../cli/io.ts';
import { runCli } from '../../cli/program.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/index.ts';
import { startSandbox } from '../../sandbox/index.ts';

// Some of these wait for controllers and retries, perhaps on a busy machine.
jest.setTimeout(180_000);

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, without a terminal. */
export async function gleaner(
  argv: readonly string[],
  { input = [], io = {} }: { input?: readonly string[]; io?: Partial<Io> } = {},
): Promise<Ran> {
  const said = { out: '', err: '' };
  const own: Io = {
    out: (text) => Promise.resolve(void (said.out += text)),
    err: (text) => void (said.err += text),
    input: (async function* () {
      yield* input;
    })(),
    colour: false,
    columns: undefined,
    interrupted: () => new AbortController().signal,
    ...io,
  };
  return { code: await runCli(argv, own), ...said };
}

export interface World {
  readonly sandbox: Sandbox;
  /** A command line against this sandbox. */
  readonly run: (...argv: string[]) => Promise<Ran>;
  /** In a folder that goes with the sandbox. */
  readonly file: (name: string, text: string) => Promise<string>;
  readonly kubeconfig: string;
  readonly writes: () => number;
  stop(): Promise<void>;
}

export async function startWorld(options: SandboxOptions): Promise<World> {
  const sandbox = await startSandbox(options);
  const folder = await mkdtemp(join(tmpdir(), 'gleaner-cli-'));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const kubeconfig = await file('kubeconfig', sandbox.api.kubeconfig());
  return {
    sandbox,
    kubeconfig,
    file,
    run: (...argv) => gleaner([...argv, '--kubeconfig', kubeconfig]),
    writes: () =>
      sandbox.api.requests().filter(({ verb, dryRun }) => !['get', 'list', 'watch'].includes(verb) && !dryRun).length,
    async stop() {
      await sandbox.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** What drills and probes have made and is still there. */
export async function markedWith({ sandbox: { client } }: Pick<World, 'sandbox'>, label: string): Promise<string[]> {
  const kinds = ['VolumeSnapshot', 'VolumeSnapshotContent'].map((kind) => `snapshot.storage.k8s.io/v1/${kind}`);
  const all = await Promise.all(['v1/PersistentVolumeClaim', 'v1/Pod', ...kinds].map((kind) => client.list(kind)));
  return all.flat().flatMap(({ kind, metadata }) => (metadata.labels?.[label] ? [`${kind} ${metadata.name}`] : []));
}
