import type { KindName } from '../../shared/domain/kinds.ts';
import { fromLists } from '../../shared/kube/listed.ts';
import { memoize } from '../../shared/kube/memoize.ts';
import type { Reader } from '../../shared/kube/ports.ts';

/** Of these one is needed for each volume: listed once, where all volumes are asked about. */
const perVolume: ReadonlySet<KindName> = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'Volume']);

export function readerFor(reader: Reader, asksForAll: boolean): Reader {
  const once = memoize(reader);
  if (!asksForAll) return once;
  const listed = fromLists(reader);
  return {
    get: (kind, name, namespace) => (perVolume.has(kind) ? listed : once).get(kind, name, namespace),
    list: (kind, options) => once.list(kind, options),
    serves: (kind) => reader.serves(kind),
  };
}
