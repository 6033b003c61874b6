/**
 * Longhorn's volumes: how one is restored from a backup, and what goes with it when it is deleted.
 *
 *   made → restoreInitiated, restoreRequired → condition Restore True (attached by itself) → restoreRequired false, detached
 *
 * A claim is Bound long before that. Until a PersistentVolume uses the volume, `kubernetesStatus` is what the backup
 * recorded of its own volume; a volume that is deleted takes the claim with it that stands there without `lastPVCRefAt`.
 *
 * A volume made from a snapshot in the cluster is copied in the same way, and `cloneStatus` tells.
 *
 * What it does not do: replicas, engines, attaching for pods, resizing, snapshots, recurring jobs, clones of volumes.
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import type { BackupStore } from './backup-store.ts';
import * as kinds from './kinds.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { isDeleting, remove, timestamp } from './objects.ts';

/** What becomes of restores: they work, they never end, or all their replicas fail. */
export type Restoring = 'work' | 'hang' | 'fail';

export interface VolumesOptions extends ControllerOptions {
  store: BackupStore;
  restoring: () => Restoring;
}

export interface Volumes extends Controller {
  /** Looks at all again, since restores go another way now. */
  again(): Promise<void>;
}

const namespace = kinds.longhornNamespace;

export function startVolumes(client: ApiClient, options: VolumesOptions): Volumes {
  const tickMs = options.tickMs ?? 20;
  const loop = startLoop('longhorn-volumes', options, reconcile);
  const unwatch = feed(client, kinds.Volume, loop, options, (volume, type) =>
    type === 'DELETED' ? [] : [volume.metadata.name],
  );
  return {
    async again() {
      for (const volume of await client.list(kinds.Volume, { namespace })) loop.add(volume.metadata.name);
    },
    async stop() {
      unwatch();
      await loop.stop();
    },
  };

  async function reconcile(name: string): Promise<Again> {
    const volume = await client.get(kinds.Volume, name, namespace);
    const url: string = volume?.['spec']?.fromBackup ?? '';
    if (!volume || isDeleting(volume)) return;
    if (String(volume['spec']?.dataSource ?? '').startsWith('snap://')) return copy(volume);
    if (url === '') return;
    const { restoreInitiated, restoreRequired, conditions = [] } = volume['status'] ?? {};
    const from = new URLSearchParams(url.split('?')[1]);
    const backup = from.get('backup') ?? '';
    if (restoreInitiated !== true) {
      const kubernetesStatus = await recorded(backup);
      await setStatus(name, { state: 'detached', restoreInitiated: true, restoreRequired: true, kubernetesStatus });
      return { afterMs: tickMs };
    }
    const said = conditions.find(({ type }: { type: string }) => type === 'Restore');
    if (restoreRequired !== true || said?.reason === 'RestoreFailure') return;
    if (!options.store.has(from.get('volume') ?? '', backup) || options.restoring() === 'fail') {
      const message = 'All replica restore failed and the volume became Faulted';
      await setStatus(name, {
        state: 'detached',
        robustness: 'faulted',
        conditions: [restore('RestoreFailure', message)],
      });
      return;
    }
    if (said?.reason !== 'RestoreInProgress') {
      await setStatus(name, { state: 'attached', conditions: [restore('RestoreInProgress')] });
      return { afterMs: tickMs };
    }
    if (options.restoring() === 'hang') return;
    await setStatus(name, { state: 'detached', restoreRequired: false, conditions: [restore('')] });
    return;
  }

  async function copy(volume: KubeObject): Promise<undefined> {
    const ends = { work: 'completed', hang: 'initiated', fail: 'failed' } as const;
    const state = ends[options.restoring()];
    const before = volume['status']?.cloneStatus?.state;
    if (before === state || before === 'completed') return;
    await setStatus(volume.metadata.name, { state: 'detached', cloneStatus: { state } });
  }

  async function recorded(backup: string): Promise<object | null> {
    const { labels, snapshotCreatedAt } = (await client.get(kinds.Backup, backup, namespace))?.['status'] ?? {};
    if (!labels?.KubernetesStatus) return null;
    const { pvcName, namespace: at, lastPVCRefAt } = JSON.parse(labels.KubernetesStatus);
    return { pvcName, namespace: at, lastPVCRefAt: lastPVCRefAt || snapshotCreatedAt || '' };
  }

  async function setStatus(name: string, status: object): Promise<void> {
    await client.mergePatch(kinds.Volume, name, namespace, { status }, 'status');
  }
}

const restore = (reason: string, message = '') => ({
  type: 'Restore',
  status: reason === 'RestoreInProgress' ? 'True' : 'False',
  reason,
  message,
  lastTransitionTime: timestamp(),
});

/** A PersistentVolume uses the volume now. */
export async function volumeInUse(client: ApiClient, name: string, claim: KubeObject): Promise<void> {
  const kubernetesStatus = { pvcName: claim.metadata.name, namespace: claim.metadata.namespace, lastPVCRefAt: '' };
  await client.mergePatch(kinds.Volume, name, namespace, { status: { kubernetesStatus } }, 'status');
}

export async function deleteVolume(client: ApiClient, name: string): Promise<void> {
  const {
    pvcName,
    namespace: at,
    lastPVCRefAt,
  } = (await client.get(kinds.Volume, name, namespace))?.['status']?.kubernetesStatus ?? {};
  if (pvcName && !lastPVCRefAt) await remove(client, kinds.Claim, pvcName, at);
  await remove(client, kinds.Volume, name, namespace);
}
