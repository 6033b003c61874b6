/** Storage of several kinds, set up well and badly. */
import type { KubeObject } from '../api/types.ts';
import { longhornDriver, longhornNamespace } from '../controllers/kinds.ts';
import * as make from './build.ts';
import type { Scenario } from './scenario.ts';

const lvm = 'lvm.driver.harvesterhci.io';
const nfs = 'nfs.csi.example.com';

/** A claim that is bound, its PersistentVolume and, where it is Longhorn's, the volume. */
function disk(claim: string, storageClass: string, driver: string, engine?: 'v1' | 'v2'): KubeObject[] {
  const volume = make.volumeOf(claim);
  return [
    make.claim(claim, 'prod', (o) => {
      o['spec'] = { ...o['spec'], storageClassName: storageClass, volumeName: volume };
      o['status'] = { phase: 'Bound' };
      o.metadata.annotations = { 'volume.kubernetes.io/storage-provisioner': driver };
    }),
    make.persistentVolume(claim, 'prod', (o) => {
      o['spec'].csi = { driver, volumeHandle: volume };
      o['spec'].storageClassName = storageClass;
    }),
    ...(engine === undefined
      ? []
      : [
          make.object(
            'longhorn.io/v1beta2',
            'Volume',
            { name: volume, namespace: longhornNamespace },
            { spec: { dataEngine: engine, size: '1073741824' } },
          ),
        ]),
  ];
}

const running = (name: string, agent: boolean): KubeObject =>
  make.object(
    'kubevirt.io/v1',
    'VirtualMachineInstance',
    { name, namespace: 'prod' },
    {
      status: {
        phase: 'Running',
        conditions: [{ type: 'AgentConnected', status: agent ? 'True' : 'False' }],
      },
    },
  );

export const mixedStorage: Scenario = {
  name: 'mixed-storage',
  describe: 'Longhorn, LVM that is set up for snapshots, and NFS whose entry names the class of another driver.',
  harvester: '1.5',
  longhorn: '1.8',
  objects: () => [
    make.storageClass('lvm-fast', lvm),
    make.csiDriver(lvm),
    make.snapshotClass('lvm-snapshot', lvm),
    make.snapshotterDeployment(lvm, 'harvester-system'),
    make.storageClass('nfs-share', nfs),
    make.csiDriver(nfs),
    make.storageClass('longhorn-v2', longhornDriver, { dataEngine: 'v2' }),
    make.setting('csi-driver-config', {
      value: JSON.stringify({
        [longhornDriver]: { volumeSnapshotClassName: 'longhorn-snapshot', backupVolumeSnapshotClassName: 'longhorn' },
        [lvm]: { volumeSnapshotClassName: 'lvm-snapshot', backupVolumeSnapshotClassName: '' },
        [nfs]: { volumeSnapshotClassName: 'lvm-snapshot', backupVolumeSnapshotClassName: '' },
      }),
      default: JSON.stringify({
        [longhornDriver]: { volumeSnapshotClassName: 'longhorn-snapshot', backupVolumeSnapshotClassName: 'longhorn' },
      }),
    }),
    ...disk('web-root', 'harvester-longhorn', longhornDriver, 'v1'),
    ...disk('erp-root', 'harvester-longhorn', longhornDriver, 'v1'),
    ...disk('erp-scratch', 'lvm-fast', lvm),
    ...disk('lab-root', 'longhorn-v2', longhornDriver, 'v2'),
    make.machine('web', 'prod', ['web-root']),
    make.machine('erp', 'prod', ['erp-root', 'erp-scratch']),
    make.machine('lab', 'prod', ['lab-root']),
    running('web', true),
    running('erp', false),
  ],
};
