import type { Commented } from './options.ts';
import { labels } from './options.ts';

export interface Rule {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
}

/**
 * An account with exactly these rights, in all namespaces: VMBackups, snapshots and claims live wherever VMs do.
 * Every rule names its group, its resource and its verbs.
 */
export function account(
  name: string,
  component: string,
  namespace: string,
  rules: readonly Rule[],
  why: string,
): Commented[] {
  const role = `gleaner-${component}`;
  const shared = { labels: labels(component) };
  return [
    {
      why,
      manifest: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, ...shared } },
    },
    {
      manifest: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: role, ...shared },
        rules: rules.map(({ group, resource, verbs, names }) => ({
          apiGroups: [group],
          resources: [resource],
          ...(names !== undefined && { resourceNames: [...names] }),
          verbs: [...verbs],
        })),
      },
    },
    {
      manifest: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: role, ...shared },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    },
  ];
}
