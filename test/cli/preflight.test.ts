import { afterEach, expect, test } from '@jest/globals';
import * as make from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

let world: World;
afterEach(() => world?.stop());
const json = async (...argv: string[]) => {
  const { code, out } = await world.run('preflight', ...argv, '-o', 'json');
  return { code, document: JSON.parse(out) };
};

test('a restore that would work: every check passes, and nothing is written', async () => {
  world = await startWorld({ scenario: 'healthy' });
  const { code, document } = await json('db-nightly', '-n', 'prod', '--to', 'finance');
  expect(code).toBe(0);
  expect(document).toMatchObject({ kind: 'Preflight', to: 'finance', verdict: 'pass' });
  expect(document.checks.map((c: any) => c.name)).toEqual(
    expect.arrayContaining([
      ...['backup', 'target', 'volume', 'driver', 'namespace', 'quota', 'storageclass'],
      ...['image', 'vm', 'mac', 'secrets', 'schedule', 'version'],
    ]),
  );
  expect(world.writes()).toBe(0);
  expect((await world.run('preflight', 'vmbackup/db-nightly', '-n', 'prod')).out).toContain('No problems found.');
});

test('one that would not: what fails, and what helps', async () => {
  world = await startWorld({ scenario: 'healthy' });
  world.sandbox.seed([
    make.object(
      'v1',
      'ResourceQuota',
      { name: 'small', namespace: 'finance' },
      { status: { hard: { 'requests.storage': '5Gi' } } },
    ),
    make.machine('db', 'finance', []),
  ]);
  const { code, document } = await json('db-nightly', '-n', 'prod', '--to', 'finance');
  expect(code).toBe(1);
  const failed = document.checks.filter((c: any) => c.result === 'fail');
  expect(failed).toMatchObject([
    { name: 'quota', message: expect.stringContaining('5 GiB'), cure: 'kubectl edit resourcequotas small -n finance' },
    { name: 'vm', cure: 'restore under another name' },
  ]);
  const { document: renamed } = await json('db-nightly', '-n', 'prod', '--to', 'finance', '--as', 'db-copy');
  expect(renamed.checks.filter((c: any) => c.result === 'fail').map((c: any) => c.name)).toEqual(['quota']);
  const { out } = await world.run('preflight', 'db-nightly', '-n', 'prod', '--to', 'finance');
  expect(out).toMatch(
    /quota +fail [^]*Suggested actions\n\n {2}kubectl edit resourcequota[^]*This restore would fail\./,
  );
  for (const secret of make.secretMarkers) expect(out + JSON.stringify(document)).not.toContain(secret);
});

test('a VMBackup that is not there fails, and no name is an error', async () => {
  world = await startWorld({ scenario: 'empty' });
  expect((await json('none', '-n', 'prod')).document.checks).toMatchObject([{ name: 'backup', result: 'fail' }]);
  expect(await gleaner(['preflight'])).toMatchObject({ code: 2 });
});

test('a user with few rights is told so at once: nothing that was refused is asked for a second time', async () => {
  world = await startWorld({ scenario: 'healthy' });
  const { api, client } = world.sandbox;
  const groups = ['harvesterhci.io', 'snapshot.storage.k8s.io', 'longhorn.io'];
  await client.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'little' },
    rules: groups.map((group) => ({ apiGroups: [group], resources: ['*'], verbs: ['get', 'list'] })),
  });
  await client.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'little' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'little' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  });
  const kubeconfig = await world.file('jane', api.kubeconfig({ token: api.tokenFor('jane') }));
  api.clearRequests();
  const ran = await gleaner(['preflight', 'db-nightly', '-n', 'prod', '--to', 'finance', '--kubeconfig', kubeconfig]);
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('403');
  const refused = api.requests().filter(({ code }) => code === 403);
  const asked = refused.map(({ verb, kind, namespace = '', name = '' }) => `${verb} ${kind} ${namespace}/${name}`);
  expect(asked.length).toBeGreaterThan(1);
  expect(asked).toEqual([...new Set(asked)]);
});
