/** Gleaner deployed on Knative: its generated manifests, applied as they are, and a sweep asked for through the broker. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { applyManifests } from '../knative.ts';
import type { BedState } from '../state.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'deploy');
const DEPLOYED = [
  ['eventing.knative.dev/v1', 'Broker'],
  ['eventing.knative.dev/v1', 'Trigger'],
  ['sources.knative.dev/v1', 'ApiServerSource'],
  ['sources.knative.dev/v1', 'PingSource'],
] as const;

/** Applies `deploy/` and waits until each broker, trigger, source and clock says that it is ready. */
export async function deploy(client: Client): Promise<void> {
  await applyManifests(client, MANIFESTS);
  for (const [apiVersion, kind] of DEPLOYED)
    await until(
      `every ${kind} to be ready`,
      async () => {
        const found = await client.list(apiVersion, kind, { namespace: 'gleaner' });
        return found.length > 0 && found.every(isReady);
      },
      90_000,
    );
}

const isReady = (object: { [key: string]: any }): boolean =>
  object['status']?.conditions?.some((it: any) => it.type === 'Ready' && it.status === 'True') ?? false;

/** Posts the event of a clock to the broker's ingress, as a PingSource does. */
export async function askForSweep({ ports }: BedState): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${ports.ingress}/gleaner/gleaner`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-type': 'dev.gleaner.sweep',
      'ce-source': 'bed',
      'ce-id': randomUUID(),
    },
    body: JSON.stringify({ sweep: true }),
  });
  if (status !== 202) throw new Error(`the broker answered ${status}`);
}
