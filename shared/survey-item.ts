import type { Content, Snapshot, VMBackup, BackupTarget, Setting, StorageClass, VMRestore } from './objects/types.ts';
import type { RecordedConsistency } from './chain/consistency.ts';
import type { Ref } from './domain/kinds.ts';
import type { DrillTrace } from './chain/drill-marks.ts';
import type { Orphan } from './chain/orphans.ts';
import type { TargetTrouble } from './chain/target.ts';

import type { BackupFacts, BackupTrouble } from './chain/longhorn-backup.ts';
import type { ContentJudgment } from './chain/content.ts';

/** What a sweep or a scan comes across, in the order of the lists. */
export type SurveyItem =
  | SurveyedContent
  | { readonly what: 'snapshot'; readonly snapshot: Snapshot; readonly pair: PairState }
  | SurveyedVMBackup
  /** Several contents on Delete name this backup: whichever is deleted first erases it. */
  | { readonly what: 'shared'; readonly backup: string; readonly contents: readonly Content[] }
  /** Only with `SurveyOptions.target`, and of the whole cluster. */
  | {
      readonly what: 'target';
      readonly setting: Setting | undefined;
      /** How it differs from what Longhorn is connected to. */
      readonly differs?: string | undefined;
      /** How many finished Backups on the target no VMBackup records. */
      readonly unclaimed: number;
      /** How many Backups Longhorn has found on the target and not read yet, that no VMBackup records. */
      readonly beingPulled: number;
    }
  /** Only with `SurveyOptions.chain`, as those that follow. A restore that is not complete, or in deletion. */
  | { readonly what: 'restore'; readonly restore: VMRestore }
  /** The target is in trouble, and there are VMBackups that need it. */
  | { readonly what: 'targetTrouble'; readonly trouble: TargetTrouble }
  | { readonly what: 'orphan'; readonly orphan: Orphan }
  /**
   * A content or snapshot that is in deletion and does not go, a Longhorn Backup that nobody claims, or the target or its
   * setting; `snapshot` is the one it belongs to.
   */
  | { readonly what: 'hanging'; readonly object: Ref; readonly snapshot?: string; readonly why: string }
  /** Of a restore drill: nobody's pair, and never to be judged as one. */
  | { readonly what: 'drill'; readonly object: Ref; readonly trace: DrillTrace }
  /** Of {@link surveyClasses}: all StorageClasses, or why they may not be read. */
  | { readonly what: 'storageClasses'; readonly classes: readonly StorageClass[]; readonly unknown?: string }
  | { readonly what: 'unreadable'; readonly object: Ref; readonly issue: string };

export interface SurveyedVMBackup {
  readonly what: 'vmbackup';
  readonly backup: VMBackup;
  readonly pairOf: (snapshotName: string) => PairState;
  /** Whether there is a pair, or half of one, that a repair would put in the place of this snapshot's. */
  readonly isRevised: (snapshotName: string) => boolean;
  readonly chain?: ChainState;
  /** That Harvester takes its target for another than the setting names, though the same bucket is connected. */
  readonly otherAddress?: string | undefined;
  /** Of the survey. */
  readonly nowMs: number;
}

/** What the lists show of the rest of the chain; a yes may very rarely be wrong, so nothing is written by it. */
export interface ChainState {
  /** Whether Longhorn has this backup, complete, of this volume. */
  readonly isOf: (longhornBackup: string, volume: string) => boolean;
  /** When its data was taken, to the next minute; undefined where Longhorn does not say. */
  readonly takenMs: (longhornBackup: string) => number | undefined;
  /** Whether there is just one BackupVolume for a Longhorn volume. */
  readonly hasOneBackupVolume: (volume: string) => boolean;
  readonly target: BackupTarget | undefined;
  /** A report of Gleaner's says that something is wrong with this VMBackup. */
  readonly accused: (uid: string) => boolean;
  /** False only of a StorageClass that is not there. */
  readonly hasClass: (name: string) => boolean;
}

export interface SurveyedContent {
  readonly what: 'content';
  readonly content: Content;
  /** Of the backup its handle names; absent where the content is none of ours, or has to be looked at closely. */
  readonly facts?: BackupFacts | BackupTrouble;
  /** What `judgeContent` says of it, where that is known already. */
  readonly judged?: ContentJudgment;
}

/** What the lists show of the pair of one snapshot name; small, since a survey keeps one for each. */
export interface PairState {
  readonly hasSnapshot: boolean;
  readonly hasContent: boolean;
  /** Taken on this cluster: the content is the snapshot controller's matter. */
  readonly dynamic: boolean;
  /** Snapshot not ready, in deletion, or not bound to the content it names. */
  readonly unready: boolean;
  /** Handle wrong, unreadable, or its backup in trouble. */
  readonly notRight: boolean;
  /** Content in deletion, not ready or left by its snapshot, or with a policy still to take. */
  readonly unfinished: boolean;
  /** The VMBackup that is looked at does not control the snapshot. */
  readonly unowned: boolean;
  /** There is a content that was taken on this cluster and has its handle. */
  readonly hasOwnData: boolean;
  /** Of the data in such a content. */
  readonly takenAtMs?: number;
  /** What its content has on record of its data. */
  readonly recorded?: RecordedConsistency | undefined;
  /** Whether the content names this backup; may very rarely say so of another. */
  readonly names: (backup: string) => boolean;
}
