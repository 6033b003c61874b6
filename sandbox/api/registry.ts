/**
 * The rules of a write: what is checked, in which order, and what is stored. Both doors (HTTP and in process) use it.
 * Everything is synchronous, so a check and the write it guards cannot be torn apart.
 */
import { isDeepStrictEqual } from 'node:util';
import * as errors from './errors.ts';
import { ApiError } from './errors.ts';
import * as meta from './metadata.ts';
import { checkDeletePreconditions, checkIdentity, checkResourceVersion, checkUid } from './preconditions.ts';
import { RULES_NOT_CHECKED, conform, hasRules, isBlocking, validateRules, validateShape } from './schema.ts';
import { Store, parse, toEntry } from './store.ts';
import type { FieldError } from './errors.ts';
import type { Kind, KindTable } from './kinds.ts';
import type { Entry } from './store.ts';
import type { DeleteOptions, KubeObject } from './types.ts';

export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

export interface WriteOptions {
  dryRun?: boolean;
  /** Refuse unknown fields instead of dropping them: what kubectl asks for. */
  strict?: boolean;
  /** A server-side apply, which alone keeps the books in `metadata.managedFields`. */
  applied?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  subresource?: string | undefined;
  /** A PUT carries its uid as a precondition; a patch that changes it is merely invalid. */
  precondition?: { uid?: string | undefined };
}

export interface DeleteResult {
  /** The object as it is now, or as it last was. */
  entry: Entry;
  /** False: finalizers hold it, it is only marked. */
  removed: boolean;
}

export class Registry {
  readonly kinds: KindTable;
  readonly store: Store;

  constructor(kinds: KindTable, historyLimit: number) {
    this.kinds = kinds;
    this.store = new Store(kinds.all, historyLimit);
  }

  get(kind: Kind, namespace: string | undefined, name: string): Entry {
    const entry = this.store.find(kind, namespace, name);
    if (!entry) throw errors.notFound(kind, name);
    return entry;
  }

  create(kind: Kind, namespace: string | undefined, object: KubeObject, options: WriteOptions = {}): Entry {
    this.#refuseReadOnly(kind);
    checkIdentity(kind, namespace, object);
    const { metadata } = object;
    if (metadata.resourceVersion) {
      throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    if (namespace !== undefined) metadata.namespace = namespace;
    if (!metadata.name && metadata.generateName) metadata.name = meta.generateName(metadata.generateName);
    this.#checkNamespace(kind, namespace, metadata.name);
    meta.fillSystemFields(object, kind);
    if (!options.applied) delete metadata.managedFields;
    meta.dropEmpty(metadata);
    if (kind.status) delete object.status;
    kind.rules?.prepare?.(object);
    this.#check(kind, object, undefined, options);
    if (this.store.find(kind, namespace, metadata.name)) throw errors.alreadyExists(kind, metadata.name);
    return options.dryRun ? preview(object) : this.store.put(kind, object);
  }

  /** Reads, lets `change` make the new version, checks and stores it. A PUT and every patch come here. */
  update(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    change: (current: KubeObject) => KubeObject,
    options: UpdateOptions = {},
  ): Entry {
    this.#refuseReadOnly(kind);
    const current = this.get(kind, namespace, name);
    const old = parse(current);
    let next = change(parse(current));
    checkIdentity(kind, namespace, next, name);
    checkUid(kind, current, options.precondition?.uid);
    checkResourceVersion(kind, current, next);
    next.metadata.name = name;
    if (namespace !== undefined) next.metadata.namespace = namespace;

    if (options.subresource === 'status') next = withStatusOf(next, old);
    else if (kind.status) setOrDelete(next, 'status', old.status);
    if (kind.id === 'v1/Namespace' && options.subresource !== 'finalize') next.spec = old.spec;
    meta.keepSystemFields(next, old);
    if (!options.applied) setManagedFields(next, old.metadata.managedFields);
    meta.dropEmpty(next.metadata);
    this.#check(kind, next, old, options);
    if (kind.generation && contentChanged(kind, old, next)) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    next.metadata.resourceVersion = String(current.revision);
    if (isDeepStrictEqual(plain(old), plain(next))) return current; // nothing changed, nothing is written

    if (isReleased(next)) {
      if (!options.dryRun) this.store.remove(kind, current);
      return preview(next);
    }
    return options.dryRun ? preview(next) : this.store.put(kind, next);
  }

  delete(kind: Kind, namespace: string | undefined, name: string, options: DeleteOptions = {}): DeleteResult {
    this.#refuseReadOnly(kind);
    const current = this.get(kind, namespace, name);
    checkDeletePreconditions(kind, current, options);
    if (kind.id === 'v1/Namespace' && /^(default|kube-system|kube-public)$/.test(name)) {
      throw errors.forbidden(kind, name, 'this namespace may not be deleted');
    }
    const object = parse(current);
    const finalizers = finalizersFor(object, options.propagationPolicy);
    const held = finalizers.length > 0 || (kind.id === 'v1/Namespace' && object.spec?.finalizers?.length > 0);
    if (!held) {
      return { entry: options.dryRun ? current : this.store.remove(kind, current), removed: true };
    }
    const before = plain(object);
    object.metadata.finalizers = finalizers;
    meta.dropEmpty(object.metadata);
    if (!object.metadata.deletionTimestamp) {
      object.metadata.deletionTimestamp = meta.timestamp();
      object.metadata.deletionGracePeriodSeconds = 0;
      if (object.metadata.generation) object.metadata.generation += 1;
      if (kind.id === 'v1/Namespace') object.status = { ...object.status, phase: 'Terminating' };
    }
    if (isDeepStrictEqual(before, plain(object))) return { entry: current, removed: false };
    return { entry: options.dryRun ? preview(object) : this.store.put(kind, object), removed: false };
  }

  /** Writes objects as they are, status and given uids included: for fixtures. */
  seed(objects: readonly KubeObject[]): void {
    for (const given of objects) {
      const kind = this.kinds.of(given);
      const object = structuredClone(given);
      const { uid, creationTimestamp, generation, ...rest } = object.metadata;
      const { status } = object;
      object.metadata = rest;
      meta.fillSystemFields(object, kind);
      kind.rules?.prepare?.(object);
      if (status !== undefined) object.status = status;
      object.metadata = {
        ...object.metadata,
        ...(uid && { uid }),
        ...(creationTimestamp && { creationTimestamp }),
        ...(generation && { generation }),
        ...(given.metadata.deletionTimestamp && { deletionTimestamp: given.metadata.deletionTimestamp }),
      };
      if (kind.schema) conform(kind.schema, object);
      this.store.put(kind, object);
    }
  }

  #check(kind: Kind, object: KubeObject, old: KubeObject | undefined, { strict }: WriteOptions): void {
    const unknown = kind.schema ? conform(kind.schema, object) : [];
    if (strict && unknown.length > 0) throw errors.unknownFields(kind, unknown);
    const found: FieldError[] = meta.validateMetadata(object, kind);
    if (old) found.push(...meta.validateMetadataUpdate(object, old));
    if (kind.schema) {
      found.push(...validateShape(kind.schema, object));
      if (!found.some(isBlocking)) found.push(...validateRules(kind.schema, object, old));
      else if (hasRules(kind.schema)) found.push(RULES_NOT_CHECKED);
    }
    found.push(...(kind.rules?.validate?.(object, old) ?? []));
    if (found.length > 0) throw errors.invalid(kind, object.metadata.name ?? '', found);
  }

  #checkNamespace(kind: Kind, namespace: string | undefined, name: string): void {
    if (namespace === undefined) return;
    const namespaces = this.kinds.get('v1/Namespace');
    const found = this.store.find(namespaces, undefined, namespace);
    if (!found) throw errors.notFound(namespaces, namespace);
    if (parse(found).metadata.deletionTimestamp) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const message = `namespace ${namespace} is being terminated`;
      throw errors.forbidden(kind, name, why, [
        { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
      ]);
    }
  }

  #refuseReadOnly(kind: Kind): void {
    if (kind.readOnly) throw errors.methodNotAllowed();
  }
}

/** A write to `/status` changes the status and nothing else. */
function withStatusOf(next: KubeObject, old: KubeObject): KubeObject {
  const result = structuredClone(old);
  setOrDelete(result, 'status', next.status);
  result.metadata.resourceVersion = next.metadata.resourceVersion!;
  return result;
}

function setManagedFields(object: KubeObject, managedFields: unknown[] | undefined): void {
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

function setOrDelete(object: KubeObject, name: string, value: unknown): void {
  if (value === undefined) delete object[name];
  else object[name] = value;
}

/** Deletion policies other than Background are carried as finalizers that the garbage collector removes. */
function finalizersFor(object: KubeObject, policy: DeleteOptions['propagationPolicy']): string[] {
  const finalizers = object.metadata.finalizers ?? [];
  if (policy === undefined) return finalizers;
  const kept = finalizers.filter((name) => name !== FOREGROUND_FINALIZER && name !== ORPHAN_FINALIZER);
  if (policy === 'Foreground') return [...kept, FOREGROUND_FINALIZER];
  if (policy === 'Orphan') return [...kept, ORPHAN_FINALIZER];
  return kept;
}

function isReleased(object: KubeObject): boolean {
  if (!object.metadata.deletionTimestamp || object.metadata.finalizers?.length) return false;
  return object.apiVersion !== 'v1' || object.kind !== 'Namespace' || !object.spec?.finalizers?.length;
}

function contentChanged(kind: Kind, old: KubeObject, next: KubeObject): boolean {
  const content = (object: KubeObject): unknown => {
    const rest: Partial<KubeObject> = plain(object);
    delete rest.metadata;
    if (kind.status) delete rest.status;
    return rest;
  };
  return !isDeepStrictEqual(content(old), content(next));
}

/** As it would be read back: without fields set to undefined. */
function plain(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object)) as KubeObject;
}

/** An entry that is not stored: a dry run's answer, or the last sight of a removed object. */
function preview(object: KubeObject): Entry {
  const { resourceVersion } = object.metadata;
  const entry = toEntry(object, Number(resourceVersion ?? 0));
  if (resourceVersion !== undefined) return entry;
  const unversioned = parse(entry);
  delete unversioned.metadata.resourceVersion;
  return { ...entry, text: JSON.stringify(unversioned) };
}
