import type { KubeObject } from '../../sandbox/api/types.ts';
import type { KindName } from '../../shared/domain/kinds.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import type { ListOptions, Reader } from '../../shared/kube/ports.ts';
import { schemas } from '../../shared/objects/schemas.ts';
import type { ObjectOf } from '../../shared/objects/types.ts';

/**
 * Answers from objects in memory, read through the product's own schemas. What it does not do: selectors as text,
 * unreadable objects (they throw), missing CRDs (but for `serves`, which knows those given), pages, time.
 */
export function readerOf(objects: readonly KubeObject[], served: readonly KindName[] = []): Reader {
  const all = <K extends KindName>(kind: K): ObjectOf<K>[] =>
    objects
      .filter((o) => o.kind === kind && o.apiVersion === kinds[kind].apiVersion)
      .map((o) => schemas[kind].parse({ ...o, metadata: { resourceVersion: '1', ...o.metadata } }) as ObjectOf<K>);
  const namespaceOf = (o: ObjectOf<KindName>) => ('namespace' in o.metadata ? o.metadata.namespace : undefined);
  return {
    get: async (kind, name, namespace) =>
      all(kind).find((o) => o.metadata.name === name && (!kinds[kind].namespaced || namespaceOf(o) === namespace)),
    async *list(kind, { namespace, labels = {} }: ListOptions = {}) {
      for (const o of all(kind)) {
        const labelled = Object.entries(labels).every(([key, value]) => o.metadata.labels?.[key] === value);
        if (labelled && (namespace === undefined || namespaceOf(o) === namespace)) yield o;
      }
    },
    serves: async (kind) => served.includes(kind),
  };
}
