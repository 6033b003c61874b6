/**
 * Knative Eventing for real: the controllers, the ApiServerSource adapter, broker ingress and filter, and the
 * in-memory channel's dispatcher, all as plain processes. What a cluster would do around them (names that resolve,
 * Deployments and Services that run) is played by `doubles/knative.ts`.
 *
 * The dispatcher listens on port 8080 whatever it is told, so only one bed with Knative can run at a time.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { moduleFolder } from './build.ts';
import type { Client, KubeObject } from './client.ts';
import { ApiError } from './client.ts';
import { kubeconfigOf } from './control-plane.ts';
import { applyDefinitions } from './definitions.ts';
import { definitionModules } from './parts.ts';
import type { Program } from './processes.ts';
import { start } from './processes.ts';
import type { BedState } from './state.ts';

const SYSTEM = 'knative-eventing';
/** Image names in Deployments that the doubles run as local processes. */
export const ADAPTER_IMAGE = 'gleaner.bed/adapter';
export const PING_IMAGE = 'ko://knative.dev/eventing/cmd/mtping';

const folders = [
  'config/core/resources',
  'config/channels/in-memory-channel/resources',
  'config/core',
  'config/core/configmaps',
  'config/core/roles',
  'config/channels/in-memory-channel/configmaps',
  'config/channels/in-memory-channel/deployments',
  'config/brokers/mt-channel-broker/deployments',
];

export async function startKnative(state: BedState, client: Client, bin: (binary: string) => string): Promise<void> {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM } });
  const objects = await knativeObjects();
  await applyDefinitions(client, [
    ...objects.filter((it) => it.kind === 'CustomResourceDefinition').map(withoutConversion),
    servingDefinition,
  ]);
  for (const object of objects.filter((it) => it.kind !== 'CustomResourceDefinition')) await applyKnown(client, object);
  for (const name of ['broker-ingress', 'broker-filter', 'imc-dispatcher']) await giveEndpoints(client, name);
  await start(state.run, doubles(state, bin));
  const startOne = (name: string) => start(state.run, process_(state, bin, name), 90_000);
  // The dispatcher first: every other part wants port 8080 too, for probes, and can do without.
  await startOne('dispatcher');
  await Promise.all(['controller', 'broker', 'ingress', 'filter'].map(startOne));
}

/** Applies manifests as a user would. The broker's label on a trigger is what Knative's defaulting webhook adds. */
export async function applyManifests(client: Client, folder: string): Promise<void> {
  for (const file of (await readdir(folder)).filter((it) => it.endsWith('.yaml')).sort())
    for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
      const object = document.toJS() as KubeObject;
      const labels = { ...object.metadata.labels, 'eventing.knative.dev/broker': object['spec']?.broker };
      await client.apply(object.kind === 'Trigger' ? { ...object, metadata: { ...object.metadata, labels } } : object);
    }
}

async function knativeObjects(): Promise<KubeObject[]> {
  const root = await moduleFolder(definitionModules.knative);
  const found: KubeObject[] = [];
  const listed = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).sort().map((file) => join(folder, file))),
  );
  // Of the core's Deployments only this one has to be an object: its controller scales it with the first PingSource.
  for (const file of [...listed.flat(), 'config/core/deployments/pingsource-mt-adapter.yaml'])
    if (file.endsWith('.yaml'))
      for (const document of parseAllDocuments(await readFile(join(root, file), 'utf8'))) {
        const object = document.toJS() as KubeObject | null;
        if (object?.kind) found.push(object);
      }
  return found;
}

/** Monitoring and the like have kinds that are not here; they are not needed. */
async function applyKnown(client: Client, object: KubeObject): Promise<void> {
  if (object.kind === 'HorizontalPodAutoscaler' || object.kind === 'PodDisruptionBudget') return;
  await client.apply(object).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  });
}

/** The versions of a kind differ in little; the webhook that converts them does not run here. */
function withoutConversion(definition: KubeObject): KubeObject {
  const { conversion: _, ...spec } = definition['spec'];
  return { ...definition, spec };
}

/** The broker's controller wants to see somebody behind its Services; who that is, the proxy knows. */
async function giveEndpoints(client: Client, name: string): Promise<void> {
  const metadata = { name, namespace: SYSTEM };
  const ports = [{ name: 'http', port: 80 }];
  await client.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'http', port: 80 }] } });
  await client.apply({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata,
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports }],
  });
  await client.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-bed`, namespace: SYSTEM, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
    ports,
  });
}

/** Knative Serving does not run; its Service is only a record that the doubles read. */
const servingDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'services.serving.knative.dev', labels: { 'duck.knative.dev/addressable': 'true' } },
  spec: {
    group: 'serving.knative.dev',
    scope: 'Namespaced',
    names: { kind: 'Service', plural: 'services', singular: 'service', listKind: 'ServiceList', shortNames: ['ksvc'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

function process_(state: BedState, bin: (binary: string) => string, name: string): Program {
  const images = [
    'AUTH_PROXY_IMAGE',
    'EVENT_TRANSFORM_JSONATA_IMAGE',
    'INTEGRATION_SOURCE_TIMER_IMAGE',
    'INTEGRATION_SOURCE_AWS_S3_IMAGE',
    'DISPATCHER_IMAGE',
    'JOBSINK_IMAGE',
  ];
  return {
    name: `knative-${name}`,
    command: bin(`knative-${name}`),
    args: [],
    env: {
      ...proxied(state),
      KUBECONFIG: kubeconfigOf(state.run, 'knative'),
      SYSTEM_NAMESPACE: SYSTEM,
      POD_NAME: `knative-${name}-0`,
      CONTAINER_NAME: `knative-${name}`,
      CONFIG_LOGGING_NAME: 'config-logging',
      CONFIG_OBSERVABILITY_NAME: 'config-observability',
      METRICS_DOMAIN: 'knative.dev/eventing',
      K_LEADER_ELECTION_CONFIG: '',
      PROFILING_PORT: '0',
      APISERVER_RA_IMAGE: ADAPTER_IMAGE,
      MT_PINGSOURCE_IMAGE: PING_IMAGE,
      ...Object.fromEntries(images.map((image) => [image, 'unused'])),
      INGRESS_PORT: String(state.ports.ingress),
      FILTER_PORT: String(state.ports.filter),
      INGRESS_PORT_HTTPS: '0',
      FILTER_PORT_HTTPS: '0',
      MAX_IDLE_CONNS: '1000',
      MAX_IDLE_CONNS_PER_HOST: '100',
      ...(name === 'filter' ? { NAMESPACE: SYSTEM } : {}), // the dispatcher would watch that namespace only
    },
    ready: (log) => READY_LINES[name]!.test(log),
  };
}

/** Log line of a part that has its caches and works. */
const READY_LINES: Readonly<Record<string, RegExp>> = {
  controller: /Started workers/,
  broker: /Started workers/,
  dispatcher: /Started workers/,
  ingress: /Ingress starting/,
  filter: /Filter starting/,
};

/** Go's HTTP client asks the proxy for every name that is not loopback: the cluster's DNS and network. */
export const proxied = (state: Pick<BedState, 'ports'>): Record<string, string> => ({
  HTTP_PROXY: `http://127.0.0.1:${state.ports.proxy}`,
  NO_PROXY: '127.0.0.1,localhost',
});

function doubles(state: BedState, bin: (binary: string) => string): Program {
  return {
    name: 'knative-doubles',
    command: process.execPath,
    args: [join(import.meta.dirname, 'doubles', 'knative.ts'), state.name, bin('knative-adapter'), bin('knative-ping')],
    ready: (log) => log.includes('ready'),
  };
}
