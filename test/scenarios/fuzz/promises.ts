/**
 * What Gleaner's documents promise to repair, worked out from the objects like the rest of the truth. Whatever is the
 * least bit doubtful counts as an obstacle: of that it must only speak.
 */
import type { KubeObject } from '../../../sandbox/api/types.ts';
import type { Cluster, Data, VolumeAt } from './truth.ts';
import { decode, find, goes, isMisshapen, misshapen, recordedData, volumesOf } from './truth.ts';

const target = 'default';
/** What a claim reads from keeps its pair from being replaced; the content is then swapped, and the claim comes through. */
const claimed = 'a claim reads from it';

/** What keeps Gleaner from repairing this volume; undefined: nothing does, so it has to be repaired. */
export function obstacle(cluster: Cluster, at: VolumeAt): string | undefined {
  const { owner, entry } = at;
  const namespace = owner.metadata.namespace!;
  const { name, longhornBackupName: recorded } = entry;
  if (goes(owner)) return 'the VMBackup is being deleted';
  if (owner.spec.type !== undefined && owner.spec.type !== 'backup') return 'not a remote backup';
  if (owner.status?.readyToUse !== true) return 'the VMBackup is not ready';
  if (!name || !recorded || entry.csiDriverName !== 'driver.longhorn.io') return 'the record is incomplete';
  const data = recordedData(cluster, at);
  if (data === undefined) return 'the data is not there, or the records disagree';
  const unusable = backupObstacle(cluster, data);
  if (unusable !== undefined) return unusable;
  if (owner.metadata.annotations?.['harvesterhci.io/svmbackupId'] !== undefined) return 'a schedule’s';
  const users = (v: VolumeAt) => v.entry.longhornBackupName === recorded || v.entry.name === name;
  if (volumesOf(cluster).filter(users).length > 1) return 'shared with another VMBackup';
  const restores = cluster
    .all('VirtualMachineRestore')
    .some((r) => r.spec.virtualMachineBackupName === owner.metadata.name && r.status?.complete !== true);
  if (restores) return 'a restore is in progress';
  if (`${name}-snap-revise-vsc`.length > 253) return 'the names would be too long';
  if (misshapen(cluster, at).length > 0) return 'an object of it does not have the shape of its kind';
  return pairObstacle(cluster, at, namespace, name, recorded);
}

/** Rule 2.6: Completed, its label right, and just one BackupVolume of its volume on the target. */
function backupObstacle(cluster: Cluster, data: Data): string | undefined {
  const backup = find(cluster, 'Backup', data.backup);
  if (backup === undefined || goes(backup) || backup.status?.state !== 'Completed')
    return 'the backup is not Completed';
  if ((backup.metadata.labels?.['backup-volume'] ?? data.volume) !== data.volume) return 'the backup’s label differs';
  if (isMisshapen(backup)) return 'the backup does not have the shape of its kind';
  if (backup.status.volumeName !== data.volume) return 'the backup does not name its volume';
  if ((backup.status.backupTargetName ?? target) !== target) return 'the backup is on another target';
  const ofTarget = (v: KubeObject) => (v.spec?.backupTargetName ?? target) === target;
  const volumes = cluster
    .all('BackupVolume')
    .filter((v) => (v.spec?.volumeName ?? v.metadata.name) === data.volume && ofTarget(v));
  return volumes.length === 1 && !goes(volumes[0]!) ? undefined : 'not one backup volume';
}

function pairObstacle(cluster: Cluster, { owner }: VolumeAt, namespace: string, name: string, recorded: string) {
  const snapshot = find(cluster, 'VolumeSnapshot', name, namespace);
  const content = find(cluster, 'VolumeSnapshotContent', `${name}-vsc`);
  const next = `${name}-snap-revise`;
  if (find(cluster, 'VolumeSnapshot', next, namespace) ?? find(cluster, 'VolumeSnapshotContent', `${next}-vsc`))
    return 'the next name is taken';
  for (const part of [snapshot, content]) {
    const why = part && partObstacle(cluster, part);
    if (why !== undefined) return why;
    if ((part?.metadata.ownerReferences ?? []).some((o) => o.uid !== owner.metadata.uid)) return 'owned by another';
  }
  if (snapshot !== undefined) {
    if ((snapshot.metadata.ownerReferences ?? []).length === 0) return 'the snapshot is owned by nobody';
    if (snapshot.spec.source.volumeSnapshotContentName !== `${name}-vsc`) return 'the snapshot has another source';
    const bound = snapshot.status?.boundVolumeSnapshotContentName;
    if (bound !== undefined && bound !== `${name}-vsc`) return 'the snapshot is bound to another content';
  }
  if (content !== undefined) {
    const { driver, source, volumeSnapshotRef: ref } = content.spec;
    if (driver !== 'driver.longhorn.io') return 'not Longhorn’s';
    if (ref.name !== name || ref.namespace !== namespace) return 'the content is of another snapshot';
    const readable = /^(bak|bs):\/\/[^/]+\/([^/]+)$/.exec(source.snapshotHandle ?? '');
    if (readable === null) return 'not a handle of a remote backup';
    if (readable[2] !== recorded) return 'the handle names another backup than the record';
    if (content.status?.error !== undefined) return 'the content says it has an error';
    // A snapshot that is lost is only made anew on a content that is right.
    const reported = content.status?.snapshotHandle;
    if (reported !== undefined && decode(reported).id !== recorded) return 'the status names another backup';
    if (snapshot === undefined && !(decode(source.snapshotHandle).volume === recordedVolume(cluster, recorded)))
      return 'the snapshot is lost, and its content wrong';
  }
  const claims = cluster.all('PersistentVolumeClaim').some((c) => c.spec.dataSource?.name === name);
  return claims ? claimed : undefined;
}

function partObstacle(cluster: Cluster, part: KubeObject): string | undefined {
  const theirs = (name: string) => !name.startsWith('snapshot.storage.kubernetes.io/');
  if (goes(part)) return 'half of the pair is being deleted';
  if (Object.keys(part.metadata.annotations ?? {}).some(theirs)) return 'somebody’s notes are on it';
  if ((part.metadata.finalizers ?? []).some(theirs)) return 'somebody’s finalizer is on it';
  const used = part.spec.volumeSnapshotClassName;
  return used !== undefined && find(cluster, 'VolumeSnapshotClass', used) === undefined
    ? 'its class is missing'
    : undefined;
}

const recordedVolume = (cluster: Cluster, backup: string) => cluster.stored.find((s) => s.backup === backup)?.volume;

/** Claims that hang on a wrong pair and are to come through: those of restores, and those that read from a VMBackup's. */
export function promisedClaims(cluster: Cluster): KubeObject[] {
  return cluster
    .all('PersistentVolumeClaim')
    .filter((c) => c.status?.phase === 'Pending' && c.spec.dataSource?.kind === 'VolumeSnapshot' && !goes(c))
    .filter((c) => claimObstacle(cluster, c) === undefined);
}

function claimObstacle(cluster: Cluster, claim: KubeObject): string | undefined {
  const { namespace } = claim.metadata;
  const snapshot = find(cluster, 'VolumeSnapshot', claim.spec.dataSource.name, namespace);
  const named = snapshot?.spec.source.volumeSnapshotContentName;
  const content = find(cluster, 'VolumeSnapshotContent', named ?? '');
  if (snapshot === undefined || content === undefined) return 'half of the pair is not there';
  const why = partObstacle(cluster, snapshot) ?? partObstacle(cluster, content);
  if (why !== undefined) return why;
  const { driver, source, volumeSnapshotRef: ref } = content.spec;
  if (driver !== 'driver.longhorn.io' || content.status?.error !== undefined) return 'not a usable content';
  if (isMisshapen(content) || isMisshapen(snapshot)) return 'not of the shape of its kind';
  if (ref.uid !== snapshot.metadata.uid || snapshot.status?.boundVolumeSnapshotContentName !== named)
    return 'not bound';
  const backup = /^(?:bak|bs):\/\/[^/]+\/([^/]+)$/.exec(source.snapshotHandle ?? '')?.[1];
  if (backup === undefined || decode(content.status?.snapshotHandle).id !== backup) return 'no readable handle';
  const users = volumesOf(cluster).filter(
    (v) => v.owner.metadata.namespace === namespace && v.entry.name === snapshot.metadata.name,
  );
  if (users.length === 1) return ofVMBackup(cluster, users[0]!);
  if (users.length > 1) return 'named by several';

  const [by, ...more] = snapshot.metadata.ownerReferences ?? [];
  const restore = cluster.all('VirtualMachineRestore').find((r) => r.metadata.uid === by?.uid);
  if (restore === undefined || more.length > 0 || goes(restore) || restore.status?.complete === true)
    return 'not of a restore in progress';
  if ((content.metadata.ownerReferences ?? []).some((o) => o.uid !== by?.uid)) return 'owned by another';
  const { virtualMachineBackupName: of, virtualMachineBackupNamespace: at } = restore.spec;
  const volume = volumesOf(cluster).find(
    ({ owner: { metadata: m }, entry }) =>
      m.name === of && m.namespace === at && entry.longhornBackupName === backup && entry.name,
  );
  if (volume === undefined || goes(volume.owner)) return 'of no VMBackup';
  const scheduled = volume.owner.metadata.annotations?.['harvesterhci.io/svmbackupId'];
  const data = recordedData(cluster, volume);
  if (scheduled !== undefined || data === undefined) return 'a schedule’s, or its data is not there';
  return backupObstacle(cluster, data);
}

function ofVMBackup(cluster: Cluster, volume: VolumeAt): string | undefined {
  const why = obstacle(cluster, volume);
  return why === claimed ? undefined : (why ?? 'it is right already');
}
