import { build, handle, one } from './static.ts';
import { clusters } from './table.ts';

clusters('handles', [
  [
    'wrong backup id, right volume',
    () => {
      const p = one('web');
      return handle(p, `bak://${p.volume}/backup-0000000000000000`).all;
    },
    ['BackupMismatch VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'wrong id of another existing backup of same volume',
    () => {
      const p = one('web');
      handle(p, `bak://${p.volume}/backup-2222222222222222`);
      return [...p.all, build.backup({ volume: p.volume, backup: 'backup-2222222222222222', version: '1.9' })];
    },
    ['BackupMismatch VolumeSnapshotContent web-volume-web-disk-vsc', 'SyncTarget Setting backup-target'],
  ],
  [
    'third path segment',
    () => {
      const p = one('web');
      return handle(p, `${p.right}/extra`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'third path segment wrong volume',
    () => {
      const p = one('web');
      return handle(p, `bs://web-disk/${p.backup}/extra`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'empty id',
    () => {
      const p = one('web');
      return handle(p, `bak://${p.volume}/`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'empty volume',
    () => {
      const p = one('web');
      return handle(p, `bak:///${p.backup}`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'uppercase scheme',
    () => {
      const p = one('web');
      return handle(p, `BAK://${p.volume}/${p.backup}`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'whitespace',
    () => {
      const p = one('web');
      return handle(p, ` ${p.right} `).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'newline',
    () => {
      const p = one('web');
      return handle(p, `${p.right}\n`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'bi handle',
    () => {
      const p = one('web');
      return handle(
        p,
        `bi://backing?backingImage=x&backingImageDataSourceType=export-from-volume&export-type=raw&volume-name=v`,
      ).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'BackupMismatch VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'snap handle',
    () => {
      const p = one('web');
      return handle(p, `snap://${p.volume}/snapshot-1`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'BackupMismatch VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'unknown scheme',
    () => {
      const p = one('web');
      return handle(p, `foo://${p.volume}/${p.backup}`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'empty handle text',
    () => {
      const p = one('web');
      return handle(p, ``).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'HandleUnreadable VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'other VM volume that has a BackupVolume',
    () => {
      const p = one('web');
      const q = one('db');
      return [...handle(p, `bak://${q.volume}/${p.backup}`).all, ...q.all];
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'volume part is BackupVolume object name',
    () => {
      const p = one('web');
      return handle(p, `bak://${p.bv.metadata.name}/${p.backup}`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'status handle differs from spec (status wrong)',
    () => {
      const p = one('web');
      return handle(p, p.right, `bs://web-disk/${p.backup}`).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'status handle differs from spec (spec wrong)',
    () => {
      const p = one('web');
      return handle(p, `bs://web-disk/${p.backup}`, p.right).all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'status handle empty',
    () => {
      const p = one('web');
      delete p.vsc.status.snapshotHandle;
      return p.all;
    },
    ['AwaitsReplacement VirtualMachineBackup web', 'ReplacePair VolumeSnapshotContent web-volume-web-disk-vsc'],
  ],
  [
    'content no status',
    () => {
      const p = one('web');
      delete p.vsc.status;
      return p.all;
    },
    ['PairNotReady VirtualMachineBackup web'],
  ],
  [
    'bs right legacy',
    () => {
      const p = one('web');
      return handle(p, `bs://${p.volume}/${p.backup}`).all;
    },
    [],
  ],
]);
