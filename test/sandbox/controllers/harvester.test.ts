import { describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../../sandbox/index.ts';
import * as build from '../../../sandbox/scenarios/build.ts';
import { backupOfChain, localChain, longhornPart, partsOf, recoveredChain } from '../../../sandbox/scenarios/chain.ts';
import { metadataFile } from '../../../sandbox/scenarios/base.ts';
import type { Scenario } from '../../../sandbox/scenarios/index.ts';
import { contentName, safeName } from '../../../sandbox/controllers/harvester-names.ts';
import { kinds, world } from './world.ts';

const chain = { name: 'web-nightly', vm: 'web', disks: [{ claim: 'web-root' }], longhorn: '1.8' } as const;
const [disk] = chain.disks;
const { snapshot, backup, volume, handle: wrong } = partsOf(chain, disk);
const right = `bak://${volume}/${backup}`;

const of = (objects: Scenario['objects'], more: Partial<Scenario> = {}): Scenario => ({
  name: 'test',
  describe: 'Made for one test.',
  harvester: '1.4',
  longhorn: '1.8',
  objects,
  ...more,
});
const wrongPair = of(() => recoveredChain(chain));
const onTarget = of(() => longhornPart(chain), { metadata: () => [metadataFile(backupOfChain(chain))] });

const getVMBackup = ({ client }: Sandbox, name = 'web-nightly') => client.get(kinds.VMBackup, name, 'prod');
const handleOf = async ({ client }: Sandbox, name: string) =>
  (await client.get(kinds.Content, name))?.['spec'].source.snapshotHandle;
const claimsIn = async ({ client }: Sandbox, namespace: string) =>
  (await client.list(kinds.Claim, { namespace })).map((claim) => claim['status'].phase);
const readyMessage = (object: any) => object.status.conditions.find(({ type }: any) => type === 'Ready').message;

async function restoreInto(sandbox: Sandbox, namespace: string): Promise<void> {
  const restore = build.vmRestore({ name: 'again', namespace, backup: 'web-nightly' });
  delete restore.metadata.uid;
  await sandbox.client.create(restore);
  await sandbox.settle();
}
const getRestore = ({ client }: Sandbox, namespace: string) => client.get(kinds.VMRestore, 'again', namespace);

test('long names are cut and hashed as Harvester does it', () => {
  expect(safeName('restore', 'finance', 'restore-web-7kq2p', 'web-nightly-volume-web-disk-0-x4m2t')).toBe(
    'restore-finance-restore-web-7kq2p-web-nightly-volume-web-2438fc',
  );
  expect(safeName('a', 'b')).toBe('a-b');
  expect(safeName('x'.repeat(70))).toMatch(/^x{57}-[0-9a-f]{5}$/);
});

describe('backups recovered from the target', () => {
  test.each([
    ['1.3', wrong],
    ['1.4', wrong],
    ['1.5', right],
    ['1.8', right],
  ] as const)('get pairs with the handle of their version: %s writes %s', async (harvester, handle) => {
    const sandbox = await world({ scenario: onTarget, harvester });
    // 1.3 has scanned by itself when it started.
    expect((await getVMBackup(sandbox)) !== undefined).toBe(harvester === '1.3');
    await sandbox.harvester.recoverFromTarget();
    await sandbox.settle();

    const vmBackup = (await getVMBackup(sandbox))!;
    const content = (await sandbox.client.get(kinds.Content, contentName(snapshot)))!;
    const made = (await sandbox.client.get(kinds.Snapshot, snapshot, 'prod'))!;
    expect(vmBackup['status'].readyToUse).toBe(true);
    expect(vmBackup['status'].secretBackups[0].data.password).toBeDefined();
    expect(content['spec']).toMatchObject({ deletionPolicy: 'Delete', source: { snapshotHandle: handle } });
    const owner = expect.objectContaining({
      kind: 'VirtualMachineBackup',
      uid: vmBackup.metadata.uid,
      controller: true,
    });
    expect(content.metadata.ownerReferences).toEqual([owner]);
    expect(made.metadata.ownerReferences).toEqual([owner]);
  });

  test('use a content of the right name that is there already, whatever its handle', async () => {
    const sandbox = await world({ scenario: onTarget, harvester: '1.4' });
    const content = build.content({ snapshot, handle: right, policy: 'Retain' });
    delete content['spec'].volumeSnapshotRef.uid;
    await sandbox.client.create({ ...content, metadata: { name: content.metadata.name } });
    await sandbox.harvester.recoverFromTarget();
    await sandbox.settle();
    expect((await getVMBackup(sandbox))!['status'].readyToUse).toBe(true);
    expect(await handleOf(sandbox, contentName(snapshot))).toBe(right);
  });

  test('are not scanned for again while the hash stands, and not touched when they exist', async () => {
    const sandbox = await world({ scenario: wrongPair });
    const before = await getVMBackup(sandbox);
    await sandbox.harvester.recoverFromTarget();
    await sandbox.settle();
    expect(await getVMBackup(sandbox)).toEqual(before);
    const setting = await sandbox.client.get(kinds.Setting, 'backup-target');
    expect(setting!.metadata.annotations!['harvesterhci.io/hash']).toMatch(/^[0-9a-f]{56}$/);
  });

  test('wait for a Longhorn Backup whose volume is not known yet (1.5)', async () => {
    const fresh = build.freshBackup({ volume, backup, version: '1.8' }, build.held);
    const scenario = of(() => [
      fresh,
      build.backupVolume(volume, '1.8'),
      backupOfChain(chain, build.withStatus({ readyToUse: false })),
    ]);
    const sandbox = await world({ scenario, harvester: '1.5' });
    expect((await getVMBackup(sandbox))!['status'].error.message).toContain('is not populated');
    sandbox.store.put(volume, backup);
    await sandbox.longhorn.release(backup);
    await sandbox.settle();
    expect((await getVMBackup(sandbox))!['status']).toMatchObject({ readyToUse: true });
    expect(await handleOf(sandbox, contentName(snapshot))).toBe(right);
  });
});

describe('a ready backup', () => {
  test('does not notice that its snapshot and content are gone', async () => {
    const sandbox = await world({ scenario: of(() => [backupOfChain(chain), ...longhornPart(chain)]) });
    expect((await getVMBackup(sandbox))!['status'].readyToUse).toBe(true);
    expect(await sandbox.client.list(kinds.Snapshot)).toEqual([]);
  });

  test('that loses its status is read anew from the live VM', async () => {
    const scenario = of(() => localChain(chain));
    const sandbox = await world({ scenario, harvester: '1.6' });
    const bare = (await getVMBackup(sandbox))!;
    delete bare['status'];
    await sandbox.client.update(bare);
    await sandbox.settle();
    const { status } = (await getVMBackup(sandbox))!;
    expect(status.readyToUse).toBe(true);
    expect(status.volumeBackups[0]).not.toHaveProperty('longhornBackupName');
    expect(status.sourceUID).toBeDefined();
  });

  test('is uploaded with the names it has now', async () => {
    const sandbox = await world({ scenario: wrongPair });
    const path = 'harvester/vmbackups/prod/web-nightly.cfg';
    expect(JSON.parse(sandbox.store.metadata.get(path)!).volumeBackups[0].name).toBe(snapshot);
    await sandbox.client.jsonPatch(kinds.VMBackup, 'web-nightly', 'prod', [
      { op: 'replace', path: '/status/volumeBackups/0/name', value: `${snapshot}-snap-revise` },
    ]);
    await sandbox.settle();
    expect(JSON.parse(sandbox.store.metadata.get(path)!).volumeBackups[0].name).toBe(`${snapshot}-snap-revise`);
  });
});

test('a backup set back to not ready without a Longhorn Backup silently gets a snapshot of today', async () => {
  const scenario = of(() => localChain(chain));
  const sandbox = await world({ scenario, harvester: '1.6' });
  const before = await sandbox.client.get(kinds.Snapshot, snapshot, 'prod');
  await sandbox.client.jsonPatch(kinds.VMBackup, 'web-nightly', 'prod', [
    { op: 'remove', path: '/status/volumeBackups/0/longhornBackupName' },
    { op: 'replace', path: '/status/readyToUse', value: false },
  ]);
  await sandbox.client.mergePatch(kinds.Content, `snapcontent-${before!.metadata.uid}`, undefined, {
    spec: { deletionPolicy: 'Retain' },
  });
  await sandbox.client.delete(kinds.Snapshot, snapshot, 'prod');
  await sandbox.settle();
  // The controller looks when something calls it.
  await sandbox.client.mergePatch(kinds.VMBackup, 'web-nightly', 'prod', {
    metadata: { annotations: { look: 'now' } },
  });
  await sandbox.settle();

  const { status } = (await getVMBackup(sandbox))!;
  expect(status.readyToUse).toBe(true);
  expect(status.volumeBackups[0].name).toBe(snapshot);
  expect(status.volumeBackups[0].longhornBackupName).not.toBe(backup);
  expect(sandbox.store.backups()).toHaveLength(2);
});

describe('a restore into another namespace', () => {
  test('by an unfixed Harvester hangs on Longhorn 1.8 and comes through once the content is swapped', async () => {
    const sandbox = await world({ scenario: wrongPair });
    await restoreInto(sandbox, 'finance');
    const [content] = (await sandbox.client.list(kinds.Content)).filter(({ metadata }) =>
      metadata.name.startsWith('restore-'),
    );
    expect(content!['spec']).toMatchObject({ deletionPolicy: 'Retain', source: { snapshotHandle: wrong } });
    expect(await claimsIn(sandbox, 'finance')).toEqual(['Pending']);
    const restore = (await getRestore(sandbox, 'finance'))!;
    expect(restore['status']).toMatchObject({
      complete: false,
      restores: [{ volumeName: 'disk-0', volumeBackupName: snapshot }],
    });
    expect(readyMessage(restore)).toBe('Waiting for new PVCs');
    expect(restore.metadata.ownerReferences).toEqual([expect.objectContaining({ kind: 'VirtualMachine' })]);

    const { name } = content!.metadata;
    await sandbox.client.delete(kinds.Content, name);
    await sandbox.client.mergePatch(kinds.Content, name, undefined, { metadata: { finalizers: null } });
    await sandbox.settle();
    const spec = { ...content!['spec'], source: { snapshotHandle: right } };
    await sandbox.client.create({ ...content!, metadata: { name }, spec });
    await sandbox.settle();
    expect(await claimsIn(sandbox, 'finance')).toEqual(['Bound']);
    expect((await getRestore(sandbox, 'finance'))!['status'].complete).toBe(true);
    expect(sandbox.store.losses).toEqual([]);
  });

  test.each([
    ['1.4', '1.7'],
    ['1.5', '1.8'],
    ['1.8', '1.11'],
  ] as const)('by Harvester %s on Longhorn %s works', async (harvester, longhorn) => {
    const scenario = of(({ longhorn: version }) => recoveredChain({ ...chain, longhorn: version }));
    const sandbox = await world({ scenario, harvester, longhorn });
    await restoreInto(sandbox, 'finance');
    expect((await getRestore(sandbox, 'finance'))!['status'].complete).toBe(true);
  });

  test('takes its contents along when it goes, and no data', async () => {
    const sandbox = await world({ scenario: wrongPair, harvester: '1.5' });
    await restoreInto(sandbox, 'finance');
    await sandbox.client.delete(kinds.VMRestore, 'again', 'finance');
    await sandbox.settle();
    expect((await sandbox.client.list(kinds.Content)).map(({ metadata }) => metadata.name)).toEqual([
      contentName(snapshot),
    ]);
    expect(await sandbox.client.list(kinds.Snapshot, { namespace: 'finance' })).toEqual([]);
    expect(sandbox.store.losses).toEqual([]);
  });
});

describe('a restore into the same namespace', () => {
  test('by an unfixed Harvester hangs on the wrong pair', async () => {
    const sandbox = await world({ scenario: wrongPair });
    await restoreInto(sandbox, 'prod');
    expect(await claimsIn(sandbox, 'prod')).toEqual(['Pending']);
  });

  test('from 1.5 on relinks the backup to a new pair, and leaves the old one behind armed', async () => {
    const sandbox = await world({ scenario: wrongPair, harvester: '1.5' });
    await restoreInto(sandbox, 'prod');
    const vmBackup = (await getVMBackup(sandbox))!;
    expect(vmBackup['status'].volumeBackups[0].name).toBe(`${snapshot}-snap-revise`);
    expect(vmBackup['status'].readyToUse).toBe(true);
    expect(vmBackup.metadata.annotations!['harvesterhci.io/snapRevise']).toBe('true');
    expect(await handleOf(sandbox, `${snapshot}-snap-revise-vsc`)).toBe(right);
    expect((await sandbox.client.get(kinds.Content, contentName(snapshot)))!['spec'].deletionPolicy).toBe('Delete');
    expect((await getRestore(sandbox, 'prod'))!['status'].complete).toBe(true);
  });

  test('fails while its snapshot is lost', async () => {
    const scenario = of(() => [backupOfChain(chain), ...longhornPart(chain)]);
    const sandbox = await world({ scenario, harvester: '1.6' });
    await restoreInto(sandbox, 'prod');
    expect(readyMessage(await getRestore(sandbox, 'prod'))).toContain(`"${snapshot}" not found`);
    expect(await claimsIn(sandbox, 'prod')).toEqual([]);
  });
});

describe('deleting a backup', () => {
  test.each([
    ['right', 'freed'],
    ['wrong', 'left on the target'],
  ] as const)('with a %s handle on Longhorn 1.8: the data is %s', async (handle, outcome) => {
    const scenario = of(() => recoveredChain({ ...chain, disks: [{ claim: 'web-root', handle }] }));
    const sandbox = await world({ scenario, harvester: '1.6' });
    await sandbox.client.delete(kinds.VMBackup, 'web-nightly', 'prod');
    await sandbox.settle();
    expect(await getVMBackup(sandbox)).toBeUndefined();
    expect(await sandbox.client.list(kinds.Snapshot)).toEqual([]);
    expect(sandbox.store.has(volume, backup)).toBe(outcome !== 'freed');
    expect(sandbox.store.metadata.size).toBe(0);
  });

  test('of another target drops its pair and touches no data', async () => {
    const target = { endpoint: 'nfs://10.20.0.9:/elsewhere', bucketName: '', bucketRegion: '' };
    const scenario = of(() => {
      const objects = recoveredChain({ ...chain, disks: [{ claim: 'web-root', handle: 'right' }] });
      for (const { kind, status } of objects) if (kind === 'VirtualMachineBackup') status.backupTarget = target;
      return objects;
    });
    const sandbox = await world({ scenario, harvester: '1.6' });
    await sandbox.client.delete(kinds.VMBackup, 'web-nightly', 'prod');
    await sandbox.settle();
    expect(await sandbox.client.list(kinds.Content)).toEqual([]);
    expect(sandbox.store.losses).toEqual([]);
  });
});

test('an owner reference with the uid of an earlier backup costs the snapshot, and under Delete the data', async () => {
  const scenario = of(() => recoveredChain({ ...chain, disks: [{ claim: 'web-root', handle: 'right' }] }));
  const sandbox = await world({ scenario, harvester: '1.6' });
  await sandbox.client.jsonPatch(kinds.Snapshot, snapshot, 'prod', [
    { op: 'replace', path: '/metadata/ownerReferences/0/uid', value: build.uidFor('VirtualMachineBackup', 'earlier') },
  ]);
  await sandbox.settle();
  expect(await sandbox.client.get(kinds.Snapshot, snapshot, 'prod')).toBeUndefined();
  expect(sandbox.store.losses).toEqual([expect.objectContaining({ backup, by: `DeleteSnapshot ${right}` })]);
});

describe('a scheduled backup with an unfinished Longhorn Backup', () => {
  const [unfinished] = ['web-data'].map((claim) => build.backupOf(claim, 'svmb-web'));
  const backups = async ({ client }: Sandbox) => (await client.list(kinds.Backup)).map(({ metadata }) => metadata.name);

  test('is left alone while nobody touches it', async () => {
    const sandbox = await world({ scenario: 'scheduled-not-final' });
    expect(await backups(sandbox)).toContain(unfinished);
    await sandbox.longhorn.release(unfinished!);
    await sandbox.settle();
    const own = await sandbox.client.get(kinds.Backup, unfinished!, kinds.longhornNamespace);
    expect(own!['status'].state).toBe('Completed');
    await sandbox.client.mergePatch(kinds.VMBackup, 'svmb-web', 'prod', {
      metadata: { annotations: { touched: 'yes' } },
    });
    await sandbox.settle();
    expect(sandbox.store.losses).toEqual([]);
  });

  test.each([
    [kinds.VMBackup, 'svmb-web'],
    [kinds.Snapshot, 'svmb-web-volume-web-root'],
  ])('loses it as soon as somebody writes to its %s', async (kind, name) => {
    const sandbox = await world({ scenario: 'scheduled-not-final' });
    await sandbox.client.mergePatch(kind, name, 'prod', { metadata: { annotations: { touched: 'yes' } } });
    await sandbox.settle();
    expect(sandbox.store.losses.map((loss) => loss.backup)).toEqual([unfinished]);
    const [schedule] = await sandbox.client.list(kinds.Schedule);
    expect(schedule!['spec'].suspend).toBe(true);
  });
});

test('an upgrade in place leaves everything as it is', async () => {
  const sandbox = await world({ scenario: wrongPair, harvester: '1.4' });
  const before = await getVMBackup(sandbox);
  await sandbox.harvester.upgrade('1.6');
  await sandbox.settle();
  expect(await getVMBackup(sandbox)).toEqual(before);
});

test.each([
  ['1.5', []],
  ['1.6', ['Change back to non-ready', 'Not ready', 'Operation complete']],
] as const)('a scan by %s of a backup without data says: %j', async (harvester, expected) => {
  const sandbox = await world({ scenario: wrongPair, harvester });
  sandbox.store.erase(volume, backup, 'test');
  const messages: string[] = [];
  sandbox.client.watch(kinds.VMBackup, ({ object }) => {
    if (readyMessage(object) !== messages.at(-1)) messages.push(readyMessage(object));
  });
  await sandbox.harvester.recoverFromTarget();
  await sandbox.settle();
  // The verdict does not last: the snapshot is as ready as ever, and Harvester believes it.
  expect(messages).toEqual(expected);
});
