/**
 * The scenarios of the main job through Knative alone, on either rule of Longhorn's: nobody calls a function, each has its
 * own account's token and no other rights than its manifest gives. A wrong handle, several VMs, volumes of which only
 * some are wrong, a restore that waits, Harvester upgraded in place; and each time a second round that writes nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Write } from '../audit.ts';
import { forbiddenSince, writesSince } from '../audit.ts';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up, upgradeHarvester } from '../cluster.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { comesThrough, described, repaired } from './end-state.ts';
import type { Leftover } from './leftovers.ts';
import { leftover, snapshotName } from './leftovers.ts';
import { claimsOf, contentRef, restore } from './machines.ts';
import { askForSweep, deploy } from './on-knative.ts';

/** Longer than a function needs for an event, start from zero included. */
const QUIET_MS = 15_000;
const REPAIRED_MS = 120_000;
const KINDS = /^(virtualmachinebackups|volumesnapshots|volumesnapshotcontents|backups|backupvolumes|settings)(\/|$)/;

describe.each(['1.8.1', '1.7.2'])('Gleaner on Knative Eventing, Harvester 1.4.2 on Longhorn %s', (longhorn) => {
  const title = `deployed-${longhorn}`;
  const began = new Date();
  const all: Leftover[] = [];
  let bed: BedState;
  let client: Client;

  beforeAll(async () => {
    bed = await up({ name: title, choice: { harvester: '1.4.2', longhorn, knative: '0.47.0' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 3_600 });
    all.push(await leftover(bed, client, { namespace: 'prod', name: 'web-nightly', machine: 'web', disks: 1 }));
    all.push(
      await leftover(bed, client, { namespace: 'prod', name: 'db-nightly', machine: 'db', disks: 3, right: [1] }),
    );
    all.push(await leftover(bed, client, { namespace: 'lab', name: 'erp-weekly', machine: 'erp', disks: 2 }));
    await deploy(client);
  }, 300_000);
  afterAll(() => down(title));

  const isAllRepaired = async () => {
    for (const it of all) {
      const { elsewhere, ...seen } = await described(client, it);
      expect({ ...seen, elsewhere: longhorn === '1.8.1' ? elsewhere : [] }).toEqual(repaired(it));
      // Longhorn 1.7 waits for no right handle: a restore is complete before anybody looks, and its pair then stays as it is.
      expect(elsewhere.filter((content) => !content.endsWith(' Retain'))).toEqual([]);
    }
    return true;
  };
  const ofGleaner = (writes: readonly Write[]) =>
    writes.filter(({ user, resource }) => user.startsWith('system:serviceaccount:gleaner:') && KINDS.test(resource));

  async function nothingIsLeft(): Promise<void> {
    await sleep(QUIET_MS);
    const since = new Date();
    await askForSweep(bed);
    await sleep(QUIET_MS);
    expect(ofGleaner(await writesSince(bed, since))).toEqual([]);
  }

  test('one sweep repairs several VMs, and leaves the volume alone that was right', async () => {
    const rightOne = contentRef(`${snapshotName('db-nightly', all[1]!.disks[1]!)}-vsc`);
    const before = await client.find(rightOne);
    await askForSweep(bed);
    await until('every VM backup to be repaired', isAllRepaired, REPAIRED_MS);
    expect((await client.find(rightOne))?.metadata.uid).toBe(before!.metadata.uid);
    await nothingIsLeft();
  });

  test('a VM backup that comes wrong is repaired by its own events', async () => {
    all.push(await leftover(bed, client, { namespace: 'prod', name: 'crm-nightly', machine: 'crm', disks: 2 }));
    await until('it to be repaired', isAllRepaired, REPAIRED_MS);
    await nothingIsLeft();
  });

  test('a restore comes through', async () => {
    const [, it] = all;
    await restore(client, { namespace: 'finance', name: 'first', backup: it!.ref, machine: 'db-copy' });
    await claimsOf(client, 'finance', 'first', it!.disks.length);
    await comesThrough(client, it!, { namespace: 'finance', name: 'first' }, REPAIRED_MS);
    await isAllRepaired();
  });

  test('Harvester upgraded in place: nothing is undone, and what comes wrong is repaired', async () => {
    bed = await upgradeHarvester(bed, '1.6.0');
    await nothingIsLeft();
    await isAllRepaired();
    all.push(
      await leftover(bed, client, { namespace: 'lab', name: 'wiki-weekly', machine: 'wiki', disks: 2, right: [0] }),
    );
    await until('it to be repaired', isAllRepaired, REPAIRED_MS);
    const [, , it] = all;
    await restore(client, { namespace: 'audit', name: 'second', backup: it!.ref, machine: 'erp-copy' });
    await comesThrough(client, it!, { namespace: 'audit', name: 'second' }, REPAIRED_MS);
    await nothingIsLeft();
  });

  test('no function asked for more than its rights, and no backup was deleted by anybody', async () => {
    const asked = await forbiddenSince(bed, began);
    expect(asked.filter(({ user }) => user.startsWith('system:serviceaccount:gleaner:'))).toEqual([]);
    const writers = new Set(ofGleaner(await writesSince(bed, began)).map(({ user }) => user.split(':').at(-1)));
    expect(writers).toContain('fix-handle');
    expect(writers).toContain('relink-vmbackup');
    expect(await deletedBackups(bed)).toEqual([]);
  });
});
