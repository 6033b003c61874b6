/** What a write must fit before it is looked at: the address it was sent to, and the version it was meant for. */
import * as errors from './errors.ts';
import type { Kind } from './kinds.ts';
import type { Entry } from './store.ts';
import type { DeleteOptions, KubeObject, ObjectMeta } from './types.ts';

/** The object must be of the kind, and of the name and namespace, that the address says. */
export function checkIdentity(kind: Kind, namespace: string | undefined, object: KubeObject, name?: string): void {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) {
    throw new errors.DecodeError('the object provided is unrecognized: it is not a JSON object');
  }
  if (!object.kind) throw new errors.DecodeError(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
  if (object.apiVersion !== kind.apiVersion) {
    const [given, expected] = [object.apiVersion ?? '', kind.apiVersion];
    const message = `the API version in the data (${given}) does not match the expected API version (${expected})`;
    throw new errors.DecodeError(message);
  }
  if (object.kind !== kind.kind) {
    if (!kind.custom) throw errors.undecodable(kind, `no kind "${object.kind}" is registered for ${kind.apiVersion}`);
    const wrong = errors.field.invalid('kind', object.kind, `must be ${kind.kind}`);
    throw errors.invalid({ ...kind, kind: object.kind }, object.metadata?.name ?? '', [wrong]);
  }
  object.metadata ??= {} as KubeObject['metadata'];
  checkMetadataTypes(kind, object.metadata);
  checkAddress(object.metadata, namespace, name);
}

function checkAddress(given: ObjectMeta, namespace: string | undefined, name: string | undefined): void {
  if (namespace === undefined) delete given.namespace;
  else if (given.namespace && given.namespace !== namespace) {
    throw errors.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (name === undefined) return;
  if (!given.name) {
    throw errors.badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given.name !== name) {
    throw errors.badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextMap = (value: unknown): boolean =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value ?? {}).every(isText);

/** The server reads metadata into typed fields, and refuses what does not fit. */
function checkMetadataTypes(kind: Kind, metadata: ObjectMeta): void {
  const wrong = (name: string, type: string): Error =>
    errors.undecodable(kind, `json: cannot unmarshal into Go struct field ObjectMeta.${name} of type ${type}`);
  for (const name of ['name', 'namespace', 'generateName', 'uid', 'resourceVersion'] as const) {
    if (!isText(metadata[name] ?? '')) throw wrong(name, 'string');
  }
  for (const name of ['labels', 'annotations'] as const) {
    if (!isTextMap(metadata[name] ?? {})) throw wrong(name, 'map[string]string');
  }
  const { finalizers, ownerReferences } = metadata;
  if (finalizers && !(Array.isArray(finalizers) && finalizers.every(isText))) throw wrong('finalizers', '[]string');
  if (ownerReferences && !Array.isArray(ownerReferences)) throw wrong('ownerReferences', '[]v1.OwnerReference');
}

export function checkUid(kind: Kind, current: Entry, uid: string | undefined): void {
  if (uid && uid !== current.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`;
    throw errors.conflict(kind, current.name, why);
  }
}

export function checkResourceVersion(kind: Kind, current: Entry, next: KubeObject): void {
  const given = next.metadata.resourceVersion;
  if (!given || given === '0') {
    if (!kind.custom && kind.id !== 'coordination.k8s.io/v1/Lease') return;
    const error = {
      field: 'metadata.resourceVersion',
      reason: 'FieldValueInvalid' as const,
      message: 'Invalid value: 0: must be specified for an update',
    };
    throw errors.invalid(kind, current.name, [error], errors.resourceName(kind));
  }
  if (!/^\d+$/.test(given)) throw errors.notANumber(given);
  if (given !== String(current.revision)) throw errors.conflict(kind, current.name, errors.OBJECT_MODIFIED);
}

export function checkDeletePreconditions(kind: Kind, current: Entry, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== current.uid) {
    const why =
      `the UID in the precondition (${uid}) does not match the UID in record (${current.uid}). ` +
      'The object might have been deleted and then recreated';
    throw errors.conflict(kind, current.name, why, errors.kindName(kind));
  }
  if (resourceVersion !== undefined && resourceVersion !== String(current.revision)) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${current.revision}). The object might have been modified`;
    throw errors.conflict(kind, current.name, why, errors.kindName(kind));
  }
}
