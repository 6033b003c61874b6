/**
 * Scenario B: Harvester 1.4.2 as it was shipped, with Longhorn 1.7. There the volume in a handle is ignored: restores
 * work, and deleting a wrong pair deletes a real backup. So a careless repair would destroy what it means to save.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { down } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle } from './right-handle.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import { backupRef, bound, claimsOf, contentsOf, handleOf, isReady, restore } from './machines.ts';
import type { Recovered } from './recovered.ts';
import { recoveredCluster } from './recovered.ts';

const TITLE = 'older-longhorn';
const nightly = backupRef('prod', 'web-nightly');
const careless = backupRef('prod', 'web-careless');

describe('Harvester 1.4.2 on Longhorn 1.7.2, backups recovered from the target', () => {
  let story: Recovered;
  let client: Client;
  let accounts: Record<string, string>;

  beforeAll(async () => {
    story = await recoveredCluster(TITLE, {
      choice: { harvester: '1.4.2', longhorn: '1.7.2', webhooks: 'real' },
      namespace: 'prod',
      machine: 'web',
      backups: [nightly.name, careless.name],
      disks: 1,
    });
    client = story.client;
    accounts = await installAccounts(story.bed, client);
  });
  afterAll(() => down(TITLE));

  async function comesFromItsBackup(namespace: string, name: string): Promise<void> {
    const [claim] = await claimsOf(client, namespace, name);
    const [entry] = (await client.find(nightly))!['status'].volumeBackups;
    const volume = await bound(client, namespace, claim!.metadata.name);
    expect(volume['spec'].fromBackup).toBe(backupUrl(story.volumes['disk-0']!, entry.longhornBackupName));
  }

  test('the handles are wrong, and restores work all the same', async () => {
    const [content] = await contentsOf(client, nightly);
    expect(handleOf(content!)).toMatch(/^bs:\/\/web-disk-0\/backup-/);
    await restore(client, { namespace: 'finance', name: 'before', backup: nightly, machine: 'web-before' });
    await comesFromItsBackup('finance', 'before');
  });

  test('deleting a wrong pair by hand loses a backup: this bed can tell', async () => {
    const [content] = await contentsOf(client, careless);
    const backup = handleOf(content!).split('/').at(-1);
    const { namespace, name } = content!['spec'].volumeSnapshotRef;
    await client.remove({ apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', namespace, name });
    await until('the loss to be written down', async () => (await deletedBackups(story.bed)).length > 0);
    expect((await deletedBackups(story.bed)).map((it) => it.backup)).toEqual([backup]);
  });

  test('Gleaner repairs the other, and loses nothing', async () => {
    const lostBefore = await deletedBackups(story.bed);
    const { writes, failures } = await settleAll(accounts);
    expect(failures).toEqual([]);
    expect(writes.length).toBeGreaterThan(0);
    const [content] = await contentsOf(client, nightly);
    expect(handleOf(content!)).toBe(await rightHandle(client, content!));
    expect(isReady(await client.find(nightly))).toBe(true);
    expect(await deletedBackups(story.bed)).toEqual(lostBefore);
  });

  test('restores work as before, and lose nothing either', async () => {
    await restore(client, { namespace: 'audit', name: 'after', backup: nightly, machine: 'web-after' });
    await comesFromItsBackup('audit', 'after');
    await settleAll(accounts);
    expect(await deletedBackups(story.bed)).toHaveLength(1);
  });
});
