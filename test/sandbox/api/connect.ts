/** A sandbox server with the contract's plain HTTPS client on it. */
import { createApiServer } from '../../../sandbox/api/server.ts';
import type { ApiServer, ApiServerOptions, KubeObject } from '../../../sandbox/api/types.ts';
import { Client } from '../../contract/client.ts';

export interface Sandbox {
  server: ApiServer;
  client: Client;
  stop(): Promise<void>;
}

export async function sandbox(options: ApiServerOptions = {}): Promise<Sandbox> {
  const server = await createApiServer(options);
  const { url, caCert, adminToken } = server;
  const stop = (): Promise<void> => server.stop();
  const tokenFor = (user: string): string => server.tokenFor(user);
  const client = new Client({
    url,
    caCert,
    adminToken,
    tokenFor,
    controllers: true,
    forgetHistory: () => Promise.reject(new Error('not here')),
    stop,
  });
  return {
    server,
    client,
    stop: async () => {
      client.close();
      await stop();
    },
  };
}

export function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

export function content(name: string): KubeObject {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotContent',
    metadata: { name },
    spec: {
      driver: 'driver.longhorn.io',
      deletionPolicy: 'Retain',
      source: { snapshotHandle: 'bs://disk-0/backup-1' },
      volumeSnapshotRef: { name: 'somewhere', namespace: 'default' },
    },
  };
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const CONTENTS = '/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents';
