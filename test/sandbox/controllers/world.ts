/** A sandbox for one test, stopped after it, and the few things tests do to it over and over. */
import { afterEach } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as kinds from '../../../sandbox/controllers/kinds.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/index.ts';
import { claimSpec, volumeOf } from '../../../sandbox/scenarios/build.ts';

export { kinds };

const running: Sandbox[] = [];
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.stop();
});

export async function world(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ tls: false, tickMs: 5, ...options });
  running.push(sandbox);
  return sandbox;
}

/** Claim `web-disk-0` in namespace prod, its Longhorn volume and its backup on the target. */
export const disk = 'web-disk-0';
export const volume = volumeOf(disk);
export const backupName = 'backup-4b7e1c90d2aa4f18';
export const rightHandle = `bak://${volume}/${backupName}`;
export const wrongHandle = `bs://${disk}/${backupName}`;

export interface Pair {
  handle: string;
  policy?: 'Delete' | 'Retain';
  name?: string;
}

/** A pre-provisioned pair as a user makes it: the controllers do the rest. */
export async function createPair(sandbox: Sandbox, { handle, policy = 'Delete', name = 'snap' }: Pair): Promise<void> {
  await createContent(sandbox, { handle, policy, name });
  await createSnapshot(sandbox, name);
  await sandbox.settle();
}

export const createContent = ({ client }: Sandbox, { handle, policy = 'Delete', name = 'snap' }: Pair, uid?: string) =>
  client.create({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotContent',
    metadata: { name: `${name}-vsc` },
    spec: {
      driver: 'driver.longhorn.io',
      deletionPolicy: policy,
      volumeSnapshotClassName: 'longhorn',
      source: { snapshotHandle: handle },
      volumeSnapshotRef: { name, namespace: 'prod', ...(uid ? { uid } : {}) },
    },
  });

export const createSnapshot = ({ client }: Sandbox, name = 'snap', source?: object) =>
  client.create({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name, namespace: 'prod' },
    spec: {
      volumeSnapshotClassName: 'longhorn',
      source: source ?? { volumeSnapshotContentName: `${name}-vsc` },
    },
  });

export const createClaim = ({ client }: Sandbox, name: string, snapshot?: string) =>
  client.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'prod' },
    spec: {
      ...claimSpec,
      ...(snapshot
        ? { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot } }
        : {}),
    },
  });

export const getSnapshot = ({ client }: Sandbox, name = 'snap') => client.get(kinds.Snapshot, name, 'prod');
export const getContent = ({ client }: Sandbox, name = 'snap-vsc') => client.get(kinds.Content, name);
export const getClaim = ({ client }: Sandbox, name: string, namespace = 'prod') =>
  client.get(kinds.Claim, name, namespace);

/** What the Events on an object say. */
export async function eventsOn(
  { client }: Sandbox,
  object: KubeObject,
): Promise<{ reason: string; message: string }[]> {
  const events = await client.list(kinds.Event);
  return events
    .filter((event) => event['involvedObject'].uid === object.metadata.uid)
    .map((event) => ({ reason: event['reason'], message: event['message'] }));
}
