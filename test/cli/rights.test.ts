import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kinds } from '../../shared/domain/kinds.ts';
import { functionsNamed } from '../../cli/functions.ts';
import { configsFrom } from '../../cli/policies.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import { connect } from '../../shared/kube/client.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import type { Ran, World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

/** What is written down for people, which reading commands do not need. */
const recorded: readonly string[] = ['Event', 'PolicyReport', 'Report', 'ClusterPolicyReport', 'ClusterReport'];

/** Read everything but that. */
function rulesWithoutRecords(): object[] {
  const verbs = ['get', 'list', 'watch'];
  const resources = Object.entries(kinds).filter(([kind]) => !recorded.includes(kind));
  return resources.map(([, { group, plural }]) => ({ apiGroups: [group], resources: [plural], verbs }));
}

describe.each([
  // Restores that hang are young here: a verdict about each was recorded.
  { scenario: 'restore-hanging', object: 'vmrestore/restore-web -n finance', backup: 'web-nightly' },
  { scenario: 'blockers', object: 'vmbackup/failed -n prod', backup: 'failed' },
  // Storage of several kinds, and no VMBackup.
  { scenario: 'mixed-storage', object: 'setting/csi-driver-config' },
])('in the world $scenario, with Events and reports that may not be read', ({ scenario, object, backup }) => {
  let world: World;
  let kubeconfig: string;

  beforeAll(async () => {
    world = await startWorld({ scenario });
    const { client, api } = world.sandbox;
    const kube = await connect({ kubeconfig: world.kubeconfig });
    try {
      const functions = functionsNamed(['verify-backup', 'check-capability', 'preflight-restore']);
      const applier = createApplier(kube.reader, kube.writer);
      for await (const swept of sweep({ functions, reader: kube.reader, applier, configOf: configsFrom({}) }))
        if (swept.kind === 'failure') throw swept.error;
    } finally {
      await kube.close();
    }
    const rbac = 'rbac.authorization.k8s.io';
    const metadata = { name: 'without-records' };
    await client.create({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules: rulesWithoutRecords() });
    await client.create({
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'without-records' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'jane' }],
    });
    kubeconfig = await world.file('jane', api.kubeconfig({ token: api.tokenFor('jane') }));
  });
  afterAll(() => world.stop());

  const asked = (): string[] =>
    world.sandbox.api
      .requests()
      .filter(({ kind }) => recorded.includes(kind.split('/').at(-1)!))
      .map(({ verb, kind, name }) => `${verb} ${kind} ${name ?? ''}`);
  /** Times differ from one run to the next. */
  const told = ({ code, out, err }: Ran) => ({
    code,
    out: out.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|_seconds\{.*\} [\d.e+]+|\d+(\.\d+)? (s|seconds)\b/g, '<time>'),
    err,
  });

  test('they are there', async () => {
    expect((await world.sandbox.client.list('events.k8s.io/v1/Event')).length).toBeGreaterThan(0);
  });

  test.each([
    'scan',
    'scan --all -o wide',
    'scan -o json',
    'plan',
    'doctor',
    'metrics',
    'advise',
    'capability',
    'apply --dry-run client',
    'capability --probe sc/harvester-longhorn --dry-run client',
    ...(backup === undefined
      ? []
      : ['preflight NAME', 'preflight NAME --to finance', 'drill NAME --dry-run client'].map((command) =>
          command.replace('NAME', `${backup} -n prod`),
        )),
  ])('%s does not ask for them', async (command) => {
    const argv = command.split(' ');
    const before = told(await world.run(...argv));
    world.sandbox.api.clearRequests();
    const after = told(await gleaner([...argv, '--kubeconfig', kubeconfig]));
    expect(asked()).toEqual([]);
    expect(after).toEqual(before);
    expect(world.sandbox.api.requests().filter(({ code }) => code === 403)).toEqual([]);
  });

  test('explain, which prints Events, says that it may not read them, and all the rest', async () => {
    const before = await world.run('explain', ...object.split(' '));
    world.sandbox.api.clearRequests();
    const after = await gleaner(['explain', ...object.split(' '), '--kubeconfig', kubeconfig]);
    expect(before.out).toContain('\nEvents\n');
    const rest = (out: string) => out.replace(/\nEvents\n[^]*?(?=\nSuggested actions\n|$)/, '');
    expect(rest(after.out)).toBe(rest(before.out));
    expect(after.code).toBe(before.code);
    expect(after.err).toMatch(
      /^gleaner: Events cannot be shown: .*the right to list events\.events\.k8s\.io is missing.*\n$/,
    );
    expect([before.err, after.out.includes('\nEvents\n')]).toEqual(['', false]);
    // Only what it prints.
    expect(asked().every((one) => one.startsWith('list events.k8s.io/v1/Event'))).toBe(true);
    const document = await gleaner(['explain', ...object.split(' '), '-o', 'json', '--kubeconfig', kubeconfig]);
    expect(JSON.parse(document.out)).toMatchObject({ kind: 'Explain', happened: [] });
  });
});
