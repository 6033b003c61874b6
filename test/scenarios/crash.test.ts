import { describe, expect, test } from '@jest/globals';
import * as worlds from './world.ts';
import { converge, digest, inWorld, Killed, notToldOnce, numbers, sweepAll, tryEach, writesOf } from './world.ts';

/**
 * Every crash point: the process dies after its k-th write, for every k, and one sweep follows. Whatever k is, the
 * world ends the same, nothing is lost, no VMBackup was ever pointed at something worse, and a further run writes
 * nothing. All functions take part, so what is only written down is cut off as well.
 */
const scenarios = worlds.thorough ? worlds.everyScenario : worlds.fewScenarios;
const options = { functions: worlds.everyFunction, ...worlds.hurried };

describe.each(scenarios)('%s', (scenario) => {
  test('ends the same, killed after any write', async () => {
    const { expected, writes } = await inWorld({ scenario }, async (world) => {
      const { losses } = await digest(world);
      const run = await sweepAll(world, options);
      await world.sandbox.settle();
      // A restore that came through only then was waited for; its end is an event.
      await converge(world, options);
      const after = await digest(world);
      expect(after).toMatchObject({ losses, notes: [] });
      return { expected: after, writes: run.writes };
    });
    expect(writes).toBeGreaterThan(0);

    await tryEach(numbers(writes), (killAfter) =>
      inWorld({ scenario }, async (world) => {
        await sweepAll(world, { ...options, killAfter }).catch((error: unknown) =>
          expect(error).toBeInstanceOf(Killed),
        );
        await world.sandbox.settle();
        await converge(world, options);
        expect({ killAfter, ...(await digest(world)) }).toEqual({ killAfter, ...expected });
        expect(world.worse).toEqual([]);
        expect({ killAfter, told: await notToldOnce(world) }).toEqual({ killAfter, told: [] });
        world.sandbox.api.clearRequests();
        await sweepAll(world, options);
        expect(writesOf(world)).toEqual([]);
      }),
    );
  }, 120_000);
});
