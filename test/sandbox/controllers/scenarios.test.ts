import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { findScenario, scenarios } from '../../../sandbox/scenarios/index.ts';
import { secretMarkers } from '../../../sandbox/scenarios/build.ts';
import { kinds, world } from './world.ts';

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('scenario %s', (_name, scenario) => {
  test('settles without a loss and is described in one sentence', async () => {
    const sandbox = await world({ scenario });
    expect(sandbox.store.losses).toEqual([]);
    expect(scenario.describe).toMatch(/^[A-Z0-9].*[.]$/);
    const before = await everything(sandbox.client);
    await sandbox.settle();
    expect(await everything(sandbox.client)).toEqual(before);
  });

  test('is at rest when it begins: the controllers find what they would have made', async () => {
    const sandbox = await world({ scenario: { ...scenario, metadata: () => [], after: async () => {} } });
    for (const seeded of scenario.objects(scenario)) {
      const { name, namespace } = seeded.metadata;
      const found = await sandbox.client.get(`${seeded.apiVersion}/${seeded.kind}`, name, namespace);
      expect({ status: found!['status'], finalizers: found!.metadata.finalizers }).toEqual({
        ...(seeded.kind === 'Namespace' ? { status: { phase: 'Active' } } : { status: seeded['status'] }),
        finalizers: seeded.metadata.finalizers,
      });
    }
  });
});

test('secrets are in every backup and in the target setting, to be found where they leak', async () => {
  const sandbox = await world({ scenario: 'several-vms' });
  const [plain, encoded] = secretMarkers;
  for (const backup of await sandbox.client.list(kinds.VMBackup)) expect(JSON.stringify(backup)).toContain(encoded);
  const setting = await sandbox.client.get(kinds.Setting, 'backup-target');
  expect(setting!['value']).toContain(plain);
});

describe('what the scenarios promise', () => {
  const contents = async (name: string): Promise<KubeObject[]> => {
    const sandbox = await world({ scenario: name });
    return sandbox.client.list(kinds.Content);
  };
  const handles = (found: KubeObject[]) => found.map((content) => content['spec'].source.snapshotHandle ?? 'dynamic');

  test('recovered: all backups are there, ready, and wrong', async () => {
    const sandbox = await world({ scenario: 'recovered' });
    const backups = await sandbox.client.list(kinds.VMBackup);
    expect(backups.map((backup) => backup['status'].readyToUse)).toEqual([true, true]);
    for (const handle of handles(await sandbox.client.list(kinds.Content))) expect(handle).toMatch(/^bs:\/\/(web|db)-/);
  });

  test.each(['restore-hanging', 'same-namespace-restore-hanging'])('%s: the claims are Pending', async (scenario) => {
    const sandbox = await world({ scenario });
    const claims = await sandbox.client.list(kinds.Claim);
    expect(claims.map((claim) => claim['status'].phase)).toEqual(['Pending', 'Pending']);
  });

  test('upgrade-in-place: old bare names, new versions, wrong handles', async () => {
    const sandbox = await world({ scenario: 'upgrade-in-place' });
    expect([sandbox.harvester.version, sandbox.longhorn.version]).toEqual(['1.5', '1.8']);
    for (const { metadata, spec } of await sandbox.client.list(kinds.BackupVolume))
      expect(metadata.name).toBe(spec.volumeName);
    expect(handles(await sandbox.client.list(kinds.Content))).toHaveLength(3);
  });

  test('revised-twice: the name says repaired, the handle says not', async () => {
    const [content] = await contents('revised-twice');
    expect(content!.metadata.name).toMatch(/-snap-revise-vsc$/);
    expect(content!['spec'].source.snapshotHandle).toMatch(/^bs:\/\/web-disk-0\//);
  });

  test('stale-uid: the snapshot is misbound', async () => {
    const sandbox = await world({ scenario: 'stale-uid' });
    const [snapshot] = await sandbox.client.list(kinds.Snapshot);
    expect(snapshot!['status'].error.message).toContain('bound to a different snapshot');
  });

  test('large: a third is wrong, and the number is free', async () => {
    const found = handles(await contents('large-7'));
    expect(found).toHaveLength(21);
    expect(found.filter((handle) => handle.startsWith('bs://'))).toHaveLength(7);
  });

  test('an unknown name lists the known ones', () => {
    expect(() => findScenario('nonsense')).toThrow(/there are: empty, wrong-handle/);
  });
});

async function everything(client: { list(kind: string): Promise<KubeObject[]> }): Promise<KubeObject[]> {
  const all = [];
  for (const kind of Object.values(kinds).filter((value) => value.includes('/') && value !== kinds.Event))
    all.push(...(await client.list(kind)));
  return all;
}
