/**
 * JSON patch and merge patch. Each turns a body into a change for `Registry.update`.
 *
 * What it does not do: strategic merge. For built-in kinds that media type is taken as a plain merge patch, so lists
 * are replaced instead of merged by key.
 */
import fastJsonPatch from 'fast-json-patch';
import { ApiError, badRequest, patchRejected } from './errors.ts';
import type { Kind } from './kinds.ts';
import type { JsonPatchOperation, KubeObject } from './types.ts';

export type Change = (current: KubeObject) => KubeObject;

export const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function patchTypes(kind: Kind): string[] {
  return [JSON_PATCH, MERGE_PATCH, ...(kind.custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
}

export function jsonPatch(operations: unknown): Change {
  if (!Array.isArray(operations))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type []handlers.jsonPatchOp');
  return (current) => {
    let object = current;
    for (const operation of operations as JsonPatchOperation[]) {
      try {
        if (isTestForAbsence(object, operation)) continue;
        const given = asTheServerReads(object, operation) as fastJsonPatch.Operation;
        object = fastJsonPatch.applyOperation(object, given, true, true).newDocument;
      } catch {
        throw patchRejected();
      }
    }
    return object;
  };
}

/** The server's library does not insist that a replaced member of a map exists: `test` it if it matters. */
function asTheServerReads(object: KubeObject, operation: JsonPatchOperation): JsonPatchOperation {
  const { op, path, value = null } = operation;
  if (op === 'add') return { ...operation, value };
  if (op !== 'replace' || path === '') return operation;
  const parent = fastJsonPatch.getValueByPointer(object, path.slice(0, path.lastIndexOf('/'))) as unknown;
  return { ...operation, value, op: Array.isArray(parent) ? 'replace' : 'add' };
}

/** A `test` for null also holds where the parent exists and the member does not. */
function isTestForAbsence(object: KubeObject, { op, path, value }: JsonPatchOperation): boolean {
  if (op !== 'test' || value !== null) return false;
  const parent = fastJsonPatch.getValueByPointer(object, path.slice(0, path.lastIndexOf('/'))) as unknown;
  return parent !== undefined && fastJsonPatch.getValueByPointer(object, path) === undefined;
}

export function mergePatch(patch: unknown): Change {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) {
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  }
  return (current) => merge(current, patch) as KubeObject;
}

function merge(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const isObject = target !== null && typeof target === 'object' && !Array.isArray(target);
  const result: Record<string, unknown> = isObject ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}
