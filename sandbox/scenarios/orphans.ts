/** Worlds in which something is left behind, or in the way. */
import type { KubeObject } from '../api/types.ts';
import * as build from './build.ts';
import { type Chain, localChain, longhornPart, partsOf, recoveredChain } from './chain.ts';
import type { Scenario } from './scenario.ts';

const chain = (name: string, longhorn: Chain['longhorn'], handle = 'right'): Chain => ({
  name,
  disks: [{ claim: `${name}-disk`, handle }],
  longhorn,
});

/** Kept by hand, by a recurring job, or by another tool: no orphans. */
function keptByOthers(longhorn: Chain['longhorn']): KubeObject[] {
  const volume = build.volumeOf('kept-disk');
  const byJob = build.withStatus({ labels: { RecurringJob: 'nightly' } });
  return [
    build.backupVolume(volume, longhorn),
    build.backup({ volume, backup: 'backup-by-job', version: longhorn, snapshotName: 'nightly-c-0a1b' }, byJob),
    build.backup({ volume, backup: 'backup-by-hand', version: longhorn, snapshotName: 'before-upgrade' }),
    build.freshBackup({ volume, backup: 'backup-in-the-making', version: longhorn }, build.held),
    // A snapshot that Velero keeps, with all that is behind it.
    ...recoveredChain(chain('tools', longhorn))
      .filter(({ kind }) => kind !== 'VirtualMachineBackup')
      .map((part) => {
        delete part.metadata.ownerReferences;
        if (part.kind === 'VolumeSnapshot') build.labelled({ 'velero.io/backup-name': 'daily' })(part);
        return part;
      }),
  ];
}

export const orphans: Scenario = {
  name: 'orphans',
  describe: 'One of each: a Backup, a content and a snapshot that nobody claims, among what others keep on purpose.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => [
    ...localChain({ name: 'web-nightly', disks: [{ claim: 'web-disk' }], longhorn }),
    ...recoveredChain(chain('db-nightly', longhorn)),
    // The VMBackup was deleted, and a wrong handle freed nothing.
    ...longhornPart(chain('leaked', longhorn)).map((part) => {
      if (part.kind === 'Backup') build.withStatus({ size: String(3 * 2 ** 30) })(part);
      return part;
    }),
    // The snapshot was deleted while its content was on Retain.
    ...recoveredChain({
      ...chain('retained', longhorn),
      disks: [{ claim: 'retained-disk', handle: 'right', policy: 'Retain' }],
    }).filter(({ kind }) => !['VirtualMachineBackup', 'VolumeSnapshot'].includes(kind)),
    // Nobody's: made by hand for a restore, and forgotten.
    ...recoveredChain(chain('forgotten', longhorn))
      .filter(({ kind }) => kind !== 'VirtualMachineBackup')
      .map((part) => {
        delete part.metadata.ownerReferences;
        return part;
      }),
    ...keptByOthers(longhorn),
  ],
};

export const brokenLinks: Scenario = {
  name: 'broken-links',
  describe: 'Six ready VMBackups, each with another link to its data broken, and one that is well.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => {
    const lacking = (name: string, ...gone: string[]) =>
      recoveredChain(chain(name, longhorn)).filter(({ kind }) => !gone.includes(kind));
    const replaced = chain('replaced', longhorn);
    const { volume, snapshot } = partsOf(replaced, replaced.disks[0]!);
    const later = build.backupOf('replaced-disk', 'taken later');
    return [
      ...recoveredChain(chain('well', longhorn)),
      ...lacking('lost-snapshot', 'VolumeSnapshot'),
      ...lacking('lost-content', 'VolumeSnapshotContent').map(withoutContent),
      ...lacking('lost-pair', 'VolumeSnapshot', 'VolumeSnapshotContent'),
      ...lacking('lost-backup', 'Backup'),
      ...lacking('lost-volume', 'BackupVolume'),
      // Its content was lost, and the snapshot controller had a new one taken of what the disk holds today.
      ...localChain(replaced).map((part) => {
        if (part.kind === 'VolumeSnapshotContent') part['status'].snapshotHandle = `bak://${volume}/${later}`;
        // Harvester then wrote down what Longhorn told it of that snapshot.
        if (part.kind === 'VirtualMachineBackup') part['status'].volumeBackups[0].longhornBackupName = later;
        return part;
      }),
      build.backup(
        {
          volume,
          backup: later,
          version: longhorn,
          snapshotName: `snapshot-${build.uidFor('VolumeSnapshot', snapshot, 'prod')}`,
        },
        build.withStatus({ backupCreatedAt: '2025-05-01T12:00:00Z' }),
      ),
    ];
  },
};

export const blockers: Scenario = {
  name: 'blockers',
  describe: 'A VMBackup that failed, one that Harvester found damaged, and restores that hang; the rest goes on.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => [
    ...recoveredChain(chain('well', longhorn)),
    ...recoveredChain(chain('damaged', longhorn), damaged),
  ],
  async after({ client, seed }) {
    // Only now: a Harvester that starts would see to them.
    seed([
      build.vmBackup(
        {
          name: 'failed',
          entries: [build.volumeEntry({ vmBackup: 'failed', volumeName: 'disk-0', claim: 'x', backup: null })],
        },
        build.withStatus({ readyToUse: false, error: { message: 'unable to freeze the file system' } }),
      ),
    ]);
    const restore = build.vmRestore({ name: 'of-nothing', namespace: 'finance', backup: 'deleted-long-ago' });
    delete restore.metadata.uid;
    await client.create(restore);
  },
};

function damaged({ status }: KubeObject): void {
  const message = 'Change back to non-ready';
  status.conditions = [
    { type: 'Ready', status: 'False', message, reason: 'backup is missing on the target' },
    { type: 'MetadataReady', status: 'True' },
  ];
}

function withoutContent(part: KubeObject): KubeObject {
  if (part.kind !== 'VolumeSnapshot') return part;
  const { boundVolumeSnapshotContentName } = part['status'];
  const error = { time: '2025-03-02T01:05:11Z', message: 'VolumeSnapshotContent is missing' };
  part['status'] = { boundVolumeSnapshotContentName, readyToUse: false, error };
  return part;
}
