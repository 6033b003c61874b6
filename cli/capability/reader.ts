import { namespaceOf } from '../../shared/domain/kinds.ts';
import type { KindName } from '../../shared/domain/kinds.ts';
import { keptIn } from '../../shared/kube/keep.ts';
import { memoize } from '../../shared/kube/memoize.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { ObjectOf } from '../../shared/objects/types.ts';

/** Kinds needed once per volume: listed once if all volumes are asked about. */
type PerVolume = 'PersistentVolumeClaim' | 'PersistentVolume' | 'Volume' | 'Engine';
const perVolume: ReadonlySet<KindName> = new Set<PerVolume>([
  'PersistentVolumeClaim',
  'PersistentVolume',
  'Volume',
  'Engine',
]);
/** The label that names an Engine's volume. */
const OF_VOLUME = 'longhornvolume';

export function readerFor(reader: Reader, asksForAll: boolean): Reader {
  const once = memoize(reader);
  if (!asksForAll) return once;
  const lists = new Map<KindName, Promise<Map<string, ObjectOf<KindName>[]>>>();
  const listed = (kind: KindName) => keptIn(lists, kind, () => grouped(reader, kind));
  return {
    async get<K extends KindName>(kind: K, name: string, namespace?: string) {
      if (!perVolume.has(kind)) return once.get(kind, name, namespace);
      const found = (await listed(kind)).get(name) ?? [];
      return found.find((one) => namespaceOf(one) === undefined || namespaceOf(one) === namespace) as
        ObjectOf<K> | undefined;
    },
    async *list(kind, options) {
      if (kind !== 'Engine') {
        yield* once.list(kind, options);
        return;
      }
      for (const one of (await listed(kind)).get(options?.labels?.[OF_VOLUME] ?? '') ?? []) {
        yield one as ObjectOf<typeof kind>;
      }
    },
    serves: (kind) => reader.serves(kind),
  };
}

/** Groups by name; Engines by their volume. */
async function grouped(reader: Reader, kind: KindName): Promise<Map<string, ObjectOf<KindName>[]>> {
  const found = new Map<string, ObjectOf<KindName>[]>();
  for await (const one of reader.list(kind)) {
    const key = kind === 'Engine' ? (one.metadata.labels?.[OF_VOLUME] ?? '') : one.metadata.name;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}
