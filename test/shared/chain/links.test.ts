import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { linkNames } from '../../../shared/chain/link.ts';
import { judgeChain } from '../../../shared/chain/links.ts';
import { unblockDeletionCommand } from '../../../shared/chain/link.ts';
import { decoded } from '../../gen/decoded.ts';
import { ago, aged, B, but, chainOf, entry, healthy, N, nowMs, V, without } from './chains.ts';

const judged = async (world: readonly KubeObject[]) => judgeChain(await chainOf(world), nowMs);
/** What is not as in a healthy chain. */
const broken = async (world: readonly KubeObject[]) =>
  (await judged(world))
    .filter(({ result }) => result !== 'pass')
    .map((one) => `${one.result} ${one.link}: ${one.reason}`);

const VMB = 'VirtualMachineBackup';
const VS = 'VolumeSnapshot';
const VSC = 'VolumeSnapshotContent';
const unready = make.withStatus({ readyToUse: false });
const handle =
  (snapshotHandle: string): make.Modifier =>
  (o) => {
    o['spec'].source = { snapshotHandle };
    o['status'].snapshotHandle = snapshotHandle;
  };
const deletedAt: (minutes: number) => make.Modifier = (minutes) => (o) =>
  void (o.metadata.deletionTimestamp = ago(minutes));
const beside = (...objects: KubeObject[]) => [...healthy, ...objects];
const secondEntry = (fields: object) =>
  but(VMB, (o) => void o['status'].volumeBackups.push({ ...o['status'].volumeBackups[0], ...fields }));
const skipped = (...links: string[]) => links.map((link) => `skip ${link}: NotVerifiable`);

test('a healthy chain passes in every link, in their order', async () => {
  const links = await judged(healthy);
  expect(links.map(({ link, result, reason }) => [link, result, reason])).toEqual(
    linkNames.map((link) => [link, 'pass', 'LinkSound']),
  );
  expect(links.every(({ volume }) => volume === 'disk-0')).toBe(true);
});

test('the old spelling of a right handle is no fault', async () => {
  const links = await judged(but(VSC, handle(`bs://${V}/${B}`)));
  expect(links.find(({ link }) => link === 'content')).toMatchObject({ result: 'pass', reason: 'LegacyScheme' });
});

describe('each link broken once', () => {
  test.each<[string, KubeObject[], string[]]>([
    ['not ready for long', but(VMB, unready, aged(60)), ['fail vmbackup: VMBackupFailed']],
    ['not ready yet', but(VMB, unready, aged(1)), ['wait vmbackup: VMBackupInProgress']],
    [
      'two volumes of one name',
      secondEntry({ name: 'other' }),
      [
        'fail vmbackup: AmbiguousOwner',
        'fail vmbackup: AmbiguousOwner',
        'fail snapshot: SnapshotMissing',
        'skip content: NotVerifiable',
      ],
    ],
    [
      'two volumes of one snapshot',
      secondEntry({ volumeName: 'disk-1' }),
      ['fail vmbackup: AmbiguousOwner', 'fail vmbackup: AmbiguousOwner'],
    ],
    ['of a StorageClass that is gone', without('StorageClass'), []],
    [
      'of a StorageClass that is not among others',
      but('StorageClass', (o) => void (o.metadata.name = 'x')),
      ['fail vmbackup: StorageClassMissing'],
    ],
    [
      'without a recorded backup',
      entry({ longhornBackupName: null }),
      ['fail vmbackup: NoLonghornBackupName', ...skipped('content', 'backup', 'backupvolume')],
    ],

    ['snapshot gone', without(VS), ['fail snapshot: SnapshotMissing']],
    ['snapshot going', but(VS, deletedAt(1)), ['wait snapshot: SnapshotDeleting', ...skipped('content')]],
    ['snapshot held', but(VS, deletedAt(31)), ['fail snapshot: SnapshotBeingDeleted', ...skipped('content')]],
    ['snapshot of nobody', but(VS, (o) => void delete o.metadata.ownerReferences), ['fail snapshot: SnapshotUnowned']],
    [
      'snapshot not controlled',
      but(VS, (o) => void (o.metadata.ownerReferences![0]!.controller = false)),
      ['fail snapshot: SnapshotUnowned'],
    ],
    [
      'snapshot of one that is gone',
      but(VS, (o) => void (o.metadata.ownerReferences![0]!.uid = 'old')),
      ['fail snapshot: OwnerGone'],
    ],
    ['snapshot of another', ownedByAnother(), ['fail snapshot: OwnedByAnother']],
    [
      'snapshot bound elsewhere',
      but(VS, make.withStatus({ boundVolumeSnapshotContentName: 'x' })),
      ['fail snapshot: Misbound'],
    ],
    ['snapshot not ready yet', but(VS, unready, aged(1)), ['wait snapshot: PairNotReady']],
    [
      'snapshot that says why not',
      but(VS, unready, make.withStatus({ error: { message: 'no space' } })),
      ['fail snapshot: SnapshotNotReady'],
    ],

    ['content gone', without(VSC), ['fail content: ContentMissing']],
    [
      'content gone in a swap',
      without(VSC, but(VS, make.annotated({ 'gleaner.dev/swap': '{}' }))),
      ['wait content: RepairUnderWay'],
    ],
    ['content going', but(VSC, deletedAt(1)), ['wait content: ContentDeleting']],
    ['content of another driver', but(VSC, make.withSpec({ driver: 'x' })), ['fail content: DriverMismatch']],
    [
      'content of another snapshot',
      but(VSC, (o) => void (o['spec'].volumeSnapshotRef.name = 'x')),
      ['fail content: Misbound'],
    ],
    [
      'content of a former snapshot',
      but(VSC, (o) => void (o['spec'].volumeSnapshotRef.uid = 'x')),
      ['fail content: Misbound'],
    ],
    [
      'content with an error',
      but(VSC, make.withStatus({ error: { message: 'x' } })),
      ['fail content: ContentNotReady'],
    ],
    ['content not ready yet', but(VSC, unready, aged(1)), ['wait content: PairNotReady']],
    ['content not ready for long', but(VSC, unready, aged(61)), ['fail content: ContentNotReady']],
    ['a wrong handle', but(VSC, handle(`bs://data/${B}`)), ['fail content: HandleWrong']],
    [
      'a wrong handle in the status alone',
      but(VSC, make.withStatus({ snapshotHandle: `bak://data/${B}` })),
      ['fail content: HandleWrong'],
    ],
    ['a handle of another backup', but(VSC, handle(`bak://${V}/backup-x`)), ['fail content: BackupMismatch']],
    ['what is no handle', but(VSC, handle('x')), ['fail content: HandleUnreadable']],
    [
      'data younger than the VMBackup',
      but('Backup', make.withStatus({ backupCreatedAt: '2025-04-01T00:00:00Z' })),
      ['fail content: ContentReplaced'],
    ],

    [
      'backup gone',
      without('Backup'),
      ['skip content: NotVerifiable', 'fail backup: BackupMissing', 'skip backupvolume: NotVerifiable'],
    ],
    [
      'backup failed',
      but('Backup', make.withStatus({ state: 'Error' })),
      ['skip content: NotVerifiable', 'fail backup: BackupFailed', 'skip backupvolume: NotVerifiable'],
    ],
    [
      'backup at work',
      but('Backup', make.withStatus({ state: 'InProgress' })),
      ['skip content: NotVerifiable', 'wait backup: BackupNotSynced', 'skip backupvolume: NotVerifiable'],
    ],
    [
      'backup at work for days',
      but('Backup', make.withStatus({ state: 'InProgress' }), aged(4_000)),
      ['skip content: NotVerifiable', 'fail backup: BackupStalled', 'skip backupvolume: NotVerifiable'],
    ],
    ['backup of another volume than recorded', otherVolumeRecorded(), ['fail backup: VolumeMismatch']],

    ['BackupVolume gone', without('BackupVolume'), ['fail backupvolume: BackupVolumeMissing']],
    [
      'two BackupVolumes',
      beside(make.backupVolume(V, '1.9', (o) => void (o.metadata.name = 'twin'))),
      ['fail backupvolume: BackupVolumeAmbiguous'],
    ],

    [
      'target out of reach',
      but('BackupTarget', make.withStatus({ available: false })),
      ['fail target: TargetUnavailable'],
    ],
    [
      'another target',
      but('BackupTarget', make.withSpec({ backupTargetURL: 's3://old@x/' })),
      ['fail target: OtherTarget'],
    ],
    [
      'no target, and so no backup',
      without('Backup', without('BackupTarget')),
      [...skipped('content', 'backup', 'backupvolume'), 'fail target: TargetNotConnected'],
    ],
  ])('%s', async (_what, world, says) => expect(await broken(world)).toEqual(says));
});

function ownedByAnother(): KubeObject[] {
  const another = make.vmBackup({ name: 'another', entries: [] });
  const world = but(VS, (o) => void delete o.metadata.ownerReferences, make.ownedBy(another));
  return [...world, another];
}
function otherVolumeRecorded(): KubeObject[] {
  return but(VMB, (o) => void (o['status'].volumeBackups[0].persistentVolumeClaim.spec.volumeName = 'pvc-x'));
}

describe('a volume with no backup on the target', () => {
  const here = [
    ...without(
      VSC,
      without(
        VS,
        but(VMB, (o) => void (o['spec'].type = 'snapshot')),
      ),
    ),
    make.snapshot({ name: N, claim: 'data' }, make.ownedBy(healthy.find(({ kind }) => kind === VMB)!)),
    make.content({ snapshot: N, handle: `snap://${V}/snapshot-1`, volume: V }),
  ];
  const all = (reason: string) => linkNames.map((link) => `skip ${link}: ${reason}`);
  const lost = (link: string, says: string) =>
    all('SnapshotTypeBackup').map((one) => (one.startsWith(`skip ${link}:`) ? says : one));
  test.each<[string, KubeObject[], string[]]>([
    ['of type snapshot', here, all('SnapshotTypeBackup')],
    ['of another driver', entry({ csiDriverName: 'x' }), all('NotALonghornVolume')],
    ['its snapshot gone', without(VS, here), lost('snapshot', 'fail snapshot: SnapshotLost')],
    ['its content gone', without(VSC, here), lost('content', 'fail content: SnapshotLost')],
    [
      'of another driver, and to be on the target',
      entry({ csiDriverName: 'x', longhornBackupName: null }),
      all('NotALonghornVolume').map((one) =>
        one.startsWith('skip vmbackup') ? 'fail vmbackup: NoLonghornBackupName' : one,
      ),
    ],
  ])('%s', async (_what, world, says) => expect(await broken(world)).toEqual(says));
});

test.each([
  [VS, 'snapshot'],
  [VSC, 'content'],
  ['Backup', 'backup'],
])('a %s that cannot be read fails its own link, and nothing is said of the others', async (kind, link) => {
  const says = await broken(but(kind, (o) => void (o['spec'] = 'x')));
  expect(says).toEqual(
    linkNames.map((one) => (one === link ? `fail ${one}: ObjectUnreadable` : `skip ${one}: NotVerifiable`)),
  );
});

describe('a content that hangs in deletion is let go', () => {
  const bound = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
  const content = (policy: 'Delete' | 'Retain', finalizers: string[]) =>
    unblockDeletionCommand(
      decoded(
        VSC,
        make.content({ snapshot: N, handle: 'x', policy }, (o) => void (o.metadata.finalizers = finalizers)),
      ),
    );
  test('on Retain first: its data would go with it', () => {
    expect(content('Delete', [bound])).toContain('"deletionPolicy":"Retain"');
  });
  test('then of what its controller holds it by, under tests', () => {
    const command = content('Retain', [bound]);
    expect(command).toContain('{"op":"test","path":"/spec/deletionPolicy","value":"Retain"}');
    expect(command).toContain('{"op":"remove","path":"/metadata/finalizers"}');
  });
  test.each([[[]], [['a/b']], [[bound, 'a/b']]])('and of nothing else: %j is only shown', (finalizers) => {
    expect(content('Retain', finalizers)).toMatch(/^kubectl get /);
  });
});
