/**
 * What is left over and what is in the way, found on real parts: a backup leaked by a deletion under a wrong handle, which
 * reports success and frees nothing; a snapshot and a content that nobody owns; a restore that hangs. Each is named with its
 * object, nothing healthy is accused, and the verdicts reach Events and reports that a real API server accepts.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client, Reference } from '../client.ts';
import { refOf, until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { applyDefinitions, reportDefinitions } from '../definitions.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import preflightRestore from '../../../functions/preflight-restore/index.ts';
import verifyBackup from '../../../functions/verify-backup/index.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { completedOrThrow, reconcile } from '../../../shared/runtime/reconcile.ts';
import { sweep } from '../../../shared/runtime/sweep.ts';
import { gleaner } from './command-line.ts';
import { installAccounts } from './gleaner.ts';
import type { Leftover } from './leftovers.ts';
import { leftover } from './leftovers.ts';
import { snapshotOf } from './losing.ts';
import { backUp, backupRef, contentsOf, isReady, makeMachine, restore, restoreRef } from './machines.ts';

const TITLE = 'audit';
const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
const OBJECT_KINDS = { backups: 'Backup', contents: 'VolumeSnapshotContent' } as const;

describe('leftovers and blockers, Harvester 1.4.2 on Longhorn 1.8.1', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  let wrong: Leftover;
  let leaked: Leftover;
  let content: Reference;
  let snapshot: Reference;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.4.2', longhorn: '1.8.1' } });
    client = await adminClient(bed);
    // Harvester's server writes it; what a restore will do depends on the release.
    const version = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting', metadata: { name: 'server-version' } };
    await client.apply({ ...version, value: 'v1.4.2' });
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    await makeMachine(client, { namespace: 'prod', name: 'web' });
    for (const name of ['healthy', 'cut', 'freed']) await backUp(client, { namespace: 'prod', machine: 'web', name });
    leaked = await leftover(bed, client, { namespace: 'prod', name: 'leaked', machine: 'old', disks: 1 });
    wrong = await leftover(bed, client, { namespace: 'prod', name: 'wrong', machine: 'old', disks: 1 });
    accounts = await installAccounts(bed, client);
  }, 300_000);
  afterAll(() => down(TITLE));

  const doctor = async () => {
    const { out } = await gleaner(bed, ['doctor', '-o', 'json']);
    return JSON.parse(out) as Record<
      'blockers' | 'orphans',
      { reason: string; subject: { kind: string; name: string }; message: string; command?: string }[]
    >;
  };
  const told = (all: readonly { reason: string; subject: { kind: string; name: string } }[]) =>
    all.map(({ reason, subject }) => `${reason} ${subject.kind}/${subject.name}`).sort();

  /** What the event of a restore does: the one function that it is for looks at it. */
  async function seesRestore(name: string): Promise<number> {
    const account = await connect({ kubeconfig: accounts[preflightRestore.name]! });
    const { reader, writer } = account;
    try {
      const outcome = await reconcile(preflightRestore, ref('VirtualMachineRestore', name, 'finance'), {
        reader,
        applier: createApplier(reader, writer),
        config: preflightRestore.config.parse({}),
      });
      return completedOrThrow(outcome).applied.filter(({ result }) => result === 'done').length;
    } finally {
      await account.close();
    }
  }

  /** One look of one function, with its own rights, as an event or a sweep gives it. */
  async function look(fn: AnyFunction): Promise<number> {
    const account = await connect({ kubeconfig: accounts[fn.name]! });
    const { reader, writer } = account;
    let writes = 0;
    try {
      const applier = createApplier(reader, writer);
      for await (const it of sweep({ functions: [fn], reader, applier, configOf: () => fn.config.parse({}) })) {
        if (it.kind === 'failure') throw it.error;
        if (it.kind === 'outcome') writes += it.applied.filter(({ result }) => result === 'done').length;
      }
    } finally {
      await account.close();
    }
    return writes;
  }

  test('of what is healthy doctor says nothing', async () => {
    const { blockers, orphans } = await doctor();
    expect([...told(blockers), ...told(orphans)]).toEqual([]);
  });

  test('a VM backup with a wrong handle is deleted: all is gone but the backup on the target, and Gleaner names it', async () => {
    const [disk] = leaked.disks;
    await client.remove(leaked.ref);
    const names = [`leaked-volume-${disk!.claim}`, `leaked-volume-${disk!.claim}-vsc`];
    await until('the VM backup and its pair to be gone', async () => {
      const contents = await client.list('snapshot.storage.k8s.io/v1', 'VolumeSnapshotContent');
      return !(await client.find(leaked.ref)) && !contents.some((it) => names.includes(it.metadata.name));
    });
    expect(await client.find({ ...LONGHORN, kind: 'Backup', name: disk!.backup })).toBeDefined();
    expect(await deletedBackups(bed)).toEqual([]);
    const { orphans } = await doctor();
    expect(told(orphans)).toEqual([`OrphanBackup ${OBJECT_KINDS.backups}/${disk!.backup}`]);
  });

  test('one with a right handle frees its backup, and leaves no orphan', async () => {
    const freed = backupRef('prod', 'freed');
    const entry = (await client.find(freed))!['status'].volumeBackups[0];
    await client.remove(freed);
    await until('its backup to be freed', async () => (await deletedBackups(bed)).length === 1);
    expect((await deletedBackups(bed)).map((it) => it.backup)).toEqual([entry.longhornBackupName]);
    expect(told((await doctor()).orphans)).toHaveLength(1);
  });

  test('a content whose snapshot is gone, and a snapshot that nobody owns', async () => {
    const cut = backupRef('prod', 'cut');
    const [own] = await contentsOf(client, cut);
    content = refOf(own!);
    // On Retain, and then the VM backup is deleted: the content stays, as after a careful clean-up.
    await client.patch(content, { spec: { deletionPolicy: 'Retain' } });
    await client.remove(cut);
    await until('its snapshot to be gone', async () => !(await client.find(snapshotOf(own!))));
    // A pair by hand for the leaked backup, as people make one to get at the data.
    const pair = { name: 'by-hand', namespace: 'prod' };
    snapshot = { apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', ...pair };
    const [disk] = leaked.disks;
    await client.create({
      apiVersion: snapshot.apiVersion,
      kind: 'VolumeSnapshotContent',
      metadata: { name: 'by-hand-content' },
      spec: {
        ...{ driver: 'driver.longhorn.io', deletionPolicy: 'Retain', volumeSnapshotClassName: 'longhorn' },
        source: { snapshotHandle: `bak://${disk!.volume}/${disk!.backup}` },
        volumeSnapshotRef: pair,
      },
    });
    await client.create({
      apiVersion: snapshot.apiVersion,
      kind: 'VolumeSnapshot',
      metadata: pair,
      spec: { volumeSnapshotClassName: 'longhorn', source: { volumeSnapshotContentName: 'by-hand-content' } },
    });
    await until('it to be ready', async () => (await client.find(snapshot))?.['status']?.readyToUse);
    const { orphans, blockers } = await doctor();
    expect(told(orphans)).toEqual([
      `OrphanContent VolumeSnapshotContent/${content.name}`,
      'OrphanSnapshot VolumeSnapshot/by-hand',
    ]);
    expect(told(blockers)).toEqual([]);
    expect(isReady(await client.find(backupRef('prod', 'healthy')))).toBe(true);
  });

  test('a restore that will hang has its verdict within seconds, on the restore', async () => {
    await restore(client, { namespace: 'finance', name: 'doomed', backup: wrong.ref, machine: 'old-copy' });
    const began = Date.now();
    const event = await until('the verdict', async () => {
      await seesRestore('doomed');
      const events = await client.list('events.k8s.io/v1', 'Event', { namespace: 'finance' });
      return events.find((it) => it['regarding']?.name === 'doomed' && /^Preflight/.test(it['reason']));
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(event).toMatchObject({
      reason: 'PreflightFailed',
      type: 'Warning',
      regarding: { kind: 'VirtualMachineRestore' },
    });
    expect(event['note']).toMatch(/handle/);
    expect((await client.find(restoreRef('finance', 'doomed')))?.['status']?.complete).not.toBe(true);
    expect(await seesRestore('doomed')).toBe(0);
  });

  test('the restore that hangs is a blocker, with the command that clears it', async () => {
    const hanging = await until(
      'doctor to name it',
      async () => (await doctor()).blockers.find(({ reason }) => reason === 'RestoreHanging'),
      200_000,
    );
    expect(hanging.subject).toMatchObject({ kind: 'VirtualMachineRestore', name: 'doomed' });
    expect(hanging.command).toMatch(/^(kubectl|gleaner) /);
  }, 240_000);

  test.each([
    ['openreports.io', 'openreports.io/v1alpha1', 'Report'],
    ['wgpolicyk8s.io', 'wgpolicyk8s.io/v1alpha2', 'PolicyReport'],
  ] as const)('a real API server accepts the Events and the reports of %s', async (group, apiVersion, kind) => {
    await applyDefinitions(client, await reportDefinitions(group));
    await until('the look to write', async () => {
      await look(verifyBackup);
      return (await client.list(apiVersion, kind)).length > 0;
    });
    const reports = await client.list(apiVersion, kind);
    expect(reports.map((it) => it['scope'].name)).toEqual(['wrong']);
    expect(reports[0]!['summary'].fail).toBeGreaterThan(0);
    expect(reports[0]!['results'].find((it: any) => it.result === 'fail').message).toMatch(/handle/);
    const events = await client.list('events.k8s.io/v1', 'Event', { namespace: 'prod' });
    const own = events.filter(
      (it) => it['regarding']?.name === 'wrong' && it['reportingController']?.includes('gleaner'),
    );
    expect(own.length).toBeGreaterThan(0);
    expect(
      events.filter((it) => it['regarding']?.name === 'healthy' && it['reportingController']?.includes('gleaner')),
    ).toEqual([]);
    expect(await look(verifyBackup)).toBe(0);
  });

  test('nobody deleted a backup but the one that was to be freed', async () => {
    expect(await deletedBackups(bed)).toHaveLength(1);
  });
});
