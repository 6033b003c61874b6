/** From a URL to what is asked: which kind, which object, with which options. */
import { badRequest, field, invalidOptions } from './errors.ts';
import type { WriteOptions } from './registry.ts';
import type { RequestRecord } from './types.ts';

export interface Target {
  /** `snapshot.storage.k8s.io`, or empty. */
  group: string;
  apiVersion: string;
  plural: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

/** Undefined for paths that are no resource: discovery, health. */
export function parseTarget(path: string): Target | undefined {
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  const [root, ...rest] = segments;
  if (root !== 'api' && root !== 'apis') return undefined;
  const apiVersion = root === 'api' ? rest.shift() : rest.splice(0, 2).join('/');
  if (!apiVersion || rest.length === 0) return undefined;
  // `/namespaces/x` is the namespace itself, `/namespaces/x/pods` something in it.
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !/^(status|finalize)$/.test(rest[2]!);
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, subresource] = inNamespace ? rest.slice(2) : rest;
  const group = root === 'api' ? '' : apiVersion.split('/')[0]!;
  return { group, apiVersion, plural: plural!, namespace, name, subresource };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape in "${segment}"`);
  }
}

export type Verb = RequestRecord['verb'] | 'deletecollection';

export function verbOf(method: string, target: Target, query: URLSearchParams): Verb | undefined {
  const named = target.name !== undefined;
  switch (method) {
    case 'GET':
    case 'HEAD':
      return named ? 'get' : flag(query, 'watch') ? 'watch' : 'list';
    case 'POST':
      return named ? undefined : 'create';
    case 'PUT':
      return named ? 'update' : undefined;
    case 'PATCH':
      return named ? 'patch' : undefined;
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

export function flag(query: URLSearchParams, name: string): boolean {
  return /^(1|true|t)$/i.test(query.get(name) ?? '');
}

/** What a write's query (or the body of a DELETE) asks for besides the write; `kind` is the name of such options. */
export function writeOptions(kind: string, query: URLSearchParams, body?: { dryRun?: unknown }): WriteOptions {
  const dryRun = [...query.getAll('dryRun'), ...(Array.isArray(body?.dryRun) ? (body.dryRun as string[]) : [])];
  if (dryRun.some((value) => value !== 'All' && value !== '')) {
    throw invalidOptions(kind, field.notSupported('dryRun', dryRun, ['All']));
  }
  return { dryRun: dryRun.includes('All'), strict: query.get('fieldValidation') === 'Strict' };
}
