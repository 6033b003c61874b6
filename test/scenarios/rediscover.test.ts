import { describe, expect, test } from '@jest/globals';
import { secretMarkers } from '../../sandbox/scenarios/build.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import { classOfImage, imageClass, targetReconnected } from '../../sandbox/scenarios/targets.ts';
import { deploy } from './eventing.ts';
import type { World } from './world.ts';
import { digest, functions, inWorld, Killed, sweepAll, writesOf } from './world.ts';

/** Backups on the target that Harvester does not see: scanned for once, in stages, until nothing more can appear. */

const VMBACKUP = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
const SETTING = 'harvesterhci.io/v1beta1/Setting';
const policies = { 'rediscover-target': { cooldownSeconds: 0 } };
const run = (world: World, killAfter?: number) =>
  sweepAll(world, { functions, policies, ...(killAfter !== undefined && { killAfter }) });
const vmBackups = async ({ sandbox }: World) =>
  (await sandbox.client.list(VMBACKUP)).map((b) => `${b.metadata.name} ${b['status']?.readyToUse}`).sort();
const target = async ({ sandbox }: World) => (await sandbox.client.get(SETTING, 'backup-target'))!;

/** Everything again that a person can restore from. */
async function recovered(world: World): Promise<unknown> {
  const { volumes, losses } = await digest(world);
  return { vmBackups: await vmBackups(world), volumes, losses };
}

describe('target-reconnected', () => {
  const scenario = 'target-reconnected';

  test('without Gleaner nothing appears; with it, every VMBackup, its handles right, and a restore works', async () => {
    await inWorld({ scenario }, async (world) => {
      await world.sandbox.settle();
      expect(await vmBackups(world)).toEqual([]);

      await run(world);
      await world.sandbox.settle();
      await run(world);
      expect(await vmBackups(world)).toEqual(['db-nightly true', 'web-nightly true']);
      const { volumes, losses } = await digest(world);
      for (const volume of volumes)
        expect(volume).toMatch(/disk-\d: bak:\/\/pvc-[0-9a-f-]{36}\/backup-\w+ Delete ready=true$/);
      expect(losses).toEqual([]);

      const restore = make.vmRestore({ name: 'restore-web', namespace: 'finance', backup: 'web-nightly' });
      delete restore.metadata.uid;
      await world.sandbox.client.create(restore);
      await world.sandbox.settle();
      for (const claim of (await digest(world)).claims) expect(claim).toMatch(/ Bound$/);
    });
  });

  test('a second run writes nothing, and only the Longhorn object asked to sync was ever written', async () => {
    await inWorld({ scenario }, async (world) => {
      await run(world);
      await world.sandbox.settle();
      const longhorn = writesOf(world).filter((write) => write.includes('longhorn.io'));
      expect(new Set(longhorn)).toEqual(new Set(['patch longhorn.io/v1beta2/BackupTarget longhorn-system/default']));
      await run(world);
      world.sandbox.api.clearRequests();
      const { findings } = await run(world);
      expect(writesOf(world)).toEqual([]);
      expect(findings.map((f) => f.reason)).toContain('NeverRescans');
    });
  });

  test('ends the same, killed after any write', async () => {
    const { expected, writes } = await inWorld({ scenario }, async (world) => {
      const { writes } = await run(world);
      await world.sandbox.settle();
      await run(world);
      return { expected: await recovered(world), writes };
    });
    expect(writes).toBeGreaterThanOrEqual(2);
    for (let killAfter = 1; killAfter <= writes; killAfter++) {
      await inWorld({ scenario }, async (world) => {
        await run(world, killAfter).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        await world.sandbox.settle();
        await run(world);
        await world.sandbox.settle();
        await run(world);
        expect({ killAfter, found: await recovered(world) }).toEqual({ killAfter, found: expected });
        world.sandbox.api.clearRequests();
        await run(world);
        expect(writesOf(world)).toEqual([]);
      });
    }
  }, 60_000);

  test('one event is enough, with the rights that are deployed', async () => {
    await inWorld({ scenario }, async (world) => {
      const { eventing, log, stop } = await deploy(world.sandbox);
      try {
        const { client } = world.sandbox;
        const lastSyncedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
        const [kind, namespace] = ['longhorn.io/v1beta2/BackupTarget', 'longhorn-system'];
        await client.mergePatch(kind, 'default', namespace, { status: { lastSyncedAt } }, 'status');
        await eventing.settle();
        expect(await vmBackups(world)).toEqual(['db-nightly true', 'web-nightly true']);
        expect(eventing.broker.deadLetters).toEqual([]);
        const everything = JSON.stringify([eventing.broker.recorded, eventing.broker.deliveries, log]);
        for (const secret of secretMarkers) expect(everything).not.toContain(secret);
      } finally {
        await stop();
      }
    });
  }, 20_000);
});

test('a Harvester that remembers no scan is made to scan by the note alone', async () => {
  const scenario = {
    ...targetReconnected,
    async after(sandbox: World['sandbox']) {
      const annotations = { 'harvesterhci.io/hash': null, 'harvesterhci.io/lastRefreshTime': null };
      await sandbox.client.mergePatch(SETTING, 'backup-target', undefined, { metadata: { annotations } });
      await sandbox.settle();
      await targetReconnected.after?.(sandbox);
    },
  };
  await inWorld({ scenario, harvester: '1.3', longhorn: '1.6' }, async (world) => {
    expect(await vmBackups(world)).toEqual([]);
    await run(world);
    await world.sandbox.settle();
    await run(world);
    expect(await vmBackups(world)).toEqual(['db-nightly true', 'web-nightly true']);
    const { volumes, losses } = await digest(world);
    for (const volume of volumes) expect(volume).toMatch(/bak:\/\/pvc-.* Delete ready=true$/);
    expect(losses).toEqual([]);
    world.sandbox.api.clearRequests();
    await run(world);
    expect(writesOf(world)).toEqual([]);
  });
});

test.each([
  ['1.4', '1.7'],
  ['1.8', '1.11'],
] as const)(
  'disconnected once more, and connected again with the same value: what was deleted meanwhile comes back (Harvester %s)',
  async (harvester, longhorn) => {
    await inWorld({ scenario: 'target-reconnected', harvester, longhorn }, async (world) => {
      const { client, store } = world.sandbox;
      await run(world);
      await world.sandbox.settle();
      await run(world);
      const all = ['db-nightly true', 'web-nightly true'];
      expect(await vmBackups(world)).toEqual(all);

      const { value } = await target(world);
      const connect = async (to: string) => {
        await client.mergePatch(SETTING, 'backup-target', undefined, { value: to });
        await world.sandbox.settle();
      };
      const { length } = await client.list('longhorn.io/v1beta2/Backup');
      await connect('');
      expect(await client.list('longhorn.io/v1beta2/Backup')).toEqual([]);
      for (const { metadata } of await client.list(VMBACKUP))
        await client.delete(VMBACKUP, metadata.name, metadata.namespace);
      await world.sandbox.settle();
      await connect(value);
      expect(await vmBackups(world)).toEqual([]);
      expect((await client.list('longhorn.io/v1beta2/Backup')).length).toBe(length);

      await run(world);
      await world.sandbox.settle();
      await run(world);
      expect(await vmBackups(world)).toEqual(all);
      expect(store.losses).toEqual([]);
      world.sandbox.api.clearRequests();
      await run(world);
      expect(writesOf(world)).toEqual([]);
    });
  },
);

test('new-cluster: in stages, as the StorageClasses of images appear', async () => {
  await inWorld({ scenario: 'new-cluster' }, async (world) => {
    await run(world);
    await world.sandbox.settle();
    const { findings } = await run(world);
    expect(await vmBackups(world)).toEqual(['db-nightly true']);
    const missing = findings.find((f) => f.reason === 'StorageClassMissing');
    expect(missing).toMatchObject({ subject: { kind: 'StorageClass', name: imageClass }, facts: { unclaimed: '2' } });
    expect(findings.map((f) => f.reason)).toContain('NothingMoreAppears');
    world.sandbox.api.clearRequests();
    await run(world);
    expect(writesOf(world)).toEqual([]);

    await world.sandbox.client.create(classOfImage());
    await run(world);
    await world.sandbox.settle();
    await run(world);
    expect(await vmBackups(world)).toEqual(['db-nightly true', 'web-nightly true']);
    expect(world.sandbox.store.losses).toEqual([]);
  });
}, 20_000);

test('a metadata file that cannot be read: the scan is not taken for ended, and goes on once the file is gone', async () => {
  const broken = 'harvester/vmbackups/prod/aaa.cfg';
  const scenario = {
    ...targetReconnected,
    async after(sandbox: World['sandbox']) {
      await targetReconnected.after?.(sandbox);
      const files = [...sandbox.store.metadata];
      sandbox.store.metadata.clear();
      for (const [path, text] of [[broken, '{"name": "aa'] as const, ...files]) sandbox.store.metadata.set(path, text);
    },
  };
  await inWorld({ scenario }, async (world) => {
    const { findings } = await run(world);
    expect(findings.map((f) => f.reason)).toContain('ScanUnderway');
    expect(findings.map((f) => f.reason)).not.toContain('NothingMoreAppears');
    expect(await vmBackups(world)).toEqual([]);
    world.sandbox.api.clearRequests();
    await run(world);
    expect(writesOf(world)).toEqual([]);

    world.sandbox.store.metadata.delete(broken);
    await world.sandbox.settle();
    await run(world);
    expect(await vmBackups(world)).toEqual(['db-nightly true', 'web-nightly true']);
  });
}, 30_000);

test('strangers-on-target: scanned once, then left alone for good', async () => {
  await inWorld({ scenario: 'strangers-on-target' }, async (world) => {
    await run(world);
    await world.sandbox.settle();
    const { annotations } = (await target(world)).metadata;
    expect(JSON.parse(annotations!['gleaner.dev/rediscovery']!)).toMatchObject({ stage: 1 });
    expect(annotations).toHaveProperty(['harvesterhci.io/hash']);
    world.sandbox.api.clearRequests();
    const { findings } = await run(world);
    expect(writesOf(world)).toEqual([]);
    expect(findings.map((f) => f.reason)).toEqual(expect.arrayContaining(['NothingMoreAppears', 'NeverRescans']));
  });
});

test('an interval of its own leaves the scanning to Harvester', async () => {
  await inWorld({ scenario: 'strangers-on-target' }, async (world) => {
    const { value } = await target(world);
    const changed = JSON.stringify({ ...JSON.parse(value), refreshIntervalInSeconds: 3600 });
    await world.sandbox.client.mergePatch(SETTING, 'backup-target', undefined, { value: changed });
    await world.sandbox.settle();
    world.sandbox.api.clearRequests();
    const { findings } = await run(world);
    expect(writesOf(world)).toEqual([]);
    expect(findings.map((f) => f.reason)).toContain('RescansItself');
  });
});

test('a policy sets the interval together with the scan, and nothing else of the value changes', async () => {
  await inWorld({ scenario: 'target-reconnected' }, async (world) => {
    const { value: before } = await target(world);
    const intervals = { 'rediscover-target': { cooldownSeconds: 0, intervalSeconds: 3600 } };
    await sweepAll(world, { functions, policies: intervals });
    await world.sandbox.settle();
    await sweepAll(world, { functions, policies: intervals });
    expect(await vmBackups(world)).toEqual(['db-nightly true', 'web-nightly true']);
    const { value } = await target(world);
    expect(JSON.parse(value)).toEqual({ ...JSON.parse(before), refreshIntervalInSeconds: 3600 });
    world.sandbox.api.clearRequests();
    const { findings } = await sweepAll(world, { functions, policies: intervals });
    expect(writesOf(world)).toEqual([]);
    expect(findings.map((f) => f.reason)).toContain('TargetDiscovered');
  });
});

test('a target that Longhorn cannot reach is named, and nothing is written', async () => {
  await inWorld({ scenario: 'target-reconnected' }, async (world) => {
    await world.sandbox.longhorn.setTargetAvailable(false);
    await world.sandbox.settle();
    world.sandbox.api.clearRequests();
    const { findings } = await run(world);
    expect(writesOf(world)).toEqual([]);
    expect(findings.map((f) => f.reason)).toContain('TargetUnavailable');
  });
});

test.each([0, 3600])(
  'no key of the target is read, planned, given to the writer or reported: interval %i',
  async (seconds) => {
    await inWorld({ scenario: 'target-reconnected' }, async (world) => {
      const { value } = await target(world);
      expect(value).toContain(make.secretMarker);
      const seen: unknown[] = [];
      const { reader, writer } = world.client;
      const recording: typeof reader = {
        serves: (kind) => reader.serves(kind),
        get: async (kind, name, namespace) => {
          const object = await reader.get(kind, name, namespace);
          seen.push(object);
          return object;
        },
        async *list(kind, options) {
          for await (const object of reader.list(kind, options)) {
            seen.push(object);
            yield object;
          }
        },
      };
      const patching: typeof writer = {
        ...writer,
        patch: async (kind, name, namespace, operations) => {
          const object = await writer.patch(kind, name, namespace, operations);
          seen.push(operations, object);
          return object;
        },
        patchValue: async (name, operations, fields) => {
          const object = await writer.patchValue(name, operations, fields);
          seen.push(operations, fields, object);
          return object;
        },
      };
      const keyless = { ...world, client: { ...world.client, reader: recording, writer: patching } };
      const withInterval = { 'rediscover-target': { cooldownSeconds: 0, intervalSeconds: seconds } };
      const result = await sweepAll(keyless, { functions, policies: withInterval });
      const text = JSON.stringify([seen, result.findings]);
      expect(text).toContain('vm-backups');
      for (const secret of secretMarkers) expect(text).not.toContain(secret);
      const wanted = { ...JSON.parse(value), refreshIntervalInSeconds: seconds };
      expect(JSON.parse((await target(world))['value'])).toEqual(wanted);
    });
  },
);
