import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Backup, Content, Snapshot } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import { isDeleting } from './metadata.ts';
import { isGuestClusters } from './content.ts';
import { isStalled, targetOf } from './longhorn-backup.ts';

/** An object that no VMBackup claims, or that turns out to belong to something else. */
export interface Orphan {
  readonly object: Ref;
  readonly reason: Extract<
    Reason,
    'OrphanBackup' | 'OrphanSnapshot' | 'OrphanContent' | 'ForeignBackup' | 'SnapshotNotThere' | 'BackupStalled'
  >;
  /** What is known of its origin. */
  readonly detail: string;
  /** Name of the Longhorn Backup behind it. */
  readonly backup?: string | undefined;
  /** Size on the target. */
  readonly bytes?: number | undefined;
  /** `<namespace>/<name>` of the snapshot that a content belongs to. */
  readonly snapshot?: string | undefined;
}

/** The uids of VMBackups and restores that exist. */
export type ExistingUids = Pick<ReadonlySet<string>, 'has'>;

/** A pre-provisioned content is created before its snapshot. Only after this time it counts as left over. */
const UNBOUND_GRACE_MS = 5 * 60_000;

/**
 * Judges a Longhorn Backup that no VMBackup and no content names. `undefined` while it is in progress or in deletion.
 */
export function judgeUnclaimedBackup(backup: Backup): Orphan | undefined {
  const { metadata, spec, status } = backup;
  if (isDeleting(backup) || !names.FINAL_BACKUP_STATES.has(status?.state ?? '')) return undefined;
  if (metadata.labels?.[names.CR_ONLY_LABEL] === 'true') return undefined;
  const object = ref('Backup', metadata.name, names.LONGHORN_NAMESPACE);
  const orphan = { object, backup: metadata.name, bytes: sizeOf(backup) };
  const target = targetOf(backup);
  if (target !== names.DEFAULT_TARGET) {
    return { ...orphan, reason: 'ForeignBackup', detail: `it is on target ${target}, which Harvester does not use` };
  }
  const job = status?.labels?.[names.RECURRING_JOB_LABEL] ?? spec?.labels?.[names.RECURRING_JOB_LABEL];
  if (job) return { ...orphan, reason: 'ForeignBackup', detail: `Longhorn’s recurring job ${job} created it` };
  const snapshot = status?.snapshotName ?? '';
  if (snapshot !== '' && !names.CSI_SNAPSHOT.test(snapshot)) {
    return {
      ...orphan,
      reason: 'ForeignBackup',
      detail: `it is of Longhorn snapshot ${snapshot}, which was not created through CSI`,
    };
  }
  const volume = status?.volumeName || metadata.labels?.[names.BACKUP_VOLUME_LABEL];
  return {
    ...orphan,
    reason: 'OrphanBackup',
    detail: volume ? `it is of volume ${volume}` : 'its volume is unknown',
  };
}

/**
 * Judges a Backup on which Longhorn makes no progress. Its volume need not be known, so no other check may report it.
 */
export function judgeStalledBackup(backup: Backup, nowMs: number): Orphan | undefined {
  if (!isStalled(backup, nowMs)) return undefined;
  const { metadata, status } = backup;
  return {
    object: ref('Backup', metadata.name, names.LONGHORN_NAMESPACE),
    reason: 'BackupStalled',
    detail: `it has existed since ${metadata.creationTimestamp}, and its state is ${status?.state || 'empty'}`,
    backup: metadata.name,
  };
}

/** Size in bytes: on the target if Longhorn says so, else of the volume. */
export function sizeOf({ status }: Backup): number | undefined {
  const bytes = Number(status?.size || status?.volumeSize || NaN);
  return Number.isFinite(bytes) ? bytes : undefined;
}

/**
 * Judges a content of a remote backup that no VMBackup expects and whose snapshot is missing, or was recreated with
 * another content.
 */
export function judgeLeftContent(content: Content, existing: ExistingUids, nowMs: number): Orphan | undefined {
  const backup = backupNamedBy(content);
  if (backup === undefined || isDeleting(content) || isGuestClusters(content) || isForeign(content)) return undefined;
  if (ownedByExisting(content, existing)) return undefined;
  const { metadata, spec } = content;
  const { uid, namespace, name } = spec.volumeSnapshotRef;
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const of = uid ? `${namespace}/${name} with uid ${uid}` : `${namespace}/${name}`;
  const early = !uid && nowMs - created < UNBOUND_GRACE_MS;
  return {
    object: ref('VolumeSnapshotContent', metadata.name),
    reason: early ? 'SnapshotNotThere' : 'OrphanContent',
    detail: `its VolumeSnapshot ${of} does not exist; its deletionPolicy is ${spec.deletionPolicy}`,
    backup,
    snapshot: `${namespace}/${name}`,
  };
}

/**
 * Judges a snapshot of a remote backup that no VMBackup or restore names or owns. Snapshots that people and their tools
 * take of claims belong to them; those of Harvester carry its annotations.
 */
export function judgeUnclaimedSnapshot(snapshot: Snapshot, existing: ExistingUids): Orphan | undefined {
  const { metadata, spec } = snapshot;
  if (isDeleting(snapshot) || isGuestClusters(snapshot) || ownedByExisting(snapshot, existing)) return undefined;
  const owners = metadata.ownerReferences ?? [];
  if (owners.some(({ apiVersion }) => !apiVersion.startsWith('harvesterhci.io/'))) return undefined;
  if (isForeign(snapshot)) return undefined;
  const harvesters = Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith('harvesterhci.io/'));
  if (!spec.source.volumeSnapshotContentName && !harvesters && owners.length === 0) return undefined;
  const [owner] = owners;
  return {
    object: ref('VolumeSnapshot', metadata.name, metadata.namespace),
    reason: 'OrphanSnapshot',
    detail: owner === undefined ? 'it has no owner' : `its owner, ${owner.kind} ${owner.name}, is gone`,
    snapshot: `${metadata.namespace}/${metadata.name}`,
  };
}

/**
 * Whether another tool (Velero, CDI, Kasten, Argo CD …) created the object. Each marks its own with labels or
 * annotations of its domain; Harvester puts only its own on pairs.
 */
export const isForeign = ({ metadata: { labels, annotations } }: Pick<Content | Snapshot, 'metadata'>): boolean =>
  hasOthersKey(labels) || hasOthersKey(annotations);

function hasOthersKey(keyed: Readonly<Record<string, string>> | null | undefined): boolean {
  for (const key in keyed) {
    if (key === 'app.kubernetes.io/managed-by' || (key.includes('/') && !platform.test(key))) return true;
  }
  return false;
}
/** Domains of the platform, Gleaner's among them. Their keys do not identify an owner. */
const platform = /^([^/]+\.)?(kubernetes\.io|k8s\.io|harvesterhci\.io|longhorn\.io|cattle\.io|gleaner\.dev)\//;

/**
 * Whether no VMBackup, not even one of another cluster, can be waiting for the content's backup: it was taken here, or
 * belongs to a guest cluster or another tool.
 */
export const belongsToNoVMBackup = (content: Content): boolean =>
  !content.spec.source.snapshotHandle || isGuestClusters(content) || isForeign(content);

const ownedByExisting = ({ metadata }: Content | Snapshot, existing: ExistingUids): boolean =>
  (metadata.ownerReferences ?? []).some(({ uid }) => existing.has(uid));

/** The Longhorn Backup that a content names, in its spec or, without a handle there, in its status. */
export function backupNamedBy({ spec, status }: Content): string | undefined {
  if (spec.driver !== names.LONGHORN_DRIVER) return undefined;
  const text = spec.source.snapshotHandle ?? status?.snapshotHandle;
  const handle = text ? parseHandle(text) : undefined;
  return handle?.kind === 'backup' ? handle.backup : undefined;
}
