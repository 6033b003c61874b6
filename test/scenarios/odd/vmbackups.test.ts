import { leaving, one } from './static.ts';
import { clusters } from './table.ts';

clusters('VMBackups', [
  [
    'VMBackup no status',
    () => {
      const p = one('web');
      delete p.vmb.status;
      return p.all;
    },
    ['TargetBlocked Setting backup-target'],
  ],
  [
    'VMBackup no status alone',
    () => {
      const p = one('web');
      delete p.vmb.status;
      return [p.vmb];
    },
    [],
  ],
  [
    'VMBackup empty volumeBackups ready',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups = [];
      return [p.vmb];
    },
    ['VMBackupIncomplete VirtualMachineBackup web'],
  ],
  [
    'VMBackup null volumeBackups ready',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups = null;
      return [p.vmb];
    },
    ['VMBackupIncomplete VirtualMachineBackup web'],
  ],
  [
    'VMBackup ready, without the name of a snapshot',
    () => {
      const p = one('web');
      delete p.vmb.status.volumeBackups[0].name;
      return p.all;
    },
    ['VMBackupIncomplete VirtualMachineBackup web'],
  ],
  [
    'VMBackup no source',
    () => {
      const p = one('web');
      delete p.vmb.status.source;
      return p.all;
    },
    ['VMBackupIncomplete VirtualMachineBackup web'],
  ],
  [
    'VMBackup error',
    () => {
      const p = one('web');
      p.vmb.status.readyToUse = false;
      p.vmb.status.error = { message: 'boom', time: '2025-03-02T01:05:11Z' };
      return p.all;
    },
    ['VMBackupFailed VirtualMachineBackup web'],
  ],
  [
    'VMBackup degraded but ready',
    () => {
      const p = one('web');
      p.vmb.status.conditions = [
        { type: 'Ready', status: 'False', message: 'Change back to non-ready', reason: 'backup is missing' },
      ];
      return p.all;
    },
    ['VMBackupDegraded VirtualMachineBackup web'],
  ],
  [
    'VMBackup degraded once, and well since',
    () => {
      const p = one('web');
      p.vmb.status.conditions = [
        {
          type: 'Ready',
          status: 'False',
          message: 'Change back to non-ready',
          reason: 'longhorn backup is not ready',
          lastUpdateTime: '2024-01-01T00:00:00Z',
        },
      ];
      return p.all;
    },
    [],
  ],
  [
    'VMBackup without its metadata file',
    () => {
      const p = one('web');
      p.vmb.status.conditions.find((c: any) => c.type === 'MetadataReady').status = 'False';
      return p.all;
    },
    ['MetadataNotUploaded VirtualMachineBackup web'],
  ],
  [
    'VMBackup of which Harvester does not say whether its metadata file is there',
    () => {
      const p = one('web');
      p.vmb.status.conditions = p.vmb.status.conditions.filter((c: any) => c.type !== 'MetadataReady');
      return p.all;
    },
    [],
  ],
  [
    'VMBackup not ready old',
    () => {
      const p = one('web');
      p.vmb.status.readyToUse = false;
      p.vmb.metadata.creationTimestamp = '2025-03-02T01:00:00Z';
      return p.all;
    },
    ['VMBackupFailed VirtualMachineBackup web'],
  ],
  [
    'VMBackup not ready fresh',
    () => {
      const p = one('web');
      p.vmb.status.readyToUse = false;
      return p.all;
    },
    [],
  ],
  [
    'VMBackup not ready fresh wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vmb.status.readyToUse = false;
      return p.all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'SwapContent VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'VMBackup deleting hangs',
    () => {
      const p = one('web');
      leaving(p.vmb);
      return p.all;
    },
    ['DeletionHangs VirtualMachineBackup web'],
  ],
  [
    'VMBackup deleting hangs, wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' });
      leaving(p.vmb);
      return p.all;
    },
    ['DeletionHangs VirtualMachineBackup web'],
  ],
  [
    'VMBackup deleting hangs, and all that is its own',
    () => {
      const p = one('web');
      for (const part of [p.vmb, p.vs, p.vsc, p.bk]) leaving(part);
      return p.all;
    },
    [
      'DeletionHangs Backup BACKUP',
      'DeletionHangs VirtualMachineBackup web',
      'DeletionHangs VolumeSnapshot web-volume-web-disk',
      'DeletionHangs VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'VMBackup with a volume twice, of two snapshots',
    () => {
      const p = one('web'),
        q = one('db');
      p.vmb.status.volumeBackups.push({ ...q.vmb.status.volumeBackups[0], volumeName: 'disk-0' });
      for (const part of [q.vs, q.vsc]) part.metadata.ownerReferences = structuredClone(p.vs.metadata.ownerReferences);
      return [...p.all, ...q.all.filter(({ kind }) => kind !== 'VirtualMachineBackup')];
    },
    ['AmbiguousOwner VirtualMachineBackup web'],
  ],
  [
    'VMBackup whose volume has no driver by its record',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vmb.status.volumeBackups[0].csiDriverName = '';
      return p.all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'VMBackup other target',
    () => {
      const p = one('web');
      p.vmb.status.backupTarget = { endpoint: 'nfs://1.2.3.4:/x' };
      return p.all;
    },
    ['OtherTarget VirtualMachineBackup web'],
  ],
  [
    'VMBackup other target wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vmb.status.backupTarget = { endpoint: 'nfs://1.2.3.4:/x' };
      return p.all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'OtherTarget VirtualMachineBackup web',
      'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'VMBackup no backupTarget',
    () => {
      const p = one('web');
      delete p.vmb.status.backupTarget;
      return p.all;
    },
    ['OtherAddress VirtualMachineBackup web'],
  ],
]);
