/**
 * Scenario D: Harvester 1.6.0 repairs a wrong pair when somebody restores into the VM's own namespace, and Gleaner
 * repairs it at the very same moment. One of the two wins, and one right pair remains. Each seed staggers them anew.
 * SEEDS=<n> tries more of them.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { backupsOf, comesThrough, described, madeByGleaner, repaired } from './end-state.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import type { Leftover } from './leftovers.ts';
import { leftover } from './leftovers.ts';
import { contentsOf, restore } from './machines.ts';
import { race, randomFrom } from './racing.ts';

const TITLE = 'both-at-once';
const NAMESPACE = 'prod';
const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 6) }, (_, i) => i + 1);

describe('Harvester 1.6.0 and Gleaner repair the same pair at once, on Longhorn 1.8.1', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  const all: Leftover[] = [];

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.6.0', longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    accounts = await installAccounts(bed, client);
    // What is said about the storage classes is written before the race, so that a write after it is one of a repair.
    expect((await settleAll(accounts)).failures).toEqual([]);
  });
  afterAll(() => down(TITLE));

  test.each(seeds)('seed %i: one right pair per volume remains, and the restore comes through', async (seed) => {
    const random = randomFrom(seed);
    const name = `web-${seed}`;
    const it = await leftover(bed, client, { namespace: NAMESPACE, name, machine: `web-${seed}` });
    all.push(it);
    const before = await backupsOf(client);

    // Harvester needs a few tenths of a second to find the wrong handle, Gleaner a few for each write.
    const headStartMs = Math.round(-1_500 + 2_500 * random());
    const slowness = [20, 400, 1_500][seed % 3]!;
    const own = `${name}-`;
    const only = (subject: { name: string }) => subject.name === name || subject.name.startsWith(own);
    const user = sleep(Math.max(0, headStartMs)).then(() =>
      restore(client, { namespace: NAMESPACE, name: `again-${seed}`, backup: it.ref, machine: `copy-${seed}` }),
    );
    await sleep(Math.max(0, -headStartMs));
    const gleaner = race(accounts, { only, pauseMs: () => slowness * random() });
    await user;
    await comesThrough(client, it, { namespace: NAMESPACE, name: `again-${seed}` });
    await until('the old pairs to be gone', async () => {
      const now = await described(client, it);
      return now.volumes.every(({ contents }) => contents.length === 1 && contents[0]!.endsWith('Delete'));
    }).catch(() => {}); // the comparison below says more
    expect(await gleaner.stop()).toEqual([]);

    expect(await described(client, it)).toEqual(repaired(it));
    expect(await backupsOf(client)).toEqual(before);
    const winners = await Promise.all(
      (await contentsOf(client, it.ref)).map(async (content) =>
        (await madeByGleaner(client, content.metadata.name)) ? 'Gleaner' : 'Harvester',
      ),
    );
    process.stdout.write(
      `seed ${seed}: Gleaner ${headStartMs} ms before the restore, up to ${slowness} ms per write; made by ${winners.join(' and ')}; ${gleaner.writes.length} writes of Gleaner's\n`,
    );
  });

  test('nothing is left to repair, and no backup was deleted by anybody', async () => {
    expect(await settleAll(accounts)).toMatchObject({ writes: [], failures: [] });
    expect(await deletedBackups(bed)).toEqual([]);
  });

  test('deleting one of the VM backups then frees exactly its own backups', async () => {
    const [first, ...others] = all;
    await client.remove(first!.ref);
    const own = first!.disks.map(({ backup }) => backup);
    await until('its backups to be freed', async () => (await deletedBackups(bed)).length >= own.length);
    await sleep(2_000);
    expect((await deletedBackups(bed)).map(({ backup }) => backup).sort()).toEqual(own.sort());
    for (const other of others) expect(await described(client, other)).toEqual(repaired(other));
  });
});
