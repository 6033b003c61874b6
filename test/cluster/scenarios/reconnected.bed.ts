/**
 * A target is taken away and given back, with an identical value, while VM backups are deleted in between. With an interval
 * above zero Harvester finds them by itself, and Gleaner writes nothing. With interval 0 nothing comes back, not on 1.4.2
 * either, which keeps its hash over the disconnection; sweeps of Gleaner, without events, bring all of it back.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { disconnectBackupTarget, setBackupTarget } from '../harvester.ts';
import { versions } from '../parts.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import { backUp, backupRef, bound, claimsOf, contentsOf, handleOf, isReady, makeMachine, restore } from './machines.ts';
import { rightHandle } from './right-handle.ts';

const TITLE = 'reconnected';
const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
const TARGET = { ...LONGHORN, kind: 'BackupTarget', name: 'default' };
const SETTING = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting', name: 'backup-target' };
const HASH = 'harvesterhci.io/hash';

describe.each(versions.harvester)('a target reconnected, Harvester %s on Longhorn 1.8.1', (harvester) => {
  const ref = backupRef('prod', 'web-1');
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester, longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await client.patch(TARGET, { metadata: { annotations: { 'bed/reading-takes-seconds': '4' } } });
    accounts = await installAccounts(bed, client);
  }, 300_000);
  afterAll(() => down(TITLE));

  const isRead = async () => (await client.find(TARGET))?.['status']?.available === true;
  const back = async () => isReady(await client.find(ref));
  const lostData = async () => (await deletedBackups(bed)).filter(({ objectOnly }) => !objectOnly);

  /** Gives what the setting remembered while there was no target. */
  async function reconnect(refreshIntervalInSeconds: number): Promise<string | undefined> {
    await disconnectBackupTarget(client);
    await client.remove(ref);
    await until('the VM backup to be gone', async () => !(await client.find(ref)));
    const hash = (await client.find(SETTING))?.metadata.annotations?.[HASH];
    await setBackupTarget(bed, client, { refreshIntervalInSeconds });
    await until('Longhorn to have read the target', isRead, 60_000);
    return hash;
  }

  test('with an interval Harvester does it, and Gleaner leaves it alone', async () => {
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 5 });
    await until('Longhorn to have read the target', isRead, 60_000);
    await makeMachine(client, { namespace: 'prod', name: 'web' });
    await backUp(client, { namespace: 'prod', machine: 'web', name: ref.name });
    await reconnect(5);
    const { writes } = await settleAll(accounts, 2_000);
    expect(writes.filter(({ action }) => ['rescanTarget', 'syncTarget'].includes(action.do))).toEqual([]);
    await until('it to be back', back, 60_000);
    expect((await settleAll(accounts)).failures).toEqual([]);
    for (const content of await contentsOf(client, ref))
      expect(handleOf(content)).toBe(await rightHandle(client, content));
    expect(await lostData()).toEqual([]);
  }, 240_000);

  test('with interval 0 it stays away', async () => {
    const hash = await reconnect(0);
    expect(hash === undefined).toBe(harvester !== '1.4.2');
    await sleep(12_000);
    expect(await client.find(ref)).toBeUndefined();
  }, 120_000);

  test('and Gleaner brings it back, with a right handle, and a restore works', async () => {
    await until(
      'it to be back',
      async () => {
        await settleAll(accounts, 10_000);
        return back();
      },
      120_000,
    );
    expect((await settleAll(accounts)).failures).toEqual([]);
    const [content] = await contentsOf(client, ref);
    expect(handleOf(content!)).toBe(await rightHandle(client, content!));
    const [entry] = (await client.find(ref))!['status'].volumeBackups;
    await restore(client, { namespace: 'prod', name: 'again', backup: ref, machine: 'web-copy' });
    const [claim] = await claimsOf(client, 'prod', 'again');
    const volume = await bound(client, 'prod', claim!.metadata.name, 90_000);
    expect(volume['spec'].fromBackup).toBe(
      backupUrl(entry.persistentVolumeClaim.spec.volumeName, entry.longhornBackupName),
    );
    expect(await lostData()).toEqual([]);
  }, 240_000);
});
