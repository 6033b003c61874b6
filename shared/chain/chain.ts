import type { Backup, BackupTarget, BackupVolume, Content, Snapshot, VMBackup, VolumeEntry } from '../objects/types.ts';
import type { UnreadableObject } from './unreadable.ts';

/** A VMBackup with every object that its restore depends on. */
export interface Chain {
  readonly backup: VMBackup;
  readonly target: BackupTarget | undefined;
  readonly volumes: readonly ChainVolume[];
}

/** One volume of a VMBackup, with the objects that lead to its data. */
export interface ChainVolume {
  readonly entry: VolumeEntry;
  readonly snapshot: Snapshot | undefined;
  /** Name of the content that the snapshot uses or would use; empty if it is not known yet. */
  readonly contentName: string;
  readonly content: Content | undefined;
  /** Whether the other VMBackup that owns the snapshot exists. Only set if another VMBackup owns it. */
  readonly otherOwnerLives?: boolean | undefined;
  readonly longhorn: Backup | undefined;
  readonly backupVolumes: readonly BackupVolume[];
  /** Name of the volume's StorageClass, if it does not exist. Also absent if `readChain` ran without `classes`. */
  readonly classMissing?: string | undefined;
  /** Name of the VolumeSnapshotClass of a pair that is not ready, if it does not exist. */
  readonly snapshotClassMissing?: string | undefined;
  /**
   * The object of this volume that cannot be read. All other fields are then unknown: an absent object proves nothing.
   */
  readonly unreadable?: UnreadableObject | undefined;
}
