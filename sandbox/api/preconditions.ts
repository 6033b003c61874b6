/** What a write must fit before it is looked at: the address it was sent to, and the version it was meant for. */
import * as errors from './errors.ts';
import type { Kind } from './kinds.ts';
import type { Entry } from './store.ts';
import type { DeleteOptions, KubeObject } from './types.ts';

/** The object must be what the address says. */
export function checkIdentity(kind: Kind, namespace: string | undefined, object: KubeObject, name?: string): void {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) {
    throw errors.badRequest('the object provided is not a JSON object');
  }
  if (!object.apiVersion || !object.kind) {
    throw errors.badRequest(`Object 'Kind' is missing in '${JSON.stringify(object).slice(0, 100)}'`);
  }
  if (object.apiVersion !== kind.apiVersion) {
    throw errors.badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${kind.apiVersion})`,
    );
  }
  if (object.kind !== kind.kind) {
    throw errors.badRequest(
      `${object.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${object.kind}" matches`,
    );
  }
  object.metadata ??= {} as KubeObject['metadata'];
  const given = object.metadata;
  if (namespace === undefined) delete given.namespace;
  else if (given.namespace && given.namespace !== namespace) {
    throw errors.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (name !== undefined && given.name && given.name !== name) {
    throw errors.badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  }
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
      message: 'Invalid value: 0x0: must be specified for an update',
    };
    throw errors.invalid(kind, current.name, [error], errors.resourceName(kind));
  }
  if (!/^\d+$/.test(given)) {
    throw errors.invalid(kind, current.name, [
      errors.field.invalid('metadata.resourceVersion', given, 'must be an unsigned integer'),
    ]);
  }
  if (given !== String(current.revision)) throw errors.conflict(kind, current.name, errors.OBJECT_MODIFIED);
}

export function checkDeletePreconditions(kind: Kind, current: Entry, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== current.uid) {
    const why =
      `the UID in the precondition (${uid}) does not match the UID in record (${current.uid}). ` +
      'The object might have been deleted and then recreated';
    throw errors.conflict(kind, current.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== String(current.revision)) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${current.revision}). The object might have been modified`;
    throw errors.conflict(kind, current.name, why);
  }
}
