import { isDelayed, isYounger } from '../chain/dynamic-content.ts';
import { isOnLonghorn, isTakenLater } from '../chain/vmbackup.ts';
import type { VMBackup, VolumeEntry } from '../objects/types.ts';
import type { ChainState, PairState } from '../survey-item.ts';

/**
 * Bits for links of one volume of a VMBackup that the lists do not prove intact, in the order of the chain
 * (`judgeChain` of ../chain/links.ts, which reads the objects themselves). A set bit means "look closer": the link is
 * broken, or not visible in lists. If no bit that a function uses is set, its `plan` must find nothing either.
 * @testonly
 */
export const doubt = {
  /** The VMBackup records no snapshot, or no Longhorn Backup. */
  unnamed: 1,
  unrecorded: 2,
  /** The volume is not Longhorn's. */
  otherDriver: 4,
  /** Its StorageClass does not exist. */
  storageClass: 8,
  /**
   * The snapshot does not exist; is not ready, in deletion, or not bound to its content; is not controlled by the
   * VMBackup.
   */
  snapshotMissing: 16,
  snapshotUnready: 32,
  snapshotUnowned: 64,
  /** There is no content of the same kind as the snapshot (dynamic or pre-provisioned). */
  contentMissing: 128,
  /** Its handle is wrong or unreadable, or its Longhorn Backup in trouble. */
  handle: 256,
  /** The content is in deletion, not ready, not bound by uid, or waits for its deletion policy. */
  contentUnfinished: 512,
  /** It names another Longhorn Backup than the VMBackup records. */
  otherBackup: 1024,
  /** Its data is younger than the VMBackup; or suspiciously late, which is no proof. */
  younger: 2048,
  late: 4096,
  /**
   * Longhorn has no complete Backup of this volume; not exactly one BackupVolume. Both are set without a survey of the
   * chain.
   */
  backup: 8192,
  backupVolume: 16384,
} as const;

/** Doubts about the VMBackup's own record of the volume. */
const RECORD = doubt.unnamed | doubt.unrecorded | doubt.otherDriver;
const SNAPSHOT = doubt.snapshotMissing | doubt.snapshotUnready;

/** Doubts about a restore of the volume: all except lateness, which is no proof. */
export const RESTORE_DOUBTS = (1 << 15) - 1 - doubt.late;
/** Doubts about a snapshot that exists only on this cluster, of any driver. */
export const LOCAL_DOUBTS = doubt.unnamed | SNAPSHOT | doubt.snapshotUnowned | doubt.contentUnfinished;
/** Doubts about the pair that a VMBackup uses. A pair that was taken on this cluster is kept whatever its content. */
export const LINK_DOUBTS = {
  taken: RECORD | SNAPSHOT,
  provisioned: RECORD | SNAPSHOT | doubt.contentMissing | doubt.handle | doubt.contentUnfinished | doubt.otherBackup,
} as const;
/** Doubts whether a part of the pair is lost, or holds later data. */
export const LOSS_DOUBTS = {
  taken: doubt.snapshotMissing | doubt.contentMissing | doubt.otherBackup | doubt.younger | doubt.late,
  provisioned: SNAPSHOT | doubt.contentMissing,
} as const;

/**
 * Judges one volume of a VMBackup from lists, link by link. Returns the sum of the bits in doubt, 0 if intact. Pure.
 * @param chain absent if the rest of the chain is not surveyed or does not matter; its links are in doubt then
 */
export function judgeListed(vmBackup: VMBackup, entry: VolumeEntry, pair: PairState, chain?: ChainState): number {
  const { name, longhornBackupName: backup } = entry;
  let doubts = 0;
  if (!name) doubts |= doubt.unnamed;
  if (!backup) doubts |= doubt.unrecorded;
  if (!isOnLonghorn(entry)) doubts |= doubt.otherDriver;

  if (!pair.hasSnapshot) doubts |= doubt.snapshotMissing;
  if (pair.unready) doubts |= doubt.snapshotUnready;
  if (pair.unowned) doubts |= doubt.snapshotUnowned;

  // A dynamic content does not count for a pre-provisioned snapshot, nor vice versa.
  if (pair.dynamic !== pair.hasOwnData || !pair.hasContent) doubts |= doubt.contentMissing;
  if (pair.notRight) doubts |= doubt.handle;
  if (pair.unfinished) doubts |= doubt.contentUnfinished;
  if (backup && !pair.names(backup)) doubts |= doubt.otherBackup;
  if (pair.takenAtMs !== undefined) {
    if (isYounger(vmBackup, pair.takenAtMs)) doubts |= doubt.younger;
    if (isDelayed(vmBackup, pair.takenAtMs)) doubts |= doubt.late;
  }
  return chain === undefined ? doubts | OF_CHAIN : doubts | chainDoubts(vmBackup, entry, chain);
}

const OF_CHAIN = doubt.storageClass | doubt.backup | doubt.backupVolume;

function chainDoubts(vmBackup: VMBackup, entry: VolumeEntry, chain: ChainState): number {
  const { longhornBackupName: backup, persistentVolumeClaim } = entry;
  const { volumeName: volume, storageClassName } = persistentVolumeClaim?.spec ?? {};
  let doubts = 0;
  if (storageClassName && !chain.hasClass(storageClassName)) doubts |= doubt.storageClass;
  if (!backup || !volume || !chain.isOf(backup, volume)) doubts |= doubt.backup;
  if (!volume || !chain.hasOneBackupVolume(volume)) doubts |= doubt.backupVolume;
  const takenMs = backup ? chain.takenMs(backup) : undefined;
  if (volume && takenMs !== undefined && isTakenLater(vmBackup, { volume, takenMs })) doubts |= doubt.younger;
  return doubts;
}
