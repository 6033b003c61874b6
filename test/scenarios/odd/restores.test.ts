import { build, leaving, longhornTarget, one, restoring } from './static.ts';
import { clusters } from './table.ts';

clusters('restores', [
  [
    'restore stuck wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' });
      const x = restoring(p, `bs://web-disk/${p.backup}`);
      return [...p.all, ...x.all];
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'RestoreHanging VirtualMachineRestore rs',
      'SwapContent VolumeSnapshotContent restore-finance-rs-web-volume-web-disk',
      'SwapContent VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'restore stuck right VMB, wrong restore pair',
    () => {
      const p = one('web');
      const x = restoring(p, `bs://web-disk/${p.backup}`);
      return [...p.all, ...x.all];
    },
    [
      'RestoreHanging VirtualMachineRestore rs',
      'SwapContent VolumeSnapshotContent restore-finance-rs-web-volume-web-disk',
    ],
  ],
  [
    'restores that hang in deletion, one of them complete',
    () => {
      const p = one('web');
      const [done, other] = [restoring(p, p.right, true), one('other')];
      const vmr: any = build.vmRestore({ name: 'ro', namespace: 'finance', backup: 'other' });
      return [...p.all, ...other.all, leaving(vmr), leaving(done.vmr), ...done.all.slice(1)];
    },
    ['DeletionHangs VirtualMachineRestore rs', 'DeletionHangs VirtualMachineRestore ro'],
  ],
  [
    'a target that is not there, and a backup that nobody claims: one fault, of the target',
    () => [
      ...one('web').all,
      build.backup({ volume: 'pvc-x', backup: 'backup-x', version: '1.9' }),
      build.backupVolume('pvc-x', '1.9'),
      longhornTarget({}, { available: false }),
    ],
    ['OrphanBackup Backup backup-x', 'TargetNotConnected BackupTarget default'],
  ],
  [
    'restore complete wrong handle',
    () => {
      const p = one('web');
      const x = restoring(p, `bs://web-disk/${p.backup}`, true);
      return [...p.all, ...x.all];
    },
    [],
  ],
  [
    'restore gone pair left',
    () => {
      const p = one('web');
      const x = restoring(p, `bs://web-disk/${p.backup}`, true);
      return [...p.all, x.vs, x.vsc];
    },
    ['OrphanSnapshot VolumeSnapshot restore-rs-web-volume-web-disk'],
  ],
  [
    'restore gone, content left',
    () => {
      const p = one('web');
      const x = restoring(p, `bs://web-disk/${p.backup}`, true);
      return [...p.all, x.vsc];
    },
    ['OrphanContent VolumeSnapshotContent restore-finance-rs-web-volume-web-disk'],
  ],
  [
    'restore of missing VMB',
    () => [build.vmRestore({ name: 'rs', namespace: 'finance', backup: 'nope' })],
    // A restore that was asked for just now has its preflight too.
    ['PreflightFailed VirtualMachineRestore rs', 'RestoreHanging VirtualMachineRestore rs'],
  ],
  [
    'restore without status fresh',
    () => {
      const p = one('web');
      return [...p.all, build.vmRestore({ name: 'rs', namespace: 'finance', backup: 'web' })];
    },
    [],
  ],
  [
    'restore content missing',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      x.vs.status = { readyToUse: false, error: { message: 'VolumeSnapshotContent is missing' } };
      return [...p.all, x.vmr, x.vs, x.pvc];
    },
    ['RecreateContent VolumeSnapshot restore-rs-web-volume-web-disk', 'RestoreHanging VirtualMachineRestore rs'],
  ],
  [
    'restore names wrong backup id',
    () => {
      const p = one('web'),
        q = one('db');
      const x = restoring(p, q.right);
      return [...p.all, ...q.all, ...x.all];
    },
    ['PreflightFailed VirtualMachineRestore rs', 'RestoreOfOtherData VirtualMachineRestore rs'],
  ],
  [
    'restore’s content in deletion, with a wrong handle',
    () => {
      const p = one('web');
      const x = restoring(p, `bs://web-disk/${p.backup}`);
      leaving(x.vsc);
      return [...p.all, ...x.all];
    },
    [
      'ContentStuck VolumeSnapshotContent restore-finance-rs-web-volume-web-disk',
      'DeletionHangs VolumeSnapshotContent restore-finance-rs-web-volume-web-disk',
      'PreflightFailed VirtualMachineRestore rs',
      'RestoreHanging VirtualMachineRestore rs',
    ],
  ],
  [
    'restore’s snapshot in deletion: it and the claim wait for each other',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      leaving(x.vs);
      return [...p.all, ...x.all];
    },
    [
      'DeletionHangs VolumeSnapshot restore-rs-web-volume-web-disk',
      'PreflightFailed VirtualMachineRestore rs',
      'RestoreHanging VirtualMachineRestore rs',
    ],
  ],
  [
    'restore’s pair never becomes ready for want of its class',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      for (const part of [x.vs, x.vsc]) {
        part.spec.volumeSnapshotClassName = 'gone';
        delete part.status;
      }
      return [...p.all, ...x.all];
    },
    ['RestoreHanging VirtualMachineRestore rs'],
  ],
  [
    'restore’s pair is not ready yet',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      for (const part of [x.vs, x.vsc]) delete part.status;
      return [...p.all, ...x.all];
    },
    [],
  ],
  [
    'restore’s content was made anew a moment ago, and its snapshot still says that it is missing',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      const now = new Date().toISOString();
      delete x.vsc.status;
      x.vsc.metadata.creationTimestamp = now;
      const error = { message: 'VolumeSnapshotContent is missing', time: now };
      x.vs.status = { readyToUse: false, boundVolumeSnapshotContentName: x.vsc.metadata.name, error };
      return [...p.all, ...x.all];
    },
    [],
  ],
  [
    'restore whose claim was deleted',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      x.vmr.metadata.creationTimestamp = '2025-03-02T03:00:00Z';
      return [...p.all, x.vmr, x.vs, x.vsc];
    },
    ['RestoreHanging VirtualMachineRestore rs'],
  ],
  [
    'restore whose claim is not made yet',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      return [...p.all, x.vmr, x.vs, x.vsc];
    },
    [],
  ],
  [
    'restore whose claim has lost its volume',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      x.pvc.status.phase = 'Lost';
      x.pvc.spec.volumeName = 'pvc-gone';
      return [...p.all, ...x.all];
    },
    ['RestoreHanging VirtualMachineRestore rs'],
  ],
  [
    'restore whose claim hangs in deletion',
    () => {
      const p = one('web');
      const x = restoring(p, p.right);
      leaving(x.pvc);
      return [...p.all, ...x.all];
    },
    ['RestoreHanging VirtualMachineRestore rs'],
  ],
  [
    'restore of a lost content whose backup failed: no repair is promised',
    () => {
      const p = one('web');
      p.bk.status.state = 'Unknown';
      const x = restoring(p, p.right);
      return [...p.all, x.vmr, x.vs, x.pvc];
    },
    [
      'BackupFailed Backup BACKUP',
      'PreflightFailed VirtualMachineRestore rs',
      'RestoreHanging VirtualMachineRestore rs',
    ],
  ],
  [
    'restore deleting',
    () => {
      const p = one('web');
      return [...p.all, leaving(restoring(p, p.right).vmr)];
    },
    ['DeletionHangs VirtualMachineRestore rs'],
  ],
]);
