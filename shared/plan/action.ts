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

/** Writes down what was found; changes nothing of how anything works. */
export type RecordAction = RecordEventAction | PutReportAction | AnnotateClassAction | NoteContentAction;

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
    readonly source:
      | { readonly volumeSnapshotContentName: string }
      /** A snapshot is taken of the claim. */
      | { readonly persistentVolumeClaimName: string };
  };
}

/** Creates an object. If the name is taken, the writer compares: the same object counts as done, another is a conflict. */
export interface CreateAction {
  readonly do: 'create';
  readonly object: NewContent | NewSnapshot | NewClaim | NewPod | NewNamespace;
}

/** Moves a content between `Delete` and `Retain`; `disarm` actions come before `arm` actions in every plan. */
export interface SetPolicyAction {
  readonly do: 'setPolicy';
  readonly target: Target;
  readonly from: 'Delete' | 'Retain';
  readonly to: 'Delete' | 'Retain';
  /** Removes Gleaner's note of the policy to take, in the same write. */
  readonly dropArmNote?: boolean;
  /** Notes the policy it had, in the same write, so that it takes it again once it is in use. */
  readonly addArmNote?: boolean;
  /** Labels it in the same write, so that it is still known whose it was when its snapshot is gone. */
  readonly mark?: Mark;
}

/**
 * Makes a content on Retain forget a snapshot that no longer exists: takes the old uid out of its reference, and the
 * mark that its deletion was under way. The writer first reads that no snapshot has that uid any more.
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
  /** The content that must be on Retain, under this uid; without a uid: that must not exist. */
  readonly content: { readonly name: string; readonly uid?: string };
}

/**
 * Deletes a content on Retain. The writer reads it again first and deletes just the version it read, since an earlier
 * action of the same plan may have moved the version. A bound content stays, in deletion, until its snapshot goes.
 */
interface DeleteContentAction {
  readonly do: 'deleteContent';
  readonly target: Identity;
}

/**
 * Takes the bound-protection finalizer off a content that is on Retain and that Gleaner itself has put into deletion, so
 * that it can be created again under its name while its snapshot stays. Does nothing when the content is already gone.
 */
export interface ReleaseContentAction {
  readonly do: 'releaseContent';
  readonly target: Identity;
}

/** Sets or removes (undefined) one annotation of a snapshot; guarded by uid and by the value that is there now. */
export interface AnnotateSnapshotAction {
  readonly do: 'annotateSnapshot';
  readonly target: Identity;
  readonly key: string;
  readonly value: string | undefined;
  /** What is there now; undefined when there is none. */
  readonly from: string | undefined;
}

/** Points entries of a VMBackup at other snapshots: one JSON patch, with tests on identity and on every old name. */
export interface SwitchEntriesAction {
  readonly do: 'switchEntries';
  readonly target: Target;
  readonly entries: readonly EntrySwitch[];
  /** Whether it has any annotations: JSON patch cannot add to a map that is not there. */
  readonly hasAnnotations: boolean;
}

export interface EntrySwitch {
  /** Position in `status.volumeBackups`, guarded by tests on both names. */
  readonly index: number;
  readonly volumeName: string;
  readonly from: string;
  readonly to: string;
}

/** Has Longhorn read the backup target again: the one write to a Longhorn object there is. */
export interface SyncTargetAction {
  readonly do: 'syncTarget';
  readonly target: Identity;
  /** The time that is asked for; Longhorn syncs when it is later than its last sync. */
  readonly at: string;
  /** A time of the future that it takes the place of; any other that is later is left as it is. */
  readonly insteadOf?: string;
}

/**
 * Has Harvester scan the backup target: takes its hash off the Setting and puts Gleaner's note on it, in one write. The
 * writer reads the hash it tests for; neither that nor the value is in the plan.
 */
export interface RescanTargetAction {
  readonly do: 'rescanTarget';
  readonly target: Target;
  /** Where there is none, the note alone is written: Harvester up to 1.4.1 scans at any write. */
  readonly hasHash: boolean;
  readonly note: string;
  /** Given: the refreshIntervalInSeconds that the value gets in the same write. */
  readonly intervalSeconds?: number;
}

/**
 * Records a Kubernetes Event under a name of its own making. Seen before: counts it once more in its series, which is all
 * that an Event lets anybody change. If it has expired in between it is recorded anew; if somebody was faster, so be it.
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
  /** The Event as it is there now. */
  readonly seen?: { readonly uid: string; readonly resourceVersion: string; readonly count: number };
}

/** Brings Gleaner's annotations on a StorageClass to these values, and touches no other; undefined takes one away. */
export interface AnnotateClassAction {
  readonly do: 'annotateClass';
  readonly target: Target & { readonly kind: 'StorageClass' };
  readonly annotations: Readonly<Record<string, string | undefined>>;
}

/** Brings a report about one object to these results; guarded by uid and version of the report that was seen. */
export interface PutReportAction {
  readonly do: 'putReport';
  readonly target: Ref & { readonly kind: 'PolicyReport' | 'Report' | 'ClusterPolicyReport' | 'ClusterReport' };
  /** What it is about, and with what it goes. */
  readonly about: Identity;
  readonly results: readonly ReportResult[];
  readonly seen?: { readonly uid: string; readonly resourceVersion: string };
}

/** Sets one annotation of Gleaner's own on a content, which nobody but the snapshot controllers watches. */
export interface NoteContentAction {
  readonly do: 'noteContent';
  readonly target: Target;
  readonly key: string;
  readonly value: string;
  /** Whether it has any annotations: JSON patch cannot add to a map that is not there. */
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

/** One line a person understands, naming the object. */
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
