/** What `kubectl get` shows: the printer columns of the real CRDs, and the essential ones of built-in kinds. */
import type { KindId } from './types.ts';

export interface Column {
  name: string;
  type: 'string' | 'boolean' | 'integer' | 'date';
  /** Dotted path; a step `conditions[Ready]` takes the list item of that `type`. */
  path: string;
}

/** `Name:path` or `Name:path:type`. */
function columns(...texts: string[]): Column[] {
  return texts.map((text) => {
    const [name, path, type = 'string'] = text.split(':') as [string, string, Column['type']?];
    return { name, path, type };
  });
}

const AGE = 'Age:metadata.creationTimestamp:date';
const SNAPSHOT = 'snapshot.storage.k8s.io/v1';
const HARVESTER = 'harvesterhci.io/v1beta1';
const LONGHORN = 'longhorn.io/v1beta2';
const KUBEVIRT = 'kubevirt.io/v1';

export const COLUMNS: Record<KindId, Column[]> = {
  [`${SNAPSHOT}/VolumeSnapshot`]: columns(
    'ReadyToUse:status.readyToUse:boolean',
    'SourcePVC:spec.source.persistentVolumeClaimName',
    'SourceSnapshotContent:spec.source.volumeSnapshotContentName',
    'RestoreSize:status.restoreSize',
    'SnapshotClass:spec.volumeSnapshotClassName',
    'SnapshotContent:status.boundVolumeSnapshotContentName',
    'CreationTime:status.creationTime:date',
    AGE,
  ),
  [`${SNAPSHOT}/VolumeSnapshotContent`]: columns(
    'ReadyToUse:status.readyToUse:boolean',
    'RestoreSize:status.restoreSize:integer',
    'DeletionPolicy:spec.deletionPolicy',
    'Driver:spec.driver',
    'VolumeSnapshotClass:spec.volumeSnapshotClassName',
    'VolumeSnapshot:spec.volumeSnapshotRef.name',
    'VolumeSnapshotNamespace:spec.volumeSnapshotRef.namespace',
    AGE,
  ),
  [`${SNAPSHOT}/VolumeSnapshotClass`]: columns('Driver:driver', 'DeletionPolicy:deletionPolicy', AGE),
  [`${HARVESTER}/VirtualMachineBackup`]: columns(
    'SOURCE_KIND:spec.source.kind',
    'SOURCE_NAME:spec.source.name',
    'TYPE:spec.type',
    'READY_TO_USE:status.readyToUse:boolean',
    'AGE:metadata.creationTimestamp:date',
    'ERROR:status.error.message',
  ),
  [`${HARVESTER}/VirtualMachineRestore`]: columns(
    'TARGET_KIND:spec.target.kind',
    'TARGET_NAME:spec.target.name',
    'COMPLETE:status.complete:boolean',
    'AGE:metadata.creationTimestamp:date',
    'ERROR:status.error.message',
  ),
  [`${HARVESTER}/Setting`]: columns('VALUE:value'),
  [`${HARVESTER}/ScheduleVMBackup`]: columns(
    'Cron:spec.cron',
    'Retain:spec.retain:integer',
    'MaxFailure:spec.maxFailure:integer',
    'SpecSuspend:spec.suspend:boolean',
    'Source:spec.vmbackup.source.name',
    'Suspended:status.suspended',
    'Failure:status.failure:integer',
  ),
  [`${LONGHORN}/Backup`]: columns(
    'SnapshotName:status.snapshotName',
    'SnapshotSize:status.size',
    'SnapshotCreatedAt:status.snapshotCreatedAt',
    'BackupTarget:status.backupTargetName',
    'State:status.state',
    'LastSyncedAt:status.lastSyncedAt',
  ),
  [`${LONGHORN}/BackupVolume`]: columns(
    'BackupTarget:spec.backupTargetName',
    'CreatedAt:status.createdAt',
    'LastBackupName:status.lastBackupName',
    'LastBackupAt:status.lastBackupAt',
    'LastSyncedAt:status.lastSyncedAt',
  ),
  [`${LONGHORN}/BackupTarget`]: columns(
    'URL:spec.backupTargetURL',
    'Credential:spec.credentialSecret',
    'LastBackupAt:spec.pollInterval',
    'Available:status.available:boolean',
    'LastSyncedAt:status.lastSyncedAt',
  ),
  [`${LONGHORN}/Volume`]: columns(
    'Data Engine:spec.dataEngine',
    'State:status.state',
    'Robustness:status.robustness',
    'Scheduled:status.conditions[Schedulable].status',
    'Size:spec.size',
    'Node:status.currentNodeID',
    AGE,
  ),
  [`${LONGHORN}/Engine`]: columns(
    'Data Engine:spec.dataEngine',
    'State:status.currentState',
    'Node:spec.nodeID',
    'InstanceManager:status.instanceManagerName',
    'Image:status.currentImage',
    AGE,
  ),
  [`${LONGHORN}/Snapshot`]: columns(
    'Volume:spec.volume',
    'CreationTime:status.creationTime',
    'ReadyToUse:status.readyToUse:boolean',
    'RestoreSize:status.restoreSize',
    'Size:status.size',
    AGE,
  ),
  [`${LONGHORN}/Setting`]: columns('Value:value', 'Applied:status.applied:boolean', AGE),
  [`${KUBEVIRT}/VirtualMachine`]: columns(
    AGE,
    'Status:status.printableStatus',
    'Ready:status.conditions[Ready].status',
  ),
  [`${KUBEVIRT}/VirtualMachineInstance`]: columns(
    AGE,
    'Phase:status.phase',
    'NodeName:status.nodeName',
    'Ready:status.conditions[Ready].status',
  ),
  'v1/Namespace': columns('Status:status.phase', AGE),
  'v1/Node': columns('Ready:status.conditions[Ready].status', AGE),
  'v1/Pod': columns('Status:status.phase', 'Node:spec.nodeName', AGE),
  'v1/PersistentVolume': columns(
    'Capacity:spec.capacity.storage',
    'Reclaim Policy:spec.persistentVolumeReclaimPolicy',
    'Status:status.phase',
    'Claim Namespace:spec.claimRef.namespace',
    'Claim:spec.claimRef.name',
    'StorageClass:spec.storageClassName',
    AGE,
  ),
  'v1/PersistentVolumeClaim': columns(
    'Status:status.phase',
    'Volume:spec.volumeName',
    'Capacity:status.capacity.storage',
    'Access Modes:spec.accessModes',
    'StorageClass:spec.storageClassName',
    AGE,
  ),
  'v1/Secret': columns('Type:type', AGE),
  'v1/Event': columns(
    'Last Seen:lastTimestamp:date',
    'Type:type',
    'Reason:reason',
    'Kind:involvedObject.kind',
    'Object:involvedObject.name',
    'Message:message',
  ),
  'events.k8s.io/v1/Event': columns(
    'Last Seen:eventTime:date',
    'Type:type',
    'Reason:reason',
    'Kind:regarding.kind',
    'Object:regarding.name',
    'Message:note',
  ),
  'storage.k8s.io/v1/StorageClass': columns(
    'Provisioner:provisioner',
    'ReclaimPolicy:reclaimPolicy',
    'VolumeBindingMode:volumeBindingMode',
    'AllowVolumeExpansion:allowVolumeExpansion:boolean',
    AGE,
  ),
  'apiextensions.k8s.io/v1/CustomResourceDefinition': columns('Created At:metadata.creationTimestamp'),
};
