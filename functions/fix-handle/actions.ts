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
 * The two ways to a right handle (docs/adr/0002). A handle is immutable, so both create a content; they differ in
 * whether the snapshot stays.
 */

/**
 * Creates the right pair beside the wrong one, on Retain, under the names Harvester itself would give. The old pair is
 * not touched: relink-vmbackup switches and retires once the new one is bound and ready. Parts that exist are left out.
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
 * Swaps the content under its snapshot: note, Retain, delete, release, create, remove the note. Steps already taken (as
 * the note and the objects show) are left out, so that a swap broken off anywhere is finished by the same list.
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

/** What a swap will create. `arm`: the new content is to be on Delete again once it is in use. */
export function swapNote(
  content: Content,
  snapshot: Snapshot,
  owner: Owner,
  right: { volume: string; backup: string },
  now: SwapNote | 'unreadable' | undefined,
): SwapNote {
  // A swap that was begun has already put the content on Retain: only its note knows what the policy was.
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
          // Only what a VMBackup uses is freed with it; a restore's pair and nobody's pair stay on Retain.
          ...marks(content.metadata.name, wasDelete && owner.is === 'vmbackup'),
        },
        ...(ownerReferences.length > 0 && { ownerReferences }),
      },
      spec: { ...contentSpec(content, right), volumeSnapshotRef: { name, namespace, uid } },
    },
  };
}

/** The content a restore is waiting for, made anew from what its snapshot and its VMBackup say. */
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

/** What others wrote on the content, less the snapshot controllers' notes about the old one's life. */
function foreignAnnotations(content: Content): Record<string, string> {
  const own: string[] = [names.REPLACES_ANNOTATION, names.DELETE_WHEN_READY_ANNOTATION];
  return Object.fromEntries(
    Object.entries(content.metadata.annotations ?? {}).filter(
      ([key]) => !own.includes(key) && !key.startsWith('snapshot.storage.kubernetes.io/volumesnapshot-being-'),
    ),
  );
}

/** An owner reference with a stale uid would have garbage collection take the new object. */
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

// Both were written by the same code, key by key in the same order; a note of another shape is simply written anew.
const same = (a: NewContent, b: NewContent): boolean => JSON.stringify(a) === JSON.stringify(b);
