/** The first status of a VirtualMachineBackup, read from the live VM: also of one that lost its status. */
import type { ApiClient, KubeObject } from '../api/types.ts';
import type { HarvesterContext } from './harvester-metadata.ts';
import type { VolumeEntry } from './harvester-names.ts';
import { readTarget, snapshotClasses } from './harvester-settings.ts';
import * as kinds from './kinds.ts';
import { isDeleting } from './objects.ts';

export async function initialStatus({ client }: HarvesterContext, backup: KubeObject): Promise<object> {
  const { namespace } = backup.metadata;
  const vm = await client.get(kinds.VM, backup['spec'].source.name, namespace);
  if (!vm) throw new Error(`virtualmachines.kubevirt.io "${backup['spec'].source.name}" not found`);
  if (isDeleting(vm)) throw new Error(`vm ${namespace}/${vm.metadata.name} is being deleted`);
  const { name, labels, annotations } = vm.metadata;
  const status: any = {
    readyToUse: false,
    sourceUID: vm.metadata.uid,
    source: {
      metadata: { name, namespace, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
      spec: vm['spec'],
    },
    volumeBackups: await volumeEntries(client, backup, vm),
    secretBackups: await secretBackups(client, vm),
  };
  status.csiDriverVolumeSnapshotClassNames = await snapshotClasses(client, { ...backup, status });
  if (backup['spec'].type !== 'snapshot') {
    const { endpoint, bucketName, bucketRegion } = await readTarget(client);
    status.backupTarget = { endpoint, bucketName, bucketRegion };
  }
  return status;
}

async function volumeEntries(client: ApiClient, backup: KubeObject, vm: KubeObject): Promise<VolumeEntry[]> {
  const { namespace } = vm.metadata;
  const entries: VolumeEntry[] = [];
  for (const volume of vm['spec'].template.spec.volumes ?? []) {
    const claimName: string | undefined = volume.persistentVolumeClaim?.claimName;
    if (!claimName) continue;
    const claim = await client.get(kinds.Claim, claimName, namespace);
    if (!claim?.['spec'].volumeName) throw new Error(`unbound PVC ${namespace}/${claimName}`);
    const persistentVolume = await client.get(kinds.PersistentVolume, claim['spec'].volumeName);
    if (!persistentVolume?.['spec'].csi) throw new Error(`PV ${claim['spec'].volumeName} is not from CSI driver`);
    const { labels, annotations } = claim.metadata;
    entries.push({
      name: `${backup.metadata.name}-volume-${claimName}`,
      volumeName: volume.name,
      csiDriverName: persistentVolume['spec'].csi.driver,
      persistentVolumeClaim: {
        metadata: {
          name: claimName,
          namespace: namespace!,
          ...(labels && { labels }),
          ...(annotations && { annotations }),
        },
        spec: claim['spec'],
      },
      readyToUse: false,
    });
  }
  return entries;
}

/** The secrets that the VM's cloud-init volumes and credentials name, contents and all. */
async function secretBackups(client: ApiClient, vm: KubeObject): Promise<{ name: string; data: object }[]> {
  const spec = vm['spec'].template.spec;
  const names = new Set<string>();
  for (const credential of spec.accessCredentials ?? [])
    for (const kind of ['sshPublicKey', 'userPassword'])
      if (credential[kind]?.source?.secret) names.add(credential[kind].source.secret.secretName);
  for (const { cloudInitNoCloud } of spec.volumes ?? [])
    for (const field of ['userDataSecretRef', 'networkDataSecretRef'])
      if (cloudInitNoCloud?.[field]) names.add(cloudInitNoCloud[field].name);
  const found = [];
  for (const name of names) {
    const secret = await client.get(kinds.Secret, name, vm.metadata.namespace);
    if (!secret) throw new Error(`secrets "${name}" not found`);
    found.push({ name, data: secret['data'] ?? {} });
  }
  return found;
}
