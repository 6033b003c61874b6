/** VM backups that lie on a target, of a cluster that is no more: Longhorn's files and Harvester's. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKET, writeBackup } from '../doubles/store.ts';
import { claimSpec, machineSpec } from './templates.ts';

const GIB = 1024 ** 3;

interface StoredDisk {
  /** StorageClass of its claim. */
  readonly storageClass?: string;
  /** `lost`: Harvester's file names a backup that is not there. `other`: a volume of another driver. */
  readonly is?: 'lost' | 'other';
}

export const volumeOf = (name: string, disk: number): string => `pvc-${name}-${disk}`;
export const backupOf = (name: string, disk: number): string => `backup-${name}-${disk}`;
export const metadataFile = (served: string, namespace: string, name: string): string =>
  join(served, BUCKET, 'harvester', 'vmbackups', namespace, `${name}.cfg`);

export interface Stored {
  readonly namespace: string;
  readonly name: string;
  readonly disks: readonly StoredDisk[];
  /** Harvester's file is gone. */
  readonly fileless?: boolean;
}

export async function storeBackup(served: string, { namespace, name, disks, fileless }: Stored): Promise<void> {
  for (const [i, { storageClass = 'harvester-longhorn', is }] of disks.entries())
    if (is === undefined)
      await writeBackup(served, {
        volume: volumeOf(name, i),
        backup: backupOf(name, i),
        snapshot: `snapshot-${crypto.randomUUID()}`,
        sizeBytes: GIB,
        createdAt: '2026-01-02T03:04:05Z',
        storageClass,
      });
  if (fileless === true) return;
  const claimOf = (i: number) => `${name}-disk-${i}`;
  const file = {
    ...{ name, namespace },
    backupSpec: { type: 'backup', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name } },
    vmSourceSpec: {
      metadata: { name, namespace },
      spec: machineSpec(disks.map((_, i) => claimOf(i))),
    },
    volumeBackups: disks.map(({ storageClass = 'harvester-longhorn', is }, i) => ({
      name: `${name}-volume-${claimOf(i)}`,
      volumeName: `disk-${i}`,
      csiDriverName: is === 'other' ? 'lvm.driver.harvesterhci.io' : 'driver.longhorn.io',
      ...(is === 'other' ? {} : { longhornBackupName: backupOf(name, i) }),
      volumeSize: GIB,
      persistentVolumeClaim: {
        metadata: { name: claimOf(i), namespace },
        spec: claimSpec(storageClass, volumeOf(name, i)),
      },
    })),
  };
  const path = metadataFile(served, namespace, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, JSON.stringify(file));
}
