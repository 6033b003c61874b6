/** Carries out one authorized request for a resource and gives the answer as text. */
import { serverSideApply } from './apply.ts';
import {
  DecodeError,
  badRequest,
  conflict,
  field,
  invalidOptions,
  methodNotAllowed,
  notFound,
  unknownResource,
} from './errors.ts';
import type { Kind } from './kinds.ts';
import { list } from './lists.ts';
import type { ListQuery } from './lists.ts';
import * as patches from './patch.ts';
import { checkIdentity } from './preconditions.ts';
import type { Registry, UpdateOptions } from './registry.ts';
import { flag, writeOptions } from './requests.ts';
import type { Target, Verb } from './requests.ts';
import { parseSelection } from './selectors.ts';
import { renderList, renderObject } from './shapes.ts';
import type { Shape } from './shapes.ts';
import { parse } from './store.ts';
import type { DeleteOptions, KubeObject } from './types.ts';
import type { WatchQuery } from './watches.ts';

export interface ResourceRequest {
  kind: Kind;
  target: Target;
  query: URLSearchParams;
  contentType: string;
  /** The parsed body, or undefined when there was none. */
  body: unknown;
  shape: Shape;
}

export interface Answer {
  code: number;
  text: string;
}

const WATCH_SECONDS = 30 * 60;
const POLICIES = ['Foreground', 'Background', 'Orphan'];

export function carryOut(registry: Registry, verb: Exclude<Verb, 'watch'>, request: ResourceRequest): Answer {
  checkSubresource(verb, request);
  const { kind, target, query, shape } = request;
  switch (verb) {
    case 'get':
      return { code: 200, text: renderObject(kind, registry.get(kind, target.namespace, target.name!), shape) };
    case 'list':
      return { code: 200, text: renderList(kind, list(registry.store, kind, listQuery(target, query)), shape) };
    case 'create': {
      const entry = registry.create(
        kind,
        namespaceFor(kind, target),
        asObject(request.body),
        writeOptions('CreateOptions', query),
      );
      return { code: 201, text: renderObject(kind, entry, shape) };
    }
    case 'update':
      return update(registry, request);
    case 'patch':
      return patch(registry, request);
    case 'delete':
      return remove(registry, request);
    case 'deletecollection':
      return removeAll(registry, request);
  }
}

function listQuery(target: Target, query: URLSearchParams): ListQuery {
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit)) throw badRequest(`strconv.ParseInt: parsing "${query.get('limit')}": invalid syntax`);
  return {
    namespace: target.namespace,
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
}

export function watchQuery(target: Target, query: URLSearchParams): WatchQuery {
  return {
    ...listQuery(target, query),
    sendInitialEvents: query.has('sendInitialEvents') ? flag(query, 'sendInitialEvents') : undefined,
    bookmarks: flag(query, 'allowWatchBookmarks'),
    timeoutSeconds: Number(query.get('timeoutSeconds') ?? 0) || WATCH_SECONDS,
  };
}

/** The name that a resourceNames rule sees: a list or watch of one name counts as that name. */
export function nameForAccess(kind: Kind | undefined, target: Target, query: URLSearchParams): string | undefined {
  const selector = query.get('fieldSelector');
  if (target.name !== undefined || !selector || !kind) return target.name;
  return parseSelection(kind, '', selector).name;
}

function checkSubresource(verb: Verb, { kind, target }: ResourceRequest): void {
  if (target.subresource === undefined) return;
  if (target.subresource !== 'status' || !kind.status) {
    throw kind.custom ? notFound(kind, target.name!) : unknownResource();
  }
  if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw methodNotAllowed();
}

function namespaceFor(kind: Kind, target: Target): string | undefined {
  if (kind.namespaced && target.namespace === undefined) throw methodNotAllowed();
  return target.namespace;
}

function asObject(body: unknown): KubeObject {
  if (body === undefined || body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw badRequest('the body of the request is not a JSON object');
  }
  return body as KubeObject;
}

function update(registry: Registry, { kind, target, query, body, shape }: ResourceRequest): Answer {
  const object = asObject(body);
  const options = writeOptions('UpdateOptions', query);
  const { namespace, subresource } = target;
  const name = target.name!;
  const exists = registry.store.find(kind, namespace, name) !== undefined;
  if (!exists && kind.createOnUpdate && !subresource && !object.metadata?.uid) {
    object.metadata = { ...object.metadata, name };
    return { code: 201, text: renderObject(kind, registry.create(kind, namespace, object, options), shape) };
  }
  const precondition = { uid: object.metadata?.uid };
  const entry = registry.update(kind, namespace, name, () => object, { ...options, subresource, precondition });
  return { code: 200, text: renderObject(kind, entry, shape) };
}

function patch(registry: Registry, request: ResourceRequest): Answer {
  const { kind, target, query, contentType, body, shape } = request;
  const options: UpdateOptions = { ...writeOptions('PatchOptions', query), subresource: target.subresource };
  if (!patches.patchTypes(kind).includes(contentType)) throw patches.unsupportedMediaType(patches.patchTypes(kind));
  if (contentType === patches.APPLY_PATCH) return apply(registry, request, options);
  if (query.has('force')) {
    throw invalidOptions('PatchOptions', field.forbidden('force', 'may not be specified for non-apply patch'));
  }
  const change = contentType === patches.JSON_PATCH ? patches.jsonPatch(body) : patches.mergePatch(body);
  try {
    const entry = registry.update(kind, target.namespace, target.name!, change, options);
    return { code: 200, text: renderObject(kind, entry, shape) };
  } catch (error) {
    throw error instanceof DecodeError ? error.ofPatch() : error;
  }
}

function apply(registry: Registry, request: ResourceRequest, options: UpdateOptions): Answer {
  const { kind, target, query, body, shape } = request;
  const manager = query.get('fieldManager');
  if (!manager) {
    throw invalidOptions('PatchOptions', field.required('fieldManager', 'is required for apply patch'));
  }
  const applied = asObject(body);
  if (applied.apiVersion !== kind.apiVersion || applied.kind !== kind.kind) {
    throw badRequest(`invalid object type: ${applied.apiVersion ?? '/'}, Kind=${applied.kind ?? ''}`);
  }
  if (applied.metadata?.managedFields) throw badRequest('metadata.managedFields must be nil');
  const { namespace, subresource } = target;
  const name = target.name!;
  checkIdentity(kind, namespace, applied, name);
  const change = serverSideApply(applied, { manager, force: flag(query, 'force'), subresource });
  if (registry.store.find(kind, namespace, name) || subresource) {
    const entry = registry.update(kind, namespace, name, change, { ...options, applied: true });
    return { code: 200, text: renderObject(kind, entry, shape) };
  }
  const { uid } = applied.metadata;
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(kind, name, why);
  }
  const created = change({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name } });
  const entry = registry.create(kind, namespace, created, { ...options, applied: true });
  return { code: 201, text: renderObject(kind, entry, shape) };
}

/** A DELETE with a body takes its options from there alone; its query is then not looked at, a dry run's neither. */
function deleteOptions(asked: URLSearchParams, body: unknown): DeleteOptions {
  const query = body === undefined || body === null ? asked : new URLSearchParams();
  const given = (body ?? {}) as DeleteOptions & { orphanDependents?: boolean; dryRun?: unknown };
  const policy = query.get('propagationPolicy') ?? given.propagationPolicy;
  if (policy && !POLICIES.includes(policy)) {
    throw invalidOptions('DeleteOptions', field.notSupported('propagationPolicy', policy, [...POLICIES, 'nil']));
  }
  if (policy && given.orphanDependents !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    throw invalidOptions('DeleteOptions', field.invalid('propagationPolicy', policy, why));
  }
  return {
    ...writeOptions('DeleteOptions', query, given),
    ...(given.preconditions && { preconditions: given.preconditions }),
    ...(policy && { propagationPolicy: policy as NonNullable<DeleteOptions['propagationPolicy']> }),
    ...(given.orphanDependents === true && { propagationPolicy: 'Orphan' }),
  };
}

function remove(registry: Registry, { kind, target, query, body, shape }: ResourceRequest): Answer {
  const { entry, removed } = registry.delete(kind, target.namespace, target.name!, deleteOptions(query, body));
  if (!removed || kind.returnsDeleted) return { code: 200, text: renderObject(kind, entry, shape) };
  const details = { name: entry.name, ...(kind.group && { group: kind.group }), kind: kind.plural, uid: entry.uid };
  return {
    code: 200,
    text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
  };
}

function removeAll(registry: Registry, { kind, target, query, body, shape }: ResourceRequest): Answer {
  const options = deleteOptions(query, body);
  const page = list(registry.store, kind, listQuery(target, query));
  for (const entry of page.entries) {
    if (kind.readOnly) throw methodNotAllowed();
    if (parse(entry).metadata.deletionTimestamp) continue;
    registry.delete(kind, entry.namespace, entry.name, { ...options, preconditions: { uid: entry.uid } });
  }
  return { code: 200, text: renderList(kind, page, shape) };
}
