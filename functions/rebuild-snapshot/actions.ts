import { driverOf } from '../../shared/chain/vmbackup.ts';
import { backupHandle } from '../../shared/domain/handle.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { Content, OwnerReference, VMBackup, VolumeEntry } from '../../shared/objects/types.ts';
import type { Action, NewContent, NewSnapshot } from '../../shared/plan/action.ts';
import type { Config } from './config.ts';
import type { Pair } from './loss.ts';

/** The source of a recreated pair. */
export interface Recipe {
  readonly backup: VMBackup;
  readonly entry: VolumeEntry;
  /** The Longhorn volume and the backup: what the handle must name. */
  readonly right: { readonly volume: string; readonly backup: string };
  readonly config: Config;
}

/**
 * Creates both, the content first: after a crash in between, the next run sees `snapshot-lost` and creates the
 * snapshot.
 */
export const rebuildPair = (recipe: Recipe, name: string): Action[] => [
  { do: 'create', object: newContent(recipe, { name, contentName: names.contentName(name) }) },
  { do: 'create', object: newSnapshot(recipe, name) },
];

/** Creates the content alone, for the snapshot that names it. */
export const rebuildContent = (recipe: Recipe, { name, contentName, snapshot }: Pair): Action[] => [
  {
    do: 'create',
    object: newContent(
      recipe,
      { name, contentName, uid: snapshot?.metadata.uid },
      snapshot?.spec.volumeSnapshotClassName,
    ),
  },
];

/**
 * Creates the snapshot alone, for the content that names it, after setting Retain and dropping the uid of the old
 * snapshot.
 */
export const rebuildSnapshot = (recipe: Recipe, content: Content): Action[] => [
  ...rebind(recipe, content),
  {
    do: 'create',
    object: newSnapshot(recipe, content.spec.volumeSnapshotRef.name, content.spec.volumeSnapshotClassName),
  },
];

/** Drops the stale uid from a content, so that the current snapshot can bind to it. */
export function rebind({ config }: Pick<Recipe, 'config'>, { metadata, spec }: Content): Action[] {
  const { uid, name, resourceVersion, annotations } = metadata;
  const target = { kind: 'VolumeSnapshotContent', name, uid } as const;
  const restoresDelete = config.rebuilt === 'delete';
  const former = spec.volumeSnapshotRef.uid;
  const left = annotations?.[names.BEING_DELETED_ANNOTATION] !== undefined;
  return [
    ...(spec.deletionPolicy === 'Retain'
      ? []
      : [
          {
            do: 'setPolicy',
            target: { ...target, resourceVersion },
            from: 'Delete',
            to: 'Retain',
            addArmNote: restoresDelete,
          } as const,
        ]),
    ...(former || left
      ? [
          {
            do: 'unbindContent',
            target,
            snapshot: {
              name: spec.volumeSnapshotRef.name,
              namespace: spec.volumeSnapshotRef.namespace,
              uid: former ?? '',
            },
          } as const,
        ]
      : []),
  ];
}

function newContent(
  recipe: Recipe,
  { name, contentName, uid }: { name: string; contentName: string; uid?: string | undefined },
  className: string | null | undefined = classOf(recipe),
): NewContent {
  const { backup, right, config } = recipe;
  return {
    apiVersion: kinds.VolumeSnapshotContent.apiVersion,
    kind: 'VolumeSnapshotContent',
    metadata: {
      name: contentName,
      annotations: {
        [names.REPLACES_ANNOTATION]: contentName,
        ...(config.rebuilt === 'delete' && { [names.DELETE_WHEN_READY_ANNOTATION]: 'Delete' }),
      },
      ownerReferences: [controllerReference(backup)],
    },
    spec: {
      driver: names.LONGHORN_DRIVER,
      deletionPolicy: 'Retain',
      ...(className && { volumeSnapshotClassName: className }),
      source: { snapshotHandle: backupHandle(right.volume, right.backup) },
      volumeSnapshotRef: { name, namespace: backup.metadata.namespace, ...(uid !== undefined && { uid }) },
    },
  };
}

function newSnapshot(
  recipe: Recipe,
  name: string,
  className: string | null | undefined = classOf(recipe),
): NewSnapshot {
  const { backup } = recipe;
  return {
    apiVersion: kinds.VolumeSnapshot.apiVersion,
    kind: 'VolumeSnapshot',
    metadata: { name, namespace: backup.metadata.namespace, ownerReferences: [controllerReference(backup)] },
    spec: {
      ...(className && { volumeSnapshotClassName: className }),
      source: { volumeSnapshotContentName: names.contentName(name) },
    },
  };
}

const classOf = ({ backup, entry }: Recipe): string => classFor(backup, entry);

/** The VolumeSnapshotClass that Harvester would use for a pair of this volume. */
export const classFor = ({ status }: VMBackup, entry: VolumeEntry): string =>
  status?.csiDriverVolumeSnapshotClassNames?.[driverOf(entry)] ?? names.BACKUP_CLASS;

const controllerReference = ({ metadata }: VMBackup): OwnerReference => ({
  apiVersion: kinds.VirtualMachineBackup.apiVersion,
  kind: 'VirtualMachineBackup',
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
});
