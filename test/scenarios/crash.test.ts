import { describe, expect, test } from '@jest/globals';
import { digest, inWorld, Killed, numbers, sweepAll, thorough, troubled, tryEach, writesOf } from './world.ts';

/**
 * Every crash point: the process dies after its k-th write, for every k, and one sweep follows. Whatever k is, the
 * world ends the same, nothing is lost, no VMBackup was ever pointed at something worse, and a further run writes
 * nothing.
 */
const scenarios = thorough ? [...troubled.few, ...troubled.more] : troubled.few;

describe.each(scenarios)('%s', (scenario) => {
  test('ends the same, killed after any write', async () => {
    const { expected, writes } = await inWorld({ scenario }, async (world) => {
      const run = await sweepAll(world);
      await world.sandbox.settle();
      // A restore that came through only then was waited for; its end is an event.
      await sweepAll(world);
      return { expected: await digest(world), writes: run.writes };
    });
    expect(writes).toBeGreaterThan(0);
    expect(expected).toMatchObject({ losses: [], notes: [] });

    await tryEach(numbers(writes), (killAfter) =>
      inWorld({ scenario }, async (world) => {
        await sweepAll(world, { killAfter }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        await world.sandbox.settle();
        await sweepAll(world);
        await world.sandbox.settle();
        await sweepAll(world);
        expect({ killAfter, ...(await digest(world)) }).toEqual({ killAfter, ...expected });
        expect(world.worse).toEqual([]);
        world.sandbox.api.clearRequests();
        await sweepAll(world);
        expect(writesOf(world)).toEqual([]);
      }),
    );
  }, 120_000);
});
