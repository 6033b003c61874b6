import { isName } from '../domain/names.ts';
import type { KindName } from '../domain/kinds.ts';
import { decodeFast } from '../objects/fast-decode.ts';
import { schemas } from '../objects/schemas.ts';
import type { ObjectOf } from '../objects/types.ts';
import { UnreadableError } from '../ports/errors.ts';
import type { Unreadable } from '../ports/reader.ts';

/** The decoded object, or why it cannot be decoded. */
export type Decoded<K extends KindName> = { readonly object: ObjectOf<K> } | { readonly unreadable: UnreadableError };

/**
 * Decodes JSON into an object of a kind. Tries the fast decoder first, then the schema. If the JSON does not match,
 * `unreadable` names the field, never its value.
 */
export function decode<K extends KindName>(kind: K, json: unknown): Decoded<K> {
  const fast = decodeFast(kind, json);
  if (fast !== undefined) return { object: fast };
  const parsed = schemas[kind].safeParse(json);
  if (parsed.success) return { object: parsed.data as ObjectOf<K> };
  const [issue] = parsed.error.issues;
  const at = `${issue?.path.join('.') || 'object'}: ${issue?.code ?? 'unknown'}`;
  const object = { kind, ...identify(json) };
  const restore = kind === 'VirtualMachineRestore' ? restoreIn(json, object.namespace) : undefined;
  return { unreadable: new UnreadableError(object, at, { names: namesIn(json), ...(restore && { restore }) }) };
}

/**
 * As {@link decode}.
 * @throws UnreadableError if the JSON does not match the schema
 */
export function decodeOrThrow<K extends KindName>(kind: K, json: unknown): ObjectOf<K> {
  const decoded = decode(kind, json);
  if ('object' in decoded) return decoded.object;
  throw decoded.unreadable;
}

/** All texts that may be names of objects, except in the secrets that a VMBackup carries. */
function namesIn(json: unknown, names = new Set<string>()): Set<string> {
  if (typeof json === 'string' && isName(json)) names.add(json);
  else if (typeof json === 'object' && json !== null)
    for (const [key, value] of Object.entries(json)) if (key !== 'secretBackups') namesIn(value, names);
  return names;
}

/** The readable fields of an unreadable VirtualMachineRestore. */
function restoreIn(json: unknown, own: string | undefined): NonNullable<Unreadable['restore']> {
  const { spec, status } = (json ?? {}) as { spec?: Fields; status?: Fields };
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: ofNamespace } = spec ?? {};
  const namespace = ofNamespace === undefined || ofNamespace === null || ofNamespace === '' ? own : ofNamespace;
  const isComplete = status?.['complete'] === true;
  return typeof name === 'string' && typeof namespace === 'string'
    ? { of: `${namespace}/${name}`, isComplete }
    : { isComplete };
}
type Fields = Readonly<Record<string, unknown>> | null;

/** Name and namespace of anything that looks like an object; the name is `?` if there is none. */
export function identify(json: unknown): { name: string; namespace?: string } {
  const metadata = (json as { metadata?: { name?: unknown; namespace?: unknown } } | null)?.metadata;
  const name = typeof metadata?.name === 'string' ? metadata.name : '?';
  return typeof metadata?.namespace === 'string' ? { name, namespace: metadata.namespace } : { name };
}
