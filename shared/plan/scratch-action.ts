import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import { PROBE_LABEL } from '../domain/names.ts';
import type { Identity, NewMeta, Target } from './target.ts';

/** Actions that only drills and probes use, besides creating and removing snapshots and contents. */
export type DrillAction = DeleteDrilledAction | DeleteTakenAction | PutDrillAction;

/** The label that identifies the owner of a scratch object, and its value. */
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
    /** Absent: the claim is created empty. */
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
 * Deletes a claim or pod that a drill or a probe created. The writer reads the object again, verifies its uid and its
 * mark, and deletes only the version it read. For a claim it also reads the Longhorn volume, which must not refer to
 * another claim: Longhorn would delete that claim together with the volume.
 */
export interface DeleteDrilledAction {
  readonly do: 'deleteDrilled';
  readonly target: Identity & { readonly kind: 'PersistentVolumeClaim' | 'Pod'; readonly namespace: string };
  readonly mark: Mark;
}

/**
 * Deletes a snapshot that a probe took on storage other than Longhorn, and lets the storage delete its data. The writer
 * reads snapshot and content again: the snapshot must carry the mark, and the content must have been taken for it by
 * another driver. Snapshots on Longhorn are deleted with `deleteSnapshot`, on Retain: no deletion may ever reach a
 * Longhorn Backup.
 */
export interface DeleteTakenAction {
  readonly do: 'deleteTaken';
  readonly target: Target & { readonly kind: 'VolumeSnapshot'; readonly namespace: string };
  readonly mark: Mark;
}

/** Writes or removes one entry of the drill record, only in the version of the record that was seen. */
export interface PutDrillAction {
  readonly do: 'putDrill';
  readonly target: Ref & { readonly kind: 'ConfigMap'; readonly namespace: string };
  /** uid of the VMBackup. */
  readonly key: string;
  /** Absent: the entry is removed. */
  readonly entry?: object | undefined;
  /** The entry in words, for people. */
  readonly says: string;
  /** Absent: the record does not exist yet. */
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
