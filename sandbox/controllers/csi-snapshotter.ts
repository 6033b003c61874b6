/**
 * The CSI snapshotter sidecar: fills the status of VolumeSnapshotContents and asks the driver to take and delete.
 *
 * Two habits decide over backups. A pre-provisioned content becomes ready without any look at its handle (Longhorn
 * cannot list snapshots, so the handle is believed). And a content is deleted on the storage only when it carries a
 * deletionTimestamp AND the being-deleted annotation (or was never bound), under the policy it has at that moment.
 *
 * What it does not do: group snapshots, secrets, drivers it was not given (their contents are left as they are).
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import { type CsiDriver, GrpcError } from './csi.ts';
import * as kinds from './kinds.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { isDeleting, recordEvent, setFinalizers, timestamp } from './objects.ts';
import { beingCreated, beingDeleted, contentFinalizer } from './snapshot-names.ts';

export interface SnapshotterOptions extends ControllerOptions {
  /** By name; one that is undefined at this moment is not served. */
  drivers: Record<string, CsiDriver | undefined>;
}

const component = 'csi-snapshotter';
const notFinal: ReadonlySet<string> = new Set(['Aborted', 'ResourceExhausted']);

export function startCsiSnapshotter(client: ApiClient, options: SnapshotterOptions): Controller {
  const loop = startLoop(component, options, reconcile);
  const unwatch = feed(client, kinds.Content, loop, options, (content, type) =>
    type === 'DELETED' || !options.drivers[content['spec'].driver] ? [] : [content.metadata.name],
  );
  return {
    async stop() {
      unwatch();
      await loop.stop();
    },
  };

  async function reconcile(name: string): Promise<Again> {
    const content = await client.get(kinds.Content, name);
    const driver = content && options.drivers[content['spec'].driver];
    if (!content || !driver) return;
    if (shouldDelete(content)) return erase(content, driver);
    if (content['status']?.readyToUse === true) return setBeingCreated(content, false);
    try {
      if (content['spec'].source.snapshotHandle !== undefined) return await believe(content);
      return await take(content, driver);
    } catch (error) {
      await reportFailure(content, error);
      // Nothing is under way after such an answer.
      if (error instanceof GrpcError && !notFinal.has(error.grpcCode)) await setBeingCreated(content, false);
      throw error;
    }
  }

  async function erase(content: KubeObject, driver: CsiDriver): Promise<undefined> {
    const handle: string | undefined = content['status']?.snapshotHandle;
    if (content['spec'].deletionPolicy === 'Delete' && handle) {
      try {
        await driver.deleteSnapshot(handle);
      } catch (error) {
        await recordEvent(client, content, 'Warning', 'SnapshotDeleteError', 'Failed to delete snapshot', component);
        throw error;
      }
      const cleared = { snapshotHandle: null, readyToUse: null, creationTime: null, restoreSize: null };
      await client.mergePatch(kinds.Content, content.metadata.name, undefined, { status: cleared }, 'status');
      return; // the change brings us back here, then without a handle
    }
    await setFinalizers(client, kinds.Content, content, { remove: [contentFinalizer] });
  }

  async function believe(content: KubeObject): Promise<undefined> {
    await requireClass(content);
    const old = content['status'] ?? {};
    await setStatus(content, {
      ...old,
      snapshotHandle: old.snapshotHandle ?? content['spec'].source.snapshotHandle,
      readyToUse: true,
      creationTime: old.creationTime ?? Date.now() * 1e6,
      error: null,
    });
  }

  async function take(content: KubeObject, driver: CsiDriver): Promise<Again> {
    const snapshotClass = await requireClass(content);
    const uid: string = content['spec'].volumeSnapshotRef.uid;
    // Later calls only ask how far it is, or try in vain once more; upstream puts the mark on for these, too.
    const { snapshotHandle, error } = content['status'] ?? {};
    if (!snapshotHandle && !error) await setBeingCreated(content, true);
    const taken = await driver.createSnapshot(`snapshot-${uid}`, content['spec'].source.volumeHandle, snapshotClass);
    const old = content['status'] ?? {};
    if (old.snapshotHandle !== taken.handle || old.readyToUse !== taken.ready)
      await setStatus(content, {
        snapshotHandle: taken.handle,
        readyToUse: taken.ready,
        creationTime: old.creationTime ?? taken.createdAt.getTime() * 1e6,
        ...(taken.sizeBytes > 0 ? { restoreSize: taken.sizeBytes } : {}),
        error: null,
      });
    await setBeingCreated(content, false);
    return taken.ready ? undefined : { afterMs: options.tickMs ?? 20 };
  }

  async function requireClass(content: KubeObject): Promise<KubeObject> {
    const name: string | undefined = content['spec'].volumeSnapshotClassName;
    const found = name ? await client.get(kinds.SnapshotClass, name) : undefined;
    if (found) return found;
    if (!name && content['spec'].source.snapshotHandle !== undefined) return content; // none named, none needed
    throw new Error(`failed to get snapshot class ${name} for snapshot content ${content.metadata.name}`);
  }

  async function setStatus(content: KubeObject, status: object): Promise<void> {
    await client.mergePatch(kinds.Content, content.metadata.name, undefined, { status }, 'status');
  }

  async function setBeingCreated(content: KubeObject, wanted: boolean): Promise<undefined> {
    const latest = (await client.get(kinds.Content, content.metadata.name)) ?? content;
    if ((latest.metadata.annotations?.[beingCreated] === 'yes') === wanted) return;
    const annotations = { [beingCreated]: wanted ? 'yes' : null };
    await client.mergePatch(kinds.Content, content.metadata.name, undefined, { metadata: { annotations } });
  }

  async function reportFailure(content: KubeObject, error: unknown): Promise<void> {
    const message = `Failed to check and update snapshot content: ${(error as Error).message}`;
    const latest = await client.get(kinds.Content, content.metadata.name);
    if (!latest || latest['status']?.error?.message === message) return;
    await setStatus(latest, { readyToUse: false, error: { time: timestamp(), message } });
    await recordEvent(client, latest, 'Warning', 'SnapshotContentCheckandUpdateFailed', message, component);
  }
}

function shouldDelete(content: KubeObject): boolean {
  if (!isDeleting(content)) return false;
  const { source, volumeSnapshotRef } = content['spec'];
  if (source.snapshotHandle !== undefined && !volumeSnapshotRef.uid) return true;
  const annotations = content.metadata.annotations ?? {};
  return !(beingCreated in annotations) && beingDeleted in annotations;
}
