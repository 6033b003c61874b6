/**
 * Statements about Harvester that were first made from reading its sources, each observed on the running program: what a
 * scan of the target does with VM backups that are ready, and what an absent `readyToUse` does to an old webhook.
 * Nothing of Gleaner runs here; its functions rely on these statements (`shared/chain`, `functions/rediscover-target`).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, KubeObject, Reference } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { removeBackup, writeBackup } from '../doubles/store.ts';
import { rescanBackupTarget, setBackupTarget } from '../harvester.ts';
import { logFile, stop } from '../processes.ts';
import type { BedState } from '../state.ts';
import { servedFolder } from '../storage.ts';
import { historyOf } from './history.ts';
import { leftover } from './leftovers.ts';
import { backUp, backupRef, isReady, makeMachine } from './machines.ts';

const SETTING = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting', name: 'backup-target' };
const CLASS = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: 'harvester-longhorn' };
const NON_READY = 'Change back to non-ready';
const HASH = 'harvesterhci.io/hash';

const isScanned = async (client: Client) => (await client.find(SETTING))?.metadata.annotations?.[HASH] !== undefined;
const readyCondition = (backup: KubeObject | undefined) =>
  backup?.['status']?.conditions?.find((it: any) => it.type === 'Ready');

/** 1.6 writes a verdict to the VM backup itself, 1.8 to a copy of its status. */
describe.each([
  ['1.6.0', false],
  ['1.8.0', true],
])('a scan of the target by Harvester %s, VM backups that are ready', (version, staysReady) => {
  const title = `observed-${version}`;
  const nightly = backupRef('prod', 'web-nightly');
  let bed: BedState;
  let client: Client;
  let stored: { volume: string; backup: string };

  beforeAll(async () => {
    bed = await up({ name: title, choice: { harvester: version, longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client);
    await makeMachine(client, { namespace: 'prod', name: 'web' });
    const made = await backUp(client, { namespace: 'prod', machine: 'web', name: nightly.name });
    const [entry] = made['status'].volumeBackups;
    stored = { volume: entry.persistentVolumeClaim.spec.volumeName, backup: entry.longhornBackupName };
    await until('the first scan', () => isScanned(client));
  });
  afterAll(() => down(title));

  /** Scans that ended early, by Harvester's log. */
  const aborted = async () =>
    (await readFile(logFile(bed.run, 'harvester'), 'utf8')).split("can't check existing vm backup").length - 1;

  async function neverEnds(): Promise<void> {
    const before = await aborted();
    await rescanBackupTarget(client);
    await until('the scan to be repeated', async () => (await aborted()) >= before + 3);
    expect(await isScanned(client)).toBe(false);
    expect(isReady(await client.find(nightly))).toBe(true);
  }

  test('a missing StorageClass stops the scan, which is then repeated and never noted as done', async () => {
    const found = (await client.find(CLASS))!;
    await client.remove(CLASS);
    await neverEnds();
    const { apiVersion, kind, metadata, ...rest } = found;
    const { name, annotations = {} } = metadata;
    await client.create({ ...rest, apiVersion, kind, metadata: { name, annotations } });
    await until('the scan to be done', () => isScanned(client));
  });

  test('so does a missing Longhorn Backup', async () => {
    const ref: Reference = {
      apiVersion: 'longhorn.io/v1beta2',
      kind: 'Backup',
      namespace: 'longhorn-system',
      name: stored.backup,
    };
    await client.patch(ref, { metadata: { labels: { 'longhorn.io/delete-custom-resource-only': 'true' } } });
    await client.remove(ref);
    await until('the Backup to be gone', async () => (await client.find(ref)) === undefined);
    await neverEnds();
    const syncRequestedAt = new Date(Date.now() + 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
    await client.patch({ ...ref, kind: 'BackupTarget', name: 'default' }, { spec: { syncRequestedAt } });
    await until('the scan to be done', () => isScanned(client));
  });

  test(`a backup that is not in the store: the condition says so, readyToUse ${staysReady ? 'stays true' : 'becomes false'}`, async () => {
    await removeBackup(servedFolder(bed), stored.volume, stored.backup);
    const history = await historyOf(bed, client, nightly, (it) => ({
      ready: isReady(it),
      message: readyCondition(it)?.message,
    }));
    await rescanBackupTarget(client);
    await until('the scan to be done', () => isScanned(client));
    await until('the verdict', async () => history.states.some(({ message }) => message === NON_READY));
    const verdict = history.states.find(({ message }) => message === NON_READY)!;
    expect(verdict.ready).toBe(staysReady);
    await sleep(5_000);
    history.close();
    process.stdout.write(`Harvester ${version}, backup not in the store: ${JSON.stringify(history.states)}\n`);
    if (staysReady) {
      // Whoever reads readyToUse alone does not notice; the condition tells, for as long as nobody writes it anew.
      expect(history.states.every(({ ready }) => ready)).toBe(true);
      expect(readyCondition(await client.find(nightly))).toMatchObject({ status: 'False', message: NON_READY });
    } else {
      // The verdict passes: the next round says "Not ready", and the one after believes the snapshot again.
      expect(history.states.at(-1)).toEqual({ ready: true, message: 'Operation complete' });
    }
  });

  test(`with the backup back in the store, the next scan says nothing${staysReady ? ', and takes nothing back' : ''}`, async () => {
    const createdAt = new Date().toISOString();
    await writeBackup(servedFolder(bed), { ...stored, snapshot: 'of-before', sizeBytes: 1024 ** 3, createdAt });
    await rescanBackupTarget(client);
    await until('the scan to be done', () => isScanned(client));
    await sleep(5_000);
    const found = await client.find(nightly);
    expect(isReady(found)).toBe(true);
    // What 1.8 once said to the condition stands for ever: a ready VM backup's conditions are not written again.
    const message = staysReady ? NON_READY : 'Operation complete';
    expect(readyCondition(found)).toMatchObject({ status: staysReady ? 'False' : 'True', message });
  });
});

describe("a VM backup that is not ready, seen by Harvester 1.4.2's webhook", () => {
  const title = 'observed-1.4.2';
  let bed: BedState;
  let client: Client;
  let ref: Reference;

  beforeAll(async () => {
    bed = await up({ name: title, choice: { harvester: '1.4.2', longhorn: '1.8.1', webhooks: 'real' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    ({ ref } = await leftover(bed, client, { namespace: 'prod', name: 'web-nightly', machine: 'web', disks: 1 }));
    await stop(bed.run, 'harvester'); // it would fill the field in again
  });
  afterAll(() => down(title));

  /** What is said to a change of the target: the message of the refusal. */
  async function refusal(): Promise<string> {
    const value = JSON.parse((await client.find(SETTING))!['value']);
    const other = { ...value, accessKeyId: 'other', secretAccessKey: 'other', bucketName: 'other' };
    return client.patch(SETTING, { value: JSON.stringify(other) }).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  }

  test('with readyToUse false, a change of the target is refused in words', async () => {
    await client.patch(ref, { status: { readyToUse: false } });
    await until('the webhook to know', async () => /denied the request/.test(await refusal()));
    expect(await refusal()).toMatch(/validator\.harvesterhci\.io.*denied the request.*VMBackup/s);
  });

  test('without readyToUse the webhook panics: the write fails, and nobody is told why', async () => {
    await client.patch(ref, { status: { readyToUse: null } });
    await until('the webhook to know', async () => /failed calling webhook/.test(await refusal()));
    expect(await refusal()).toMatch(/failed calling webhook "validator\.harvesterhci\.io"/);
    expect(await readFile(logFile(bed.run, 'harvester-webhook'), 'utf8')).toMatch(/nil pointer dereference/);
  });
});
