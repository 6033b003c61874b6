import type { AnyFunction } from '../function.ts';
import { createApplier } from '../kube/apply.ts';
import type { KubeClient } from '../kube/client.ts';
import { connect as connectToCluster } from '../kube/client.ts';
import { createListCache } from '../kube/list-cache.ts';
import type { Reader } from '../ports/reader.ts';
import type { Session } from './reconcile.ts';
import type { Settings } from './settings.ts';
import { createCoalescer } from './coalesce.ts';

/** Sessions over one connection to the cluster, opened when the first is asked for. */
export interface Cluster {
  session(fn: AnyFunction): Promise<Session>;
  close(): Promise<void>;
}

type Open = KubeClient & { readonly hints: Reader };

/** One set of hints for the process: what several events ask in the same moment is read once. */
async function open(connect: () => Promise<KubeClient>): Promise<Open> {
  const client = await connect();
  return { ...client, hints: createListCache(client.reader) };
}

/**
 * `connect` loads the Kubernetes client when it is first called: most events need none, and on a cold start in a small
 * container the client is most of the time and memory there is.
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
      // Not kept when it fails: a missing token file may be there at the next event.
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
