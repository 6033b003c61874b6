/** What a user does on a cluster, in the words of the scenarios: make a VM, back it up, restore it, look at its disks. */
import type { Client, KubeObject, Reference } from '../client.ts';
import { until } from '../client.ts';
import { claimSpec, machineSpec } from './templates.ts';

const HARVESTER = 'harvesterhci.io/v1beta1';
const SNAPSHOT = 'snapshot.storage.k8s.io/v1';

export const backupRef = (namespace: string, name: string): Reference => ({
  apiVersion: HARVESTER,
  kind: 'VirtualMachineBackup',
  namespace,
  name,
});
export const restoreRef = (namespace: string, name: string): Reference => ({
  apiVersion: HARVESTER,
  kind: 'VirtualMachineRestore',
  namespace,
  name,
});
export const contentRef = (name: string): Reference => ({ apiVersion: SNAPSHOT, kind: 'VolumeSnapshotContent', name });

/** A stopped VM with bound, empty disks `<name>-disk-<n>`. */
export async function makeMachine(
  client: Client,
  { namespace, name, disks = 1 }: { namespace: string; name: string; disks?: number },
): Promise<void> {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const claims = Array.from({ length: disks }, (_, i) => `${name}-disk-${i}`);
  for (const claim of claims)
    await client.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace },
      spec: claimSpec(),
    });
  for (const claim of claims) await bound(client, namespace, claim);
  await client.apply({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace },
    spec: machineSpec(claims),
  });
}

/** Takes a backup through Harvester and waits until it is ready and its metadata is on the target. */
export async function backUp(
  client: Client,
  { namespace, machine, name }: { namespace: string; machine: string; name: string },
): Promise<KubeObject> {
  await client.create({
    apiVersion: HARVESTER,
    kind: 'VirtualMachineBackup',
    metadata: { name, namespace },
    spec: { type: 'backup', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: machine } },
  });
  return until(
    `backup ${namespace}/${name} to be ready and uploaded`,
    async () => {
      const found = await client.find(backupRef(namespace, name));
      return isReady(found) && conditionOf(found, 'MetadataReady') === 'True' && found;
    },
    60_000,
  );
}

export const isReady = (backup: KubeObject | undefined): boolean => backup?.['status']?.readyToUse === true;

/** Waits until the pairs of a backup exist, and gives their contents, one per volume. */
export async function contentsOf(client: Client, backup: Reference): Promise<KubeObject[]> {
  const found = await client.find(backup);
  return Promise.all(
    (found?.['status']?.volumeBackups ?? []).map(async ({ name }: { name: string }) => {
      const snapshot = await client.find({
        apiVersion: SNAPSHOT,
        kind: 'VolumeSnapshot',
        namespace: backup.namespace ?? '',
        name,
      });
      const content = await client.find(
        contentRef(
          snapshot?.['status']?.boundVolumeSnapshotContentName ??
            snapshot?.['spec']?.source?.volumeSnapshotContentName ??
            '',
        ),
      );
      if (!content) throw new Error(`${name} has no content`);
      return content;
    }),
  );
}

export const handleOf = (content: KubeObject): string =>
  content['spec'].source.snapshotHandle ?? content['status']?.snapshotHandle;

/** Asks Harvester for a new VM out of a backup; the restore's namespace is the new VM's. */
export async function restore(
  client: Client,
  { namespace, name, backup, machine }: { namespace: string; name: string; backup: Reference; machine: string },
): Promise<void> {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await client.create({
    apiVersion: HARVESTER,
    kind: 'VirtualMachineRestore',
    metadata: { name, namespace },
    spec: {
      target: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: machine },
      virtualMachineBackupName: backup.name,
      virtualMachineBackupNamespace: backup.namespace,
      newVM: true,
      deletionPolicy: 'retain',
    },
  });
}

/** The claims a restore makes, once it has made them. */
export async function claimsOf(
  client: Client,
  namespace: string,
  restoreName: string,
  disks = 1,
): Promise<KubeObject[]> {
  return until(`${disks} claims of restore ${namespace}/${restoreName}`, async () => {
    const claims = await client.list('v1', 'PersistentVolumeClaim', { namespace });
    const own = claims.filter((it) => it.metadata.annotations?.['restore.harvesterhci.io/name'] === restoreName);
    return own.length >= disks && own;
  });
}

/** Waits until a claim is bound, and gives the Longhorn volume behind it. */
export async function bound(client: Client, namespace: string, claim: string, timeoutMs = 60_000): Promise<KubeObject> {
  const found = await until(
    `claim ${namespace}/${claim} to be bound`,
    async () => {
      const it = await client.find({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim });
      return it?.['status']?.phase === 'Bound' && it;
    },
    timeoutMs,
  );
  const volume = await client.find({
    apiVersion: 'longhorn.io/v1beta2',
    kind: 'Volume',
    namespace: 'longhorn-system',
    name: found['spec'].volumeName,
  });
  if (!volume) throw new Error(`claim ${claim} is bound to a volume Longhorn does not have`);
  return volume;
}

/** Messages of the events about one object, newest last. */
export async function eventsOf(client: Client, namespace: string, name: string): Promise<string[]> {
  const events = await client.list('v1', 'Event', {
    namespace,
    query: `?fieldSelector=${encodeURIComponent(`involvedObject.name=${name}`)}`,
  });
  return events.map((it) => `${it['reason']}: ${it['message']}`);
}

export const conditionOf = (object: KubeObject | undefined, type: string): string | undefined =>
  object?.['status']?.conditions?.find((it: any) => it.type === type)?.status;
