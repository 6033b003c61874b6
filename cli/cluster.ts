import type { KubeClient } from '../shared/kube/client.ts';
import type { ClusterOptions } from './options.ts';

export interface ConnectTo extends ClusterOptions {
  /** The API server validates writes and stores nothing. */
  readonly dryRun?: 'server' | undefined;
}

/** Connects, runs `work`, and closes the connection. The Kubernetes client is loaded only here. */
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
