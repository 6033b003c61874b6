/** The kinds the controllers touch, spelled once. */
export const VMBackup = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
export const VMRestore = 'harvesterhci.io/v1beta1/VirtualMachineRestore';
export const Setting = 'harvesterhci.io/v1beta1/Setting';
export const Schedule = 'harvesterhci.io/v1beta1/ScheduleVMBackup';
export const Snapshot = 'snapshot.storage.k8s.io/v1/VolumeSnapshot';
export const Content = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
export const SnapshotClass = 'snapshot.storage.k8s.io/v1/VolumeSnapshotClass';
export const Backup = 'longhorn.io/v1beta2/Backup';
export const BackupVolume = 'longhorn.io/v1beta2/BackupVolume';
export const BackupTarget = 'longhorn.io/v1beta2/BackupTarget';
export const Volume = 'longhorn.io/v1beta2/Volume';
export const Claim = 'v1/PersistentVolumeClaim';
export const Pod = 'v1/Pod';
export const PersistentVolume = 'v1/PersistentVolume';
export const Namespace = 'v1/Namespace';
export const Secret = 'v1/Secret';
export const Event = 'v1/Event';
export const StorageClass = 'storage.k8s.io/v1/StorageClass';
export const VM = 'kubevirt.io/v1/VirtualMachine';
export const VMI = 'kubevirt.io/v1/VirtualMachineInstance';

export const longhornDriver = 'driver.longhorn.io';
export const longhornNamespace = 'longhorn-system';
