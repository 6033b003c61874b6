import { isName } from '../domain/names.ts';
import type { KindName } from '../domain/kinds.ts';
import { decodeFast } from '../objects/fast-decode.ts';
import { schemas } from '../objects/schemas.ts';
import type { ObjectOf } from '../objects/types.ts';
import { UnreadableError } from '../ports/errors.ts';
import type { Unreadable } from '../ports/reader.ts';

export type Decoded<K extends KindName> = { readonly object: ObjectOf<K> } | { readonly unreadable: UnreadableError };

/** What an object of the cluster is, as Gleaner reads it; or which field does not fit (the field, never its value). */
export function decode<K extends KindName>(kind: K, json: unknown): Decoded<K> {
  const quick = decodeFast(kind, json);
  if (quick !== undefined) return { object: quick };
  const parsed = schemas[kind].safeParse(json);
  if (parsed.success) return { object: parsed.data as ObjectOf<K> };
  const [issue] = parsed.error.issues;
  const at = `${issue?.path.join('.') || 'object'}: ${issue?.code ?? 'unknown'}`;
  const object = { kind, ...identify(json) };
  const restore = kind === 'VirtualMachineRestore' ? restoreIn(json, object.namespace) : undefined;
  return { unreadable: new UnreadableError(object, at, { names: namesIn(json), ...(restore && { restore }) }) };
}

/** @throws UnreadableError */
export function decodeOrThrow<K extends KindName>(kind: K, json: unknown): ObjectOf<K> {
  const opened = decode(kind, json);
  if ('object' in opened) return opened.object;
  throw opened.unreadable;
}

/** All texts in it that have the form of an object's name; not those of the secrets that a VMBackup carries. */
function namesIn(json: unknown, names = new Set<string>()): Set<string> {
  if (typeof json === 'string' && isName(json)) names.add(json);
  else if (typeof json === 'object' && json !== null)
    for (const [key, value] of Object.entries(json)) if (key !== 'secretBackups') namesIn(value, names);
  return names;
}

/** What can be read of a restore all the same. */
function restoreIn(json: unknown, own: string | undefined): NonNullable<Unreadable['restore']> {
  const { spec, status } = (json ?? {}) as { spec?: Fields; status?: Fields };
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace: said } = spec ?? {};
  const namespace = said === undefined || said === null || said === '' ? own : said;
  const isComplete = status?.['complete'] === true;
  return typeof name === 'string' && typeof namespace === 'string'
    ? { of: `${namespace}/${name}`, isComplete }
    : { isComplete };
}
type Fields = Readonly<Record<string, unknown>> | null;

/** Name and namespace of anything that looks like an object. */
export function identify(json: unknown): { name: string; namespace?: string } {
  const metadata = (json as { metadata?: { name?: unknown; namespace?: unknown } } | null)?.metadata;
  const name = typeof metadata?.name === 'string' ? metadata.name : '?';
  return typeof metadata?.namespace === 'string' ? { name, namespace: metadata.namespace } : { name };
}
