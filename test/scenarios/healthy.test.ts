import { describe, expect, test } from '@jest/globals';
import * as all from '../../functions/index.ts';
import { large } from '../../sandbox/scenarios/index.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import type { AnyFunction } from '../../shared/function.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import type { World } from './world.ts';
import { inWorld, thorough } from './world.ts';

/** How many backups; what a sweep of them asks grows by pages alone, so fewer of them show the same. */
const BACKUPS = thorough ? 10_000 : 1_500;
const here = 'test/scenarios/healthy.test.ts';
const PAGE = 500;
const pages = Math.ceil(BACKUPS / PAGE);

/**
 * What one sweep of a healthy cluster asks the API server: kinds whose lists grow with the backups, a page of 500 at a
 * time, and how many lists of a page there are besides. Documented in docs/adr/0012-a-sweep-in-parts.md.
 */
const lists: Record<string, { readonly growing: number; readonly small: number }> = {
  'fix-handle': { growing: 4, small: 0 },
  'rebuild-snapshot': { growing: 4, small: 0 },
  'relink-vmbackup': { growing: 4, small: 0 },
  'rediscover-target': { growing: 4, small: 2 },
  'verify-backup': { growing: 5, small: 4 },
  'record-consistency': { growing: 4, small: 0 },
  'preflight-restore': { growing: 0, small: 1 },
};

/** Of the others' business there is no more where there are more backups: StorageClasses, and a record of drills. */
const besides = ['check-capability', 'drill-restore'];
const every = Object.values(all as Record<string, AnyFunction>);
const sweeping = every.filter(({ name }) => !besides.includes(name));

async function sweepWith({ client, sandbox }: World, functions: readonly AnyFunction[]) {
  sandbox.api.clearRequests();
  const reasons: Record<string, number> = {};
  const configOf = (fn: AnyFunction): unknown => fn.config.parse({});
  const applier = createApplier(client.reader, client.writer);
  for await (const swept of sweep({ functions, reader: client.reader, applier, configOf })) {
    if (swept.kind === 'failure') throw swept.error;
    for (const { reason } of findingsOf(swept)) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const requests = sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner'));
  return { reasons, requests };
}

describe(`a healthy cluster of ${BACKUPS} backups`, () => {
  test('every sweep of it makes no write and no call but lists', async () => {
    const scenario = large(BACKUPS, { oneWrongIn: 0, volumesPerBackup: 1 });
    await inWorld(
      { scenario, tickMs: 60_000 },
      async (world) => {
        const asked: Record<string, number> = {};
        for (const fn of sweeping) {
          const { requests, reasons } = await sweepWith(world, [fn]);
          const todo = `sort out what is well in functions/${fn.name}/triage.ts, from the lists alone`;
          expect({ [todo]: requests.filter((r) => r.verb !== 'list') }).toEqual({ [todo]: [] });
          asked[fn.name] = requests.length;
          if (fn.name === 'verify-backup') expect(reasons).toEqual({ BackupVerified: BACKUPS });
        }
        const expected = sweeping.map(({ name }) => {
          const row = lists[name];
          return [name, row === undefined ? `needs a row in lists of ${here}` : row.growing * pages + row.small];
        });
        expect(Object.entries(asked)).toEqual(expected);

        for (const fn of every.filter(({ name }) => besides.includes(name))) {
          await sweepWith(world, [fn]);
          const { requests } = await sweepWith(world, [fn]);
          const writes = requests.filter(({ verb }) => verb !== 'list' && verb !== 'get');
          expect([fn.name, writes]).toEqual([fn.name, []]);
          asked[fn.name] = requests.length;
          expect(requests.length).toBeLessThan(30);
        }

        // As `gleaner scan` does: all functions over one reading of the cluster.
        const { requests } = await sweepWith(world, sweeping);
        expect(requests.map((r) => r.verb).filter((verb) => verb !== 'list')).toEqual([]);
        // Restores twice: preflight-restore looks for them by itself, without the lists of the others.
        expect(requests).toHaveLength(5 * pages + 6);
      },
      30_000,
    );
  }, 300_000);
});
