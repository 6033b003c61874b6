/**
 * What the server says about itself: versions, groups, resources, and just enough OpenAPI for kubectl to see that
 * dry-run and field validation are supported.
 */
import type { Kind, KindTable } from './kinds.ts';
import { REVIEWS, REVIEW_GROUPS } from './reviews.ts';

const GIT_VERSION = 'v1.34.2';
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const READ_VERBS = ['get', 'list', 'watch'];

/** The answer for a discovery path, or undefined for any other path. */
export function discover(kinds: KindTable, path: string, address: string): object | string | undefined {
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return 'ok';
  if (path === '/version') return version();
  if (path === '/api') return coreVersions(address);
  if (path === '/apis')
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(kinds).map((name) => group(kinds, name)) };
  if (path === '/openapi/v2') return { swagger: '2.0', info: info(), paths: {}, definitions: {} };
  if (path === '/openapi/v3') return openApiIndex(kinds);
  const openApi = /^\/openapi\/v3\/(?:apis\/|api\/)(.+)$/.exec(path)?.[1];
  if (openApi !== undefined && kinds.apiVersions().includes(openApi)) return openApiOf(kinds, openApi);
  const apiVersion = /^\/api\/(v1)$|^\/apis\/([^/]+\/[^/]+)$/.exec(path);
  if (apiVersion) return resources(kinds, (apiVersion[1] ?? apiVersion[2])!);
  const name = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  if (name !== undefined && groups(kinds).includes(name))
    return { kind: 'APIGroup', apiVersion: 'v1', ...group(kinds, name) };
  return undefined;
}

function version(): object {
  return {
    major: '1',
    minor: '34',
    gitVersion: GIT_VERSION,
    gitCommit: 'sandbox',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: 'node',
  };
}

function info(): object {
  return { title: 'Kubernetes', version: GIT_VERSION };
}

function coreVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function groups(kinds: KindTable): string[] {
  return [...new Set([...kinds.all.map((kind) => kind.group), ...REVIEW_GROUPS])].filter((name) => name !== '');
}

function group(kinds: KindTable, name: string): object {
  const of = kinds.all.filter((kind) => kind.group === name).map((kind) => kind.version);
  const versions = [...new Set(of.length > 0 ? of : ['v1'])].map((text) => ({
    groupVersion: `${name}/${text}`,
    version: text,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function resources(kinds: KindTable, groupVersion: string): object | undefined {
  const served = kinds.all.filter((kind) => kind.apiVersion === groupVersion).flatMap(resource);
  const list = [...served, ...(REVIEWS[groupVersion] ?? []).map(reviewResource)];
  return list.length === 0 ? undefined : { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: list };
}

function reviewResource(kind: string): object {
  const singularName = kind.toLowerCase();
  return { name: `${singularName}s`, singularName, namespaced: false, kind, verbs: ['create'] };
}

function resource(kind: Kind): object[] {
  const main = {
    name: kind.plural,
    singularName: kind.kind.toLowerCase(),
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.readOnly ? READ_VERBS : VERBS,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.inAll && { categories: ['all'] }),
  };
  if (!kind.status) return [main];
  const status = { name: `${kind.plural}/status`, singularName: '', namespaced: kind.namespaced, kind: kind.kind };
  return [main, { ...status, verbs: ['get', 'patch', 'update'] }];
}

function openApiIndex(kinds: KindTable): object {
  const path = (apiVersion: string): string => (apiVersion === 'v1' ? 'api/v1' : `apis/${apiVersion}`);
  return {
    paths: Object.fromEntries(
      kinds.apiVersions().map((it) => [path(it), { serverRelativeURL: `/openapi/v3/${path(it)}?hash=sandbox` }]),
    ),
  };
}

function openApiOf(kinds: KindTable, apiVersion: string): object {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  const paths = kinds.all
    .filter((kind) => kind.apiVersion === apiVersion)
    .map(({ group, version: v, kind, plural, namespaced }) => [
      `${group ? `/apis/${group}` : '/api'}/${v}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`,
      {
        patch: {
          operationId: `patch${kind}`,
          parameters,
          responses: { 200: { description: 'OK' } },
          'x-kubernetes-action': 'patch',
          'x-kubernetes-group-version-kind': { group, version: v, kind },
        },
      },
    ]);
  return { openapi: '3.0.0', info: info(), paths: Object.fromEntries(paths) as object, components: { schemas: {} } };
}
