/**
 * What Harvester's image controllers and Longhorn make of VM images on a backup target, as far as the recovery of VM backups
 * depends on it: Longhorn has an object for each copy of an image on the target, and of an image that Harvester's scan
 * creates comes a StorageClass.
 *
 * Not doubled: the image's data, its download and progress, backing images, CDI, conditions of the image, its defaults (a
 * webhook's), the label with the display name (the image controller's; so an image whose name is taken does not clash here),
 * the upload of images to the target, names of StorageClasses of releases before 1.5.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../client.ts';
import { BUCKET } from './store.ts';

const HARVESTER = 'harvesterhci.io/v1beta1';
const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };

export const classOfImage = (image: string): string => `longhorn-${image}`;

/** The file that Harvester keeps of an image on the target. */
export async function writeImage(served: string, image: string, displayName = image): Promise<void> {
  const folder = join(served, BUCKET, 'harvester', 'vmimages', 'default');
  await mkdir(folder, { recursive: true });
  const url = `http://longhorn-backend/v1/backingimages?backingImage=vmi-${image}&concurrentLimit=2`;
  const parameters = { numberOfReplicas: '1', staleReplicaTimeout: '30', migratable: 'true' };
  const file = { name: image, namespace: 'default', url, displayName, storageClassParameters: parameters };
  await writeFile(join(folder, `${image}.cfg`), JSON.stringify(file));
}

/** The copy of an image on the target, as Longhorn knows it. */
export async function setCopy(client: Client, image: string, state: 'InProgress' | 'Completed'): Promise<void> {
  const name = `copy-of-${image}`;
  await client.apply({
    apiVersion: LONGHORN.apiVersion,
    kind: 'BackupBackingImage',
    metadata: { name, namespace: LONGHORN.namespace },
    spec: { backingImage: `vmi-${image}`, backupTargetName: 'default', userCreated: false, labels: {} },
    status: { state, backingImage: `vmi-${image}`, ownerID: 'node-1' },
  });
}

/** Makes StorageClasses of images until it is stopped. */
export function startImages(client: Client): () => Promise<void> {
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      await classesOfImages(client).catch(() => undefined); // the next round sees
      await sleep(500);
    }
  })();
  return async () => {
    stopped = true;
    await loop;
  };
}

async function classesOfImages(client: Client): Promise<void> {
  for (const { metadata, spec } of await client.list(HARVESTER, 'VirtualMachineImage')) {
    const name = classOfImage(metadata.name);
    const storageClass = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } };
    if (await client.find({ ...storageClass, name })) continue;
    await client.create({
      ...storageClass,
      provisioner: 'driver.longhorn.io',
      parameters: spec.storageClassParameters ?? {},
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    });
  }
}
