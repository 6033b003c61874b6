/**
 * Programs of a bed as plain processes. Each is started in its own session, so that it outlives the command that
 * started it, and is remembered in a pid file with its start time: a stop after a crash never hits a stranger
 * that was given the same number.
 */
import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** True once it serves; polled until then. `log` is all it has written so far. */
  readonly ready: (log: string) => boolean | Promise<boolean>;
}

interface PidFile {
  readonly pid: number;
  /** Position in the order of starting; stopping goes backwards. */
  readonly order: number;
  readonly bornAt: string;
}

const pids = (run: string) => join(run, 'pids');
const logs = (run: string) => join(run, 'logs');
export const logFile = (run: string, name: string): string => join(logs(run), `${name}.log`);

/** Starts a program and waits until it is ready; fails with the end of its log when it is not. */
export async function start(run: string, program: Program, timeoutMs = 60_000): Promise<void> {
  await mkdir(pids(run), { recursive: true });
  await mkdir(logs(run), { recursive: true });
  // A second one would take the pid file of the first, which nobody could then stop.
  if ((await processes(run)).some((it) => it.name === program.name && it.alive))
    throw new Error(`${program.name} runs already`);
  const out = openSync(logFile(run, program.name), 'w');
  const child = spawn(program.command, [...program.args], {
    detached: true,
    cwd: run,
    stdio: ['ignore', out, out],
    env: { ...process.env, ...program.env },
  });
  closeSync(out);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  child.unref();
  if (child.pid === undefined) return failed;
  const entry: PidFile = { pid: child.pid, order: Date.now(), bornAt: await bornAt(child.pid) };
  await writeFile(join(pids(run), `${program.name}.json`), JSON.stringify(entry));
  const until = Date.now() + timeoutMs;
  for (;;) {
    const log = await readFile(logFile(run, program.name), 'utf8');
    if (await Promise.resolve(program.ready(log)).catch(() => false)) return;
    if (child.exitCode !== null || child.signalCode !== null) throw notReady(program, 'ended at once', log);
    if (Date.now() > until) throw notReady(program, `is not ready after ${timeoutMs / 1000} s`, log);
    await sleep(100);
  }
}

function notReady(program: Program, what: string, log: string): Error {
  const lines = log.trim().split('\n').slice(-12);
  return new Error(`${program.name} ${what}. The end of its log:\n${lines.map((it) => it.slice(0, 300)).join('\n')}`);
}

/** What the run folder knows of, oldest first, and whether it still runs. */
export async function processes(run: string): Promise<{ name: string; pid: number; alive: boolean }[]> {
  const files = await readdir(pids(run)).catch(() => []);
  const entries = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(pids(run), file), 'utf8').catch(() => undefined);
      if (text === undefined) return []; // stopped since
      const entry = JSON.parse(text) as PidFile;
      return [{ name: file.replace(/\.json$/, ''), pid: entry.pid, order: entry.order, alive: await isSame(entry) }];
    }),
  );
  return entries
    .flat()
    .sort((a, b) => a.order - b.order)
    .map(({ name, pid, alive }) => ({ name, pid, alive }));
}

/** Stops one program: politely, then for good. `signal` lets a test kill it as a crash would. */
export async function stop(
  run: string,
  name: string,
  signal: NodeJS.Signals = 'SIGTERM',
  graceMs = 10_000,
): Promise<void> {
  const file = join(pids(run), `${name}.json`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const entry = JSON.parse(text) as PidFile;
  const until = Date.now() + graceMs;
  let next: NodeJS.Signals = signal;
  while (await isSame(entry)) {
    kill(entry.pid, next);
    for (let i = 0; i < 100 && Date.now() < until && (await isSame(entry)); i++) await sleep(100);
    next = 'SIGKILL';
    if (Date.now() > until + graceMs) throw new Error(`${name} (pid ${entry.pid}) does not stop`);
    await sleep(20);
  }
  await rm(file, { force: true }); // who plays Knative Serving stops functions of its own accord
}

/** Sends a signal to one program, e.g. to freeze it as a pod on an overloaded node is frozen. */
export async function signal(run: string, name: string, what: NodeJS.Signals): Promise<void> {
  const entry = JSON.parse(await readFile(join(pids(run), `${name}.json`), 'utf8')) as PidFile;
  if (await isSame(entry)) kill(entry.pid, what);
}

/** Stops everything the run folder knows of, last started first, and what was started in the meantime too. */
export async function stopAll(run: string): Promise<string[]> {
  const stopped: string[] = [];
  for (;;) {
    const last = (await processes(run)).at(-1);
    if (!last) return stopped;
    await stop(run, last.name);
    stopped.push(last.name);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isSame(entry: PidFile): Promise<boolean> {
  try {
    process.kill(entry.pid, 0);
  } catch {
    return false;
  }
  const [state, born] = await stat(entry.pid);
  return state !== 'Z' && born === entry.bornAt;
}

const bornAt = async (pid: number): Promise<string> => (await stat(pid))[1];

/** State letter and start time from /proc; where there is none (macOS) the number alone has to do. */
async function stat(pid: number): Promise<[string, string]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return ['', ''];
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [fields[0] ?? '', fields[19] ?? ''];
}
