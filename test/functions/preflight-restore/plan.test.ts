import { describe, expect, test } from '@jest/globals';
import { Config } from '../../../functions/preflight-restore/config.ts';
import { observe, verdictName } from '../../../functions/preflight-restore/observe.ts';
import { plan } from '../../../functions/preflight-restore/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { parseQuantity } from '../../../shared/domain/quantity.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Check } from '../../../shared/preflight/checks.ts';
import { preflight } from '../../../shared/preflight/checks.ts';
import type { Wish } from '../../../shared/preflight/read.ts';
import { readPreflight } from '../../../shared/preflight/read.ts';
import { RetryableError } from '../../../shared/kube/errors.ts';
import type { Reader } from '../../../shared/kube/ports.ts';
import { readerOf } from '../../gen/reader.ts';

const nowMs = Date.parse('2025-06-01T00:00:00Z');
const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const N = 'nightly-volume-data';
const mac = '52:54:00:AA:BB:CC';
const GiB = 2 ** 30;

const machineSpec = {
  template: {
    spec: {
      domain: {
        devices: { interfaces: [{ name: 'default', macAddress: mac }] },
        resources: { limits: { cpu: '4', memory: '8Gi' } },
      },
      volumes: [
        { name: 'disk-0', persistentVolumeClaim: { claimName: 'data' } },
        {
          name: 'cloudinit',
          cloudInitNoCloud: { secretRef: { name: 'web-credentials' }, userData: make.secretMarker },
        },
      ],
    },
  },
};
const imaged = (entry: any) => {
  entry.persistentVolumeClaim.metadata.annotations = { 'harvesterhci.io/imageId': 'default/image-x' };
  return entry;
};
const vmb = (...modifiers: make.Modifier[]) =>
  make.vmBackup(
    {
      name: 'nightly',
      entries: [imaged(make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' }))],
    },
    (o) => void (o['status'].source.spec = machineSpec),
    ...modifiers,
  );
const version = (value: string) => make.setting('server-version', { value });
const image = () =>
  make.object('harvesterhci.io/v1beta1', 'VirtualMachineImage', { name: 'image-x', namespace: 'default' });
const pair = (handle: string) => [
  make.snapshot({ name: N }, make.ownedBy(vmb())),
  make.content({ snapshot: N, handle }),
];
const longhorn = () => [make.backup({ volume: V, backup: B, version: '1.9' }), make.backupVolume(V, '1.9')];
const sound = [...baseWorld(), vmb(), ...pair(`bak://${V}/${B}`), ...longhorn(), version('v1.6.1'), image()];
const isBut = (kind: string, name: string) => (o: KubeObject) => !(o.kind === kind && o.metadata.name === name);
const without = (kind: string) => sound.filter((o) => o.kind !== kind);
const replacing = (...objects: KubeObject[]) => [
  ...sound.filter((o) => objects.every((x) => isBut(x.kind, x.metadata.name)(o))),
  ...objects,
];
const wrongPair = pair(`bs://data/${B}`);
const quota = (hard: Record<string, string>, used: Record<string, string> = {}, namespace = 'finance') =>
  make.object('v1', 'ResourceQuota', { name: 'limits', namespace }, { status: { hard, used } });
const vm = (name: string, namespace: string, status?: string) =>
  make.object(
    'kubevirt.io/v1',
    'VirtualMachine',
    { name, namespace },
    {
      spec: { template: { spec: { domain: { devices: { interfaces: [{ macAddress: mac.toLowerCase() }] } } } } },
      // KubeVirt leaves out what is false.
      ...(status && { status: { printableStatus: status, ...(status === 'Running' && { ready: true }) } }),
    },
  );
const unready: make.Modifier = (o) => void delete o['status'].ready;
const scheduled = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/daily' });

const backup = { ...ref('VirtualMachineBackup', 'nightly', 'prod'), namespace: 'prod' };
const elsewhere: Wish = { backup, to: 'finance', newVM: true, keepMacAddress: false };
const atHome: Wish = { ...elsewhere, to: 'prod', machine: 'copy' };
const run = async (world: readonly KubeObject[], wish: Wish = elsewhere, reader: Reader = readerOf(world)) =>
  preflight(await readPreflight(reader, wish), nowMs);
const bad = (checks: readonly Check[]) =>
  checks.filter(({ result }) => result !== 'pass').map(({ name, result }) => `${result} ${name}`);

const over: Partial<Wish> = { to: 'prod', newVM: false };
const stopped = vm('web', 'prod', 'Stopped');
const onNetwork = (networkName: string) =>
  vmb((o) => void (o['status'].source.spec = networked(o['status'].source.spec, networkName)));
const networked = (spec: any, networkName: string) => ({
  template: {
    spec: {
      ...spec.template.spec,
      networks: [
        { name: 'pod', pod: {} },
        { name: 'n', multus: { networkName } },
      ],
    },
  },
});
const network = (name: string, namespace: string) =>
  make.object('k8s.cni.cncf.io/v1', 'NetworkAttachmentDefinition', { name, namespace });
const other = (shape: Partial<make.RestoreShape>, ...modifiers: make.Modifier[]) =>
  make.vmRestore({ name: 'other', namespace: 'prod', backup: 'nightly', ...shape }, ...modifiers);
const keeping: make.Modifier = (o) => void (o['spec'].keepMacAddress = true);
const replacingIt: make.Modifier = (o) => void (o['spec'].newVM = false);
const complete = make.withStatus({ complete: true });
const vmSnapshot = make.vmBackup({
  name: 'before-upgrade',
  type: 'snapshot',
  entries: [make.volumeEntry({ vmBackup: 'before-upgrade', volumeName: 'disk-0', claim: 'data' })],
});

const inUse = (...modifiers: make.Modifier[]) => {
  const one = vm('web', 'prod', 'Running');
  for (const modify of modifiers) modify(one);
  return one;
};
/** The VM that the backup was taken of, with its disk. */
const sourceVM = (...modifiers: make.Modifier[]) =>
  make.machine('web', 'prod', ['data'], (o) => void (o['status'] = { printableStatus: 'Stopped' }), ...modifiers);
const withoutMacs: make.Modifier = (o) => {
  const spec = structuredClone(machineSpec) as any;
  delete spec.template.spec.domain.devices.interfaces;
  o['status'].source.spec = spec;
};
const takenOf = (uid: string): make.Modifier => make.withStatus({ sourceUID: uid });
const classLike = (fields: Record<string, unknown>) => {
  const own = sound.find((o) => o.kind === 'StorageClass')!;
  return { ...own, ...fields };
};
const ofClass = (storageClassName: string | undefined) =>
  vmb((o) => {
    const { spec } = o['status'].volumeBackups[0].persistentVolumeClaim;
    spec.storageClassName = storageClassName;
    if (storageClassName === undefined) delete spec.storageClassName;
  });
const limits = (type: string, fields: Record<string, unknown>) =>
  make.object(
    'v1',
    'LimitRange',
    { name: 'bounds', namespace: 'finance' },
    { spec: { limits: [{ type, ...fields }] } },
  );
const imageClass = classLike({ parameters: { backingImage: 'vmi-x' } });
const backingImage = make.object('longhorn.io/v1beta2', 'BackingImage', {
  name: 'vmi-x',
  namespace: 'longhorn-system',
});
const runsWithMac = (name: string, namespace: string) =>
  make.instance({ name, namespace }, (o) => void (o['status'].interfaces = [{ mac: mac.toLowerCase() }]));
const failing = make.withStatus({
  complete: false,
  conditions: [{ type: 'InProgress', status: 'False', reason: 'Error' }],
});
const lazily = classLike({ volumeBindingMode: 'WaitForFirstConsumer' });
const strategy = (runStrategy: string) => vmb((o) => void (o['status'].source.spec = { ...machineSpec, runStrategy }));
/** A backup of type snapshot of the VM, with the pair that was taken here. */
const onlyHere = (...modifiers: make.Modifier[]) => [
  make.vmBackup(
    {
      name: 'nightly',
      type: 'snapshot',
      entries: [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', backup: null })],
    },
    (o) => void (o['status'].source.spec = machineSpec),
    ...modifiers,
  ),
  make.snapshot({ name: N, claim: 'data' }, make.ownedBy(vmb())),
  make.content({ snapshot: N, handle: `snap://${V}/snapshot-1`, volume: V }),
];
const home: Partial<Wish> = { to: 'prod', machine: 'copy' };
const noPair = ({ kind }: KubeObject) => !['VolumeSnapshot', 'VolumeSnapshotContent'].includes(kind);
const misnamed = () => [
  make.snapshot({ name: N, content: 'by-hand' }, make.ownedBy(vmb())),
  make.content({ snapshot: N, name: 'by-hand', handle: `bak://${V}/${B}` }),
];
const lacking = (world: KubeObject[], kind: string) => world.filter((o) => o.kind !== kind);

interface Row {
  when: string;
  world: KubeObject[];
  wish?: Partial<Wish>;
  says: string[];
}

const nothing: Row[] = [
  { when: 'all is well', world: sound, says: [] },
  { when: 'it goes back into its own namespace', world: sound, wish: atHome, says: [] },
  {
    when: 'it goes over a VM that is stopped',
    world: [...sound, vm('web', 'prod', 'Stopped')],
    wish: { to: 'prod', newVM: false },
    says: [],
  },
  {
    when: 'the quota has room',
    world: [...sound, quota({ 'requests.storage': '20Gi' }, { 'requests.storage': '10Gi' })],
    says: [],
  },
  { when: 'a quota limits what is not asked for', world: [...sound, quota({ services: '0' })], says: [] },
  { when: 'a wrong pair is not used, elsewhere', world: replacing(...wrongPair), says: [] },
  { when: 'another VM has its MAC, and the new one gets its own', world: [...sound, vm('twin', 'prod')], says: [] },
  {
    when: 'its schedule is suspended',
    world: replacing(vmb(scheduled)).concat(make.schedule('daily', 'prod', 'web', make.withSpec({ suspend: true }))),
    says: [],
  },
  { when: 'its schedule is gone', world: replacing(vmb(scheduled)), says: [] },
  {
    when: 'its network is there',
    world: replacing(onNetwork('net/vlan-7')).concat(network('vlan-7', 'net')),
    says: [],
  },
  {
    when: 'another restore gave a VM MAC addresses of its own',
    world: [...sound, other({ namespace: 'test', target: 'x' })],
    wish: { keepMacAddress: true },
    says: [],
  },
  {
    when: 'another restore onto the VM is over',
    world: [...sound, stopped, other({ namespace: 'prod', target: 'web' }, replacingIt, complete)],
    wish: over,
    says: [],
  },
  {
    when: 'a VM of the source that has no fixed MAC is there, and the new one gets its own',
    world: replacing(vmb(takenOf('s'))).concat(sourceVM((o) => void (o.metadata.uid = 's'))),
    says: [],
  },
  {
    when: 'it goes over a VM that another restore failed on and was deleted',
    world: [...sound, stopped, other({ target: 'web' }, replacingIt, failing, complete)],
    wish: over,
    says: [],
  },
  {
    when: 'another restore of another backup kept its MACs in a VM of the name',
    world: [
      ...sound,
      make.vmRestore({ name: 'other', namespace: 'finance', backup: 'weekly', target: 'web' }, keeping, complete),
    ],
    wish: { keepMacAddress: true },
    says: [],
  },
  {
    when: 'a quota counts pods that end by themselves',
    world: [...sound, { ...quota({ 'limits.memory': '1Gi', pods: '0' }), spec: { scopes: ['Terminating'] } }],
    says: [],
  },
  {
    when: 'a quota counts pods of a priority',
    world: [...sound, { ...quota({ 'limits.memory': '1Gi' }), spec: { scopeSelector: { matchExpressions: [] } } }],
    says: [],
  },
  {
    when: 'a volume has grown beyond what its claim asks for',
    world: replacing(vmb((o) => void (o['status'].volumeBackups[0].volumeSize = 40 * GiB))).concat(
      quota({ 'requests.storage': '10Gi' }),
    ),
    says: [],
  },
  {
    when: 'the limits of the namespace are wide enough',
    world: [
      ...sound,
      limits('PersistentVolumeClaim', { min: { storage: '1Gi' }, max: { storage: '10Gi' } }),
      limits('Container', { max: { memory: '16Gi', cpu: '8' } }),
    ],
    says: [],
  },
  {
    when: 'its class names a backing image that Longhorn has',
    world: replacing(imageClass).concat(backingImage),
    says: [],
  },
  {
    when: 'its class says where a backing image comes from',
    world: replacing(classLike({ parameters: { backingImage: 'vmi-x', backingImageDataSourceType: 'download' } })),
    says: [],
  },
  { when: 'its class waits for a pod, and the new VM starts by itself', world: replacing(lazily), says: [] },
  { when: 'it names no class, and there is one by default', world: replacing(ofClass(undefined)), says: [] },
  { when: 'a VM runs with its MAC that it will not keep', world: [...sound, runsWithMac('twin', 'prod')], says: [] },
  {
    when: 'it deletes the volumes of the VM it was taken of, on 1.8',
    world: replacing(version('v1.8.0')).concat(sourceVM()),
    wish: over,
    says: [],
  },
  {
    when: 'the VM that it was taken of is gone, and the volumes stay',
    world: replacing(version('v1.8.0')).concat(vm('copy', 'prod', 'Stopped')),
    wish: { ...over, machine: 'copy', retain: true },
    says: [],
  },
  {
    when: 'the VM that it was taken of is gone, and Harvester goes by the backup',
    world: [...sound, vm('copy', 'prod', 'Stopped')],
    wish: { ...over, machine: 'copy' },
    says: [],
  },
  {
    when: 'the content has another name, and Harvester does not look',
    world: replacing(version('v1.4.2')).filter(noPair).concat(misnamed()),
    wish: home,
    says: [],
  },
  {
    when: 'the class of a restore elsewhere is set to another, which is there',
    world: replacing(make.setting('volume-snapshot-class', { value: 'longhorn-snapshot' })),
    says: [],
  },
  {
    when: 'the class of a restore elsewhere is set to none that is there, and it goes home',
    world: replacing(make.setting('volume-snapshot-class', { value: 'mine' })),
    wish: home,
    says: [],
  },
  {
    when: 'a VM snapshot stands on its volumes, and they stay',
    world: [...sound, stopped, vmSnapshot],
    wish: { ...over, retain: true },
    says: [],
  },
];

const something: Row[] = [
  { when: 'it is of type snapshot, at home', world: replacing(...onlyHere()), wish: home, says: ['warn backup'] },
  { when: 'it is of type snapshot, and goes elsewhere', world: replacing(...onlyHere()), says: ['fail backup'] },
  {
    when: 'it is of type snapshot and not ready',
    world: replacing(...onlyHere(make.withStatus({ readyToUse: false, error: { message: 'x' } }))),
    wish: home,
    says: ['fail backup'],
  },
  {
    when: 'it is of type snapshot and its snapshot is gone',
    world: lacking(replacing(...onlyHere()), 'VolumeSnapshot'),
    wish: home,
    says: ['warn backup', 'fail volume'],
  },
  {
    when: 'it is of type snapshot on a driver that is not there',
    world: replacing(...onlyHere((o) => void (o['status'].volumeBackups[0].csiDriverName = 'lvm'))),
    wish: home,
    says: ['warn backup', 'fail driver', 'fail storageclass'],
  },
  {
    when: 'it is of type snapshot and the target is away',
    world: lacking(replacing(...onlyHere()), 'BackupTarget'),
    wish: home,
    says: ['warn backup'],
  },
  {
    when: 'a volume records no Longhorn backup, on 1.6',
    world: replacing(vmb((o) => void delete o['status'].volumeBackups[0].longhornBackupName)),
    wish: home,
    says: ['fail volume'],
  },
  {
    when: 'the class of a restore elsewhere is not there',
    world: replacing(make.setting('volume-snapshot-class', { value: 'mine' })),
    says: ['fail snapshotclass'],
  },
  {
    when: 'the VM it was taken of still exists, and the new one keeps its MACs',
    world: replacing(vmb(takenOf('s'), withoutMacs)).concat(sourceVM((o) => void (o.metadata.uid = 's'))),
    wish: { keepMacAddress: true },
    says: ['fail mac'],
  },
  {
    when: 'something runs with its MAC, and it keeps it',
    world: [...sound, runsWithMac('twin', 'prod')],
    wish: { keepMacAddress: true },
    says: ['fail mac'],
  },
  {
    when: 'another VM has its MAC, and the VM is restored over',
    world: [...sound, stopped, vm('twin', 'finance', 'Stopped')],
    wish: over,
    says: ['fail mac'],
  },
  {
    when: 'an instance runs under its name without a VM',
    world: [...sound, make.instance({ name: 'web', namespace: 'finance' })],
    says: ['fail vm'],
  },
  { when: 'its name is too long for a label', world: sound, wish: { machine: 'x'.repeat(64) }, says: ['fail vm'] },
  {
    when: 'the VM to restore over crashes and is not ready',
    world: [...sound, vm('web', 'prod', 'CrashLoopBackOff')],
    wish: over,
    says: ['warn vm'],
  },
  {
    when: 'the VM to restore over runs and is not ready',
    world: [...sound, inUse(unready)],
    wish: over,
    says: ['warn vm'],
  },
  {
    when: 'the VM to restore over is being deleted',
    world: [...sound, vm('web', 'prod', 'Stopped')].map((o) =>
      o.kind === 'VirtualMachine'
        ? { ...o, metadata: { ...o.metadata, deletionTimestamp: '2025-05-31T00:00:00Z' } }
        : o,
    ),
    wish: over,
    says: ['fail vm'],
  },
  {
    when: 'another restore makes a VM of the name',
    world: [...sound, other({ namespace: 'finance', backup: 'weekly', target: 'web' })],
    says: ['fail restores'],
  },
  {
    when: 'another restore onto the VM has failed',
    world: [...sound, stopped, other({ target: 'web' }, replacingIt, failing)],
    wish: over,
    says: ['warn restores'],
  },
  {
    when: 'memory is short for the VM that is restored over, which is stopped',
    world: [...sound, stopped, quota({ 'limits.memory': '7Gi' }, {}, 'prod')],
    wish: over,
    says: ['fail quota'],
  },
  {
    when: 'memory is just enough for the VM, and not for its pod',
    world: [...sound, quota({ 'limits.memory': '8Gi' })],
    says: ['warn quota'],
  },
  {
    when: 'a quota was just made',
    world: [...sound, { ...quota({}), spec: { hard: { 'requests.storage': '1Gi' } }, status: {} }],
    says: ['fail quota'],
  },
  { when: 'a quota allows no pod', world: [...sound, quota({ pods: '3' }, { pods: '3' })], says: ['fail quota'] },
  {
    when: 'a quota allows no snapshot',
    world: [...sound, quota({ 'count/volumesnapshots.snapshot.storage.k8s.io': '0' })],
    says: ['fail quota'],
  },
  {
    when: 'a quota allows no VM',
    world: [
      ...sound,
      quota({ 'count/virtualmachines.kubevirt.io': '1' }, { 'count/virtualmachines.kubevirt.io': '1' }),
    ],
    says: ['fail quota'],
  },
  {
    when: 'a claim may not be so large',
    world: [...sound, limits('PersistentVolumeClaim', { max: { storage: '5Gi' } })],
    says: ['fail limits'],
  },
  {
    when: 'a claim may not be so small',
    world: [...sound, limits('PersistentVolumeClaim', { min: { storage: '50Gi' } })],
    says: ['fail limits'],
  },
  {
    when: 'a container may not have so much memory',
    world: [...sound, limits('Container', { max: { memory: '4Gi' } })],
    says: ['fail limits'],
  },
  {
    when: 'the class is of another driver now',
    world: replacing(classLike({ provisioner: 'lvm.driver.harvesterhci.io' })),
    says: ['fail storageclass'],
  },
  {
    when: 'it names no class, and there is none by default',
    world: replacing(ofClass(undefined), classLike({ metadata: { name: 'harvester-longhorn', uid: 'u' } })),
    says: ['fail storageclass'],
  },
  {
    when: 'its class names a backing image that Longhorn does not have',
    world: replacing(imageClass),
    says: ['fail storageclass'],
  },
  {
    when: 'its class waits for a pod, and the VM is restored over',
    world: replacing(lazily).concat(stopped),
    wish: over,
    says: ['warn storageclass'],
  },
  {
    when: 'its class waits for a pod, and the new VM is not started',
    world: replacing(lazily, strategy('Halted')),
    says: ['warn storageclass'],
  },
  {
    when: 'the image is still being imported',
    world: replacing({ ...image(), status: { conditions: [{ type: 'Imported', status: 'False' }] } }),
    says: ['warn image'],
  },
  {
    when: 'the VM that it was taken of is gone, and 1.8 is to delete its volumes',
    world: replacing(version('v1.8.0')).concat(vm('copy', 'prod', 'Stopped')),
    wish: { ...over, machine: 'copy' },
    says: ['fail version'],
  },
  {
    when: 'the content has another name than Harvester 1.6 looks for',
    world: sound.filter(noPair).concat(misnamed()),
    wish: home,
    says: ['fail version'],
  },
  { when: 'there is no such VMBackup', world: without('VirtualMachineBackup'), says: ['fail backup'] },
  {
    when: 'the VMBackup is not ready',
    world: replacing(vmb(make.withStatus({ readyToUse: false, error: { message: 'x' } }))),
    says: ['fail backup'],
  },
  { when: 'the VMBackup is going', world: replacing(vmb(make.deleting)), says: ['fail backup'] },
  {
    when: 'the target is away',
    world: replacing({ ...sound.find((o) => o.kind === 'BackupTarget')!, status: { available: false } }),
    says: ['fail target'],
  },
  { when: 'the backup is lost', world: without('Backup'), says: ['fail volume'] },
  { when: 'the BackupVolume is lost', world: without('BackupVolume'), says: ['fail volume'] },
  {
    when: 'the snapshot is lost, and it goes home',
    world: without('VolumeSnapshot'),
    wish: atHome,
    says: ['fail volume'],
  },
  { when: 'the driver is not there', world: without('CSIDriver'), says: ['fail driver'] },
  { when: 'the namespace is not there', world: sound, wish: { to: 'nowhere' }, says: ['fail namespace'] },
  {
    when: 'the namespace is going',
    world: replacing(make.object('v1', 'Namespace', { name: 'finance' }, { status: { phase: 'Terminating' } })),
    says: ['fail namespace'],
  },
  {
    when: 'storage is short',
    world: [...sound, quota({ 'requests.storage': '19Gi' }, { 'requests.storage': '10Gi' })],
    says: ['fail quota'],
  },
  {
    when: 'claims are short',
    world: [...sound, quota({ persistentvolumeclaims: '3' }, { persistentvolumeclaims: '3' })],
    says: ['fail quota'],
  },
  { when: 'memory is short', world: [...sound, quota({ 'limits.memory': '7Gi' })], says: ['fail quota'] },
  {
    when: 'its class is short',
    world: [...sound, quota({ 'harvester-longhorn.storageclass.storage.k8s.io/requests.storage': '1Gi' })],
    says: ['fail quota'],
  },
  { when: 'the StorageClass is not there', world: without('StorageClass'), says: ['fail storageclass'] },
  { when: 'the image is not there', world: without('VirtualMachineImage'), says: ['warn image'] },
  { when: 'the VM’s name is taken', world: [...sound, vm('web', 'finance')], says: ['fail vm'] },
  { when: 'there is no VM to restore over', world: sound, wish: { to: 'prod', newVM: false }, says: ['fail vm'] },
  {
    when: 'the VM to restore over runs',
    world: [...sound, vm('web', 'prod', 'Running')],
    wish: { to: 'prod', newVM: false },
    says: ['fail vm'],
  },
  {
    when: 'another VM has its MAC, and it keeps it',
    world: [...sound, vm('twin', 'prod')],
    wish: { keepMacAddress: true },
    says: ['fail mac'],
  },
  {
    when: 'a secret is not in the backup',
    world: replacing(vmb((o) => void (o['status'].secretBackups = []))),
    says: ['warn secrets'],
  },
  {
    when: 'its schedule runs',
    world: replacing(vmb(scheduled)).concat(make.schedule('daily', 'prod', 'web')),
    says: ['fail schedule'],
  },
  { when: 'a network of the VM is not there', world: replacing(onNetwork('net/vlan-7')), says: ['fail network'] },
  {
    when: 'a network has no namespace, so that Harvester looks in none',
    world: replacing(onNetwork('vlan-7')).concat(network('vlan-7', 'prod')),
    wish: atHome,
    says: ['fail network'],
  },
  {
    when: 'its snapshot class is not there',
    world: sound.filter(isBut('VolumeSnapshotClass', 'longhorn')),
    says: ['fail snapshotclass'],
  },
  {
    when: 'another restore made a VM with its MAC addresses, and it keeps them',
    world: [...sound, other({ namespace: 'test', target: 'x' }, keeping)],
    wish: { keepMacAddress: true },
    says: ['fail restores'],
  },
  {
    when: 'another restore onto the same VM is in progress',
    world: [...sound, stopped, other({ namespace: 'prod', target: 'web' }, replacingIt)],
    wish: over,
    says: ['fail restores'],
  },
  {
    when: 'a VM snapshot stands on the volumes that would go',
    world: [...sound, stopped, vmSnapshot],
    wish: over,
    says: ['fail old volumes'],
  },
  { when: 'the VM’s name is none', world: sound, wish: { machine: 'Web_Copy' }, says: ['fail vm'] },
  { when: 'Harvester does not say its version', world: without('Setting'), says: ['unknown version'] },
  { when: 'Harvester is a build of somebody', world: replacing(version('master-head')), says: ['unknown version'] },
  { when: 'Harvester 1.4 on Longhorn 1.8 or later', world: replacing(version('v1.4.2')), says: ['fail version'] },
  {
    when: 'Harvester 1.4 on Longhorn 1.7',
    world: replacing(version('v1.4.2'), make.backup({ volume: V, backup: B, version: '1.7' }))
      .filter((o) => o.kind !== 'BackupVolume')
      .concat(make.backupVolume(V, '1.7')),
    says: ['warn version'],
  },
  {
    when: 'the handle is wrong at home, on 1.6',
    world: replacing(...wrongPair),
    wish: atHome,
    says: ['warn volume', 'warn version'],
  },
  {
    when: 'the handle is wrong at home, on 1.4',
    world: replacing(...wrongPair, version('v1.4.1')),
    wish: atHome,
    says: ['warn volume', 'fail version'],
  },
  {
    when: 'the handle is wrong at home, on 1.9',
    world: replacing(...wrongPair, version('v1.9.0-rc6')),
    wish: atHome,
    says: ['warn volume', 'fail version'],
  },
];

describe('a preflight', () => {
  test.each(nothing)('has nothing against it when $when', async ({ world, wish }) => {
    expect(bad(await run(world, { ...elsewhere, ...wish }))).toEqual([]);
  });

  test.each(something)('says $says when $when', async ({ world, wish, says }) => {
    const checks = await run(world, { ...elsewhere, ...wish });
    expect(bad(checks)).toEqual(says);
    for (const { result, cure, message } of checks) {
      expect(message).not.toMatch(/undefined|null|\[object/);
      if (result === 'pass') expect(cure).toBeUndefined();
    }
  });

  test('what may not be read makes one check unknown, and no other', async () => {
    const reader = readerOf(sound);
    const refusing: Reader = {
      ...reader,
      list: (kind, options) => {
        if (kind === 'ResourceQuota') throw new Error('list ResourceQuota (all): 403 Forbidden');
        return reader.list(kind, options);
      },
    };
    expect(bad(await run(sound, elsewhere, refusing))).toEqual(['unknown quota']);
  });

  test('what is asked at a bad moment is asked again: a verdict is given once', async () => {
    const reader = readerOf(sound);
    const busy: Reader = {
      ...reader,
      get: async (kind, name, namespace) => {
        if (kind === 'Namespace') throw new RetryableError('get Namespace finance: 503', 503);
        return reader.get(kind, name, namespace);
      },
    };
    await expect(run(sound, elsewhere, busy)).rejects.toThrow(RetryableError);
  });

  test('nothing of the VM’s secrets is in it', async () => {
    const seen = await readPreflight(readerOf(sound), elsewhere);
    const text = JSON.stringify([seen, preflight(seen, nowMs)]);
    expect(text).toContain('web-credentials');
    for (const secret of make.secretMarkers) expect(text).not.toContain(secret);
  });
});

describe('preflight-restore', () => {
  const restore = (...modifiers: make.Modifier[]) =>
    make.vmRestore(
      { name: 'r1', namespace: 'finance', backup: 'nightly', target: 'web' },
      ({ metadata }) => void (metadata.creationTimestamp = '2025-05-31T23:59:50Z'),
      ...modifiers,
    );
  const at = ref('VirtualMachineRestore', 'r1', 'finance');
  const decide = async (world: readonly KubeObject[]) =>
    plan(await observe(readerOf(world), at), Config.parse({}), nowMs);
  const told = (): KubeObject => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: verdictName(restore() as any), namespace: 'finance', uid: 'e' },
  });
  const claimed = make.withStatus({
    complete: false,
    restores: [
      { volumeName: 'disk-0', persistentVolumeClaimSpec: { metadata: { name: 'restored', namespace: 'finance' } } },
    ],
  });

  test.each([
    ['RestoreGone', 'it is gone', sound],
    ['RestoreComplete', 'it is complete', [...sound, restore(make.withStatus({ complete: true }))]],
    ['RestoreDeleting', 'it is being deleted', [...sound, restore(make.deleting)]],
    ['PreflightTold', 'its verdict stands', [...sound, restore(), told()]],
    [
      'RestoreRunning',
      'it began long ago',
      [...sound, restore(({ metadata }) => void (metadata.creationTimestamp = '2025-05-31T22:00:00Z'))],
    ],
  ])('says %s and writes nothing when %s', async (reason, _when, world) => {
    const { findings, records = [] } = await decide(world);
    expect(findings.map((f) => f.reason)).toEqual([reason]);
    expect(records).toEqual([]);
  });

  test.each([
    ['PreflightPassed', 'Normal', sound],
    ['PreflightWarned', 'Normal', without('VirtualMachineImage')],
    ['PreflightFailed', 'Warning', replacing(version('v1.4.2'))],
  ])('says %s in an Event of type %s on the restore', async (reason, type, world) => {
    const { findings, records } = await decide([...world, restore()]);
    expect(findings.map((f) => f.reason)).toEqual([reason]);
    expect(records).toMatchObject([{ do: 'recordEvent', event: { type, reason, regarding: at } }]);
  });

  test('a VM that somebody else has made since is', async () => {
    const machine = vm('web', 'finance');
    machine.metadata.creationTimestamp = '2025-05-31T23:59:55Z';
    const { findings } = await decide([...sound, restore(claimed), machine]);
    expect(findings).toMatchObject([{ reason: 'PreflightFailed', message: expect.stringContaining('fail vm:') }]);
  });

  test('a VM that this restore has started is no VM that runs', async () => {
    const machine = vm('web', 'finance', 'Running');
    const onto = restore(claimed, replacingIt);
    make.annotated({ 'restore.harvesterhci.io/last-restore-uid': `r1-${onto.metadata.uid}` })(machine);
    expect((await decide([...sound, onto, machine])).findings.map((f) => f.reason)).toEqual(['PreflightPassed']);
  });

  test('what fails comes before what is only a warning', async () => {
    const { records } = await decide(
      [...without('VirtualMachineImage'), version('v1.4.2'), restore()].filter(
        isBut('StorageClass', 'harvester-longhorn'),
      ),
    );
    const note = (records?.[0] as any).event.note as string;
    expect(note.indexOf('fail storageclass')).toBeLessThan(note.indexOf('warn image'));
  });

  test('what the restore itself has made is not in its way', async () => {
    const machine = vm('web', 'finance');
    make.annotated({ 'restore.harvesterhci.io/last-restore-uid': `r1-${restore().metadata.uid}` })(machine);
    const world = [
      ...sound,
      restore(claimed),
      machine,
      make.claim('restored', 'finance'),
      quota({ persistentvolumeclaims: '1' }, { persistentvolumeclaims: '1' }),
    ];
    expect((await decide(world)).findings.map((f) => f.reason)).toEqual(['PreflightPassed']);
  });
});

test.each([
  ['10Gi', 10 * GiB],
  ['1500m', 1.5],
  ['2k', 2000],
  ['1e3', 1000],
  [7, 7],
  ['.5G', 5e8],
  ['ten', undefined],
  ['10Gb', undefined],
  [undefined, undefined],
])('quantity %p is %p', (text, value) => expect(parseQuantity(text)).toBe(value));
