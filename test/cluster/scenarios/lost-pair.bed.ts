/**
 * Snapshot and content of a VM backup are both lost on Harvester 1.8.0. The VM backup goes on saying that it is ready, and
 * a restore beside the VM fails. Gleaner makes the pair anew from the backup on the target, and that very restore comes
 * through.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, KubeObject } from '../client.ts';
import { refOf, until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import {
  backUp,
  backupRef,
  bound,
  claimsOf,
  contentsOf,
  handleOf,
  isReady,
  makeMachine,
  restore,
  restoreRef,
} from './machines.ts';
import { rightHandle } from './right-handle.ts';

const TITLE = 'lost-pair';
const SNAPSHOTS = 'snapshot.storage.k8s.io/v1';
const nightly = backupRef('prod', 'web-nightly');

describe('snapshot and content both lost, Harvester 1.8.0 on Longhorn 1.8.1', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  let entry: KubeObject;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.8.0', longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    await makeMachine(client, { namespace: 'prod', name: 'web' });
    const backup = await backUp(client, { namespace: 'prod', machine: 'web', name: nightly.name });
    [entry] = backup['status'].volumeBackups;
    accounts = await installAccounts(bed, client);
  });
  afterAll(() => down(TITLE));

  test('the VM backup does not notice', async () => {
    const [content] = await contentsOf(client, nightly);
    await client.patch(refOf(content!), { spec: { deletionPolicy: 'Retain' } });
    const { namespace, name } = content!['spec'].volumeSnapshotRef;
    const snapshot = { apiVersion: SNAPSHOTS, kind: 'VolumeSnapshot', namespace, name };
    await client.remove(snapshot);
    await client.remove(refOf(content!));
    await until('both to be gone', async () => !(await client.find(snapshot)) && !(await client.find(refOf(content!))));
    await sleep(5_000);
    expect(isReady(await client.find(nightly))).toBe(true);
    expect(await deletedBackups(bed)).toEqual([]);
  });

  test('a restore beside the VM fails', async () => {
    await restore(client, { namespace: 'prod', name: 'again', backup: nightly, machine: 'web-again' });
    await until('the restore to say so', async () =>
      JSON.stringify((await client.find(restoreRef('prod', 'again')))?.['status']?.conditions ?? '').includes(
        'not found',
      ),
    );
  });

  test('Gleaner makes the pair anew, and that very restore comes through', async () => {
    expect((await settleAll(accounts)).failures).toEqual([]);
    const [content] = await contentsOf(client, nightly);
    expect(handleOf(content!)).toBe(await rightHandle(client, content!));
    const [claim] = await claimsOf(client, 'prod', 'again');
    const volume = await bound(client, 'prod', claim!.metadata.name, 120_000);
    const from = backupUrl(entry['persistentVolumeClaim'].spec.volumeName, entry['longhornBackupName']);
    expect(volume['spec'].fromBackup).toBe(from);
    await until(
      'the restore to be complete',
      async () => (await client.find(restoreRef('prod', 'again')))?.['status']?.complete,
    );
    expect(isReady(await client.find(nightly))).toBe(true);
  }, 240_000);

  test('nothing is left to write, and no backup was deleted by anybody', async () => {
    expect(await settleAll(accounts)).toMatchObject({ writes: [], failures: [] });
    expect(await deletedBackups(bed)).toEqual([]);
  });
});
