/**
 * A kubelet's and a Deployment controller's part: a Deployment whose image is known runs as one local process, with
 * the environment of its pod template and the token of its service account; every Deployment is called available.
 *
 * Not doubled: pods, probes, restarts of what crashed, volumes, limits, more than one replica, rolling updates (a
 * changed template stops the old process before the new one starts).
 */
import type { Client, KubeObject } from '../client.ts';
import { refOf } from '../client.ts';
import { ADAPTER_IMAGE, PING_IMAGE, proxied } from '../knative.ts';
import { start, stop } from '../processes.ts';
import type { BedState } from '../state.ts';
import { kubeconfigFor } from './accounts.ts';

const running = new Map<string, string>();

export async function runDeployments(
  bed: BedState,
  client: Client,
  binaries: { adapter: string; ping: string },
): Promise<void> {
  const known: Record<string, string> = { [ADAPTER_IMAGE]: binaries.adapter, [PING_IMAGE]: binaries.ping };
  const deployments = await client.list('apps/v1', 'Deployment');
  for (const deployment of deployments) {
    const [container] = deployment['spec'].template.spec.containers;
    const command = known[container.image];
    if (command !== undefined && deployment['spec'].replicas !== 0) await run(bed, client, deployment, command);
    await callAvailable(client, deployment);
  }
  const wanted = new Set(deployments.map(processName));
  for (const name of running.keys())
    if (!wanted.has(name)) {
      await stop(bed.run, name);
      running.delete(name);
    }
}

const processName = ({ metadata }: KubeObject): string => `deployment-${metadata.namespace}-${metadata.name}`;

async function run(bed: BedState, client: Client, deployment: KubeObject, command: string): Promise<void> {
  const name = processName(deployment);
  const { spec } = deployment['spec'].template;
  const [{ env = [] }] = spec.containers;
  const template = JSON.stringify(env);
  if (running.get(name) === template) return;
  if (running.has(name)) await stop(bed.run, name);
  running.set(name, template);
  const namespace = deployment.metadata.namespace ?? 'default';
  await start(bed.run, {
    name,
    command,
    args: ['-v=2'], // at this level it says when its watches have begun
    env: {
      ...Object.fromEntries(
        env.map((it: any) => [it.name, it.value ?? fieldOf(deployment, it.valueFrom?.fieldRef?.fieldPath)]),
      ),
      ...proxied(bed),
      PROFILING_PORT: '0',
      KUBECONFIG: await kubeconfigFor(bed, client, namespace, spec.serviceAccountName ?? 'default'),
    },
    ready: (log) => log.length > 0,
  });
}

/** What the downward API would say. */
function fieldOf({ metadata }: KubeObject, path: string | undefined): string {
  if (path === 'metadata.namespace') return metadata.namespace ?? 'default';
  return path === 'metadata.name' ? `${metadata.name}-0` : '';
}

async function callAvailable(client: Client, deployment: KubeObject): Promise<void> {
  const { generation } = deployment.metadata;
  const { observedGeneration, availableReplicas } = deployment['status'] ?? {};
  if (observedGeneration === generation && availableReplicas === 1) return;
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await client.patchStatus(refOf(deployment), {
    observedGeneration: generation,
    ...{ replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 },
    conditions: ['Available', 'Progressing'].map((type) => ({
      type,
      status: 'True',
      reason: 'Bed',
      message: '',
      lastTransitionTime: at,
      lastUpdateTime: at,
    })),
  });
}
