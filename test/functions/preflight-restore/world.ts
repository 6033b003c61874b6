import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import type { Check } from '../../../shared/restore/check.ts';
import { preflight } from '../../../shared/restore/checks.ts';
import type { RestoreRequest } from '../../../shared/restore/seen-preflight.ts';
import { readPreflight } from '../../../shared/restore/read.ts';
import { readerOf } from '../../gen/reader.ts';

/** A VMBackup of one volume, all that its restore needs, and what may be wrong with it. */

export const nowMs = Date.parse('2025-06-01T00:00:00Z');
export const V = make.volumeOf('data');
export const B = make.backupOf('data', 'nightly');
export const N = 'nightly-volume-data';
const mac = '52:54:00:AA:BB:CC';
export const GiB = 2 ** 30;

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
/** As Harvester makes it of its limits, with overcommitment. */
export const asking: make.Modifier = (o) => {
  const spec = structuredClone(machineSpec) as any;
  spec.template.spec.domain.resources.requests = { cpu: '250m', memory: '5461Mi' };
  o['status'].source.spec = spec;
};
const imaged = (entry: any) => {
  entry.persistentVolumeClaim.metadata.annotations = { 'harvesterhci.io/imageId': 'default/image-x' };
  return entry;
};
export const vmb = (...modifiers: make.Modifier[]) =>
  make.vmBackup(
    {
      name: 'nightly',
      entries: [imaged(make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' }))],
    },
    (o) => void (o['status'].source.spec = machineSpec),
    ...modifiers,
  );
export const version = (value: string) => make.setting('server-version', { value });
export const image = () =>
  make.object('harvesterhci.io/v1beta1', 'VirtualMachineImage', { name: 'image-x', namespace: 'default' });
const pair = (handle: string) => [
  make.snapshot({ name: N }, make.ownedBy(vmb())),
  make.content({ snapshot: N, handle }),
];
const longhorn = () => [make.backup({ volume: V, backup: B, version: '1.9' }), make.backupVolume(V, '1.9')];
export const sound = [...baseWorld(), vmb(), ...pair(`bak://${V}/${B}`), ...longhorn(), version('v1.6.1'), image()];
export const isBut = (kind: string, name: string) => (o: KubeObject) => !(o.kind === kind && o.metadata.name === name);
export const without = (kind: string) => sound.filter((o) => o.kind !== kind);
export const replacing = (...objects: KubeObject[]) => [
  ...sound.filter((o) => objects.every((x) => isBut(x.kind, x.metadata.name)(o))),
  ...objects,
];
export const wrongPair = pair(`bs://data/${B}`);
export const quota = (hard: Record<string, string>, used: Record<string, string> = {}, namespace = 'finance') =>
  make.object('v1', 'ResourceQuota', { name: 'limits', namespace }, { status: { hard, used } });
export const vm = (name: string, namespace: string, status?: string) =>
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
export const unready: make.Modifier = (o) => void delete o['status'].ready;
export const scheduled = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/daily' });

const backup = { ...ref('VirtualMachineBackup', 'nightly', 'prod'), namespace: 'prod' };
export const elsewhere: RestoreRequest = { backup, to: 'finance', newVM: true, keepMacAddress: false };
export const atHome: RestoreRequest = { ...elsewhere, to: 'prod', machine: 'copy' };
export const run = async (
  world: readonly KubeObject[],
  request: RestoreRequest = elsewhere,
  reader: Reader = readerOf(world),
) => preflight(await readPreflight(reader, request), nowMs);
export const bad = (checks: readonly Check[]) =>
  checks.filter(({ result }) => result !== 'pass').map(({ name, result }) => `${result} ${name}`);

export const over: Partial<RestoreRequest> = { to: 'prod', newVM: false };
export const stopped = vm('web', 'prod', 'Stopped');
export const onNetwork = (networkName: string) =>
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
export const network = (name: string, namespace: string) =>
  make.object('k8s.cni.cncf.io/v1', 'NetworkAttachmentDefinition', { name, namespace });
export const other = (shape: Partial<make.RestoreShape>, ...modifiers: make.Modifier[]) =>
  make.vmRestore({ name: 'other', namespace: 'prod', backup: 'nightly', ...shape }, ...modifiers);
export const keeping: make.Modifier = (o) => void (o['spec'].keepMacAddress = true);
export const replacingIt: make.Modifier = (o) => void (o['spec'].newVM = false);
export const complete = make.withStatus({ complete: true });
export const vmSnapshot = make.vmBackup({
  name: 'before-upgrade',
  type: 'snapshot',
  entries: [make.volumeEntry({ vmBackup: 'before-upgrade', volumeName: 'disk-0', claim: 'data' })],
});

export const inUse = (...modifiers: make.Modifier[]) => {
  const one = vm('web', 'prod', 'Running');
  for (const modify of modifiers) modify(one);
  return one;
};
/** The VM that the backup was taken of, with its disk. */
export const sourceVM = (...modifiers: make.Modifier[]) =>
  make.machine('web', 'prod', ['data'], (o) => void (o['status'] = { printableStatus: 'Stopped' }), ...modifiers);
export const withoutMacs: make.Modifier = (o) => {
  const spec = structuredClone(machineSpec) as any;
  delete spec.template.spec.domain.devices.interfaces;
  o['status'].source.spec = spec;
};
export const takenOf = (uid: string): make.Modifier => make.withStatus({ sourceUID: uid });
export const classLike = (fields: Record<string, unknown>) => {
  const own = sound.find((o) => o.kind === 'StorageClass')!;
  return { ...own, ...fields };
};
export const ofClass = (storageClassName: string | undefined) =>
  vmb((o) => {
    const { spec } = o['status'].volumeBackups[0].persistentVolumeClaim;
    spec.storageClassName = storageClassName;
    if (storageClassName === undefined) delete spec.storageClassName;
  });
export const limits = (type: string, fields: Record<string, unknown>) =>
  make.object(
    'v1',
    'LimitRange',
    { name: 'bounds', namespace: 'finance' },
    { spec: { limits: [{ type, ...fields }] } },
  );
export const imageClass = classLike({ parameters: { backingImage: 'vmi-x' } });
export const backingImage = make.object('longhorn.io/v1beta2', 'BackingImage', {
  name: 'vmi-x',
  namespace: 'longhorn-system',
});
export const runsWithMac = (name: string, namespace: string) =>
  make.instance({ name, namespace }, (o) => void (o['status'].interfaces = [{ mac: mac.toLowerCase() }]));
export const failing = make.withStatus({
  complete: false,
  conditions: [{ type: 'InProgress', status: 'False', reason: 'Error' }],
});
export const lazily = classLike({ volumeBindingMode: 'WaitForFirstConsumer' });
export const strategy = (runStrategy: string) =>
  vmb((o) => void (o['status'].source.spec = { ...machineSpec, runStrategy }));
/** A backup of type snapshot of the VM, with the pair that was taken here. */
export const onlyHere = (...modifiers: make.Modifier[]) => [
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
export const home: Partial<RestoreRequest> = { to: 'prod', machine: 'copy' };
export const noPair = ({ kind }: KubeObject) => !['VolumeSnapshot', 'VolumeSnapshotContent'].includes(kind);
export const misnamed = () => [
  make.snapshot({ name: N, content: 'by-hand' }, make.ownedBy(vmb())),
  make.content({ snapshot: N, name: 'by-hand', handle: `bak://${V}/${B}` }),
];
export const lacking = (world: KubeObject[], kind: string) => world.filter((o) => o.kind !== kind);

/** The backed-up disk may be written to by several VMs at once. */
export const shareable: make.Modifier = (o) => {
  const spec = structuredClone(o['status'].source.spec);
  spec.template.spec.domain.devices.disks = [{ name: 'disk-0', shareable: true }];
  o['status'].source.spec = spec;
};
/** Another VM that has the same volume. */
export const sharer = (claim = 'data', ...modifiers: make.Modifier[]) =>
  make.machine('twin', 'prod', [claim], ...modifiers);
/** The content says what the volume was that it was taken of. */
export const modeOfContent = (sourceVolumeMode: string, allowed?: string) =>
  sound.map((o) => {
    if (o.kind !== 'VolumeSnapshotContent') return o;
    const annotations = allowed && { 'snapshot.storage.kubernetes.io/allow-volume-mode-change': allowed };
    return { ...o, metadata: { ...o.metadata, annotations }, spec: { ...o['spec'], sourceVolumeMode } } as KubeObject;
  });

export interface Row {
  when: string;
  world: KubeObject[];
  request?: Partial<RestoreRequest>;
  says: string[];
}
