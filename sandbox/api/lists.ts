/** Lists: selection, pages, continue tokens. */
import { ApiError, badRequest, field, invalidOptions, notANumber } from './errors.ts';
import type { Kind } from './kinds.ts';
import { parseSelection } from './selectors.ts';
import type { Entry, Store } from './store.ts';

export interface ListQuery {
  namespace: string | undefined;
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continueToken: string;
  resourceVersion: string;
  resourceVersionMatch: string;
}

export interface Page {
  entries: Entry[];
  revision: number;
  continueToken: string | undefined;
  remaining: number | undefined;
}

interface Token {
  v: 'meta.k8s.io/v1';
  /** -1: no snapshot any more, go on with the objects of today. */
  rv: number;
  start: string;
}

export function list(store: Store, kind: Kind, query: ListQuery): Page {
  checkVersions(store, kind, query);
  const selection = parseSelection(kind, query.labelSelector, query.fieldSelector);
  const token = query.continueToken ? decode(query.continueToken) : undefined;
  const collection = store.collection(kind);
  const inconsistent = token === undefined || token.rv === -1;
  const revision = inconsistent ? store.revision : token.rv;
  const entries = inconsistent ? collection.entries : collection.snapshot(revision);
  if (!entries) throw expired({ ...token!, rv: -1 });

  const prefix = query.namespace === undefined ? '' : `${query.namespace}/`;
  const first = collection.indexOf(token?.start ?? prefix, entries);
  const page: Entry[] = [];
  let index = first;
  for (const end = endOf(entries, prefix); index < end; index++) {
    const entry = entries[index]!;
    if (selection.matches && !selection.matches(entry)) continue;
    if (query.limit > 0 && page.length === query.limit) {
      collection.keepSnapshot(revision, entries);
      const start = `${page.at(-1)!.key}\0`;
      const remaining = selection.matches ? undefined : end - index;
      return {
        entries: page,
        revision,
        continueToken: encode({ v: 'meta.k8s.io/v1', rv: revision, start }),
        remaining,
      };
    }
    page.push(entry);
  }
  return { entries: page, revision, continueToken: undefined, remaining: undefined };

  function endOf(all: readonly Entry[], start: string): number {
    // '0' is the character after '/': the first key behind the namespace.
    return start === '' ? all.length : collection.indexOf(`${query.namespace}0`, all);
  }
}

const MATCHES = ['Exact', 'NotOlderThan', ''];

function checkVersions(store: Store, kind: Kind, query: ListQuery): void {
  const { resourceVersion, resourceVersionMatch: match, continueToken } = query;
  if (!MATCHES.includes(match)) {
    throw invalidOptions('ListOptions', field.notSupported('resourceVersionMatch', match, MATCHES));
  }
  if (match && !resourceVersion) {
    const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    throw invalidOptions('ListOptions', field.forbidden('resourceVersionMatch', why));
  }
  if (match === 'Exact' && resourceVersion === '0') {
    const why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
    throw invalidOptions('ListOptions', field.forbidden('resourceVersionMatch', why));
  }
  if (continueToken && resourceVersion && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  if (!/^\d*$/.test(resourceVersion)) {
    const { message } = notANumber(resourceVersion);
    const given = JSON.stringify(resourceVersion);
    throw badRequest(`invalid resource version: resourceVersion: Invalid value: ${given}: ${message}`);
  }
  const revision = Number(resourceVersion);
  if (revision > store.revision) throw tooLarge(revision, store.revision);
  const changedSince = (store.collection(kind).since(revision)?.length ?? 1) > 0;
  if (match === 'Exact' && changedSince) throw tooOld(revision, store.revision);
}

export function tooOld(revision: number, oldest: number): ApiError {
  return new ApiError(410, 'Expired', `too old resource version: ${revision} (${oldest})`);
}

function tooLarge(revision: number, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Too large resource version: ${revision}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function expired(token: Token): ApiError {
  return new ApiError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
    undefined,
    encode(token),
  );
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decode(text: string): Token {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
    if (token.v === 'meta.k8s.io/v1' && typeof token.rv === 'number' && typeof token.start === 'string') return token;
  } catch {
    // falls through to the same answer
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
