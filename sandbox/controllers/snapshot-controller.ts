/**
 * The snapshot controller: binds VolumeSnapshots and VolumeSnapshotContents to each other, copies status from content
 * to snapshot, and carries the deletion of a snapshot over to its content.
 *
 * What it does not do: group snapshots, default classes, volume mode checks, finalizers on source PVCs, several
 * workers. A deletion that waits for a pending PVC is looked at again by itself (upstream: at the next resync).
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import * as kinds from './kinds.ts';
import { type Again, type Controller, type ControllerOptions, feed, isNotFound, startLoop } from './loop.ts';
import { hasFinalizer, isDeleting, keyOf, recordEvent, remove, setFinalizers, splitKey, timestamp } from './objects.ts';
import {
  asSourceFinalizer,
  beingDeleted,
  boundFinalizer,
  contentFinalizer,
  dynamicContentName,
} from './snapshot-names.ts';

const component = 'snapshot-controller';

export function startSnapshotController(client: ApiClient, options: ControllerOptions): Controller {
  const snapshots = startLoop(`${component}/snapshots`, options, syncSnapshot);
  const contents = startLoop(`${component}/contents`, options, syncContent);
  const stops = [
    feed(client, kinds.Snapshot, snapshots, options, (snapshot, type) => {
      // Its content may wait for it.
      const content = contentNameOf(snapshot);
      if (content) contents.add(content);
      return type === 'DELETED' ? [] : [keyOf(snapshot)];
    }),
    feed(client, kinds.Content, contents, options, (content, type) => {
      const ref = content['spec'].volumeSnapshotRef;
      snapshots.add(`${ref.namespace}/${ref.name}`);
      return type === 'DELETED' ? [] : [content.metadata.name];
    }),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await snapshots.stop();
      await contents.stop();
    },
  };

  async function syncContent(name: string): Promise<undefined> {
    const content = await client.get(kinds.Content, name);
    const ref = content?.['spec'].volumeSnapshotRef;
    if (!content || !ref.uid) return; // not bound yet: the snapshot will do it
    if (!isDeleting(content) && !hasFinalizer(content, contentFinalizer)) {
      await setFinalizers(client, kinds.Content, content, { add: [contentFinalizer] });
      return;
    }
    // A content whose snapshot is missing is never deleted for that reason.
    const snapshot = await client.get(kinds.Snapshot, ref.name, ref.namespace);
    if (snapshot && snapshot.metadata.uid === ref.uid && isDeletionCandidate(snapshot)) await markBeingDeleted(content);
  }

  async function syncSnapshot(key: string): Promise<Again> {
    const { namespace, name } = splitKey(key);
    const snapshot = await client.get(kinds.Snapshot, name, namespace);
    if (!snapshot) return;
    if (isDeleting(snapshot)) return carryOutDeletion(snapshot);
    if (await addFinalizers(snapshot)) return;
    const bound: string | undefined = snapshot['status']?.boundVolumeSnapshotContentName;
    if (snapshot['status']?.readyToUse === true && bound) return checkReady(snapshot, bound);
    if (snapshot['spec'].source.volumeSnapshotContentName) return bindPreProvisioned(snapshot);
    return bindDynamic(snapshot);
  }

  async function addFinalizers(snapshot: KubeObject): Promise<boolean> {
    const content = await matchingContent(snapshot);
    const bound = snapshot['status']?.boundVolumeSnapshotContentName;
    const needsBound = content !== undefined && bound && content['spec'].deletionPolicy === 'Delete';
    const add = [asSourceFinalizer, ...(needsBound ? [boundFinalizer] : [])];
    if (add.every((finalizer) => hasFinalizer(snapshot, finalizer))) return false;
    await setFinalizers(client, kinds.Snapshot, snapshot, { add });
    return true;
  }

  /** The content the snapshot names, after a check that it fits and points back; undefined when there is none. */
  async function matchingContent(snapshot: KubeObject): Promise<KubeObject | undefined> {
    const preProvisioned = snapshot['spec'].source.volumeSnapshotContentName !== undefined;
    const content = await client.get(kinds.Content, contentNameOf(snapshot));
    if (!content) return undefined;
    if ((content['spec'].source.snapshotHandle !== undefined) !== preProvisioned) {
      const [is, expected] = preProvisioned
        ? ['dynamically provisioned', 'a pre-provisioned']
        : ['pre-provisioned', 'a dynamically provisioned'];
      return fail(
        snapshot,
        'SnapshotContentMismatch',
        `VolumeSnapshotContent is ${is} while expecting ${expected} one`,
      );
    }
    const ref = content['spec'].volumeSnapshotRef;
    const uidFits = ref.uid === snapshot.metadata.uid || (preProvisioned && !ref.uid);
    if (ref.name !== snapshot.metadata.name || ref.namespace !== snapshot.metadata.namespace || !uidFits) {
      const message = `VolumeSnapshotContent [${content.metadata.name}] is bound to a different snapshot`;
      return fail(snapshot, 'SnapshotContentMisbound', message);
    }
    return content;
  }

  async function checkReady(snapshot: KubeObject, bound: string): Promise<undefined> {
    const content = await client.get(kinds.Content, bound);
    if (!content) await reportError(snapshot, 'SnapshotContentMissing', 'VolumeSnapshotContent is missing');
    else if (!pointsBack(content, snapshot)) {
      const message = 'VolumeSnapshotContent is not bound to the VolumeSnapshot correctly';
      await reportError(snapshot, 'SnapshotMisbound', message);
    }
  }

  async function bindPreProvisioned(snapshot: KubeObject): Promise<undefined> {
    const content = await matchingContent(snapshot);
    if (!content) return fail(snapshot, 'SnapshotContentMissing', 'VolumeSnapshotContent is missing');
    const { volumeSnapshotRef, volumeSnapshotClassName } = content['spec'];
    let bound = content;
    if (!volumeSnapshotRef.uid || !volumeSnapshotClassName) {
      const wantedClass = snapshot['spec'].volumeSnapshotClassName;
      bound = await client.jsonPatch(kinds.Content, content.metadata.name, undefined, [
        { op: 'add', path: '/spec/volumeSnapshotRef/uid', value: snapshot.metadata.uid },
        ...(wantedClass ? [{ op: 'add' as const, path: '/spec/volumeSnapshotClassName', value: wantedClass }] : []),
      ]);
    }
    return copyStatus(snapshot, bound);
  }

  async function bindDynamic(snapshot: KubeObject): Promise<undefined> {
    const content = await matchingContent(snapshot);
    if (content) return copyStatus(snapshot, content);
    let made: KubeObject;
    try {
      made = await createContent(snapshot);
    } catch (error) {
      const message = `Failed to create snapshot content with error ${(error as Error).message}`;
      return fail(snapshot, 'SnapshotContentCreationFailed', message);
    }
    return copyStatus(snapshot, made);
  }

  /** Takes the PVC as it is today: a content that vanished comes back this way, whatever data it then holds. */
  async function createContent(snapshot: KubeObject): Promise<KubeObject> {
    const { name, namespace, uid } = snapshot.metadata;
    const className: string | undefined = snapshot['spec'].volumeSnapshotClassName;
    const snapshotClass = className ? await client.get(kinds.SnapshotClass, className) : undefined;
    if (!snapshotClass) throw new Error(`cannot find snapshot class ${className}`);
    const claim = await client.get(kinds.Claim, snapshot['spec'].source.persistentVolumeClaimName, namespace);
    if (!claim) throw new Error('cannot get claim from snapshot');
    if (claim['status']?.phase !== 'Bound') throw new Error(`the PVC ${claim.metadata.name} is not yet bound to a PV`);
    const volume = await client.get(kinds.PersistentVolume, claim['spec'].volumeName);
    if (!volume?.['spec'].csi) throw new Error('cannot find CSI PersistentVolumeSource for volume');
    return client.create({
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshotContent',
      metadata: { name: dynamicContentName(uid!) },
      spec: {
        driver: snapshotClass['driver'],
        deletionPolicy: snapshotClass['deletionPolicy'],
        volumeSnapshotClassName: className,
        source: { volumeHandle: volume['spec'].csi.volumeHandle },
        sourceVolumeMode: claim['spec'].volumeMode ?? 'Filesystem',
        volumeSnapshotRef: { apiVersion: snapshot.apiVersion, kind: snapshot.kind, name, namespace, uid },
      },
    });
  }

  async function copyStatus(snapshot: KubeObject, content: KubeObject): Promise<undefined> {
    const from = content['status'] ?? {};
    const old = snapshot['status'] ?? {};
    const status = {
      boundVolumeSnapshotContentName: old.boundVolumeSnapshotContentName ?? content.metadata.name,
      readyToUse: from.readyToUse ?? false,
      ...((old.creationTime ?? from.creationTime)
        ? { creationTime: old.creationTime ?? timestamp(new Date(from.creationTime / 1e6)) }
        : {}),
      ...((old.restoreSize ?? from.restoreSize) ? { restoreSize: old.restoreSize ?? quantity(from.restoreSize) } : {}),
      ...(from.error ? { error: from.error } : {}),
    };
    if (JSON.stringify(sorted(old)) === JSON.stringify(sorted(status))) return;
    await client.updateStatus({ ...snapshot, status });
  }

  async function carryOutDeletion(snapshot: KubeObject): Promise<Again> {
    if (!isDeletionCandidate(snapshot)) return;
    const bound = snapshot['status']?.boundVolumeSnapshotContentName;
    const found =
      bound || snapshot['spec'].source.persistentVolumeClaimName
        ? await client.get(kinds.Content, bound ?? contentNameOf(snapshot))
        : undefined;
    const content = found && pointsBack(found, snapshot) ? found : undefined;
    if (content && (await isRestoring(snapshot))) {
      const message = 'Snapshot is being used to restore a PVC';
      await recordEvent(client, snapshot, 'Warning', 'SnapshotDeletePending', message, component);
      return { afterMs: 8 * (options.tickMs ?? 20) };
    }
    if (content) await markBeingDeleted(content);
    const cascades = content?.['spec'].deletionPolicy === 'Delete';
    if (content && cascades) await remove(client, kinds.Content, content.metadata.name);
    const released = [asSourceFinalizer, ...(cascades ? [] : [boundFinalizer])];
    await setFinalizers(client, kinds.Snapshot, snapshot, { remove: released });
    return;
  }

  async function isRestoring(snapshot: KubeObject): Promise<boolean> {
    const claims = await client.list(kinds.Claim, { namespace: snapshot.metadata.namespace! });
    return claims.some(
      ({ spec, status }) =>
        spec?.dataSource?.kind === 'VolumeSnapshot' &&
        spec.dataSource.name === snapshot.metadata.name &&
        (status?.phase ?? 'Pending') === 'Pending',
    );
  }

  async function markBeingDeleted(content: KubeObject): Promise<void> {
    if (content.metadata.annotations?.[beingDeleted]) return;
    try {
      const annotations = { [beingDeleted]: 'yes' };
      await client.mergePatch(kinds.Content, content.metadata.name, undefined, { metadata: { annotations } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async function reportError(snapshot: KubeObject, reason: string, message: string): Promise<void> {
    if (snapshot['status']?.error?.message === message) return;
    const status = { ...snapshot['status'], readyToUse: false, error: { time: timestamp(), message } };
    await client.updateStatus({ ...snapshot, status });
    await recordEvent(client, snapshot, 'Warning', reason, message, component);
  }

  /** Writes the error to the snapshot and has it tried again. */
  async function fail(snapshot: KubeObject, reason: string, message: string): Promise<never> {
    await reportError(snapshot, reason, message);
    throw new Error(`${keyOf(snapshot)}: ${message}`);
  }
}

function contentNameOf(snapshot: KubeObject): string {
  return snapshot['spec'].source.volumeSnapshotContentName ?? dynamicContentName(snapshot.metadata.uid ?? '');
}

function pointsBack(content: KubeObject, snapshot: KubeObject): boolean {
  const { name, namespace, uid } = content['spec'].volumeSnapshotRef;
  return name === snapshot.metadata.name && namespace === snapshot.metadata.namespace && uid === snapshot.metadata.uid;
}

const isDeletionCandidate = (snapshot: KubeObject) =>
  isDeleting(snapshot) && (hasFinalizer(snapshot, asSourceFinalizer) || hasFinalizer(snapshot, boundFinalizer));

/** Bytes as Kubernetes prints them. */
const quantity = (bytes: number) => (bytes % 2 ** 30 === 0 ? `${bytes / 2 ** 30}Gi` : String(bytes));
const sorted = (fields: object) => Object.entries(fields).sort(([a], [b]) => a.localeCompare(b));
