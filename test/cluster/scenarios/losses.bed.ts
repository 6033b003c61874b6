/**
 * Every way to lose a snapshot or a content while the data is still on the target. The VM backup goes on saying that it is
 * ready; a restore beside the VM does not come through. Gleaner makes anew what is lost, with the right handle, and those
 * very restores come through. What the snapshot controller makes anew by itself it leaves alone, and it says where that is
 * other data than before.
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
import { gleaner } from './command-line.ts';
import type { Settled } from './gleaner.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import { lose, recoverHere, snapshotOf } from './losing.ts';
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

const TITLE = 'losses';
/** Those that repair a wrong handle themselves when it is restored; a lost one no release notices. */
const VERSIONS = ['1.8.0', '1.6.0'];
const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };

/** Lost, and made anew by nobody but Gleaner. */
const cases = [
  { name: 'found-snapshot', what: 'snapshot', machine: 'web', found: true },
  { name: 'found-content', what: 'content', machine: 'web', found: true },
  { name: 'found-both', what: 'both', machine: 'web', found: true },
  { name: 'taken-snapshot', what: 'snapshot', machine: 'web', found: false },
  { name: 'taken-both', what: 'both', machine: 'web', found: false },
  { name: 'claim-gone', what: 'content', machine: 'old', found: false },
] as const;
const deadEnd = cases[5];
const refs = cases.map(({ name }) => backupRef('prod', name));
const again = backupRef('prod', 'taken-content');
const other = backupRef('prod', 'taken-replaced');

describe.each(VERSIONS)('snapshots and contents lost, Harvester %s on Longhorn 1.8.1', (harvester) => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  const entries = new Map<string, KubeObject>();
  let settled: Settled;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester, longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 5 });
    await Promise.all(['web', 'old'].map((name) => makeMachine(client, { namespace: 'prod', name })));
    const take = async (name: string, machine: string) => {
      const backup = await backUp(client, { namespace: 'prod', machine, name });
      entries.set(name, backup['status'].volumeBackups[0]);
    };
    for (const { name, machine } of cases.filter(({ found }) => found)) await take(name, machine);
    await recoverHere(bed, client, refs.slice(0, 3));
    for (const { name, machine } of cases.filter(({ found }) => !found)) await take(name, machine);
    for (const { name } of [again, other]) await take(name, 'web');
    accounts = await installAccounts(bed, client);
    expect((await settleAll(accounts)).failures).toEqual([]);
  }, 300_000);
  afterAll(() => down(TITLE));

  const restoreOf = (name: string) => restoreRef('prod', `of-${name}`);
  const dataLost = async () => (await deletedBackups(bed)).filter(({ objectOnly }) => !objectOnly);

  test('no VM backup notices its loss', async () => {
    await client.remove({ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', namespace: 'prod', name: 'old' });
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'prod', name: 'old-disk-0' };
    await client.remove(claim);
    await until('the claim to be gone', async () => !(await client.find(claim)));
    for (const { name, what } of cases) await lose(client, backupRef('prod', name), what);
    await sleep(5_000);
    for (const ref of refs) expect(isReady(await client.find(ref))).toBe(true);
    expect(await dataLost()).toEqual([]);
  });

  test('without Gleaner no restore beside the VM comes through', async () => {
    for (const { name } of cases)
      await restore(client, { namespace: 'prod', name: `of-${name}`, backup: backupRef('prod', name), machine: name });
    await sleep(15_000);
    for (const { name } of cases) {
      const found = await client.find(restoreOf(name));
      expect([name, found?.['status']?.complete === true]).toEqual([name, false]);
    }
  });

  test('scan names each loss with its object, before anything is written', async () => {
    const { out, code } = await gleaner(bed, ['scan', '-o', 'json']);
    expect(code).toBe(1);
    const found = JSON.parse(out).findings as { reason: string; subject: { name: string }; message: string }[];
    const told = cases.map(({ name }) => {
      const of = found.filter((it) => `${it.subject.name} ${it.message}`.includes(name));
      return [name, of.some(({ reason }) => /^(Rebuild|Rebind)/.test(reason))];
    });
    expect(told).toEqual(cases.map(({ name }) => [name, true]));
  });

  test('with Gleaner those very restores come through, each with the data of its own backup', async () => {
    settled = await settleAll(accounts, 60_000);
    expect(settled.failures).toEqual([]);
    for (const { name } of cases.filter((it) => it !== deadEnd)) await comesThrough(name);
  }, 300_000);

  // Its claim waits for a snapshot that nobody can bring back, and the VM backup is not switched under a restore.
  test('the restore from a snapshot whose claim is gone as well is named, and the next one comes through', async () => {
    const { name } = deadEnd;
    expect(settled.findings.filter((it) => it.includes(name) || it.includes(restoreOf(name).name))).toEqual(
      expect.arrayContaining([`relink-vmbackup ${name}: RestoreInProgress`]),
    );
    const { out } = await gleaner(bed, ['doctor', '-o', 'json']);
    const [blocker] = (JSON.parse(out).blockers as any[]).filter((it) => it.subject.name === restoreOf(name).name);
    expect(blocker).toMatchObject({ reason: 'RestoreHanging', command: expect.stringMatching(/kubectl delete/) });
    // What the command says: the half-made VM, which holds restore and claims.
    await client.remove({ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', namespace: 'prod', name });
    await client.remove(restoreOf(name));
    // The claims may have gone with the VM already.
    for (const claim of await claimsOf(client, 'prod', restoreOf(name).name, 0)) await client.remove(refOf(claim));
    await until('the restore to be gone', async () => !(await client.find(restoreOf(name))), 60_000);
    expect((await settleAll(accounts, 60_000)).failures).toEqual([]);
    await restore(client, {
      namespace: 'prod',
      name: restoreOf(name).name,
      backup: backupRef('prod', name),
      machine: name,
    });
    await comesThrough(name);
  }, 300_000);

  async function comesThrough(name: string): Promise<void> {
    const entry = entries.get(name)!;
    const volume = entry['persistentVolumeClaim'].spec.volumeName;
    const [content] = await contentsOf(client, backupRef('prod', name));
    expect([name, handleOf(content!)]).toEqual([name, `bak://${volume}/${entry['longhornBackupName']}`]);
    const [claim] = await claimsOf(client, 'prod', `of-${name}`);
    const restored = await bound(client, 'prod', claim!.metadata.name, 120_000);
    expect([name, restored['spec'].fromBackup]).toEqual([name, backupUrl(volume, entry['longhornBackupName'])]);
    await until(`${name} restored`, async () => (await client.find(restoreOf(name)))?.['status']?.complete, 60_000);
    expect(isReady(await client.find(backupRef('prod', name)))).toBe(true);
  }

  test('a content that the snapshot controller makes anew from the same backup is healthy', async () => {
    const lost = await lose(client, again, 'content');
    await until('the content to be made anew', async () => {
      const [content] = await contentsOf(client, again);
      return content!.metadata.uid !== lost.metadata.uid && content!['status']?.readyToUse === true;
    });
    const [content] = await contentsOf(client, again);
    expect(handleOf(content!)).toBe(handleOf(lost));
    const { writes, findings, failures } = await settleAll(accounts);
    expect({ writes: writes.filter(isRepair), failures }).toEqual({ writes: [], failures: [] });
    expect(findings.filter((it) => it.includes(again.name) && /Replaced|Lost|NewSnapshot/.test(it))).toEqual([]);
  });

  test('one that is made anew of today’s data is told apart, and left alone', async () => {
    const before = entries.get(other.name)!['longhornBackupName'];
    // Harvester records the new backup as if it were the old. What remains is the time, of which clocks allow for a minute.
    const readyAt = Date.parse((await client.find(other))!['status'].creationTime);
    await sleep(Math.max(0, readyAt + 65_000 - Date.now()));
    const backup = { ...LONGHORN, kind: 'Backup', name: before };
    await client.remove(backup); // the data of this one is gone, on purpose, and Longhorn's snapshot with it
    const [taken] = await contentsOf(client, other);
    const snapshot = `snapshot-${taken!['spec'].volumeSnapshotRef.uid}`;
    await client.remove({ ...LONGHORN, kind: 'Snapshot', name: snapshot });
    await until(
      'the snapshot to be gone',
      async () => !(await client.find({ ...LONGHORN, kind: 'Snapshot', name: snapshot })),
    );
    await until('the backup to be gone', async () => !(await client.find(backup)));
    const lost = await lose(client, other, 'content');
    await until('the content to be made anew', async () => {
      const [content] = await contentsOf(client, other);
      return content!.metadata.uid !== lost.metadata.uid && content!['status']?.readyToUse === true;
    });
    const [content] = await contentsOf(client, other);
    expect(handleOf(content!)).not.toBe(handleOf(lost));
    const toldApart = `rebuild-snapshot ${refOf(content!).name}: ContentReplaced`;
    let isOld = true;
    // Until Harvester has noticed and the VM backup is ready again, it is one in progress.
    await until('it to be told apart', async () => {
      const { writes, findings } = await settleAll(accounts);
      expect(writes.filter(isRepair)).toEqual([]);
      isOld = Date.parse((await client.find(other))!['status'].creationTime) === readyAt;
      return !isOld || findings.includes(toldApart);
    });
    // 1.6.0, when it looks just while the content is away, is ready anew at a later time: nothing then tells the new from the old.
    if (!isOld) {
      expect(harvester).toBe('1.6.0');
      process.stdout.write('Harvester 1.6.0 has dated the VM backup anew: what it holds cannot be told apart\n');
    }
    expect(refOf(content!).name).toBe((await contentsOf(client, other))[0]!.metadata.name);
    expect(await client.find(snapshotOf(content!))).toBeDefined();
  });

  test('nothing is left to write, and no backup was deleted but the one that the test deleted', async () => {
    expect((await settleAll(accounts)).writes.filter(isRepair)).toEqual([]);
    expect((await dataLost()).map((it) => it.backup)).toEqual([entries.get(other.name)!['longhornBackupName']]);
  });
});

/** Events and reports only say something. */
const isRepair = ({ action }: Settled['writes'][number]): boolean =>
  !['recordEvent', 'putReport', 'noteContent'].includes(action.do);
