/**
 * A target that is taken away and given back with refresh interval 0, and VM backups that were deleted in between: their
 * data is on the target, and no Harvester brings them back. Gleaner, deployed on Knative, has Harvester scan once Longhorn
 * has read the target; they come back, get right handles, and can be restored.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, KubeObject, Reference } from '../client.ts';
import { refOf, until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { backupUrl } from '../doubles/store.ts';
import { disconnectBackupTarget, setBackupTarget } from '../harvester.ts';
import { applyManifests } from '../knative.ts';
import { versions } from '../parts.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { rightHandle } from './right-handle.ts';
import { backUp, backupRef, bound, claimsOf, contentsOf, handleOf, isReady, makeMachine, restore } from './machines.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'deploy');
const LONGHORN = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
const TARGET: Reference = { ...LONGHORN, kind: 'BackupTarget', name: 'default' };
/** Longhorn needs longer to read a target than Harvester waits before it scans. */
const READING_SECONDS = 8;
const PATIENCE_MS = 15_000;

describe.each(versions.harvester)('a target reconnected with interval 0, Harvester %s on Longhorn 1.8.1', (version) => {
  const title = `rediscovery-${version}`;
  const refs = [backupRef('prod', 'web-1'), backupRef('prod', 'web-2')];
  let bed: BedState;
  let client: Client;
  let known: KubeObject[];

  beforeAll(async () => {
    bed = await up({ name: title, choice: { harvester: version, longhorn: '1.8.1', knative: '0.47.0' } });
    client = await adminClient(bed);
    await client.patch(TARGET, { metadata: { annotations: { 'bed/reading-takes-seconds': String(READING_SECONDS) } } });
    await setBackupTarget(bed, client);
    await until('Longhorn to have read the target', () => isRead(), 60_000);
    await makeMachine(client, { namespace: 'prod', name: 'web' });
    known = [];
    for (const { name } of refs) known.push(await backUp(client, { namespace: 'prod', machine: 'web', name }));
  });
  afterAll(() => down(title));

  const isRead = async () => (await client.find(TARGET))?.['status']?.available === true;
  const vmBackups = async () => (await client.list(refs[0]!.apiVersion, refs[0]!.kind)).map((it) => it.metadata.name);
  const backups = () => client.list(LONGHORN.apiVersion, 'Backup', LONGHORN);

  test('without Gleaner, what was deleted while the target was away stays away', async () => {
    await disconnectBackupTarget(client);
    for (const ref of refs) await client.remove(ref);
    await until('the VM backups to be gone', async () => (await vmBackups()).length === 0);
    expect((await deletedBackups(bed)).filter(({ objectOnly }) => !objectOnly)).toEqual([]);

    await setBackupTarget(bed, client);
    await until('Longhorn to know both backups again', async () => {
      const states = (await backups()).map((it) => it['status']?.state);
      return states.length === refs.length && states.every((state) => state === 'Completed');
    });
    await sleep(PATIENCE_MS);
    expect(await vmBackups()).toEqual([]);
  });

  test('with Gleaner, one event brings them back, with right handles', async () => {
    await applyManifests(client, MANIFESTS);
    const ready = async (apiVersion: string, kind: string) =>
      (await client.list(apiVersion, kind, { namespace: 'gleaner' })).every((it) =>
        it['status']?.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True'),
      );
    await until('all triggers', () => ready('eventing.knative.dev/v1', 'Trigger'), 90_000);
    await until('all sources', () => ready('sources.knative.dev/v1', 'ApiServerSource'), 90_000);
    await sleep(3_000);
    const [backup] = await backups();
    await client.patch(refOf(backup!), { metadata: { annotations: { touched: 'yes' } } });
    await until('both VM backups to be back and ready', () => areReady(), 90_000);
    await until('every handle to be right', () => areRight(), 90_000);
    await until('both VM backups to be ready', () => areReady());
  }, 300_000);

  async function areReady(): Promise<boolean> {
    for (const ref of refs) if (!isReady(await client.find(ref))) return false;
    return true;
  }
  async function areRight(): Promise<boolean> {
    for (const ref of refs)
      for (const content of await contentsOf(client, ref))
        if (handleOf(content) !== (await rightHandle(client, content))) return false;
    return true;
  }

  test('a restore works, and nobody lost anything', async () => {
    const [ref] = refs;
    await restore(client, { namespace: 'finance', name: 'again', backup: ref!, machine: 'web-copy' });
    const [claim] = await claimsOf(client, 'finance', 'again');
    const [entry] = known[0]!['status'].volumeBackups;
    const volume = await bound(client, 'finance', claim!.metadata.name, 90_000);
    const from = backupUrl(entry.persistentVolumeClaim.spec.volumeName, entry.longhornBackupName);
    expect(volume['spec'].fromBackup).toBe(from);
    expect((await deletedBackups(bed)).filter(({ objectOnly }) => !objectOnly)).toEqual([]);
  });
});
