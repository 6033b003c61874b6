import { recoveredChain } from '../../../sandbox/scenarios/chain.ts';
import { build, one, pair, restoring } from './static.ts';
import { clusters } from './table.ts';

/** Like `one`, with a second volume whose handle is wrong. */
function two(name: string): { first: any; all: any[] } {
  const disks = [{ claim: `${name}-disk` }, { claim: `${name}-data` }];
  const all = recoveredChain({ name, vm: `${name}-vm`, disks, longhorn: '1.9' }).map((o) => structuredClone(o));
  return { first: (kind: string) => all.find((o) => o.kind === kind), all };
}

clusters('what cannot be read, or is not installed', [
  [
    'no harvester CRDs: unowned right',
    () => {
      const p = one('web');
      return [p.bk, p.bv, ...Object.values(pair('hand', p.right, undefined, { policy: 'Retain' }))];
    },
    [],
    { withoutGroups: ['harvesterhci.io'], alone: true },
  ],
  [
    'no harvester CRDs: unowned wrong',
    () => {
      const p = one('web');
      return [p.bk, p.bv, ...Object.values(pair('hand', `bs://web-disk/${p.backup}`, undefined, { policy: 'Retain' }))];
    },
    ['SwapContent VolumeSnapshotContent hand-vsc'],
    { withoutGroups: ['harvesterhci.io'], alone: true },
  ],
  [
    'no harvester CRDs: backup not named',
    () => {
      const p = one('web');
      return [p.bk, p.bv];
    },
    [],
    { withoutGroups: ['harvesterhci.io'], alone: true },
  ],
  ['no kubevirt CRDs', () => one('web').all, [], { withoutGroups: ['kubevirt.io'] }],
  [
    'unreadable VMBackup volumeBackups not list',
    () => {
      const p = one('web');
      p.vmb.status.volumeBackups = 'none';
      return p.all;
    },
    ['ObjectUnreadable VirtualMachineBackup web'],
  ],
  [
    'unreadable VMBackup status.readyToUse string',
    () => {
      const p = one('web');
      p.vmb.status.readyToUse = 'yes';
      return p.all;
    },
    ['ObjectUnreadable VirtualMachineBackup web'],
  ],
  [
    'unreadable content policy odd',
    () => {
      const p = one('web');
      p.vsc.spec.deletionPolicy = 'Keep';
      return p.all;
    },
    ['ObjectUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'content no policy',
    () => {
      const p = one('web');
      delete p.vsc.spec.deletionPolicy;
      return p.all;
    },
    ['ObjectUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'unreadable restore',
    () => {
      const p = one('web');
      const r: any = build.vmRestore({ name: 'rs', namespace: 'finance', backup: 'web' });
      delete r.spec.virtualMachineBackupName;
      return [...p.all, r];
    },
    ['ObjectUnreadable VirtualMachineRestore rs'],
  ],
  [
    'unreadable restore, whose own content has a wrong handle',
    () => {
      const p = one('web');
      const r = restoring(p, `bs://web-disk/${p.backup}`);
      r.vmr.status.restores = 'none';
      return [...p.all, ...r.all];
    },
    ['ObjectUnreadable VirtualMachineRestore rs'],
  ],
  [
    'unreadable restore of a VMBackup with a wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' });
      const r: any = build.vmRestore({ name: 'rs', namespace: 'finance', backup: 'web' });
      r.status = { restores: 'none' };
      return [...p.all, r];
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ObjectUnreadable VirtualMachineRestore rs',
      'SwapContent VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'unreadable claim of a restore',
    () => {
      const p = one('web');
      const r = restoring(p, p.right);
      r.pvc.status.phase = 7;
      return [...p.all, ...r.all];
    },
    ['ObjectUnreadable PersistentVolumeClaim rc'],
  ],
  [
    'unreadable BackupVolume',
    () => {
      const p = one('web');
      p.bv.spec.volumeName = 7;
      return p.all;
    },
    ['ObjectUnreadable BackupVolume VOLUME-3fda4006'],
  ],
  [
    'unreadable BackupVolume, wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.bv.spec.volumeName = 7;
      return p.all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ObjectUnreadable BackupVolume VOLUME-3fda4006'],
  ],
  [
    'unreadable BackupTarget',
    () => {
      const p = one('web');
      return [
        ...p.all,
        build.object(
          'longhorn.io/v1beta2',
          'BackupTarget',
          { name: 'default', namespace: 'longhorn-system' },
          { spec: 'x' },
        ),
      ];
    },
    ['ObjectUnreadable BackupTarget default'],
  ],
  [
    'unreadable Setting',
    () => {
      const p = one('web');
      return [
        ...p.all,
        build.setting('backup-target', { value: 7 as any }, (o: any) => {
          o.status = 'x';
        }),
      ];
    },
    ['ObjectUnreadable Setting backup-target'],
  ],
  [
    'unreadable PVC',
    () => {
      const p = one('web', { handle: 'wrong' });
      const c: any = build.claim('c');
      c.spec = { dataSource: 'x' };
      return [...p.all, c];
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'unreadable snapshot close look',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vs.spec = { x: 1 };
      return p.all;
    },
    ['ObjectUnreadable VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'unreadable content of one volume, wrong handle of another',
    () => {
      const p = two('web');
      p.first('VolumeSnapshotContent').spec.deletionPolicy = 'Keep';
      return p.all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ObjectUnreadable VolumeSnapshotContent web-volume-web-disk-vsc',
      'ReplacePair VolumeSnapshotContent web-volume-web-data-vsc',
    ],
  ],
  [
    'unreadable Backup with wrong handle',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.bk.status = { state: 5 };
      return p.all;
    },
    ['ObjectUnreadable Backup BACKUP'],
  ],
]);
