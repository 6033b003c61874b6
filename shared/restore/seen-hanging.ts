import type { Chain, ChainVolume } from '../chain/chain.ts';
import type { Claim, VMBackup, VMRestore } from '../objects/types.ts';

/** A restore and what may block it. */
export interface SeenRestore {
  readonly restore: VMRestore;
  readonly backup?: VMBackup | undefined;
  readonly chain?: Chain | undefined;
  /** The claims it waits for, each with its source pair. */
  readonly volumes: readonly RestoredVolume[];
}

export interface RestoredVolume {
  readonly volume: string;
  readonly claimName: string;
  readonly claim: Claim | undefined;
  /** Name of the source snapshot of the claim. */
  readonly from?: string | undefined;
  readonly pair?:
    | (Pick<ChainVolume, 'snapshot' | 'contentName' | 'content' | 'longhorn' | 'backupVolumes'> & {
        /** For a dynamic snapshot that lost its content: the claim from which the content is recreated. */
        readonly takenOf?: Claim | undefined;
        /** Name of the VolumeSnapshotClass of a content that is not ready, if that class does not exist. */
        readonly classMissing?: string | undefined;
      })
    | undefined;
  /** Name of the StorageClass of a waiting claim, if that class does not exist. */
  readonly classMissing?: string | undefined;
}
