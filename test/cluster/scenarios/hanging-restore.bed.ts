/**
 * Scenario A: backups of a lost cluster, recovered by Harvester 1.4.2, which writes handles that Longhorn 1.8 cannot
 * follow. A restore into another namespace hangs; the repair lets that very restore come through.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { down } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle, swapContent } from './by-hand.ts';
import { backupRef, bound, claimsOf, contentsOf, eventsOf, handleOf, restore } from './machines.ts';
import type { Recovered } from './recovered.ts';
import { recoveredCluster } from './recovered.ts';

const TITLE = 'hanging-restore';
const backup = backupRef('prod', 'web-nightly');

describe('Harvester 1.4.2 on Longhorn 1.8.1, backups recovered from the target', () => {
  let story: Recovered;
  let client: Client;
  let backupName: string;

  beforeAll(async () => {
    story = await recoveredCluster(TITLE, {
      choice: { harvester: '1.4.2', longhorn: '1.8.1' },
      namespace: 'prod',
      machine: 'web',
      backups: ['web-nightly'],
      disks: 1,
    });
    client = story.client;
  });
  afterAll(() => down(TITLE));

  test('the recovered content names the claim instead of the volume, and is ready all the same', async () => {
    const [content] = await contentsOf(client, backup);
    backupName = handleOf(content!).split('/').at(-1)!;
    expect(handleOf(content!)).toBe(`bs://web-disk-0/${backupName}`);
    expect(content!['status'].readyToUse).toBe(true);
    expect(await rightHandle(client, content!)).toBe(`bak://${story.volumes['disk-0']}/${backupName}`);
  });

  test('a restore into another namespace hangs: Longhorn finds no such volume', async () => {
    await restore(client, { namespace: 'finance', name: 'first', backup, machine: 'web-copy' });
    const [claim] = await claimsOf(client, 'finance', 'first');
    await until('the claim to say why it is not provisioned', async () =>
      (await eventsOf(client, 'finance', claim!.metadata.name)).some((it) =>
        /NotFound.*there is no backup volume/.test(it),
      ),
    );
  });

  test('after the repair that very restore gets its claim bound, from the right backup', async () => {
    await repairRestores(client);
    const [claim] = await claimsOf(client, 'finance', 'first');
    const volume = await bound(client, 'finance', claim!.metadata.name);
    expect(volume['spec'].fromBackup).toBe(backupUrl(story.volumes['disk-0']!, backupName));
  });

  test('so does the next one, although this Harvester writes a fresh wrong content for it', async () => {
    await restore(client, { namespace: 'audit', name: 'second', backup, machine: 'web-audit' });
    const [claim] = await claimsOf(client, 'audit', 'second');
    await repairRestores(client);
    const volume = await bound(client, 'audit', claim!.metadata.name);
    expect(volume['spec'].fromBackup).toBe(backupUrl(story.volumes['disk-0']!, backupName));
  });

  test('no backup was deleted by anybody', async () => {
    expect(await deletedBackups(story.bed)).toEqual([]);
  });
});

/** Every content a restore owns and that names no volume. */
async function repairRestores(client: Client): Promise<void> {
  for (const content of await client.list('snapshot.storage.k8s.io/v1', 'VolumeSnapshotContent'))
    if (content.metadata.name.startsWith('restore-') && handleOf(content).startsWith('bs://'))
      await swapContent(client, content.metadata.name);
}
