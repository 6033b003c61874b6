/**
 * Gleaner by events alone: its generated manifests are applied as they are, Knative's own controller makes the
 * adapters, and a restore that hangs comes through without anybody calling Gleaner. Functions start from zero.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { down } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { logFile } from '../processes.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle } from './right-handle.ts';
import { backupRef, bound, claimsOf, contentsOf, handleOf, isReady, restore } from './machines.ts';
import { askForSweep, deploy } from './on-knative.ts';
import type { Recovered } from './recovered.ts';
import { recoveredCluster } from './recovered.ts';

const TITLE = 'events';
const nightly = backupRef('prod', 'web-nightly');

describe('Gleaner deployed on Knative Eventing, Harvester 1.4.2 and Longhorn 1.8.1', () => {
  let story: Recovered;
  let client: Client;

  beforeAll(async () => {
    story = await recoveredCluster(TITLE, {
      choice: { harvester: '1.4.2', longhorn: '1.8.1', knative: '0.47.0' },
      namespace: 'prod',
      machine: 'web',
      backups: [nightly.name],
      disks: 1,
    });
    client = story.client;
  });
  afterAll(() => down(TITLE));

  const log = (name: string) => readFile(logFile(story.bed.run, name), 'utf8').catch(() => '');

  test('the generated manifests become ready as they are', async () => {
    await deploy(client);
  });

  test('no function that repairs runs before the first event it is for', async () => {
    // Harvester renews its notes on the target's setting all the time, which is for rediscover-target to look at.
    expect(await log('knative-doubles')).not.toMatch(/started function-gleaner-(fix|relink|rebuild|preflight)/);
  });

  test('a restore that would hang comes through, by the event of its content', async () => {
    await restore(client, { namespace: 'finance', name: 'first', backup: nightly, machine: 'web-copy' });
    const [claim] = await claimsOf(client, 'finance', 'first');
    const [entry] = (await client.find(nightly))!['status'].volumeBackups;
    const volume = await bound(client, 'finance', claim!.metadata.name, 120_000);
    expect(volume['spec'].fromBackup).toBe(backupUrl(story.volumes['disk-0']!, entry.longhornBackupName));
    expect(await log('knative-doubles')).toMatch(/started function-gleaner-fix-handle/);
  });

  test('a sweep event repairs what was wrong before the sources were there', async () => {
    await askForSweep(story.bed);
    await until(
      'every handle of the backup to be right',
      async () => {
        for (const content of await contentsOf(client, nightly))
          if (handleOf(content) !== (await rightHandle(client, content))) return false;
        return true;
      },
      60_000,
    );
    expect(isReady(await client.find(nightly))).toBe(true);
    expect(await deletedBackups(story.bed)).toEqual([]);
  });
});
