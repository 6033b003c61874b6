import { build, one, pair, without } from './static.ts';
import { clusters } from './table.ts';
import type { Parts } from './static.ts';

/** Taken here once, of the snapshot that has the same name. */
function formerContent({ vs, volume, right }: Parts, uid: string | undefined) {
  const shape = { name: 'snapcontent-of-a-former', snapshot: vs.metadata.name, volume, handle: right } as const;
  return build.content({ ...shape, policy: 'Retain' }, ({ spec }) => {
    delete spec.volumeSnapshotRef.uid;
    if (uid !== undefined) spec.volumeSnapshotRef.uid = uid;
  });
}

clusters('what is left over, and who owns it', [
  [
    'half made beside: new content no snapshot',
    () => {
      const p = one('web', { handle: 'wrong' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb, { policy: 'Retain' });
      delete n.vsc.spec.volumeSnapshotRef.uid;
      delete n.vsc.status;
      n.vsc.metadata.finalizers = [];
      return [...p.all, n.vsc];
    },
    ['PairNotReady VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'half made beside: new snapshot no content',
    () => {
      const p = one('web', { handle: 'wrong' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb, { policy: 'Retain' });
      n.vs.status = { readyToUse: false, error: { message: 'VolumeSnapshotContent is missing' } };
      return [...p.all, n.vs];
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc',
      'ReplacementMade VolumeSnapshot web-volume-web-disk-snap-revise',
    ],
  ],
  [
    'half made beside: both unbound',
    () => {
      const p = one('web', { handle: 'wrong' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb, { policy: 'Retain' });
      delete n.vs.status;
      delete n.vsc.status;
      delete n.vsc.spec.volumeSnapshotRef.uid;
      return [...p.all, n.vs, n.vsc];
    },
    ['PairNotReady VirtualMachineBackup web', 'ReplacementMade VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'half made beside: bound, not switched',
    () => {
      const p = one('web', { handle: 'wrong' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb, { policy: 'Retain' });
      return [...p.all, n.vs, n.vsc];
    },
    ['ReplacementMade VolumeSnapshotContent web-volume-web-disk-vsc', 'SwitchPair VirtualMachineBackup web'],
  ],
  [
    'half made beside: switched, old not retired',
    () => {
      const p = one('web', { handle: 'wrong' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb, { policy: 'Retain' });
      p.vmb.status.volumeBackups[0].name = n.vs.metadata.name;
      return [...p.all, n.vs, n.vsc];
    },
    ['RetirePair VirtualMachineBackup web'],
  ],
  [
    'half made beside: switched, old on Retain, new not armed',
    () => {
      const p = one('web', { handle: 'wrong', policy: 'Retain' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb, { policy: 'Retain' });
      p.vmb.status.volumeBackups[0].name = n.vs.metadata.name;
      return [...p.all, n.vs, n.vsc];
    },
    ['RetirePair VirtualMachineBackup web'],
  ],
  [
    'lazy repair leftover: new Delete, old wrong Delete',
    () => {
      const p = one('web', { handle: 'wrong' });
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb);
      p.vmb.status.volumeBackups[0].name = n.vs.metadata.name;
      return [...p.all, n.vs, n.vsc];
    },
    ['RetirePair VirtualMachineBackup web'],
  ],
  [
    'two right Delete',
    () => {
      const p = one('web');
      const n = pair('web-volume-web-disk-snap-revise', p.right, p.vmb);
      p.vmb.status.volumeBackups[0].name = n.vs.metadata.name;
      return [...p.all, n.vs, n.vsc];
    },
    [
      'RetirePair VirtualMachineBackup web',
      'SharedBackup VolumeSnapshotContent web-volume-web-disk-snap-revise-vsc',
      'SharedBackup VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'two Delete contents same right handle, second unrelated',
    () => {
      const p = one('web');
      const n = pair('byhand', p.right);
      return [...p.all, n.vs, n.vsc];
    },
    [
      'OrphanSnapshot VolumeSnapshot byhand',
      'SharedBackup VolumeSnapshotContent byhand-vsc',
      'SharedBackup VolumeSnapshotContent web-volume-web-disk-vsc',
    ],
  ],
  [
    'wrong pair name ends in snap-revise',
    () => {
      const p = one('web', { handle: 'wrong', snapshot: 'web-volume-web-disk-snap-revise' });
      return p.all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ReplacePair VolumeSnapshotContent web-volume-web-disk-snap-revise-vsc',
    ],
  ],
  [
    'a pair that its VMBackup owns and does not use, of a backup that is lost',
    () => {
      const p = one('web');
      const { vs, vsc } = pair('former', `bak://${p.volume}/backup-lost`, p.vmb);
      return [...p.all, vs, vsc];
    },
    ['BackupMissing VolumeSnapshotContent former-vsc'],
  ],
  [
    'unowned snapshot right',
    () => {
      const p = one('web');
      const n = pair('hand', p.right, undefined, { policy: 'Retain' });
      return [...p.all, n.vs, n.vsc];
    },
    ['OrphanSnapshot VolumeSnapshot hand'],
  ],
  [
    'unowned snapshot wrong',
    () => {
      const p = one('web');
      const n = pair('hand', `bs://web-disk/${p.backup}`, undefined, { policy: 'Retain' });
      return [...p.all, n.vs, n.vsc];
    },
    ['OrphanSnapshot VolumeSnapshot hand', 'SwapContent VolumeSnapshotContent hand-vsc'],
  ],
  [
    'unowned snapshot wrong Delete',
    () => {
      const p = one('web');
      const n = pair('hand', `bs://web-disk/${p.backup}`);
      return [...p.all, n.vs, n.vsc];
    },
    ['OrphanSnapshot VolumeSnapshot hand', 'SwapContent VolumeSnapshotContent hand-vsc'],
  ],
  [
    'orphan content wrong no snapshot',
    () => {
      const p = one('web');
      const n = pair('hand', `bs://web-disk/${p.backup}`);
      return [...p.all, n.vsc];
    },
    ['OrphanContent VolumeSnapshotContent hand-vsc', 'SnapshotNotThere VolumeSnapshotContent hand-vsc'],
  ],
  [
    'orphan content right no snapshot no uid',
    () => {
      const p = one('web');
      const n = pair('hand', p.right, undefined, { policy: 'Retain' });
      delete n.vsc.spec.volumeSnapshotRef.uid;
      return [...p.all, n.vsc];
    },
    ['SnapshotNotThere VolumeSnapshotContent hand-vsc'],
  ],
  [
    'orphan content right no snapshot uid',
    () => {
      const p = one('web');
      const n = pair('hand', p.right, undefined, { policy: 'Retain' });
      return [...p.all, n.vsc];
    },
    ['OrphanContent VolumeSnapshotContent hand-vsc'],
  ],
  [
    'a second content of a snapshot, made for it and not bound yet',
    () => {
      const p = one('web');
      return [...p.all, formerContent(p, undefined)];
    },
    [],
  ],
  [
    'content of a former snapshot, of which the VMBackup has made another with a content of its own',
    () => {
      const p = one('web');
      return [...p.all, formerContent(p, '11111111-1111-4111-8111-111111111111')];
    },
    ['OrphanContent VolumeSnapshotContent snapcontent-of-a-former'],
  ],
  [
    'snapshot owner stale uid',
    () => {
      const p = one('web');
      p.vs.metadata.ownerReferences[0].uid = '11111111-1111-4111-8111-111111111111';
      return p.all;
    },
    ['OwnerGone VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'snapshot no owner',
    () => {
      const p = one('web');
      p.vs.metadata.ownerReferences = [];
      return p.all;
    },
    ['SnapshotUnowned VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'snapshot owner not controller',
    () => {
      const p = one('web');
      delete p.vs.metadata.ownerReferences[0].controller;
      return p.all;
    },
    ['SnapshotUnowned VolumeSnapshot web-volume-web-disk'],
  ],
  ['content Retain', () => one('web', { policy: 'Retain' }).all, []],
  [
    'content class missing',
    () => {
      const p = one('web');
      p.vsc.spec.volumeSnapshotClassName = 'gone';
      p.vs.spec.volumeSnapshotClassName = 'gone';
      return p.all;
    },
    [],
  ],
  [
    'a pair that never becomes ready for want of its class',
    () => {
      const p = one('web');
      for (const part of [p.vs, p.vsc]) {
        part.spec.volumeSnapshotClassName = 'gone';
        delete part.status;
      }
      return p.all;
    },
    ['PairNotReady VirtualMachineBackup web', 'SnapshotClassMissing VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'a pair that Harvester has just made of a recovered VMBackup',
    () => {
      const p = one('web');
      p.vmb.status.readyToUse = false;
      delete p.vmb.status.creationTime;
      for (const part of [p.vs, p.vsc]) delete part.status;
      delete p.vsc.spec.volumeSnapshotRef.uid;
      return p.all;
    },
    [],
  ],
  [
    'snapshot not ready with error',
    () => {
      const p = one('web');
      p.vs.status = { ...p.vs.status, readyToUse: false, error: { message: 'failed to get class' } };
      return p.all;
    },
    ['PairNotReady VirtualMachineBackup web', 'SnapshotNotReady VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'content not ready with error, snapshot ready',
    () => {
      const p = one('web');
      p.vsc.status = { readyToUse: false, error: { message: 'boom' } };
      return p.all;
    },
    ['ContentNotReady VolumeSnapshotContent web-volume-web-disk-vsc', 'PairNotReady VirtualMachineBackup web'],
  ],
  [
    'snapshot no status',
    () => {
      const p = one('web');
      delete p.vs.status;
      return p.all;
    },
    ['PairNotReady VirtualMachineBackup web'],
  ],
  [
    'other driver content w/ bs handle',
    () => {
      const p = one('web');
      const n = pair('hand', `bs://web-disk/${p.backup}`, undefined, { driver: 'other.csi' });
      return [...p.all, n.vs, n.vsc];
    },
    [],
  ],
  [
    'guest cluster',
    () => {
      const p = one('web');
      const n = pair('guest', `bs://web-disk/${p.backup}`);
      n.vs.metadata.annotations = { 'harvesterhci.io/pvcrestore-ref': 'x/y' };
      return [...p.all, n.vs, n.vsc];
    },
    [],
  ],
  ['local taken healthy', () => one('web', { local: true }).all, []],
  [
    'local taken content lost',
    () => without(one('web', { local: true }), 'VolumeSnapshotContent'),
    ['ContentComingBack VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'local taken content lost, and the backup is of another snapshot',
    () => {
      const p = one('web', { local: true });
      p.bk.status.snapshotName = p.bk.spec.snapshotName = 'snapshot-11111111-1111-4111-8111-111111111111';
      return [...without(p, 'VolumeSnapshotContent'), build.claim('web-disk')];
    },
    ['NewSnapshotAhead VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'local taken content lost, and the claim is another of its name',
    () => {
      const p = one('web', { local: true });
      const claim: any = p.all.find(({ kind }) => kind === 'PersistentVolumeClaim');
      claim.spec.volumeName = 'pvc-of-today';
      return without(p, 'VolumeSnapshotContent', 'PersistentVolume');
    },
    ['NewSnapshotAhead VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'local taken, and the claim is another of its name',
    () => {
      const p = one('web', { local: true });
      const claim: any = p.all.find(({ kind }) => kind === 'PersistentVolumeClaim');
      claim.spec.volumeName = 'pvc-of-today';
      return p.all;
    },
    [],
  ],
  [
    'local taken status handle of this cluster alone',
    () => {
      const p = one('web', { local: true });
      p.vsc.status.snapshotHandle = `snap://${p.volume}/snapshot-${p.vs.metadata.uid}`;
      return p.all;
    },
    ['ContentReplaced VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'local taken status handle wrong id',
    () => {
      const p = one('web', { local: true });
      p.vsc.status.snapshotHandle = `bak://${p.volume}/backup-zzz`;
      return p.all;
    },
    ['ContentReplaced VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'local taken status handle wrong volume',
    () => {
      const p = one('web', { local: true });
      p.vsc.status.snapshotHandle = `bak://web-disk/${p.backup}`;
      return p.all;
    },
    ['TakenHandleWrong VolumeSnapshotContent snapcontent-36134ee4-973a-4cbf-8e48-2ba4f286e7d6'],
  ],
  [
    'local taken no status',
    () => {
      const p = one('web', { local: true });
      delete p.vsc.status;
      return p.all;
    },
    ['PairNotReady VirtualMachineBackup web'],
  ],
  [
    'long name',
    () => {
      const n = 'v'.repeat(200);
      const p = one('web', { claim: n, handle: 'wrong', snapshot: `web-volume-${n}` });
      return p.all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ReplacePair VolumeSnapshotContent web-volume-vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv-vsc',
    ],
  ],
  [
    'very long name 249',
    () => {
      const n = 's'.repeat(249);
      return one('web', { handle: 'wrong', snapshot: n }).all;
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'SwapContent VolumeSnapshotContent sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss-vsc',
    ],
  ],
  [
    'name with dots',
    () => one('web.my-vm.example', { handle: 'wrong' }).all,
    [
      'AwaitsReplacement VirtualMachineBackup web.my-vm.example',
      'ReplacePair VolumeSnapshotContent web.my-vm.example-volume-web.my-vm.example-disk-vsc',
    ],
  ],
]);
