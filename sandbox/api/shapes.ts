/** The forms an answer can take: the object itself, its metadata only, or a table for kubectl. */
import { ApiError } from './errors.ts';
import type { Column } from './columns.ts';
import type { Kind } from './kinds.ts';
import type { Entry } from './store.ts';
import { parse } from './store.ts';
import type { Page } from './lists.ts';
import type { KubeObject } from './types.ts';

export type Shape = 'object' | 'metadata' | 'table';

/** The first of the accepted media types that is JSON decides. */
export function negotiate(accept: string | undefined): Shape {
  for (const part of (accept ?? '*/*').split(',')) {
    const [type, ...parameters] = part.split(';').map((text) => text.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (as === undefined) return 'object';
    if (as === 'Table') return 'table';
    if (as.startsWith('PartialObjectMetadata')) return 'metadata';
  }
  const message =
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new ApiError(406, 'NotAcceptable', message);
}

export function renderObject(kind: Kind, entry: Entry, shape: Shape): string {
  if (shape === 'table') return JSON.stringify(table(kind, [entry], String(entry.revision)));
  if (shape === 'metadata') return JSON.stringify(partial(parse(entry)));
  return entry.text;
}

export function renderList(kind: Kind, page: Page, shape: Shape): string {
  const metadata = {
    resourceVersion: String(page.revision),
    // Lists of custom kinds always say `continue`, empty on the last page.
    ...((kind.custom || page.continueToken !== undefined) && { continue: page.continueToken ?? '' }),
    ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
  };
  if (shape === 'table') return JSON.stringify({ ...table(kind, page.entries, ''), metadata });
  const [listKind, apiVersion] =
    shape === 'metadata' ? ['PartialObjectMetadataList', 'meta.k8s.io/v1'] : [`${kind.kind}List`, kind.apiVersion];
  const items = page.entries.map((entry) =>
    shape === 'metadata' ? JSON.stringify(partial(parse(entry))) : kind.custom ? entry.text : withoutType(kind, entry),
  );
  // Joined from stored texts: a page of 500 objects costs no parsing.
  return `{"kind":"${listKind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`;
}

/** Items of built-in lists carry neither kind nor apiVersion, as on the real server. */
function withoutType(kind: Kind, entry: Entry): string {
  const prefix = `{"apiVersion":"${kind.apiVersion}","kind":"${kind.kind}",`;
  return entry.text.startsWith(prefix) ? `{${entry.text.slice(prefix.length)}` : entry.text;
}

function partial(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function table(kind: Kind, entries: readonly Entry[], resourceVersion: string): object {
  const columns: Column[] = [
    { name: 'Name', type: 'string', path: 'metadata.name' },
    ...(kind.columns.length > 0
      ? kind.columns
      : [{ name: 'Age', type: 'date', path: 'metadata.creationTimestamp' } as const]),
  ];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columns.map(({ name, type }, index) => ({
      name,
      type,
      format: index === 0 ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows: entries.map((entry) => {
      const object = parse(entry);
      return { cells: columns.map((column) => cell(object, column)), object: partial(object) };
    }),
  };
}

function cell(object: KubeObject, column: Column): unknown {
  const value = column.path.split('.').reduce<unknown>(step, object);
  if (value === undefined || value === null) return column.type === 'date' ? '<unknown>' : null;
  if (column.type === 'date') return typeof value === 'string' ? age(value) : '<invalid>';
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

function step(at: unknown, name: string): unknown {
  const [, list, type] = /^(.+)\[(.+)\]$/.exec(name) ?? [];
  const parent = at as Record<string, unknown> | undefined | null;
  if (list === undefined) return parent?.[name];
  return (parent?.[list] as { type?: string }[] | undefined)?.find?.((item) => item.type === type);
}

/** `45s`, `12m`, `5h`, `3d`, as kubectl rounds it. */
function age(since: string, nowMs = Date.now()): string {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(since)) / 1000));
  if (Number.isNaN(seconds)) return '<invalid>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 600) return seconds % 60 === 0 ? `${seconds / 60}m` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 && hours % 24 !== 0 ? `${days}d${hours % 24}h` : `${days}d`;
}
