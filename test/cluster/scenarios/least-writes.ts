/**
 * The measure for the sweep: a script that knows beforehand how the world looks, checks nothing twice, and repairs with
 * the fewest writes that lead to the same end: right pairs beside the wrong ones, VM backups switched over, old pairs
 * gone, the right contents on Delete. As many hands as the sweep has. Usage: node least-writes.ts KUBECONFIG
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../client.ts';
import { Client, refOf } from '../client.ts';
import { readKubeconfig } from '../control-plane.ts';
import { inParallel } from './many.ts';
import { measured } from './measured.ts';

const SNAPSHOTS = 'snapshot.storage.k8s.io/v1';
const HANDS = 4;
const [kubeconfig = ''] = process.argv.slice(2);
const calls = { gets: 0, lists: 0, writes: 0 };

interface Volume {
  readonly index: number;
  readonly old: KubeObject;
  readonly name: string;
  readonly handle: string;
}

await measured(async () => {
  const client = new Client(await readKubeconfig(kubeconfig));
  const volumeOf = new Map(
    (await list(client, 'longhorn.io/v1beta2', 'Backup')).map((it) => [it.metadata.name, it['status'].volumeName]),
  );
  const contents = new Map(
    (await list(client, SNAPSHOTS, 'VolumeSnapshotContent')).map((it) => [it.metadata.name, it]),
  );
  const work = (await list(client, 'harvesterhci.io/v1beta1', 'VirtualMachineBackup')).map((backup) => ({
    backup,
    volumes: wrongVolumes(backup, contents, volumeOf),
  }));
  const due = work.filter(({ volumes }) => volumes.length > 0);
  await inParallel(due, HANDS, async ({ backup, volumes }) => {
    for (const volume of volumes) await createPair(client, backup, volume);
  });
  await allReady(client, new Set(due.flatMap(({ volumes }) => volumes.map(({ name }) => `${name}-vsc`))));
  await inParallel(due, HANDS, async ({ backup, volumes }) => {
    await write(client.patch(refOf(backup), switched(backup, volumes)));
    for (const volume of volumes) await retire(client, backup, volume);
  });
  const old = new Set(due.flatMap(({ volumes }) => volumes.map((it) => it.old.metadata.name)));
  while ((await list(client, SNAPSHOTS, 'VolumeSnapshotContent')).some((it) => old.has(it.metadata.name)))
    await sleep(200);
  return { calls, rounds: 1, failures: [] };
});

function list(client: Client, apiVersion: string, kind: string): Promise<KubeObject[]> {
  calls.lists++;
  return client.list(apiVersion, kind);
}

function write<T>(request: Promise<T>): Promise<T> {
  calls.writes++;
  return request;
}

function wrongVolumes(
  backup: KubeObject,
  contents: ReadonlyMap<string, KubeObject>,
  volumeOf: ReadonlyMap<string, string>,
): Volume[] {
  return backup['status'].volumeBackups.flatMap((entry: any, index: number) => {
    const old = contents.get(`${entry.name}-vsc`)!;
    const handle = `bak://${volumeOf.get(entry.longhornBackupName)}/${entry.longhornBackupName}`;
    if (old['spec'].source.snapshotHandle === handle) return [];
    return [{ index, old, name: `${entry.name}-snap-revise`, handle }];
  });
}

async function createPair(client: Client, { metadata }: KubeObject, { old, name, handle }: Volume): Promise<void> {
  const { namespace = '' } = metadata;
  const { ownerReferences } = old.metadata;
  const { driver, volumeSnapshotClassName } = old['spec'];
  await write(
    client.create({
      apiVersion: SNAPSHOTS,
      kind: 'VolumeSnapshotContent',
      metadata: { name: `${name}-vsc`, ownerReferences },
      spec: {
        ...{ driver, volumeSnapshotClassName, deletionPolicy: 'Retain' },
        source: { snapshotHandle: handle },
        volumeSnapshotRef: { namespace, name },
      },
    }),
  );
  await write(
    client.create({
      apiVersion: SNAPSHOTS,
      kind: 'VolumeSnapshot',
      metadata: { name, namespace, ownerReferences },
      spec: { volumeSnapshotClassName, source: { volumeSnapshotContentName: `${name}-vsc` } },
    }),
  );
}

async function allReady(client: Client, names: ReadonlySet<string>): Promise<void> {
  for (;;) {
    const snapshots = await list(client, SNAPSHOTS, 'VolumeSnapshot');
    const ready = snapshots.filter(
      (it) => names.has(it['spec'].source.volumeSnapshotContentName) && it['status']?.readyToUse === true,
    );
    if (ready.length === names.size) return;
    await sleep(200);
  }
}

function switched({ metadata }: KubeObject, volumes: readonly Volume[]): object[] {
  const mark = '/metadata/annotations/harvesterhci.io~1snapRevise';
  return [
    ...volumes.map(({ index, name }) => ({ op: 'replace', path: `/status/volumeBackups/${index}/name`, value: name })),
    metadata.annotations
      ? { op: 'add', path: mark, value: 'true' }
      : { op: 'add', path: '/metadata/annotations', value: { 'harvesterhci.io/snapRevise': 'true' } },
  ];
}

async function retire(client: Client, { metadata }: KubeObject, { old, name }: Volume): Promise<void> {
  const { namespace = '' } = metadata;
  const replacement = { ...refOf(old), name: `${name}-vsc` };
  await write(client.patch(refOf(old), { spec: { deletionPolicy: 'Retain' } }));
  await write(client.patch(replacement, { spec: { deletionPolicy: 'Delete' } }));
  const snapshot = {
    apiVersion: SNAPSHOTS,
    kind: 'VolumeSnapshot',
    namespace,
    name: old['spec'].volumeSnapshotRef.name,
  };
  await write(client.remove(snapshot));
  await write(client.remove(refOf(old)));
}
