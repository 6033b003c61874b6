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
const quota = (hard: Record<string, string>, used: Record<string, string> = {}) =>
  make.object('v1', 'ResourceQuota', { name: 'limits', namespace: 'finance' }, { status: { hard, used } });
const vm = (name: string, namespace: string, status?: string) =>
  make.object(
    'kubevirt.io/v1',
    'VirtualMachine',
    { name, namespace },
    {
      spec: { template: { spec: { domain: { devices: { interfaces: [{ macAddress: mac.toLowerCase() }] } } } } },
      ...(status && { status: { printableStatus: status } }),
    },
  );
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
  { when: 'a quota limits what is not asked for', world: [...sound, quota({ pods: '0' })], says: [] },
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
    when: 'a VM snapshot stands on its volumes, and they stay',
    world: [...sound, stopped, vmSnapshot],
    wish: { ...over, retain: true },
    says: [],
  },
];

const something: Row[] = [
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

  test('what the restore itself has made is not in its way', async () => {
    const machine = vm('web', 'finance');
    machine.metadata.creationTimestamp = '2025-05-31T23:59:55Z';
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
