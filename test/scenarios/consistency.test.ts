import { describe, expect, test } from '@jest/globals';
import recordConsistency from '../../functions/record-consistency/index.ts';
import { secretMarkers } from '../../sandbox/scenarios/build.ts';
import { machineWithDisks, stopMachine, takeBackup } from '../../sandbox/scenarios/consistency.ts';
import * as build from '../../sandbox/scenarios/build.ts';
import { freezeFailsAnnotation } from '../../sandbox/controllers/kubevirt.ts';
import * as kinds from '../../sandbox/controllers/kinds.ts';
import type { Scenario } from '../../sandbox/scenarios/index.ts';
import type { World } from './world.ts';
import { inWorld, Killed, sweepOf, writesOf } from './world.ts';

/** record-consistency alone, by sweeps, on what Harvester makes in either of its ways. */

const record = (world: World, options?: Parameters<typeof sweepOf>[2]) => sweepOf(recordConsistency, world, options);

const events = ({ sandbox }: World) => sandbox.client.list('events.k8s.io/v1/Event');
async function notes({ sandbox }: World): Promise<string[]> {
  const contents = await sandbox.client.list(kinds.Content);
  return contents.flatMap(({ metadata }) => metadata.annotations?.['gleaner.dev/consistency'] ?? []);
}
const worths = (texts: readonly string[]) => texts.map((text) => JSON.parse(text).is as string);
/** What Harvester and Longhorn watch. */
const watched = async ({ sandbox }: World) =>
  (await Promise.all([kinds.VMBackup, kinds.Snapshot, kinds.Backup].map((kind) => sandbox.client.list(kind)))).flat();

describe.each([
  ['consistent', 'frozen', 'ConsistencyFrozen'],
  ['agent-less', 'crash', 'ConsistencyCrash'],
  ['vm-off', 'off', 'ConsistencyOff'],
  ['just-stopped', 'just-stopped', 'ConsistencyJustStopped'],
])('%s', (scenario, worth, reason) => {
  test(`is recorded as ${worth}, on the contents and in one Event, and on nothing that Harvester watches`, () =>
    inWorld({ scenario }, async (world) => {
      const before = await watched(world);
      expect((await record(world)).map((finding) => finding.reason)).toEqual([reason]);
      expect(worths(await notes(world))).toEqual([worth, worth]);
      expect((await events(world)).map((event) => [event['type'], event['reason']])).toEqual([['Normal', reason]]);
      expect(await watched(world)).toEqual(before);
      for (const marker of secretMarkers) {
        expect(JSON.stringify([await notes(world), await events(world)])).not.toContain(marker);
      }
    }));

  test('a second run writes nothing, an hour and two days later neither', () =>
    inWorld({ scenario }, async (world) => {
      await record(world);
      await record(world, { atMs: Date.now() + 3600_000 });
      world.sandbox.api.clearRequests();
      for (const hours of [0, 1, 48]) {
        const found = await record(world, { atMs: Date.now() + hours * 3600_000 });
        expect(found.map((finding) => [finding.reason, finding.facts?.['consistency']])).toEqual([[reason, worth]]);
      }
      expect(writesOf(world)).toEqual([]);
    }));

  test('cut off after any write, the next run finishes', async () => {
    for (const killAfter of [1, 2]) {
      await inWorld({ scenario }, async (world) => {
        await expect(record(world, { killAfter })).rejects.toBeInstanceOf(Killed);
        await record(world);
        expect(worths(await notes(world))).toEqual([worth, worth]);
        expect(await events(world)).toHaveLength(1);
      });
    }
  });

  test('seen only when the VM has long been started again, what can no longer be known is unknown', () =>
    inWorld({ scenario }, async (world) => {
      const { client } = world.sandbox;
      if ((await client.get(kinds.VMI, 'web', 'prod')) !== undefined) await stopMachine(world.sandbox);
      await client.create(build.instance({ name: 'web', since: '2035-01-01T00:00:00Z' }));
      const conditions = [{ type: 'Ready', status: 'True' }];
      await client.mergePatch(kinds.VM, 'web', 'prod', { status: { conditions } }, 'status');
      const [finding] = await record(world);
      // Harvester's own annotation is there still, but it is rewritten for each volume: it is true of the last one only.
      expect(finding?.facts?.['consistency']).toBe('unknown');
    }));
});

test('freeze-failed: nothing is taken, and Gleaner says why and records nothing', () =>
  inWorld({ scenario: 'freeze-failed' }, async (world) => {
    expect(await world.sandbox.client.list(kinds.Snapshot)).toEqual([]);
    const found = await record(world);
    expect(found.map(({ reason }) => reason)).toEqual(['ConsistencyUnknown', 'FreezeFailing']);
    expect(found[1]!.message).toContain('failed to freeze file system');
    expect(writesOf(world)).toEqual([]);
  }));

test('freeze-failed: once the agent is gone Harvester goes on, and what it takes is what a crash leaves', () =>
  inWorld({ scenario: 'freeze-failed' }, async (world) => {
    await world.sandbox.client.mergePatch(kinds.VMI, 'web', 'prod', { status: { conditions: [] } }, 'status');
    await world.sandbox.settle();
    expect((await record(world)).map(({ reason }) => reason)).toEqual(['ConsistencyCrash']);
  }));

test('recovered: what is worth nothing is known of stays unknown, and nothing is written', () =>
  inWorld({ scenario: 'recovered' }, async (world) => {
    const found = await record(world);
    expect(new Set(found.map(({ reason }) => reason))).toEqual(new Set(['ConsistencyUnknown']));
    expect(writesOf(world)).toEqual([]);
  }));

test('a backup that is worse than the one before is a Warning', () =>
  inWorld({ scenario: 'consistent' }, async (world) => {
    await record(world);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // creation times are of whole seconds
    await stopMachine(world.sandbox);
    await takeBackup(world.sandbox, 'web-later', 'snapshot');
    await world.sandbox.settle();
    await record(world);
    const told = (await events(world)).map((event) => [event['type'], event['reason']]).sort();
    expect(told).toEqual([
      ['Normal', 'ConsistencyFrozen'],
      ['Warning', 'ConsistencyJustStopped'],
    ]);
  }));

describe('the freeze of Harvester up to 1.4', () => {
  const old = (annotation: 'true' | 'false', ...instance: ReturnType<typeof build.instance>[]): Scenario => ({
    name: 'old',
    describe: 'A user’s own annotation.',
    harvester: '1.4',
    longhorn: '1.7',
    objects: () => [...machineWithDisks(), ...instance],
    async after(sandbox) {
      await sandbox.client.create({
        apiVersion: 'harvesterhci.io/v1beta1',
        kind: 'VirtualMachineBackup',
        metadata: {
          name: 'web-nightly',
          namespace: 'prod',
          annotations: { 'harvesterhci.io/snapshotFreezeFS': annotation },
        },
        spec: { type: 'backup', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'web' } },
      });
    },
  });
  const reasons = (scenario: Scenario) =>
    inWorld({ scenario }, async (world) => (await record(world)).map((f) => f.reason));

  test('"false" is believed, agent or not: nothing is frozen', async () =>
    expect(await reasons(old('false', build.instance({ name: 'web', agent: true })))).toEqual(['ConsistencyCrash']));
  test('"true" is believed, and an error without an instance', async () =>
    expect(await reasons(old('true'))).toEqual(['ConsistencyUnknown', 'FreezeFailing']));
  test('"true" with a guest that cannot freeze is an error as well', async () =>
    expect(
      await reasons(
        old('true', build.instance({ name: 'web', agent: true }, build.annotated({ [freezeFailsAnnotation]: 'true' }))),
      ),
    ).toEqual(['ConsistencyUnknown', 'FreezeFailing']));
  test('"true" is a freeze', async () =>
    expect(await reasons(old('true', build.instance({ name: 'web', agent: true })))).toEqual(['ConsistencyFrozen']));
});
