/**
 * The sandbox's API server: Kubernetes' API for the kinds in kinds.ts, in one process, in memory.
 *
 * To read on: kinds.ts (what is served) → store.ts (objects and history) → registry.ts (the rules of a write) →
 * http.ts, resources.ts, watches.ts (the HTTP door), client.ts (the in-process door), gc.ts (what goes by itself).
 *
 * What this does not do:
 * - keep anything after `stop`; aggregate APIs; admission webhooks; custom resources beyond the table in kinds.ts
 *   (CustomResourceDefinition objects can be read, not written);
 * - validate custom resources beyond crds.ts (kinds without an entry there take any field), or built-in ones beyond
 *   builtins.ts;
 * - record field managers of ordinary writes, merge lists by key (see apply.ts, patch.ts);
 * - events.k8s.io and core Events as two views of one object: they are two kinds here;
 * - graceful deletion of pods, protobuf, gzip, HTTP/2, aggregated discovery, field documentation in OpenAPI.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { crdObjects } from './crd-objects.ts';
import { inProcessClient } from './client.ts';
import { GarbageCollector } from './gc.ts';
import { HttpFront } from './http.ts';
import { KindTable } from './kinds.ts';
import { Registry } from './registry.ts';
import { makeCertificates } from './tls.ts';
import type { ApiServer, ApiServerOptions } from './types.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'longhorn-system', 'harvester-system'];
const WATCH_HISTORY = 10_000;

export async function createApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { port = 0, tls = true, watchHistory = WATCH_HISTORY, withoutGroups = [] } = options;
  const kinds = new KindTable(withoutGroups);
  const registry = new Registry(kinds, watchHistory);
  registry.seed([
    ...NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...crdObjects(kinds),
  ]);
  const collector = new GarbageCollector(registry);
  if (options.garbageCollection !== false) collector.start();
  const front = new HttpFront(registry);
  front.fault = options.fault;

  const certificates = tls ? await makeCertificates() : undefined;
  const server = certificates ? createHttpsServer(certificates, front.listener) : createHttpServer(front.listener);
  server.keepAliveTimeout = 180_000; // as the real one; Node's 5 s would cut clients that reuse connections
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const caCert = certificates?.ca ?? '';
  const adminToken = front.tokens.issueAdmin();

  return {
    url,
    caCert,
    adminToken,
    client: () => inProcessClient(registry),
    tokenFor: (user, groups) => front.tokens.issue(user, groups),
    kubeconfig: ({ token = adminToken, namespace } = {}) => kubeconfig(url, caCert, token, namespace),
    seed: (objects) => registry.seed(objects),
    requests: () => front.records,
    clearRequests: () => {
      front.records = [];
    },
    setFault: (fault) => {
      front.fault = fault;
    },
    stop: async () => {
      collector.stop();
      front.endWatches();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function kubeconfig(server: string, caCert: string, token: string, namespace = 'default'): string {
  const authority = caCert && { 'certificate-authority-data': Buffer.from(caCert).toString('base64') };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'sandbox', cluster: { server, ...(authority || {}) } }],
      users: [{ name: 'sandbox', user: { token } }],
      contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace } }],
      'current-context': 'sandbox',
    },
    { lineWidth: 0 },
  );
}
