/**
 * The external provisioner and the PV binder in one: a claim of a known driver becomes Bound when the driver has made
 * its volume; until then it stays Pending, an Event says why, and it is tried again with everything read anew. So a
 * claim that hangs on a bad snapshot comes through by itself once the snapshot is repaired.
 *
 * Where the class says WaitForFirstConsumer, a claim waits for a pod that uses it.
 *
 * What it does not do: choose nodes, cloning from another claim, binding to
 * existing volumes, resizing, topology, claims of drivers it was not given.
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import type { CsiDriver } from './csi.ts';
import * as kinds from './kinds.ts';
import { type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { isDeleting, keyOf, recordEvent, remove, splitKey } from './objects.ts';

export interface ProvisionerOptions extends ControllerOptions {
  drivers: Record<string, CsiDriver>;
}

export function startProvisioner(client: ApiClient, options: ProvisionerOptions): Controller {
  const loop = startLoop('provisioner', options, reconcile);
  const unwatch = feed(client, kinds.Claim, loop, options, (claim, type) =>
    type === 'DELETED' ? [`deleted|${claim['spec']?.volumeName ?? `pvc-${claim.metadata.uid}`}`] : [keyOf(claim)],
  );
  const unwatchPods = feed(client, kinds.Pod, loop, options, (pod, type) =>
    type === 'DELETED' ? [] : claimsOf(pod).map((name) => `${pod.metadata.namespace}/${name}`),
  );
  return {
    async stop() {
      unwatch();
      unwatchPods();
      await loop.stop();
    },
  };

  async function reconcile(key: string): Promise<void> {
    if (key.startsWith('deleted|')) return reclaim(key.slice('deleted|'.length));
    const { namespace, name } = splitKey(key);
    const claim = await client.get(kinds.Claim, name, namespace);
    if (!claim || isDeleting(claim)) return;
    if (claim['status']?.phase === 'Bound' || claim['spec'].volumeName) return;
    const storageClass = await client.get(kinds.StorageClass, claim['spec'].storageClassName ?? '');
    const driver = storageClass && options.drivers[storageClass['provisioner']];
    if (!storageClass || !driver) return;
    if (!claim['status']?.phase)
      await client.mergePatch(kinds.Claim, name, namespace, { status: { phase: 'Pending' } }, 'status');
    if (storageClass['volumeBindingMode'] === 'WaitForFirstConsumer') {
      const pods = await client.list(kinds.Pod, { namespace });
      if (!pods.some((pod) => claimsOf(pod).includes(name))) return;
    }
    try {
      await provision(claim, storageClass, driver);
    } catch (error) {
      const message = `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${(error as Error).message}`;
      const component = `${storageClass['provisioner']}_sandbox`;
      await recordEvent(client, claim, 'Warning', 'ProvisioningFailed', message, component);
      throw error;
    }
  }

  async function provision(claim: KubeObject, storageClass: KubeObject, driver: CsiDriver): Promise<void> {
    const volumeName = `pvc-${claim.metadata.uid}`;
    const size: string = claim['spec'].resources?.requests?.storage ?? '10Gi';
    const handle = claim['spec'].dataSource ? await snapshotHandle(claim, storageClass['provisioner']) : undefined;
    const { volumeId } = await driver.createVolume({
      name: volumeName,
      sizeBytes: bytes(size),
      volumeMode: claim['spec'].volumeMode ?? 'Filesystem',
      ...(handle ? { handle } : {}),
    });
    if (!(await client.get(kinds.PersistentVolume, volumeName)))
      await client.create(persistentVolume(claim, storageClass, volumeId, size));
    const { name, namespace } = claim.metadata;
    await driver.volumeInUse(volumeId, claim);
    await client.mergePatch(kinds.Claim, name, namespace, { spec: { volumeName } });
    const status = { phase: 'Bound', accessModes: claim['spec'].accessModes ?? [], capacity: { storage: size } };
    await client.mergePatch(kinds.Claim, name, namespace, { status }, 'status');
  }

  async function snapshotHandle(claim: KubeObject, provisioner: string): Promise<string> {
    const { kind, name } = claim['spec'].dataSource;
    if (kind !== 'VolumeSnapshot') throw new Error(`the PVC source is not of the right kind: ${kind}`);
    const snapshot = await client.get(kinds.Snapshot, name, claim.metadata.namespace);
    if (!snapshot) throw new Error(`error getting snapshot ${name} from api server: not found`);
    if (isDeleting(snapshot)) throw new Error(`snapshot ${name} is currently being deleted`);
    const bound: string | undefined = snapshot['status']?.boundVolumeSnapshotContentName;
    if (!bound || snapshot['status'].readyToUse !== true) throw new Error(`snapshot ${name} is not Ready`);
    const content = await client.get(kinds.Content, bound);
    if (!content) throw new Error(`snapshot ${name} is bound, but VolumeSnapshotContent ${bound} is not there`);
    const ref = content['spec'].volumeSnapshotRef;
    if (ref.uid !== snapshot.metadata.uid || ref.name !== name)
      throw new Error(`snapshotcontent ${bound} is not bound to snapshot ${name}`);
    if (content['spec'].driver !== provisioner)
      throw new Error(`requested volume is of driver ${provisioner}, the snapshot of ${content['spec'].driver}`);
    const { sourceVolumeMode } = content['spec'];
    const allowed = content.metadata.annotations?.['snapshot.storage.kubernetes.io/allow-volume-mode-change'];
    if (sourceVolumeMode && sourceVolumeMode !== claim['spec'].volumeMode && allowed !== 'true')
      throw new Error(
        `requested volume ${claim.metadata.namespace}/${claim.metadata.name} modifies the mode of the source volume but does not have permission to do so. snapshot.storage.kubernetes.io/allow-volume-mode-change annotation is not present on snapshotcontent ${bound}`,
      );
    const handle: string | undefined = content['status']?.snapshotHandle;
    if (!handle) throw new Error(`snapshot handle ${name} is not available`);
    return handle;
  }

  async function reclaim(volumeName: string): Promise<void> {
    const volume = volumeName ? await client.get(kinds.PersistentVolume, volumeName) : undefined;
    const driver = volume && options.drivers[volume['spec'].csi?.driver];
    if (!volume || !driver || volume['spec'].persistentVolumeReclaimPolicy !== 'Delete') return;
    await driver.deleteVolume(volume['spec'].csi.volumeHandle);
    await remove(client, kinds.PersistentVolume, volumeName);
  }
}

const claimsOf = (pod: KubeObject): string[] =>
  (pod['spec']?.volumes ?? []).flatMap((volume: any) => volume.persistentVolumeClaim?.claimName ?? []);

function persistentVolume(claim: KubeObject, storageClass: KubeObject, volumeHandle: string, size: string): KubeObject {
  const { name, namespace, uid } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: `pvc-${uid}`,
      annotations: { 'pv.kubernetes.io/provisioned-by': storageClass['provisioner'] },
    },
    spec: {
      accessModes: claim['spec'].accessModes ?? ['ReadWriteMany'],
      capacity: { storage: size },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      csi: { driver: storageClass['provisioner'], volumeHandle },
      persistentVolumeReclaimPolicy: storageClass['reclaimPolicy'] ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim['spec'].volumeMode ?? 'Filesystem',
    },
    status: { phase: 'Bound' },
  };
}

const powers: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

function bytes(quantity: string): number {
  const [, digits, unit] = /^(\d+)([KMGT]i)?$/.exec(quantity) ?? [];
  return Number(digits ?? 0) * (unit ? powers[unit]! : 1);
}
