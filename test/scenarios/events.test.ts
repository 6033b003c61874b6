import { expect, test } from '@jest/globals';
import type { Mischief } from '../../sandbox/events/index.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import { deploy } from './eventing.ts';
import type { World } from './world.ts';
import * as worlds from './world.ts';
import { converge, digest, inWorld, notToldOnce, tryEach } from './world.ts';

/**
 * By events over HTTP, with the checked-in manifests and rights; a ping is the sweep for what existed before. Here for
 * some scenarios, with EVERY_CALL=1 for every one.
 */

const few = ['mixed-volumes', 'restore-hanging', 'unowned-snapshot', 'lost-snapshot', 'lost-pair'];
const scenarios = worlds.thorough ? worlds.everyScenario : few;
const mischiefs: Record<string, Mischief> = {
  'delivered once': {},
  'delivered twice': { duplicate: true },
  'delivered in reverse': { reverse: 5 },
  'every third lost': { dropEvery: 3 },
};

const gleanersWrites = ({ sandbox }: World): string[] =>
  sandbox.api
    .requests()
    .filter((r) => r.user.startsWith('system:serviceaccount:gleaner:') && !['get', 'list', 'watch'].includes(r.verb))
    .map((r) => `${r.user.slice(30)} ${r.verb} ${r.kind} ${r.name ?? ''} ${r.code}`);

// The four ways side by side: most of the time events and controllers are waited for.
test.each(scenarios)(
  '%s: events end as a sweep does, delivered once, twice, in reverse, or with every third lost',
  async (scenario) => {
    const expected = await inWorld({ scenario }, async (world) => {
      await converge(world, { functions: worlds.everyFunction });
      return digest(world);
    });
    await tryEach(Object.entries(mischiefs), ([name, mischief]) =>
      inWorld({ scenario }, async (world) => {
        const { eventing, stop, log } = await deploy(world.sandbox, { mischief });
        try {
          await eventing.ping();
          await eventing.settle();
          await eventing.ping();
          await eventing.settle();
          expect({ name, ...(await digest(world)) }).toEqual({ name, ...expected });
          expect(world.worse).toEqual([]);
          expect(eventing.broker.deadLetters).toEqual([]);
          expect(eventing.broker.warnings).toEqual([]);
          expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);

          world.sandbox.api.clearRequests();
          await eventing.ping();
          await eventing.settle();
          expect(gleanersWrites(world)).toEqual([]);
          const everything = JSON.stringify([eventing.broker.recorded, eventing.broker.deliveries, log]);
          for (const secret of [make.secretMarker, ...make.secretMarkers]) expect(everything).not.toContain(secret);
        } finally {
          await stop();
        }
      }),
    );
  },
  60_000,
);

test.each(Object.entries(mischiefs))('every restore that appears has one verdict: %s', async (_name, mischief) => {
  await inWorld({ scenario: 'recovered' }, async (world) => {
    const { eventing, stop } = await deploy(world.sandbox, { mischief });
    try {
      const { client } = world.sandbox;
      // One that comes through, one that is repaired in flight, and one that never will be.
      const restores = { home: ['prod', 'web-nightly'], rescue: ['finance', 'web-nightly'], never: ['prod', 'none'] };
      for (const [name, [namespace = '', backup = '']] of Object.entries(restores)) {
        const restore = make.vmRestore({ name, namespace, backup, target: name });
        await client.create({ ...restore, metadata: { name, namespace } });
      }
      for (let round = 0; round < 2; round++) {
        await eventing.settle();
        await eventing.ping();
      }
      await eventing.settle();
      expect(await notToldOnce(world, mischief.dropEvery !== undefined)).toEqual([]);
      const verdicts = (await client.list('events.k8s.io/v1/Event')).filter((e) => e['action'] === 'Preflight');
      expect(verdicts.length).toBeGreaterThan(0);
      expect(eventing.broker.deadLetters).toEqual([]);
    } finally {
      await stop();
    }
  });
});

test('a restore into another namespace is caught in flight, by its events alone', async () => {
  await inWorld({ scenario: 'recovered' }, async (world) => {
    const { eventing, stop } = await deploy(world.sandbox);
    try {
      const { client } = world.sandbox;
      await client.create(make.namespaceObject('finance')).catch(() => undefined);
      await client.create(make.vmRestore({ name: 'rescue', namespace: 'finance', backup: 'web-nightly' }));
      await eventing.settle();
      const claims = await client.list('v1/PersistentVolumeClaim', { namespace: 'finance' });
      expect(claims.map((c) => c.status?.phase)).toEqual(['Bound', 'Bound']);
      expect(world.sandbox.store.losses).toEqual([]);
    } finally {
      await stop();
    }
  });
});

test('one tick is enough, however short the time of a request: each sweep goes on where the last one stopped', async () => {
  await inWorld({ scenario: 'large-12' }, async (world) => {
    const { eventing, stop } = await deploy(world.sandbox, { hasty: true });
    try {
      await eventing.ping();
      await eventing.settle();
      const parts = eventing.broker.recorded.filter(({ type }) => type === 'dev.gleaner.swept.part');
      const fixing = parts.filter(({ source }) => source === '/gleaner/functions/fix-handle');
      expect(fixing.length).toBeGreaterThan(1);
      expect(new Set(fixing.map(({ data }: any) => data.next.after)).size).toBe(fixing.length);
      expect(eventing.broker.warnings).toEqual([]);
      const contents = await world.sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent');
      const right = contents.filter((c) => c.spec.source.snapshotHandle.startsWith('bak://pvc-'));
      expect(right).toHaveLength(36);

      // The clocks rang at the same moment, so what the one makes ready the other finds at the next.
      await eventing.ping();
      await eventing.settle();
      const { volumes } = await digest(world);
      expect(volumes).toHaveLength(36);
      expect(volumes.filter((volume) => !volume.includes('bak://pvc-'))).toEqual([]);
    } finally {
      await stop();
    }
  });
}, 60_000);

test('GLEANER_MODE=observe reports and writes nothing', async () => {
  await inWorld({ scenario: 'mixed-volumes' }, async (world) => {
    const { eventing, stop, log } = await deploy(world.sandbox, { mode: 'observe' });
    try {
      await eventing.ping();
      await eventing.settle();
      expect(gleanersWrites(world)).toEqual([]);
      expect(log.join('\n')).toContain('ReplacePair');
    } finally {
      await stop();
    }
  });
});
