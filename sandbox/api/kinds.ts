/** The table of everything served: one row per kind. A kind is added by adding a row. */
import * as crds from './crds.ts';
import { COLUMNS } from './columns.ts';
import type { Column } from './columns.ts';
import { BUILT_IN_RULES } from './builtins.ts';
import type { BuiltInRules } from './builtins.ts';
import type { Schema } from './schema.ts';
import type { KindId, KindTraits, KubeObject } from './types.ts';

export interface Kind extends KindTraits {
  schema: Schema | undefined;
  rules: BuiltInRules | undefined;
  columns: readonly Column[];
}

/** `ns` or `cluster`, then any of: `status`, `generation`, `upsert`, `returns`, `loose`, `readonly`, `all`. */
type Row = [kind: string, plural: string, short: string, traits: string];

const BUILT_IN: Record<string, Row[]> = {
  v1: [
    ['Namespace', 'namespaces', 'ns', 'cluster status'],
    ['Node', 'nodes', 'no', 'cluster status'],
    ['PersistentVolume', 'persistentvolumes', 'pv', 'cluster status returns'],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc', 'ns status returns'],
    ['Pod', 'pods', 'po', 'ns status generation returns all'],
    ['Service', 'services', 'svc', 'ns status returns all'],
    ['ServiceAccount', 'serviceaccounts', 'sa', 'ns returns'],
    ['ConfigMap', 'configmaps', 'cm', 'ns'],
    ['Secret', 'secrets', '', 'ns'],
    ['Event', 'events', 'ev', 'ns upsert'],
    ['ResourceQuota', 'resourcequotas', 'quota', 'ns status returns'],
    ['LimitRange', 'limitranges', 'limits', 'ns'],
  ],
  'events.k8s.io/v1': [['Event', 'events', 'ev', 'ns upsert']],
  'apps/v1': [['Deployment', 'deployments', 'deploy', 'ns status generation all']],
  'coordination.k8s.io/v1': [['Lease', 'leases', '', 'ns upsert']],
  'storage.k8s.io/v1': [
    ['StorageClass', 'storageclasses', 'sc', 'cluster returns'],
    ['CSIDriver', 'csidrivers', '', 'cluster returns'],
  ],
  'rbac.authorization.k8s.io/v1': [
    ['Role', 'roles', '', 'ns upsert loose'],
    ['RoleBinding', 'rolebindings', '', 'ns upsert loose'],
    ['ClusterRole', 'clusterroles', '', 'cluster upsert loose'],
    ['ClusterRoleBinding', 'clusterrolebindings', '', 'cluster upsert loose'],
  ],
  'apiextensions.k8s.io/v1': [
    ['CustomResourceDefinition', 'customresourcedefinitions', 'crd,crds', 'cluster status generation readonly'],
  ],
};

const CUSTOM: Record<string, Row[]> = {
  'snapshot.storage.k8s.io/v1': [
    ['VolumeSnapshot', 'volumesnapshots', 'vs', 'ns status'],
    ['VolumeSnapshotContent', 'volumesnapshotcontents', 'vsc,vscs', 'cluster status'],
    ['VolumeSnapshotClass', 'volumesnapshotclasses', 'vsclass,vsclasses', 'cluster'],
  ],
  // Harvester's CRDs declare no status subresource at all.
  'harvesterhci.io/v1beta1': [
    ['VirtualMachineBackup', 'virtualmachinebackups', 'vmbackup,vmbackups', 'ns'],
    ['VirtualMachineRestore', 'virtualmachinerestores', 'vmrestore,vmrestores', 'ns'],
    ['Setting', 'settings', '', 'cluster'],
    ['VirtualMachineImage', 'virtualmachineimages', 'vmimage,vmimages', 'ns'],
    ['ScheduleVMBackup', 'schedulevmbackups', 'svmbackup,svmbackups', 'ns'],
    ['VolumeRemoteBackup', 'volumeremotebackups', '', 'ns'],
    ['VolumeRemoteRestore', 'volumeremoterestores', '', 'ns'],
  ],
  'longhorn.io/v1beta2': [
    ['Backup', 'backups', 'lhb', 'ns status'],
    ['BackupVolume', 'backupvolumes', 'lhbv', 'ns status'],
    ['BackupTarget', 'backuptargets', 'lhbt', 'ns status'],
    ['Volume', 'volumes', 'lhv', 'ns status'],
    ['Engine', 'engines', 'lhe', 'ns status'],
    ['Snapshot', 'snapshots', 'lhsnap', 'ns status'],
    ['Setting', 'settings', 'lhs', 'ns status'],
  ],
  // On a cluster whose reports nobody reads these are not installed: `withoutGroups`.
  'wgpolicyk8s.io/v1alpha2': [
    ['PolicyReport', 'policyreports', 'polr', 'ns'],
    ['ClusterPolicyReport', 'clusterpolicyreports', 'cpolr', 'cluster'],
  ],
  'openreports.io/v1alpha1': [
    ['Report', 'reports', 'reps', 'ns'],
    ['ClusterReport', 'clusterreports', 'creps', 'cluster'],
  ],
  'batch/v1': [['CronJob', 'cronjobs', 'cj', 'ns status']],
  'sources.knative.dev/v1': [['PingSource', 'pingsources', '', 'ns status']],
  'k8s.cni.cncf.io/v1': [['NetworkAttachmentDefinition', 'network-attachment-definitions', 'net-attach-def', 'ns']],
  'kubevirt.io/v1': [
    ['VirtualMachine', 'virtualmachines', 'vm,vms', 'ns status'],
    ['VirtualMachineInstance', 'virtualmachineinstances', 'vmi,vmis', 'ns status'],
    ['VirtualMachineInstanceMigration', 'virtualmachineinstancemigrations', 'vmim,vmims', 'ns status'],
  ],
};

/** Kinds without an entry take any fields. */
const SCHEMAS: Record<KindId, Schema> = {
  'snapshot.storage.k8s.io/v1/VolumeSnapshot': crds.volumeSnapshot,
  'snapshot.storage.k8s.io/v1/VolumeSnapshotContent': crds.volumeSnapshotContent,
  'snapshot.storage.k8s.io/v1/VolumeSnapshotClass': crds.volumeSnapshotClass,
  'harvesterhci.io/v1beta1/VirtualMachineBackup': crds.virtualMachineBackup,
  'harvesterhci.io/v1beta1/VirtualMachineRestore': crds.virtualMachineRestore,
  'harvesterhci.io/v1beta1/Setting': crds.harvesterSetting,
  'harvesterhci.io/v1beta1/ScheduleVMBackup': crds.scheduleVMBackup,
  'wgpolicyk8s.io/v1alpha2/PolicyReport': crds.policyReport,
  'wgpolicyk8s.io/v1alpha2/ClusterPolicyReport': crds.policyReport,
  'openreports.io/v1alpha1/Report': crds.openReport,
  'openreports.io/v1alpha1/ClusterReport': crds.openReport,
};

const EVENT_FIELDS = ['kind', 'namespace', 'name', 'uid'].map((name) => `involvedObject.${name}`);
const FIELDS: Record<KindId, readonly string[]> = {
  'v1/Event': [...EVENT_FIELDS, 'reason', 'type', 'reportingComponent', 'source'],
  'events.k8s.io/v1/Event': [...EVENT_FIELDS.map((f) => f.replace('involvedObject', 'regarding')), 'reason', 'type'],
  'v1/Secret': ['type'],
  'v1/Pod': ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  'v1/Namespace': ['status.phase'],
};

function kindsOf(table: Record<string, Row[]>, custom: boolean): Kind[] {
  return Object.entries(table).flatMap(([apiVersion, rows]) =>
    rows.map(([kind, plural, short, traits]) => {
      const id = `${apiVersion}/${kind}`;
      const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
      const is = (trait: string): boolean => traits.split(' ').includes(trait);
      return {
        id,
        group: group!,
        version: version!,
        apiVersion,
        kind,
        plural,
        shortNames: short ? short.split(',') : [],
        namespaced: is('ns'),
        status: is('status'),
        custom,
        generation: custom || is('generation'),
        createOnUpdate: is('upsert'),
        returnsDeleted: is('returns'),
        looseNames: is('loose'),
        readOnly: is('readonly'),
        inAll: is('all'),
        schema: SCHEMAS[id],
        rules: BUILT_IN_RULES[id],
        columns: COLUMNS[id] ?? [],
        fields: FIELDS[id] ?? [],
      };
    }),
  );
}

export class KindTable {
  readonly all: readonly Kind[];
  readonly #byId: Map<KindId, Kind>;
  readonly #byPath: Map<string, Kind>;

  constructor(withoutGroups: readonly string[] = []) {
    const kinds = [...kindsOf(BUILT_IN, false), ...kindsOf(CUSTOM, true)];
    this.all = kinds.filter((kind) => !withoutGroups.includes(kind.group));
    this.#byId = new Map(this.all.map((kind) => [kind.id, kind]));
    this.#byPath = new Map(this.all.map((kind) => [`${kind.apiVersion}/${kind.plural}`, kind]));
  }

  find(id: KindId): Kind | undefined {
    return this.#byId.get(id);
  }

  /** Throws for a kind that is not served: in process that is a programming error. */
  get(id: KindId): Kind {
    const kind = this.#byId.get(id);
    if (!kind) throw new Error(`the sandbox does not serve ${id}`);
    return kind;
  }

  of(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Kind {
    return this.get(`${object.apiVersion}/${object.kind}`);
  }

  byResource(apiVersion: string, plural: string): Kind | undefined {
    return this.#byPath.get(`${apiVersion}/${plural}`);
  }

  /** Every served `group/version`, the core group as `v1`. */
  apiVersions(): string[] {
    return [...new Set(this.all.map((kind) => kind.apiVersion))];
  }
}
