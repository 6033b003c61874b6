/**
 * Longhorn's part of a backup target: the files that say which backups of which volumes exist, laid out as Longhorn's
 * backupstore does, in a folder which the S3 server serves as a bucket. Harvester's metadata lies beside them and is
 * written by Harvester itself.
 *
 * Not doubled: blocks (a backup here has no data), locks, backing images, checksums.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface StoredBackup {
  readonly volume: string;
  readonly backup: string;
  readonly snapshot: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
  /** StorageClass of the volume, which Longhorn notes with it. */
  readonly storageClass?: string;
}

/** Name of the bucket, which is also a folder in the served folder. */
export const BUCKET = 'bed';
export const REGION = 'us-east-1';

const root = (served: string) => join(served, BUCKET, 'backupstore', 'volumes');

function volumeFolder(served: string, volume: string): string {
  const hash = createHash('sha512').update(volume).digest('hex');
  return join(root(served), hash.slice(0, 2), hash.slice(2, 4), volume);
}

export const backupUrl = (volume: string, backup: string): string =>
  `s3://${BUCKET}@${REGION}/?backup=${backup}&volume=${volume}`;

export async function writeBackup(served: string, it: StoredBackup): Promise<void> {
  const folder = volumeFolder(served, it.volume);
  await mkdir(join(folder, 'backups'), { recursive: true });
  await writeFile(
    join(folder, 'backups', `backup_${it.backup}.cfg`),
    JSON.stringify({
      Name: it.backup,
      VolumeName: it.volume,
      SnapshotName: it.snapshot,
      SnapshotCreatedAt: it.createdAt,
      CreatedTime: it.createdAt,
      Size: String(it.sizeBytes),
      Labels: {},
      IsIncremental: false,
      CompressionMethod: 'lz4',
      Blocks: [],
    }),
  );
  await writeFile(
    join(folder, 'volume.cfg'),
    JSON.stringify({
      Name: it.volume,
      Size: String(it.sizeBytes),
      Labels: {},
      CreatedTime: it.createdAt,
      LastBackupName: it.backup,
      LastBackupAt: it.createdAt,
      BlockCount: 0,
      BackingImageName: '',
      BackingImageChecksum: '',
      CompressionMethod: 'lz4',
      StorageClassName: it.storageClass ?? '',
      DataEngine: 'v1',
    }),
  );
}

export async function removeBackup(served: string, volume: string, backup: string): Promise<void> {
  await rm(join(volumeFolder(served, volume), 'backups', `backup_${backup}.cfg`), { force: true });
}

/** Every backup in the store. */
export async function readBackups(served: string): Promise<StoredBackup[]> {
  const files = await readdir(root(served), { recursive: true }).catch(() => []);
  const backups = files.filter((file) => /backups\/backup_[^/]+\.cfg$/.test(file));
  return Promise.all(
    backups.map(async (file) => {
      const config = JSON.parse(await readFile(join(root(served), file), 'utf8'));
      const volume = JSON.parse(await readFile(join(root(served), file, '..', '..', 'volume.cfg'), 'utf8'));
      return {
        volume: config.VolumeName,
        backup: config.Name,
        snapshot: config.SnapshotName,
        sizeBytes: Number(config.Size),
        createdAt: config.CreatedTime,
        storageClass: volume.StorageClassName,
      };
    }),
  );
}
