/**
 * Harvester's VirtualMachineRestore controller: claims from snapshots, then the VM, then complete.
 *
 * In the backup's own namespace it uses the backup's snapshot (from 1.5 after a look at its handle, which can have
 * the backup relinked to a new pair). Into another namespace it makes its own pair from the backup's name, or uses
 * what has that name already, whatever its handle.
 *
 * What it does not do: progress, secrets of the VM, MAC addresses, admission, engines. A VM counts as running as soon
 * as its claims are bound: this is the KubeVirt of the sandbox.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../api/types.ts';
import type { HarvesterContext } from './harvester-metadata.ts';
import {
  type Condition,
  type VolumeEntry,
  isReady,
  lastRestoreAnnotation,
  repairsOnRestore,
  restoreContentName,
  restoreFinalizer,
  restoreNameAnnotation,
  restoredClaimName,
  setCondition,
} from './harvester-names.ts';
import { snapshotForRestore } from './harvester-restore-source.ts';
import * as kinds from './kinds.ts';
import { type Controller, type ControllerOptions, feed, isNotFound, startLoop } from './loop.ts';
import { hasFinalizer, isDeleting, keyOf, recordEvent, remove, setFinalizers, splitKey, timestamp } from './objects.ts';

interface VolumeRestore {
  volumeName: string;
  volumeBackupName: string;
  persistentVolumeClaimSpec: { metadata: { name: string; namespace: string }; spec: any };
}

export function startRestoreController(context: HarvesterContext, options: ControllerOptions): Controller {
  const { client } = context;
  const loop = startLoop('harvester/restores', options, reconcile);
  const byAnnotation = (object: KubeObject) => {
    const restore = object.metadata.annotations?.[restoreNameAnnotation];
    return restore && !isDeleting(object) ? [`${object.metadata.namespace}/${restore}`] : [];
  };
  const stops = [
    feed(client, kinds.VMRestore, loop, options, (restore, type) => (type === 'DELETED' ? [] : [keyOf(restore)])),
    feed(client, kinds.Claim, loop, options, byAnnotation),
    feed(client, kinds.VM, loop, options, byAnnotation),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await loop.stop();
    },
  };

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const restore = await client.get(kinds.VMRestore, name, namespace);
    if (!restore) return;
    if (isDeleting(restore)) return onRemove(restore);
    if (!hasFinalizer(restore, restoreFinalizer)) {
      await setFinalizers(client, kinds.VMRestore, restore, { add: [restoreFinalizer] });
      return;
    }
    if (restore['status']?.complete === true) return;
    if (!restore['status']) return begin(restore);
    try {
      await advance(restore, await usableBackup(restore));
    } catch (error) {
      await recordError(restore, (error as Error).message);
      throw error;
    }
  }

  async function begin(restore: KubeObject): Promise<void> {
    const message = 'Initializing VirtualMachineRestore';
    const status: { complete: boolean; conditions?: Condition[] } = { complete: false };
    setCondition(status, { type: 'InProgress', status: 'True', message });
    setCondition(status, { type: 'Ready', status: 'False', message });
    await client.update({ ...restore, status });
  }

  async function usableBackup(restore: KubeObject): Promise<KubeObject> {
    const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = restore['spec'];
    const backup = await client.get(kinds.VMBackup, name, namespace);
    if (!backup) throw new MissingBackup(`virtualmachinebackups.harvesterhci.io "${name}" not found`);
    if (!isReady(backup)) throw new Error(`VMBackup ${name} is not ready`);
    if (!backup['status'].source) throw new Error(`empty vm backup source spec of ${name}`);
    return backup;
  }

  async function advance(restore: KubeObject, backup: KubeObject): Promise<void> {
    const status = structuredClone(restore['status']);
    if (!status.restores) {
      status.restores = backup['status'].volumeBackups.map((entry: VolumeEntry) => volumeRestore(restore, entry));
      if (deletesOld(restore))
        status.deletedVolumes = backup['status'].volumeBackups.map(
          (entry: VolumeEntry) => entry.persistentVolumeClaim.metadata.name,
        );
      await client.update({ ...restore, status });
      return;
    }
    const bound = await restoreClaims(restore, backup);
    const vm = await restoreMachine(restore, backup);
    if (!restore.metadata.ownerReferences?.length) {
      const owner = { apiVersion: vm.apiVersion, kind: vm.kind, name: vm.metadata.name, uid: vm.metadata.uid! };
      const ownerReferences = [{ ...owner, controller: true, blockOwnerDeletion: true }];
      status.targetUID ??= vm.metadata.uid;
      await client.update({ ...restore, metadata: { ...restore.metadata, ownerReferences }, status });
      return;
    }
    if (!bound) {
      setCondition(status, { type: 'InProgress', status: 'True', message: 'Creating new PVCs' });
      setCondition(status, { type: 'Ready', status: 'False', message: 'Waiting for new PVCs' });
    } else {
      if (!vm['status']?.ready) return startMachine(vm); // its change brings us back
      await deleteOldClaims(restore);
      status.complete = true;
      status.restoreTime = timestamp();
      setCondition(status, { type: 'InProgress', status: 'False', message: 'Operation complete' });
      setCondition(status, { type: 'Ready', status: 'True', message: 'Operation complete' });
    }
    if (!isDeepStrictEqual(status, restore['status'])) await client.update({ ...restore, status });
  }

  function volumeRestore(restore: KubeObject, entry: VolumeEntry): VolumeRestore {
    const metadata = {
      name: restoredClaimName(restore, entry.volumeName),
      namespace: restore.metadata.namespace!,
    };
    const { volumeName } = entry;
    const persistentVolumeClaimSpec = { metadata, spec: entry.persistentVolumeClaim.spec };
    return { volumeName, volumeBackupName: entry.name!, persistentVolumeClaimSpec };
  }

  async function restoreClaims(restore: KubeObject, backup: KubeObject): Promise<boolean> {
    let bound = true;
    for (const [index, { persistentVolumeClaimSpec }] of (restore['status'].restores as VolumeRestore[]).entries()) {
      const { name } = persistentVolumeClaimSpec.metadata;
      const claim = await client.get(kinds.Claim, name, restore.metadata.namespace);
      if (!claim) await createClaim(restore, backup['status'].volumeBackups[index], name);
      if (claim?.['status']?.phase !== 'Bound') bound = false;
      else if (repairsOnRestore(context.version)) await checkVolume(claim);
    }
    return bound;
  }

  async function createClaim(restore: KubeObject, entry: VolumeEntry, name: string): Promise<void> {
    const dataSourceName = await snapshotForRestore(context, restore, entry);
    const { metadata, spec } = entry.persistentVolumeClaim;
    const copied = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith('pv.kubernetes.io'));
    await client.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name,
        namespace: restore.metadata.namespace!,
        ...(metadata.labels ? { labels: metadata.labels } : {}),
        annotations: { ...Object.fromEntries(copied), [restoreNameAnnotation]: restore.metadata.name },
        ownerReferences: [
          {
            apiVersion: restore.apiVersion,
            kind: restore.kind,
            name: restore.metadata.name,
            uid: restore.metadata.uid!,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        accessModes: spec.accessModes ?? ['ReadWriteMany'],
        dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: dataSourceName },
        resources: spec.resources ?? { requests: { storage: '10Gi' } },
        storageClassName: spec.storageClassName,
        volumeMode: spec.volumeMode ?? 'Block',
      },
    });
  }

  async function checkVolume(claim: KubeObject): Promise<void> {
    const volume = await client.get(kinds.Volume, claim['spec'].volumeName, kinds.longhornNamespace);
    const conditions: { type: string; reason?: string; message?: string }[] = volume?.['status']?.conditions ?? [];
    const failed = conditions.find(({ type, reason }) => type === 'Restore' && reason === 'RestoreFailure');
    if (failed) throw new Error(`volume ${claim['spec'].volumeName} restore failed: ${failed.message}`);
  }

  async function restoreMachine(restore: KubeObject, backup: KubeObject): Promise<KubeObject> {
    const { name } = restore['spec'].target;
    const namespace = restore.metadata.namespace!;
    const annotations = {
      [restoreNameAnnotation]: restore.metadata.name,
      [lastRestoreAnnotation]: `${restore.metadata.name}-${restore.metadata.uid}`,
    };
    const spec = structuredClone(backup['status'].source.spec);
    for (const volume of spec.template?.spec?.volumes ?? []) {
      const restored = restore['status'].restores.find((entry: VolumeRestore) => entry.volumeName === volume.name);
      if (volume.persistentVolumeClaim && restored)
        volume.persistentVolumeClaim.claimName = restored.persistentVolumeClaimSpec.metadata.name;
    }
    const vm = await client.get(kinds.VM, name, namespace);
    if (!vm)
      return client.create({
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachine',
        metadata: { name, namespace, annotations },
        spec: { runStrategy: 'RerunOnFailure', ...spec },
      });
    if (vm.metadata.annotations?.[lastRestoreAnnotation] === annotations[lastRestoreAnnotation]) return vm;
    const metadata = { ...vm.metadata, annotations: { ...vm.metadata.annotations, ...annotations } };
    return client.update({ ...vm, metadata, spec: { ...spec, runStrategy: 'Halted' } });
  }

  async function startMachine(vm: KubeObject): Promise<void> {
    const status = { ready: true, printableStatus: 'Running' };
    await client.mergePatch(kinds.VM, vm.metadata.name, vm.metadata.namespace, { status }, 'status');
  }

  async function deleteOldClaims(restore: KubeObject): Promise<void> {
    if (!deletesOld(restore)) return;
    for (const name of restore['status'].deletedVolumes ?? [])
      await remove(client, kinds.Claim, name, restore.metadata.namespace);
  }

  async function recordError(restore: KubeObject, message: string): Promise<void> {
    const latest = await client.get(kinds.VMRestore, restore.metadata.name, restore.metadata.namespace);
    if (!latest) return;
    const status = structuredClone(latest['status']);
    setCondition(status, { type: 'InProgress', status: 'False', reason: 'Error', message });
    setCondition(status, { type: 'Ready', status: 'False', reason: 'Error', message });
    if (isDeepStrictEqual(status, latest['status'])) return;
    const text = `VirtualMachineRestore encountered error ${message}`;
    await recordEvent(client, latest, 'Warning', 'VirtualMachineRestoreError', text, 'harvester-vm-restore-controller');
    await client.update({ ...latest, status });
  }

  /** Owner references take the snapshots along; the contents must be deleted by hand. */
  async function onRemove(restore: KubeObject): Promise<void> {
    if (!hasFinalizer(restore, restoreFinalizer)) return;
    if (restore['status']) {
      try {
        const backup = await usableBackup(restore);
        for (const entry of backup['status'].volumeBackups as VolumeEntry[])
          await remove(client, kinds.Content, restoreContentName(restore, entry.name!));
      } catch (error) {
        if (!(error instanceof MissingBackup) && !isNotFound(error)) throw error;
      }
    }
    await setFinalizers(client, kinds.VMRestore, restore, { remove: [restoreFinalizer] });
  }
}

class MissingBackup extends Error {}

const deletesOld = (restore: KubeObject) =>
  restore['spec'].newVM !== true && restore['spec'].deletionPolicy !== 'retain';
