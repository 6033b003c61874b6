/** `kubectl auth can-i`: what the asking user may do. */
import { badRequest } from './errors.ts';
import { isAllowed, rulesFor } from './rbac.ts';
import type { User } from './rbac.ts';
import type { Registry } from './registry.ts';
import type { KubeObject } from './types.ts';

export function review(registry: Registry, user: User, plural: string, body: unknown): object {
  const asked = (body ?? {}) as KubeObject;
  if (plural === 'selfsubjectaccessreviews') {
    const wanted = asked.spec?.resourceAttributes;
    if (!wanted) throw badRequest('spec.resourceAttributes: Required value');
    const { verb, group = '', resource, subresource, namespace, name } = wanted;
    const allowed = isAllowed(registry, user, {
      verb,
      group,
      resource: subresource ? `${resource}/${subresource}` : resource,
      namespace: namespace || undefined,
      name: name || undefined,
    });
    return { ...asked, metadata: {}, status: { allowed } };
  }
  const rules = rulesFor(registry, user, asked.spec?.namespace);
  const all = user.groups.includes('system:masters') ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [];
  return {
    ...asked,
    metadata: {},
    status: { resourceRules: [...all, ...rules], nonResourceRules: [], incomplete: false },
  };
}
