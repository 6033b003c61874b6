import type { LonghornVersion } from '../../../sandbox/controllers/longhorn-objects.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { build, connected, longhornTarget, one, pair, restoring, without } from './static.ts';
import type { Parts } from './static.ts';
import type { Row } from './table.ts';
import { clusters } from './table.ts';

const asked = '2025-03-02T02:00:03Z';
const listed = '2025-03-02T02:00:05Z';

/** All that a release of Longhorn writes into its objects, times that it has not come to as null included. */
function whole(minor: number, objects: readonly KubeObject[]): KubeObject[] {
  const backup = {
    ownerID: 'node-1',
    replicaAddress: '',
    messages: {},
    error: '',
    compressionMethod: 'lz4',
    labels: { KubernetesStatus: '{}', 'longhorn.io/volume-access-mode': 'rwx' },
    volumeCreated: asked,
    volumeBackingImageName: '',
    size: '2147483648',
    ...(minor >= 7 && { newlyUploadedDataSize: '2147483648', reUploadedDataSize: '0' }),
  };
  const volume = {
    createdAt: asked,
    dataStored: '2147483648',
    labels: {},
    lastBackupAt: asked,
    lastModificationTime: asked,
    lastSyncedAt: listed,
    messages: null,
    size: '10737418240',
    ownerID: 'node-1',
    backingImageChecksum: '',
    backingImageName: '',
    storageClassName: 'harvester-longhorn',
  };
  for (const object of objects) {
    if (object.kind === 'Backup') {
      const { snapshotName, backupMode } = object['spec'] ?? {};
      object['spec'] = {
        syncRequestedAt: snapshotName ? null : asked,
        labels: null,
        ...(snapshotName && { snapshotName }),
        ...(minor >= 7 && { backupMode }),
        ...(minor >= 10 && { backupBlockSize: '2097152' }),
      };
      if (object['status']?.state === 'Completed') object['status'] = { ...backup, ...object['status'] };
    }
    if (object.kind === 'BackupVolume') {
      build.withSpec({ syncRequestedAt: asked })(object);
      object['status'] = volume;
    }
    if (object.kind === 'VolumeSnapshotContent' && minor >= 10) build.withSpec({ sourceVolumeMode: 'Block' })(object);
  }
  const condition = { type: 'Unavailable', status: 'False', reason: '', message: '', lastProbeTime: '' };
  const target = longhornTarget(
    { ...connected, credentialSecret: 'harvester-backup-target-secret', syncRequestedAt: asked },
    { available: true, conditions: [condition], lastSyncedAt: listed, ownerID: 'node-1' },
  );
  return [...objects, target];
}

const harvesterOf: Readonly<Record<number, string>> = { 6: 'v1.3.2', 10: 'v1.7.1', 11: 'v1.8.0' };
const content = 'VolumeSnapshotContent web-volume-web-disk-vsc';
const repair = ['AwaitsReplacement VirtualMachineBackup web', `ReplacePair ${content}`];

type Shown = readonly [name: string, objects: (parts: Parts) => KubeObject[], says: readonly string[], local?: boolean];

const each = (minor: number): readonly Shown[] => [
  ['healthy, recovered', ({ all }) => all, []],
  ['healthy, taken here', ({ all }) => all, [], true],
  [
    'wrong handle',
    (p) => {
      p.vsc.spec.source.snapshotHandle = p.vsc.status.snapshotHandle = `bs://web-disk/${p.backup}`;
      return p.all;
    },
    repair,
  ],
  ['backup missing', (p) => without(p, 'Backup'), ['BackupMissing Backup BACKUP']],
  ['backup missing, taken here', (p) => without(p, 'Backup'), ['BackupMissing Backup BACKUP'], true],
  [
    'backup failed while it was taken',
    (p) => {
      p.bk.status = { state: 'Error', error: 'boom', snapshotName: p.bk.status.snapshotName, progress: 10 };
      return p.all;
    },
    ['BackupFailed Backup BACKUP'],
    true,
  ],
  ['BackupVolume missing', (p) => without(p, 'BackupVolume'), ['BackupVolumeMissing BackupVolume VOLUME']],
  [
    'a recurring job’s backup of the same volume',
    (p) => {
      const job: any = build.backup({ volume: p.volume, backup: 'backup-job', version: `1.${minor}` });
      Object.assign(job.status, { labels: { RecurringJob: 'daily' }, snapshotName: 'daily-c-1' });
      return [...p.all, job];
    },
    [],
  ],
  [
    'left behind by Harvester’s own repair',
    (p) => {
      const { vs, vsc } = pair('web-volume-web-disk-snap-revise', p.right, p.vmb);
      p.vsc.spec.source.snapshotHandle = p.vsc.status.snapshotHandle = `bs://web-disk/${p.backup}`;
      p.vmb.status.volumeBackups[0].name = vs.metadata.name;
      return [...p.all, vs, vsc];
    },
    ['RetirePair VirtualMachineBackup web'],
  ],
  ['a restore that is complete', (p) => [...p.all, ...restoring(p, p.right, true).all], []],
  [
    'a restore with a wrong handle',
    (p) => [...p.all, ...restoring(p, `bs://${p.claim}/${p.backup}`).all],
    [
      'SwapContent VolumeSnapshotContent restore-finance-rs-web-volume-web-disk',
      // Up to 1.7 Longhorn goes by the backup alone: it comes through.
      ...(minor < 8 ? [] : ['RestoreHanging VirtualMachineRestore rs']),
    ],
  ],
  ...(minor < 8 ? [] : several),
];

/** With targets that Longhorn knows several of. */
const several: readonly Shown[] = [
  [
    'a BackupVolume from before the upgrade keeps its bare name',
    (p) => {
      p.bv.metadata.name = p.volume;
      return p.all;
    },
    [],
  ],
  [
    'backups on a second target are other people’s',
    (p) => {
      const second: any = longhornTarget({ backupTargetURL: 's3://o@x/' }, { available: true, lastSyncedAt: null });
      const there: any = build.backup({ volume: p.volume, backup: 'backup-second', version: '1.11' });
      second.metadata.name = there.status.backupTargetName = there.metadata.labels['backup-target'] = 'second';
      return [...p.all, second, there];
    },
    [],
  ],
];

for (const minor of [6, 10, 11]) {
  const longhorn: LonghornVersion = `1.${minor}`;
  clusters(
    `Longhorn ${longhorn}, Harvester ${harvesterOf[minor]}`,
    each(minor).map(([name, objects, says, local = false]): Row => {
      const made = () => [
        ...whole(minor, objects(one('web', { longhorn, local }))),
        build.setting('server-version', { value: harvesterOf[minor]! }),
      ];
      return [name, made, says, { alone: true }];
    }),
  );
}
