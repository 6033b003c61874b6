import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from './client.ts';
import type { CallOptions } from './client.ts';
import type { World } from './world.ts';
import { USERS, configMap, content, paths, snapshot } from './world.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const SNAPSHOT_GROUP = 'snapshot.storage.k8s.io';
const API = { apiVersion: 'rbac.authorization.k8s.io/v1' };
const API_GROUP = 'rbac.authorization.k8s.io';

export function rbacFacts(world: () => World): void {
  const as = (user: string): CallOptions => ({ token: world().connection.tokenFor(user) });
  const here = (): string => paths.snapshots(world().namespace);
  let one: string;

  beforeAll(async () => {
    const { client, namespace } = world();
    one = world().name('named');
    await client.post(paths.contents, content(one));
    const role = (kind: string, rules: object[]) => ({
      ...API,
      kind,
      metadata: { name: `contract-${namespace}` },
      rules,
    });
    const binding = (kind: string, roleKind: string, subject: object) => ({
      ...API,
      kind,
      metadata: { name: `contract-${namespace}` },
      roleRef: { apiGroup: API_GROUP, kind: roleKind, name: `contract-${namespace}` },
      subjects: [subject],
    });
    const rules = [
      { apiGroups: [SNAPSHOT_GROUP], resources: ['volumesnapshots'], verbs: ['get', 'list', 'watch', 'create'] },
      { apiGroups: [SNAPSHOT_GROUP], resources: ['volumesnapshots/status'], verbs: ['patch'] },
    ];
    await client.post(`${RBAC}/namespaces/${namespace}/roles`, role('Role', rules));
    const reader = { apiGroup: API_GROUP, kind: 'User', name: USERS.reader };
    await client.post(`${RBAC}/namespaces/${namespace}/rolebindings`, binding('RoleBinding', 'Role', reader));
    const clusterRules = [
      {
        apiGroups: [SNAPSHOT_GROUP],
        resources: ['volumesnapshotcontents'],
        resourceNames: [one],
        verbs: ['get', 'patch', 'list'],
      },
    ];
    await client.post(`${RBAC}/clusterroles`, role('ClusterRole', clusterRules));
    const robot = { kind: 'ServiceAccount', namespace: 'contract-robots', name: 'robot' };
    await client.post(`${RBAC}/clusterrolebindings`, binding('ClusterRoleBinding', 'ClusterRole', robot));
    // A real server learns of new roles through its own watch.
    await eventually(async () => (await client.get(here(), as(USERS.reader))).code === 200);
    await eventually(async () => (await client.get(`${paths.contents}/${one}`, as(USERS.robot))).code === 200);
  });

  test('a user without rights reads nothing, and is told so in words', async () => {
    const { code, body } = await world().client.get(paths.contents, as(USERS.nobody));
    expect({ code, reason: body.reason, details: body.details }).toEqual({
      code: 403,
      reason: 'Forbidden',
      details: { group: SNAPSHOT_GROUP, kind: 'volumesnapshotcontents' },
    });
    expect(body.message).toBe(
      'volumesnapshotcontents.snapshot.storage.k8s.io is forbidden: User "contract-nobody" cannot list resource ' +
        '"volumesnapshotcontents" in API group "snapshot.storage.k8s.io" at the cluster scope',
    );
  });

  test('the refusal names object and namespace', async () => {
    const path = `${paths.configMaps(world().namespace)}/settings`;
    const { body } = await world().client.get(path, as(USERS.nobody));
    expect(body.message).toBe(
      'configmaps "settings" is forbidden: User "contract-nobody" cannot get resource "configmaps" in API group "" ' +
        `in the namespace "${world().namespace}"`,
    );
  });

  test('a namespace counts as being in itself', async () => {
    const { body } = await world().client.get('/api/v1/namespaces/some', as(USERS.nobody));
    expect(body.message).toMatch(/cannot get resource "namespaces" in API group "" in the namespace "some"$/);
  });

  test('a Role holds in its namespace only', async () => {
    const elsewhere = paths.snapshots('default');
    expect((await world().client.get(here(), as(USERS.reader))).code).toBe(200);
    expect((await world().client.get(elsewhere, as(USERS.reader))).code).toBe(403);
    expect((await world().client.get(paths.allSnapshots, as(USERS.reader))).code).toBe(403);
  });

  test('a Role allows its verbs only', async () => {
    const name = world().name();
    expect((await world().client.post(here(), snapshot(name), as(USERS.reader))).code).toBe(201);
    expect((await world().client.mergePatch(`${here()}/${name}`, {}, as(USERS.reader))).code).toBe(403);
    expect((await world().client.delete(`${here()}/${name}`, as(USERS.reader))).code).toBe(403);
    expect((await world().client.delete(here(), as(USERS.reader))).code).toBe(403);
  });

  test('a right to the status is not a right to the object, nor the reverse', async () => {
    const name = world().name();
    await world().client.post(here(), snapshot(name));
    const patch = { status: { readyToUse: true } };
    expect((await world().client.mergePatch(`${here()}/${name}/status`, patch, as(USERS.reader))).code).toBe(200);
    const { code, body } = await world().client.get(`${here()}/${name}/status`, as(USERS.reader));
    expect(code).toBe(403);
    expect(body.message).toMatch(/cannot get resource "volumesnapshots\/status"/);
  });

  test('a service account is a subject, and resourceNames narrow its rights to one object', async () => {
    const patch = { metadata: { labels: { touched: 'yes' } } };
    const other = world().name();
    await world().client.post(paths.contents, content(other));
    expect((await world().client.mergePatch(`${paths.contents}/${one}`, patch, as(USERS.robot))).code).toBe(200);
    expect((await world().client.mergePatch(`${paths.contents}/${other}`, patch, as(USERS.robot))).code).toBe(403);
  });

  test('with resourceNames a list is allowed when it asks for that name', async () => {
    const query = { fieldSelector: `metadata.name=${one}` };
    expect((await world().client.get(paths.contents, { ...as(USERS.robot), query })).code).toBe(200);
    expect((await world().client.get(paths.contents, as(USERS.robot))).code).toBe(403);
  });

  test('a watch is a right of its own', async () => {
    const watch = await world().client.watch(here(), { timeoutSeconds: '1' }, as(USERS.reader));
    expect(watch.code).toBe(200);
    watch.close();
    const refused = await world().client.get(paths.contents, { ...as(USERS.robot), query: { watch: '1' } });
    expect(refused.body.message).toMatch(/cannot watch resource/);
  });

  test('a refused write leaves no trace', async () => {
    const name = world().name();
    const path = paths.configMaps(world().namespace);
    expect((await world().client.post(path, configMap(name), as(USERS.reader))).code).toBe(403);
    expect((await world().client.get(`${path}/${name}`)).code).toBe(404);
  });

  test('access is refused before anything is said about existence', async () => {
    expect((await world().client.get(`${paths.contents}/absent`, as(USERS.nobody))).code).toBe(403);
    expect((await world().client.get('/apis/unknown.example.com/v1/things', as(USERS.nobody))).code).toBe(403);
  });

  test.each([
    ['list', 'volumesnapshots', true],
    ['delete', 'volumesnapshots', false],
  ])('a user can ask whether it may %s %s', async (verb, resource, allowed) => {
    const { code, body } = await world().client.post(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group: SNAPSHOT_GROUP, resource, namespace: world().namespace } },
      },
      as(USERS.reader),
    );
    expect({ code, allowed: body.status.allowed }).toEqual({ code: 201, allowed });
  });
}
