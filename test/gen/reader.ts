import type { KubeObject } from '../../sandbox/api/types.ts';
import { decode, decodeOrThrow } from '../../shared/kube/decode.ts';
import type { KindName } from '../../shared/domain/kinds.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import type { ListOptions, Reader } from '../../shared/ports/reader.ts';

/**
 * Answers from objects in memory, read through the product's own schemas. What it does not do: selectors as text,
 * missing CRDs (but for `serves`, which knows those given), pages, time.
 */
export function readerOf(objects: readonly KubeObject[], served: readonly KindName[] = []): Reader {
  const all = (kind: KindName): KubeObject[] =>
    objects
      .filter((o) => o.kind === kind && o.apiVersion === kinds[kind].apiVersion)
      .map((o) => ({ ...o, metadata: { resourceVersion: '1', ...o.metadata } }));
  return {
    async get<K extends KindName>(kind: K, name: string, namespace?: string) {
      const isIt = ({ metadata: m }: KubeObject) =>
        m.name === name && (!kinds[kind].namespaced || m.namespace === namespace);
      const found = all(kind).find(isIt);
      return found && decodeOrThrow(kind, found);
    },
    async *list<K extends KindName>(kind: K, { namespace, labels = {}, onUnreadable }: ListOptions = {}) {
      for (const o of all(kind)) {
        const labelled = Object.entries(labels).every(([key, value]) => o.metadata.labels?.[key] === value);
        if (!labelled || (namespace !== undefined && o.metadata.namespace !== namespace)) continue;
        const opened = decode(kind, o);
        if ('object' in opened) yield opened.object;
        else onUnreadable?.(opened.unreadable);
      }
    },
    serves: async (kind) => served.includes(kind),
  };
}

/** A reader that notes what it is asked for, as `get Kind` and `list Kind`. */
export function countingReader(objects: readonly KubeObject[], inner: Reader = readerOf(objects)) {
  const calls: string[] = [];
  const reader: Reader = {
    get: (kind, name, namespace) => {
      calls.push(`get ${kind}`);
      return inner.get(kind, name, namespace);
    },
    list: (kind, options) => {
      calls.push(`list ${kind}`);
      return inner.list(kind, options);
    },
    serves: (kind) => inner.serves(kind),
  };
  return { reader, calls };
}
