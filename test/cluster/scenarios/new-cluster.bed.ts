/**
 * A new cluster is connected to the target of a lost one, with interval 0. Without Gleaner Harvester looks once, too early,
 * and finds nothing. With it the VM backups come in stages: what needs nothing, then the images once Longhorn has their
 * copies, then what was made from the images. Of everything that Harvester passes over Gleaner says truthfully why, as far
 * as the cluster shows it, and it stops when nothing more can appear.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { classOfImage, setCopy, startImages, writeImage } from '../doubles/images.ts';
import { backupUrl } from '../doubles/store.ts';
import { setBackupTarget } from '../harvester.ts';
import { logFile } from '../processes.ts';
import type { BedState } from '../state.ts';
import { deletedBackups, servedFolder } from '../storage.ts';
import { readFile } from 'node:fs/promises';
import { installAccounts, settleAll } from './gleaner.ts';
import { gleaner } from './command-line.ts';
import { backupRef, bound, claimsOf, contentsOf, handleOf, isReady, restore } from './machines.ts';
import { backupOf, metadataFile, storeBackup, volumeOf } from './stored.ts';

const IMAGE = 'image-ubuntu';
const SETTING = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting', name: 'backup-target' };
const TARGET = {
  apiVersion: 'longhorn.io/v1beta2',
  kind: 'BackupTarget',
  namespace: 'longhorn-system',
  name: 'default',
};

describe.each(['1.8.0', '1.6.0', '1.4.2'])(
  'a new cluster on an old target, Harvester %s on Longhorn 1.8.1',
  (harvester) => {
    const title = `new-cluster-${harvester}`;
    let bed: BedState;
    let client: Client;
    let accounts: Record<string, string>;
    let stopImages: () => Promise<void>;
    // This release asks only for the backups that the file names, makes a VM backup and then cannot work on it.
    const mixed = harvester === '1.4.2' ? ['mixed'] : [];

    beforeAll(async () => {
      bed = await up({ name: title, choice: { harvester, longhorn: '1.8.1' } });
      client = await adminClient(bed);
      const served = servedFolder(bed);
      const disk = {};
      await storeBackup(served, { namespace: 'prod', name: 'db', disks: [disk] });
      await storeBackup(served, {
        namespace: 'prod',
        name: 'app',
        disks: [{ storageClass: classOfImage(IMAGE) }, disk],
      });
      await storeBackup(served, { namespace: 'prod', name: 'half', disks: [disk, { is: 'lost' }] });
      await storeBackup(served, { namespace: 'prod', name: 'mixed', disks: [disk, { is: 'other' }] });
      await storeBackup(served, { namespace: 'prod', name: 'fileless', disks: [disk], fileless: true });
      await writeImage(served, IMAGE);
      await client.patch(TARGET, { metadata: { annotations: { 'bed/reading-takes-seconds': '5' } } });
      accounts = await installAccounts(bed, client);
      stopImages = startImages(client);
    }, 300_000);
    afterAll(async () => {
      await stopImages?.();
      await down(title);
    });

    const vmBackups = async () =>
      (await client.list(SETTING.apiVersion, 'VirtualMachineBackup')).map((it) => it.metadata.name).sort();
    const note = async () => (await client.find(SETTING))?.metadata.annotations?.['gleaner.dev/rediscovery'];
    // With what is left alone: that nothing more appears is an answer, not something to do.
    const findings = async () => {
      const { out } = await gleaner(bed, ['scan', '--all', '-o', 'json']);
      return JSON.parse(out).findings as {
        reason: string;
        message: string;
        command?: string;
        subject: { kind: string; name: string };
      }[];
    };
    const ofReason = async (reason: string) => (await findings()).filter((it) => it.reason === reason);
    const logOf = () => readFile(logFile(bed.run, 'harvester'), 'utf8');

    test('without Gleaner nothing appears', async () => {
      await setBackupTarget(bed, client);
      await until(
        'Longhorn to have read the target',
        async () => (await client.find(TARGET))?.['status']?.available,
        60_000,
      );
      await setCopy(client, IMAGE, 'InProgress');
      await sleep(15_000);
      expect(await vmBackups()).toEqual([]);
    });

    test('first stage: what needs nothing, and the rest is named', async () => {
      await settleAll(accounts, 60_000);
      await until('db to be back', async () => isReady(await client.find(backupRef('prod', 'db'))));
      expect((await settleAll(accounts)).failures).toEqual([]);
      expect(await vmBackups()).toEqual(['db', ...mixed]);
      expect(await ofReason('StorageClassMissing')).toMatchObject([{ subject: { name: classOfImage(IMAGE) } }]);
      expect(await ofReason('ImageBackupIncomplete')).toMatchObject([{ subject: { name: `copy-of-${IMAGE}` } }]);
      const log = await logOf();
      expect(log).toMatch(/skip creating vm backup, because the storage class is not found/);
      expect(log).toMatch(/Skip creating vm image, because the backing image is not ready/);
    }, 300_000);

    test('a second run writes nothing', async () => {
      const before = await note();
      expect((await settleAll(accounts)).writes).toEqual([]);
      expect(await note()).toBe(before);
    });

    test('next stages: the image, its StorageClass, the VM backup made from it, by sweeps alone', async () => {
      await setCopy(client, IMAGE, 'Completed');
      await until(
        'app to be back',
        async () => {
          await settleAll(accounts, 35_000); // the cool-down between two scans is 30 s
          return isReady(await client.find(backupRef('prod', 'app')));
        },
        200_000,
      );
      expect(await vmBackups()).toEqual(['app', 'db', ...mixed]);
      for (const name of mixed) expect(isReady(await client.find(backupRef('prod', name)))).toBe(false);
      for (const content of await contentsOf(client, backupRef('prod', 'app')))
        expect(handleOf(content)).toMatch(/^bak:\/\/pvc-app-\d\/backup-app-\d$/);
    }, 300_000);

    test('then it stops, and says of the rest what the cluster shows and where the answer is', async () => {
      await settleAll(accounts, 35_000);
      const before = await note();
      expect((await settleAll(accounts, 35_000)).writes).toEqual([]);
      expect(await note()).toBe(before);
      const [finding] = await ofReason('NothingMoreAppears');
      const left = ['half', 'mixed', 'fileless'].filter((name) => !mixed.includes(name));
      expect(finding?.message).toMatch(new RegExp(`${left.length} backups on .* belong to no VMBackup`));
      for (const name of left) expect(finding?.message).toContain(backupOf(name, 0));
      // The bed has no setting that names the release: what only some pass over is told with theirs.
      expect(finding?.message).toMatch(
        /no metadata file, from Harvester 1\.5 on a volume that is not on Longhorn, or another volume or backup missing/,
      );
      expect(finding?.command).toMatch(/^kubectl logs .*skip creat/);
      // The lines that the command finds are the ones this Harvester writes.
      const log = await logOf();
      expect(log).toMatch(/skip creating vm backup, because the longhorn backup is not found in the backup target/);
      if (harvester !== '1.4.2') expect(log).toMatch(/skip creating vm backup, because the volume is not from LH/);
    }, 120_000);

    test('a metadata file that cannot be read holds up every scan, and Gleaner does not say that the scan ended', async () => {
      const file = metadataFile(servedFolder(bed), 'prod', 'aaa-broken');
      await writeFile(file, '{"name": "aaa-broken", "namespa');
      await storeBackup(servedFolder(bed), { namespace: 'prod', name: 'late', disks: [{}] });
      await client.patch(TARGET, { spec: { syncRequestedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') } });
      await until('Longhorn to know the new backup', () =>
        client.find({ ...TARGET, kind: 'Backup', name: backupOf('late', 0) }),
      );
      await sleep(31_000);
      await settleAll(accounts, 10_000);
      expect(await logOf()).toMatch(/can't sync vm backup metadata/);
      const told = (await findings()).filter((it) => it.subject.name === 'backup-target').map(({ reason }) => reason);
      expect(told).toEqual(expect.arrayContaining(['ScanUnderway']));
      expect(told).not.toContain('NothingMoreAppears');
      // Ten minutes later.
      const written = JSON.parse((await note())!);
      const at = new Date(Date.parse(written.at) - 11 * 60_000).toISOString();
      const older = new Date(Date.parse(at) - 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
      await client.patch(SETTING, {
        metadata: {
          annotations: {
            'gleaner.dev/rediscovery': JSON.stringify({ ...written, at }),
            'harvesterhci.io/lastRefreshTime': older,
          },
        },
      });
      const [stuck] = await ofReason('ScanStuck');
      expect(stuck?.message).toMatch(/an unreadable metadata file of a VM image or backup/);
      expect(stuck?.command).toMatch(/^kubectl logs .*sync vm/);
      await rm(file);
      await until('late to be back', async () => isReady(await client.find(backupRef('prod', 'late'))), 60_000);
    }, 240_000);

    test('a restore works, and nobody lost anything', async () => {
      await restore(client, {
        namespace: 'finance',
        name: 'again',
        backup: backupRef('prod', 'app'),
        machine: 'app-copy',
      });
      const claims = await claimsOf(client, 'finance', 'again', 2);
      // Up to 1.4.2 a restore into another namespace writes a wrong handle of its own.
      await settleAll(accounts);
      const from = [];
      for (const it of claims) from.push((await bound(client, 'finance', it.metadata.name, 90_000))['spec'].fromBackup);
      expect(from.sort()).toEqual([0, 1].map((i) => backupUrl(volumeOf('app', i), backupOf('app', i))));
      expect((await deletedBackups(bed)).filter(({ objectOnly }) => !objectOnly)).toEqual([]);
    }, 240_000);
  },
);
