/** What every group of facts is given: a client, a namespace of its own, and objects to write. */
import { randomBytes } from 'node:crypto';
import type { Client, Connection } from './client.ts';

export interface World {
  client: Client;
  connection: Connection;
  /** Exists for this run of the suite only. */
  namespace: string;
  /** Makes a name that nobody has used, also among cluster-scoped objects. */
  name(stem?: string): string;
}

export const USERS = {
  /** Gets rights by Role and ClusterRole. */
  reader: 'contract-reader',
  /** A service account, bound as one. */
  robot: 'system:serviceaccount:contract-robots:robot',
  /** Never gets any rights. */
  nobody: 'contract-nobody',
} as const;

export function makeWorld(client: Client, connection: Connection): World {
  const run = randomBytes(4).toString('hex');
  let count = 0;
  return {
    client,
    connection,
    namespace: `contract-${run}`,
    name: (stem = 'it') => `${stem}-${run}-${String(count++).padStart(3, '0')}`,
  };
}

/** Where things are. */
export const paths = {
  configMaps: (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`,
  claims: (namespace: string) => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
  secrets: (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`,
  snapshots: (namespace: string) => `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots`,
  allSnapshots: '/apis/snapshot.storage.k8s.io/v1/volumesnapshots',
  contents: '/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents',
  vmBackups: (namespace: string) => `/apis/harvesterhci.io/v1beta1/namespaces/${namespace}/virtualmachinebackups`,
  harvesterSettings: '/apis/harvesterhci.io/v1beta1/settings',
  events: (namespace: string) => `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  leases: (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
};

type Meta = Record<string, unknown>;

export function configMap(name: string, data: Record<string, string> = {}, metadata: Meta = {}): any {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function snapshot(name: string, metadata: Meta = {}): any {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name, ...metadata },
    spec: { volumeSnapshotClassName: 'longhorn', source: { persistentVolumeClaimName: 'disk-0' } },
  };
}

export function content(name: string, spec: Record<string, unknown> = {}): any {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotContent',
    metadata: { name },
    spec: {
      driver: 'driver.longhorn.io',
      deletionPolicy: 'Retain',
      volumeSnapshotClassName: 'longhorn',
      source: { snapshotHandle: 'bs://disk-0/backup-1' },
      volumeSnapshotRef: { name: 'somewhere', namespace: 'default' },
      ...spec,
    },
  };
}

export function vmBackup(name: string, metadata: Meta = {}): any {
  return {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineBackup',
    metadata: { name, ...metadata },
    spec: { type: 'backup', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'vm' } },
  };
}

/** A status that satisfies the CRD: a VM's spec needs a template with a domain. */
export function vmBackupStatus(readyToUse: boolean): any {
  const template = { spec: { domain: { devices: {} } } };
  return {
    readyToUse,
    source: { metadata: { name: 'vm' }, spec: { template } },
    volumeBackups: [
      {
        name: 'vm-volume-disk-0',
        volumeName: 'disk-0',
        csiDriverName: 'driver.longhorn.io',
        persistentVolumeClaim: { metadata: { name: 'vm-disk-0' }, spec: { volumeName: 'pvc-1' } },
      },
    ],
  };
}

export function claim(name: string): any {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      storageClassName: 'harvester-longhorn',
      accessModes: ['ReadWriteMany'],
      resources: { requests: { storage: '1Gi' } },
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'a-snapshot' },
    },
  };
}
