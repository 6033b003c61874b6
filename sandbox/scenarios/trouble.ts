/** Worlds full of things that must be left alone, or waited for, or reported. */
import type { KubeObject } from '../api/types.ts';
import { holdAnnotation } from '../controllers/longhorn-objects.ts';
import * as kinds from '../controllers/kinds.ts';
import { scheduleAnnotation } from '../controllers/harvester-names.ts';
import * as build from './build.ts';
import { type Chain, type Disk, localChain, partsOf, recoveredChain } from './chain.ts';
import type { Scenario, Versions } from './scenario.ts';

const scheduledDisks: Disk[] = [{ claim: 'web-root' }, { claim: 'web-data' }];
/** The Longhorn Backup that is not final in `scheduled-not-final`. */
const unfinishedBackup = build.backupOf('web-data', 'svmb-web');

export const scheduledNotFinal: Scenario = {
  name: 'scheduled-not-final',
  describe:
    'A scheduled backup with a wrong handle, one of whose Longhorn Backups was just pulled and has no state yet.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => [
    build.schedule('web-daily', 'prod', 'web'),
    ...recoveredChain(
      { name: 'svmb-web', disks: scheduledDisks, longhorn },
      build.annotated({ [scheduleAnnotation]: 'prod/web-daily' }),
    ),
  ],
  async after({ client }) {
    // Only now: a Harvester that starts looks at every backup, and would delete this one.
    const annotations = { [holdAnnotation]: 'true' };
    const { longhornNamespace: namespace } = kinds;
    await client.mergePatch(kinds.Backup, unfinishedBackup, namespace, { metadata: { annotations } });
    await client.mergePatch(kinds.Backup, unfinishedBackup, namespace, { status: null }, 'status');
  },
};

export const notOurs: Scenario = {
  name: 'not-ours',
  describe: 'Other drivers, backups taken here, a guest cluster, in-cluster snapshots, objects in deletion: hands off.',
  harvester: '1.8',
  longhorn: '1.11',
  objects: ({ longhorn }) => [
    ...localChain({ name: 'web-nightly', disks: [{ claim: 'web-disk-0' }], longhorn }),
    ...pair({
      snapshot: 'ceph-snap',
      handle: '0001-0011-rook-ceph-0000000000000002-abc',
      driver: 'rook-ceph.rbd.csi.ceph.com',
    }),
    ...pair({ snapshot: 'in-cluster', handle: `snap://${build.volumeOf('web-disk-0')}/snapshot-1` }),
    ...guestCluster(),
    ...inDeletion(longhorn),
    ...snapshotOnly(),
  ],
};

function pair({ policy = 'Retain', ...shape }: build.ContentShape, ...modifiers: build.Modifier[]): KubeObject[] {
  const { snapshot: name, namespace = 'prod' } = shape;
  return [build.content({ ...shape, policy }, ...modifiers), build.snapshot({ name, namespace, policy }, ...modifiers)];
}

function guestCluster(): KubeObject[] {
  const api = 'harvesterhci.io/v1beta1';
  const remote = build.annotated({ 'harvesterhci.io/pvcrestore-ref': 'guest1/restored-data' });
  return [
    build.namespaceObject('guest1'),
    build.object(
      api,
      'VolumeRemoteBackup',
      { name: 'guest-data', namespace: 'guest1' },
      {
        spec: { type: 'lh', source: 'pvc-guest-data' },
        status: { success: true, csiProvider: kinds.longhornDriver, handle: 'bak://pvc-guest/backup-cc03cc03cc03cc03' },
      },
    ),
    build.object(
      api,
      'VolumeRemoteRestore',
      { name: 'restored-data', namespace: 'guest1' },
      {
        spec: { type: 'lh', from: 'guest1/guest-data' },
      },
    ),
    ...pair(
      {
        name: 'restored-data',
        snapshot: 'restored-data',
        namespace: 'guest1',
        handle: 'bs://guest-data/backup-cc03cc03cc03cc03',
      },
      remote,
      ({ kind, spec, status }) => {
        if (kind !== 'VolumeSnapshot') return;
        spec.source.volumeSnapshotContentName = 'restored-data';
        status.boundVolumeSnapshotContentName = 'restored-data';
      },
    ),
  ];
}

/** Wrong handles all of them, but each on its way out: once the backup, once the snapshot, once the content. */
function inDeletion(longhorn: Chain['longhorn']): KubeObject[] {
  return ['VirtualMachineBackup', 'VolumeSnapshot', 'VolumeSnapshotContent'].flatMap((kind) => {
    const name = `leaving-${kind.toLowerCase()}`;
    const chain: Chain = { name, disks: [{ claim: `${name}-disk`, policy: 'Retain' }], longhorn };
    const objects = recoveredChain(chain);
    for (const object of objects) if (object.kind === kind) build.deleting(object);
    // Their own controllers have done their part already.
    for (const { kind: own, metadata } of objects)
      if (metadata.deletionTimestamp && own !== 'VolumeSnapshotContent') metadata.finalizers = ['example.com/held'];
    return objects;
  });
}

/** Type snapshot, one disk of another driver: nothing of it is on the target. */
function snapshotOnly(): KubeObject[] {
  const lvm = 'lvm.driver.harvesterhci.io';
  const vmBackup = build.vmBackup({
    name: 'erp-snap',
    vm: 'erp',
    type: 'snapshot',
    entries: [
      build.volumeEntry({ vmBackup: 'erp-snap', volumeName: 'disk-0', claim: 'erp-root', backup: null }),
      build.volumeEntry({
        vmBackup: 'erp-snap',
        volumeName: 'disk-1',
        claim: 'erp-scratch',
        backup: null,
        driver: lvm,
      }),
    ],
  });
  // Written by hand: neither since when it is ready, nor a condition.
  for (const field of ['creationTime', 'conditions', 'progress']) delete vmBackup['status'][field];
  return [vmBackup];
}

export const broken: Scenario = {
  name: 'broken',
  describe: 'Eight backups, each broken in its own way, that need a decision or an explanation rather than a repair.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: (versions) => [
    ...ill('missing-backup', versions, (parts) => parts.filter(({ kind }) => kind !== 'Backup')),
    ...ill('missing-backup-volume', versions, (parts) => parts.filter(({ kind }) => kind !== 'BackupVolume')),
    ...ill('duplicated-backup-volume', versions, (parts) => [...parts, ...parts.filter(isBackupVolume).map(twin)]),
    ...ill('unknown-backup-name', versions, (parts) => {
      for (const { kind, status } of parts)
        if (kind === 'VirtualMachineBackup') delete status.volumeBackups[0].longhornBackupName;
      return parts;
    }),
    ...ill(
      'names-another-backup',
      versions,
      (parts) => parts,
      `bs://${diskOf('names-another-backup')}/${build.backupOf('web-disk-0', 'another')}`,
    ),
    ...ill('unreadable-handle', versions, (parts) => parts, 'not-a-handle'),
    ...ill('failed-backup', versions, (parts) => {
      for (const part of parts)
        if (part.kind === 'Backup')
          part['status'] = { state: 'Error', progress: 40, error: 'proxyServer: connection reset' };
      return parts;
    }),
    ...ill('twice-right', versions, (parts) => [...parts, ...second('twice-right', versions)], 'right'),
    // The one that `names-another-backup` names.
    build.backup({
      volume: build.volumeOf('web-disk-0'),
      backup: build.backupOf('web-disk-0', 'another'),
      version: versions.longhorn,
    }),
    build.backupVolume(build.volumeOf('web-disk-0'), versions.longhorn),
  ],
};

const diskOf = (name: string) => `${name}-disk`;
const chainOf = (name: string, { longhorn }: Versions, handle = 'wrong'): Chain => ({
  name,
  disks: [{ claim: diskOf(name), handle }],
  longhorn,
});

function ill(
  name: string,
  versions: Versions,
  make: (parts: KubeObject[]) => KubeObject[],
  handle = 'wrong',
): KubeObject[] {
  return make(recoveredChain(chainOf(name, versions, handle)));
}

const isBackupVolume = ({ kind }: KubeObject) => kind === 'BackupVolume';

function twin(backupVolume: KubeObject): KubeObject {
  const name = `${backupVolume['spec'].volumeName}-0badcafe`;
  const uid = build.uidFor('BackupVolume', name, kinds.longhornNamespace);
  return { ...backupVolume, metadata: { ...backupVolume.metadata, name, uid } };
}

/** Another pair for the same backup, under policy Delete as well: deleting either kills it for both. */
function second(name: string, versions: Versions): KubeObject[] {
  const { handle } = partsOf(chainOf(name, versions, 'right'), { claim: diskOf(name), handle: 'right' });
  return pair({ snapshot: `${name}-by-hand`, handle, policy: 'Delete' });
}
