import type { Chain, ChainVolume } from '../chain/chain.ts';
import type { Claim, VMBackup, VMRestore } from '../objects/types.ts';

/** A restore and what may keep it. */
export interface SeenRestore {
  readonly restore: VMRestore;
  readonly backup?: VMBackup | undefined;
  readonly chain?: Chain | undefined;
  /** The claims it waits for, each with the pair it is made from. */
  readonly volumes: readonly RestoredVolume[];
}

export interface RestoredVolume {
  readonly volume: string;
  readonly claimName: string;
  readonly claim: Claim | undefined;
  /** Name of the snapshot the claim is made from. */
  readonly from?: string | undefined;
  readonly pair?:
    | (Pick<ChainVolume, 'snapshot' | 'contentName' | 'content' | 'longhorn' | 'backupVolumes'> & {
        /** Of a snapshot that was taken here and has lost its content: the claim that it is made anew of. */
        readonly takenOf?: Claim | undefined;
        /** The VolumeSnapshotClass of a content that is not ready, where there is none of that name. */
        readonly classMissing?: string | undefined;
      })
    | undefined;
  /** The StorageClass of a claim that waits, where there is none of that name. */
  readonly classMissing?: string | undefined;
}
