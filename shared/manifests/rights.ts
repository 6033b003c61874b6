import type { Commented } from './options.ts';
import { labels } from './options.ts';

export interface Rule {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
  /** Only in this namespace. */
  readonly namespace?: string;
}

/**
 * A service account with exactly these permissions, in all namespaces, because VMBackups, snapshots and claims live
 * wherever VMs do. Rules with a namespace become a Role there, and that namespace is created too.
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
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const everywhere = rules.filter((rule) => rule.namespace === undefined);
  const only = new Set(rules.flatMap((rule) => rule.namespace ?? []));
  const within = [...only].flatMap((there): Commented[] => [
    { manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: there, ...shared } } },
    {
      manifest: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: role, namespace: there, ...shared },
        rules: rules.filter((rule) => rule.namespace === there).map(toRule),
      },
    },
    {
      manifest: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: role, namespace: there, ...shared },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
        subjects,
      },
    },
  ]);
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
        rules: everywhere.map(toRule),
      },
    },
    {
      manifest: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: role, ...shared },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects,
      },
    },
    ...within,
  ];
}

const toRule = ({ group, resource, verbs, names }: Rule): object => ({
  apiGroups: [group],
  resources: [resource],
  ...(names !== undefined && { resourceNames: [...names] }),
  verbs: [...verbs],
});
