/** What a bed remembers of itself between two commands. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Choice } from './parts.ts';
import { runFolder } from './places.ts';

/** Every program that listens has a port of its own. */
export const portNames = [
  'etcd',
  'etcdPeers',
  'api',
  'longhorn',
  's3',
  'kubevirt',
  'proxy',
  'ingress',
  'filter',
  'longhornWebhook',
  'harvesterWebhook',
] as const;
export type Port = (typeof portNames)[number];

export interface BedState {
  readonly name: string;
  readonly run: string;
  readonly choice: Choice;
  /** Folder of the backup store when it outlives this bed: what one cluster wrote, another can then recover. */
  readonly store?: string;
  readonly ports: Readonly<Record<Port, number>>;
  /** User → bearer token. */
  readonly tokens: Readonly<Record<string, string>>;
}

const file = (run: string) => join(run, 'bed.json');

export async function saveState(state: BedState): Promise<void> {
  await mkdir(state.run, { recursive: true });
  await writeFile(file(state.run), JSON.stringify(state, null, 2), { mode: 0o600 });
}

/** The state of a bed that was started, or undefined. */
export async function loadState(name: string): Promise<BedState | undefined> {
  const text = await readFile(file(runFolder(name)), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as BedState);
}
