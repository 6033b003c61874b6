import type { KindName } from '../domain/kinds.ts';
import { kinds } from '../domain/kinds.ts';

/** Where the API server says which resources a kind's group has. */
export function apiPathOf(kind: KindName): string {
  const { apiVersion, group } = kinds[kind];
  return group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
}

/** Path of one object, or of the collection when no name is given (of all namespaces when no namespace is). */
export function pathOf(kind: KindName, namespace?: string, name?: string): string {
  const { plural, namespaced } = kinds[kind];
  const root = apiPathOf(kind);
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/**
 * Whether an object can have this name. References inside objects are free text: an empty one would turn a read of one
 * object into a list, and `..` would point elsewhere.
 */
export const isAddressable = (segment: string): boolean => !['', '.', '..'].includes(segment) && !/[/%]/.test(segment);
