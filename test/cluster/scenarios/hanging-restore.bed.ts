/**
 * Scenario A: backups of a lost cluster, recovered by Harvester 1.4.2, which writes handles that Longhorn 1.8 cannot
 * follow. A restore into another namespace hangs; Gleaner lets that very restore come through.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { down } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle } from './right-handle.ts';
import { gleaner, gleanerSucceeds } from './command-line.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import {
  backupRef,
  bound,
  claimsOf,
  contentsOf,
  eventsOf,
  handleOf,
  isReady,
  restore,
  restoreRef,
} from './machines.ts';
import type { Recovered } from './recovered.ts';
import { recoveredCluster } from './recovered.ts';

const TITLE = 'hanging-restore';
const nightly = backupRef('prod', 'web-nightly');
const weekly = backupRef('prod', 'web-weekly');

describe('Harvester 1.4.2 on Longhorn 1.8.1, backups recovered from the target', () => {
  let story: Recovered;
  let client: Client;
  let accounts: Record<string, string>;
  let backupNames: string[];

  beforeAll(async () => {
    story = await recoveredCluster(TITLE, {
      choice: { harvester: '1.4.2', longhorn: '1.8.1', webhooks: 'real' },
      namespace: 'prod',
      machine: 'web',
      backups: [nightly.name, weekly.name],
      disks: 2,
    });
    client = story.client;
    accounts = await installAccounts(story.bed, client);
    backupNames = (await contentsOf(client, nightly)).map((it) => handleOf(it).split('/').at(-1)!);
  });
  afterAll(() => down(TITLE));

  /** Waits for every claim of a restore; each must come from the backup of its own disk. */
  async function comesThrough(namespace: string, name: string): Promise<void> {
    const claims = await claimsOf(client, namespace, name, 2);
    const origins = await Promise.all(
      claims.map(async (it) => (await bound(client, namespace, it.metadata.name))['spec'].fromBackup),
    );
    const wanted = (await client.find(nightly))!['status'].volumeBackups.map((it: any) =>
      backupUrl(story.volumes[it.volumeName]!, it.longhornBackupName),
    );
    expect(origins.sort()).toEqual(wanted.sort());
    await until(
      `restore ${name} to be complete`,
      async () => (await client.find(restoreRef(namespace, name)))?.['status']?.complete,
    );
  }

  test('each recovered content names the claim instead of the volume, and is ready all the same', async () => {
    for (const content of [...(await contentsOf(client, nightly)), ...(await contentsOf(client, weekly))]) {
      expect(handleOf(content)).toMatch(/^bs:\/\/web-disk-\d\/backup-/);
      expect(content['status'].readyToUse).toBe(true);
      expect(content['spec'].deletionPolicy).toBe('Delete');
    }
  });

  test('a restore into another namespace hangs: Longhorn finds no such volume', async () => {
    await restore(client, { namespace: 'finance', name: 'first', backup: nightly, machine: 'web-copy' });
    for (const claim of await claimsOf(client, 'finance', 'first', 2))
      await until('the claim to say why it is not provisioned', async () =>
        (await eventsOf(client, 'finance', claim.metadata.name)).some((it) => /NotFound.*no backup volume/.test(it)),
      );
  });

  test('Gleaner, with no more rights than its functions say, lets that very restore come through', async () => {
    const { failures } = await settleAll(accounts);
    expect(failures).toEqual([]);
    await comesThrough('finance', 'first');
  });

  test('every backup then has right handles, and stayed ready', async () => {
    for (const backup of [nightly, weekly]) {
      for (const content of await contentsOf(client, backup))
        expect(handleOf(content)).toBe(await rightHandle(client, content));
      expect(isReady(await client.find(backup))).toBe(true);
    }
  });

  test('the next restore needs it again, for this Harvester writes fresh wrong contents; `gleaner apply` does it', async () => {
    await restore(client, { namespace: 'audit', name: 'second', backup: nightly, machine: 'web-audit' });
    await claimsOf(client, 'audit', 'second', 2);
    await gleanerSucceeds(story.bed, ['apply']);
    await comesThrough('audit', 'second');
    await gleanerSucceeds(story.bed, ['scan']);
  });

  test('another sweep finds nothing left to write', async () => {
    expect(await settleAll(accounts)).toMatchObject({ writes: [], failures: [] });
  });

  test('no backup was deleted by anybody', async () => {
    expect(await deletedBackups(story.bed)).toEqual([]);
  });

  test('deleting a VM backup afterwards frees its own backups and no other', async () => {
    await client.remove(nightly);
    await until('the backups to be freed', async () => (await deletedBackups(story.bed)).length >= backupNames.length);
    const freed = (await deletedBackups(story.bed)).map(({ backup }) => backup);
    expect(freed.sort()).toEqual(backupNames.sort());
    expect(isReady(await client.find(weekly))).toBe(true);
  });

  test('`gleaner apply --dry-run=server` changes nothing', async () => {
    await restore(client, { namespace: 'sales', name: 'third', backup: weekly, machine: 'web-sales' });
    await claimsOf(client, 'sales', 'third', 2);
    const wrong = async () =>
      (await client.list('snapshot.storage.k8s.io/v1', 'VolumeSnapshotContent'))
        .filter((it) => handleOf(it).startsWith('bs://'))
        // What the controllers fill in meanwhile (the snapshot's uid) is not Gleaner's doing.
        .map(({ metadata, spec }) => ({
          uid: metadata.uid,
          deletion: metadata['deletionTimestamp'],
          handle: (spec as { source: unknown }).source,
          policy: (spec as { deletionPolicy: unknown }).deletionPolicy,
        }));
    const before = await wrong();
    expect(before).toHaveLength(2);
    await gleaner(story.bed, ['apply', '--dry-run=server']);
    expect(await wrong()).toEqual(before);
  });
});
