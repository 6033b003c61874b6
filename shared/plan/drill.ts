import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import type { Identity, NewMeta } from './action.ts';

/** What a restore drill does beside making and removing a pair of snapshot and content. */
export type DrillAction = DeleteDrilledAction | PutDrillAction;

export interface NewClaim {
  readonly apiVersion: 'v1';
  readonly kind: 'PersistentVolumeClaim';
  readonly metadata: NewMeta & { readonly namespace: string };
  readonly spec: {
    readonly storageClassName: string;
    readonly volumeMode: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
    readonly dataSource: { readonly apiGroup: string; readonly kind: 'VolumeSnapshot'; readonly name: string };
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
 * Deletes a claim or pod that a drill made. The writer reads it again first and goes on only if it is that very object
 * and bears the drill's mark, and deletes just the version it read. Of a claim it also asks Longhorn's volume: that must
 * not take another claim for its own, since Longhorn deletes that along with the volume.
 */
export interface DeleteDrilledAction {
  readonly do: 'deleteDrilled';
  readonly target: Identity & { readonly kind: 'PersistentVolumeClaim' | 'Pod'; readonly namespace: string };
  /** Value of its mark: the uid of the VMBackup. */
  readonly drill: string;
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
  return action.do === 'deleteDrilled'
    ? `delete ${describeRef(action.target)}, which the drill made`
    : `note in ${describeRef(action.target)}: ${action.says}`;
}
