/** A probe says what the storage does: Longhorn's, and that of a second CSI driver with and without snapshots. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../client.ts';
import { adminClient, binaryFinder, down, up } from '../cluster.ts';
import { otherPart } from '../parts.ts';
import { OTHER_CLASS, startOtherStorage, stopOtherStorage } from '../other-storage.ts';
import { partsFor } from '../parts.ts';
import { logFile } from '../processes.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { gleaner } from './command-line.ts';
import { build } from '../build.ts';
import { readFile } from 'node:fs/promises';

const TITLE = 'probe';
const SNAPSHOT = 'snapshot.storage.k8s.io/v1';
const FILES = ['--volume-mode', 'Filesystem'];

describe('a probe of storage', () => {
  let bed: BedState;
  let client: Client;
  let bin: (binary: string) => string;

  beforeAll(async () => {
    const choice = { harvester: 'none', longhorn: '1.8.1' };
    await build([otherPart], { jobs: 1, say: () => {} });
    bed = await up({ name: TITLE, choice });
    client = await adminClient(bed);
    bin = await binaryFinder([...partsFor(choice), otherPart]);
    // Longhorn's csi-snapshotter is a process here; on a cluster it is a Deployment, by which it is seen.
    const [namespace, name] = ['longhorn-system', 'csi-snapshotter'];
    const template = {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name, image: `longhornio/${name}:bed`, args: ['--csi-address=/csi/csi.sock'] }],
        volumes: [{ name: 'socket-dir', hostPath: { path: '/var/lib/kubelet/plugins/driver.longhorn.io' } }],
      },
    };
    await client.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { replicas: 1, selector: { matchLabels: { app: name } }, template },
    });
    const status = { replicas: 1, readyReplicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    await client.patchStatus({ apiVersion: 'apps/v1', kind: 'Deployment', name, namespace }, status);
  });
  afterAll(() => down(TITLE));

  const answer = async (storageClass: string): Promise<string> => {
    const { out } = await gleaner(bed, ['capability', `sc/${storageClass}`, '-o', 'json']);
    const { answer: word, reason } = JSON.parse(out).capabilities[0].can.snapshot;
    return `${word}, ${reason}`;
  };
  const probe = async (storageClass: string, timeout = '60s', mode: readonly string[] = []) => {
    const asked = ['capability', '--probe', storageClass, '--timeout', timeout, ...mode, '-o', 'json'];
    const { code, out, err } = await gleaner(bed, asked);
    if (out === '') throw new Error(err);
    return { code, ...JSON.parse(out) };
  };
  const modesNoted = async (storageClass: string): Promise<string[]> => {
    const found = await client.find({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: storageClass });
    return JSON.parse(found?.metadata.annotations?.['gleaner.dev/probed'] ?? '[]').map(
      (one: any) => `${one.volumeMode} ${one.result}`,
    );
  };
  const left = async (): Promise<string[]> => {
    const all = await Promise.all([
      client.list('v1', 'PersistentVolumeClaim', { namespace: 'gleaner-drill' }),
      client.list(SNAPSHOT, 'VolumeSnapshot', { namespace: 'gleaner-drill' }),
      client.list(SNAPSHOT, 'VolumeSnapshotContent'),
      client.list('v1', 'PersistentVolume'),
      client.list('longhorn.io/v1beta2', 'Volume', { namespace: 'longhorn-system' }),
      client.list('longhorn.io/v1beta2', 'Backup', { namespace: 'longhorn-system' }),
    ]);
    return all.flat().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  };

  test('Longhorn: inferred before, proved after, no backup made or deleted, and nothing left', async () => {
    expect(await answer('harvester-longhorn')).toMatch(/^(yes|unknown), Snapshotter/);
    const result = await probe('harvester-longhorn');
    expect(result).toMatchObject({ code: 0, result: 'proved' });
    expect(result.facts).toMatchObject({ snapshotClass: 'longhorn-snapshot', volumeMode: 'Block' });
    expect(await answer('harvester-longhorn')).toBe('yes, SnapshotProved');
    expect(await left()).toEqual([]);
  });

  test('Longhorn, with file systems: proved by itself, beside what was proved of blocks', async () => {
    expect(await probe('harvester-longhorn', '60s', FILES)).toMatchObject({
      code: 0,
      result: 'proved',
      facts: { volumeMode: 'Filesystem' },
    });
    expect(await modesNoted('harvester-longhorn')).toEqual(['Filesystem proved', 'Block proved']);
    expect(await left()).toEqual([]);
  });

  test('another driver that can: its storage deletes what was taken', async () => {
    await startOtherStorage(bed, client, bin, 'yes');
    expect(await answer(OTHER_CLASS)).toBe('yes, SnapshotterRuns');
    expect(await probe(OTHER_CLASS)).toMatchObject({
      code: 0,
      result: 'proved',
      facts: { snapshotClass: 'mock-snapshot', volumeMode: 'Block' },
    });
    // It is told what it is asked for.
    const asked = async () => (await readFile(logFile(bed.run, 'csi-mock'), 'utf8')).match(/^.* volume pvc-.*$/gm);
    expect(await asked()).toEqual([expect.stringMatching(/as Block/), expect.stringMatching(/as Block/)]);
    expect(await probe(OTHER_CLASS, '60s', FILES)).toMatchObject({ code: 0, facts: { volumeMode: 'Filesystem' } });
    expect((await asked())?.slice(2)).toEqual([
      expect.stringMatching(/as Filesystem/),
      expect.stringMatching(/as Filesystem/),
    ]);
    expect(await modesNoted(OTHER_CLASS)).toEqual(['Filesystem proved', 'Block proved']);
    expect(await answer(OTHER_CLASS)).toBe('yes, SnapshotProved');
    expect(await left()).toEqual([]);
    const log = await readFile(logFile(bed.run, 'csi-mock'), 'utf8');
    expect(log.match(/deletes snapshot/g)).toHaveLength(2);
    expect(log.match(/volume pvc-\S+ as (Block|Filesystem) from snapshot:/g)).toHaveLength(2);
    await stopOtherStorage(bed);
  });

  test('one that says so and refuses: inferred yes, and the probe knows better', async () => {
    await gleaner(bed, ['capability', '--clear']);
    await startOtherStorage(bed, client, bin, 'lies');
    expect(await answer(OTHER_CLASS)).toBe('yes, SnapshotterRuns');
    expect(await probe(OTHER_CLASS)).toMatchObject({
      code: 1,
      result: 'failed',
      message: expect.stringContaining('this storage takes no snapshots'),
    });
    expect(await answer(OTHER_CLASS)).toBe('no, DriverRefuses');
    expect(await left()).toEqual([]);
    await stopOtherStorage(bed);
  });

  test('one that has file systems only: asked for blocks it fails, which says nothing of file systems', async () => {
    await gleaner(bed, ['capability', '--clear']);
    await startOtherStorage(bed, client, bin, 'yes', 'Filesystem');
    expect(await probe(OTHER_CLASS, '15s')).toMatchObject({
      code: 1,
      message: expect.stringMatching(
        /mode Block at \S+ failed at the provision: .*volumes of mode Block are not supported/,
      ),
    });
    expect(await probe(OTHER_CLASS, '60s', FILES)).toMatchObject({ code: 0, result: 'proved' });
    expect(await modesNoted(OTHER_CLASS)).toEqual(['Filesystem proved', 'Block failed']);
    expect(await answer(OTHER_CLASS)).toBe('yes, SnapshotterRuns');
    expect(await left()).toEqual([]);
    await stopOtherStorage(bed);
  });

  test('one without the capability: no csi-snapshotter runs, both say no, and nothing hangs in deletion', async () => {
    await gleaner(bed, ['capability', '--clear']);
    await startOtherStorage(bed, client, bin, 'no');
    for (const lease of await client.list('coordination.k8s.io/v1', 'Lease', { namespace: 'default' }))
      await client.remove({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        namespace: 'default',
        name: lease.metadata.name,
      });
    expect(await answer(OTHER_CLASS)).toBe('no, SnapshotterMissing');
    expect(await probe(OTHER_CLASS, '10s')).toMatchObject({ code: 1, result: 'failed', facts: { step: 'snapshot' } });
    expect(await answer(OTHER_CLASS)).toBe('no, SnapshotterMissing');
    expect(await left()).toEqual([]);
  });

  test('no backup was deleted by anybody', async () => {
    expect(await deletedBackups(bed)).toEqual([]);
  });
});
