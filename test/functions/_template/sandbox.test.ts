import { describe, expect, test } from '@jest/globals';
import doSomething from '../../../functions/_template/index.ts';
import * as kinds from '../../../sandbox/controllers/kinds.ts';
import { deliver } from '../../scenarios/deliver.ts';
import type { World } from '../../scenarios/world.ts';
import { inWorld, sweepOf, writesOf } from '../../scenarios/world.ts';
import { scenario } from './world.ts';

const events = async ({ sandbox }: World) =>
  (await sandbox.client.list('events.k8s.io/v1/Event')).filter((event) => event['action'] === 'Check');

describe('in the sandbox', () => {
  test('an event is answered by one Event; the same event again, and a sweep, write nothing more', () =>
    inWorld({ scenario }, async (world) => {
      await world.sandbox.settle();
      const [content] = await world.sandbox.client.list(kinds.Content);

      expect(await deliver(doSomething, world, content!)).toMatchObject({ statusCode: 200 });
      expect(await events(world)).toMatchObject([
        { reason: 'SnapshotClassMissing', regarding: { name: content!.metadata.name } },
      ]);
      expect(await world.sandbox.client.list(kinds.Content)).toEqual([content]);

      world.sandbox.api.clearRequests();
      await deliver(doSomething, world, content!);
      await sweepOf(doSomething, world);
      expect(writesOf(world)).toEqual([]);
    }));

  test('a sweep finds what no event was delivered of', () =>
    inWorld({ scenario }, async (world) => {
      await sweepOf(doSomething, world);
      expect(await events(world)).toHaveLength(1);
    }));

  test('of a healthy world nothing is reported', () =>
    inWorld({ scenario: 'healthy' }, async (world) => {
      const reasons = (await sweepOf(doSomething, world)).map(({ reason }) => reason);
      expect(new Set(reasons)).toEqual(new Set(['LinkSound']));
      expect(writesOf(world)).toEqual([]);
    }));
});
