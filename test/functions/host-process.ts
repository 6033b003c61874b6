import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A process that serves a function, as a container would run it, from the sources. */
export interface HostProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => string;
  stop(): Promise<void>;
}

/** Gleaner's own server; of another copy of this repository where `from` says so. */
export const ownServer = (environment: Record<string, string>, from = root): Promise<HostProcess> =>
  start([join(from, 'functions/serve.ts')], (port) => ({ PORT: String(port), ...environment }));

/** `handle` under the unmodified Knative function runtime. */
export const faasRuntime = (environment: Record<string, string>, file = 'functions/handle.ts'): Promise<HostProcess> =>
  start([join(root, 'node_modules/faas-js-runtime/bin/cli.js'), join(root, file)], (port) => ({
    FUNC_PORT: String(port),
    FUNC_BODY_LIMIT: String(4 * 1024 * 1024),
    ...environment,
  }));

async function start(args: string[], environment: (port: number) => Record<string, string>): Promise<HostProcess> {
  const port = await freePort();
  // An empty folder: the runtime reads the func.yaml of the folder it is started in.
  const cwd = mkdtempSync(join(tmpdir(), 'gleaner-host-'));
  const env = { PATH: process.env['PATH'], HOME: cwd, ...environment(port) };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => printed.push(String(chunk)));
  const url = `http://127.0.0.1:${port}/`;
  await ready(url, child, printed);
  return {
    url,
    child,
    output: () => printed.join(''),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function ready(url: string, child: ChildProcess, printed: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 4_000; tries++) {
    if (child.exitCode !== null) break;
    const response = await fetch(`${url}health/readiness`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(25);
  }
  throw new Error(`not ready: ${printed.join('')}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function writeFile(name: string, text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'gleaner-host-')), name);
  writeFileSync(file, text);
  return file;
}
