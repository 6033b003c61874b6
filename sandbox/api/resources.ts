/** Carries out one authorized request for a resource and gives the answer as text. */
import { serverSideApply } from './apply.ts';
import { ApiError, badRequest, methodNotAllowed, notFound } from './errors.ts';
import type { Kind } from './kinds.ts';
import { list } from './lists.ts';
import type { ListQuery } from './lists.ts';
import * as patches from './patch.ts';
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

export function carryOut(registry: Registry, verb: Exclude<Verb, 'watch'>, request: ResourceRequest): Answer {
  checkSubresource(verb, request);
  const { kind, target, query, shape } = request;
  switch (verb) {
    case 'get':
      return { code: 200, text: renderObject(kind, registry.get(kind, target.namespace, target.name!), shape) };
    case 'list':
      return { code: 200, text: renderList(kind, list(registry.store, kind, listQuery(target, query)), shape) };
    case 'create': {
      const entry = registry.create(kind, namespaceFor(kind, target), asObject(request.body), writeOptions(query));
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

export function listQuery(target: Target, query: URLSearchParams): ListQuery {
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw badRequest(`limit: Invalid value: "${query.get('limit')}"`);
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
  if (target.subresource !== 'status' || !kind.status) throw notFound(kind, target.name!);
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
  const [namespace, name] = [target.namespace, target.name!];
  const exists = registry.store.find(kind, namespace, name) !== undefined;
  if (!exists && kind.createOnUpdate && !target.subresource && !object.metadata?.uid) {
    object.metadata = { ...object.metadata, name };
    return {
      code: 201,
      text: renderObject(kind, registry.create(kind, namespace, object, writeOptions(query)), shape),
    };
  }
  const options: UpdateOptions = {
    ...writeOptions(query),
    subresource: target.subresource,
    precondition: { uid: object.metadata?.uid },
  };
  return {
    code: 200,
    text: renderObject(
      kind,
      registry.update(kind, namespace, name, () => object, options),
      shape,
    ),
  };
}

function patch(registry: Registry, request: ResourceRequest): Answer {
  const { kind, target, query, contentType, body, shape } = request;
  const options: UpdateOptions = { ...writeOptions(query), subresource: target.subresource };
  const [namespace, name] = [target.namespace, target.name!];
  if (!patches.patchTypes(kind).includes(contentType)) throw patches.unsupportedMediaType(patches.patchTypes(kind));
  if (contentType === patches.APPLY_PATCH) return apply(registry, request, options);
  const change = contentType === patches.JSON_PATCH ? patches.jsonPatch(body) : patches.mergePatch(body);
  return { code: 200, text: renderObject(kind, registry.update(kind, namespace, name, change, options), shape) };
}

function apply(
  registry: Registry,
  { kind, target, query, body, shape }: ResourceRequest,
  options: UpdateOptions,
): Answer {
  const manager = query.get('fieldManager');
  if (!manager) {
    const message = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch';
    throw new ApiError(422, 'Invalid', message);
  }
  const applied = asObject(body);
  if (applied.metadata?.managedFields) throw badRequest('metadata.managedFields must be nil');
  applied.metadata = { ...applied.metadata, name: applied.metadata?.name ?? target.name! };
  const { subresource } = target;
  const change = serverSideApply(applied, { manager, force: flag(query, 'force'), subresource });
  const [namespace, name] = [target.namespace, target.name!];
  if (registry.store.find(kind, namespace, name) || subresource) {
    const entry = registry.update(kind, namespace, name, change, { ...options, applied: true });
    return { code: 200, text: renderObject(kind, entry, shape) };
  }
  const { uid } = applied.metadata;
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${kind.plural} "${name}": ${why}`);
  }
  const { apiVersion, kind: kindName } = applied;
  const created = change({ apiVersion, kind: kindName, metadata: { name } });
  const entry = registry.create(kind, namespace, created, { ...options, applied: true });
  return { code: 201, text: renderObject(kind, entry, shape) };
}

function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = (body ?? {}) as DeleteOptions & { orphanDependents?: boolean; dryRun?: unknown };
  const policy = query.get('propagationPolicy') ?? given.propagationPolicy;
  if (policy && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
    throw badRequest(`propagationPolicy: Unsupported value: "${policy}"`);
  }
  return {
    ...writeOptions(query, given),
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
