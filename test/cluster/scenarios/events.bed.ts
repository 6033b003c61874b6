/**
 * Gleaner by events alone: its generated manifests are applied as they are, Knative's own controller makes the
 * adapters, and a restore that hangs comes through without anybody calling Gleaner. Functions start from zero.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { down } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { applyManifests } from '../knative.ts';
import { logFile } from '../processes.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle } from './right-handle.ts';
import { backupRef, bound, claimsOf, contentsOf, handleOf, isReady, restore } from './machines.ts';
import type { Recovered } from './recovered.ts';
import { recoveredCluster } from './recovered.ts';

const TITLE = 'events';
const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'deploy');
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

  const ready = async (apiVersion: string, kind: string, name: string) =>
    (await client.find({ apiVersion, kind, namespace: 'gleaner', name }))?.['status']?.conditions?.some(
      (it: any) => it.type === 'Ready' && it.status === 'True',
    );
  const log = (name: string) => readFile(logFile(story.bed.run, name), 'utf8').catch(() => '');

  test('the generated manifests become ready as they are', async () => {
    await applyManifests(client, MANIFESTS);
    await until('the broker', () => ready('eventing.knative.dev/v1', 'Broker', 'gleaner'), 60_000);
    for (const trigger of await client.list('eventing.knative.dev/v1', 'Trigger', { namespace: 'gleaner' }))
      await until(
        `trigger ${trigger.metadata.name}`,
        () => ready(trigger.apiVersion, trigger.kind, trigger.metadata.name),
        60_000,
      );
    for (const source of await client.list('sources.knative.dev/v1', 'ApiServerSource', { namespace: 'gleaner' }))
      await until(
        `source ${source.metadata.name}`,
        () => ready(source.apiVersion, source.kind, source.metadata.name),
        60_000,
      );
    for (const { apiVersion, kind, metadata } of await client.list('sources.knative.dev/v1', 'PingSource', {
      namespace: 'gleaner',
    }))
      await until(`clock ${metadata.name}`, () => ready(apiVersion, kind, metadata.name), 60_000);
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
    await sendToBroker(story, { type: 'dev.gleaner.sweep', data: { sweep: true } });
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

/** Posts an event to the broker's ingress, as a PingSource would. */
async function sendToBroker({ bed }: Recovered, { type, data }: { type: string; data: unknown }): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-type': type,
    'ce-source': 'bed',
    'ce-id': '1',
  };
  const url = `http://127.0.0.1:${bed.ports.ingress}/gleaner/gleaner`;
  const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(data) });
  if (status !== 202) throw new Error(`the broker answered ${status}`);
}
