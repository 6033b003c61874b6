/**
 * Scenario C, the rest of it: Harvester is upgraded in place, 1.4.2 → 1.6.0 → 1.8.0, in the very moments in which Gleaner
 * repairs, beside VM backups that were repaired long before and others that are only repaired afterwards. No VM backup
 * stops being ready at any moment, nobody undoes what the other did, and in the end a whole minute passes without a write.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { writesSince } from '../audit.ts';
import type { Client } from '../client.ts';
import { ApiError, until } from '../client.ts';
import { adminClient, down, up, upgradeHarvester } from '../cluster.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { backupsOf, comesThrough, described, repaired } from './end-state.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import type { Leftover } from './leftovers.ts';
import { leftover } from './leftovers.ts';
import { restore } from './machines.ts';
import { race, randomFrom } from './racing.ts';

const TITLE = 'upgrade-meanwhile';
const NAMESPACE = 'prod';
const MINUTE = 60_000;
/** Harvester looks at the target again within the quiet minute, more than once. */
const REFRESH = { refreshIntervalInSeconds: 15 };
const WATCHED = /^(virtualmachinebackups|volumesnapshots|volumesnapshotcontents|backups|backupvolumes)(\/|$)/;

describe('Harvester upgraded in place while Gleaner repairs, on Longhorn 1.8.1', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  let unready: { stop(): Promise<string[]> };
  const made: Record<string, Leftover> = {};

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.4.2', longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, REFRESH);
    accounts = await installAccounts(bed, client);
  });
  afterAll(() => down(TITLE));

  async function make(name: string): Promise<Leftover> {
    return (made[name] = await leftover(bed, client, { namespace: NAMESPACE, name, machine: name }));
  }

  /** Both at once: a repair as slow as a seed makes it, and an upgrade that begins somewhere in it. */
  async function upgradeAmidstRepair(version: string, it: Leftover, seed: number): Promise<readonly string[]> {
    const random = randomFrom(seed);
    const only = ({ name }: { name: string }) => name.includes(it.ref.name) || name.startsWith('restore-');
    const gleaner = race(accounts, { only, pauseMs: () => 1_500 * random() });
    await until('Gleaner to have begun', async () => gleaner.writes.length > 0);
    bed = await upgradeHarvester(bed, version);
    const { length } = gleaner.writes;
    await until('the repair to be finished', async () => isRepaired(it), MINUTE);
    expect(await gleaner.stop()).toEqual([]);
    process.stdout.write(`${version}: ${length} of ${gleaner.writes.length} writes were made before it ran\n`);
    return gleaner.writes;
  }

  const isRepaired = async (it: Leftover): Promise<boolean> =>
    JSON.stringify(await described(client, it)) === JSON.stringify(repaired(it));

  async function quietFor(ms: number): Promise<void> {
    await sleep(3_000);
    const since = new Date();
    const before = await versions();
    await sleep(ms);
    expect((await writesSince(bed, since)).filter(({ resource }) => WATCHED.test(resource))).toEqual([]);
    expect(await versions()).toEqual(before);
  }

  /** Resource version of everything that is watched: equal ones mean that nobody wrote, whoever kept the books. */
  async function versions(): Promise<Record<string, string>> {
    const kinds = [
      ['harvesterhci.io/v1beta1', 'VirtualMachineBackup'],
      ['snapshot.storage.k8s.io/v1', 'VolumeSnapshot'],
      ['snapshot.storage.k8s.io/v1', 'VolumeSnapshotContent'],
    ] as const;
    const all = await Promise.all(kinds.map(([apiVersion, kind]) => client.list(apiVersion, kind)));
    return Object.fromEntries(
      all
        .flat()
        .map((it) => [`${it.kind} ${it.metadata.namespace}/${it.metadata.name}`, it.metadata['resourceVersion']!]),
    );
  }

  test('on 1.4.2: one is repaired now, the others are to be repaired later', async () => {
    const early = await make('early');
    expect((await settleAll(accounts)).failures).toEqual([]);
    expect(await described(client, early)).toEqual(repaired(early));
    for (const name of ['first', 'second', 'late']) await make(name);
    unready = watchReadiness(client);
  });

  test('an upgrade to 1.6.0 in the middle of a repair, with a restore hanging elsewhere', async () => {
    const { first } = made;
    await restore(client, { namespace: 'finance', name: 'waits', backup: first!.ref, machine: 'first-copy' });
    await upgradeAmidstRepair('1.6.0', first!, 1);
    await comesThrough(client, first!, { namespace: 'finance', name: 'waits' });
  });

  test('an upgrade to 1.8.0 in the middle of another', () => upgradeAmidstRepair('1.8.0', made['second']!, 2));

  test('what was repaired before both upgrades is as it was, what was left alone is repaired after them', async () => {
    const { early, late } = made;
    expect(await described(client, early!)).toEqual(repaired(early!));
    expect(await isRepaired(late!)).toBe(false);
    expect((await settleAll(accounts)).failures).toEqual([]);
    for (const it of Object.values(made)) expect(await described(client, it)).toEqual(repaired(it));
  });

  test('all the while every VM backup was ready', async () => {
    expect(await unready.stop()).toEqual([]);
  });

  test('then a minute passes in which nobody writes, although Gleaner keeps looking', async () => {
    const gleaner = race(accounts, { only: () => true, pauseMs: () => 0 });
    await quietFor(MINUTE);
    expect(await gleaner.stop()).toEqual([]);
    expect(gleaner.writes).toEqual([]);
  });

  test('every one of them can be restored, beside the VM and elsewhere', async () => {
    const before = await backupsOf(client);
    for (const [name, it] of Object.entries(made))
      for (const namespace of [NAMESPACE, 'audit']) {
        const to = { namespace, name: `again-${name}` };
        await restore(client, { ...to, backup: it.ref, machine: `${name}-again` });
        await comesThrough(client, it, to);
      }
    expect(await settleAll(accounts)).toMatchObject({ writes: [], failures: [] });
    expect(await backupsOf(client)).toEqual(before);
    expect(await deletedBackups(bed)).toEqual([]);
  });
});

/** Looks ten times a second whether a VM backup says that it is not ready. */
function watchReadiness(client: Client): { stop(): Promise<string[]> } {
  const seen = new Set<string>();
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      // While its definition is replaced, the server asks everybody to come back a moment later.
      const backups = await client.list('harvesterhci.io/v1beta1', 'VirtualMachineBackup').catch(laterOnly);
      for (const { metadata, status } of backups)
        if (status?.readyToUse !== true) seen.add(`${metadata.name}: ${JSON.stringify(status?.error ?? status)}`);
      await sleep(100);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return [...seen];
    },
  };
}

function laterOnly(error: unknown): [] {
  if (error instanceof ApiError && [429, 503].includes(error.status)) return [];
  throw error;
}
