/**
 * Server-side apply: merge what a manager applies, remember which fields it applied, remove those it no longer
 * applies, and refuse to change another applier's field unless forced.
 *
 * What it does not do: record fields written by PUT, PATCH or POST (they belong to nobody, so they never conflict);
 * merge lists by key, except finalizers and ownerReferences (as for a CRD without list types, a list is one value).
 */
import { isDeepStrictEqual } from 'node:util';
import { ApiError } from './errors.ts';
import { timestamp } from './metadata.ts';
import type { Change } from './patch.ts';
import type { KubeObject, OwnerReference } from './types.ts';

export interface ApplyOptions {
  manager: string;
  force: boolean;
  subresource?: string | undefined;
}

interface ManagedFields {
  manager: string;
  operation: 'Apply';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Tree;
  subresource?: string;
}

interface Tree {
  [key: string]: Tree;
}
type Path = readonly string[];

type Json = any; // JSON of any shape

/** Fields nobody owns. */
const UNOWNED = [
  'apiVersion',
  'kind',
  'metadata/name',
  'metadata/namespace',
  'metadata/uid',
  'metadata/resourceVersion',
];

export function serverSideApply(applied: KubeObject, options: ApplyOptions): Change {
  return (current) => {
    const wanted = toMaps(withoutManagedFields(applied));
    const paths = leaves(wanted).filter(
      (path) => !UNOWNED.includes(path.slice(0, 2).join('/')) && !UNOWNED.includes(path[0]!),
    );
    const all = (current.metadata.managedFields ?? []) as ManagedFields[];
    const isMine = (entry: ManagedFields): boolean =>
      entry.manager === options.manager && entry.operation === 'Apply' && entry.subresource === options.subresource;
    const mine = all.find(isMine);
    let others = all.filter((entry) => entry !== mine);

    const state = toMaps(withoutManagedFields(current));
    const changed = paths.filter((path) => !isDeepStrictEqual(valueAt(state, path), valueAt(wanted, path)));
    const conflicts = others.flatMap((entry) =>
      changed.filter((path) => owns(entry, path)).map((path) => ({ manager: entry.manager, path })),
    );
    if (conflicts.length > 0) {
      if (!options.force) throw conflictError(conflicts);
      others = others.map((entry) => disown(entry, changed)).filter((entry) => Object.keys(entry.fieldsV1).length > 0);
    }

    const result = mergeMaps(state, wanted);
    for (const path of mine ? pathsOf(mine.fieldsV1) : []) {
      const kept = valueAt(wanted, path) !== undefined || others.some((entry) => owns(entry, path));
      if (!kept) removeAt(result, path);
    }
    const next = fromMaps(result);
    const entry: ManagedFields = {
      manager: options.manager,
      operation: 'Apply',
      apiVersion: applied.apiVersion,
      time: timestamp(),
      fieldsType: 'FieldsV1',
      fieldsV1: toTree(paths),
      ...(options.subresource && { subresource: options.subresource }),
    };
    // Applying the same again changes nothing, not even the time.
    const unchanged = mine && isDeepStrictEqual(mine.fieldsV1, entry.fieldsV1) && changed.length === 0;
    next.metadata.managedFields = [...others, unchanged ? mine : entry];
    return next;
  };
}

function conflictError(conflicts: readonly { manager: string; path: Path }[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}"`,
    field: `.${path.join('.')}`,
  }));
  const lines = causes.map((cause) => `${cause.message}: ${cause.field}`);
  const message =
    lines.length === 1
      ? `Apply failed with 1 conflict: ${lines[0]}`
      : `Apply failed with ${lines.length} conflicts:\n- ${lines.join('\n- ')}`;
  return new ApiError(409, 'Conflict', message, { causes });
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}

/** Finalizers and owner references as maps, so that they merge item by item. */
function toMaps(object: KubeObject): Json {
  const { finalizers, ownerReferences, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(finalizers && {
        finalizers: Object.fromEntries(finalizers.map((name) => [`v:${JSON.stringify(name)}`, name])),
      }),
      ...(ownerReferences && {
        ownerReferences: Object.fromEntries(
          ownerReferences.map((owner) => [`k:${JSON.stringify({ uid: owner.uid })}`, owner]),
        ),
      }),
    },
  };
}

function fromMaps(state: Json): KubeObject {
  const { finalizers, ownerReferences, ...metadata } = state.metadata;
  return {
    ...state,
    metadata: {
      ...metadata,
      ...(finalizers && { finalizers: Object.values<string>(finalizers) }),
      ...(ownerReferences && { ownerReferences: Object.values<OwnerReference>(ownerReferences) }),
    },
  };
}

function isMap(value: Json): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Paths to everything that is no map; an empty map is owned by nobody. */
function leaves(value: Json, path: Path = []): Path[] {
  if (!isMap(value)) return [path];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

function valueAt(value: Json, path: Path): Json {
  return path.reduce((at, key) => at?.[key], value);
}

function removeAt(value: Json, path: Path): void {
  const parent = valueAt(value, path.slice(0, -1));
  if (parent === undefined) return;
  delete parent[path.at(-1)!];
  if (path.length > 1 && Object.keys(parent).length === 0) removeAt(value, path.slice(0, -1));
}

/** Copies what it changes, so that neither side is touched by a later removal. */
function mergeMaps(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const result = isMap(target) ? structuredClone(target) : {};
  for (const [key, value] of Object.entries(patch)) result[key] = mergeMaps(result[key], value);
  return result;
}

/** `f:spec` for a field; list items already carry their `v:` or `k:`. */
function toTree(paths: readonly Path[]): Tree {
  const tree: Tree = {};
  for (const path of paths) {
    let at = tree;
    for (const key of path) at = at[/^[vk]:["{]/.test(key) ? key : `f:${key}`] ??= {};
  }
  return tree;
}

function pathsOf(tree: Tree, path: Path = []): Path[] {
  const children = Object.entries(tree);
  if (children.length === 0) return path.length > 0 ? [path] : [];
  return children.flatMap(([key, child]) => pathsOf(child, [...path, key.replace(/^f:/, '')]));
}

function owns(entry: ManagedFields, path: Path): boolean {
  return pathsOf(entry.fieldsV1).some((owned) => isDeepStrictEqual(owned, path));
}

function disown(entry: ManagedFields, paths: readonly Path[]): ManagedFields {
  const kept = pathsOf(entry.fieldsV1).filter((owned) => !paths.some((path) => isDeepStrictEqual(path, owned)));
  return { ...entry, fieldsV1: toTree(kept) };
}
