import { describe, expect, test } from '@jest/globals';
import { digest, functions, inWorld, sweepAll, writesOf } from './world.ts';

/** Each named world is brought right by sweeps alone; what it must not lose is asked of the target itself. */

const repaired = [
  'wrong-handle',
  'mixed-volumes',
  'several-vms',
  'longhorn-1.7',
  'longhorn-1.8',
  'revised-twice',
  'recovered',
  'upgrade-in-place',
  'restore-hanging',
  'same-namespace-restore-hanging',
];

describe('every volume ends on a right, bound and armed pair', () => {
  test.each(repaired)('%s', async (scenario) => {
    await inWorld({ scenario }, async (world) => {
      const before = await digest(world);
      await sweepAll(world);
      await world.sandbox.settle();
      await sweepAll(world);
      const { volumes, contents, claims, notes, store, losses, snapshots } = await digest(world);

      expect(volumes).toHaveLength(before.volumes.length);
      for (const volume of volumes)
        expect(volume).toMatch(/ready=true disk-\d: (bak|bs):\/\/pvc-[0-9a-f-]{36}\/backup-\w+ Delete ready=true$/);
      // A backup has one content on Delete, the one in use; restores keep theirs on Retain.
      const armed = contents.filter((c) => c.endsWith(' Delete'));
      expect(armed).toHaveLength(volumes.length);
      expect(new Set(armed).size).toBe(armed.length);
      expect(contents.filter((c) => !/^(bak|bs):\/\/pvc-/.test(c) && !c.startsWith('dynamic'))).toEqual([]);
      expect(snapshots).toBe(contents.length);
      for (const claim of claims) expect(claim).toMatch(/ Bound$/);
      expect({ notes, store, losses }).toEqual({ notes: [], store: before.store, losses: [] });
      expect(world.worse).toEqual([]);

      world.sandbox.api.clearRequests();
      const { findings, failures } = await sweepAll(world);
      expect(writesOf(world)).toEqual([]);
      expect(failures).toEqual([]);
      expect(
        findings
          .map((f) => f.reason)
          .filter(
            (r) => !['HandleRight', 'LegacyScheme', 'VolumeLinked', 'DynamicContent', 'RestoreComplete'].includes(r),
          ),
      ).toEqual([]);
    });
  });
});

describe('what is to be left alone is left alone', () => {
  test.each(['healthy', 'not-ours', 'broken', 'scheduled-not-final'])('%s', async (scenario) => {
    await inWorld({ scenario }, async (world) => {
      const before = await digest(world);
      const { failures } = await sweepAll(world);
      expect(failures).toEqual([]);
      expect(writesOf(world)).toEqual([]);
      expect(await digest(world)).toEqual(before);
    });
  });

  test('a healthy cluster is seen in lists alone, and nothing is said against it', async () => {
    await inWorld({ scenario: 'healthy' }, async (world) => {
      const { findings } = await sweepAll(world);
      expect(
        world.sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner') && r.verb !== 'list'),
      ).toEqual([]);
      expect(new Set(findings.map((f) => f.reason))).toEqual(
        new Set(['HandleRight', 'DynamicContent', 'VolumeLinked']),
      );
    });
  });
});

describe('policies', () => {
  test('procedure "swap" keeps the names', async () => {
    await inWorld({ scenario: 'mixed-volumes' }, async (world) => {
      const kind = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
      const namesOf = async () =>
        (await world.sandbox.client.list(kind)).flatMap((b) => b.status.volumeBackups.map((v: any) => v.name));
      const before = await namesOf();
      await sweepAll(world, { policies: { 'fix-handle': { procedure: 'swap' } } });
      await world.sandbox.settle();
      expect(await namesOf()).toEqual(before);
      const { volumes, losses } = await digest(world);
      for (const volume of volumes) expect(volume).toMatch(/(bak|bs):\/\/pvc-.* Delete ready=true$/);
      expect(losses).toEqual([]);
    });
  });

  test('procedure "create" leaves alone what can only be swapped', async () => {
    await inWorld({ scenario: 'unowned-snapshot' }, async (world) => {
      const { findings } = await sweepAll(world, { policies: { 'fix-handle': { procedure: 'create' } } });
      expect(findings.map((f) => f.reason)).toContain('SwapNotAllowed');
      expect(writesOf(world)).toEqual([]);
    });
  });

  test('retire "keep" leaves the old pair, on Retain', async () => {
    await inWorld({ scenario: 'wrong-handle' }, async (world) => {
      const policies = { 'relink-vmbackup': { retire: 'keep' } };
      await sweepAll(world, { policies });
      await world.sandbox.settle();
      const { contents } = await digest(world);
      expect(contents).toEqual([expect.stringMatching(/^bak:.* Delete$/), expect.stringMatching(/^bs:.* Retain$/)]);
      world.sandbox.api.clearRequests();
      await sweepAll(world, { policies });
      expect(writesOf(world)).toEqual([]);
    });
  });
});

describe('the target would show a loss', () => {
  // The control: what a careless repair costs on Longhorn 1.7, where a wrong handle is good enough to delete by.
  test('deleting the old pair under Delete loses the backup', async () => {
    await inWorld({ scenario: 'longhorn-1.7' }, async ({ sandbox }) => {
      const [snapshot] = await sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshot');
      await sandbox.client.delete(
        'snapshot.storage.k8s.io/v1/VolumeSnapshot',
        snapshot!.metadata.name,
        snapshot!.metadata.namespace,
      );
      await sandbox.settle();
      expect(sandbox.store.losses).toHaveLength(1);
    });
  });

  test('a repaired VMBackup, deleted by its user, frees its own backups and no others', async () => {
    await inWorld({ scenario: 'several-vms' }, async (world) => {
      await sweepAll(world);
      const { client, store } = world.sandbox;
      const kind = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
      const [first, ...others] = await client.list(kind);
      const backupsOf = (b: any): string[] => b.status.volumeBackups.map((v: any) => v.longhornBackupName);
      await client.delete(kind, first!.metadata.name, first!.metadata.namespace);
      await world.sandbox.settle();
      expect(store.losses.map((l) => l.backup).sort()).toEqual(backupsOf(first).sort());
      expect(store.backups().map((b) => b.backup)).toEqual(expect.arrayContaining(others.flatMap(backupsOf)));
    });
  });
});

test('one function alone does not wait for what another has to do', async () => {
  await inWorld({ scenario: 'wrong-handle' }, async (world) => {
    const { writes, rounds } = await sweepAll(world, {
      functions: functions.filter((fn) => fn.name === 'fix-handle'),
      patienceMs: 20_000,
    });
    expect(writes).toBe(2);
    // Patience would last for a dozen rounds.
    expect(rounds).toBeLessThan(4);
  });
});
