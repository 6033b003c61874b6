/** Worlds in which handles are wrong, or not, while nothing else happens. */
import type { KubeObject } from '../api/types.ts';
import * as build from './build.ts';
import { type Chain, localChain, longhornPart, partsOf, recoveredChain } from './chain.ts';
import type { Scenario } from './scenario.ts';

const web = (longhorn: Chain['longhorn'], ...disks: Chain['disks']): Chain => ({
  name: 'web-nightly',
  vm: 'web',
  disks: disks.length > 0 ? disks : [{ claim: 'web-disk-0' }],
  longhorn,
});

export const wrongHandle: Scenario = {
  name: 'wrong-handle',
  describe: 'One backup, recovered long ago by an unfixed Harvester: its handle names the claim instead of the volume.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => recoveredChain(web(longhorn)),
};

export const mixedVolumes: Scenario = {
  name: 'mixed-volumes',
  describe: 'One backup of four disks: two handles are wrong, one is right, one is right in the old spelling.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) =>
    recoveredChain(
      web(
        longhorn,
        { claim: 'web-root', handle: 'wrong' },
        { claim: 'web-data', handle: 'right' },
        { claim: 'web-logs', handle: 'legacy' },
        { claim: 'web-cache', handle: 'wrong' },
      ),
    ),
};

export const severalVms: Scenario = {
  name: 'several-vms',
  describe: 'Three VMs in two namespaces, two backups of one of them, some handles wrong and some right.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => [
    ...recoveredChain(web(longhorn)),
    // The same disk a day later: one BackupVolume, two Backups.
    ...recoveredChain({ ...web(longhorn), name: 'web-weekly' }).filter(({ kind }) => kind !== 'BackupVolume'),
    ...recoveredChain({
      name: 'db-nightly',
      vm: 'db',
      disks: [{ claim: 'db-root', handle: 'right' }, { claim: 'db-data' }],
      longhorn,
    }),
    ...recoveredChain({
      name: 'ledger-nightly',
      namespace: 'finance',
      vm: 'ledger',
      disks: [{ claim: 'ledger-root', handle: 'right' }],
      longhorn,
    }),
  ],
};

export const longhorn17: Scenario = {
  ...wrongHandle,
  name: 'longhorn-1.7',
  describe: 'A wrong handle on Longhorn 1.7: restores work, and deleting the snapshot would delete the backup.',
  harvester: '1.4',
  longhorn: '1.7',
};

export const longhorn18: Scenario = {
  ...wrongHandle,
  name: 'longhorn-1.8',
  describe: 'A wrong handle on Longhorn 1.8: restores fail, and deleting the snapshot would leak the backup.',
  harvester: '1.5',
  longhorn: '1.8',
};

export const healthy: Scenario = {
  name: 'healthy',
  describe: 'A backup taken here and one recovered by a fixed Harvester: nothing is to be done.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => [
    ...localChain(web(longhorn)),
    ...recoveredChain({ name: 'db-nightly', vm: 'db', disks: [{ claim: 'db-root', handle: 'right' }], longhorn }),
  ],
};

export const revisedTwice: Scenario = {
  name: 'revised-twice',
  describe: 'A backup repaired once, uploaded, and recovered by an unfixed Harvester: a wrong pair named -snap-revise.',
  harvester: '1.4',
  longhorn: '1.8',
  objects: ({ longhorn }) =>
    recoveredChain(web(longhorn, { claim: 'web-disk-0', snapshot: 'web-nightly-volume-web-disk-0-snap-revise' })),
};

export const unownedSnapshot: Scenario = {
  name: 'unowned-snapshot',
  describe: 'A snapshot that no VirtualMachineBackup owns, made by hand for a restore, with a wrong handle.',
  harvester: '1.6',
  longhorn: '1.9',
  objects({ longhorn }) {
    const chain = web(longhorn, { claim: 'web-disk-0', snapshot: 'by-hand' });
    const { snapshot, handle } = partsOf(chain, chain.disks[0]!);
    return [
      build.content({ snapshot, handle, policy: 'Retain' }),
      build.snapshot({ name: snapshot, policy: 'Retain' }),
      ...longhornPart(chain),
    ];
  },
};

export const staleUid: Scenario = {
  name: 'stale-uid',
  describe: 'A snapshot was deleted and made again: its content still has the uid of the old one, and a wrong handle.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => recoveredChain(web(longhorn)).map(forgetUid),
};

function forgetUid(object: KubeObject): KubeObject {
  if (object.kind === 'VolumeSnapshotContent') {
    object['spec'].volumeSnapshotRef.uid = build.uidFor('VolumeSnapshot', 'the one before', 'prod');
    object.metadata.annotations = { 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted': 'yes' };
    object['spec'].deletionPolicy = 'Retain';
  }
  if (object.kind === 'VolumeSnapshot') {
    const message = `VolumeSnapshotContent [${object['spec'].source.volumeSnapshotContentName}] is bound to a different snapshot`;
    object['status'] = { readyToUse: false, error: { time: '2025-03-02T01:05:11Z', message } };
    object.metadata.finalizers = ['snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection'];
  }
  return object;
}
