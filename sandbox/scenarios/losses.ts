/** Worlds in which a snapshot or a content was lost while the data is still on the target, or is not. */
import type { KubeObject } from '../api/types.ts';
import { contentFinalizer } from '../controllers/snapshot-names.ts';
import { scheduleAnnotation } from '../controllers/harvester-names.ts';
import { crOnlyLabel, holdAnnotation } from '../controllers/longhorn-objects.ts';
import * as kinds from '../controllers/kinds.ts';
import * as build from './build.ts';
import { type Chain, localChain, partsOf, recoveredChain } from './chain.ts';
import type { Sandbox, Scenario } from './scenario.ts';

const chain = (longhorn: Chain['longhorn'], name = 'web-nightly', ...claims: string[]): Chain => ({
  name,
  vm: 'web',
  disks: (claims.length > 0 ? claims : ['web-root', 'web-data']).map((claim) => ({ claim, handle: 'right' })),
  longhorn,
});

/** The first disk's snapshot, content or both are gone; of the others nothing is. */
function without(objects: KubeObject[], lost: string, ...gone: ('VolumeSnapshot' | 'VolumeSnapshotContent')[]) {
  return objects.filter(({ kind, metadata, spec }) => {
    const name = kind === 'VolumeSnapshotContent' ? spec.volumeSnapshotRef.name : metadata.name;
    return name !== lost || !(gone as string[]).includes(kind);
  });
}
/** What the snapshot controller writes on a snapshot whose content it misses. */
function withError(objects: KubeObject[], snapshot: string, message: string): KubeObject[] {
  for (const { kind, metadata, status } of objects)
    if (kind === 'VolumeSnapshot' && metadata.name === snapshot)
      Object.assign(status, { readyToUse: false, error: { time: '2025-03-05T08:00:00Z', message } });
  return objects;
}
const firstSnapshot = (of: Chain) => partsOf(of, of.disks[0]!).snapshot;

export const lostSnapshot: Scenario = {
  name: 'lost-snapshot',
  describe: 'A snapshot vanished by the removal of its finalizers: its content, on Delete, still has the old uid.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => without(recoveredChain(chain(longhorn)), firstSnapshot(chain(longhorn)), 'VolumeSnapshot'),
};

export const lostSnapshotOnRetain: Scenario = {
  name: 'lost-snapshot-on-retain',
  describe: 'Somebody put a content on Retain and deleted its snapshot: the content stays, marked as being deleted.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => recoveredChain(chain(longhorn)),
  async after(sandbox) {
    const { client } = sandbox;
    const name = firstSnapshot(chain('1.9'));
    await client.mergePatch(kinds.Content, `${name}-vsc`, undefined, { spec: { deletionPolicy: 'Retain' } });
    await sandbox.settle();
    await client.delete(kinds.Snapshot, name, 'prod');
  },
};

export const lostContent: Scenario = {
  name: 'lost-content',
  describe: 'A pre-provisioned content vanished: its snapshot says that it is missing, the backup that it is ready.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) =>
    withError(
      without(recoveredChain(chain(longhorn)), firstSnapshot(chain(longhorn)), 'VolumeSnapshotContent'),
      firstSnapshot(chain(longhorn)),
      'VolumeSnapshotContent is missing',
    ),
};

export const lostPair: Scenario = {
  name: 'lost-pair',
  describe: 'Snapshot and content of one disk are gone; the backup goes on saying that it is ready.',
  harvester: '1.8',
  longhorn: '1.11',
  objects: ({ longhorn }) =>
    without(recoveredChain(chain(longhorn)), firstSnapshot(chain(longhorn)), 'VolumeSnapshot', 'VolumeSnapshotContent'),
};

export const lostPairRestore: Scenario = {
  ...lostPair,
  name: 'lost-pair-restore',
  describe: 'As lost-pair, and somebody restores into the same namespace: it fails for want of the snapshot.',
  async after({ client }) {
    const restore = build.vmRestore({ name: 'restore-web', namespace: 'prod', backup: 'web-nightly' });
    delete restore.metadata.uid;
    await client.create(restore);
  },
};

/** Contents vanish only if their finalizer goes first. */
async function loseContent(client: Sandbox['client'], name: string): Promise<void> {
  const content = await client.get(kinds.Content, name);
  const finalizers = (content?.metadata.finalizers ?? []).filter((finalizer) => finalizer !== contentFinalizer);
  await client.mergePatch(kinds.Content, name, undefined, { metadata: { finalizers } });
  await client.delete(kinds.Content, name);
}

const takenContent = (of: Chain) => `snapcontent-${build.uidFor('VolumeSnapshot', firstSnapshot(of), 'prod')}`;

export const lostTakenContent: Scenario = {
  name: 'lost-taken-content',
  describe: 'A backup taken here; its VM, claims and one content are gone: nobody makes the content anew.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) =>
    withError(
      localChain(chain(longhorn)).filter(
        ({ kind, metadata }) =>
          !['VirtualMachine', 'PersistentVolumeClaim', 'PersistentVolume', 'Volume'].includes(kind) &&
          metadata.name !== takenContent(chain(longhorn)),
      ),
      firstSnapshot(chain(longhorn)),
      'Failed to create snapshot content with error cannot get claim from snapshot',
    ),
};

export const contentReplaced: Scenario = {
  name: 'content-replaced',
  describe:
    'A backup taken here lost its Longhorn Backup and then its content: Kubernetes made one anew, of today’s data.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: ({ longhorn }) => localChain(chain(longhorn, 'web-nightly', 'web-root')),
  async after(sandbox) {
    const one = chain('1.9', 'web-nightly', 'web-root');
    const { backup } = partsOf(one, one.disks[0]!);
    const labels = { [crOnlyLabel]: 'true' };
    await sandbox.client.mergePatch(kinds.Backup, backup, kinds.longhornNamespace, { metadata: { labels } });
    await sandbox.client.delete(kinds.Backup, backup, kinds.longhornNamespace);
    await sandbox.settle();
    await loseContent(sandbox.client, takenContent(one));
  },
};

/** The Longhorn Backup of `lost-for-good` that is not final: the schedule’s controller would delete it. */
const unfinished = build.backupOf('late-data', 'late');

export const lostForGood: Scenario = {
  name: 'lost-for-good',
  describe:
    'Lost pairs that must be left alone: no backup recorded, none on the target, a schedule that is not settled.',
  harvester: '1.6',
  longhorn: '1.9',
  objects({ longhorn }) {
    const lose = (of: Chain, ...modifiers: build.Modifier[]) =>
      without(recoveredChain(of, ...modifiers), firstSnapshot(of), 'VolumeSnapshot', 'VolumeSnapshotContent');
    const unnamed = chain(longhorn, 'unnamed', 'unnamed-root');
    const nowhere = chain(longhorn, 'nowhere', 'nowhere-root');
    const late = chain(longhorn, 'late', 'late-root', 'late-data');
    return [
      ...lose(unnamed, ({ status }) => void delete status.volumeBackups[0].longhornBackupName),
      ...lose(nowhere).filter(({ kind }) => kind !== 'Backup'),
      build.schedule('every-night', 'prod', 'web'),
      ...lose(late, build.annotated({ [scheduleAnnotation]: 'prod/every-night' })),
    ];
  },
  async after({ client }) {
    // Only now: a Harvester that starts looks at every backup, and would delete this one.
    const annotations = { [holdAnnotation]: 'true' };
    const { longhornNamespace: namespace } = kinds;
    await client.mergePatch(kinds.Backup, unfinished, namespace, { metadata: { annotations } });
    await client.mergePatch(kinds.Backup, unfinished, namespace, { status: null }, 'status');
  },
};
