import { describe, expect, test } from '@jest/globals';
import type { Drilling, RunOptions } from './drilling.ts';
import { inDrillWorld, leftovers, recordOf, tick, ticks } from './drilling.ts';
import { digest, Killed, thorough, writesOf } from './world.ts';

/**
 * Killed after its k-th write, for every k: the next run leaves nothing behind, and loses no backup. Whether the run
 * before it died at once or after more sweeps, what it was at is finished or given up.
 */
interface Story {
  readonly scenario: string;
  readonly policy: Record<string, unknown>;
  readonly before?: (world: Drilling) => Promise<unknown>;
  /** Minutes after which the next run comes. */
  readonly later?: number;
}

const stories: Record<string, Story> = {
  'it works': { scenario: 'mixed-volumes', policy: { read: 'on' } },
  'the restore fails': {
    scenario: 'healthy',
    policy: {},
    before: ({ sandbox }) => sandbox.longhorn.setRestoring('fail'),
  },
  'it takes too long': {
    scenario: 'healthy',
    policy: { read: 'on', selector: 'drill=yes' },
    // One alone: the next would begin where this one has ended, and hang as well.
    async before({ sandbox }) {
      sandbox.setPodsEnd('hang');
      const metadata = { labels: { drill: 'yes' } };
      await sandbox.client.mergePatch('harvesterhci.io/v1beta1/VirtualMachineBackup', 'web-nightly', 'prod', {
        metadata,
      });
    },
    later: 300,
  },
  'it is given up': { scenario: 'healthy', policy: { drills: 'clean' }, later: 5 },
};

/** Sweeps until the writes are used up: what is left of `killAfter` goes from one sweep to the next. */
async function untilKilled(world: Drilling, next: RunOptions, killAfter: number): Promise<boolean> {
  let left = killAfter;
  let later = 0;
  for (let round = 0; round < 40; round++) {
    try {
      world.sandbox.api.clearRequests();
      const { writes } = await tick(world, { ...next, later, killAfter: left });
      // It waits: time passes, or there is nothing to wait for.
      if (writes === 0 && later === (next.later ?? 0)) return false;
      if (writes === 0) later = next.later ?? 0;
      left -= writesOf(world).length;
    } catch (error) {
      expect(error).toBeInstanceOf(Killed);
      return true;
    }
    await world.sandbox.settle();
    if (left <= 0) return true;
  }
  throw new Error('it neither ends nor dies');
}

const step = thorough ? 1 : 3;

describe.each(Object.entries(stories))('%s', (_name, { scenario, policy, before, later = 0 }) => {
  test('killed after any write, the next run leaves nothing', async () => {
    const drilling = { ...policy, drills: 'on' };
    for (let killAfter = 1; ; killAfter += step) {
      const died = await inDrillWorld(scenario, async (world) => {
        const expected = await digest(world);
        await before?.(world);
        const killed = await untilKilled(world, { policy: drilling, later }, killAfter);
        await world.sandbox.settle();
        const next: RunOptions = { policy: { ...drilling, ...policy }, later };
        await ticks(world, next);
        expect({ killAfter, left: await leftovers(world) }).toEqual({ killAfter, left: [] });
        expect({ killAfter, ...(await digest(world)) }).toEqual({ killAfter, ...expected });
        for (const entry of Object.values(await recordOf(world))) expect(entry).not.toHaveProperty('run');
        world.sandbox.api.clearRequests();
        await tick(world, next);
        expect(writesOf(world)).toEqual([]);
        return killed;
      });
      if (!died) return expect(killAfter).toBeGreaterThan(5);
    }
  }, 240_000);
});
