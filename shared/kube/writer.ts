import type { KindName } from '../domain/kinds.ts';
import { FIELD_MANAGER } from '../domain/names.ts';
import type { ObjectOf } from '../objects/types.ts';
import { identify, decodeOrThrow } from './decode.ts';
import { pathOf } from './paths.ts';
import { ConflictError } from '../ports/errors.ts';
import type { Deletable, JsonPatchOperation, Writer } from '../ports/writer.ts';
import { bodyOf, withObjectInError } from './reader.ts';
import type { Send } from './request.ts';
import type { Asked } from './status.ts';

/**
 * Creates the writer that talks to the API server.
 * @param timeoutMs deadline per call
 * @param extra query parameters for every write, such as `dryRun=All`
 */
export function createWriter(send: Send, timeoutMs: number, extra: Readonly<Record<string, string>>): Writer {
  const owned = { ...extra, fieldManager: FIELD_MANAGER };
  const patch = async <K extends KindName>(
    kind: K,
    name: string,
    namespace: string | undefined,
    operations: readonly JsonPatchOperation[],
  ): Promise<ObjectOf<K>> => {
    const tested = operations.some(({ op }) => op === 'test');
    const asked: Asked = { verb: 'patch', kind, name, namespace, tested };
    const call = {
      method: 'PATCH',
      path: pathOf(kind, namespace, name),
      query: owned,
      body: operations,
      contentType: 'application/json-patch+json',
    } as const;
    return decodeOrThrow(kind, bodyOf(await withObjectInError(asked, send(call, timeoutMs)), asked));
  };
  return {
    patch,

    async patchValue(name, operations, fields) {
      const asked: Asked = { verb: 'get', kind: 'Setting', name };
      const call = { method: 'GET', path: pathOf('Setting', undefined, name) } as const;
      const { value } = bodyOf(await withObjectInError(asked, send(call, timeoutMs)), asked) as { value?: unknown };
      const edited = withFields(value, fields);
      if (edited === undefined) throw new ConflictError(`the value of Setting ${name} is not JSON`);
      // The tests name the version that was read, so that no other value is overwritten.
      return patch('Setting', name, undefined, [...operations, { op: 'replace', path: '/value', value: edited }]);
    },

    async create<K extends KindName>(kind: K, object: object) {
      const { name, namespace } = identify(object);
      const asked: Asked = { verb: 'create', kind, name, namespace };
      const call = { method: 'POST', path: pathOf(kind, namespace), query: owned, body: object } as const;
      const created = bodyOf(await withObjectInError(asked, send(call, timeoutMs)), asked);
      return decodeOrThrow(kind, extra.dryRun === undefined ? created : versioned(created));
    },

    async delete<K extends Deletable>(
      kind: K,
      name: string,
      namespace: string | undefined,
      preconditions: { readonly uid: string; readonly resourceVersion: string },
    ): Promise<ObjectOf<K> | undefined> {
      const asked: Asked = { verb: 'delete', kind, name, namespace };
      // With a body, the server ignores the options in the query, also for a dry run.
      const options = extra.dryRun === undefined ? {} : { dryRun: [extra.dryRun] };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, ...options };
      const call = { method: 'DELETE', path: pathOf(kind, namespace, name), query: extra, body } as const;
      const left = bodyOf(await withObjectInError(asked, send(call, timeoutMs)), asked);
      if ((left as { kind?: unknown }).kind === 'Status') return undefined;
      const object = decodeOrThrow(kind, left);
      return (object.metadata.finalizers ?? []).length === 0 ? undefined : object;
    },
  };
}

/** A dry run stores nothing, so its object has no version. */
const versioned = (created: object): object => ({
  ...created,
  metadata: {
    resourceVersion: '',
    ...('metadata' in created && typeof created.metadata === 'object' ? created.metadata : {}),
  },
});

/** Sets fields in a JSON object that is stored as text; undefined if the text is no JSON object. */
function withFields(text: unknown, fields: Readonly<Record<string, number>>): string | undefined {
  try {
    const parsed: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return JSON.stringify({ ...parsed, ...fields });
  } catch {
    return undefined;
  }
}
