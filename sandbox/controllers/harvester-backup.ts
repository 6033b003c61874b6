/**
 * Harvester's VirtualMachineBackup controller.
 *
 * A ready backup is left alone but for its metadata on the target: nobody looks whether its snapshots are still
 * there. One that is not ready gets what is missing, by name only: an existing content of the right name is used
 * whatever its handle says.
 *
 * What it does not do: volume by volume progress, the swallowing of errors in 1.9. An error that repeats is not written
 * again (upstream writes a new time with every try).
 */
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient, KubeObject } from '../api/types.ts';
import { createSnapshotPair, takesNewSnapshot } from './harvester-pairs.ts';
import { initialStatus } from './harvester-initial.ts';
import { type HarvesterContext, removeMetadata, uploadMetadata, whatIsMissing } from './harvester-metadata.ts';
import {
  type VolumeEntry,
  backupFinalizer,
  changedBack,
  checksExisting,
  isProgressing,
  isReady,
  setCondition,
  writesClaimName,
} from './harvester-names.ts';
import { checkScheduledBackup } from './harvester-schedule.ts';
import { isSameTarget, readTarget, snapshotClasses } from './harvester-settings.ts';
import * as kinds from './kinds.ts';
import { freeze, hasAgent } from './kubevirt.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import {
  controllerOf,
  hasFinalizer,
  isDeleting,
  keyOf,
  remove,
  setFinalizers,
  splitKey,
  timestamp,
} from './objects.ts';

const freezeAnnotation = 'harvesterhci.io/snapshotFreezeFS';

export function startBackupController(context: HarvesterContext, options: ControllerOptions): Controller {
  const { client } = context;
  const tickMs = options.tickMs ?? 20;
  const backups = startLoop('harvester/backups', options, reconcile);
  const longhorn = startLoop('harvester/longhorn-backups', options, stampLonghornBackup);
  const stops = [
    feed(client, kinds.VMBackup, backups, options, (backup, type) => (type === 'DELETED' ? [] : [keyOf(backup)])),
    feed(client, kinds.Snapshot, backups, options, (snapshot, type) => {
      const owner = controllerOf(snapshot);
      if (type === 'DELETED' || isDeleting(snapshot) || owner?.kind !== 'VirtualMachineBackup') return [];
      return [`${snapshot.metadata.namespace}/${owner.name}#${owner.uid}`];
    }),
    feed(client, kinds.Backup, longhorn, options, (backup, type) =>
      type === 'DELETED' || isDeleting(backup) || !backup['status']?.snapshotName ? [] : [backup.metadata.name],
    ),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await Promise.all([backups.stop(), longhorn.stop()]);
    },
  };

  async function reconcile(key: string): Promise<Again> {
    const [path, ownerUid] = key.split('#') as [string, string | undefined];
    const { namespace, name } = splitKey(path);
    const backup = await client.get(kinds.VMBackup, name, namespace);
    if (!backup || (ownerUid && backup.metadata.uid !== ownerUid)) return;
    if (isDeleting(backup)) return onRemove(backup);
    if (!hasFinalizer(backup, backupFinalizer)) {
      await setFinalizers(client, kinds.VMBackup, backup, { add: [backupFinalizer] });
      return;
    }
    // All handlers of one queue run, whether or not another of them fails.
    const results = await Promise.allSettled([onChange(backup), checkScheduledBackup(context, backup)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return results[0].status === 'fulfilled' ? results[0].value : undefined;
  }

  async function onChange(backup: KubeObject): Promise<Again> {
    if (isReady(backup)) return onReady(backup);
    try {
      if (!backup['status']?.source || !backup['status'].volumeBackups) {
        await client.update({ ...backup, status: await initialStatus(context, backup) });
        return;
      }
      const classes = await snapshotClasses(client, backup);
      const status = structuredClone(backup['status']);
      for (const entry of status.volumeBackups as VolumeEntry[]) {
        const again = await followSnapshot(backup, entry, classes);
        if (again) return again;
      }
      judge(backup, status);
      if (!isDeepStrictEqual(status, backup['status'])) await client.update({ ...backup, status });
      return;
    } catch (error) {
      await recordError(backup, (error as Error).message);
      throw error;
    }
  }

  async function onReady(backup: KubeObject): Promise<undefined> {
    if (Object.keys(backup['status'].csiDriverVolumeSnapshotClassNames ?? {}).length === 0) {
      const csiDriverVolumeSnapshotClassNames = await snapshotClasses(client, backup);
      await client.update({ ...backup, status: { ...backup['status'], csiDriverVolumeSnapshotClassNames } });
      return;
    }
    if (backup['spec'].type !== 'snapshot') await uploadMetadata(context, backup);
  }

  /** Copies the snapshot's state into the entry; makes the snapshot if it is missing. */
  async function followSnapshot(
    backup: KubeObject,
    entry: VolumeEntry,
    classes: Record<string, string>,
  ): Promise<Again> {
    if (!entry.name) return;
    let snapshot = await client.get(kinds.Snapshot, entry.name, backup.metadata.namespace);
    if (snapshot && isDeleting(snapshot)) return { afterMs: 4 * tickMs };
    if (!snapshot) {
      if (takesNewSnapshot(context, entry)) await tryFreeze(backup);
      snapshot = await createSnapshotPair(context, backup, entry, classes[entry.csiDriverName]!);
    }
    if (await verdictStands(backup, entry)) return;
    if (!snapshot['status']) return;
    copyField(entry, 'readyToUse', snapshot['status'].readyToUse);
    copyField(entry, 'creationTime', snapshot['status'].creationTime);
    copyField(entry, 'error', snapshot['status'].error);
    return;
  }

  /** After a scan found the data missing, the snapshot's word alone does not make the volume ready again. */
  async function verdictStands(backup: KubeObject, entry: VolumeEntry): Promise<boolean> {
    const conditions: { type: string; message?: string }[] = backup['status'].conditions ?? [];
    const stands = conditions.some(({ type, message }) => type === 'Ready' && message === changedBack);
    if (!checksExisting(context.version) || !stands) return false;
    return (await whatIsMissing(context, entry).catch(() => 'missing')) !== undefined;
  }

  function judge(backup: KubeObject, status: any): void {
    if (isProgressing(backup)) {
      setCondition(status, { type: 'InProgress', status: 'True', message: 'Operation in progress' });
      setCondition(status, { type: 'Ready', status: 'False', message: 'Not ready' });
    }
    const entries: VolumeEntry[] = status.volumeBackups;
    const ready = entries.every(({ readyToUse }) => readyToUse === true);
    const failed = entries.find(({ error }) => error);
    for (const entry of entries) if (entry.readyToUse === true) entry.progress = 100;
    if (ready) {
      status.creationTime = timestamp();
      status.progress = 100;
      delete status.error;
      setCondition(status, { type: 'InProgress', status: 'False', message: 'Operation complete' });
      setCondition(status, { type: 'Ready', status: 'True', message: 'Operation complete' });
    }
    if (failed) noteError(status, `VolumeSnapshot ${failed.name} in error state`);
    status.readyToUse = ready;
  }

  function noteError(status: any, message: string): void {
    if (status.error?.message !== message) status.error = { time: timestamp(), message };
    setCondition(status, { type: 'InProgress', status: 'False', reason: 'Error', message });
    setCondition(status, { type: 'Ready', status: 'False', message: 'Not Ready' });
  }

  async function recordError(backup: KubeObject, message: string): Promise<void> {
    const latest = await client.get(kinds.VMBackup, backup.metadata.name, backup.metadata.namespace);
    // The schema refuses a status without a source, so a backup that could not be begun shows no error.
    if (!latest?.['status']?.source || latest['status'].error?.message === message) return;
    const status = structuredClone(latest['status']);
    noteError(status, message);
    await client.update({ ...latest, status });
  }

  /**
   * Without a guest agent nothing is frozen; with one, a freeze that fails is an error. Up to 1.4 the annotation is
   * believed once it is there.
   */
  async function tryFreeze(backup: KubeObject): Promise<void> {
    const machine = await client.get(kinds.VMI, backup['spec'].source.name, backup.metadata.namespace);
    const said = backup.metadata.annotations?.[freezeAnnotation];
    if (!writesClaimName(context.version) || (said !== 'true' && said !== 'false')) {
      await annotate(client, backup, String(machine !== undefined && hasAgent(machine)));
    }
    if (backup.metadata.annotations?.[freezeAnnotation] !== 'true') return;
    if (!machine) throw new Error('virtual machine must be running for qemu-guest-agent-assisted snapshot/backup');
    await freeze(client, machine);
  }

  /** A backup taken here learns the name of its Longhorn Backup from the CSI snapshot's name. */
  async function stampLonghornBackup(name: string): Promise<void> {
    const own = await client.get(kinds.Backup, name, kinds.longhornNamespace);
    const snapshotName: string | undefined = own?.['status']?.snapshotName;
    if (!snapshotName) return;
    const content = await client.get(kinds.Content, snapshotName.replace('snapshot', 'snapcontent'));
    if (!content) return;
    const ref = content['spec'].volumeSnapshotRef;
    const snapshot = await client.get(kinds.Snapshot, ref.name, ref.namespace);
    const owner = snapshot && controllerOf(snapshot);
    if (owner?.kind !== 'VirtualMachineBackup') return;
    const backup = await client.get(kinds.VMBackup, owner.name, ref.namespace);
    if (!backup?.['status']?.backupTarget || backup.metadata.uid !== owner.uid) return;
    const status = structuredClone(backup['status']);
    for (const entry of status.volumeBackups) if (entry.name === ref.name) entry.longhornBackupName = name;
    if (isDeepStrictEqual(status, backup['status'])) backups.add(keyOf(backup));
    else await client.update({ ...backup, status });
  }

  /**
   * The file on the target goes with the backup, and so do its snapshots, by owner reference. A backup of another
   * target loses its snapshots here without their data being touched.
   */
  async function onRemove(backup: KubeObject): Promise<undefined> {
    if (!hasFinalizer(backup, backupFinalizer)) return;
    if (backup['status']?.backupTarget) {
      await removeMetadata(context, backup);
      if (!isSameTarget(backup, await readTarget(client)))
        for (const entry of backup['status'].volumeBackups ?? []) await dropPair(backup.metadata.namespace!, entry);
    }
    await setFinalizers(client, kinds.VMBackup, backup, { remove: [backupFinalizer] });
  }

  async function dropPair(namespace: string, entry: VolumeEntry): Promise<void> {
    const snapshot = await client.get(kinds.Snapshot, entry.name ?? '', namespace);
    if (!snapshot) return;
    const bound: string | undefined = snapshot['status']?.boundVolumeSnapshotContentName;
    const content = bound ? await client.get(kinds.Content, bound) : undefined;
    if (content) {
      await client.mergePatch(kinds.Content, content.metadata.name, undefined, { metadata: { finalizers: null } });
      await remove(client, kinds.Content, content.metadata.name);
    }
    await remove(client, kinds.Snapshot, snapshot.metadata.name, namespace);
  }
}

function copyField(entry: VolumeEntry, field: 'readyToUse' | 'creationTime' | 'error', value: unknown): void {
  if (value === undefined) delete entry[field];
  else Object.assign(entry, { [field]: value });
}

async function annotate(client: ApiClient, backup: KubeObject, frozen: string): Promise<void> {
  if (backup.metadata.annotations?.[freezeAnnotation] === frozen) return;
  const patched = await client.mergePatch(kinds.VMBackup, backup.metadata.name, backup.metadata.namespace, {
    metadata: { annotations: { [freezeAnnotation]: frozen } },
  });
  backup.metadata = patched.metadata;
}
