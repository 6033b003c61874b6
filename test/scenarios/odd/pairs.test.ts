import { bereft, handle, leaving, one, without } from './static.ts';
import { clusters } from './table.ts';

clusters('snapshots and contents', [
  [
    'swapped handles of two VMs',
    () => {
      const p = one('web'),
        q = one('db');
      handle(p, q.right);
      handle(q, one('web').right);
      return [...p.all, ...q.all];
    },
    [
      'BackupMismatch VolumeSnapshotContent db-volume-db-disk-vsc',
      'BackupMismatch VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'snapshot bound elsewhere than spec',
    () => {
      const p = one('web'),
        q = one('db');
      p.vs.status.boundVolumeSnapshotContentName = q.vsc.metadata.name;
      return [...p.all, ...q.all];
    },
    ['Misbound VolumeSnapshot web-volume-web-disk', 'PairNotReady VirtualMachineBackup web'],
  ],
  [
    'snapshot names the content of another, which is well',
    () => {
      const p = one('web'),
        q = one('db');
      p.vs.spec.source.volumeSnapshotContentName = q.vsc.metadata.name;
      p.vs.status.boundVolumeSnapshotContentName = q.vsc.metadata.name;
      return [...without(p, 'VolumeSnapshotContent'), ...q.all];
    },
    ['Misbound VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'content ref other namespace',
    () => {
      const p = one('web');
      p.vsc.spec.volumeSnapshotRef.namespace = 'finance';
      return p.all;
    },
    ['Misbound VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'content ref other name',
    () => {
      const p = one('web');
      p.vsc.spec.volumeSnapshotRef.name = 'other';
      return p.all;
    },
    ['Misbound VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'content ref uid of deleted snapshot',
    () => {
      const p = one('web');
      p.vsc.spec.volumeSnapshotRef.uid = '11111111-1111-4111-8111-111111111111';
      return p.all;
    },
    [
      'Misbound VolumeSnapshotContent web-volume-web-disk-vsc',
      'RebindContent VirtualMachineBackup web',
      'StaleBinding VirtualMachineBackup web',
    ],
  ],
  [
    'snapshot missing',
    () => without(one('web'), 'VolumeSnapshot'),
    ['RebuildSnapshot VirtualMachineBackup web', 'SnapshotMissing VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'content missing',
    () => without(bereft(one('web')), 'VolumeSnapshotContent'),
    ['ContentMissing VolumeSnapshot web-volume-web-disk', 'RebuildContent VirtualMachineBackup web'],
  ],
  [
    'content missing, snapshot still says ready',
    () => without(one('web'), 'VolumeSnapshotContent'),
    ['ContentMissing VolumeSnapshot web-volume-web-disk', 'RebuildContent VirtualMachineBackup web'],
  ],
  [
    'both missing',
    () => without(one('web'), 'VolumeSnapshot', 'VolumeSnapshotContent'),
    ['RebuildPair VirtualMachineBackup web', 'SnapshotMissing VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'snapshot missing, content wrong',
    () => without(handle(one('web'), `bs://web-disk/${one('web').backup}`), 'VolumeSnapshot'),
    [
      'HandleFirst VirtualMachineBackup web',
      'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc',
      'SnapshotMissing VolumeSnapshot web-volume-web-disk',
    ],
  ],
  [
    'Content deleting, snapshot lives',
    () => {
      const p = one('web');
      leaving(p.vsc);
      return p.all;
    },
    [
      'ContentStuck VolumeSnapshotContent web-volume-web-disk-vsc',
      'DeletionHangs VolumeSnapshotContent web-volume-web-disk-vsc',
      'PairNotReady VirtualMachineBackup web',
    ],
  ],
  [
    'Content wrong deleting, snapshot lives',
    () => {
      const p = one('web', { handle: 'wrong' });
      leaving(p.vsc);
      return p.all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ContentStuck VolumeSnapshotContent web-volume-web-disk-vsc',
      'DeletionHangs VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'Content deleting, snapshot gone',
    () => {
      const p = one('web');
      leaving(p.vsc);
      return without(p, 'VolumeSnapshot');
    },
    [
      'DeletionHangs VolumeSnapshotContent web-volume-web-disk-vsc',
      'SnapshotMissing VolumeSnapshot web-volume-web-disk',
    ],
  ],
  [
    'snapshot deleting hanging',
    () => {
      const p = one('web');
      leaving(p.vs);
      return p.all;
    },
    ['DeletionHangs VolumeSnapshot web-volume-web-disk', 'SnapshotBeingDeleted VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'snapshot deleting hanging wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      leaving(p.vs);
      return p.all;
    },
    ['DeletionHangs VolumeSnapshot web-volume-web-disk', 'SnapshotBeingDeleted VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'snapshot owned by another VMB',
    () => {
      const p = one('web'),
        q = one('db');
      p.vs.metadata.ownerReferences = structuredClone(q.vs.metadata.ownerReferences);
      return [...p.all, ...q.all];
    },
    ['OwnedByAnother VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'snapshot owned by another VMB, wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' }),
        q = one('db');
      p.vs.metadata.ownerReferences = structuredClone(q.vs.metadata.ownerReferences);
      p.vsc.metadata.ownerReferences = [];
      return [...p.all, ...q.all];
    },
    [
      'AmbiguousOwner VolumeSnapshotContent web-volume-web-disk-vsc',
      'AwaitsReplacement VirtualMachineBackup web',
      'OwnedByAnother VolumeSnapshot web-volume-web-disk',
    ],
  ],
  [
    'two VMBackups share one snapshot',
    () => {
      const p = one('web'),
        q = one('db');
      q.vmb.status.volumeBackups = structuredClone(p.vmb.status.volumeBackups);
      return [...p.all, q.vmb];
    },
    ['OwnedByAnother VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'two VMBackups share one snapshot wrong',
    () => {
      const p = one('web', { handle: 'wrong' }),
        q = one('db');
      q.vmb.status.volumeBackups = structuredClone(p.vmb.status.volumeBackups);
      return [...p.all, q.vmb];
    },
    [
      'AmbiguousOwner VolumeSnapshotContent web-volume-web-disk-vsc',
      'AwaitsReplacement VirtualMachineBackup db',
      'AwaitsReplacement VirtualMachineBackup web',
      'OwnedByAnother VolumeSnapshot web-volume-web-disk',
    ],
  ],
  [
    'duplicate entries',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups.push(structuredClone(p.vmb.status.volumeBackups[0]));
      return p.all;
    },
    ['AmbiguousOwner VirtualMachineBackup web'],
  ],
  [
    'two entries same snapshot',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups.push({ ...structuredClone(p.vmb.status.volumeBackups[0]), volumeName: 'disk-1' });
      return p.all;
    },
    ['AmbiguousOwner VirtualMachineBackup web'],
  ],
  [
    'two entries same snapshot wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vmb.status.volumeBackups.push({ ...structuredClone(p.vmb.status.volumeBackups[0]), volumeName: 'disk-1' });
      return p.all;
    },
    [
      'AmbiguousOwner VirtualMachineBackup web',
      'AmbiguousOwner VolumeSnapshotContent web-volume-web-disk-vsc',
      'AwaitsReplacement VirtualMachineBackup web',
    ],
  ],
]);
