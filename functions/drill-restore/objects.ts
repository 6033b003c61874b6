import { noRecurringJobs, scratchPod } from '../../shared/chain/scratch.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { parseQuantity } from '../../shared/domain/quantity.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { NewContent, NewSnapshot } from '../../shared/plan/action.ts';
import type { NewClaim, NewPod } from '../../shared/plan/drill.ts';
import type { Config } from './config.ts';
import type { Source } from './source.ts';
import { classOf, nameOf } from './source.ts';

/** What a drill makes: everything named after the VMBackup's uid and the volume, and everything marked. */

export interface Recipe {
  readonly backup: VMBackup;
  readonly until: string;
  readonly config: Config;
}

function metaOf({ backup: { metadata }, until }: Recipe, volume: string) {
  return {
    name: nameOf(metadata.uid, volume),
    labels: { [names.DRILL_LABEL]: metadata.uid, [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER },
    annotations: {
      [names.DRILL_OF_ANNOTATION]: `${metadata.namespace}/${metadata.name}`,
      [names.DRILL_VOLUME_ANNOTATION]: volume,
      [names.DRILL_UNTIL_ANNOTATION]: until,
    },
  };
}

/** Always on Retain, and it stays so: the VMBackup's own content names the same backup, and may be on Delete. */
export function newContent(recipe: Recipe, { entry, longhorn }: Source): NewContent {
  const meta = metaOf(recipe, entry.volumeName);
  return {
    apiVersion: kinds.VolumeSnapshotContent.apiVersion,
    kind: 'VolumeSnapshotContent',
    metadata: meta,
    spec: {
      driver: names.LONGHORN_DRIVER,
      deletionPolicy: 'Retain',
      volumeSnapshotClassName: snapshotClassOf(recipe),
      source: { snapshotHandle: backupHandle(longhorn?.status?.volumeName ?? '', longhorn?.metadata.name ?? '') },
      volumeSnapshotRef: { name: meta.name, namespace: recipe.config.namespace },
    },
  };
}

export function newSnapshot(recipe: Recipe, { entry }: Source): NewSnapshot {
  const meta = metaOf(recipe, entry.volumeName);
  return {
    apiVersion: kinds.VolumeSnapshot.apiVersion,
    kind: 'VolumeSnapshot',
    metadata: { ...meta, namespace: recipe.config.namespace },
    spec: { volumeSnapshotClassName: snapshotClassOf(recipe), source: { volumeSnapshotContentName: meta.name } },
  };
}

const snapshotClassOf = ({ backup }: Recipe): string =>
  backup.status?.csiDriverVolumeSnapshotClassNames?.[names.LONGHORN_DRIVER] ?? names.BACKUP_CLASS;

export function newClaim(recipe: Recipe, source: Source): NewClaim {
  const meta = metaOf(recipe, source.entry.volumeName);
  const { volumeMode, accessModes } = source.entry.persistentVolumeClaim?.spec ?? {};
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...meta, namespace: recipe.config.namespace, labels: { ...meta.labels, ...noRecurringJobs } },
    spec: {
      storageClassName: classOf(source.entry),
      volumeMode: volumeMode ?? 'Block',
      accessModes: accessModes ?? ['ReadWriteMany'],
      resources: { requests: { storage: String(bytesOf(source)) } },
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: meta.name },
    },
  };
}

/** What the volume has to hold: Longhorn restores to the size that it noted with the backup. */
export const bytesOf = ({ entry, longhorn }: Source): number =>
  Math.max(
    Number(longhorn?.status?.volumeSize ?? 0) || 0,
    entry.volumeSize ?? 0,
    parseQuantity(entry.persistentVolumeClaim?.spec?.resources?.requests?.['storage']) ?? 0,
  );

const MOUNTED = '/drill';
/** 16 MiB from either end; what a disk begins and ends with: partition table, boot sector, backup table. */
const reads = [
  'set -e',
  `f=${MOUNTED}; [ -b "$f" ] || f=$(ls ${MOUNTED}/disk.img 2>/dev/null || find ${MOUNTED} -type f | head -n 1)`,
  '[ -n "$f" ] || { echo "there is no file on the restored volume"; exit 1; }',
  's=$(blockdev --getsize64 "$f" 2>/dev/null || stat -c %s "$f"); n=$((s / 1048576)); k=$((n > 16 ? n - 16 : 0))',
  'dd if="$f" of=/dev/null bs=1048576 count=16 2>&1',
  'dd if="$f" of=/dev/null bs=1048576 skip=$k 2>&1',
].join('\n');

/** Reads the volume and writes nothing; it may do nothing else, and sees nothing but the volume. */
export function newPod(recipe: Recipe, source: Source): NewPod {
  const meta = metaOf(recipe, source.entry.volumeName);
  const isBlock = (source.entry.persistentVolumeClaim?.spec?.volumeMode ?? 'Block') === 'Block';
  return scratchPod({ ...meta, namespace: recipe.config.namespace }, meta.name, {
    name: 'read',
    image: recipe.config.readImage,
    command: ['sh', '-c', reads],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    limits: { cpu: '500m', memory: '64Mi' },
    // Devices belong to root, whom the drill leaves no other power.
    securityContext: { runAsUser: 0 },
    ...(isBlock
      ? { volumeDevices: [{ name: 'volume', devicePath: MOUNTED }] }
      : { volumeMounts: [{ name: 'volume', mountPath: MOUNTED }] }),
  });
}
