import type { Identity, NewMeta, Target } from './target.ts';
import type { DrillAction, Mark, NewClaim, NewNamespace, NewPod } from './scratch-action.ts';
import { describeDrillAction } from './scratch-action.ts';
import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import { PROBE_LABEL } from '../domain/names.ts';

export type { Identity, Target } from './target.ts';

/**
 * Everything Gleaner can do to a cluster. There is no action that deletes a Longhorn object, and none that deletes a
 * snapshot or content without the writer first reading that the content is on Retain.
 */
export type Action =
  | CreateAction
  | SetPolicyAction
  | UnbindContentAction
  | DeleteSnapshotAction
  | DeleteContentAction
  | ReleaseContentAction
  | AnnotateSnapshotAction
  | SwitchEntriesAction
  | SyncTargetAction
  | RescanTargetAction
  | DrillAction
  | RecordAction;

/** Records what was found; none of these changes how anything works. */
export type RecordAction = RecordEventAction | PutReportAction | AnnotateClassAction | NoteContentAction;

export interface NewContent {
  readonly apiVersion: 'snapshot.storage.k8s.io/v1';
  readonly kind: 'VolumeSnapshotContent';
  readonly metadata: NewMeta;
  readonly spec: {
    readonly driver: string;
    /** A content is always created on Retain: no failure before it is in use can delete data. */
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
    readonly source:
      | { readonly volumeSnapshotContentName: string }
      /** The snapshot is taken of this claim. */
      | { readonly persistentVolumeClaimName: string };
  };
}

/**
 * Creates an object. If the name is taken, the writer compares: an equal object counts as done, any other is a
 * conflict.
 */
export interface CreateAction {
  readonly do: 'create';
  readonly object: NewContent | NewSnapshot | NewClaim | NewPod | NewNamespace;
}

/** Changes a content's deletionPolicy. In every plan, changes to `Retain` come before changes to `Delete`. */
export interface SetPolicyAction {
  readonly do: 'setPolicy';
  readonly target: Target;
  readonly from: 'Delete' | 'Retain';
  readonly to: 'Delete' | 'Retain';
  /** Also removes Gleaner's note of the policy to restore, in the same write. */
  readonly dropArmNote?: boolean;
  /** Also notes the present policy, in the same write, so that it is restored once the content is in use. */
  readonly addArmNote?: boolean;
  /** Also labels the content, in the same write, so that its owner is known when its snapshot is gone. */
  readonly mark?: Mark;
}

/**
 * Unbinds a content on Retain from a snapshot that no longer exists: removes the old uid from its reference, and the
 * being-deleted annotation. The writer first verifies that no snapshot has that uid.
 */
export interface UnbindContentAction {
  readonly do: 'unbindContent';
  readonly target: Identity;
  readonly snapshot: { readonly name: string; readonly namespace: string; readonly uid: string };
}

/** Deletes a snapshot whose content is on Retain; the writer reads the content again before it asks for the deletion. */
export interface DeleteSnapshotAction {
  readonly do: 'deleteSnapshot';
  readonly target: Target;
  /** The content that must be on Retain and have this uid. Without a uid: the content that must not exist. */
  readonly content: { readonly name: string; readonly uid?: string };
}

/**
 * Deletes a content on Retain. The writer reads it again first and deletes only the version it read, because an earlier
 * action of the same plan may have changed the version. A bound content remains, in deletion, until its snapshot is
 * gone.
 */
interface DeleteContentAction {
  readonly do: 'deleteContent';
  readonly target: Identity;
}

/**
 * Removes the bound-protection finalizer from a content on Retain that Gleaner itself deleted, so that the content can
 * be recreated under its name while its snapshot stays. Does nothing if the content is gone.
 */
export interface ReleaseContentAction {
  readonly do: 'releaseContent';
  readonly target: Identity;
}

/** Sets or removes (`value` undefined) one annotation of a snapshot. Guarded by uid and by the present value. */
export interface AnnotateSnapshotAction {
  readonly do: 'annotateSnapshot';
  readonly target: Identity;
  readonly key: string;
  readonly value: string | undefined;
  /** The present value; undefined if there is none. */
  readonly from: string | undefined;
}

/** Points entries of a VMBackup at other snapshots, in one JSON patch that tests identity and every old name. */
export interface SwitchEntriesAction {
  readonly do: 'switchEntries';
  readonly target: Target;
  readonly entries: readonly EntrySwitch[];
  /** Whether the object has any annotations: JSON patch cannot add to a missing map. */
  readonly hasAnnotations: boolean;
}

export interface EntrySwitch {
  /** Position in `status.volumeBackups`, guarded by tests on both names. */
  readonly index: number;
  readonly volumeName: string;
  readonly from: string;
  readonly to: string;
}

/** Requests a Longhorn sync of the backup target. This is the only write to a Longhorn object. */
export interface SyncTargetAction {
  readonly do: 'syncTarget';
  readonly target: Identity;
  /** RFC 3339. Longhorn syncs if this is later than its last sync. */
  readonly at: string;
  /** A requested time in the future that `at` replaces. Any other later time is kept. */
  readonly insteadOf?: string;
}

/**
 * Makes Harvester scan the backup target: removes the hash from the Setting and adds Gleaner's note, in one write. The
 * writer reads the hash that it tests for; the plan contains neither the hash nor the value.
 */
export interface RescanTargetAction {
  readonly do: 'rescanTarget';
  readonly target: Target;
  /** Without a hash only the note is written: Harvester up to 1.4.1 scans on any write. */
  readonly hasHash: boolean;
  readonly note: string;
  /** If given, sets refreshIntervalInSeconds in the value, in the same write. */
  readonly intervalSeconds?: number;
}

/**
 * Records a Kubernetes Event under a deterministic name. An existing Event is counted once more in its series, the only
 * part of an Event that can be changed. An Event that expired in between is created again; an Event that another process
 * created in between counts as done.
 */
export interface RecordEventAction {
  readonly do: 'recordEvent';
  /** The Event. */
  readonly target: Ref & { readonly kind: 'Event'; readonly namespace: string };
  readonly event: {
    readonly type: 'Normal' | 'Warning';
    readonly reason: string;
    /** What Gleaner was doing. */
    readonly action: string;
    readonly note: string;
    readonly regarding: Identity;
    readonly related?: Ref;
    readonly controller: string;
  };
  /** RFC 3339 with microseconds. */
  readonly at: string;
  /** The Event as it exists now. */
  readonly seen?: { readonly uid: string; readonly resourceVersion: string; readonly count: number };
}

/** Sets Gleaner's annotations on a StorageClass to these values (undefined removes one) and leaves all others. */
export interface AnnotateClassAction {
  readonly do: 'annotateClass';
  readonly target: Target & { readonly kind: 'StorageClass' };
  readonly annotations: Readonly<Record<string, string | undefined>>;
}

/** Creates or replaces the report about one object. Guarded by uid and version of the report that was seen. */
export interface PutReportAction {
  readonly do: 'putReport';
  readonly target: Ref & { readonly kind: 'PolicyReport' | 'Report' | 'ClusterPolicyReport' | 'ClusterReport' };
  /** The object it is about, which becomes its owner: garbage collection removes both together. */
  readonly about: Identity;
  readonly results: readonly ReportResult[];
  readonly seen?: { readonly uid: string; readonly resourceVersion: string };
}

/** Sets one annotation of Gleaner's own on a content. Only the snapshot controllers watch contents. */
export interface NoteContentAction {
  readonly do: 'noteContent';
  readonly target: Target;
  readonly key: string;
  readonly value: string;
  /** Whether the object has any annotations: JSON patch cannot add to a missing map. */
  readonly hasAnnotations: boolean;
}

export interface ReportResult {
  readonly policy: string;
  readonly rule: string;
  readonly result: 'pass' | 'fail' | 'warn' | 'error' | 'skip';
  readonly severity?: 'high' | 'medium' | 'low';
  readonly message: string;
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
  readonly properties: Readonly<Record<string, string>>;
}

/** Describes the action in one line for people, and names the object. */
export function describeAction(action: Action): string {
  switch (action.do) {
    case 'create': {
      const { kind, metadata } = action.object;
      const what = describeRef({
        kind,
        name: metadata.name,
        ...('namespace' in metadata && { namespace: metadata.namespace }),
      });
      switch (action.object.kind) {
        case 'VolumeSnapshotContent':
          return `create ${what} with handle ${action.object.spec.source.snapshotHandle} (Retain)`;
        case 'VolumeSnapshot':
          return 'volumeSnapshotContentName' in action.object.spec.source
            ? `create ${what} on content ${action.object.spec.source.volumeSnapshotContentName}`
            : `create ${what} of claim ${action.object.spec.source.persistentVolumeClaimName}`;
        case 'PersistentVolumeClaim':
          return `create ${what}${action.object.spec.dataSource === undefined ? '' : ` from snapshot ${action.object.spec.dataSource.name}`}`;
        case 'Pod':
          return `create ${what}, ${metadata.labels?.[PROBE_LABEL] === undefined ? 'which reads the restored volume' : 'so that its claim is provisioned'}`;
        case 'Namespace':
          return `create ${what}`;
      }
    }
    case 'setPolicy':
      return action.from === action.to
        ? `mark ${describeRef(action.target)} (${action.to})`
        : `set deletionPolicy of ${describeRef(action.target)} from ${action.from} to ${action.to}`;
    case 'unbindContent':
      return `clear the uid of the lost snapshot in ${describeRef(action.target)}`;
    case 'deleteSnapshot':
      return `delete ${describeRef(action.target)} (its content ${action.content.name} is ${action.content.uid === undefined ? 'gone' : 'on Retain'}: no data is deleted)`;
    case 'deleteContent':
      return `delete ${describeRef(action.target)} (deletionPolicy Retain: no data is deleted)`;
    case 'releaseContent':
      return `remove the bound-protection finalizer from ${describeRef(action.target)}, so that it can be recreated`;
    case 'annotateSnapshot':
      return `${action.value === undefined ? 'remove' : 'set'} annotation ${action.key} on ${describeRef(action.target)}`;
    case 'syncTarget':
      return `request a Longhorn sync of ${describeRef(action.target)}`;
    case 'rescanTarget':
      return `remove Harvester’s hash from ${describeRef(action.target)}, so that Harvester scans the target again${action.intervalSeconds === undefined ? '' : `, from now on every ${action.intervalSeconds} s`}`;
    case 'recordEvent':
      return `record event ${action.event.reason} on ${describeRef(action.event.regarding)}`;
    case 'annotateClass': {
      const all = Object.entries(action.annotations);
      const set = all.filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`);
      return set.length === 0
        ? `remove ${all.length} of Gleaner’s annotations from ${describeRef(action.target)}`
        : `annotate ${describeRef(action.target)}: ${set.join('; ')}`;
    }
    case 'putReport':
      return `${action.seen === undefined ? 'write' : 'update'} ${describeRef(action.target)} about ${describeRef(action.about)}`;
    case 'noteContent':
      return `note ${action.key} on ${describeRef(action.target)}`;
    case 'deleteDrilled':
    case 'deleteTaken':
    case 'putDrill':
      return describeDrillAction(action);
    case 'switchEntries':
      return `point ${describeRef(action.target)} at ${action.entries.map((e) => `${e.to} (volume ${e.volumeName})`).join(', ')}`;
  }
}
