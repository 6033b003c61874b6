import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../sandbox/api/types.ts';
import { KubeError } from '../../shared/kube/errors.ts';
import type { World } from './world.ts';
import { digest, inWorld, numbers, sweepAll, thorough, troubled, tryEach, writesOf } from './world.ts';

/**
 * The API server answers the k-th call with a conflict, too many requests, an internal error, nothing at all, or a
 * broken connection (before or after it has carried the call out). One sweep later the world is as without the fault.
 * Here for some k; with EVERY_CALL=1 (`npm run test:sandbox`) for every k.
 */
const scenarios = thorough ? [...troubled.few, ...troubled.more] : ['wrong-handle', 'restore-hanging', 'lost-pair'];
const step = thorough ? 1 : 11;
const CLIENT_TIMEOUT_MS = 150;

const faults: Record<string, Fault> = {
  'a conflict': { kind: 'status', code: 409, reason: 'Conflict' },
  'too many requests': { kind: 'status', code: 429, reason: 'TooManyRequests' },
  'an internal error': { kind: 'status', code: 500, reason: 'InternalError' },
  'no answer': { kind: 'hang', ms: CLIENT_TIMEOUT_MS * 4 },
  'a broken connection': { kind: 'reset' },
  'a broken connection after the call was carried out': { kind: 'reset-after' },
};

async function converge(world: World): Promise<void> {
  await sweepAll({ ...world, client: world.patient });
  await world.sandbox.settle();
  await sweepAll({ ...world, client: world.patient });
}

describe.each(scenarios)('%s', (scenario) => {
  test.each(Object.keys(faults))(
    'ends the same after %s',
    async (name) => {
      const { expected, calls } = await inWorld({ scenario }, async (world) => {
        await sweepAll({ ...world, client: world.patient });
        const calls = world.sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner')).length;
        await converge(world);
        return { expected: await digest(world), calls };
      });

      await tryEach(numbers(calls, 1 + (name.length % step), step), (at) =>
        inWorld(
          { scenario },
          async (world) => {
            let seen = 0;
            world.sandbox.api.setFault((r) =>
              r.userAgent?.startsWith('gleaner') && ++seen === at ? faults[name] : undefined,
            );
            // Without its lists a sweep cannot go on; nothing but a KubeError may come of it.
            await sweepAll(world).catch((error: unknown) => expect(error).toBeInstanceOf(KubeError));
            world.sandbox.api.setFault(undefined);
            await converge(world);
            expect({ at, ...(await digest(world)) }).toEqual({ at, ...expected });
            expect(world.worse).toEqual([]);
            world.sandbox.api.clearRequests();
            await sweepAll({ ...world, client: world.patient });
            expect(writesOf(world)).toEqual([]);
          },
          CLIENT_TIMEOUT_MS,
        ),
      );
    },
    300_000,
  );
});
