import type { KubeObject } from '../../../sandbox/api/types.ts';
import { bereft, build, connected, longhornTarget, one, pair, restoring, without } from './static.ts';
import type { Parts, Shape } from './static.ts';
import type { Row } from './table.ts';
import { clusters } from './table.ts';

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
/** In deletion since a moment ago. */
const going = (...objects: KubeObject[]) => objects.forEach((one) => build.deleting(one));
const forgotten = (parts: Parts) => without(parts, 'Backup', 'BackupVolume');
const elsewhere = (parts: Parts) => {
  parts.vmb.status.backupTarget = { endpoint: 'nfs://10.0.0.9:/old' };
  return parts;
};
/** An S3 target is known to Longhorn by bucket and region alone. */
const bucket = { type: 's3', bucketName: 'vm-backups', bucketRegion: 'eu-central-1', refreshIntervalInSeconds: 60 };
const set = (target: object) => build.setting('backup-target', { value: JSON.stringify(target) });
const at = (endpoint: string, parts: Parts) => {
  Object.assign(parts.vmb.status.backupTarget, { endpoint });
  return parts;
};
const noTarget = () => [
  longhornTarget({ backupTargetURL: '' }, { available: false }),
  build.setting('backup-target', { value: '', default: '' }),
];
const marked = (snapshot: string, parts: Parts, ...marks: build.Modifier[]) => {
  const { vs, vsc } = pair(snapshot, parts.right, undefined, { policy: 'Retain' });
  for (const mark of marks) [vs, vsc].forEach((object) => mark(object));
  return { vs, vsc };
};
/** As Harvester and Longhorn leave it while data is still being sent. */
const underWay = (named: boolean) => {
  const p = one('web', { local: true });
  p.vmb.metadata.creationTimestamp = now();
  p.vmb.status.readyToUse = false;
  delete p.vmb.status.creationTime;
  if (!named) delete p.vmb.status.volumeBackups[0].longhornBackupName;
  p.vs.status = { boundVolumeSnapshotContentName: p.vsc.metadata.name, readyToUse: false };
  p.vsc.status = named ? { snapshotHandle: p.right, readyToUse: false } : {};
  p.bk.status = { state: 'InProgress', progress: 10, snapshotName: `snapshot-${p.vs.metadata.uid}` };
  return without(p, 'BackupVolume');
};

clusters('Without its target, or on another, no backup is missing', [
  ...(['disconnected', 'disconnected, wrong handle'] as const).map(
    (name) =>
      [
        name,
        () => [
          ...forgotten(one('web', name === 'disconnected' ? {} : { handle: 'wrong' })),
          ...forgotten(one('loc', { local: true })),
          ...noTarget(),
        ],
        ['TargetNotConnected BackupTarget default'],
        { alone: true },
      ] as const,
  ),
  [
    'unavailable, and Longhorn has forgotten its backups',
    () => [...forgotten(one('web')), longhornTarget(connected, { available: false })],
    ['TargetUnavailable BackupTarget default'],
    { alone: true },
  ],
  [
    'unavailable, and a content that nobody owns',
    () => {
      const p = one('web');
      const { vs, vsc } = pair('byhand', p.right, undefined, { policy: 'Retain' });
      return [...forgotten(p), vs, vsc, longhornTarget(connected, { available: false })];
    },
    ['OrphanSnapshot VolumeSnapshot byhand', 'TargetUnavailable BackupTarget default'],
    { alone: true },
  ],
  ...(
    [
      ['reachable again, and not listed yet', new Date().toISOString(), []],
      ['reachable again, and listing it never ends', '2025-03-02T03:00:00Z', ['TargetNotSyncing BackupTarget default']],
    ] as const
  ).map(([name, syncRequestedAt, more]): Row => [
    name,
    () => {
      const status = { available: true, lastSyncedAt: '2025-03-02T02:00:03Z' };
      const p = one('web');
      const { vs, vsc } = pair('byhand', p.right, undefined, { policy: 'Retain' });
      return [...forgotten(p), vs, vsc, longhornTarget({ ...connected, syncRequestedAt }, status)];
    },
    ['BackupNotSynced Backup BACKUP', 'OrphanSnapshot VolumeSnapshot byhand', ...more],
    { alone: true },
  ]),
  [
    'another target connected, and a snapshot lost: it waits for the right one',
    () => {
      const p = elsewhere(one('web'));
      return without(p, 'VolumeSnapshot', 'VolumeSnapshotContent', 'Backup', 'BackupVolume');
    },
    ['OtherTarget VirtualMachineBackup web', 'SnapshotMissing VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'another target connected',
    () => [...forgotten(elsewhere(one('web'))), ...forgotten(elsewhere(one('loc', { local: true })))],
    ['OtherTarget VirtualMachineBackup web', 'OtherTarget VirtualMachineBackup loc'],
  ],
  [
    'the same bucket, with a name and a password in the address on one side',
    () => [...at('https://minio:9000', one('web')).all, set({ ...bucket, endpoint: 'https://me:secret@minio:9000' })],
    [],
    { alone: true },
  ],
  [
    'a VMBackup that records no target, or an empty one',
    () => {
      const [unsaid, empty, local, unfinished] = [one('unsaid'), one('empty'), one('local'), one('unfinished')];
      delete unsaid.vmb.status.backupTarget;
      empty.vmb.status.backupTarget = {};
      delete local.vmb.status.backupTarget;
      local.vmb.spec.type = 'snapshot';
      delete unfinished.vmb.status.backupTarget;
      unfinished.vmb.status.readyToUse = false;
      const all = [unsaid, empty, local, unfinished].flatMap((parts) => parts.all);
      return [...all, set({ ...bucket, endpoint: 'https://10.0.0.7:9000' })];
    },
    ['OtherAddress VirtualMachineBackup unsaid', 'OtherAddress VirtualMachineBackup empty'],
    { alone: true },
  ],
  ...(
    [
      ['this', 'vm-backups', []],
      ['another', 'old', ['OtherTarget VirtualMachineBackup web']],
    ] as const
  ).map(([which, name, says]): Row => [
    `a VMBackup of an old release, which keeps its target in annotations: ${which} bucket`,
    () => {
      const web = one('web');
      delete web.vmb.status.backupTarget;
      const there = { 'bucket-name': name, 'bucket-region': 'eu-central-1', 'backup-target': '' };
      const keyed = Object.entries(there).map(([key, value]) => [`backup.harvesterhci.io/${key}`, value]);
      build.annotated(Object.fromEntries(keyed))(web.vmb);
      return web.all;
    },
    says,
  ]),
  [
    'the same bucket at another address: to Harvester another target, from which it restores nothing',
    () => [
      ...at('https://minio:9000', one('web')).all,
      ...at('https://10.0.0.7:9000', one('db')).all,
      set({ ...bucket, endpoint: 'https://10.0.0.7:9000' }),
    ],
    ['OtherAddress VirtualMachineBackup web'],
    { alone: true },
  ],
  [
    'the same share, written in another way',
    () => {
      const shared = (parts: Parts) => {
        parts.vmb.status.backupTarget = { endpoint: '10.0.0.9:/old' };
        return parts.all;
      };
      const nfs = { backupTargetURL: 'nfs://10.0.0.9:/old', pollInterval: '5m0s' };
      return [
        ...shared(one('web')),
        longhornTarget(nfs, { available: true, lastSyncedAt: '2025-03-02T02:00:03Z' }),
        set({ type: 'nfs', endpoint: 'nfs://10.0.0.9:/old' }),
      ];
    },
    ['OtherAddress VirtualMachineBackup web'],
    { alone: true },
  ],
  [
    'no setting at all, with Longhorn connected',
    () => one('web').all,
    ['TargetDiffers Setting backup-target'],
    { lacks: 'backup-target' },
  ],
  [
    'a second target that cannot be reached is nobody’s',
    () => {
      const second: any = longhornTarget({ backupTargetURL: 's3://o@x/' }, { available: false });
      second.metadata.name = 'second';
      return [...one('web').all, second];
    },
    [],
  ],
]);

clusters('What is being made or is going is not broken', [
  ['a backup under way', () => underWay(false), []],
  ['a backup under way that knows its Longhorn Backup', () => underWay(true), []],
  [
    'a VMBackup that goes with all that is its own',
    () => {
      const p = one('web');
      going(p.vmb, p.vs, p.vsc, p.bk);
      return p.all;
    },
    [],
  ],
  [
    'a Backup that goes without its data, as when a target is disconnected',
    () => {
      const p = one('web');
      build.labelled({ 'longhorn.io/delete-custom-resource-only': 'true' })(p.bk);
      going(p.bk);
      return p.all;
    },
    ['BackupNotSynced Backup BACKUP'],
  ],
  [
    'a Backup that goes alone',
    () => {
      const p = one('web');
      going(p.bk);
      return p.all;
    },
    ['BackupBeingDeleted Backup BACKUP'],
  ],
]);

clusters('What others made', [
  [
    'a recurring job of Longhorn’s',
    () => {
      const { bk, bv } = one('web');
      bk.status.labels = { RecurringJob: 'daily' };
      bk.status.snapshotName = 'daily-c-1234';
      return [bk, bv];
    },
    [],
  ],
  [
    'a recurring job that Longhorn notes in the spec alone',
    () => {
      const { bk, bv } = one('web');
      bk.spec = { ...bk.spec, labels: { RecurringJob: 'daily' } };
      return [bk, bv];
    },
    [],
  ],
  ...(
    [
      ['Velero’s content without its snapshot', { 'velero.io/backup-name': 'v' }, false],
      ['Velero’s pair', { 'velero.io/backup-name': 'v' }, true],
      ['CDI’s pair', { 'cdi.kubevirt.io/dataImportCron': 'v' }, true],
      ['Kasten’s pair', { 'k10.kasten.io/appNamespace': 'v' }, true],
      ['what a chart manages', { 'app.kubernetes.io/managed-by': 'Helm' }, true],
    ] as const
  ).map(
    ([name, labels, whole]) =>
      [
        name,
        () => {
          const p = one('web');
          const { vs, vsc } = marked('theirs', p, build.labelled(labels));
          return [...(whole ? [vs] : []), vsc, p.bk, p.bv];
        },
        [],
      ] as const,
  ),
  [
    'a snapshot that somebody took of a claim',
    () => {
      const p = one('web', { local: true });
      delete p.vs.metadata.ownerReferences;
      p.vs.metadata.annotations = {};
      return without(p, 'VirtualMachineBackup');
    },
    [],
  ],
  [
    'a VolumeRemoteBackup',
    () => {
      const p = one('web', { local: true });
      const theirs = build.object('harvesterhci.io/v1beta1', 'VolumeRemoteBackup', { name: 's', namespace: 'prod' });
      delete p.vs.metadata.ownerReferences;
      build.ownedBy(theirs)(p.vs);
      return [theirs, ...without(p, 'VirtualMachineBackup')];
    },
    [],
  ],
  ...([true, false] as const).map(
    (content) =>
      [
        `a Backup that only a VolumeRemoteBackup records, ${content ? 'with' : 'without'} the content it came from`,
        () => {
          const p = one('web', { local: true });
          const theirs = build.object(
            'harvesterhci.io/v1beta1',
            'VolumeRemoteBackup',
            { name: 's', namespace: 'prod' },
            { spec: { type: 'lh', source: 'guest-data' }, status: { success: true, handle: p.right } },
          );
          return [theirs, p.bk, p.bv, ...(content ? [p.vsc] : [])];
        },
        [],
      ] as const,
  ),
  [
    'a VolumeRemoteBackup that records another Backup',
    () => {
      const p = one('web', { local: true });
      const theirs = build.object(
        'harvesterhci.io/v1beta1',
        'VolumeRemoteBackup',
        { name: 's', namespace: 'prod' },
        { spec: { type: 'lh', source: 'guest-data' }, status: { handle: `bak://${p.volume}/backup-else` } },
      );
      return [theirs, p.bk, p.bv];
    },
    ['OrphanBackup Backup BACKUP', 'SyncTarget Setting backup-target'],
  ],
  [
    'a VolumeRemoteRestore, wrong handle and all',
    () => {
      const p = one('web');
      const { vs, vsc } = pair('vrr', `bs://x/${p.backup}`);
      build.annotated({ 'harvesterhci.io/pvcrestore-ref': 'prod/vrr' })(vs);
      return [vs, vsc, p.bk, p.bv];
    },
    [],
  ],
  [
    'the pair of a finished restore, whose content has no owner',
    () => {
      const p = one('web');
      const { vsc, all } = restoring(p, `bs://${p.claim}/${p.backup}`, true);
      delete vsc.metadata.ownerReferences;
      return [...p.all, ...all];
    },
    [],
  ],
]);

/** Of type snapshot: all of it is on the cluster. */
const local = (shape: Shape = {}) => {
  const p = one('web', { local: true, ...shape });
  p.vmb.spec.type = 'snapshot';
  delete p.vmb.status.volumeBackups[0].longhornBackupName;
  p.vsc.status.snapshotHandle = `snap://${p.volume}/snapshot-${p.vs.metadata.uid}`;
  return p;
};
clusters('Snapshots that are on the cluster alone', [
  ['well', () => without(local(), 'Backup', 'BackupVolume'), []],
  [
    'the snapshot of one volume lost',
    () => {
      const p = local();
      const [first] = p.vmb.status.volumeBackups;
      p.vmb.status.volumeBackups.push({ ...first, name: 'web-volume-b', volumeName: 'b' });
      return without(p, 'Backup', 'BackupVolume');
    },
    ['SnapshotLost VolumeSnapshot web-volume-b'],
  ],
  [
    'no snapshot anywhere, of one that was ready',
    () => [local().vmb],
    ['SnapshotLost VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'its owner is a former VMBackup',
    () => {
      const p = local();
      p.vs.metadata.ownerReferences[0].uid = '11111111-1111-4111-8111-111111111111';
      return without(p, 'Backup', 'BackupVolume');
    },
    ['OwnerGone VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'it is not ready and says why',
    () => {
      const p = local();
      p.vs.status = { ...p.vs.status, readyToUse: false, error: { message: 'boom', time: '2025-03-02T01:05:11Z' } };
      return without(p, 'Backup', 'BackupVolume');
    },
    ['SnapshotNotReady VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'its content is bound to a former snapshot',
    () => {
      const p = local();
      p.vsc.spec.volumeSnapshotRef.uid = '11111111-1111-4111-8111-111111111111';
      return without(p, 'Backup', 'BackupVolume');
    },
    ['Misbound VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'no snapshot anywhere: nothing shows that there were any',
    () => {
      const { vmb } = local();
      delete vmb.status.creationTime;
      delete vmb.status.conditions;
      return [vmb];
    },
    [],
  ],
  [
    'content lost',
    () => {
      const { vmb, vs } = bereft(local());
      vs.status.boundVolumeSnapshotContentName = 'snapcontent-x';
      return [vmb, vs];
    },
    ['SnapshotLost VolumeSnapshotContent snapcontent-x'],
  ],
  [
    'not ready for long: no target is needed to see that',
    () => {
      const p = local();
      p.vmb.metadata.creationTimestamp = '2025-01-01T00:00:00Z';
      p.vmb.status.readyToUse = false;
      return without(p, 'Backup', 'BackupVolume');
    },
    ['VMBackupFailed VirtualMachineBackup web'],
  ],
]);
