import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { Row } from './world.ts';
import {
  V,
  B,
  vmb,
  version,
  image,
  sound,
  asking,
  isBut,
  without,
  replacing,
  quota,
  vm,
  unready,
  scheduled,
  elsewhere,
  atHome,
  run,
  bad,
  over,
  stopped,
  onNetwork,
  network,
  other,
  keeping,
  replacingIt,
  vmSnapshot,
  inUse,
  sourceVM,
  withoutMacs,
  takenOf,
  classLike,
  ofClass,
  limits,
  imageClass,
  runsWithMac,
  failing,
  lazily,
  strategy,
  home,
  noPair,
  misnamed,
  lacking,
  onlyHere,
  wrongPair,
  shareable,
  sharer,
  modeOfContent,
} from './world.ts';

const something: Row[] = [
  { when: 'it is of type snapshot, at home', world: replacing(...onlyHere()), request: home, says: ['warn backup'] },
  { when: 'it is of type snapshot, and goes elsewhere', world: replacing(...onlyHere()), says: ['fail backup'] },
  {
    when: 'it is of type snapshot and not ready',
    world: replacing(...onlyHere(make.withStatus({ readyToUse: false, error: { message: 'x' } }))),
    request: home,
    says: ['fail backup'],
  },
  {
    when: 'it is of type snapshot and its snapshot is gone',
    world: lacking(replacing(...onlyHere()), 'VolumeSnapshot'),
    request: home,
    says: ['warn backup', 'fail volume'],
  },
  {
    when: 'it is of type snapshot on a driver that is not there',
    world: replacing(...onlyHere((o) => void (o['status'].volumeBackups[0].csiDriverName = 'lvm'))),
    request: home,
    says: ['warn backup', 'fail driver', 'fail storageclass'],
  },
  {
    when: 'it is of type snapshot and the target is away',
    world: lacking(replacing(...onlyHere()), 'BackupTarget'),
    request: home,
    says: ['warn backup'],
  },
  {
    when: 'a volume records no Longhorn backup, on 1.6',
    world: replacing(vmb((o) => void delete o['status'].volumeBackups[0].longhornBackupName)),
    request: home,
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
    request: { keepMacAddress: true },
    says: ['fail mac'],
  },
  {
    when: 'something runs with its MAC, and it keeps it',
    world: [...sound, runsWithMac('twin', 'prod')],
    request: { keepMacAddress: true },
    says: ['fail mac'],
  },
  {
    when: 'another VM has its MAC, and the VM is restored over',
    world: [...sound, stopped, vm('twin', 'finance', 'Stopped')],
    request: over,
    says: ['fail mac'],
  },
  {
    when: 'an instance runs under its name without a VM',
    world: [...sound, make.instance({ name: 'web', namespace: 'finance' })],
    says: ['fail vm'],
  },
  { when: 'its name is too long for a label', world: sound, request: { machine: 'x'.repeat(64) }, says: ['fail vm'] },
  {
    when: 'the VM to restore over crashes and is not ready',
    world: [...sound, vm('web', 'prod', 'CrashLoopBackOff')],
    request: over,
    says: ['warn vm'],
  },
  {
    when: 'the VM to restore over runs and is not ready',
    world: [...sound, inUse(unready)],
    request: over,
    says: ['warn vm'],
  },
  {
    when: 'the VM to restore over is being deleted',
    world: [...sound, vm('web', 'prod', 'Stopped')].map((o) =>
      o.kind === 'VirtualMachine'
        ? { ...o, metadata: { ...o.metadata, deletionTimestamp: '2025-05-31T00:00:00Z' } }
        : o,
    ),
    request: over,
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
    request: over,
    says: ['warn restores'],
  },
  {
    when: 'memory is short for the VM that is restored over, which is stopped',
    world: [...sound, stopped, quota({ 'limits.memory': '7Gi' }, {}, 'prod')],
    request: over,
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
  ...(
    [
      ['requests.memory', '5Gi', 'fail quota'],
      ['memory', '5Gi', 'fail quota'],
      ['cpu', '200m', 'fail quota'],
      ['requests.memory', '5600Mi', 'warn quota'],
    ] as const
  ).map(([what, hard, says]) => ({
    when: `a quota has ${hard} of ${what} for a VM that asks for less than its limits`,
    world: [...replacing(vmb(asking)), quota({ [what]: hard })],
    says: [says],
  })),
  {
    when: 'a container must ask for more than the VM does, whose limits are above it',
    world: [...replacing(vmb(asking)), limits('Container', { min: { cpu: '500m' } })],
    says: ['fail limits'],
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
    request: over,
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
    request: { ...over, machine: 'copy' },
    says: ['fail version'],
  },
  {
    when: 'the content has another name than Harvester 1.6 looks for',
    world: sound.filter(noPair).concat(misnamed()),
    request: home,
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
  ...(
    [
      ['is not there', sound.filter((o) => isBut('Setting', 'backup-target')(o))],
      ['is empty', replacing(make.setting('backup-target', { value: '' }))],
      ['cannot be read', replacing(make.setting('backup-target', { value: '{"type":"s3"' }))],
      ['names another bucket', replacing(make.setting('backup-target', { value: '{"type":"s3","bucketName":"new"}' }))],
      ['names a share', replacing(make.setting('backup-target', { value: '{"type":"nfs","endpoint":"nfs://h:/x"}' }))],
    ] as const
  ).map(([what, world]) => ({
    when: `the setting of the target ${what}, and Longhorn is connected all the same`,
    world: [...world],
    says: ['fail target'],
  })),
  { when: 'the backup is lost', world: without('Backup'), says: ['fail volume'] },
  { when: 'the BackupVolume is lost', world: without('BackupVolume'), says: ['fail volume'] },
  {
    when: 'the snapshot is lost, and it goes home',
    world: without('VolumeSnapshot'),
    request: atHome,
    says: ['fail volume'],
  },
  { when: 'the driver is not there', world: without('CSIDriver'), says: ['fail driver'] },
  { when: 'the namespace is not there', world: sound, request: { to: 'nowhere' }, says: ['fail namespace'] },
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
  { when: 'there is no VM to restore over', world: sound, request: { to: 'prod', newVM: false }, says: ['fail vm'] },
  {
    when: 'the VM to restore over runs',
    world: [...sound, vm('web', 'prod', 'Running')],
    request: { to: 'prod', newVM: false },
    says: ['fail vm'],
  },
  {
    when: 'another VM has its MAC, and it keeps it',
    world: [...sound, vm('twin', 'prod')],
    request: { keepMacAddress: true },
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
    request: atHome,
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
    request: { keepMacAddress: true },
    says: ['fail restores'],
  },
  {
    when: 'another restore onto the same VM is in progress',
    world: [...sound, stopped, other({ namespace: 'prod', target: 'web' }, replacingIt)],
    request: over,
    says: ['fail restores'],
  },
  {
    when: 'a VM snapshot stands on the volumes that would go',
    world: [...sound, stopped, vmSnapshot],
    request: over,
    says: ['fail old volumes'],
  },
  {
    when: 'another VM uses the volume that 1.6 would delete',
    world: [...sound, stopped, sharer()],
    request: over,
    says: ['fail sharing'],
  },
  {
    when: 'another VM uses the volume that 1.4 would delete',
    world: [...replacing(version('v1.4.2')), stopped, sharer()],
    request: over,
    says: ['fail sharing'],
  },
  {
    when: 'another VM uses the volume that the VM has today, and 1.8 deletes that',
    world: [...replacing(version('v1.8.0')), make.machine('web', 'prod', ['newer']), sharer('newer')],
    request: over,
    says: ['fail sharing'],
  },
  {
    when: 'another VM uses one of the volumes, and what Harvester deletes is not known',
    world: [...replacing(version('v1.7.0')), sourceVM(), sharer()],
    request: over,
    says: ['warn sharing'],
  },
  { when: 'a disk is shareable', world: replacing(vmb(shareable)), says: ['warn sharing'] },
  {
    when: 'a disk is shareable, and the VM is restored over',
    world: [...replacing(vmb(shareable)), stopped],
    request: over,
    says: ['warn sharing'],
  },
  {
    when: 'the content is of a file system, at home',
    world: modeOfContent('Filesystem'),
    request: atHome,
    says: ['fail volume'],
  },
  {
    when: 'the content is of a file system, and does not allow another mode',
    world: modeOfContent('Filesystem', 'false'),
    request: atHome,
    says: ['fail volume'],
  },
  {
    when: 'the content of a VM snapshot is of a file system',
    world: replacing(...onlyHere()).map((o) =>
      o.kind === 'VolumeSnapshotContent' ? { ...o, spec: { ...o['spec'], sourceVolumeMode: 'Filesystem' } } : o,
    ),
    request: home,
    says: ['warn backup', 'fail volume'],
  },
  { when: 'the VM’s name is none', world: sound, request: { machine: 'Web_Copy' }, says: ['fail vm'] },
  {
    when: 'Harvester does not say its version',
    world: sound.filter(isBut('Setting', 'server-version')),
    says: ['unknown version'],
  },
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
    request: atHome,
    says: ['warn volume', 'warn version'],
  },
  {
    when: 'the handle is wrong at home, on 1.4',
    world: replacing(...wrongPair, version('v1.4.1')),
    request: atHome,
    says: ['warn volume', 'fail version'],
  },
  {
    when: 'the handle is wrong at home, on 1.9',
    world: replacing(...wrongPair, version('v1.9.0-rc6')),
    request: atHome,
    says: ['warn volume', 'fail version'],
  },
];

describe('a preflight', () => {
  test.each(something)('says $says when $when', async ({ world, request, says }) => {
    const checks = await run(world, { ...elsewhere, ...request });
    expect(bad(checks)).toEqual(says);
    for (const { result, cure, message } of checks) {
      expect(message).not.toMatch(/undefined|null|\[object/);
      if (result === 'pass') expect(cure).toBeUndefined();
    }
  });
});
