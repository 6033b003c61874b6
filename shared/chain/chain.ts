import type { Backup, BackupTarget, BackupVolume, Content, Snapshot, VMBackup, VolumeEntry } from '../objects/types.ts';
import type { UnreadableObject } from './unreadable.ts';

/** A VMBackup and all that its restore depends on. */
export interface Chain {
  readonly backup: VMBackup;
  readonly target: BackupTarget | undefined;
  readonly volumes: readonly ChainVolume[];
}

export interface ChainVolume {
  readonly entry: VolumeEntry;
  readonly snapshot: Snapshot | undefined;
  /** The content the snapshot uses, or the one it would use. */
  readonly contentName: string;
  readonly content: Content | undefined;
  /** Whether the other VMBackup that the snapshot belongs to exists; only where it belongs to another. */
  readonly otherOwnerLives?: boolean | undefined;
  readonly longhorn: Backup | undefined;
  readonly backupVolumes: readonly BackupVolume[];
  /** The StorageClass it was in, where there is none of that name; absent also where that is not asked for. */
  readonly classMissing?: string | undefined;
  /** The VolumeSnapshotClass of a pair that is not ready, where there is none of that name. */
  readonly snapshotClassMissing?: string | undefined;
  /** What cannot be read of this volume. Nothing else is known of it then: that a part is absent here says nothing. */
  readonly odd?: UnreadableObject | undefined;
}
