import { describe, expect, test } from '@jest/globals';
import * as make from '../../sandbox/scenarios/build.ts';
import { deploy } from './eventing.ts';
import type { World } from './world.ts';
import { inWorld, preflightRestore, sweepAll } from './world.ts';

/** By events over HTTP, with the checked-in manifests and just the rights in them. */

const asked = (shape: make.RestoreShape) => {
  const restore = make.vmRestore(shape);
  delete restore.metadata.uid;
  return restore;
};
const verdicts = async ({ sandbox }: World) =>
  (await sandbox.client.list('events.k8s.io/v1/Event')).filter((e) => e['action'] === 'Preflight');
const writes = ({ sandbox }: World) =>
  sandbox.api.requests().filter((r) => r.user.endsWith(':preflight-restore') && !['get', 'list'].includes(r.verb));

describe('of a restore whose event was lost', () => {
  test('a sweep tells, once', async () => {
    await inWorld({ scenario: 'recovered' }, async (world) => {
      const { client } = world.sandbox;
      await client.create(asked({ name: 'rescue', namespace: 'finance', backup: 'web-nightly' }));
      await world.sandbox.settle();
      const { writes, failures } = await sweepAll(world, { functions: [preflightRestore] });
      expect([writes, failures]).toEqual([1, []]);
      expect(await verdicts(world)).toMatchObject([{ reason: 'PreflightFailed', regarding: { name: 'rescue' } }]);
      expect(await sweepAll(world, { functions: [preflightRestore] })).toMatchObject({ writes: 0 });
    });
  });

  test('that began long ago, or is complete, nothing is told', async () => {
    await inWorld({ scenario: 'recovered' }, async (world) => {
      const old = asked({ name: 'old', namespace: 'finance', backup: 'web-nightly' });
      old.metadata.creationTimestamp = new Date(Date.now() - 31 * 60_000).toISOString();
      const done = asked({ name: 'done', namespace: 'finance', backup: 'web-nightly' });
      done['status'] = { complete: true };
      world.sandbox.api.seed([old, done]);
      expect(await sweepAll(world, { functions: [preflightRestore] })).toMatchObject({ writes: 0, failures: [] });
      expect(await verdicts(world)).toEqual([]);
    });
  });
});

describe('a restore that appears has its verdict at once', () => {
  test.each([
    ['recovered', 'web-nightly', 'finance', 'PreflightFailed', /fail version: Harvester v1\.4 writes a wrong handle/],
    ['broken-links', 'lost-backup', 'finance', 'PreflightFailed', /fail volume disk-0: there is no Longhorn Backup/],
    ['blockers', 'failed', 'prod', 'PreflightFailed', /fail backup: /],
  ])(
    '%s: %s into %s: %s',
    async (scenario, backup, namespace, reason, note) => {
      await inWorld({ scenario }, async (world) => {
        const { eventing, stop, log } = await deploy(world.sandbox);
        try {
          world.sandbox.api.clearRequests();
          await world.sandbox.client.create(asked({ name: 'rescue', namespace, backup }));
          await eventing.settle();
          const [verdict, ...more] = await verdicts(world);
          expect(more).toEqual([]);
          expect(verdict).toMatchObject({ reason, regarding: { kind: 'VirtualMachineRestore', name: 'rescue' } });
          expect(verdict!['note']).toMatch(note);
          // A right that is missing would make a check unknown.
          expect(verdict!['note']).not.toMatch(/unknown/);
          expect(writes(world)).toHaveLength(1);
          // The sweep tells of what was there before; of this one there is nothing more to tell.
          await eventing.ping();
          await eventing.settle();
          const ofRescue = (await verdicts(world)).filter((it) => it['regarding'].name === 'rescue');
          expect(ofRescue).toEqual([verdict]);
          const settled = writes(world).length;
          await eventing.ping();
          await eventing.settle();
          expect(writes(world)).toHaveLength(settled);
          const everything = JSON.stringify([await verdicts(world), eventing.broker.recorded, log]);
          for (const secret of make.secretMarkers) expect(everything).not.toContain(secret);
        } finally {
          await stop();
        }
      });
    },
    60_000,
  );
});
