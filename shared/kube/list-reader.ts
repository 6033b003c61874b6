import type { KindName } from '../domain/kinds.ts';
import { kinds, namespaceOf } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';
import { keptIn } from './keep.ts';
import type { Index, ListOptions, Reader, Unreadable } from '../ports/reader.ts';

/**
 * A reader for looking at many subjects at once: each kind is listed once, when it is first asked for, and all answers
 * come from that list, also "there is none". The world it shows ages from then on, so it serves one batch and no more;
 * every write is guarded by the version that was seen. What may not be listed is read one by one, and so is a kind of
 * which there are more than `mostKept` and none is looked for by anything but its name. What is looked for otherwise
 * needs the whole list: of those kinds there are fewer. A list that fails fails whoever waits for it, and is asked for
 * again by the next; only a missing right or kind stays so for as long as the view lasts.
 */
export function createListReader(reader: Reader, mayList: (kind: KindName) => boolean, mostKept = MOST_KEPT): Reader {
  /** Undefined for a kind of which there are too many. */
  const few = new Map<KindName, Promise<Listed | undefined>>();
  const whole = new Map<KindName, Promise<Listed>>();
  /** By kind and key: what was in the lists and could not be read. */
  const unreadable = new Map<string, Unreadable>();

  const read = async (kind: KindName, most: number): Promise<Listed | undefined> => {
    const all = new Map<string, ObjectOf<KindName>>();
    // A list before this one may have failed half-way, and what it could not read may be mended.
    for (const [key, { object }] of unreadable) if (object.kind === kind) unreadable.delete(key);
    const onUnreadable: ListOptions['onUnreadable'] = (odd) =>
      void unreadable.set(`${kind} ${keyOf(odd.object.name, odd.object.namespace)}`, odd);
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

  /** Few, and asked for again by every subject that depends on one. */
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
      const odd = unreadable.get(`${kind} ${key}`);
      odd?.fail();
      return all.get(key) as ObjectOf<K> | undefined;
    },
    async *list<K extends KindName>(kind: K, options: ListOptions = {}) {
      // A selector text is the server's to understand; of these kinds only few are ever asked for.
      if (options.selector !== undefined || oneByOne.has(kind) || !mayList(kind)) {
        yield* reader.list(kind, options);
        return;
      }
      for (const object of (await listed(kind)).values()) {
        if (matches(object, options)) yield object as ObjectOf<K>;
      }
      for (const odd of unreadable.values()) {
        const { namespace = odd.object.namespace, onUnreadable } = options;
        if (odd.object.kind === kind && odd.object.namespace === namespace) onUnreadable?.(odd);
      }
    },
    serves: (kind) => reader.serves(kind),
  };
}

type Listed = ReadonlyMap<string, ObjectOf<KindName>>;

/** An object takes about 1.3 kB, and there are three such kinds: what a function may have of the manifests' 256 MiB. */
const MOST_KEPT = 20_000;

/** Kinds of which a cluster has many more than Gleaner asks for, or which may be read by name only. */
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
