/** Several things wrong in one cluster: each is told with its own object, and none hides another. */
import type { KubeObject } from '../../../sandbox/api/types.ts';
import type { Disk } from '../../../sandbox/scenarios/chain.ts';
import { partsOf, recoveredChain } from '../../../sandbox/scenarios/chain.ts';
import { build, bereft, connected, handle, longhornTarget, one, pair, without } from './static.ts';
import { clusters } from './table.ts';

const right = (claim: string): Disk => ({ claim, handle: 'right' });
const wrong = (claim: string): Disk => ({ claim, handle: 'wrong' });
const chain = (name: string, disks: readonly Disk[], ...modifiers: build.Modifier[]): KubeObject[] =>
  recoveredChain({ name, disks, longhorn: '1.9' }, ...modifiers).map((o) => structuredClone(o));
const less = (objects: KubeObject[], ...names: string[]) => objects.filter((o) => !names.includes(o.metadata.name));
const backup = (claim: string, vmBackup = 'web') => build.backupOf(claim, vmBackup);
const scheduled = build.annotated({ 'harvesterhci.io/svmbackupId': 'prod/night' });
const since =
  (hours: number): build.Modifier =>
  ({ metadata }) => {
    metadata.creationTimestamp = new Date(Date.now() - hours * 3_600_000).toISOString();
  };

/** A restore of `web` into `finance`, with a claim for each disk that waits, changed as told. */
function hanging(disks: readonly Disk[], change: Record<number, (parts: { pvc: any; vs: any; vsc: any }) => void>) {
  const vmr: any = build.vmRestore({ name: 'rs', namespace: 'finance', backup: 'web' }, since(2));
  vmr.status = { complete: false, restores: [] };
  const made = disks.flatMap((disk, i) => {
    const { snapshot, handle: text } = partsOf({ name: 'web' }, disk);
    const { vs, vsc } = pair(`restore-rs-${snapshot}`, text, undefined, { namespace: 'finance', policy: 'Retain' });
    vsc.metadata.name = `restore-finance-rs-${snapshot}`;
    vs.spec.source.volumeSnapshotContentName = vsc.metadata.name;
    vs.status.boundVolumeSnapshotContentName = vsc.metadata.name;
    for (const part of [vs, vsc]) build.ownedBy(vmr, false)(part);
    const pvc: any = build.claim(`rc-${i}`, 'finance');
    pvc.spec.dataSource = { kind: 'VolumeSnapshot', name: vs.metadata.name };
    pvc.status.phase = 'Pending';
    delete pvc.spec.volumeName;
    vmr.status.restores.push({ volumeName: `disk-${i}`, persistentVolumeClaimSpec: { metadata: { name: `rc-${i}` } } });
    change[i]?.({ pvc, vs, vsc });
    return [vs, vsc, pvc];
  });
  return [vmr, ...made];
}

clusters('Several things wrong', [
  [
    'of three volumes one is right, one has lost its backup, one has a wrong handle',
    () => less(chain('web', [right('a'), right('b'), wrong('c')]), backup('b')),
    [
      'AwaitsReplacement VirtualMachineBackup web',
      `BackupMissing Backup ${backup('b')}`,
      'ReplacePair VolumeSnapshotContent web-volume-c-vsc',
    ],
  ],
  [
    'a schedule’s VMBackup has lost one backup for good, and another handle is wrong',
    () => [
      build.schedule('night', 'prod', 'web'),
      ...less(chain('web', [right('a'), wrong('b')], scheduled), backup('a')),
    ],
    [
      'AwaitsReplacement VirtualMachineBackup web',
      `BackupMissing Backup ${backup('a')}`,
      'ScheduledBackupLost VolumeSnapshotContent web-volume-b-vsc',
    ],
  ],
  [
    'the same, and the schedule is gone: the other volume is repaired',
    () => less(chain('web', [right('a'), wrong('b')], scheduled), backup('a')),
    [
      'AwaitsReplacement VirtualMachineBackup web',
      `BackupMissing Backup ${backup('a')}`,
      'ReplacePair VolumeSnapshotContent web-volume-b-vsc',
    ],
  ],
  [
    'a restore’s claims wait each for something else',
    () => {
      const disks = [right('a'), right('b'), right('c'), right('d')];
      const restore = hanging(disks, {
        0: ({ vsc }) => void (vsc.spec.source.snapshotHandle = vsc.status.snapshotHandle = `bs://a/${backup('a')}`),
        2: ({ pvc }) => void (pvc.spec.storageClassName = 'gone'),
      });
      return [...less(chain('web', disks), backup('b')), ...restore];
    },
    [
      `BackupMissing Backup ${backup('b')}`,
      'BackupMissing VolumeSnapshotContent restore-finance-rs-web-volume-b',
      'RestoreHanging VirtualMachineRestore rs',
      'SwapContent VolumeSnapshotContent restore-finance-rs-web-volume-a',
    ],
  ],
  [
    'a VMBackup that cannot be read beside one with a wrong handle, and a backup that is nobody’s',
    () => {
      const odd = one('odd');
      odd.vmb.status.volumeBackups = { a: 1 };
      const left = build.backup({ volume: 'pvc-left', backup: 'backup-left', version: '1.9' });
      return [...odd.all, ...one('web', { handle: 'wrong' }).all, left, build.backupVolume('pvc-left', '1.9')];
    },
    [
      'AwaitsReplacement VirtualMachineBackup web',
      'ObjectUnreadable VirtualMachineBackup odd',
      'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc',
      'SyncTarget Setting backup-target',
    ],
  ],
  [
    'a lost pair, a StorageClass that is gone and a Backup that got stuck, in three namespaces',
    () => {
      const stuck = one('stuck', { namespace: 'edge' });
      stuck.bk.status = { state: 'InProgress', progress: 12 };
      since(24 * 4)(stuck.bk);
      const classless = one('classless', { namespace: 'finance' });
      classless.vmb.status.volumeBackups[0].persistentVolumeClaim.spec.storageClassName = 'longhorn-image-x';
      return [...without(one('web'), 'VolumeSnapshot', 'VolumeSnapshotContent'), ...stuck.all, ...classless.all];
    },
    [
      `BackupStalled Backup ${one('stuck', { namespace: 'edge' }).backup}`,
      'RebuildPair VirtualMachineBackup web',
      'SnapshotMissing VolumeSnapshot web-volume-web-disk',
      'StorageClassMissing StorageClass longhorn-image-x',
    ],
  ],
  [
    'a sync that never ends, behind which a backup is not known, and a wrong handle beside it',
    () => [
      ...without(one('web'), 'Backup', 'BackupVolume'),
      ...handle(one('db'), `bs://db-disk/${one('db').backup}`).all,
      longhornTarget(
        { ...connected, syncRequestedAt: '2025-03-02T03:00:00Z' },
        { available: true, lastSyncedAt: '2025-03-02T02:00:03Z' },
      ),
    ],
    [
      'AwaitsReplacement VirtualMachineBackup db',
      'BackupNotSynced Backup BACKUP',
      'ReplacePair VolumeSnapshotContent db-volume-db-disk-vsc',
      'TargetNotSyncing BackupTarget default',
    ],
  ],
  [
    'VMBackups of one name in two namespaces, one of them without its content',
    () => {
      const p = bereft(one('web', { namespace: 'finance', snapshot: 'other' }));
      return [...one('web').all, ...without(p, 'VolumeSnapshotContent', 'Backup')]
        .concat(build.backup({ volume: p.volume, backup: 'backup-of-finance', version: '1.9' }), [])
        .map((o: any) => {
          if (o.kind === 'VirtualMachineBackup' && o.metadata.namespace === 'finance')
            o.status.volumeBackups[0].longhornBackupName = 'backup-of-finance';
          return o;
        });
    },
    ['ContentMissing VolumeSnapshot other', 'RebuildContent VirtualMachineBackup web'],
  ],
]);
