/**
 * Admission: Harvester's and Longhorn's own webhooks say yes to everything Gleaner writes, and no where Gleaner holds back
 * by itself. (Harvester 1.4.2's rules; later releases' webhooks cannot be built.)
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { setBackupTarget } from '../harvester.ts';
import { stop } from '../processes.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { comesThrough, described, repaired } from './end-state.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import type { Leftover } from './leftovers.ts';
import { leftover } from './leftovers.ts';
import { backupRef, restore } from './machines.ts';

const TITLE = 'admission';
const SETTING = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting', name: 'backup-target' };
const VALIDATOR = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
const HASH = '/metadata/annotations/harvesterhci.io~1hash';
const rescan = [{ op: 'remove', path: HASH }];

describe('admission webhooks of Harvester 1.4.2 and Longhorn 1.8.1', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  let it: Leftover;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.4.2', longhorn: '1.8.1', webhooks: 'real' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    accounts = await installAccounts(bed, client);
    it = await leftover(bed, client, { namespace: 'prod', name: 'web-nightly', machine: 'web' });
  });
  afterAll(() => down(TITLE));

  test('both are there: Longhorn refuses an impossible volume, Harvester a restore of nothing', async () => {
    const volume = {
      apiVersion: 'longhorn.io/v1beta2',
      kind: 'Volume',
      metadata: { name: 'impossible', namespace: 'longhorn-system' },
      spec: { size: '1073741824', numberOfReplicas: 99, frontend: 'blockdev', dataEngine: 'v1' },
    };
    await expect(client.create(volume)).rejects.toThrow(/denied the request.*replica/i);
    const missing = { namespace: 'prod', name: 'of-nothing', backup: backupRef('prod', 'nothing'), machine: 'nothing' };
    await expect(restore(client, missing)).rejects.toThrow(/validator\.harvesterhci\.io.*denied/);
  });

  test('a repair passes both, with all its writes', async () => {
    const { writes, failures } = await settleAll(accounts);
    expect(failures).toEqual([]);
    expect(writes.length).toBeGreaterThan(0);
    expect(await described(client, it)).toEqual(repaired(it));
  });

  test('so does the restore that a user then asks for', async () => {
    await restore(client, { namespace: 'finance', name: 'first', backup: it.ref, machine: 'web-copy' });
    await settleAll(accounts); // this Harvester writes a fresh wrong content
    await comesThrough(client, it, { namespace: 'finance', name: 'first' });
  });

  describe('while a VM backup is not ready', () => {
    beforeAll(async () => {
      await stop(bed.run, 'harvester'); // it would make it ready again
      await client.patch(it.ref, { status: { readyToUse: false } });
      await until('the webhook to know', async () =>
        restore(client, { namespace: 'prod', name: 'early', backup: it.ref, machine: 'early' }).then(
          () =>
            client
              .remove({
                apiVersion: it.ref.apiVersion,
                kind: 'VirtualMachineRestore',
                namespace: 'prod',
                name: 'early',
              })
              .then(() => false),
          () => true,
        ),
      );
    });

    test('a restore of it is refused', async () => {
      const early = restore(client, { namespace: 'prod', name: 'early', backup: it.ref, machine: 'early' });
      await expect(early).rejects.toThrow(/not ready/);
    });

    test('a rescan of an S3 target whose keys are blanked is accepted all the same', async () => {
      expect((await client.find(SETTING))?.metadata.annotations?.['harvesterhci.io/hash']).toBeDefined();
      const changed = await client.patch(SETTING, rescan);
      expect(changed.metadata.annotations?.['harvesterhci.io/hash']).toBeUndefined();
    });

    test('a rescan of an NFS target is refused, and Gleaner does not ask for it', async () => {
      await connectNfs();
      await expect(client.patch(SETTING, rescan)).rejects.toThrow(/validator\.harvesterhci\.io.*denied/);
      const before = await client.find(SETTING);
      const { writes } = await settleAll(accounts, 1_000);
      expect(writes.filter(({ action }) => 'target' in action && action.target.kind === 'Setting')).toEqual([]);
      expect(await client.find(SETTING)).toEqual(before);
    });
  });

  test('no backup was deleted by anybody', async () => {
    expect(await deletedBackups(bed)).toEqual([]);
  });

  /** There is no NFS server here, and the webhook tries every target; so nobody is asked for once. */
  async function connectNfs(): Promise<void> {
    const validator = (await client.find({ ...VALIDATOR, name: 'harvester-validator' }))!;
    await client.remove({ ...VALIDATOR, name: 'harvester-validator' });
    const value = { type: 'nfs', endpoint: 'nfs://127.0.0.1:/exports', refreshIntervalInSeconds: 0 };
    await until('the setting to be written', async () =>
      client.patch(SETTING, {
        value: JSON.stringify(value),
        metadata: { annotations: { 'harvesterhci.io/hash': 'of-before' } },
      }),
    );
    const { apiVersion, kind, metadata, webhooks } = validator as typeof validator & { webhooks: unknown };
    await client.create({ apiVersion, kind, metadata: { name: metadata.name }, webhooks });
    await until('the webhook to be asked again', async () =>
      client.patch(SETTING, [{ op: 'add', path: HASH, value: 'another' }]).then(
        () => false,
        () => true,
      ),
    );
  }
});
