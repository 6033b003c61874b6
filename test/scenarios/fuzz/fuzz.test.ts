import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { brokenWorld } from './arbitraries.ts';
import { cases } from './cases.ts';
import { violations } from './trial.ts';

/**
 * Clusters broken at random, in ways nobody listed, and Gleaner on them: by sweeps, by events, killed, its calls failing.
 * Then, now and again, somebody changes one thing more, and Gleaner begins again with what it finds.
 * Whatever is wrong with them, truth.ts says what a restore gives, before, at every moment and in the end:
 *
 * - no Longhorn Backup is deleted, and nothing of Longhorn's is written to;
 * - no volume ever gives data that is not its own, and what gave the right data goes on doing so;
 * - what Gleaner promises to repair is repaired, and of the rest something is said;
 * - what is not Gleaner's stays as it is, healthy chains are not accused, and a second run writes nothing.
 *
 * FUZZ_WORLDS says how many, FUZZ_SEED where to begin. A failure prints its shrunk world, which goes into cases.ts.
 */
const worlds = Number(process.env.FUZZ_WORLDS ?? 20);
const firstSeed = Number(process.env.FUZZ_SEED ?? 1);

const BLOCK = 20;
const blocks = Array.from({ length: Math.ceil(worlds / BLOCK) }, (_, i) => ({
  seed: firstSeed + i,
  numRuns: Math.min(BLOCK, worlds - i * BLOCK),
}));
// Broken worlds in which nothing can be repaired would prove nothing.
let repairs = 0;
afterAll(() => expect(repairs).toBeGreaterThan(worlds / 4));

test.each(Object.entries(cases))('%s', async (_name, world) => {
  const { wrong } = await violations(world);
  expect(wrong).toEqual([]);
});

test.each(blocks)(
  '$numRuns clusters broken at random, from seed $seed',
  async ({ seed, numRuns }) => {
    const property = fc.asyncProperty(brokenWorld, async (world) => {
      const { wrong, mended } = await violations(world);
      repairs += mended;
      expect(wrong).toEqual([]);
    });
    // Shrinking ends with what it has by then; a machine too slow for the block itself is told so.
    await fc.assert(property, { seed, numRuns, interruptAfterTimeLimit: 150_000, markInterruptAsFailure: true });
  },
  200_000,
);
