import { build, connected, handle, leaving, longhornTarget, one, without } from './static.ts';
import type { Row } from './table.ts';
import { clusters } from './table.ts';
import type { Parts } from './static.ts';

/** With a second volume, whose snapshot another driver has taken. */
function lvmVolume(p: Parts) {
  const csiDriverName = 'lvm.driver';
  const [first] = p.vmb.status.volumeBackups;
  const { longhornBackupName: _none, ...rest } = first;
  p.vmb.status.volumeBackups.push({ ...rest, name: 'web-volume-lvm', volumeName: 'lvm', csiDriverName });
  const vs = build.snapshot({ name: 'web-volume-lvm', claim: 'lvm' }, build.ownedBy(p.vmb));
  return [...p.all, vs, build.content({ snapshot: 'web-volume-lvm', handle: '1', volume: 'v', driver: csiDriverName })];
}

const s3 = { type: 's3', bucketName: 'vm-backups', bucketRegion: 'eu-central-1', endpoint: '' };
/** A Longhorn Backup that no VMBackup here records, of last year. */
const stray = (name: string, modify: build.Modifier) => [
  build.backup({ volume: `pvc-${name}`, backup: name, version: '1.9' }, modify, ({ metadata }) => {
    metadata.creationTimestamp = '2025-03-01T00:00:00Z';
  }),
  build.backupVolume(`pvc-${name}`, '1.9'),
];
const UNREADABLE = ['TargetUnreadable Setting backup-target'];

clusters('Longhorn and the target', [
  [
    'target unavailable',
    () => [
      ...one('web').all,
      longhornTarget(connected, {
        available: false,
        conditions: [{ type: 'Unavailable', status: 'True', message: 'x' }],
      }),
    ],
    ['TargetUnavailable BackupTarget default'],
  ],
  [
    'target empty url',
    () => [...one('web').all, longhornTarget({ backupTargetURL: '' }, { available: false })],
    ['TargetNotConnected BackupTarget default'],
  ],
  ['target no status', () => [...one('web').all, longhornTarget(connected)], []],
  [
    'setting empty',
    () => [...one('web').all, build.setting('backup-target', { value: '', default: '' })],
    ['TargetDiffers Setting backup-target'],
  ],
  [
    'setting only interval',
    () => [...one('web').all, build.setting('backup-target', { value: '{"refreshIntervalInSeconds":60}' })],
    ['TargetUnreadable Setting backup-target'],
  ],
  ...(
    [
      ['an interval that is a text', { refreshIntervalInSeconds: '60' }, UNREADABLE],
      ['an interval that is no whole number', { refreshIntervalInSeconds: 1.5 }, UNREADABLE],
      ['an address that is a number', { endpoint: 5 }, UNREADABLE],
      ['a flag that is a text', { virtualHostedStyle: 'true' }, UNREADABLE],
      ['fields that are null', { refreshIntervalInSeconds: null, cert: null }, []],
      ['fields that Harvester does not know', { mountOptions: 5, nested: { a: [1] } }, []],
    ] as const
  ).map(([what, fields, says]): Row => [
    `setting with ${what}`,
    () => [...one('web').all, build.setting('backup-target', { value: JSON.stringify({ ...s3, ...fields }) })],
    says,
  ]),
  ...['null', '{}', '{"mine":"x"}', '{"type":"","refreshIntervalInSeconds":0}'].map((value): Row => [
    `setting that is as good as empty: ${value}`,
    () => [...one('web').all, build.setting('backup-target', { value })],
    ['TargetDiffers Setting backup-target'],
  ]),
  [
    'a password in the address that Longhorn has, and in those that VMBackups record',
    () => {
      const web = one('web');
      const address = (path: string) => `nfs://me:${build.secretMarker}@10.0.0.9:/${path}`;
      web.vmb.status.backupTarget = { endpoint: address('old') };
      return [...web.all, longhornTarget({ backupTargetURL: address('new') }, { available: true })];
    },
    ['OtherTarget VirtualMachineBackup web', 'TargetDiffers Setting backup-target'],
    { alone: true },
  ],
  [
    'backups that Longhorn found, or began, long ago and does not get on with: told, and in nobody’s way',
    () => [
      ...one('web').all,
      ...stray('backup-a', () => undefined),
      ...stray('backup-found', (o) => Object.assign(o, { spec: {}, status: { state: '' } })),
      ...stray('backup-begun', (o) =>
        Object.assign(o, { spec: { snapshotName: 'snapshot-1' }, status: { state: 'InProgress', progress: 3 } }),
      ),
    ],
    [
      'OrphanBackup Backup backup-a',
      'SyncTarget Setting backup-target',
      'BackupStalled Backup backup-found',
      'BackupStalled Backup backup-begun',
    ],
  ],
  [
    'a target that cannot be reached, and a backup that nobody claims: one fault, of the target',
    () => [...one('web').all, ...stray('backup-a', () => undefined), longhornTarget(connected, { available: false })],
    ['OrphanBackup Backup backup-a', 'TargetUnavailable BackupTarget default'],
  ],
  [
    'the target and its setting hang in deletion',
    () => [
      ...one('web').all,
      leaving(longhornTarget(connected, { available: true })),
      leaving(build.setting('backup-target', { value: JSON.stringify(s3) })),
    ],
    ['DeletionHangs BackupTarget default', 'DeletionHangs Setting backup-target'],
  ],
  [
    'a sync asked for by a clock that is years ahead',
    () => [
      ...one('web').all,
      longhornTarget(
        { ...connected, pollInterval: '0s', syncRequestedAt: '2095-03-02T03:00:00Z' },
        { available: true, lastSyncedAt: '2025-03-02T02:00:03Z' },
      ),
    ],
    ['TargetNotSyncing BackupTarget default'],
  ],
  [
    'setting volume-snapshot-class names a class that is gone',
    () => [...one('web').all, build.setting('volume-snapshot-class', { default: 'longhorn', value: 'gone' })],
    ['ConfigClassMissing Setting volume-snapshot-class'],
  ],
  [
    'setting volume-snapshot-class names a class of another driver',
    () => [
      ...one('web').all,
      build.setting('volume-snapshot-class', { default: 'longhorn', value: 'lvm-snapshot' }),
      build.snapshotClass('lvm-snapshot', 'lvm.driver.harvesterhci.io'),
    ],
    ['ConfigClassOfOtherDriver Setting volume-snapshot-class'],
  ],
  [
    'setting volume-snapshot-class names another class of Longhorn’s',
    () => [
      ...one('web').all,
      build.setting('volume-snapshot-class', { default: 'longhorn', value: 'mine' }),
      build.snapshotClass('mine', 'driver.longhorn.io'),
    ],
    [],
  ],
  [
    'a Longhorn Backup that nobody claims hangs in deletion',
    () => [...one('web').all, leaving(build.backup({ volume: 'pvc-x', backup: 'backup-x', version: '1.9' }))],
    ['DeletionHangs Backup backup-x'],
  ],
  [
    'a Longhorn Backup that nobody claims is going',
    () => [...one('web').all, build.backup({ volume: 'pvc-x', backup: 'backup-x', version: '1.9' }, build.deleting)],
    [],
  ],
  [
    'setting garbage',
    () => [...one('web').all, build.setting('backup-target', { value: 'garbage' })],
    ['TargetUnreadable Setting backup-target'],
  ],
  [
    'setting configured False',
    () => [
      ...one('web').all,
      build.setting(
        'backup-target',
        { value: '{"type":"nfs","endpoint":"nfs://1.2.3.4:/x"}' },
        build.withStatus({ conditions: [{ type: 'configured', status: 'False', message: 'no' }] }),
      ),
    ],
    ['TargetDiffers Setting backup-target', 'TargetNotApplied Setting backup-target'],
  ],
  [
    'backup Error',
    () => {
      const p = one('web');
      p.bk.status = { state: 'Error', error: 'x', progress: 3 };
      return p.all;
    },
    ['BackupFailed Backup BACKUP'],
  ],
  [
    'backup Unknown',
    () => {
      const p = one('web');
      p.bk.status = { ...p.bk.status, state: 'Unknown' };
      return p.all;
    },
    ['BackupFailed Backup BACKUP'],
  ],
  [
    'backup Deleting state',
    () => {
      const p = one('web');
      p.bk.status = { ...p.bk.status, state: 'Deleting' };
      return p.all;
    },
    ['BackupFailed Backup BACKUP'],
  ],
  [
    'backup Error, and the handle wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.bk.status = { state: 'Error', error: 'x' };
      return p.all;
    },
    ['BackupFailed Backup BACKUP', 'HandleWrong VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'backup label disagrees, and the handle follows it',
    () => {
      const p = one('web');
      p.bk.metadata.labels['backup-volume'] = 'pvc-other';
      return handle(p, `bak://pvc-other/${p.backup}`).all;
    },
    ['VolumeMismatch Backup BACKUP'],
  ],
  [
    'no BackupVolume, and the snapshot lost',
    () => without(one('web'), 'BackupVolume', 'VolumeSnapshot'),
    ['BackupVolumeMissing BackupVolume VOLUME', 'SnapshotMissing VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'backup empty state',
    () => {
      const p = one('web');
      p.bk.status = { state: '' };
      return p.all;
    },
    ['BackupNotSynced Backup BACKUP'],
  ],
  [
    'backup no status',
    () => {
      const p = one('web');
      delete p.bk.status;
      return p.all;
    },
    ['BackupNotSynced Backup BACKUP'],
  ],
  [
    'backup Completed without volumeName',
    () => {
      const p = one('web');
      delete p.bk.status.volumeName;
      return p.all;
    },
    ['BackupNotSynced Backup BACKUP'],
  ],
  [
    'backup deletionTimestamp',
    () => {
      const p = one('web');
      leaving(p.bk);
      return p.all;
    },
    ['BackupBeingDeleted Backup BACKUP'],
  ],
  [
    'backup label disagrees',
    () => {
      const p = one('web');
      p.bk.metadata.labels['backup-volume'] = 'pvc-other';
      return p.all;
    },
    ['VolumeMismatch Backup BACKUP'],
  ],
  [
    'backup no labels',
    () => {
      const p = one('web');
      p.bk.metadata.labels = {};
      return p.all;
    },
    [],
  ],
  [
    'backup no labels, no target name wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.bk.metadata.labels = {};
      delete p.bk.status.backupTargetName;
      return p.all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'VMBackup pvc volumeName disagrees',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups[0].persistentVolumeClaim.spec.volumeName = 'pvc-else';
      return p.all;
    },
    ['VolumeMismatch VirtualMachineBackup web'],
  ],
  [
    'VMBackup pvc volumeName disagrees wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vmb.status.volumeBackups[0].persistentVolumeClaim.spec.volumeName = 'pvc-else';
      return p.all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'VolumeMismatch VirtualMachineBackup web',
      'VolumeMismatch VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'VMBackup entry without pvc volumeName',
    () => {
      const p = one('web');
      delete p.vmb.status.volumeBackups[0].persistentVolumeClaim.spec.volumeName;
      return p.all;
    },
    [],
  ],
  [
    'VMBackup entry without pvc',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups[0].persistentVolumeClaim = {};
      return p.all;
    },
    [],
  ],
  ['no BackupVolume', () => without(one('web'), 'BackupVolume'), ['BackupVolumeMissing BackupVolume VOLUME']],
  [
    'no BackupVolume wrong',
    () => without(one('web', { handle: 'wrong' }), 'BackupVolume'),
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'BackupVolumeMissing BackupVolume VOLUME',
      'BackupVolumeMissing VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'two BackupVolumes',
    () => {
      const p = one('web');
      const q = structuredClone(p.bv);
      q.metadata.name += 'x';
      q.metadata.uid = build.uidFor('BV', 'x');
      return [...p.all, q];
    },
    ['BackupVolumeAmbiguous BackupVolume VOLUME-3fda4006'],
  ],
  [
    'BackupVolume of another target',
    () => {
      const p = one('web');
      p.bv.spec.backupTargetName = 'second';
      p.bv.metadata.labels['backup-target'] = 'second';
      return p.all;
    },
    ['BackupVolumeMissing BackupVolume VOLUME-3fda4006'],
  ],
  [
    'second BackupVolume other target ok',
    () => {
      const p = one('web');
      const q = structuredClone(p.bv);
      q.metadata.name += 'x';
      q.metadata.uid = build.uidFor('BV', 'x');
      q.spec.backupTargetName = 'second';
      q.metadata.labels['backup-target'] = 'second';
      return [...p.all, q];
    },
    [],
  ],
  [
    'BackupVolume deleting',
    () => {
      const p = one('web');
      leaving(p.bv);
      return p.all;
    },
    ['BackupVolumeMissing BackupVolume VOLUME-3fda4006'],
  ],
  [
    'backup on other target',
    () => {
      const p = one('web');
      p.bk.status.backupTargetName = 'second';
      p.bk.metadata.labels['backup-target'] = 'second';
      return p.all;
    },
    ['BackupVolumeMissing BackupVolume VOLUME-3fda4006', 'OtherTarget VirtualMachineBackup web'],
  ],
  ['longhorn 1.6 right', () => one('web', { longhorn: '1.6' }).all, []],
  [
    'longhorn 1.7 wrong',
    () => one('web', { longhorn: '1.7', handle: 'wrong' }).all,
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'longhorn 1.8 dup BackupVolume',
    () => {
      const p = one('web', { longhorn: '1.8' });
      const q = structuredClone(p.bv);
      q.metadata.name = p.volume;
      q.metadata.uid = build.uidFor('BV', 'x');
      return [...p.all, q];
    },
    ['BackupVolumeAmbiguous BackupVolume VOLUME'],
  ],
  [
    'upgraded: bare-named BackupVolume with labels',
    () => {
      const p = one('web', { longhorn: '1.8' });
      p.bv.metadata.name = p.volume;
      return p.all;
    },
    [],
  ],
  [
    'upgraded: bare-named BackupVolume with spec no labels',
    () => {
      const p = one('web', { longhorn: '1.8' });
      p.bv.metadata.labels = {};
      return p.all;
    },
    [],
  ],
  [
    'orphan backup',
    () => {
      const p = one('web');
      return [...p.all, build.backup({ volume: p.volume, backup: 'backup-orphan00', version: '1.9' })];
    },
    ['OrphanBackup Backup backup-orphan00', 'SyncTarget Setting backup-target'],
  ],
  [
    'orphan backup Error',
    () => {
      const p = one('web');
      return [
        ...p.all,
        build.backup({ volume: p.volume, backup: 'backup-orphan00', version: '1.9' }, (o: any) => {
          o.status = { state: 'Error' };
        }),
      ];
    },
    ['OrphanBackup Backup backup-orphan00'],
  ],
  [
    'orphan BackupVolume without backups',
    () => {
      const p = one('web');
      return [...p.all, build.backupVolume('pvc-none', '1.9')];
    },
    [],
  ],
  [
    'no longhornBackupName',
    () => {
      const p = one('web');
      delete p.vmb.status.volumeBackups[0].longhornBackupName;
      return p.all;
    },
    ['NoLonghornBackupName VirtualMachineBackup web', 'SyncTarget Setting backup-target'],
  ],
  [
    'no longhornBackupName, wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      delete p.vmb.status.volumeBackups[0].longhornBackupName;
      return p.all;
    },
    [
      'NoLonghornBackupName VirtualMachineBackup web',
      'NoLonghornBackupName VolumeSnapshotContent web-volume-web-disk-vsc',
      'SyncTarget Setting backup-target',
    ],
  ],
  [
    'no longhornBackupName, snapshot lost, not ready',
    () => {
      const p = one('web');
      delete p.vmb.status.volumeBackups[0].longhornBackupName;
      p.vmb.status.readyToUse = false;
      return without(p, 'VolumeSnapshot', 'VolumeSnapshotContent');
    },
    ['NewSnapshotAhead VirtualMachineBackup web', 'OrphanBackup Backup BACKUP', 'TargetBlocked Setting backup-target'],
  ],
  ['backup missing', () => without(one('web'), 'Backup'), ['BackupMissing Backup BACKUP']],
  [
    'backup missing, and the handle wrong',
    () => without(one('web', { handle: 'wrong' }), 'Backup'),
    ['BackupMissing Backup BACKUP', 'HandleWrong VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'backup + BackupVolume missing',
    () => without(one('web'), 'Backup', 'BackupVolume'),
    ['BackupMissing Backup BACKUP'],
  ],
  [
    'all gone but VMB',
    () => [one('web').vmb],
    ['BackupMissing Backup BACKUP', 'SnapshotMissing VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'scheduled, backup not final',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vmb.metadata.annotations = { 'harvesterhci.io/svmbackupId': 'prod/nightly' };
      p.bk.status = { state: 'InProgress' };
      return [...p.all, build.schedule('nightly', 'prod', 'web')];
    },
    ['BackupNotSynced Backup BACKUP'],
  ],
  [
    'scheduled 2 disks one not final, wrong',
    () => {
      const p = one('web', { handle: 'wrong' });
      const q = one('db');
      p.vmb.metadata.annotations = { 'harvesterhci.io/svmbackupId': 'prod/nightly' };
      q.bk.status = { state: '' };
      p.vmb.status.volumeBackups.push({ ...q.vmb.status.volumeBackups[0], volumeName: 'disk-1' });
      q.vs.metadata.ownerReferences = structuredClone(p.vs.metadata.ownerReferences);
      return [...p.all, build.schedule('nightly', 'prod', 'web'), ...without(q, 'VirtualMachineBackup')];
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'BackupNotSynced Backup backup-6ea7f759f00f2ac2',
      'ScheduledBackupBusy VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'type snapshot',
    () => {
      const p = one('web');
      p.vmb.spec.type = 'snapshot';
      delete p.vmb.status.volumeBackups[0].longhornBackupName;
      return p.all;
    },
    ['SyncTarget Setting backup-target'],
  ],
  [
    'a volume of another driver in a VMBackup that is to be on the target',
    () => [...lvmVolume(one('web')), build.snapshotClass('lvm-snapshot', 'lvm.driver')],
    ['NoLonghornBackupName VirtualMachineBackup web'],
  ],
  [
    'a volume of another driver in a VMBackup of this cluster alone',
    () => {
      const p = one('web', { local: true });
      p.vmb.spec.type = 'snapshot';
      delete p.vmb.status.volumeBackups[0].longhornBackupName;
      p.vsc.status.snapshotHandle = `snap://${p.volume}/snapshot-${p.vs.metadata.uid}`;
      return lvmVolume(p).filter(({ kind }) => !kind.startsWith('Backup'));
    },
    [],
  ],
  [
    'backup Completed without volumeName for days',
    () => {
      const p = one('web');
      delete p.bk.status.volumeName;
      p.bk.metadata.creationTimestamp = '2025-03-02T01:05:00Z';
      return p.all;
    },
    ['BackupStalled Backup BACKUP'],
  ],
  [
    'other driver entry',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups.push({
        name: 'web-volume-lvm',
        volumeName: 'lvm',
        csiDriverName: 'lvm.driver',
        persistentVolumeClaim: { metadata: { name: 'l' }, spec: {} },
      });
      return p.all;
    },
    // It names a snapshot that is not there, and nothing else holds its data.
    ['SnapshotLost VolumeSnapshot web-volume-lvm'],
  ],
]);
