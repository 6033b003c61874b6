/**
 * Short functions that make Kubernetes objects as Harvester, Longhorn and the snapshot controllers leave them behind.
 * Each takes what matters and fills in the rest; `modifiers` come last and change the finished object.
 *
 * Uids are made from kind, namespace and name, so that objects can refer to each other before they exist.
 */
import type { KubeObject, OwnerReference } from '../api/types.ts';
import { backupFinalizer, contentName } from '../controllers/harvester-names.ts';
import { longhornDriver, longhornNamespace } from '../controllers/kinds.ts';
import {
  type BackupShape,
  type LonghornVersion,
  backupVolumeObject,
  completedBackupObject,
  holdAnnotation,
  newBackupObject,
} from '../controllers/longhorn-objects.ts';
import { sha } from '../controllers/objects.ts';
import { asSourceFinalizer, boundFinalizer, contentFinalizer } from '../controllers/snapshot-names.ts';

/** In every secret of every scenario: where it turns up, something leaks. */
export const secretMarker = 'GLEANER-TEST-SECRET';
/** As it looks in plain text, and at the beginning of anything that was base64-encoded. */
export const secretMarkers = [secretMarker, Buffer.from(secretMarker).toString('base64').slice(0, 24)] as const;

export type Modifier = (object: KubeObject) => void;

export function uidFor(kind: string, name: string, namespace = ''): string {
  const hex = sha(`${kind}/${namespace}/${name}`);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** A Longhorn volume (= PV) name for a claim. */
export const volumeOf = (claim: string, namespace = 'prod') =>
  `pvc-${uidFor('PersistentVolumeClaim', claim, namespace)}`;
/** A Longhorn Backup's name for a claim and a VMBackup. */
export const backupOf = (claim: string, vmBackup: string) => `backup-${sha(`${vmBackup}/${claim}`).slice(0, 16)}`;

export function object(
  apiVersion: string,
  kind: string,
  metadata: Partial<KubeObject['metadata']> & { name: string },
  fields: Record<string, unknown> = {},
  ...modifiers: Modifier[]
): KubeObject {
  const uid = uidFor(kind, metadata.name, metadata.namespace);
  const made: KubeObject = { apiVersion, kind, metadata: { uid, ...metadata }, ...fields };
  for (const modify of modifiers) modify(made);
  return made;
}

// Modifiers

export const annotated =
  (annotations: Record<string, string>): Modifier =>
  ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, ...annotations };
  };
export const labelled =
  (labels: Record<string, string>): Modifier =>
  ({ metadata }) => {
    metadata.labels = { ...metadata.labels, ...labels };
  };
export const ownedBy =
  (owner: KubeObject, controller = true): Modifier =>
  ({ metadata }) => {
    metadata.ownerReferences = [...(metadata.ownerReferences ?? []), ownerReference(owner, controller)];
  };
/** In deletion since a moment ago, held by a finalizer of somebody else. */
export const deleting: Modifier = ({ metadata }) => {
  metadata.deletionTimestamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  metadata.deletionGracePeriodSeconds = 0;
  metadata.finalizers = [...(metadata.finalizers ?? []), 'example.com/held'];
};
export const held: Modifier = annotated({ [holdAnnotation]: 'true' });
export const withStatus =
  (status: Record<string, unknown>): Modifier =>
  (made) => {
    made['status'] = { ...made['status'], ...status };
  };
export const withSpec =
  (spec: Record<string, unknown>): Modifier =>
  (made) => {
    made['spec'] = { ...made['spec'], ...spec };
  };

export function ownerReference(owner: KubeObject, controller = true): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid: uid!, ...(controller ? { controller } : {}) };
}

// Longhorn

export const backup = (shape: BackupShape, ...modifiers: Modifier[]) =>
  finish(completedBackupObject({ takenAt: '2025-03-02T01:05:00Z', ...shape }), modifiers);
/** As Longhorn makes it before it has looked at the target: no state, no volume name. */
export const freshBackup = (shape: BackupShape, ...modifiers: Modifier[]) => finish(newBackupObject(shape), modifiers);
export const backupVolume = (volume: string, version: LonghornVersion, ...modifiers: Modifier[]) =>
  finish(backupVolumeObject(volume, version), modifiers);

function finish(made: KubeObject, modifiers: Modifier[]): KubeObject {
  made.metadata.uid ??= uidFor(made.kind, made.metadata.name, made.metadata.namespace);
  if (made['status']) made['status'].lastSyncedAt = '2025-03-02T01:05:25Z';
  for (const modify of modifiers) modify(made);
  return made;
}

export const longhornVolume = (name: string, spec: Record<string, unknown> = {}, ...modifiers: Modifier[]) =>
  object(
    'longhorn.io/v1beta2',
    'Volume',
    { name, namespace: longhornNamespace },
    { spec: { size: '10737418240', dataEngine: 'v1', ...spec }, status: { state: 'detached', conditions: [] } },
    ...modifiers,
  );

// Snapshots

const snapshotApi = 'snapshot.storage.k8s.io/v1';

export interface SnapshotShape {
  name: string;
  namespace?: string;
  /** Pre-provisioned: the content it names. Default `<name>-vsc`, unless `claim` is given. */
  content?: string;
  /** Dynamic: the claim it was taken of. */
  claim?: string;
  className?: string;
  /** Policy of its content: decides over one of its finalizers. */
  policy?: 'Delete' | 'Retain';
}

/** Bound and ready. */
export function snapshot(shape: SnapshotShape, ...modifiers: Modifier[]): KubeObject {
  const { name, namespace = 'prod', claim } = shape;
  const uid = uidFor('VolumeSnapshot', name, namespace);
  const content = claim ? `snapcontent-${uid}` : (shape.content ?? contentName(name));
  return object(
    snapshotApi,
    'VolumeSnapshot',
    { name, namespace, finalizers: [asSourceFinalizer, ...(shape.policy === 'Retain' ? [] : [boundFinalizer])] },
    {
      spec: {
        source: claim ? { persistentVolumeClaimName: claim } : { volumeSnapshotContentName: content },
        volumeSnapshotClassName: shape.className ?? 'longhorn',
      },
      status: {
        boundVolumeSnapshotContentName: content,
        readyToUse: true,
        creationTime: '2025-03-02T01:05:11Z',
      },
    },
    ...modifiers,
  );
}

export interface ContentShape {
  /** Default: `<snapshot>-vsc`, or `snapcontent-<uid>` for a dynamic one. */
  name?: string;
  /** Name of the snapshot it belongs to. */
  snapshot: string;
  namespace?: string;
  handle: string;
  /** Given: dynamic, taken of this volume. */
  volume?: string;
  policy?: 'Delete' | 'Retain';
  driver?: string;
  className?: string;
}

/** Bound and ready. */
export function content(shape: ContentShape, ...modifiers: Modifier[]): KubeObject {
  const { namespace = 'prod', handle, volume } = shape;
  const uid = uidFor('VolumeSnapshot', shape.snapshot, namespace);
  return object(
    snapshotApi,
    'VolumeSnapshotContent',
    {
      name: shape.name ?? (volume ? `snapcontent-${uid}` : contentName(shape.snapshot)),
      finalizers: [contentFinalizer],
    },
    {
      spec: {
        driver: shape.driver ?? longhornDriver,
        deletionPolicy: shape.policy ?? 'Delete',
        volumeSnapshotClassName: shape.className ?? 'longhorn',
        source: volume ? { volumeHandle: volume } : { snapshotHandle: handle },
        volumeSnapshotRef: { name: shape.snapshot, namespace, uid },
      },
      status: { snapshotHandle: handle, readyToUse: true, creationTime: 1_740_877_511_000_000_000 },
    },
    ...modifiers,
  );
}

// Claims and machines

export function claim(name: string, namespace = 'prod', ...modifiers: Modifier[]): KubeObject {
  return object(
    'v1',
    'PersistentVolumeClaim',
    // As Kubernetes notes it on every claim that it has a volume made for.
    { name, namespace, annotations: { 'volume.kubernetes.io/storage-provisioner': longhornDriver } },
    { spec: { ...claimSpec, volumeName: volumeOf(name, namespace) }, status: { phase: 'Bound' } },
    ...modifiers,
  );
}

export const claimSpec = {
  accessModes: ['ReadWriteMany'],
  resources: { requests: { storage: '10Gi' } },
  storageClassName: 'harvester-longhorn',
  volumeMode: 'Block',
};

export function persistentVolume(claimName: string, namespace = 'prod', ...modifiers: Modifier[]): KubeObject {
  const name = volumeOf(claimName, namespace);
  const uid = uidFor('PersistentVolumeClaim', claimName, namespace);
  return object(
    'v1',
    'PersistentVolume',
    { name },
    {
      spec: {
        accessModes: claimSpec.accessModes,
        capacity: { storage: '10Gi' },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: claimName, namespace, uid },
        csi: { driver: longhornDriver, volumeHandle: name },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: claimSpec.storageClassName,
        volumeMode: claimSpec.volumeMode,
      },
      status: { phase: 'Bound' },
    },
    ...modifiers,
  );
}

/** A VM's spec with one disk per claim, named `disk-0`, `disk-1` … */
function machineSpec(claims: readonly string[]): Record<string, unknown> {
  const volumes = claims.map((claimName, index) => ({
    name: `disk-${index}`,
    persistentVolumeClaim: { claimName },
  }));
  return {
    runStrategy: 'RerunOnFailure',
    template: { metadata: {}, spec: { domain: { devices: {} }, volumes } },
  };
}

export const machine = (name: string, namespace: string, claims: readonly string[], ...modifiers: Modifier[]) =>
  object('kubevirt.io/v1', 'VirtualMachine', { name, namespace }, { spec: machineSpec(claims) }, ...modifiers);

export interface InstanceShape {
  name: string;
  namespace?: string;
  /** Whether its guest agent is connected. */
  agent?: boolean;
  /** Since when it runs. */
  since?: string;
}

/** A VM while it runs, with the cloud-init of its spec. */
export function instance(shape: InstanceShape, ...modifiers: Modifier[]): KubeObject {
  const { name, namespace = 'prod', agent = false, since = '2025-03-01T08:00:00Z' } = shape;
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: since, lastTransitionTime: since });
  const userData = `#cloud-config\npassword: ${secretMarker}`;
  const uid = uidFor('VirtualMachine', name, namespace);
  const owner = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name, uid, controller: true };
  return object(
    'kubevirt.io/v1',
    'VirtualMachineInstance',
    { name, namespace, ownerReferences: [owner] },
    {
      spec: { domain: { devices: {} }, volumes: [{ name: 'cloudinit', cloudInitNoCloud: { userData } }] },
      status: {
        phase: 'Running',
        phaseTransitionTimestamps: [{ phase: 'Running', phaseTransitionTimestamp: since }],
        conditions: [condition('Ready'), ...(agent ? [condition('AgentConnected')] : [])],
      },
    },
    ...modifiers,
  );
}

// Harvester's own

const harvesterApi = 'harvesterhci.io/v1beta1';

export interface EntryShape {
  /** Default `<vmBackup>-volume-<claim>`. */
  name?: string;
  vmBackup: string;
  namespace?: string;
  /** Name inside the VM, e.g. `disk-0`. */
  volumeName: string;
  claim: string;
  /** Longhorn volume. Default: the claim's. */
  volume?: string;
  /** Longhorn Backup; null leaves the field out. */
  backup?: string | null;
  driver?: string;
}

/** One entry of `status.volumeBackups`, as it is once the backup is finished. */
export function volumeEntry(shape: EntryShape): Record<string, unknown> {
  const { vmBackup, namespace = 'prod', claim: claimName, driver = longhornDriver } = shape;
  const backupName = shape.backup === undefined ? backupOf(claimName, vmBackup) : shape.backup;
  return {
    name: shape.name ?? `${vmBackup}-volume-${claimName}`,
    volumeName: shape.volumeName,
    csiDriverName: driver,
    persistentVolumeClaim: {
      metadata: { name: claimName, namespace },
      spec: { ...claimSpec, volumeName: shape.volume ?? volumeOf(claimName, namespace) },
    },
    volumeSize: 10 * 2 ** 30,
    progress: 100,
    ...(backupName === null ? {} : { longhornBackupName: backupName }),
  };
}

export interface VMBackupShape {
  name: string;
  namespace?: string;
  /** Of the VM it was taken of. Default `web`. */
  vm?: string;
  type?: 'backup' | 'snapshot';
  entries: Record<string, unknown>[];
  target?: { endpoint: string; bucketName: string; bucketRegion: string };
}

/** Ready, with its secrets. */
export function vmBackup(shape: VMBackupShape, ...modifiers: Modifier[]): KubeObject {
  const { name, namespace = 'prod', vm = 'web', type = 'backup', entries } = shape;
  const claims = entries.map((entry: any) => entry.persistentVolumeClaim.metadata.name);
  return object(
    harvesterApi,
    'VirtualMachineBackup',
    { name, namespace, finalizers: [backupFinalizer] },
    {
      spec: { type, source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: vm } },
      status: {
        readyToUse: true,
        progress: 100,
        creationTime: '2025-03-02T01:05:11Z',
        ...(type === 'backup' ? { backupTarget: shape.target ?? sandboxTarget } : {}),
        csiDriverVolumeSnapshotClassNames: Object.fromEntries(
          entries.map((entry) => [entry['csiDriverName'], type === 'backup' ? 'longhorn' : 'longhorn-snapshot']),
        ),
        source: { metadata: { name: vm, namespace }, spec: machineSpec(claims) },
        volumeBackups: entries,
        secretBackups: [
          { name: `${vm}-credentials`, data: { password: Buffer.from(`${secretMarker}-${name}`).toString('base64') } },
        ],
        conditions: [
          { type: 'InProgress', status: 'False', message: 'Operation complete' },
          { type: 'Ready', status: 'True', message: 'Operation complete' },
          ...(type === 'backup' ? [{ type: 'MetadataReady', status: 'True' }] : []),
        ],
      },
    },
    ...modifiers,
  );
}

/** The target of every scenario: what its Setting says and what its backups say. */
export const sandboxTarget = { endpoint: '', bucketName: 'vm-backups', bucketRegion: 'eu-central-1' };

export interface RestoreShape {
  name: string;
  namespace: string;
  backup: string;
  backupNamespace?: string;
  /** Name of the VM to make. Default `<backup>-restored`. */
  target?: string;
}

/** Just created: what Harvester makes of it is up to Harvester. */
export const vmRestore = (shape: RestoreShape, ...modifiers: Modifier[]) =>
  object(
    harvesterApi,
    'VirtualMachineRestore',
    { name: shape.name, namespace: shape.namespace },
    {
      spec: {
        newVM: true,
        deletionPolicy: 'retain',
        target: {
          apiGroup: 'kubevirt.io',
          kind: 'VirtualMachine',
          name: shape.target ?? `${shape.backup}-restored`,
        },
        virtualMachineBackupName: shape.backup,
        virtualMachineBackupNamespace: shape.backupNamespace ?? 'prod',
      },
    },
    ...modifiers,
  );

export const schedule = (name: string, namespace: string, vm: string, ...modifiers: Modifier[]) =>
  object(
    harvesterApi,
    'ScheduleVMBackup',
    { name, namespace },
    {
      spec: {
        cron: '0 1 * * *',
        retain: 8,
        maxFailure: 4,
        suspend: false,
        vmbackup: { type: 'backup', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: vm } },
      },
    },
    ...modifiers,
  );

export const setting = (name: string, fields: { value?: string; default?: string }, ...modifiers: Modifier[]) =>
  object(harvesterApi, 'Setting', { name }, fields, ...modifiers);

export const namespaceObject = (name: string) => object('v1', 'Namespace', { name });

/** A csi-snapshotter as a driver's chart deploys it: the driver's name is in the path of its socket. */
export const snapshotterDeployment = (driver: string, namespace: string, ...modifiers: Modifier[]) =>
  object(
    'apps/v1',
    'Deployment',
    { name: 'csi-snapshotter', namespace },
    {
      spec: {
        replicas: 1,
        template: {
          spec: {
            containers: [
              {
                name: 'csi-snapshotter',
                image: 'example.com/csi-snapshotter:v8.2.0',
                args: ['--csi-address=$(ADDRESS)', '--leader-election'],
                env: [
                  { name: 'ADDRESS', value: '/csi/csi.sock' },
                  { name: 'PASSWORD', value: secretMarker },
                ],
              },
            ],
            volumes: [{ name: 'socket-dir', hostPath: { path: `/var/lib/kubelet/plugins/${driver}` } }],
          },
        },
      },
      status: { replicas: 1, readyReplicas: 1 },
    },
    ...modifiers,
  );

export const snapshotClass = (name: string, driver: string, parameters: Record<string, string> = {}) =>
  object(
    'snapshot.storage.k8s.io/v1',
    'VolumeSnapshotClass',
    { name },
    { driver, deletionPolicy: 'Delete', parameters },
  );

export const storageClass = (name: string, provisioner: string, parameters: Record<string, string> = {}) =>
  object(
    'storage.k8s.io/v1',
    'StorageClass',
    { name },
    { provisioner, reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', parameters },
  );

export const csiDriver = (name: string) =>
  object('storage.k8s.io/v1', 'CSIDriver', { name }, { spec: { attachRequired: true } });
