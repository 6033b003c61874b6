import type { AnyFunction } from '../function.ts';
import { createApplier } from '../kube/apply.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Session } from './reconcile.ts';
import type { Settings } from './settings.ts';

/** Sessions over one connection to the cluster, opened when the first is asked for. */
export interface Cluster {
  session(fn: AnyFunction): Promise<Session>;
  close(): Promise<void>;
}

/**
 * The client is loaded with the first session and not before: most events need none, and on a cold start in a small
 * container the client is most of the time and memory there is.
 */
export const connectLazily = async (): Promise<KubeClient> => {
  const { connect } = await import('../kube/client.ts');
  return connect();
};

export function createCluster(
  settings: Pick<Settings, 'mode' | 'configs'>,
  connect: () => Promise<KubeClient> = connectLazily,
): Cluster {
  let client: Promise<KubeClient> | undefined;
  const connected = () => {
    if (client === undefined) {
      client = connect();
      // Not kept when it fails: a missing token file may be there at the next event.
      client.catch(() => (client = undefined));
    }
    return client;
  };
  return {
    async session(fn) {
      const { reader, writer } = await connected();
      const config = settings.configs.get(fn.name);
      if (settings.mode === 'observe') return { reader, config };
      return { reader, applier: createApplier(reader, writer), config };
    },
    async close() {
      const open = await client?.catch(() => undefined);
      client = undefined;
      await open?.close();
    },
  };
}
