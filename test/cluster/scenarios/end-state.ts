/** What a repaired VM backup looks like at the end, whoever repaired it, and what a restore then gives. */
import { expect } from '@jest/globals';
import type { Client, KubeObject } from '../client.ts';
import { until } from '../client.ts';
import type { Leftover } from './leftovers.ts';
import { bound, claimsOf, contentRef, handleOf, isReady, restoreRef } from './machines.ts';

const HARVESTER = 'harvesterhci.io/v1beta1';
const SNAPSHOTS = 'snapshot.storage.k8s.io/v1';

/** One right pair per volume, bound and ready, on Delete, and nothing else of this VM backup beside it. */
export const repaired = ({ disks }: Leftover): Described => ({
  ready: true,
  volumes: disks.map(({ name, volume, backup }) => ({
    name,
    uses: `bak://${volume}/${backup} Delete, bound and ready`,
    contents: [`bak://${volume}/${backup} Delete`],
    snapshots: 1,
  })),
  elsewhere: [],
});

export interface Described {
  readonly ready: boolean;
  readonly volumes: readonly {
    readonly name: string;
    /** The pair the VM backup points at. */
    readonly uses: string;
    /** Every content in the VM backup's own namespace that names the same Longhorn backup. */
    readonly contents: readonly string[];
    /** Snapshots that point at one of those contents, or that those contents name. */
    readonly snapshots: number;
  }[];
  /** Contents of restores elsewhere that are wrong or could delete something; right ones on Retain are not told. */
  readonly elsewhere: readonly string[];
}

/** Everything a description is made of, as it is at one moment. */
export interface World {
  readonly backups: readonly KubeObject[];
  readonly snapshots: readonly KubeObject[];
  readonly contents: readonly KubeObject[];
}

export async function worldOf(client: Client): Promise<World> {
  return {
    backups: await client.list(HARVESTER, 'VirtualMachineBackup'),
    snapshots: await client.list(SNAPSHOTS, 'VolumeSnapshot'),
    contents: await client.list(SNAPSHOTS, 'VolumeSnapshotContent'),
  };
}

/** The same description of what is there now. */
export const described = async (client: Client, it: Leftover): Promise<Described> =>
  describedIn(await worldOf(client), it);

export function describedIn(world: World, { ref, disks }: Leftover): Described {
  const own = ({ metadata }: KubeObject) => metadata.namespace === ref.namespace;
  const backup = world.backups.find((it) => own(it) && it.metadata.name === ref.name);
  const snapshots = world.snapshots.filter(own);
  const { contents } = world;
  const elsewhere: string[] = [];
  const volumes = disks.map((disk) => {
    const naming = contents.filter((it) => handleOf(it)?.split('/').at(-1) === disk.backup);
    const here = naming.filter((it) => it['spec'].volumeSnapshotRef.namespace === ref.namespace);
    for (const it of naming.filter((other) => !here.includes(other)))
      if (policyAndHandle(it) !== `bak://${disk.volume}/${disk.backup} Retain`) elsewhere.push(policyAndHandle(it));
    const names = new Set(here.map((it) => it['spec'].volumeSnapshotRef.name));
    const ownNames = new Set(here.map((it) => it.metadata.name));
    const entry = backup?.['status']?.volumeBackups?.find((it: any) => it.volumeName === disk.name);
    return {
      name: disk.name,
      uses: pairOf(entry?.name, snapshots, contents),
      contents: here.map(policyAndHandle).sort(),
      snapshots: snapshots.filter(
        (it) => names.has(it.metadata.name) || ownNames.has(it['spec'].source.volumeSnapshotContentName),
      ).length,
    };
  });
  return { ready: isReady(backup), volumes, elsewhere };
}

const policyAndHandle = (content: KubeObject): string => `${handleOf(content)} ${content['spec'].deletionPolicy}`;

function pairOf(name: string, snapshots: readonly KubeObject[], contents: readonly KubeObject[]): string {
  const snapshot = snapshots.find((it) => it.metadata.name === name);
  if (!snapshot) return `snapshot ${name} is not there`;
  const content = contents.find((it) => it.metadata.name === snapshot['status']?.boundVolumeSnapshotContentName);
  if (!content) return `snapshot ${name} has no content`;
  const bothWays = content['spec'].volumeSnapshotRef.uid === snapshot.metadata.uid;
  const ready = snapshot['status'].readyToUse === true && content['status']?.readyToUse === true;
  const going = snapshot.metadata['deletionTimestamp'] || content.metadata['deletionTimestamp'];
  return `${policyAndHandle(content)}, ${going ? 'going' : bothWays ? 'bound' : 'misbound'} and ${ready ? 'ready' : 'not ready'}`;
}

/** Waits until every volume of a restore is there and came from the backup of its own disk, and the VM runs. */
export async function comesThrough(
  client: Client,
  { disks }: Leftover,
  { namespace, name }: { namespace: string; name: string },
  timeoutMs = 90_000,
): Promise<void> {
  const claims = await claimsOf(client, namespace, name, disks.length);
  const origins = await Promise.all(
    claims.map(async (it) => (await bound(client, namespace, it.metadata.name, timeoutMs))['spec'].fromBackup),
  );
  expect(origins.sort()).toEqual(disks.map(({ url }) => url).sort());
  await until(
    `restore ${namespace}/${name} to be complete`,
    async () => (await client.find(restoreRef(namespace, name)))?.['status']?.complete,
    timeoutMs,
  );
}

/** Longhorn's Backup objects and their uids: equal before and after means that none was deleted or replaced. */
export async function backupsOf(client: Client): Promise<Record<string, string>> {
  const found = await client.list('longhorn.io/v1beta2', 'Backup', { namespace: 'longhorn-system' });
  return Object.fromEntries(
    found.map(({ metadata }) => [metadata.name, `${metadata.uid}${metadata['deletionTimestamp'] ? ' going' : ''}`]),
  );
}

/** Whether it was Gleaner that made the content a VM backup's volume now uses. */
export async function madeByGleaner(client: Client, contentName: string): Promise<boolean> {
  const found = await client.find(contentRef(contentName));
  return found?.metadata.annotations?.['gleaner.dev/replaces'] !== undefined;
}
