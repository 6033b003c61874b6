import { describe, expect, test } from '@jest/globals';
import {
  backupName,
  createClaim,
  createPair,
  disk,
  eventsOn,
  getClaim,
  getContent,
  kinds,
  rightHandle,
  volume,
  world,
  wrongHandle,
} from './world.ts';

const other = 'pvc-00000000-1111-4222-8333-444444444444';

describe('deleting a snapshot under policy Delete', () => {
  test.each([
    ['1.7', rightHandle, 'lost'],
    ['1.8', rightHandle, 'lost'],
    ['1.7', wrongHandle, 'lost'],
    ['1.8', wrongHandle, 'leaked'],
    ['1.11', wrongHandle, 'leaked'],
    ['1.8', `bak://${other}/${backupName}`, 'lost'],
    ['1.8', 'no handle at all', 'leaked'],
    ['1.8', `snap://${volume}/${backupName}`, 'leaked'],
  ] as const)('Longhorn %s, handle %s: the backup is %s', async (longhorn, handle, outcome) => {
    const sandbox = await world({ longhorn });
    await sandbox.store.add(volume, backupName);
    await sandbox.store.add(other, 'backup-of-another');
    await createPair(sandbox, { handle });
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.settle();

    expect(await getContent(sandbox)).toBeUndefined();
    expect(sandbox.store.has(volume, backupName)).toBe(outcome === 'leaked');
    expect(sandbox.store.losses.map(({ backup, by }) => [backup, by])).toEqual(
      outcome === 'lost' ? [[backupName, `DeleteSnapshot ${handle}`]] : [],
    );
    expect(sandbox.store.has(other, 'backup-of-another')).toBe(true);
  });

  test('an empty backup name leaves the content stuck', async () => {
    const sandbox = await world();
    await createPair(sandbox, { handle: `bak://${volume}/` });
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.settle();
    expect((await getContent(sandbox))!.metadata.deletionTimestamp).toBeDefined();
  });

  test('a Retain patch acknowledged before the delete is honoured', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    await createPair(sandbox, { handle: rightHandle });
    await sandbox.client.mergePatch(kinds.Content, 'snap-vsc', undefined, { spec: { deletionPolicy: 'Retain' } });
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.settle();
    expect(sandbox.store.losses).toEqual([]);
  });
});

describe('restoring from a snapshot', () => {
  test.each([
    ['1.7', wrongHandle, 'Bound'],
    ['1.7', rightHandle, 'Bound'],
    ['1.8', wrongHandle, 'Pending'],
    ['1.8', rightHandle, 'Bound'],
    ['1.8', `bs://${volume}/${backupName}`, 'Bound'],
    ['1.8', `bak://${other}/${backupName}`, 'Bound'],
    ['1.8', `bak://${volume}/backup-unknown`, 'Pending'],
    ['1.8', 'no handle at all', 'Pending'],
  ] as const)('Longhorn %s, handle %s: the claim is %s', async (longhorn, handle, phase) => {
    const sandbox = await world({ longhorn });
    await sandbox.store.add(volume, backupName);
    await sandbox.store.add(other, 'backup-of-another');
    await createPair(sandbox, { handle, policy: 'Retain' });
    const claim = await createClaim(sandbox, 'restored', 'snap');
    await sandbox.settle();
    expect((await getClaim(sandbox, 'restored'))!['status'].phase).toBe(phase);

    const restored = await sandbox.client.get(kinds.Volume, `pvc-${claim.metadata.uid}`, kinds.longhornNamespace);
    if (phase === 'Bound') expect(restored!['spec'].fromBackup).toContain(`backup=${backupName}&volume=${volume}`);
    else expect(restored).toBeUndefined();
  });

  test('says why it does not work', async () => {
    const sandbox = await world({ longhorn: '1.8' });
    await sandbox.store.add(volume, backupName);
    await createPair(sandbox, { handle: wrongHandle, policy: 'Retain' });
    const claim = await createClaim(sandbox, 'restored', 'snap');
    await sandbox.settle();
    expect(await eventsOn(sandbox, claim)).toContainEqual({
      reason: 'ProvisioningFailed',
      message: expect.stringContaining(
        `rpc error: code = NotFound desc = failed to restore CSI snapshot ${wrongHandle} of volume ${disk}: there is no backup volume`,
      ),
    });
  });

  test('of a backup whose data is gone gives a volume that failed', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    sandbox.store.erase(volume, backupName, 'test');
    await createPair(sandbox, { handle: rightHandle, policy: 'Retain' });
    const claim = await createClaim(sandbox, 'restored', 'snap');
    await sandbox.settle();
    const restored = await sandbox.client.get(kinds.Volume, `pvc-${claim.metadata.uid}`, kinds.longhornNamespace);
    expect(restored!['status'].conditions).toEqual([expect.objectContaining({ reason: 'RestoreFailure' })]);
  });
});

describe('Backup and BackupVolume resources', () => {
  test('deleting a Backup erases its data', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    await sandbox.client.delete(kinds.Backup, backupName, kinds.longhornNamespace);
    await sandbox.settle();
    expect(sandbox.store.losses).toEqual([expect.objectContaining({ volume, backup: backupName })]);
  });

  test('over HTTP the record says who did it', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    const path = `/apis/longhorn.io/v1beta2/namespaces/longhorn-system/backups/${backupName}`;
    const headers = { authorization: `Bearer ${sandbox.api.adminToken}` };
    await fetch(sandbox.api.url + path, { method: 'DELETE', headers });
    await sandbox.settle();
    expect(sandbox.store.losses[0]!.by).toMatch(/^Backup deleted by .*admin/);
  });

  test.each(['the label', 'an unreachable target'])('%s saves the data', async (saviour) => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    const labels = { 'longhorn.io/delete-custom-resource-only': 'true' };
    if (saviour === 'the label')
      await sandbox.client.mergePatch(kinds.Backup, backupName, kinds.longhornNamespace, { metadata: { labels } });
    else await sandbox.longhorn.setTargetAvailable(false);
    await sandbox.client.delete(kinds.Backup, backupName, kinds.longhornNamespace);
    await sandbox.settle();
    expect(await sandbox.client.get(kinds.Backup, backupName, kinds.longhornNamespace)).toBeUndefined();
    expect(sandbox.store.has(volume, backupName)).toBe(true);
  });

  test('deleting a BackupVolume erases all its backups', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    await sandbox.store.add(volume, 'backup-2');
    const [backupVolume] = await sandbox.client.list(kinds.BackupVolume);
    await sandbox.client.delete(kinds.BackupVolume, backupVolume!.metadata.name, kinds.longhornNamespace);
    await sandbox.settle();
    expect(sandbox.store.backups()).toEqual([]);
    expect(sandbox.store.losses).toHaveLength(2);
    expect(await sandbox.client.list(kinds.Backup)).toEqual([]);
  });

  test('each version names and labels backup volumes its own way', async () => {
    const shapes = [];
    for (const longhorn of ['1.7', '1.8', '1.9'] as const) {
      const sandbox = await world({ longhorn });
      await sandbox.store.add('pvc-6f1d2c3a-0b54-4d0e-9a77-1c2e5b8f9d01', backupName);
      const [found] = await sandbox.client.list(kinds.BackupVolume);
      shapes.push({ name: found!.metadata.name, labels: found!.metadata.labels, spec: found!['spec'] });
    }
    const [old, random, hashed] = shapes;
    expect(old).toEqual({ name: 'pvc-6f1d2c3a-0b54-4d0e-9a77-1c2e5b8f9d01', labels: undefined, spec: {} });
    expect(random!.name).toMatch(/^pvc-6f1d2c3a-0b54-4d0e-9a77-1c2e5b8f9d01-[0-9a-f]{8}$/);
    expect(random!.name).not.toBe(hashed!.name);
    expect(hashed!.name).toBe('pvc-6f1d2c3a-0b54-4d0e-9a77-1c2e5b8f9d01-a5b4d627');
    expect(hashed!.labels!['backup-volume']).toBe('pvc-6f1d2c3a-0b54-4d0e-9a77-1c2e5b8f9d01');
  });

  test('an upgrade keeps bare names and adds labels and spec; wrong handles then stop working', async () => {
    const sandbox = await world({ longhorn: '1.7' });
    await sandbox.store.add(volume, backupName);
    await createPair(sandbox, { handle: wrongHandle, policy: 'Retain' });
    await sandbox.longhorn.upgrade('1.8');
    const [found] = await sandbox.client.list(kinds.BackupVolume);
    expect(found).toMatchObject({
      metadata: { name: volume, labels: { 'backup-volume': volume, 'backup-target': 'default' } },
      spec: { volumeName: volume, backupTargetName: 'default' },
    });
    await createClaim(sandbox, 'restored', 'snap');
    await sandbox.settle();
    expect((await getClaim(sandbox, 'restored'))!['status'].phase).toBe('Pending');
  });

  test('an emptied target takes the resources away and keeps the data; a sync brings them back', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    const setTarget = (spec: object) =>
      sandbox.client.mergePatch(kinds.BackupTarget, 'default', kinds.longhornNamespace, { spec });
    await setTarget({ backupTargetURL: '' });
    await sandbox.settle();
    expect(await sandbox.client.list(kinds.Backup)).toEqual([]);
    expect(sandbox.store.losses).toEqual([]);

    const states: string[] = [];
    sandbox.client.watch(kinds.Backup, ({ object }) => states.push(object['status']?.state ?? ''));
    await setTarget({ backupTargetURL: 's3://vm-backups@eu-central-1/', syncRequestedAt: '2030-01-01T00:00:00Z' });
    await sandbox.settle();
    expect(states).toEqual(['', 'Completed']);
  });
});
