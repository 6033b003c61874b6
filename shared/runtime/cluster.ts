import type { AnyFunction } from '../function.ts';
import { createApplier } from '../kube/apply.ts';
import type { KubeClient } from '../kube/client.ts';
import { connect as connectToCluster } from '../kube/client.ts';
import { createListCache } from '../kube/list-cache.ts';
import type { Reader } from '../ports/reader.ts';
import type { Session } from './reconcile.ts';
import type { Settings } from './settings.ts';
import { createCoalescer } from './coalesce.ts';

/** Sessions over one shared connection to the cluster. The first session opens it. */
export interface Cluster {
  /** @throws TerminalError if no cluster is configured; the next call tries again */
  session(fn: AnyFunction): Promise<Session>;
  close(): Promise<void>;
}

type Open = KubeClient & { readonly hints: Reader };

/** One list cache per process: equal questions of concurrent events are read once. */
async function open(connect: () => Promise<KubeClient>): Promise<Open> {
  const client = await connect();
  return { ...client, hints: createListCache(client.reader) };
}

/**
 * Creates the cluster of a process. Nothing is loaded or connected before the first session: most events need no
 * cluster, and the Kubernetes client takes most of a cold start's time and memory.
 * @param connect default: the cluster that kubectl would use
 */
export function createCluster(
  settings: Pick<Settings, 'mode' | 'configs'>,
  connect: () => Promise<KubeClient> = connectToCluster,
): Cluster {
  let client: Promise<Open> | undefined;
  const together = createCoalescer();
  const connected = () => {
    if (client === undefined) {
      client = open(connect);
      // A failure is not cached: a missing token file may exist at the next event.
      client.catch(() => (client = undefined));
    }
    return client;
  };
  return {
    async session(fn) {
      const { reader, writer, hints } = await connected();
      const config = settings.configs.get(fn.name);
      if (settings.mode === 'observe') return { reader, hints, config, coalescer: together };
      return { reader, hints, applier: createApplier(reader, writer), config, coalescer: together };
    },
    async close() {
      const opened = await client?.catch(() => undefined);
      client = undefined;
      await opened?.close();
    },
  };
}
