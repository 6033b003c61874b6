import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';

/**
 * Everything Gleaner can do to a cluster. There is no action that deletes a Longhorn object, and none that deletes a
 * snapshot or content without the writer first reading that the content is on Retain.
 */
export type Action =
  | CreateAction
  | SetPolicyAction
  | DeleteSnapshotAction
  | DeleteContentAction
  | ReleaseContentAction
  | AnnotateSnapshotAction
  | SwitchEntriesAction;

/** Names one object as it was observed: a write to another object of that name, or to a later version, is refused. */
export interface Target extends Ref {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface NewContent {
  readonly apiVersion: 'snapshot.storage.k8s.io/v1';
  readonly kind: 'VolumeSnapshotContent';
  readonly metadata: NewMeta;
  readonly spec: {
    readonly driver: string;
    /** A content is always born on Retain: nothing that goes wrong before it is in use can erase data. */
    readonly deletionPolicy: 'Retain';
    readonly volumeSnapshotClassName?: string;
    readonly sourceVolumeMode?: string;
    readonly source: { readonly snapshotHandle: string };
    readonly volumeSnapshotRef: { readonly name: string; readonly namespace: string; readonly uid?: string };
  };
}

export interface NewSnapshot {
  readonly apiVersion: 'snapshot.storage.k8s.io/v1';
  readonly kind: 'VolumeSnapshot';
  readonly metadata: NewMeta & { readonly namespace: string };
  readonly spec: {
    readonly volumeSnapshotClassName?: string;
    readonly source: { readonly volumeSnapshotContentName: string };
  };
}

interface NewMeta {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

/** Creates an object. If the name is taken, the writer compares: the same object counts as done, another is a conflict. */
export interface CreateAction {
  readonly do: 'create';
  readonly object: NewContent | NewSnapshot;
}

/** Moves a content between `Delete` and `Retain`; `disarm` actions come before `arm` actions in every plan. */
export interface SetPolicyAction {
  readonly do: 'setPolicy';
  readonly target: Target;
  readonly from: 'Delete' | 'Retain';
  readonly to: 'Delete' | 'Retain';
  /** Removes Gleaner's note of the policy to take, in the same write. */
  readonly dropArmNote?: boolean;
}

/** Deletes a snapshot whose content is on Retain; the writer reads the content again before it asks for the deletion. */
export interface DeleteSnapshotAction {
  readonly do: 'deleteSnapshot';
  readonly target: Target;
  /** The content that must be on Retain, under this uid. */
  readonly content: { readonly name: string; readonly uid: string };
}

/** Deletes a content on Retain; the writer reads it again first. A bound one stays, in deletion, until its snapshot goes. */
export interface DeleteContentAction {
  readonly do: 'deleteContent';
  readonly target: Target;
}

/**
 * Takes the bound-protection finalizer off a content that is on Retain and that Gleaner itself has put into deletion, so
 * that it can be created again under its name while its snapshot stays. Does nothing when the content is already gone.
 */
export interface ReleaseContentAction {
  readonly do: 'releaseContent';
  readonly name: string;
  readonly uid: string;
}

/** Sets or removes (undefined) one annotation of a snapshot. */
export interface AnnotateSnapshotAction {
  readonly do: 'annotateSnapshot';
  readonly target: Target;
  readonly key: string;
  readonly value: string | undefined;
  /** What is there now; undefined when there is none. */
  readonly from: string | undefined;
  /** Whether the snapshot has any annotations: JSON patch cannot add to a map that is not there. */
  readonly hasAnnotations: boolean;
}

/** Points entries of a VMBackup at other snapshots: one JSON patch, with tests on identity and on every old name. */
export interface SwitchEntriesAction {
  readonly do: 'switchEntries';
  readonly target: Target;
  readonly entries: readonly EntrySwitch[];
  readonly hasAnnotations: boolean;
  readonly marked: boolean;
}

export interface EntrySwitch {
  /** Position in `status.volumeBackups`, guarded by tests on both names. */
  readonly index: number;
  readonly volumeName: string;
  readonly from: string;
  readonly to: string;
}

/** One line a person understands, naming the object. */
export function describeAction(action: Action): string {
  switch (action.do) {
    case 'create': {
      const { kind, metadata } = action.object;
      const what = describeRef({ kind, name: metadata.name, ...('namespace' in metadata && { namespace: metadata.namespace }) });
      return action.object.kind === 'VolumeSnapshotContent'
        ? `create ${what} with handle ${action.object.spec.source.snapshotHandle} (Retain)`
        : `create ${what} on content ${action.object.spec.source.volumeSnapshotContentName}`;
    }
    case 'setPolicy':
      return `set deletionPolicy of ${describeRef(action.target)} from ${action.from} to ${action.to}`;
    case 'deleteSnapshot':
      return `delete ${describeRef(action.target)} (its content ${action.content.name} is on Retain: no data goes)`;
    case 'deleteContent':
      return `delete ${describeRef(action.target)} (on Retain: no data goes)`;
    case 'releaseContent':
      return `take the bound-protection finalizer off VolumeSnapshotContent ${action.name}, so that it can be created anew`;
    case 'annotateSnapshot':
      return `${action.value === undefined ? 'remove' : 'set'} annotation ${action.key} on ${describeRef(action.target)}`;
    case 'switchEntries':
      return `point ${describeRef(action.target)} at ${action.entries.map((e) => `${e.to} (volume ${e.volumeName})`).join(', ')}`;
  }
}
