/** Worlds in which something happens: recoveries, restores, upgrades. */
import * as build from './build.ts';
import { metadataFile } from './base.ts';
import { type Chain, backupOfChain, longhornPart, recoveredChain } from './chain.ts';
import type { Scenario } from './scenario.ts';

const chains = (longhorn: Chain['longhorn']): Chain[] => [
  { name: 'web-nightly', vm: 'web', disks: [{ claim: 'web-root' }, { claim: 'web-data' }], longhorn },
  { name: 'db-nightly', vm: 'db', disks: [{ claim: 'db-root' }], longhorn },
];

export const recovered: Scenario = {
  name: 'recovered',
  describe: 'A new cluster with an unfixed Harvester got its backups back from the target: every handle is wrong.',
  harvester: '1.4',
  longhorn: '1.8',
  objects: ({ longhorn }) => chains(longhorn).flatMap(longhornPart),
  metadata: ({ longhorn }) => chains(longhorn).map((chain) => metadataFile(backupOfChain(chain))),
  after: ({ harvester }) => harvester.recoverFromTarget(),
};

export const restoreHanging: Scenario = {
  name: 'restore-hanging',
  describe: 'An unfixed Harvester restores into another namespace on Longhorn 1.8: the claims stay Pending.',
  harvester: '1.4',
  longhorn: '1.8',
  objects: ({ longhorn }) => recoveredChain(chains(longhorn)[0]!),
  async after({ client }) {
    await client.create(asNew(build.vmRestore({ name: 'restore-web', namespace: 'finance', backup: 'web-nightly' })));
  },
};

export const sameNamespaceRestoreHanging: Scenario = {
  name: 'same-namespace-restore-hanging',
  describe: 'An unfixed Harvester restores into the same namespace on Longhorn 1.8: it uses the wrong pair and hangs.',
  harvester: '1.4',
  longhorn: '1.8',
  objects: ({ longhorn }) => recoveredChain(chains(longhorn)[0]!),
  async after({ client }) {
    await client.create(asNew(build.vmRestore({ name: 'restore-web', namespace: 'prod', backup: 'web-nightly' })));
  },
};

export const upgradeInPlace: Scenario = {
  name: 'upgrade-in-place',
  describe:
    'Recovered on Harvester 1.4 with Longhorn 1.7, where wrong handles work, then upgraded to where they do not.',
  harvester: '1.4',
  longhorn: '1.7',
  objects: ({ longhorn }) => chains(longhorn).flatMap(longhornPart),
  metadata: ({ longhorn }) => chains(longhorn).map((chain) => metadataFile(backupOfChain(chain))),
  async after(sandbox) {
    await sandbox.harvester.recoverFromTarget();
    await sandbox.settle();
    await sandbox.longhorn.upgrade('1.8');
    await sandbox.harvester.upgrade('1.5');
  },
};

/** A user does not choose uids. */
function asNew<T extends { metadata: { uid?: string } }>(object: T): T {
  delete object.metadata.uid;
  return object;
}
