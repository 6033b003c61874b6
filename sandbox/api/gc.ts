/**
 * The garbage collector and the namespace controller of kube-controller-manager, for the sandbox:
 * dependents without a living owner go, `foregroundDeletion` and `orphan` finalizers are worked off, and a
 * namespace in deletion is emptied.
 *
 * What it does not do: foreground deletion waits for all dependents, not only for those that block it.
 */
import { ApiError } from './errors.ts';
import type { Kind } from './kinds.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './registry.ts';
import type { Registry } from './registry.ts';
import { parse } from './store.ts';
import type { Change, Entry } from './store.ts';
import type { DeleteOptions, KubeObject, OwnerReference } from './types.ts';

const DELAY_MS = 15;

interface Ref {
  kind: Kind;
  namespace: string | undefined;
  name: string;
}

export class GarbageCollector {
  readonly #registry: Registry;
  /** Owner's uid → objects that name it. */
  readonly #dependents = new Map<string, Map<string, Ref>>();
  readonly #queue = new Map<string, Ref>();
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  start(): void {
    for (const collection of this.#registry.store.collections()) {
      collection.listeners.add((change) => this.#observe(collection.kind, change));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #observe(kind: Kind, { type, entry, previous }: Change): void {
    const ref = { kind, namespace: entry.namespace, name: entry.name };
    const key = `${kind.id} ${entry.key}`;
    for (const uid of ownerUids(previous)) {
      this.#dependents.get(uid)?.delete(key);
      if (this.#dependents.get(uid)?.size === 0) this.#dependents.delete(uid);
    }
    if (type !== 'DELETED') {
      const owners = ownerUids(entry);
      for (const uid of owners) {
        if (!this.#dependents.has(uid)) this.#dependents.set(uid, new Map());
        this.#dependents.get(uid)!.set(key, ref);
      }
      if (owners.length > 0 || entry.text.includes('"deletionTimestamp"')) this.#enqueue(key, ref);
      return;
    }
    for (const [dependentKey, dependent] of this.#dependents.get(entry.uid) ?? [])
      this.#enqueue(dependentKey, dependent);
    // Whoever waits for this object to go is looked at again: its owners, and its namespace.
    for (const owner of ownersOf(entry)) this.#enqueueOwner(owner, entry.namespace);
    if (entry.namespace !== undefined) this.#enqueueNamespace(entry.namespace);
  }

  #enqueueOwner(owner: OwnerReference, namespace: string | undefined): void {
    const kind = this.#registry.kinds.find(`${owner.apiVersion}/${owner.kind}`);
    if (!kind) return;
    const ref = { kind, namespace: kind.namespaced ? namespace : undefined, name: owner.name };
    this.#enqueue(`${kind.id} ${ref.namespace ? `${ref.namespace}/` : ''}${ref.name}`, ref);
  }

  #enqueueNamespace(name: string): void {
    const kind = this.#registry.kinds.get('v1/Namespace');
    if (this.#registry.store.find(kind, undefined, name)?.text.includes('"deletionTimestamp"')) {
      this.#enqueue(`${kind.id} ${name}`, { kind, namespace: undefined, name });
    }
  }

  #enqueue(key: string, ref: Ref): void {
    this.#queue.set(key, ref);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const refs = [...this.#queue.values()];
      this.#queue.clear();
      refs.forEach((next) => this.#process(next));
    }, DELAY_MS).unref();
  }

  #process(ref: Ref): void {
    const entry = this.#registry.store.find(ref.kind, ref.namespace, ref.name);
    if (!entry) return;
    try {
      const object = parse(entry);
      if (object.metadata.deletionTimestamp) this.#finish(ref, entry, object);
      else this.#collect(ref, entry, object);
    } catch (error) {
      // A conflict means that the object has changed: its own event brings it back here.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** Deletes an object whose owners are all gone; drops references to those that are. */
  #collect(ref: Ref, entry: Entry, object: KubeObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    const living = owners.filter((owner) => this.#mayLive(owner, ref));
    if (owners.length === 0 || living.length === owners.length) return;
    if (living.length === 0) {
      this.#delete(ref, entry, { propagationPolicy: 'Background' });
      return;
    }
    this.#registry.update(ref.kind, ref.namespace, ref.name, (current) => {
      current.metadata.ownerReferences = living;
      return current;
    });
  }

  /** True unless it is certain that the owner is absent. */
  #mayLive(owner: OwnerReference, dependent: Ref): boolean {
    const kind = this.#registry.kinds.find(`${owner.apiVersion}/${owner.kind}`);
    if (!kind) return true;
    // A cluster-scoped object cannot have a namespaced owner; the real collector leaves such objects alone.
    if (kind.namespaced && dependent.namespace === undefined) return true;
    const found = this.#registry.store.find(kind, kind.namespaced ? dependent.namespace : undefined, owner.name);
    return found?.uid === owner.uid;
  }

  /** Works off the finalizers that belong to the collector, and empties namespaces. */
  #finish(ref: Ref, entry: Entry, object: KubeObject): void {
    if (ref.kind.id === 'v1/Namespace') this.#emptyNamespace(ref.name);
    const finalizers = object.metadata.finalizers ?? [];
    const dependents = [...(this.#dependents.get(entry.uid)?.values() ?? [])];
    if (finalizers.includes(ORPHAN_FINALIZER)) {
      for (const dependent of dependents) this.#orphan(dependent, entry.uid);
      this.#removeFinalizer(ref, ORPHAN_FINALIZER);
    } else if (finalizers.includes(FOREGROUND_FINALIZER)) {
      for (const dependent of dependents) {
        const found = this.#registry.store.find(dependent.kind, dependent.namespace, dependent.name);
        if (found) this.#delete(dependent, found, { propagationPolicy: 'Foreground' });
      }
      if (!this.#dependents.get(entry.uid)?.size) this.#removeFinalizer(ref, FOREGROUND_FINALIZER);
    }
  }

  #emptyNamespace(name: string): void {
    let left = 0;
    for (const collection of this.#registry.store.collections()) {
      for (const entry of collection.entries.filter((candidate) => candidate.namespace === name)) {
        const ref = { kind: collection.kind, namespace: name, name: entry.name };
        if (!this.#delete(ref, entry, { propagationPolicy: 'Background' })) left += 1;
      }
    }
    if (left > 0) return;
    const finalize = (namespace: KubeObject): KubeObject => ({ ...namespace, spec: { finalizers: [] } });
    this.#registry.update(this.#registry.kinds.get('v1/Namespace'), undefined, name, finalize, {
      subresource: 'finalize',
    });
  }

  #delete(ref: Ref, entry: Entry, options: DeleteOptions): boolean {
    if (parse(entry).metadata.deletionTimestamp) return false;
    return this.#registry.delete(ref.kind, ref.namespace, ref.name, { ...options, preconditions: { uid: entry.uid } })
      .removed;
  }

  #orphan(ref: Ref, ownerUid: string): void {
    this.#registry.update(ref.kind, ref.namespace, ref.name, (current) => {
      const owners = current.metadata.ownerReferences ?? [];
      current.metadata.ownerReferences = owners.filter((owner) => owner.uid !== ownerUid);
      return current;
    });
  }

  #removeFinalizer(ref: Ref, finalizer: string): void {
    this.#registry.update(ref.kind, ref.namespace, ref.name, (current) => {
      current.metadata.finalizers = (current.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      return current;
    });
  }
}

/** Parsing every version of 100,000 objects would be felt; most have no owner. */
function ownersOf(entry: Entry | undefined): OwnerReference[] {
  return entry?.text.includes('"ownerReferences"') ? (parse(entry).metadata.ownerReferences ?? []) : [];
}

function ownerUids(entry: Entry | undefined): string[] {
  return ownersOf(entry).map((owner) => owner.uid);
}
