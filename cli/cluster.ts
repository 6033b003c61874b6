import type { KubeClient } from '../shared/kube/client.ts';
import type { ClusterOptions } from './options.ts';

export interface ConnectTo extends ClusterOptions {
  /** The server checks writes and stores nothing. */
  readonly dryRun?: 'server' | undefined;
}

/** Connects for the time of `work`. What talks to a cluster is loaded only here. */
export async function withCluster<T>(to: ConnectTo, work: (client: KubeClient) => Promise<T>): Promise<T> {
  const { connect } = await import('../shared/kube/client.ts');
  const { kubeconfig, context, dryRun } = to;
  const client = await connect({ kubeconfig, context, dryRun, awaitsRights: false });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
