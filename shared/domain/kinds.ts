/** The kinds that Gleaner reads or writes, and where the API server serves them. */
export const kinds = {
  VirtualMachineBackup: kind('harvesterhci.io/v1beta1', 'virtualmachinebackups', true),
  VirtualMachineRestore: kind('harvesterhci.io/v1beta1', 'virtualmachinerestores', true),
  VolumeRemoteBackup: kind('harvesterhci.io/v1beta1', 'volumeremotebackups', true),
  VolumeSnapshot: kind('snapshot.storage.k8s.io/v1', 'volumesnapshots', true),
  VolumeSnapshotContent: kind('snapshot.storage.k8s.io/v1', 'volumesnapshotcontents', false),
  VolumeSnapshotClass: kind('snapshot.storage.k8s.io/v1', 'volumesnapshotclasses', false),
  Backup: kind('longhorn.io/v1beta2', 'backups', true),
  BackupVolume: kind('longhorn.io/v1beta2', 'backupvolumes', true),
  BackupTarget: kind('longhorn.io/v1beta2', 'backuptargets', true),
  BackingImage: kind('longhorn.io/v1beta2', 'backingimages', true),
  BackupBackingImage: kind('longhorn.io/v1beta2', 'backupbackingimages', true),
  Volume: kind('longhorn.io/v1beta2', 'volumes', true),
  Engine: kind('longhorn.io/v1beta2', 'engines', true),
  PersistentVolumeClaim: kind('v1', 'persistentvolumeclaims', true),
  PersistentVolume: kind('v1', 'persistentvolumes', false),
  Pod: kind('v1', 'pods', true),
  ConfigMap: kind('v1', 'configmaps', true),
  Deployment: kind('apps/v1', 'deployments', true),
  Lease: kind('coordination.k8s.io/v1', 'leases', true),
  Namespace: kind('v1', 'namespaces', false),
  ResourceQuota: kind('v1', 'resourcequotas', true),
  LimitRange: kind('v1', 'limitranges', true),
  StorageClass: kind('storage.k8s.io/v1', 'storageclasses', false),
  CSIDriver: kind('storage.k8s.io/v1', 'csidrivers', false),
  VirtualMachine: kind('kubevirt.io/v1', 'virtualmachines', true),
  NetworkAttachmentDefinition: kind('k8s.cni.cncf.io/v1', 'network-attachment-definitions', true),
  VirtualMachineInstance: kind('kubevirt.io/v1', 'virtualmachineinstances', true),
  VirtualMachineImage: kind('harvesterhci.io/v1beta1', 'virtualmachineimages', true),
  ScheduleVMBackup: kind('harvesterhci.io/v1beta1', 'schedulevmbackups', true),
  Setting: kind('harvesterhci.io/v1beta1', 'settings', false),
  Event: kind('events.k8s.io/v1', 'events', true),
  PolicyReport: kind('wgpolicyk8s.io/v1alpha2', 'policyreports', true),
  Report: kind('openreports.io/v1alpha1', 'reports', true),
  ClusterPolicyReport: kind('wgpolicyk8s.io/v1alpha2', 'clusterpolicyreports', false),
  ClusterReport: kind('openreports.io/v1alpha1', 'clusterreports', false),
  CronJob: kind('batch/v1', 'cronjobs', true),
  PingSource: kind('sources.knative.dev/v1', 'pingsources', true),
} as const;

export type KindName = keyof typeof kinds;

/** Where the API server serves a kind. */
export interface KindInfo {
  readonly apiVersion: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function kind<V extends string>(
  apiVersion: V,
  plural: string,
  namespaced: boolean,
): KindInfo & { readonly apiVersion: V } {
  const slash = apiVersion.indexOf('/');
  return { apiVersion, group: slash < 0 ? '' : apiVersion.slice(0, slash), plural, namespaced };
}

/** Refers to one object by name. */
export interface Ref {
  readonly kind: KindName;
  readonly name: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
}

/** Builds a Ref. Drops the namespace of cluster-scoped kinds, and an empty one. */
export const ref = (kind: KindName, name: string, namespace?: string): Ref =>
  namespace !== undefined && namespace !== '' && kinds[kind].namespaced ? { kind, name, namespace } : { kind, name };

/** Names the object as in messages: `VolumeSnapshot prod/web-0`. */
export const describeRef = (r: Ref): string =>
  `${r.kind} ${r.namespace === undefined ? '' : `${r.namespace}/`}${r.name}`;

/** A key that is equal for equal references. */
export const refKey = (r: Ref): string => `${r.kind}/${r.namespace ?? ''}/${r.name}`;

export const isKindName = (text: string): text is KindName => Object.hasOwn(kinds, text);

/** The namespace of an object; `undefined` if it is cluster-scoped. */
export const namespaceOf = ({ metadata }: { readonly metadata: object }): string | undefined =>
  'namespace' in metadata && typeof metadata.namespace === 'string' ? metadata.namespace : undefined;
