import type { VolumeMode } from '../../shared/capability/volume-mode.ts';
import { modeOf } from '../../shared/capability/volume-mode.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { parseQuantity } from '../../shared/domain/quantity.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { NewContent, NewSnapshot } from '../../shared/plan/action.ts';
import type { NewClaim, NewPod } from '../../shared/plan/scratch-action.ts';
import { scratchMeta, scratchClaim, scratchPod, scratchSnapshot } from '../../shared/scratch/objects.ts';
import type { Config } from './config.ts';
import type { Source } from './source.ts';
import { classOf, nameOf } from './source.ts';

/** The objects that a drill creates: named after the uid of the VMBackup and the volume, and labelled. */

export interface Recipe {
  readonly backup: VMBackup;
  readonly until: string;
  readonly config: Config;
}

const metaOf = ({ backup: { metadata }, until, config }: Recipe, volume: string) => ({
  ...scratchMeta({ label: names.DRILL_LABEL, value: metadata.uid }, nameOf(metadata.uid, volume), {
    [names.DRILL_OF_ANNOTATION]: `${metadata.namespace}/${metadata.name}`,
    [names.DRILL_VOLUME_ANNOTATION]: volume,
    [names.DRILL_UNTIL_ANNOTATION]: until,
  }),
  namespace: config.namespace,
});

/** Always on Retain: the content of the VMBackup names the same backup, and may have Delete. */
export function newContent(recipe: Recipe, { entry, longhorn }: Source): NewContent {
  const { namespace, ...meta } = metaOf(recipe, entry.volumeName);
  return {
    apiVersion: kinds.VolumeSnapshotContent.apiVersion,
    kind: 'VolumeSnapshotContent',
    metadata: meta,
    spec: {
      driver: names.LONGHORN_DRIVER,
      deletionPolicy: 'Retain',
      volumeSnapshotClassName: snapshotClassOf(recipe),
      source: { snapshotHandle: backupHandle(longhorn?.status?.volumeName ?? '', longhorn?.metadata.name ?? '') },
      volumeSnapshotRef: { name: meta.name, namespace },
    },
  };
}

export function newSnapshot(recipe: Recipe, { entry }: Source): NewSnapshot {
  const meta = metaOf(recipe, entry.volumeName);
  return scratchSnapshot(meta, snapshotClassOf(recipe), { volumeSnapshotContentName: meta.name });
}

const snapshotClassOf = ({ backup }: Recipe): string =>
  backup.status?.csiDriverVolumeSnapshotClassNames?.[names.LONGHORN_DRIVER] ?? names.BACKUP_CLASS;

export function newClaim(recipe: Recipe, source: Source): NewClaim {
  const meta = metaOf(recipe, source.entry.volumeName);
  return scratchClaim(meta, String(bytesOf(source)), meta.name, {
    storageClassName: classOf(source.entry),
    volumeMode: volumeModeOf(source),
    accessModes: source.entry.persistentVolumeClaim?.spec?.accessModes ?? ['ReadWriteMany'],
  });
}

/** The mode in which Harvester restores it. The API server defaults to Filesystem. */
const volumeModeOf = ({ entry }: Source): VolumeMode => modeOf({ spec: entry.persistentVolumeClaim?.spec ?? {} });

/** Size of the restored volume in bytes: the largest of what Longhorn, the VMBackup and its claim record. */
export const bytesOf = ({ entry, longhorn }: Source): number =>
  Math.max(
    Number(longhorn?.status?.volumeSize ?? 0) || 0,
    entry.volumeSize ?? 0,
    parseQuantity(entry.persistentVolumeClaim?.spec?.resources?.requests?.['storage']) ?? 0,
  );

const MOUNTED = '/drill';
/**
 * Shell script that reads the first and the last 16 MiB: partition table, boot sector, backup table. Fails if a device
 * is smaller than the backup, or its size is unknown, since its end would not be read.
 */
const readsOf = (mode: VolumeMode, bytes: number): string =>
  [
    'set -e',
    ...(mode === 'Block'
      ? [`f=${MOUNTED}`]
      : [
          `f=$(ls ${MOUNTED}/disk.img 2>/dev/null || find ${MOUNTED} -type f | head -n 1)`,
          '[ -n "$f" ] || { echo "there is no file on the restored volume"; exit 1; }',
        ]),
    's=$(blockdev --getsize64 "$f" 2>/dev/null || stat -L -c %s "$f"); n=$((s / 1048576)); k=$((n > 16 ? n - 16 : 0))',
    ...(mode === 'Block'
      ? [`[ "$s" -ge ${bytes} ] || { echo "the device has $s bytes, but the backup has ${bytes}"; exit 1; }`]
      : []),
    'dd if="$f" of=/dev/null bs=1048576 count=16 2>&1',
    'dd if="$f" of=/dev/null bs=1048576 skip=$k 2>&1',
  ].join('\n');

export const READ_LIMITS = { cpu: '500m', memory: '64Mi' };

/** A pod that reads the volume and writes nothing. */
export function newPod(recipe: Recipe, source: Source): NewPod {
  const volumeMode = volumeModeOf(source);
  const bytes = Math.max(1, Number(source.longhorn?.status?.volumeSize ?? 0) || 0);
  return scratchPod(
    metaOf(recipe, source.entry.volumeName),
    { volumeMode, path: MOUNTED },
    {
      name: 'read',
      image: recipe.config.readImage,
      command: ['sh', '-c', readsOf(volumeMode, bytes)],
      terminationMessagePolicy: 'FallbackToLogsOnError',
      limits: READ_LIMITS,
      // Devices belong to root; the pod drops all capabilities.
      securityContext: { runAsUser: 0 },
    },
  );
}
