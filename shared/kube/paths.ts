import type { KindName } from '../domain/kinds.ts';
import { kinds } from '../domain/kinds.ts';

/** Path of the API group's resource list. */
export function apiPathOf(kind: KindName): string {
  const { apiVersion, group } = kinds[kind];
  return group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
}

/** Path of one object, or of the collection without `name` (in all namespaces without `namespace`). */
export function pathOf(kind: KindName, namespace?: string, name?: string): string {
  const { plural, namespaced } = kinds[kind];
  const root = apiPathOf(kind);
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** The path without an object's name: the kind and, if given, the namespace. */
export function collectionOf(path: string): string {
  const segments = path.split('/');
  // "", "api", "v1", or "", "apis", group, version.
  const root = segments[1] === 'api' ? 3 : 4;
  const scoped = segments[root] === 'namespaces' && segments.length > root + 2;
  return segments.slice(0, root + (scoped ? 3 : 1)).join('/');
}

/**
 * Whether an object can have this name. References inside objects are free text: an empty one would turn the read of
 * one object into a list, and `..` would address another path.
 */
export const isAddressable = (segment: string): boolean => !['', '.', '..'].includes(segment) && !/[/%]/.test(segment);
