import { describe, expect, test } from '@jest/globals';
import * as make from '../../sandbox/scenarios/build.ts';
import { deploy } from './eventing.ts';
import type { World } from './world.ts';
import { inWorld } from './world.ts';

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
          await eventing.ping();
          await eventing.settle();
          expect(writes(world)).toHaveLength(1);
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
