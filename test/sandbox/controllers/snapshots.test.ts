import { describe, expect, test } from '@jest/globals';
import {
  backupName,
  createClaim,
  createContent,
  createPair,
  createSnapshot,
  disk,
  eventsOn,
  getClaim,
  getContent,
  getSnapshot,
  kinds,
  rightHandle,
  volume,
  world,
  wrongHandle,
} from './world.ts';
import {
  asSourceFinalizer,
  beingDeleted,
  boundFinalizer,
  contentFinalizer,
} from '../../../sandbox/controllers/snapshot-names.ts';

describe('a pre-provisioned pair', () => {
  test.each([
    ['Delete', [asSourceFinalizer, boundFinalizer]],
    ['Retain', [asSourceFinalizer]],
  ] as const)('with policy %s is bound both ways and ready, whatever its handle', async (policy, finalizers) => {
    const sandbox = await world();
    await createPair(sandbox, { handle: wrongHandle, policy });

    const [snapshot, content] = [await getSnapshot(sandbox), await getContent(sandbox)];
    expect(content!['spec'].volumeSnapshotRef.uid).toBe(snapshot!.metadata.uid);
    expect(content!.metadata.finalizers).toEqual([contentFinalizer]);
    expect(content!['status']).toMatchObject({ readyToUse: true, snapshotHandle: wrongHandle });
    expect(Math.abs(content!['status'].creationTime / 1e6 - Date.now())).toBeLessThan(60_000);
    expect(snapshot!['status']).toMatchObject({ readyToUse: true, boundVolumeSnapshotContentName: 'snap-vsc' });
    expect(snapshot!.metadata.finalizers).toEqual(expect.arrayContaining([...finalizers]));
    expect(snapshot!.metadata.finalizers).toHaveLength(finalizers.length);
  });

  test('whose content is missing says so and heals when the content comes', async () => {
    const sandbox = await world();
    const { metadata } = await createSnapshot(sandbox);
    await sandbox.settle();
    expect((await getSnapshot(sandbox))!['status']).toMatchObject({
      readyToUse: false,
      error: { message: 'VolumeSnapshotContent is missing' },
    });

    await createContent(sandbox, { handle: rightHandle }, metadata.uid);
    await sandbox.settle();
    const { status } = (await getSnapshot(sandbox))!;
    expect(status).toMatchObject({ readyToUse: true });
    expect(status.error).toBeUndefined();
  });

  test('with the uid of a snapshot that is gone is misbound until the uid is removed', async () => {
    const sandbox = await world();
    await createContent(sandbox, { handle: rightHandle }, '00000000-0000-4000-8000-000000000000');
    const snapshot = await createSnapshot(sandbox);
    await sandbox.settle();
    expect((await getSnapshot(sandbox))!['status'].readyToUse).toBe(false);
    expect((await eventsOn(sandbox, snapshot)).map(({ reason }) => reason)).toContain('SnapshotContentMisbound');

    const patch = [{ op: 'remove' as const, path: '/spec/volumeSnapshotRef/uid' }];
    await sandbox.client.jsonPatch(kinds.Content, 'snap-vsc', undefined, patch);
    await sandbox.settle();
    expect((await getSnapshot(sandbox))!['status'].readyToUse).toBe(true);
  });

  test('needs the class it names', async () => {
    const sandbox = await world();
    await sandbox.client.delete(kinds.SnapshotClass, 'longhorn');
    await createPair(sandbox, { handle: rightHandle });
    expect((await getContent(sandbox))!['status']).toMatchObject({ readyToUse: false });
  });
});

describe('deleting a snapshot', () => {
  test('under Retain leaves the content behind, marked and with the old uid', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    await createPair(sandbox, { handle: rightHandle, policy: 'Retain' });
    const { uid } = (await getSnapshot(sandbox))!.metadata;
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.settle();

    const content = (await getContent(sandbox))!;
    expect(await getSnapshot(sandbox)).toBeUndefined();
    expect(content.metadata.annotations).toEqual({ [beingDeleted]: 'yes' });
    expect(content['spec'].volumeSnapshotRef.uid).toBe(uid);
    expect(sandbox.store.losses).toEqual([]);

    await sandbox.client.delete(kinds.Content, 'snap-vsc');
    await sandbox.settle();
    expect(await getContent(sandbox)).toBeUndefined();
    expect(sandbox.store.has(volume, backupName)).toBe(true);
  });

  test('waits while a pending claim is made from it', async () => {
    const sandbox = await world();
    await createPair(sandbox, { handle: wrongHandle, policy: 'Retain' });
    await createClaim(sandbox, 'restored', 'snap');
    await sandbox.settle();
    const snapshot = (await getSnapshot(sandbox))!;
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.settle();
    expect(await getSnapshot(sandbox)).toBeDefined();
    expect((await eventsOn(sandbox, snapshot)).map(({ reason }) => reason)).toContain('SnapshotDeletePending');

    await sandbox.client.delete(kinds.Claim, 'restored', 'prod');
    await sandbox.settle();
    expect(await getSnapshot(sandbox)).toBeUndefined();
  });
});

describe('deleting a content', () => {
  test('that was never bound takes it away at once', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    await createContent(sandbox, { handle: rightHandle });
    await sandbox.settle();
    await sandbox.client.delete(kinds.Content, 'snap-vsc');
    expect(await getContent(sandbox)).toBeUndefined();
    expect(sandbox.store.losses).toEqual([]);
  });

  test('whose snapshot lives only marks it; the policy counts when the snapshot goes', async () => {
    const sandbox = await world();
    await sandbox.store.add(volume, backupName);
    await createPair(sandbox, { handle: rightHandle });
    await sandbox.client.delete(kinds.Content, 'snap-vsc');
    await sandbox.settle();
    expect((await getContent(sandbox))!.metadata.deletionTimestamp).toBeDefined();

    await sandbox.client.mergePatch(kinds.Content, 'snap-vsc', undefined, { spec: { deletionPolicy: 'Retain' } });
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.settle();
    expect(await getContent(sandbox)).toBeUndefined();
    expect(await getSnapshot(sandbox)).toBeUndefined();
    expect(sandbox.store.losses).toEqual([]);
  });

  test('whose snapshot was torn away by its finalizers hangs for ever', async () => {
    const sandbox = await world();
    await createPair(sandbox, { handle: rightHandle, policy: 'Retain' });
    await sandbox.client.mergePatch(kinds.Snapshot, 'snap', 'prod', { metadata: { finalizers: null } });
    await sandbox.client.delete(kinds.Snapshot, 'snap', 'prod');
    await sandbox.client.delete(kinds.Content, 'snap-vsc');
    await sandbox.settle();
    expect((await getContent(sandbox))!.metadata.deletionTimestamp).toBeDefined();
  });
});

test('a content swapped by its finalizer heals its snapshot, and the claim that hung on it is bound', async () => {
  const sandbox = await world();
  await sandbox.store.add(volume, backupName);
  await createPair(sandbox, { handle: wrongHandle, policy: 'Retain' });
  const { uid } = (await getSnapshot(sandbox))!.metadata;
  await createClaim(sandbox, 'restored', 'snap');
  await sandbox.settle();
  expect((await getClaim(sandbox, 'restored'))!['status'].phase).toBe('Pending');

  await sandbox.client.delete(kinds.Content, 'snap-vsc');
  await sandbox.client.mergePatch(kinds.Content, 'snap-vsc', undefined, { metadata: { finalizers: null } });
  await sandbox.settle();
  expect((await getSnapshot(sandbox))!['status']).toMatchObject({ readyToUse: false });

  await createContent(sandbox, { handle: rightHandle, policy: 'Retain' }, uid);
  await sandbox.settle();
  expect((await getSnapshot(sandbox))!['status']).toMatchObject({ readyToUse: true });
  expect((await getClaim(sandbox, 'restored'))!['status'].phase).toBe('Bound');
  expect(sandbox.store.losses).toEqual([]);
});

describe('a snapshot of a claim', () => {
  test('gets a content and a Longhorn backup, which takes its time', async () => {
    const sandbox = await world();
    await createClaim(sandbox, disk);
    await sandbox.settle();
    const claim = (await getClaim(sandbox, disk))!;
    const seen: string[] = [];
    sandbox.client.watch(kinds.Backup, ({ object }) => {
      const { state = '', volumeName = '' } = object['status'] ?? {};
      if (seen.at(-1) !== `${state}/${volumeName}`) seen.push(`${state}/${volumeName}`);
    });
    const { metadata } = await createSnapshot(sandbox, 'snap', { persistentVolumeClaimName: disk });
    await sandbox.settle();

    const ownVolume = claim['spec'].volumeName;
    expect(seen).toEqual(['/', 'Pending/', 'InProgress/', `Completed/${ownVolume}`]);
    const content = (await getContent(sandbox, `snapcontent-${metadata.uid}`))!;
    const [stored] = sandbox.store.backups();
    expect(content['spec'].source).toEqual({ volumeHandle: ownVolume });
    expect(content['status']).toMatchObject({
      readyToUse: true,
      snapshotHandle: `bak://${ownVolume}/${stored!.backup}`,
    });
    expect((await getSnapshot(sandbox))!['status'].readyToUse).toBe(true);
  });

  test('gets its content anew when that vanished, and with it the same backup', async () => {
    const sandbox = await world();
    await createClaim(sandbox, disk);
    await sandbox.settle();
    const { metadata } = await createSnapshot(sandbox, 'snap', { persistentVolumeClaimName: disk });
    await sandbox.settle();
    const name = `snapcontent-${metadata.uid}`;
    const before = (await getContent(sandbox, name))!;

    await sandbox.client.mergePatch(kinds.Content, name, undefined, { metadata: { finalizers: null } });
    await sandbox.client.delete(kinds.Content, name);
    await sandbox.settle();
    const after = (await getContent(sandbox, name))!;
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(after['status'].snapshotHandle).toBe(before['status'].snapshotHandle);
    expect((await getSnapshot(sandbox))!['status'].readyToUse).toBe(true);
  });
});
