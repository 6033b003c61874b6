import { backupHandle } from '../../shared/domain/handle.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { LinkedOwner, Owner } from './owner.ts';
import type { Content, OwnerReference, Snapshot } from '../../shared/objects/types.ts';
import type { Action, Identity, NewContent, NewSnapshot } from '../../shared/plan/action.ts';
import type { SwapNote } from './swap-note.ts';
import { writeNote } from './swap-note.ts';

/**
 * The two ways to repair a handle (docs/adr/0002). A handle is immutable, so both create a content. `createBeside` also
 * creates a snapshot; `swap` keeps the existing one.
 */

/**
 * Creates the right pair beside the wrong one, on Retain, under the names that Harvester would use. Does not touch the
 * old pair: relink-vmbackup switches the VMBackup once the new pair is bound and ready. Skips parts that exist already.
 */
export function createBeside(
  content: Content,
  owner: LinkedOwner,
  right: { volume: string; backup: string },
  existing: { snapshot: Snapshot | undefined; content: Content | undefined },
): Action[] {
  const { namespace } = owner.backup.metadata;
  const name = names.revisedName(content.spec.volumeSnapshotRef.name);
  const ownerReferences = [controllerReference(owner)];
  const className = content.spec.volumeSnapshotClassName;
  const newContent: NewContent = {
    ...contentHead,
    metadata: {
      name: names.contentName(name),
      annotations: marks(content.metadata.name, content.spec.deletionPolicy === 'Delete'),
      ownerReferences,
    },
    spec: {
      ...contentSpec(content, right),
      volumeSnapshotRef: { name, namespace },
    },
  };
  const newSnapshot: NewSnapshot = {
    apiVersion: kinds.VolumeSnapshot.apiVersion,
    kind: 'VolumeSnapshot',
    metadata: { name, namespace, ownerReferences },
    spec: {
      ...(className && { volumeSnapshotClassName: className }),
      source: { volumeSnapshotContentName: newContent.metadata.name },
    },
  };
  return [
    ...(existing.content === undefined ? [{ do: 'create', object: newContent } as const] : []),
    ...(existing.snapshot === undefined ? [{ do: 'create', object: newSnapshot } as const] : []),
  ];
}

/**
 * Swaps the content under its snapshot: note, Retain, delete, release, create, remove the note. Skips the steps that
 * the note and the objects show as done, so the same list finishes an interrupted swap.
 */
export function swap(
  content: Content,
  snapshot: Snapshot,
  note: SwapNote,
  now: SwapNote | 'unreadable' | undefined,
): Action[] {
  const target: Identity = identity('VolumeSnapshotContent', content);
  const noted = now !== undefined && now !== 'unreadable' && now.uid === note.uid && same(now.content, note.content);
  return [
    ...(noted ? [] : [annotate(snapshot, writeNote(note.uid, note.content))]),
    ...(content.spec.deletionPolicy === 'Retain'
      ? []
      : [
          {
            do: 'setPolicy',
            target: { ...target, resourceVersion: content.metadata.resourceVersion },
            from: 'Delete',
            to: 'Retain',
          } as const,
        ]),
    { do: 'deleteContent', target },
    ...(content.metadata.finalizers?.includes(names.BOUND_CONTENT_FINALIZER)
      ? [{ do: 'releaseContent', target } as const]
      : []),
    { do: 'create', object: note.content },
    removeNote(snapshot, noted ? undefined : writeNote(note.uid, note.content)),
  ];
}

/** The note of a swap: the content it will create, which gets Delete again once it is in use if the old one had it. */
export function swapNote(
  content: Content,
  snapshot: Snapshot,
  owner: Owner,
  right: { volume: string; backup: string },
  now: SwapNote | 'unreadable' | undefined,
): SwapNote {
  // A swap in progress has already put the content on Retain: only its note still knows the old policy.
  const begun = now !== undefined && now !== 'unreadable' && now.uid === content.metadata.uid ? now : undefined;
  const wasDelete =
    content.spec.deletionPolicy === 'Delete' ||
    content.metadata.annotations?.[names.DELETE_WHEN_READY_ANNOTATION] === 'Delete' ||
    begun?.content.metadata.annotations?.[names.DELETE_WHEN_READY_ANNOTATION] === 'Delete';
  const ownerReferences = livingOwners(content, owner);
  const { name, namespace, uid } = snapshot.metadata;
  const labels = content.metadata.labels;
  return {
    uid: content.metadata.uid,
    backup: right.backup,
    content: {
      ...contentHead,
      metadata: {
        name: content.metadata.name,
        ...(labels && Object.keys(labels).length > 0 && { labels }),
        annotations: {
          ...foreignAnnotations(content),
          // Only a pair of a VMBackup may delete its backup later; the pair of a restore, or of no owner, stays on
          // Retain.
          ...marks(content.metadata.name, wasDelete && owner.is === 'vmbackup'),
        },
        ...(ownerReferences.length > 0 && { ownerReferences }),
      },
      spec: { ...contentSpec(content, right), volumeSnapshotRef: { name, namespace, uid } },
    },
  };
}

/**
 * Recreates the content that a restore waits for, from its snapshot and its VMBackup. Empty if the snapshot names none.
 */
export function recreateForRestore(
  snapshot: Snapshot,
  restore: OwnerReference,
  right: { volume: string; backup: string },
): Action[] {
  const { name, namespace, uid } = snapshot.metadata;
  const contentName = snapshot.spec.source.volumeSnapshotContentName;
  if (!contentName) return [];
  const className = snapshot.spec.volumeSnapshotClassName;
  const object: NewContent = {
    ...contentHead,
    metadata: { name: contentName, annotations: marks(contentName, false), ownerReferences: [restore] },
    spec: {
      driver: names.LONGHORN_DRIVER,
      deletionPolicy: 'Retain',
      ...(className && { volumeSnapshotClassName: className }),
      source: { snapshotHandle: backupHandle(right.volume, right.backup) },
      volumeSnapshotRef: { name, namespace, uid },
    },
  };
  return [{ do: 'create', object }];
}

export const removeNote = (snapshot: Snapshot, from?: string): Action => annotate(snapshot, undefined, from);

const contentHead = { apiVersion: kinds.VolumeSnapshotContent.apiVersion, kind: 'VolumeSnapshotContent' } as const;

function contentSpec(content: Content, right: { volume: string; backup: string }) {
  const { volumeSnapshotClassName, sourceVolumeMode, driver } = content.spec;
  return {
    driver,
    deletionPolicy: 'Retain',
    ...(volumeSnapshotClassName && { volumeSnapshotClassName }),
    ...(sourceVolumeMode && { sourceVolumeMode }),
    source: { snapshotHandle: backupHandle(right.volume, right.backup) },
  } as const;
}

const marks = (replaces: string, arm: boolean): Record<string, string> => ({
  [names.REPLACES_ANNOTATION]: replaces,
  ...(arm && { [names.DELETE_WHEN_READY_ANNOTATION]: 'Delete' }),
});

/**
 * Annotations by other writers, without those that the snapshot controllers keep about the lifecycle of the old
 * content.
 */
function foreignAnnotations(content: Content): Record<string, string> {
  const own: string[] = [names.REPLACES_ANNOTATION, names.DELETE_WHEN_READY_ANNOTATION];
  return Object.fromEntries(
    Object.entries(content.metadata.annotations ?? {}).filter(
      ([key]) => !own.includes(key) && !key.startsWith('snapshot.storage.kubernetes.io/volumesnapshot-being-'),
    ),
  );
}

/** The owner references whose uid is current: with a stale uid, garbage collection would delete the new content. */
function livingOwners(content: Content, owner: Owner): OwnerReference[] {
  const living = 'backup' in owner ? owner.backup : owner.is === 'restore' ? owner.restore : undefined;
  return (content.metadata.ownerReferences ?? []).filter((o) => o.uid === living?.metadata.uid);
}

const controllerReference = ({ backup }: LinkedOwner): OwnerReference => ({
  apiVersion: kinds.VirtualMachineBackup.apiVersion,
  kind: 'VirtualMachineBackup',
  name: backup.metadata.name,
  uid: backup.metadata.uid,
  controller: true,
});

function annotate(snapshot: Snapshot, value: string | undefined, from?: string): Action {
  return {
    do: 'annotateSnapshot',
    target: identity('VolumeSnapshot', snapshot),
    key: names.SWAP_ANNOTATION,
    value,
    from: from ?? snapshot.metadata.annotations?.[names.SWAP_ANNOTATION],
  };
}

const identity = (kind: Ref['kind'], object: Content | Snapshot): Identity => ({
  kind,
  name: object.metadata.name,
  ...('namespace' in object.metadata && { namespace: object.metadata.namespace }),
  uid: object.metadata.uid,
});

// The same code writes both, so the key order is equal. A note of another shape is rewritten.
const same = (a: NewContent, b: NewContent): boolean => JSON.stringify(a) === JSON.stringify(b);
