import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Eventing, Mischief } from '../../sandbox/events/index.ts';
import { at, fromManifests, startEventing } from '../../sandbox/events/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { connect } from '../../shared/kube/client.ts';
import type { AnyFunction } from '../../shared/function.ts';
import { createCluster } from '../../shared/runtime/cluster.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { createRunner } from '../../shared/runtime/runner.ts';
import { startServer } from '../../shared/runtime/server.ts';
import { readSettings } from '../../shared/runtime/settings.ts';
import { createSweepScheduler } from '../../shared/runtime/sweep-scheduler.ts';
import * as all from '../../functions/index.ts';

/** Everything there is, as an installation has it. */
const functions: readonly AnyFunction[] = Object.values(all);

export interface Deployed {
  readonly eventing: Eventing;
  /** Log lines of all functions, as text. */
  readonly log: string[];
  stop: () => Promise<void>;
}

/**
 * The product as it is deployed, in one process: the checked-in manifests' sources, triggers, service accounts and
 * rights, each function behind an HTTP server of its own with a token that may do just what its ClusterRole says.
 * `hasty`: no events but those of the clocks, and sweeps have hardly any time.
 */
export async function deploy(
  sandbox: Sandbox,
  options: { mischief?: Mischief; mode?: 'apply' | 'observe'; hasty?: boolean } = {},
): Promise<Deployed> {
  const manifests = await checkedIn();
  const rights = ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
  for (const manifest of manifests) if (rights.includes(manifest.kind)) await sandbox.client.create(manifest);

  const folder = await mkdtemp(join(tmpdir(), 'gleaner-deployed-'));
  const log: string[] = [];
  const servers = await Promise.all(
    functions.map(async (fn) => {
      const kubeconfig = join(folder, fn.name);
      const token = sandbox.api.tokenFor(`system:serviceaccount:gleaner:${fn.name}`);
      await writeFile(kubeconfig, sandbox.api.kubeconfig({ token }));
      const settings = readSettings({ FUNCTION: fn.name, GLEANER_MODE: options.mode ?? 'apply' }, functions);
      const lines = createLog({ level: 'debug', write: (line) => void log.push(line) });
      const runner = createRunner({
        functions: [fn],
        settings,
        cluster: createCluster(settings, () => connect({ kubeconfig })),
        sweep:
          options.hasty === true ? hasty(sandbox, fn.name) : createSweepScheduler({ ...settings, sweepJitterMs: 0 }),
        log: lines,
      });
      const server = await startServer({
        port: 0,
        functionAt: () => fn.name,
        bodyLimitBytes: 4_194_304,
        runner,
        log: lines,
      });
      return { name: fn.name, server };
    }),
  );
  const subscribers = Object.fromEntries(
    servers.map(({ name, server }) => [name, at(`http://127.0.0.1:${server.port}`)]),
  );
  const eventing = startEventing(sandbox, {
    ...fromManifests(manifests, subscribers),
    ...(options.hasty === true && { sources: [] }),
    timeScale: 0.01,
    ...(options.mischief && { mischief: options.mischief }),
  });
  return {
    eventing,
    log,
    async stop() {
      await eventing.stop();
      await Promise.all(servers.map(({ server }) => server.stop()));
      await rm(folder, { recursive: true });
    },
  };
}

async function checkedIn(): Promise<KubeObject[]> {
  const folder = new URL('../../deploy/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as KubeObject));
}

/** On its clock only what is beyond the lists takes time, and there are a few calls' worth of it. */
function hasty(sandbox: Sandbox, fn: string) {
  const elapsedMs = () => sandbox.api.requests().filter((r) => r.user.endsWith(`:${fn}`) && r.verb !== 'list').length;
  const clock = { elapsedMs, sleep: () => Promise.resolve(), chance: () => 0 };
  return createSweepScheduler({ sweepMs: 5, sweepJitterMs: 0 }, clock);
}
