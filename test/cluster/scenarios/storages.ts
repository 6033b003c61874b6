/** Storage of several kinds, and VMs on it, for asking what may be done with them. Nothing of it is ever attached. */
import type { Client, KubeObject } from '../client.ts';
import { claimSpec, machineSpec } from './templates.ts';

export const NAMESPACE = 'prod';
const LONGHORN = 'driver.longhorn.io';
const LVM = 'lvm.driver.harvesterhci.io';
const SETTING = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting' };
const ADMISSION = 'admissionregistration.k8s.io/v1';

interface Disk {
  readonly driver: string;
  readonly storageClass: string;
  /** Engines of Longhorn's that are of it; two while it migrates. */
  readonly engines?: readonly ('v1' | 'v2')[];
  /** The claim does not say who made it, as one of a volume that was there before it. */
  readonly unnoted?: true;
}
const longhorn = (...engines: ('v1' | 'v2')[]): Disk => ({
  driver: LONGHORN,
  storageClass: engines.includes('v2') ? 'longhorn-v2' : 'harvester-longhorn',
  engines,
});
const lvm: Disk = { driver: LVM, storageClass: 'lvm-fast' };

export const machines: readonly { readonly name: string; readonly disks: readonly Disk[] }[] = [
  { name: 'web', disks: [longhorn('v1'), longhorn('v1')] },
  { name: 'fast', disks: [longhorn('v1'), longhorn('v2')] },
  { name: 'lvm', disks: [lvm] },
  { name: 'mixed', disks: [longhorn('v1'), lvm] },
  { name: 'unnoted', disks: [{ ...lvm, unnoted: true }] },
  { name: 'moving', disks: [longhorn('v1', 'v1')] },
];

interface Counts {
  /** Of how many VMs snapshots, and backups, are allowed. */
  readonly snapshots: number;
  readonly backups: number;
}
interface Config {
  readonly value: string;
  readonly expected: (harvester: string) => Counts;
}
const byRelease =
  (of14: [number, number], of16: [number, number], of18: [number, number]) =>
  (harvester: string): Counts => {
    const [snapshots, backups] = harvester.startsWith('1.4') ? of14 : harvester.startsWith('1.6') ? of16 : of18;
    return { snapshots, backups };
  };
const own = { volumeSnapshotClassName: 'longhorn-snapshot', backupVolumeSnapshotClassName: 'longhorn' };
const other = (snapshot: string, backup = '') => ({
  volumeSnapshotClassName: snapshot,
  backupVolumeSnapshotClassName: backup,
});
const asUsual = byRelease([5, 3], [4, 1], [5, 2]);

/** By what one would say of them. */
export const configs: Readonly<Record<string, Config>> = {
  'as Harvester brings it': { value: '', expected: byRelease([3, 3], [1, 1], [2, 2]) },
  'with a class for the other driver': {
    value: JSON.stringify({ [LONGHORN]: own, [LVM]: other('lvm-snapshot') }),
    expected: asUsual,
  },
  'with one for its backups too': {
    value: JSON.stringify({ [LONGHORN]: own, [LVM]: other('lvm-snapshot', 'lvm-snapshot') }),
    expected: byRelease([5, 5], [4, 1], [5, 2]),
  },
  'that leaves Longhorn out': { value: JSON.stringify({ [LVM]: other('lvm-snapshot') }), expected: asUsual },
  'that overrides Longhorn': {
    value: JSON.stringify({ [LONGHORN]: other(''), [LVM]: other('lvm-snapshot') }),
    expected: asUsual,
  },
  'with the class of another driver': {
    value: JSON.stringify({ [LVM]: other('longhorn-snapshot') }),
    expected: asUsual,
  },
  'with a class that is missing': { value: JSON.stringify({ [LVM]: other('nowhere') }), expected: asUsual },
  'with fields in other letters, and keys that are no drivers': {
    value: JSON.stringify({ 'a/b': {}, 'c.example.com': null, [LVM]: { VOLUMESNAPSHOTCLASSNAME: 'lvm-snapshot' } }),
    expected: asUsual,
  },
  'that is null': { value: 'null', expected: byRelease([3, 3], [1, 1], [2, 2]) },
  'that is no JSON': { value: '{"driver', expected: byRelease([0, 0], [0, 0], [0, 0]) },
  'with an entry that is a text': {
    value: JSON.stringify({ [LVM]: 'lvm-snapshot' }),
    expected: byRelease([0, 0], [0, 0], [0, 0]),
  },
};

export const configure = (client: Client, name: string): Promise<KubeObject> =>
  client.patch({ ...SETTING, name: 'csi-driver-config' }, { value: configs[name]!.value });

export const backupOf = (machine: string, type: string): KubeObject => ({
  apiVersion: 'harvesterhci.io/v1beta1',
  kind: 'VirtualMachineBackup',
  metadata: { name: `${machine}-${type}`, namespace: NAMESPACE },
  spec: { type, source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: machine } },
});

export async function make(client: Client, version: string): Promise<void> {
  // Longhorn's would have each of its objects whole; here they are only looked at.
  for (const [kind, name] of [
    ['ValidatingWebhookConfiguration', 'longhorn-webhook-validator'],
    ['MutatingWebhookConfiguration', 'longhorn-webhook-mutator'],
  ] as const) {
    await client.remove({ apiVersion: ADMISSION, kind, name });
  }
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await client.apply({ ...SETTING, metadata: { name: 'server-version' }, value: version });
  const storage = 'storage.k8s.io/v1';
  await client.apply({ apiVersion: storage, kind: 'CSIDriver', metadata: { name: LVM }, spec: {} });
  for (const [name, provisioner, parameters] of [
    ['lvm-fast', LVM, { type: 'striped' }],
    ['longhorn-v2', LONGHORN, { dataEngine: 'v2', numberOfReplicas: '1', staleReplicaTimeout: '30' }],
  ] as const) {
    await client.apply({ apiVersion: storage, kind: 'StorageClass', metadata: { name }, provisioner, parameters });
  }
  await client.apply({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name: 'lvm-snapshot' },
    driver: LVM,
    deletionPolicy: 'Delete',
  });
  for (const { name, disks } of machines) {
    const claims = disks.map((_, index) => `${name}-disk-${index}`);
    for (const [index, disk] of disks.entries()) await makeDisk(client, claims[index]!, disk);
    await client.apply(machineOf(name, claims));
  }
}

async function makeDisk(client: Client, name: string, disk: Disk): Promise<void> {
  const volume = `pv-${name}`;
  await client.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volume },
    spec: {
      storageClassName: disk.storageClass,
      volumeMode: 'Block',
      accessModes: ['ReadWriteMany'],
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      csi: { driver: disk.driver, volumeHandle: volume },
      claimRef: { namespace: NAMESPACE, name },
    },
  });
  await client.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: NAMESPACE,
      annotations: disk.unnoted ? {} : { 'volume.kubernetes.io/storage-provisioner': disk.driver },
    },
    spec: claimSpec(disk.storageClass, volume),
  });
  const inLonghorn = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
  const { apiVersion, namespace } = inLonghorn;
  for (const [index, dataEngine] of (disk.engines ?? []).entries()) {
    if (index === 0) {
      const spec = { size: '1073741824', numberOfReplicas: 1, frontend: 'blockdev', dataEngine };
      await client.apply({ apiVersion, kind: 'Volume', metadata: { name: volume, namespace }, spec });
    }
    await client.apply({
      apiVersion,
      kind: 'Engine',
      metadata: { name: `${volume}-e-${index}`, namespace, labels: { longhornvolume: volume } },
      spec: { volumeName: volume, dataEngine },
    });
  }
}

const machineOf = (name: string, claims: readonly string[]): KubeObject => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name, namespace: NAMESPACE },
  spec: machineSpec(claims, 'Halted'),
});

/** VMs with none of those disks, with another one beside, and with one that several VMs may write to. */
export async function makeOdd(client: Client): Promise<void> {
  const bare = machineOf('bare', []);
  const [beside, shared] = [machineOf('beside', ['beside-disk-0']), machineOf('shared', ['shared-disk-0'])];
  for (const claim of ['beside-disk-0', 'shared-disk-0']) await makeDisk(client, claim, longhorn('v1'));
  for (const one of [bare, beside]) {
    one['spec'].template.spec.volumes.push({ name: 'more', dataVolume: { name: 'more' } });
    one['spec'].template.spec.domain.devices.disks.push({ name: 'more', disk: { bus: 'virtio' } });
  }
  shared['spec'].template.spec.domain.devices.disks[0].shareable = true;
  for (const one of [bare, beside, shared]) await client.apply(one);
}
