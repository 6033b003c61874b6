import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { Row } from './world.ts';
import {
  asking,
  GiB,
  vmb,
  version,
  sound,
  replacing,
  quota,
  vm,
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
  complete,
  vmSnapshot,
  sourceVM,
  takenOf,
  classLike,
  ofClass,
  limits,
  imageClass,
  backingImage,
  runsWithMac,
  failing,
  lazily,
  home,
  noPair,
  misnamed,
  wrongPair,
  shareable,
  sharer,
  modeOfContent,
} from './world.ts';

const nothing: Row[] = [
  { when: 'all is well', world: sound, says: [] },
  { when: 'it goes back into its own namespace', world: sound, request: atHome, says: [] },
  {
    when: 'it goes over a VM that is stopped',
    world: [...sound, vm('web', 'prod', 'Stopped')],
    request: { to: 'prod', newVM: false },
    says: [],
  },
  {
    when: 'the quota has room',
    world: [...sound, quota({ 'requests.storage': '20Gi' }, { 'requests.storage': '10Gi' })],
    says: [],
  },
  {
    when: 'quota and limits have room for what the VM asks for, if not for its limits',
    world: [
      ...replacing(vmb(asking)),
      quota({ 'requests.memory': '6Gi', 'requests.cpu': '250m' }),
      limits('Container', { min: { cpu: '250m', memory: '5Gi' } }),
    ],
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
    request: { keepMacAddress: true },
    says: [],
  },
  {
    when: 'another restore onto the VM is over',
    world: [...sound, stopped, other({ namespace: 'prod', target: 'web' }, replacingIt, complete)],
    request: over,
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
    request: over,
    says: [],
  },
  {
    when: 'another restore of another backup kept its MACs in a VM of the name',
    world: [
      ...sound,
      make.vmRestore({ name: 'other', namespace: 'finance', backup: 'weekly', target: 'web' }, keeping, complete),
    ],
    request: { keepMacAddress: true },
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
    request: over,
    says: [],
  },
  {
    when: 'the VM that it was taken of is gone, and the volumes stay',
    world: replacing(version('v1.8.0')).concat(vm('copy', 'prod', 'Stopped')),
    request: { ...over, machine: 'copy', retain: true },
    says: [],
  },
  {
    when: 'the VM that it was taken of is gone, and Harvester goes by the backup',
    world: [...sound, vm('copy', 'prod', 'Stopped')],
    request: { ...over, machine: 'copy' },
    says: [],
  },
  {
    when: 'the content has another name, and Harvester does not look',
    world: replacing(version('v1.4.2')).filter(noPair).concat(misnamed()),
    request: home,
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
    request: home,
    says: [],
  },
  {
    when: 'another VM uses its volume, which stays',
    world: [...sound, stopped, sharer()],
    request: { ...over, retain: true },
    says: [],
  },
  {
    when: 'another VM uses its volume, and the restored VM is new',
    world: [...sound, sharer()],
    request: home,
    says: [],
  },
  {
    when: 'another VM that uses its volume is going',
    world: [...sound, stopped, sharer('data', make.deleting)],
    request: over,
    says: [],
  },
  { when: 'another VM uses another volume', world: [...sound, stopped, sharer('other')], request: over, says: [] },
  {
    when: 'another VM uses the volume that was backed up, and 1.8 deletes those of today',
    world: [...replacing(version('v1.8.0')), make.machine('web', 'prod', ['newer']), sharer()],
    request: over,
    says: [],
  },
  {
    when: 'a shareable disk is none of those that were backed up',
    world: replacing(
      vmb(shareable, (o) => void (o['status'].source.spec.template.spec.domain.devices.disks[0].name = 'x')),
    ),
    says: [],
  },
  {
    when: 'its content says that it is of a device, as the claim is',
    world: modeOfContent('Block'),
    request: atHome,
    says: [],
  },
  { when: 'its content allows another mode', world: modeOfContent('Filesystem', 'true'), request: atHome, says: [] },
  { when: 'its content is of another mode, and is not used elsewhere', world: modeOfContent('Filesystem'), says: [] },
  {
    when: 'a VM snapshot stands on its volumes, and they stay',
    world: [...sound, stopped, vmSnapshot],
    request: { ...over, retain: true },
    says: [],
  },
];

describe('a preflight', () => {
  test.each(nothing)('has nothing against it when $when', async ({ world, request }) => {
    expect(bad(await run(world, { ...elsewhere, ...request }))).toEqual([]);
  });
});
