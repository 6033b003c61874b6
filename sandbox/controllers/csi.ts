/** What the CSI sidecars (snapshotter, provisioner) ask of a driver. */
import type { KubeObject } from '../api/types.ts';

interface CsiSnapshot {
  handle: string;
  ready: boolean;
  createdAt: Date;
  sizeBytes: number;
}

export interface CsiDriver {
  /** Idempotent by name. `handle` names the snapshot to restore, if any. */
  createVolume(request: {
    name: string;
    sizeBytes: number;
    volumeMode: string;
    handle?: string;
  }): Promise<{ volumeId: string }>;
  /** A claim is bound to the volume. */
  volumeInUse(volumeId: string, claim: KubeObject): Promise<void>;
  deleteVolume(volumeId: string): Promise<void>;
  /** Idempotent by name: an existing snapshot of that name is handed back. */
  createSnapshot(name: string, volumeId: string, snapshotClass: KubeObject): Promise<CsiSnapshot>;
  deleteSnapshot(handle: string): Promise<void>;
}

export type GrpcCode =
  | 'NotFound'
  | 'InvalidArgument'
  | 'Internal'
  | 'Aborted'
  | 'Unimplemented'
  | 'ResourceExhausted'
  | 'FailedPrecondition';

export class GrpcError extends Error {
  readonly grpcCode: GrpcCode;
  constructor(grpcCode: GrpcCode, description: string) {
    super(`rpc error: code = ${grpcCode} desc = ${description}`);
    this.grpcCode = grpcCode;
  }
}
