import { describe, expect, test } from '@jest/globals';
import type { Fault, RequestRecord } from '../../../sandbox/api/types.ts';
import { KubeError } from '../../../shared/ports/errors.ts';
import * as worlds from '../world.ts';
import { converge, digest, inWorld, notToldOnce, numbers, sweepAll, tryEach, writesOf } from '../world.ts';

/**
 * The API server answers the k-th call with a conflict, too many requests, an internal error, nothing at all, or a
 * broken connection (before or after it has carried the call out). One sweep later the world is as without the fault.
 * Here for some k; `npm run test:sandbox` does it for every k of every scenario, with EVERY_CALL=5 for every fifth.
 */
const scenarios = worlds.thorough ? worlds.everyScenario : ['wrong-handle', 'restore-hanging', 'blockers', 'lost-pair'];
const step = worlds.thorough ? worlds.everyCall : 11;
export const CLIENT_TIMEOUT_MS = 150;

export interface Trial {
  readonly fault: Fault;
  /** Of a read, the fault would be none that another trial does not have. */
  readonly writesOnly?: boolean;
}

const isGleaner = ({ userAgent }: Pick<RequestRecord, 'userAgent'>) => userAgent?.startsWith('gleaner') === true;
const isWrite = ({ verb }: Pick<RequestRecord, 'verb'>) => !['get', 'list', 'watch'].includes(verb);

export function faultAtEachCall(trials: Record<string, Trial>): void {
  describe.each(scenarios)('%s', (scenario) => {
    // Where there is nothing to mend, something may be to be told, and all functions are asked.
    const measured = inWorld({ scenario }, async (world) => {
      const { writes } = await sweepAll(world, { functions: worlds.functions, ...worlds.hurried });
      if (writes === 0) return worlds.everyFunction;
      const restores = await world.sandbox.client.list('harvesterhci.io/v1beta1/VirtualMachineRestore');
      return restores.length > 0 ? [worlds.preflightRestore, ...worlds.functions] : worlds.functions;
    }).then((functions) => {
      const options = { functions, ...worlds.hurried };
      return inWorld({ scenario }, async (world) => {
        await sweepAll(world, options);
        const calls = world.sandbox.api.requests().filter(isGleaner);
        await converge(world, options);
        return { options, calls: calls.length, writes: calls.filter(isWrite).length, expected: await digest(world) };
      });
    });
    measured.catch(() => undefined);

    test.each(Object.entries(trials))(
      'ends the same after %s',
      async (name, { fault, writesOnly = false }) => {
        const { options, expected, ...counted } = await measured;
        const last = writesOnly ? counted.writes : counted.calls;
        const first = 1 + (name.length % step);
        await tryEach(numbers(last, Math.min(first, last), step), (at) =>
          inWorld(
            { scenario },
            async (world) => {
              let seen = 0;
              const isNext = (r: Pick<RequestRecord, 'userAgent' | 'verb'>) =>
                isGleaner(r) && (!writesOnly || isWrite(r)) && ++seen === at;
              world.sandbox.api.setFault((request) => (isNext(request) ? fault : undefined));
              // Without its lists a sweep cannot go on; nothing but a KubeError may come of it.
              await sweepAll(world, options).catch((error: unknown) => expect(error).toBeInstanceOf(KubeError));
              world.sandbox.api.setFault(undefined);
              const patient = { ...world, client: world.patient };
              await converge(patient, options);
              expect({ at, ...(await digest(world)) }).toEqual({ at, ...expected });
              expect(world.worse).toEqual([]);
              expect({ at, told: await notToldOnce(world) }).toEqual({ at, told: [] });
              world.sandbox.api.clearRequests();
              await sweepAll(patient, options);
              expect(writesOf(world)).toEqual([]);
            },
            CLIENT_TIMEOUT_MS,
          ),
        );
      },
      300_000,
    );
  });
}
