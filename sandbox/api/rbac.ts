/**
 * Who may do what: tokens to users, and the RBAC objects in the store, evaluated on every request.
 *
 * What it does not do: aggregated ClusterRoles, the check against granting more than one has, impersonation.
 */
import { randomBytes } from 'node:crypto';
import { ApiError } from './errors.ts';
import { parse } from './store.ts';
import type { Registry } from './registry.ts';

export interface User {
  name: string;
  groups: readonly string[];
}

export interface Attributes {
  verb: string;
  group: string;
  /** `volumesnapshots`, or `volumesnapshots/status`. */
  resource: string;
  namespace?: string | undefined;
  name?: string | undefined;
}

interface PolicyRule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const MASTERS = 'system:masters';
/** What the bootstrap roles system:public-info-viewer and system:discovery allow. */
const PUBLIC_PATHS = /^\/(healthz|livez|readyz|version)(\/|$)/;
const DISCOVERY_PATHS = /^\/(api|apis|openapi|healthz|livez|readyz|version)(\/|$)/;

export class Tokens {
  readonly #users = new Map<string, User>();

  issue(name: string, groups: readonly string[] = []): string {
    const token = `sandbox-${randomBytes(24).toString('base64url')}`;
    const [, , namespace] = /^system:serviceaccount:/.test(name) ? name.split(':') : [];
    const implied = namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [];
    this.#users.set(token, { name, groups: [...groups, ...implied, 'system:authenticated'] });
    return token;
  }

  issueAdmin(): string {
    return this.issue('cluster-admin', [MASTERS]);
  }

  /** An unknown token is refused; no token at all is somebody anonymous, who may do next to nothing. */
  authenticate(authorization: string | undefined): User {
    const token = /^Bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return ANONYMOUS;
    const user = this.#users.get(token.trim());
    if (!user) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    return user;
  }
}

export function authorizePath(user: User, path: string): void {
  if (user.groups.includes(MASTERS)) return;
  const allowed = user.groups.includes('system:authenticated') ? DISCOVERY_PATHS : PUBLIC_PATHS;
  if (!allowed.test(path)) {
    throw new ApiError(403, 'Forbidden', `forbidden: User "${user.name}" cannot get path "${path}"`, {});
  }
}

export function authorize(registry: Registry, user: User, attributes: Attributes): void {
  if (isAllowed(registry, user, attributes)) return;
  const { verb, group, resource, namespace, name } = attributes;
  const plural = resource.split('/')[0]!;
  const subject = `${plural}${group && `.${group}`}${name ? ` "${name}"` : ''}`;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message =
    `${subject} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" ` +
    `in API group "${group}" ${scope}`;
  throw new ApiError(403, 'Forbidden', message, { ...(name && { name }), ...(group && { group }), kind: plural });
}

export function isAllowed(registry: Registry, user: User, attributes: Attributes): boolean {
  return rulesFor(registry, user, attributes.namespace).some((rule) => ruleAllows(rule, attributes));
}

/** Every rule that holds for the user: cluster-wide ones, and those of one namespace. */
export function rulesFor(registry: Registry, user: User, namespace: string | undefined): PolicyRule[] {
  if (user.groups.includes(MASTERS)) return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
  return [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io', 'authentication.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'],
    },
    ...boundRules(registry, user, 'ClusterRoleBinding', undefined),
    ...(namespace === undefined ? [] : boundRules(registry, user, 'RoleBinding', namespace)),
  ];
}

function boundRules(registry: Registry, user: User, kind: string, namespace: string | undefined): PolicyRule[] {
  const rbac = (name: string) => registry.kinds.get(`rbac.authorization.k8s.io/v1/${name}`);
  return registry.store.collection(rbac(kind)).entries.flatMap((entry) => {
    if (namespace !== undefined && entry.namespace !== namespace) return [];
    const binding = parse(entry);
    const applies = (binding.subjects ?? []).some((subject: Subject) => isSubject(user, subject, namespace));
    if (!applies) return [];
    const role =
      binding.roleRef?.kind === 'Role' ? { kind: 'Role', namespace } : { kind: 'ClusterRole', namespace: undefined };
    const found = registry.store.find(rbac(role.kind), role.namespace, binding.roleRef?.name);
    return found ? ((parse(found).rules ?? []) as PolicyRule[]) : [];
  });
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

function isSubject(user: User, subject: Subject, namespace: string | undefined): boolean {
  if (subject.kind === 'User') return subject.name === user.name;
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  return user.name === `system:serviceaccount:${subject.namespace ?? namespace ?? ''}:${subject.name}`;
}

function ruleAllows(rule: PolicyRule, { verb, group, resource, name }: Attributes): boolean {
  const has = (list: string[] | undefined, value: string): boolean =>
    list !== undefined && (list.includes('*') || list.includes(value));
  const subresource = resource.split('/')[1];
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    (has(rule.resources, resource) || (subresource !== undefined && has(rule.resources, `*/${subresource}`))) &&
    (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)))
  );
}
