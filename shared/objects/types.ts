import type * as z from 'zod/mini';
import type { KindName } from '../domain/kinds.ts';
import type { schemas } from './schemas.ts';

/** An object of a kind as Gleaner reads it: only the fields the schema keeps. */
export type ObjectOf<K extends KindName> = z.infer<(typeof schemas)[K]>;

export type Content = ObjectOf<'VolumeSnapshotContent'>;
export type Snapshot = ObjectOf<'VolumeSnapshot'>;
export type VMBackup = ObjectOf<'VirtualMachineBackup'>;
export type VMRestore = ObjectOf<'VirtualMachineRestore'>;
export type Backup = ObjectOf<'Backup'>;
export type BackupVolume = ObjectOf<'BackupVolume'>;
export type BackupTarget = ObjectOf<'BackupTarget'>;
export type VM = ObjectOf<'VirtualMachine'>;
export type VMInstance = ObjectOf<'VirtualMachineInstance'>;
export type KubeEvent = ObjectOf<'Event'>;
export type ReportObject = ObjectOf<'PolicyReport' | 'Report'>;
export type ClusterReportObject = ObjectOf<'ClusterPolicyReport' | 'ClusterReport'>;
export type StorageClass = ObjectOf<'StorageClass'>;
export type SnapshotClass = ObjectOf<'VolumeSnapshotClass'>;
export type Claim = ObjectOf<'PersistentVolumeClaim'>;
export type Setting = ObjectOf<'Setting'>;
/** One volume of a VMBackup: an entry of `status.volumeBackups`. */
export type VolumeEntry = NonNullable<NonNullable<VMBackup['status']>['volumeBackups']>[number];
export type OwnerReference = NonNullable<Content['metadata']['ownerReferences']>[number];
export type Volume = ObjectOf<'Volume'>;
export type Pod = ObjectOf<'Pod'>;
export type ConfigMap = ObjectOf<'ConfigMap'>;
export type { DrillEntry, DrillRun } from './drills.ts';
