/**
 * Longhorn's data plane, played on the objects: what engines, replicas and Longhorn's controllers would make of them.
 * Volumes become detached, snapshots and backups complete at once, the backup target is read when a sync is asked for.
 *
 * Of its own accord it deletes a Backup only as Longhorn does: the object, when the target is disconnected. A Backup that
 * anybody deletes is written to `deleted-backups.jsonl` before it goes, with its files in the store, as Longhorn would do:
 * a test reads that file, and data is really lost.
 *
 * Not doubled: attaching, data, engine failures, duplicate BackupVolumes (Longhorn 1.8 can make them), poll ticks,
 * expanding, how long copying takes, backing images, recurring jobs, Longhorn's admission webhook.
 *
 * Differs: a target is read at once, unless its annotation `bed/reading-takes-seconds` says how long that takes.
 *
 * Usage: node data-plane.ts KUBECONFIG SERVED_FOLDER LEDGER LONGHORN_VERSION
 */
import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../client.ts';
import { ApiError, Client, refOf } from '../client.ts';
import { readKubeconfig } from '../control-plane.ts';
import { backupUrl, readBackups, removeBackup, writeBackup } from './store.ts';

const API = 'longhorn.io/v1beta2';
const NAMESPACE = 'longhorn-system';
const FINALIZER = 'longhorn.io';
/** Longhorn's mark for "forget the object, keep the data", used when a target is disconnected. */
const OBJECT_ONLY = 'longhorn.io/delete-custom-resource-only';

const [kubeconfig = '', served = '', ledger = '', version = ''] = process.argv.slice(2);
const client = new Client(await readKubeconfig(kubeconfig));
const labelled = !version.startsWith('1.7'); // labels and spec of BackupVolumes came with 1.8
const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

const steps: Record<string, (object: KubeObject) => Promise<unknown>> = {
  Volume: async (volume) => {
    if (volume.metadata['deletionTimestamp']) return withoutFinalizer(volume);
    if (volume['status']?.state && volume['status'].state !== 'creating') return undefined;
    const copied = String(volume['spec'].dataSource ?? '').startsWith('snap://');
    return client.patchStatus(refOf(volume), {
      ...detached,
      ...(copied && {
        cloneStatus: { attemptCount: 0, nextAllowedAttemptAt: '', sourceVolume: '', snapshot: '', state: 'completed' },
      }),
    });
  },
  Snapshot: async (snapshot) => {
    if (snapshot.metadata['deletionTimestamp']) return withoutFinalizer(snapshot);
    if (snapshot['status']?.readyToUse) return undefined;
    const volume = await client.find({
      apiVersion: API,
      kind: 'Volume',
      namespace: NAMESPACE,
      name: snapshot['spec'].volume,
    });
    return client.patchStatus(refOf(snapshot), {
      readyToUse: true,
      userCreated: true,
      creationTime: now(),
      ownerID: 'node-1',
      size: 0,
      restoreSize: Number(volume?.['spec'].size ?? 0),
      parent: '',
      children: {},
      markRemoved: false,
      error: '',
    });
  },
  Backup: async (backup) => {
    if (backup.metadata['deletionTimestamp']) return lose(backup);
    if (!backup.metadata['finalizers']?.includes(FINALIZER))
      await client.patch(refOf(backup), {
        metadata: { finalizers: [...(backup.metadata['finalizers'] ?? []), FINALIZER] },
      });
    if (backup['status']?.state) return undefined;
    return backup['spec']?.snapshotName ? take(backup) : pull(backup);
  },
  BackupVolume: async (it) => (it.metadata['deletionTimestamp'] ? withoutFinalizer(it) : undefined),
  BackupTarget: async (target) => {
    const { backupTargetURL = '', syncRequestedAt } = target['spec'];
    const { lastSyncedAt, available } = target['status'] ?? {};
    if (backupTargetURL === '') return available ? disconnect(target) : undefined;
    if (!available && isStillReading(target)) return undefined;
    if (available && !(syncRequestedAt && (!lastSyncedAt || syncRequestedAt > lastSyncedAt))) return undefined;
    for (const stored of await readBackups(served)) await known(stored.volume, stored.backup, stored.storageClass);
    return client.patchStatus(refOf(target), {
      available: true,
      ownerID: 'node-1',
      lastSyncedAt: new Date(Math.max(Date.now(), Date.parse(syncRequestedAt ?? 0) || 0)).toISOString(),
      conditions: [{ type: 'Unavailable', status: 'False', reason: '', message: '' }],
    });
  },
  // Until Longhorn 1.7 the target was a Setting, and so Harvester until 1.4 writes one.
  Setting: async (setting) => {
    const field = { 'backup-target': 'backupTargetURL', 'backup-target-credential-secret': 'credentialSecret' }[
      setting.metadata.name
    ];
    if (field === undefined) return undefined;
    const target = await client.find({ apiVersion: API, kind: 'BackupTarget', namespace: NAMESPACE, name: 'default' });
    if (!target || target['spec'][field] === setting['value']) return undefined;
    return client.patch(refOf(target), { spec: { [field]: setting['value'], syncRequestedAt: now() } });
  },
};

/** Everything known of the target is forgotten, nothing on it is deleted. */
async function disconnect(target: KubeObject): Promise<void> {
  const label = { metadata: { labels: { [OBJECT_ONLY]: 'true' } } };
  for (const kind of ['Backup', 'BackupVolume'])
    for (const object of await client.list(API, kind, { namespace: NAMESPACE })) {
      await client.patch(refOf(object), label);
      await client.remove(refOf(object));
    }
  await client.patchStatus(refOf(target), { available: false });
}

/** A target of any size takes its time to be read. A test says how long, in an annotation. */
const readingSince = new Map<string, number>();
function isStillReading({ metadata, spec }: KubeObject): boolean {
  const seconds = Number(metadata.annotations?.['bed/reading-takes-seconds'] ?? 0);
  const key = `${metadata.uid} ${spec.backupTargetURL}`;
  const began = readingSince.get(key) ?? Date.now();
  readingSince.set(key, began);
  if (Date.now() - began < seconds * 1_000) return true;
  readingSince.delete(key);
  return false;
}

const detached = {
  ...{
    state: 'detached',
    robustness: 'unknown',
    ownerID: 'node-1',
    currentNodeID: '',
    pendingNodeID: '',
    currentImage: 'longhornio/longhorn-engine:bed',
  },
  ...{
    actualSize: 0,
    conditions: [],
    kubernetesStatus: {},
    frontendDisabled: false,
    isStandby: false,
    expansionRequired: false,
  },
  ...{
    lastBackup: '',
    lastBackupAt: '',
    lastDegradedAt: '',
    remountRequestedAt: '',
    shareEndpoint: '',
    shareState: '',
  },
  ...{ restoreInitiated: true, restoreRequired: false, offlineReplicaRebuildingRequired: false },
};

/** A backup that was asked for here: Longhorn would now copy the snapshot's blocks to the target. */
async function take(backup: KubeObject): Promise<void> {
  const volumeName = backup.metadata.labels?.['backup-volume'] ?? '';
  const volume = await client.find({ apiVersion: API, kind: 'Volume', namespace: NAMESPACE, name: volumeName });
  const sizeBytes = Number(volume?.['spec'].size ?? 0);
  await writeBackup(served, {
    volume: volumeName,
    backup: backup.metadata.name,
    snapshot: backup['spec'].snapshotName,
    sizeBytes,
    createdAt: now(),
  });
  await known(volumeName, backup.metadata.name);
  await complete(backup, volumeName, backup['spec'].snapshotName, sizeBytes);
}

/** A backup that was found in the store. */
async function pull(backup: KubeObject): Promise<void> {
  const stored = (await readBackups(served)).find((it) => it.backup === backup.metadata.name);
  if (stored) await complete(backup, stored.volume, stored.snapshot, stored.sizeBytes);
}

const complete = (backup: KubeObject, volumeName: string, snapshotName: string, sizeBytes: number) =>
  client.patchStatus(refOf(backup), {
    ...{
      state: 'Completed',
      progress: 100,
      error: '',
      messages: null,
      ownerID: 'node-1',
      lastSyncedAt: now(),
      snapshotName,
      volumeName,
    },
    ...{
      snapshotCreatedAt: now(),
      backupCreatedAt: now(),
      size: '1048576',
      volumeSize: String(sizeBytes),
      volumeCreated: now(),
    },
    ...{ url: backupUrl(volumeName, backup.metadata.name), ...(labelled ? { backupTargetName: 'default' } : {}) },
  });

/** Makes the objects for a backup in the store, where they are missing. */
async function known(volume: string, backup: string, storageClassName = ''): Promise<void> {
  const labels = { 'backup-volume': volume, ...(labelled ? { 'backup-target': 'default' } : {}) };
  const suffix = createHash('sha256').update(`${volume}-default`).digest('hex').slice(0, 8);
  const name = labelled ? `${volume}-${suffix}` : volume;
  const spec = labelled
    ? { volumeName: volume, backupTargetName: 'default', syncRequestedAt: now() }
    : { syncRequestedAt: now() };
  await createIfMissing({
    apiVersion: API,
    kind: 'BackupVolume',
    metadata: { name, namespace: NAMESPACE, finalizers: [FINALIZER], ...(labelled ? { labels } : {}) },
    spec,
  });
  await client.patchStatus(
    { apiVersion: API, kind: 'BackupVolume', namespace: NAMESPACE, name },
    { lastBackupName: backup, lastSyncedAt: now(), ownerID: 'node-1', storageClassName },
  );
  await createIfMissing({
    apiVersion: API,
    kind: 'Backup',
    metadata: { name: backup, namespace: NAMESPACE, finalizers: [FINALIZER], labels },
    spec: { snapshotName: '' },
  });
}

/** A Backup is being deleted: write it down, remove the data unless only the object is meant, let it go. */
async function lose(backup: KubeObject): Promise<void> {
  const objectOnly = OBJECT_ONLY in { ...backup.metadata.labels, ...backup.metadata.annotations };
  const volume: string = backup['status']?.volumeName || backup.metadata.labels?.['backup-volume'] || '';
  await appendFile(ledger, `${JSON.stringify({ backup: backup.metadata.name, volume, objectOnly, at: now() })}\n`);
  if (!objectOnly) await removeBackup(served, volume, backup.metadata.name);
  await withoutFinalizer(backup);
}

const withoutFinalizer = async (object: KubeObject) =>
  object.metadata['finalizers']?.includes(FINALIZER)
    ? client.patch(refOf(object), {
        metadata: { finalizers: object.metadata['finalizers'].filter((it: string) => it !== FINALIZER) },
      })
    : undefined;

async function createIfMissing(object: KubeObject): Promise<void> {
  await client.create(object).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  });
}

/** Conflicts, objects that went away meanwhile, an API server that is being restarted: the next round sees. */
function passing(error: unknown): undefined {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
}

process.stdout.write('ready\n');
for (;;) {
  for (const [kind, step] of Object.entries(steps)) {
    const objects = await client.list(API, kind, { namespace: NAMESPACE }).catch(passing);
    for (const object of objects ?? []) await step(object).catch(passing);
  }
  await sleep(250);
}
