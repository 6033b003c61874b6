import { setTimeout as pause } from 'node:timers/promises';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Sandbox } from '../../sandbox/index.ts';

/** What a person with kubectl would look at and do. Independent of Gleaner's own judgments. */

const contentKind = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
const backupKind = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
const restoreKind = 'harvesterhci.io/v1beta1/VirtualMachineRestore';

/** Compares the handles of pre-provisioned contents with Longhorn's record of each backup. */
export async function judgeHandles(sandbox: Sandbox, contents?: readonly KubeObject[]): Promise<Judged> {
  const { client } = sandbox;
  const backups = await client.list('longhorn.io/v1beta2/Backup');
  const right = new Set(backups.map(({ metadata, status }) => `${volumeOf(status)}/${metadata.name}`));
  const handles = (contents ?? (await client.list(contentKind))).map(handleOf).filter((handle) => handle !== undefined);
  const wrong = handles.filter((handle) => !right.has(handle.replace(/^\w+:\/\//, '')));
  return { total: handles.length, wrong: wrong.length };
}

interface Judged {
  readonly total: number;
  readonly wrong: number;
}

/** Collects contents as they are created. Call the result to get them. */
export function contentsMade({ client }: Sandbox): () => readonly KubeObject[] {
  const created: KubeObject[] = [];
  const stop = client.watch(contentKind, ({ type, object }) => {
    if (type === 'ADDED') created.push(object);
  });
  return () => {
    stop();
    return created;
  };
}

const volumeOf = (status: unknown): string => (status as { volumeName: string }).volumeName;

const handleOf = (content: KubeObject): string | undefined =>
  (content['spec'] as { source: { snapshotHandle?: string } }).source.snapshotHandle;

/** The number of volumes whose VMBackup names a snapshot with an existing content of this policy. */
export async function linkedVolumes({ client }: Sandbox): Promise<{ total: number; linked: number }> {
  const contents = await client.list(contentKind);
  const bound = new Set(
    contents
      .map(({ spec }) => spec as { deletionPolicy: string; volumeSnapshotRef: { namespace: string; name: string } })
      .filter(({ deletionPolicy }) => deletionPolicy === 'Delete')
      .map(({ volumeSnapshotRef: { namespace, name } }) => `${namespace}/${name}`),
  );
  const volumes = (await client.list(backupKind)).flatMap(({ metadata, status }) =>
    (status as { volumeBackups: { name: string }[] }).volumeBackups.map(({ name }) => `${metadata.namespace}/${name}`),
  );
  return { total: volumes.length, linked: volumes.filter((volume) => bound.has(volume)).length };
}

export async function restore({ client }: Sandbox, backup: string, namespace: string): Promise<void> {
  await client.create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineRestore',
    metadata: { name: `restore-${backup}`, namespace },
    spec: {
      newVM: true,
      deletionPolicy: 'retain',
      target: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: `${backup}-restored` },
      virtualMachineBackupName: backup,
      virtualMachineBackupNamespace: 'prod',
    },
  });
}

export interface RestoreState {
  readonly complete: boolean;
  readonly claims: number;
  readonly bound: number;
}

export async function lookAtRestore({ client }: Sandbox, backup: string, namespace: string): Promise<RestoreState> {
  const found = await client.get(restoreKind, `restore-${backup}`, namespace);
  const claims = (await client.list('v1/PersistentVolumeClaim', { namespace })).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === found?.metadata.uid),
  );
  const bound = claims.filter(({ status }) => (status as { phase: string }).phase === 'Bound');
  const { complete } = (found?.['status'] ?? {}) as { complete?: boolean };
  return { complete: complete === true, claims: claims.length, bound: bound.length };
}

/** Waits for a restore to complete. Returns how long it took, or `undefined` after the time limit. */
export async function untilRestored(
  sandbox: Sandbox,
  backup: string,
  namespace: string,
  limitMs: number,
): Promise<number | undefined> {
  const began = performance.now();
  while (performance.now() - began < limitMs) {
    if ((await lookAtRestore(sandbox, backup, namespace)).complete) return performance.now() - began;
    await pause(5);
  }
  return undefined;
}

/** The number of writes over HTTP. The sandbox's own controllers do not write over HTTP. */
export const writes = ({ api }: Sandbox): number =>
  api.requests().filter(({ verb, code }) => ['create', 'update', 'patch', 'delete'].includes(verb) && code < 400)
    .length;
