/**
 * What Gleaner says Harvester allows is what Harvester says itself: its own admission webhook (1.4.2 whole; of 1.6.0 and
 * 1.8.0 the validators of VM backups, which are what decides) is asked for a snapshot and a backup of each kind of VM, under
 * each kind of `csi-driver-config`, and its controllers where admission knows no better.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readOverview } from '../../../shared/capability/overview.ts';
import { connect } from '../../../shared/kube/client.ts';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { kubeconfigOf } from '../control-plane.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { backupRef } from './machines.ts';
import * as storages from './storages.ts';

jest.setTimeout(180_000);
const TITLE = 'capability';
const NAMESPACE = storages.NAMESPACE;

/** Gleaner looks further than admission: these the webhook lets pass, and the snapshot comes to nothing. */
const BEYOND_ADMISSION = new Set(['ClassMissing', 'ClassOfOtherDriver', 'ClassOfWrongType']);

describe.each(['1.4.2', '1.6.0', '1.8.0'])('Harvester %s', (harvester) => {
  let bed: BedState;
  let client: Client;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester, longhorn: '1.8.1', webhooks: 'real' } });
    client = await adminClient(bed);
    await storages.make(client, `v${harvester}`);
  });
  afterAll(() => down(TITLE));

  /** `web: snapshot yes, backup no`, as its webhook has it. */
  async function saidByHarvester(): Promise<string[]> {
    return Promise.all(
      storages.machines.map(async ({ name }) => {
        const [snapshot, backup] = await Promise.all(
          ['snapshot', 'backup'].map(async (type) => (await refusal(name, type)) === undefined),
        );
        return `${name}: snapshot ${snapshot ? 'yes' : 'no'}, backup ${backup ? 'yes' : 'no'}`;
      }),
    );
  }

  /** Why it would not be made; nothing is. */
  async function refusal(machine: string, type: string): Promise<string | undefined> {
    const path = await client.path({ ...backupRef(NAMESPACE, ''), name: '' });
    const { status, body } = await client.raw(
      'POST',
      `${path.replace(/\/$/, '')}?dryRun=All`,
      storages.backupOf(machine, type),
    );
    if (status < 400) return undefined;
    if (!/admission webhook "validator\.harvesterhci\.io" denied/.test(body.message)) throw new Error(body.message);
    return body.message;
  }

  async function saidByGleaner(): Promise<string[]> {
    const cluster = await connect({ kubeconfig: kubeconfigOf(bed.run, 'admin') });
    try {
      const { capabilities } = await readOverview(
        cluster.reader,
        { kind: 'VirtualMachine', namespace: NAMESPACE },
        Date.now(),
      );
      return storages.machines.map(({ name }) => {
        const { allows } = capabilities.find(({ subject }) => subject.name === name)!;
        const [snapshot, backup] = [allows.snapshot, allows.backup].map(({ answer, reason }) =>
          BEYOND_ADMISSION.has(reason) ? 'yes' : answer,
        );
        return `${name}: snapshot ${snapshot}, backup ${backup}`;
      });
    } finally {
      await cluster.close();
    }
  }

  /** Both see a change of the world a moment later. */
  async function agree(): Promise<string[]> {
    const same = async () => {
      const [one, other] = [await saidByHarvester(), await saidByGleaner()];
      return JSON.stringify(one) === JSON.stringify(other) && one;
    };
    await until('both to say the same', same, 10_000).catch(() => undefined);
    const [one, other] = [await saidByHarvester(), await saidByGleaner()];
    expect(other).toEqual(one);
    return one;
  }

  test('without a backup target no backup is taken', async () => {
    expect((await agree()).filter((line) => !line.endsWith('backup no'))).toEqual([]);
  });

  describe('with a target', () => {
    beforeAll(() => setBackupTarget(bed, client));

    test.each(Object.keys(storages.configs))('and a csi-driver-config %s', async (name) => {
      await storages.configure(client, name);
      const said = await agree();
      const [snapshots, backups] = [/snapshot yes/, /backup yes/].map(
        (word) => said.filter((line) => word.test(line)).length,
      );
      // Else the agreement would be that of two who say nothing.
      expect({ name, asked: said.length, snapshots, backups }).toEqual({
        ...{ name, asked: storages.machines.length },
        ...storages.configs[name]!.expected(harvester),
      });
    });

    test('what admission passes over: a VM without claims never becomes ready, other disks are left out, shareable ones are not', async () => {
      await storages.configure(client, 'as Harvester brings it');
      await storages.makeOdd(client);
      await until('Harvester to know them', async () => {
        const refusals = await Promise.all(['bare', 'beside', 'shared'].map((name) => refusal(name, 'snapshot')));
        return refusals.every((one) => one === undefined);
      });
      for (const name of ['bare', 'beside']) await client.create(storages.backupOf(name, 'snapshot'));
      const statusOf = async (name: string) =>
        (await client.find(backupRef(NAMESPACE, `${name}-snapshot`)))?.['status'] ?? {};
      await until(
        'Harvester to have listed the volumes',
        async () => (await statusOf('beside')).volumeBackups?.length === 1,
      );
      await until('Harvester to have looked at the one of none', async () => (await statusOf('bare')).source);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const { readyToUse = false, volumeBackups } = await statusOf('bare');
      expect({ readyToUse, volumeBackups }).toEqual({ readyToUse: false, volumeBackups: undefined });
      const cluster = await connect({ kubeconfig: kubeconfigOf(bed.run, 'admin') });
      const said = async (name: string) => {
        const question = { kind: 'VirtualMachine', namespace: NAMESPACE, name } as const;
        const [capability] = (await readOverview(cluster.reader, question, Date.now())).capabilities;
        return capability!.allows.snapshot.reason;
      };
      expect([await said('bare'), await said('beside'), await said('shared')]).toEqual([
        'NeverReady',
        'DisksLeftOut',
        'Allowed',
      ]);
      await cluster.close();
      for (const name of ['bare', 'beside']) await client.remove(backupRef(NAMESPACE, `${name}-snapshot`));
    });

    test('a class that does not exist passes admission, and the controllers do not get further', async () => {
      await storages.configure(client, 'with a class that is missing');
      await until('Harvester to have read it', async () => (await refusal('lvm', 'snapshot')) === undefined);
      const { metadata } = await client.create({
        ...storages.backupOf('lvm', 'snapshot'),
        metadata: { name: 'of-no-class', namespace: NAMESPACE },
      });
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const found = await client.find(backupRef(NAMESPACE, metadata.name));
      expect(found?.['status']?.readyToUse ?? false).toBe(false);
      expect(await client.list('snapshot.storage.k8s.io/v1', 'VolumeSnapshot', { namespace: NAMESPACE })).toEqual([]);
      const cluster = await connect({ kubeconfig: kubeconfigOf(bed.run, 'admin') });
      const question = { kind: 'VirtualMachine', namespace: NAMESPACE, name: 'lvm' } as const;
      const [capability] = (await readOverview(cluster.reader, question, Date.now())).capabilities;
      await cluster.close();
      expect(capability!.allows.snapshot).toMatchObject({ answer: 'no', reason: 'ClassMissing' });
    });
  });
});
