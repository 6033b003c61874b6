/** Worlds whose backup target holds more than the cluster knows. */
import type { KubeObject } from '../api/types.ts';
import * as kinds from '../controllers/kinds.ts';
import * as build from './build.ts';
import { metadataFile } from './base.ts';
import { type Chain, backupOfChain, longhornPart, partsOf } from './chain.ts';
import type { Sandbox, Scenario } from './scenario.ts';

const chains = (longhorn: Chain['longhorn']): Chain[] => [
  { name: 'web-nightly', vm: 'web', disks: [{ claim: 'web-root' }, { claim: 'web-data' }], longhorn },
  { name: 'db-nightly', vm: 'db', disks: [{ claim: 'db-root' }], longhorn },
];
const stored = (all: readonly Chain[]) => all.flatMap((chain) => chain.disks.map((disk) => partsOf(chain, disk)));

/** Longhorn has found it all by itself, later than Harvester looked. */
async function announce({ store }: Sandbox, all: readonly Chain[]): Promise<void> {
  for (const { volume, backup } of stored(all)) await store.announce?.(volume, backup);
}

export const targetReconnected: Scenario = {
  name: 'target-reconnected',
  describe: 'A target was connected and scanned before Longhorn had read it, with interval 0: no backup ever appears.',
  harvester: '1.8',
  longhorn: '1.11',
  objects: () => [],
  metadata: ({ longhorn }) => chains(longhorn).map((chain) => metadataFile(backupOfChain(chain))),
  stored: ({ longhorn }) => stored(chains(longhorn)),
  after: (sandbox) => announce(sandbox, chains(sandbox.longhorn.version)),
};

/** The StorageClass of the VM image that the web server's volumes were made from. */
export const imageClass = 'longhorn-image-lx7k2';

export const newCluster: Scenario = {
  ...targetReconnected,
  name: 'new-cluster',
  describe:
    'As target-reconnected, but the volumes of one VM are in a StorageClass that this cluster does not have yet.',
  metadata: ({ longhorn }) =>
    chains(longhorn).map((chain, index) => {
      const backup = backupOfChain(chain);
      if (index === 0) inClass(backup, imageClass);
      return metadataFile(backup);
    }),
  async after(sandbox) {
    const all = chains(sandbox.longhorn.version);
    await announce(sandbox, all);
    const namespace = kinds.longhornNamespace;
    const volumes = stored(all.slice(0, 1)).map(({ volume }) => volume);
    for (const { metadata, spec } of await sandbox.client.list(kinds.BackupVolume, { namespace })) {
      const storageClassName = volumes.includes(spec.volumeName) ? imageClass : 'harvester-longhorn';
      const status = { status: { storageClassName } };
      await sandbox.client.mergePatch(kinds.BackupVolume, metadata.name, namespace, status, 'status');
    }
  },
};

function inClass(backup: KubeObject, storageClassName: string): void {
  for (const { persistentVolumeClaim } of backup['status'].volumeBackups)
    persistentVolumeClaim.spec = { ...persistentVolumeClaim.spec, storageClassName };
}

export const strangersOnTarget: Scenario = {
  name: 'strangers-on-target',
  describe: 'Backups on the target that never were a VM’s (a recurring job of Longhorn’s): nothing comes of scanning.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) =>
    longhornPart({ name: 'recurring', disks: [{ claim: 'registry-data' }, { claim: 'wiki-data' }], longhorn }),
};

export const classOfImage = (): KubeObject =>
  build.object('storage.k8s.io/v1', 'StorageClass', { name: imageClass }, { provisioner: kinds.longhornDriver });
