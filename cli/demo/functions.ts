import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Activator, Instance } from '../../sandbox/events/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { defaults } from '../../shared/manifests/options.ts';
import { allFunctions } from '../functions.ts';

/** Gleaner's functions as Knative runs them: one process per function, with its own account, started by an event. */
export interface Functions {
  readonly services: Readonly<Record<string, Activator>>;
  /** The file to run. */
  readonly program: string;
}

interface Options {
  readonly sandbox: Sandbox;
  /** For the kubeconfig files. */
  readonly folder: string;
  readonly idleMs: number;
  /** Called for each line of a function's log. */
  readonly onLog: (name: string, line: string) => void;
}

const START_LIMIT_MS = 60_000;

export async function scaledToZero({ sandbox, folder, idleMs, onLog }: Options): Promise<Functions> {
  const { activator } = await import('../../sandbox/events/index.ts');
  const program = programFile();
  const services = allFunctions.map(({ name }): [string, Activator] => {
    const token = sandbox.api.tokenFor(`system:serviceaccount:${defaults.namespace}:${name}`);
    const kubeconfig = join(folder, `${name}.kubeconfig`);
    writeFileSync(kubeconfig, sandbox.api.kubeconfig({ token }), { mode: 0o600 });
    const start = () => startProcess(name, program, kubeconfig, (line) => onLog(name, line));
    return [name, activator({ start, idleMs })];
  });
  return { services: Object.fromEntries(services), program };
}

async function startProcess(
  name: string,
  program: string,
  kubeconfig: string,
  onLog: (line: string) => void,
): Promise<Instance> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    // Without this shell's environment, as in a pod.
    // Sweeps start without delay: nothing else triggers them in the demo.
    env: {
      FUNCTION: name,
      PORT: '0',
      GLEANER_SWEEP_JITTER_SECONDS: '0',
      KUBECONFIG: kubeconfig,
      PATH: process.env['PATH'],
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    const failed = () => reject(new Error(`function ${name} did not start`));
    const timer = setTimeout(failed, START_LIMIT_MS);
    child.once('error', failed);
    child.once('exit', failed);
    createInterface({ input: child.stdout }).on('line', (line) => {
      onLog(line);
      const listening = /"message":"listening","port":(\d+)/.exec(line);
      if (listening === null) return;
      clearTimeout(timer);
      resolve(Number(listening[1]));
    });
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The built file, as in an image; the sources if they have changed since. */
function programFile(): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const built = join(root, 'dist/serve.cjs');
  if (!existsSync(built)) return join(root, 'functions/serve.ts');
  const builtMs = statSync(built).mtimeMs;
  const changed = ['functions', 'shared'].some((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).some(
      (file) => file.isFile() && statSync(join(file.parentPath, file.name)).mtimeMs > builtMs,
    ),
  );
  return changed ? join(root, 'functions/serve.ts') : built;
}
