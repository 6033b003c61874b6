import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config } from '../../../functions/drill-restore/config.ts';
import { newClaim, newPod } from '../../../functions/drill-restore/objects.ts';

/** Of which mode the restored volume is, and what a pod finds out about it: its script is run on files. */

const MIB = 2 ** 20;
const backup: any = { metadata: { name: 'nightly', namespace: 'prod', uid: 'u' } };
const recipe = { backup, until: '2026-01-01T00:00:00Z', config: Config.parse({}) };
const source = (volumeMode: string | undefined, volumeSize: number = 64 * MIB): any => ({
  entry: { volumeName: 'disk-0', persistentVolumeClaim: { spec: { volumeMode, storageClassName: 'sc' } } },
  longhorn: { status: { volumeSize: String(volumeSize) } },
  backupVolumes: [],
});

test.each([
  ['Block', 'Block', { volumeDevices: [{ name: 'volume', devicePath: '/drill' }] }],
  ['Filesystem', 'Filesystem', { volumeMounts: [{ name: 'volume', mountPath: '/drill' }] }],
  // Harvester hands the API server what was recorded, which is a file system to it.
  [undefined, 'Filesystem', { volumeMounts: [{ name: 'volume', mountPath: '/drill' }] }],
])('a volume recorded as %s is restored and read as that', (recorded, mode, way) => {
  expect(newClaim(recipe, source(recorded)).spec.volumeMode).toBe(mode);
  const { volumeDevices, volumeMounts } = (newPod(recipe, source(recorded)).spec as any).containers[0];
  expect({ volumeDevices, volumeMounts }).toEqual(way);
});

describe('what reads it', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drill-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const sized = async (name: string, bytes: number): Promise<string> => {
    await writeFile(join(folder, name), '');
    await truncate(join(folder, name), bytes);
    return join(folder, name);
  };
  const run = (mode: string, path: string, bytes?: number) => {
    const [, , script] = (newPod(recipe, source(mode, bytes)).spec as any).containers[0].command;
    const { status, stdout } = spawnSync('sh', ['-c', script.replaceAll('/drill', path)], { encoding: 'utf8' });
    return { status, copied: [...stdout.matchAll(/^(\d+) bytes/gm)].map(([, n]) => Number(n)), stdout };
  };

  test.each([
    ['as large as the backup', 64 * MIB, 16 * MIB],
    ['larger than it, and of no whole MiB', 64 * MIB + 512, 16 * MIB + 512],
  ])('a device %s: both ends', async (_what, size, last) => {
    expect(run('Block', await sized('device', size))).toMatchObject({ status: 0, copied: [16 * MIB, last] });
  });

  test('a small device: twice the whole', async () => {
    const result = run('Block', await sized('small', 4 * MIB), 4 * MIB);
    expect(result).toMatchObject({ status: 0, copied: [4 * MIB, 4 * MIB] });
  });

  test.each([63 * MIB, 0])('a device of %d bytes is not all of a backup of 64 MiB', async (size) => {
    const stdout = `the device has ${size} bytes, but the backup has ${64 * MIB}\n`;
    expect(run('Block', await sized('short', size))).toMatchObject({ status: 1, stdout });
  });

  test('a device whose size does not show is no proof, whatever the backup says of its size', async () => {
    expect(run('Block', await sized('none', 0), 0).status).toBe(1);
    expect(run('Block', join(folder, 'gone')).status).not.toBe(0);
  });

  test('of a file system, the disk on it, or whatever file there is', async () => {
    const files = join(folder, 'files');
    await mkdir(join(files, 'lost+found'), { recursive: true });
    expect(run('Filesystem', files)).toMatchObject({ status: 1, stdout: 'there is no file on the restored volume\n' });
    await sized('files/a.txt', 5);
    expect(run('Filesystem', files)).toMatchObject({ status: 0, copied: [5, 5] });
    await sized('files/disk.img', 40 * MIB);
    expect(run('Filesystem', files)).toMatchObject({ status: 0, copied: [16 * MIB, 16 * MIB] });
  });
});
