/** Who am I, and what may I do: `kubectl auth whoami` and `kubectl auth can-i`. Nothing is stored. */
import { badRequest, methodNotAllowed, unknownResource } from './errors.ts';
import { isAllowed, rulesFor } from './rbac.ts';
import type { User } from './rbac.ts';
import type { Registry } from './registry.ts';
import type { KubeObject } from './types.ts';

/** Kinds by API version; all are asked with a POST. */
export const REVIEWS: Record<string, readonly string[]> = {
  'authorization.k8s.io/v1': ['SelfSubjectAccessReview', 'SelfSubjectRulesReview'],
  'authentication.k8s.io/v1': ['SelfSubjectReview'],
};
export const REVIEW_GROUPS = Object.keys(REVIEWS).map((apiVersion) => apiVersion.split('/')[0]!);

export function review(registry: Registry, user: User, verb: string, plural: string, body: unknown): object {
  const asked = (body ?? {}) as KubeObject;
  if (verb !== 'create') throw methodNotAllowed();
  const answer = (status: object): object => ({ ...asked, metadata: {}, status });
  switch (plural) {
    case 'selfsubjectreviews':
      return answer({ userInfo: { username: user.name, groups: user.groups } });
    case 'selfsubjectaccessreviews':
      return answer({ allowed: mayAccess(registry, user, asked.spec?.resourceAttributes) });
    case 'selfsubjectrulesreviews':
      return answer({
        resourceRules: rulesFor(registry, user, asked.spec?.namespace),
        nonResourceRules: [],
        incomplete: false,
      });
    default:
      throw unknownResource();
  }
}

interface ResourceAttributes {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

function mayAccess(registry: Registry, user: User, wanted: ResourceAttributes | undefined): boolean {
  if (!wanted) throw badRequest('spec.resourceAttributes: Required value');
  return isAllowed(registry, user, {
    verb: wanted.verb,
    group: wanted.group ?? '',
    resource: wanted.subresource ? `${wanted.resource}/${wanted.subresource}` : wanted.resource,
    namespace: wanted.namespace || undefined,
    name: wanted.name || undefined,
  });
}
