import { once } from './schemas/shape.ts';
import { VolumeSnapshotContent, VolumeSnapshot, VolumeSnapshotClass } from './schemas/snapshots.ts';
import {
  Backup,
  BackupVolume,
  BackupTarget,
  BackupBackingImage,
  BackingImage,
  Engine,
  Volume,
} from './schemas/longhorn.ts';
import {
  VirtualMachineBackup,
  VirtualMachineRestore,
  VolumeRemoteBackup,
  VirtualMachineImage,
  ScheduleVMBackup,
  Setting,
} from './schemas/harvester.ts';
import { Event, PolicyReport, Report, ClusterPolicyReport, ClusterReport } from './schemas/reports.ts';
import { VirtualMachine, VirtualMachineInstance, NetworkAttachmentDefinition } from './schemas/kubevirt.ts';
import {
  PersistentVolumeClaim,
  PersistentVolume,
  StorageClass,
  CSIDriver,
  ConfigMap,
  Namespace,
  ResourceQuota,
  LimitRange,
  Pod,
  Deployment,
  Lease,
  CronJob,
  PingSource,
} from './schemas/kubernetes.ts';

/**
 * The Kubernetes objects as Gleaner reads them. Each schema keeps only what a decision or a re-creation needs and drops
 * the rest, such as a VMBackup's `status.secretBackups` and its VM's cloud-init. Schemas are built on first use:
 * building all of them takes longer than the rest of a cold start.
 */
export const schemas = lazily({
  VirtualMachineBackup,
  VirtualMachineRestore,
  VolumeRemoteBackup,
  VolumeSnapshot,
  VolumeSnapshotContent,
  VolumeSnapshotClass,
  Backup,
  BackupVolume,
  BackupTarget,
  BackingImage,
  BackupBackingImage,
  Volume,
  Engine,
  PersistentVolumeClaim,
  PersistentVolume,
  Pod,
  ConfigMap,
  Deployment,
  Lease,
  Namespace,
  ResourceQuota,
  LimitRange,
  StorageClass,
  CSIDriver,
  VirtualMachine,
  NetworkAttachmentDefinition,
  VirtualMachineInstance,
  VirtualMachineImage,
  ScheduleVMBackup,
  Setting,
  Event,
  PolicyReport,
  Report,
  ClusterPolicyReport,
  ClusterReport,
  CronJob,
  PingSource,
});

function lazily<T extends Record<string, () => unknown>>(builders: T): { readonly [K in keyof T]: ReturnType<T[K]> } {
  const lazy = {};
  for (const [kind, build] of Object.entries(builders)) {
    Object.defineProperty(lazy, kind, { enumerable: true, get: once(build) });
  }
  return lazy as { readonly [K in keyof T]: ReturnType<T[K]> };
}
