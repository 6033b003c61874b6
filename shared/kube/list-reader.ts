import type { KindName } from '../domain/kinds.ts';
import { kinds, namespaceOf } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';
import { keptIn } from './keep.ts';
import type { Index, ListOptions, Reader, Unreadable } from '../ports/reader.ts';

/**
 * Serves `get` and `list` from one list per kind, taken on first use. Snapshot semantics, also for absent objects:
 * discard it after one batch (30 s at most); every write still tests the version that was seen. Worth it from about 20
 * subjects (see runtime/sweep.ts).
 *
 * Reads objects one by one if the kind may not be listed or is in `oneByOne`, and `get` also does above `mostKept`
 * objects unless something needs the whole list. A failed list rejects all callers that wait for it and is retried by
 * the next call; a missing permission or kind stays cached.
 *
 * @param mayList whether the account may list the kind in all namespaces
 * @param mostKept objects per kind to keep for `get`. Default 20,000.
 */
export function createListReader(reader: Reader, mayList: (kind: KindName) => boolean, mostKept = MOST_KEPT): Reader {
  /** Undefined for a kind with more than `mostKept` objects. */
  const few = new Map<KindName, Promise<Listed | undefined>>();
  const whole = new Map<KindName, Promise<Listed>>();
  /** Objects in the lists that could not be decoded, by kind and key. */
  const unreadable = new Map<string, Unreadable>();

  const read = async (kind: KindName, most: number): Promise<Listed | undefined> => {
    const all = new Map<string, ObjectOf<KindName>>();
    // An earlier list may have failed half-way; its unreadable objects may be readable now.
    for (const [key, { object }] of unreadable) if (object.kind === kind) unreadable.delete(key);
    const onUnreadable: ListOptions['onUnreadable'] = (found) =>
      void unreadable.set(`${kind} ${keyOf(found.object.name, found.object.namespace)}`, found);
    for await (const object of reader.list(kind, { onUnreadable })) {
      if (all.size >= most) return undefined;
      all.set(keyOf(object.metadata.name, namespaceOf(object)), object);
    }
    return all;
  };
  const listedIfFew = (kind: KindName): Promise<Listed | undefined> =>
    whole.get(kind) ?? keptIn(few, kind, () => read(kind, mostKept));
  const readWhole = (kind: KindName) => read(kind, Infinity) as Promise<Listed>;
  const listed = (kind: KindName): Promise<Listed> =>
    keptIn(whole, kind, () => few.get(kind)?.then((all) => all ?? readWhole(kind)) ?? readWhole(kind));

  /** There are few Settings, and every subject that depends on one asks for it again. */
  const settings = new Map<string, Promise<ObjectOf<'Setting'> | undefined>>();
  const setting = (name: string) => keptIn(settings, name, () => reader.get('Setting', name));

  const indexes = new Map<string, Promise<Map<string, ObjectOf<KindName>[]>>>();

  return {
    async indexed<K extends KindName>(index: Index<K>, key: string) {
      const read = () => listed(index.kind).then((all) => group(all.values(), index));
      const grouped = await keptIn(indexes, index.name, read);
      return (grouped.get(key) ?? []) as ObjectOf<K>[];
    },
    async unreadable(kind) {
      await listed(kind);
      return [...unreadable.values()].filter(({ object }) => object.kind === kind);
    },
    async get<K extends KindName>(kind: K, name: string, namespace?: string) {
      if (kind === 'Setting') return setting(name) as Promise<ObjectOf<K> | undefined>;
      if (oneByOne.has(kind) || !mayList(kind)) return reader.get(kind, name, namespace);
      const all = await listedIfFew(kind);
      if (all === undefined) return reader.get(kind, name, namespace);
      const key = keyOf(name, kinds[kind].namespaced ? namespace : undefined);
      const found = unreadable.get(`${kind} ${key}`);
      found?.fail();
      return all.get(key) as ObjectOf<K> | undefined;
    },
    async *list<K extends KindName>(kind: K, options: ListOptions = {}) {
      // Only the server evaluates selector texts. Of these kinds only few objects are ever needed.
      if (options.selector !== undefined || oneByOne.has(kind) || !mayList(kind)) {
        yield* reader.list(kind, options);
        return;
      }
      for (const object of (await listed(kind)).values()) {
        if (matches(object, options)) yield object as ObjectOf<K>;
      }
      for (const found of unreadable.values()) {
        const { namespace = found.object.namespace, onUnreadable } = options;
        if (found.object.kind === kind && found.object.namespace === namespace) onUnreadable?.(found);
      }
    },
    serves: (kind) => reader.serves(kind),
  };
}

type Listed = ReadonlyMap<string, ObjectOf<KindName>>;

/** An object takes about 1.3 kB, and three kinds may reach this: it fits the manifests' limit of 256 MiB. */
const MOST_KEPT = 20_000;

/** Kinds with many more objects than Gleaner needs, or that may only be read by name. */
const oneByOne: ReadonlySet<KindName> = new Set([
  'Event',
  'PolicyReport',
  'Report',
  'ConfigMap',
  'Pod',
  'PersistentVolume',
  'Volume',
  'Setting',
]);

const keyOf = (name: string, namespace: string | undefined): string => `${namespace ?? ''}/${name}`;

function matches(object: ObjectOf<KindName>, { namespace, labels = {} }: ListOptions): boolean {
  if (namespace !== undefined && namespaceOf(object) !== namespace) return false;
  return Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value);
}

function group<K extends KindName>(objects: Iterable<ObjectOf<KindName>>, index: Index<K>): Map<string, ObjectOf<K>[]> {
  const grouped = new Map<string, ObjectOf<K>[]>();
  for (const object of objects as Iterable<ObjectOf<K>>) {
    for (const key of index.keysOf(object)) {
      const of = grouped.get(key);
      if (of === undefined) grouped.set(key, [object]);
      else of.push(object);
    }
  }
  return grouped;
}
