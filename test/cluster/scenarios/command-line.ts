/** The `gleaner` command, as a user runs it against the bed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { kubeconfigOf } from '../control-plane.ts';
import type { BedState } from '../state.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs it with the rights of a user of the bed. */
export async function gleaner(bed: BedState, args: readonly string[], { user = 'admin' } = {}): Promise<Ran> {
  const env = { ...process.env, KUBECONFIG: kubeconfigOf(bed.run, user), NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const code = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
  return { code: code ?? -1, ...said };
}

/** Runs what must end with "nothing left to do"; if it does not, the error has what was printed. */
export async function gleanerSucceeds(bed: BedState, args: readonly string[]): Promise<Ran> {
  const ran = await gleaner(bed, args);
  if (ran.code !== 0) throw new Error(`gleaner ${args.join(' ')} ended with ${ran.code}:\n${ran.out}${ran.err}`);
  return ran;
}
