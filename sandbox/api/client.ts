/** The in-process door. No authorization, no recording, no faults: it is for the sandbox's own controllers. */
import { ApiError } from './errors.ts';
import type { Kind } from './kinds.ts';
import { jsonPatch, mergePatch } from './patch.ts';
import type { Registry, UpdateOptions } from './registry.ts';
import { parse } from './store.ts';
import type { Change, Entry } from './store.ts';
import type { ApiClient, KubeObject, WatchEvent } from './types.ts';

export function inProcessClient(registry: Registry): ApiClient {
  const { kinds, store } = registry;

  function withStatus(kind: Kind): UpdateOptions {
    if (!kind.status) throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    return { subresource: 'status' };
  }

  function put(object: KubeObject, subresource?: 'status'): KubeObject {
    const kind = kinds.of(object);
    const { name, namespace, uid } = object.metadata;
    const options = { ...(subresource && withStatus(kind)), precondition: { uid } };
    return parse(registry.update(kind, namespaceOf(kind, namespace), name, () => structuredClone(object), options));
  }

  return {
    async get(id, name, namespace) {
      const kind = kinds.get(id);
      const entry = store.find(kind, namespaceOf(kind, namespace), name);
      return entry && parse(entry);
    },
    async list(id, { namespace, labels = {} } = {}) {
      const wanted = Object.entries(labels);
      const matches = (entry: Entry): boolean =>
        (namespace === undefined || entry.namespace === namespace) &&
        wanted.every(([key, value]) => entry.labels[key] === value);
      return store.collection(kinds.get(id)).entries.filter(matches).map(parse);
    },
    async create(object) {
      const kind = kinds.of(object);
      return parse(registry.create(kind, namespaceOf(kind, object.metadata.namespace), structuredClone(object)));
    },
    async update(object) {
      return put(object);
    },
    async updateStatus(object) {
      return put(object, 'status');
    },
    async jsonPatch(id, name, namespace, operations, subresource) {
      const kind = kinds.get(id);
      const change = jsonPatch(structuredClone(operations));
      const options = subresource && withStatus(kind);
      return parse(registry.update(kind, namespaceOf(kind, namespace), name, change, options));
    },
    async mergePatch(id, name, namespace, patch, subresource) {
      const kind = kinds.get(id);
      const change = mergePatch(structuredClone(patch));
      const options = subresource && withStatus(kind);
      return parse(registry.update(kind, namespaceOf(kind, namespace), name, change, options));
    },
    async delete(id, name, namespace, options) {
      const kind = kinds.get(id);
      const { entry, removed } = registry.delete(kind, namespaceOf(kind, namespace), name, options);
      return removed ? undefined : parse(entry);
    },
    watch(id, onEvent, { initial = false } = {}) {
      const collection = store.collection(kinds.get(id));
      let open = true;
      // Told later, never from inside the write that caused the event; the microtask queue keeps the order.
      const tell = (type: WatchEvent['type'], entry: Entry): void =>
        queueMicrotask(() => {
          if (open) onEvent({ type, object: parse(entry) });
        });
      const listener = (change: Change): void => tell(change.type, change.entry);
      if (initial) for (const entry of collection.entries) tell('ADDED', entry);
      collection.listeners.add(listener);
      return () => {
        open = false;
        collection.listeners.delete(listener);
      };
    },
  };
}

function namespaceOf(kind: Kind, namespace: string | undefined): string | undefined {
  if (!kind.namespaced) return undefined;
  if (namespace === undefined || namespace === '') {
    throw new ApiError(400, 'BadRequest', `an empty namespace may not be set for ${kind.id}`);
  }
  return namespace;
}
