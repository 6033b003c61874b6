/**
 * Scenario C: Harvester is upgraded in place around the repair, 1.4.2 → 1.6.0 → 1.8.0. VM backups stay ready, Harvester
 * and Gleaner do not undo each other, and when all is right nobody writes any more.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { writesSince } from '../audit.ts';
import type { Client } from '../client.ts';
import { down, upgradeHarvester } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle } from './right-handle.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import { backupRef, bound, claimsOf, contentsOf, handleOf, isReady, restore } from './machines.ts';
import type { Recovered } from './recovered.ts';
import { recoveredCluster } from './recovered.ts';

const TITLE = 'upgrade';
const QUIET_MS = 60_000;
const backups = [backupRef('prod', 'web-1'), backupRef('prod', 'web-2')];

describe('Harvester upgraded in place around the repair, on Longhorn 1.8.1', () => {
  let story: Recovered;
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;

  beforeAll(async () => {
    story = await recoveredCluster(TITLE, {
      choice: { harvester: '1.4.2', longhorn: '1.8.1' },
      namespace: 'prod',
      machine: 'web',
      backups: backups.map(({ name }) => name),
      disks: 1,
    });
    ({ bed, client } = story);
    accounts = await installAccounts(bed, client);
  });
  afterAll(() => down(TITLE));

  async function allReady(): Promise<void> {
    for (const backup of backups) expect(isReady(await client.find(backup))).toBe(true);
  }
  async function allRight(): Promise<void> {
    for (const backup of backups)
      for (const content of await contentsOf(client, backup))
        expect(handleOf(content)).toBe(await rightHandle(client, content));
  }
  async function restores(namespace: string): Promise<void> {
    await restore(client, { namespace, name: 'again', backup: backups[0]!, machine: `web-${namespace}` });
    const [claim] = await claimsOf(client, namespace, 'again');
    const [entry] = (await client.find(backups[0]!))!['status'].volumeBackups;
    const volume = await bound(client, namespace, claim!.metadata.name);
    expect(volume['spec'].fromBackup).toBe(backupUrl(story.volumes['disk-0']!, entry.longhornBackupName));
  }

  test('an upgrade to 1.6.0 leaves the wrong handles as they are, and the backups ready', async () => {
    bed = await upgradeHarvester(bed, '1.6.0');
    await sleep(5_000);
    await allReady();
    for (const backup of backups)
      for (const content of await contentsOf(client, backup)) expect(handleOf(content)).toMatch(/^bs:\/\/web-disk-0\//);
  });

  test('the repair under 1.6.0 stands', async () => {
    expect((await settleAll(accounts)).failures).toEqual([]);
    await allReady();
    await allRight();
    await restores('finance');
  });

  test('an upgrade to 1.8.0 after the repair changes nothing', async () => {
    bed = await upgradeHarvester(bed, '1.8.0');
    await sleep(5_000);
    expect(await settleAll(accounts)).toMatchObject({ writes: [], failures: [] });
    await allReady();
    await allRight();
    await restores('audit');
  });

  test('then nobody writes to backups, snapshots or contents any more', async () => {
    await settleAll(accounts);
    await sleep(3_000);
    const since = new Date();
    await sleep(QUIET_MS);
    const watched = /^(virtualmachinebackups|volumesnapshots|volumesnapshotcontents|backups|backupvolumes)(\/|$)/;
    expect((await writesSince(bed, since)).filter(({ resource }) => watched.test(resource))).toEqual([]);
  });

  test('no backup was deleted by anybody', async () => {
    expect(await deletedBackups(bed)).toEqual([]);
  });
});
