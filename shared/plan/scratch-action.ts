import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import { PROBE_LABEL } from '../domain/names.ts';
import type { Identity, NewMeta, Target } from './target.ts';

/** What drills and probes do beside making and removing a pair of snapshot and content. */
export type DrillAction = DeleteDrilledAction | DeleteTakenAction | PutDrillAction;

/** The label that says whose an object is, and its value. */
export interface Mark {
  readonly label: string;
  readonly value: string;
}

export interface NewClaim {
  readonly apiVersion: 'v1';
  readonly kind: 'PersistentVolumeClaim';
  readonly metadata: NewMeta & { readonly namespace: string };
  readonly spec: {
    readonly storageClassName: string;
    readonly volumeMode: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
    /** Absent: the claim is empty. */
    readonly dataSource?: { readonly apiGroup: string; readonly kind: 'VolumeSnapshot'; readonly name: string };
  };
}

export interface NewPod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: NewMeta & { readonly namespace: string };
  readonly spec: object;
}

export interface NewNamespace {
  readonly apiVersion: 'v1';
  readonly kind: 'Namespace';
  readonly metadata: NewMeta;
}

/**
 * Deletes a claim or pod that a drill or a probe made. The writer reads it again first and goes on only if it is that very
 * object and bears its mark, and deletes just the version it read. Of a claim it also asks Longhorn's volume: that must
 * not take another claim for its own, since Longhorn deletes that along with the volume.
 */
export interface DeleteDrilledAction {
  readonly do: 'deleteDrilled';
  readonly target: Identity & { readonly kind: 'PersistentVolumeClaim' | 'Pod'; readonly namespace: string };
  readonly mark: Mark;
}

/**
 * Deletes a snapshot that a probe took on storage other than Longhorn's, and lets the storage delete what it took. The
 * writer reads snapshot and content again first: the snapshot bears the mark, and the content was taken for it and is of
 * another driver. Longhorn's go by `deleteSnapshot`, on Retain: no deletion may ever reach a Longhorn Backup.
 */
export interface DeleteTakenAction {
  readonly do: 'deleteTaken';
  readonly target: Target & { readonly kind: 'VolumeSnapshot'; readonly namespace: string };
  readonly mark: Mark;
}

/** Writes one entry of the drills' record, or takes it out; only into the version of the record that was seen. */
export interface PutDrillAction {
  readonly do: 'putDrill';
  readonly target: Ref & { readonly kind: 'ConfigMap'; readonly namespace: string };
  /** uid of the VMBackup. */
  readonly key: string;
  /** Absent: it is taken out. */
  readonly entry?: object | undefined;
  /** What it says, for people. */
  readonly says: string;
  /** Absent: there is no record yet. */
  readonly seen?: { readonly uid: string; readonly resourceVersion: string; readonly filled: boolean } | undefined;
}

export function describeDrillAction(action: DrillAction): string {
  switch (action.do) {
    case 'deleteDrilled':
      return `delete ${describeRef(action.target)}, which the ${action.mark.label === PROBE_LABEL ? 'probe' : 'drill'} created`;
    case 'deleteTaken':
      return `delete ${describeRef(action.target)}, which the probe took, and let the storage delete it`;
    case 'putDrill':
      return `note in ${describeRef(action.target)}: ${action.says}`;
  }
}
