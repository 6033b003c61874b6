/**
 * Defaults and immutability of the built-in kinds, as far as volumes and their users need them.
 *
 * What it does not do: ask whether a storage class lets a claim grow; validate the rest of a built-in object (containers,
 * ports, access modes …); allocate cluster IPs; count what a ResourceQuota limits, or refuse what passes it (its status
 * is what a scenario says); add the protection finalizers of PVCs and PVs (a controller of the real cluster removes them
 * again).
 */
import { isDeepStrictEqual } from 'node:util';
import { field } from './errors.ts';
import type { FieldError } from './errors.ts';
import { validateEvent } from './event-rules.ts';
import { byteLength } from './metadata.ts';
import type { KindId, KubeObject } from './types.ts';

export interface BuiltInRules {
  /** Fills in what the real server fills in on create, in place. */
  prepare?: (object: KubeObject) => void;
  validate?: (object: KubeObject, old: KubeObject | undefined) => FieldError[];
}

const CLAIM_IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function prepareClaim(claim: KubeObject): void {
  claim.spec ??= {};
  claim.spec.volumeMode ??= 'Filesystem';
  // The old and the new name of the same field follow each other.
  claim.spec.dataSourceRef ??= claim.spec.dataSource;
  if (!claim.spec.dataSourceRef?.namespace) claim.spec.dataSource ??= claim.spec.dataSourceRef;
  claim.status = { phase: 'Pending' };
}

function validateClaim(claim: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (!claim.spec?.dataSourceRef?.namespace) claim.spec.dataSource ??= claim.spec.dataSourceRef;
  if (!claim.spec?.resources?.requests?.storage) errors.push(field.required('spec.resources[storage]'));
  if (!(claim.spec?.accessModes?.length > 0)) {
    errors.push(field.required('spec.accessModes', 'at least 1 access mode is required'));
  }
  if (!old || errors.length > 0) return errors;
  const [before, after] = [structuredClone(old.spec), structuredClone(claim.spec)];
  if (!before.volumeName) before.volumeName = after.volumeName; // the binder sets it, once
  if (before.storageClassName === undefined) before.storageClassName = after.storageClassName;
  if (claim.status?.phase === 'Bound') {
    before.resources.requests = after.resources.requests;
    before.volumeAttributesClassName = after.volumeAttributesClassName;
  }
  return same(before, after) ? [] : [field.forbidden('spec', CLAIM_IMMUTABLE)];
}

/** Equal, with unset and undefined as one. */
function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a ?? null)), JSON.parse(JSON.stringify(b ?? null)));
}

function immutableField(path: string, a: unknown, b: unknown): FieldError[] {
  return same(a, b) ? [] : [field.invalid(path, b, 'field is immutable')];
}

export const BUILT_IN_RULES: Record<KindId, BuiltInRules> = {
  'v1/Namespace': {
    prepare: (namespace) => {
      namespace.metadata.labels = {
        ...namespace.metadata.labels,
        'kubernetes.io/metadata.name': namespace.metadata.name,
      };
      namespace.spec = { finalizers: ['kubernetes'] };
      namespace.status = { phase: 'Active' };
    },
  },
  'v1/PersistentVolumeClaim': { prepare: prepareClaim, validate: validateClaim },
  'v1/PersistentVolume': {
    prepare: (volume) => {
      volume.spec ??= {};
      volume.spec.volumeMode ??= 'Filesystem';
      volume.spec.persistentVolumeReclaimPolicy ??= 'Retain';
      volume.status = { phase: 'Pending' };
    },
    validate: (volume, old) =>
      old && !same(old.spec.csi, volume.spec.csi)
        ? [field.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')]
        : [],
  },
  'v1/ConfigMap': { validate: validateConfigMap },
  'v1/Secret': {
    prepare: (secret) => {
      secret.type ??= 'Opaque';
      encodeStringData(secret);
    },
    validate: (secret, old) => {
      encodeStringData(secret);
      return old ? immutableField('type', old.type, secret.type) : [];
    },
  },
  'v1/Pod': {
    prepare: (pod) => {
      pod.status = { phase: 'Pending' };
    },
  },
  'storage.k8s.io/v1/StorageClass': {
    prepare: (storageClass) => {
      storageClass.reclaimPolicy ??= 'Delete';
      storageClass.volumeBindingMode ??= 'Immediate';
    },
    validate: (storageClass, old) =>
      ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']
        .filter((name) => old && !same(old[name], storageClass[name]))
        .map((name) => field.forbidden(name, `updates to ${name} are forbidden.`)),
  },
  'events.k8s.io/v1/Event': { validate: validateEvent },
  'rbac.authorization.k8s.io/v1/RoleBinding': { validate: roleRefIsImmutable },
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': { validate: roleRefIsImmutable },
};

const DATA_BYTES = 1024 * 1024;

/** Values only; keys do not count. */
function validateConfigMap({ data, binaryData }: KubeObject): FieldError[] {
  const texts = Object.values<string>(data ?? {}).map(byteLength);
  const binaries = Object.values<string>(binaryData ?? {}).map((text) => Buffer.byteLength(text, 'base64'));
  const bytes = [...texts, ...binaries].reduce((sum, one) => sum + one, 0);
  // Kubernetes names the path of the whole object so.
  return bytes > DATA_BYTES ? [field.tooLong('[]', DATA_BYTES)] : [];
}

function roleRefIsImmutable(binding: KubeObject, old: KubeObject | undefined): FieldError[] {
  return old && !same(old.roleRef, binding.roleRef)
    ? [field.invalid('roleRef', binding.roleRef, 'cannot change roleRef')]
    : [];
}

/** `stringData` is write-only. */
function encodeStringData(secret: KubeObject): void {
  for (const [key, value] of Object.entries<string>(secret.stringData ?? {})) {
    secret.data = { ...secret.data, [key]: Buffer.from(value).toString('base64') };
  }
  delete secret.stringData;
}
