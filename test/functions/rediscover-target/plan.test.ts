import { describe, expect, test } from '@jest/globals';
import { observe } from '../../../functions/rediscover-target/observe.ts';
import { plan } from '../../../functions/rediscover-target/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { verdictOf } from '../../../shared/plan/plan.ts';
import type { Reason } from '../../../shared/plan/reason.ts';
import { allTroublesOf, among } from '../../gen/commands.ts';
import { readerOf } from '../../gen/reader.ts';

const V = make.volumeOf('data');
const B = make.backupOf('data', 'nightly');
const now = Date.parse('2025-03-10T12:00:00Z');
const scanned = '2025-03-02T02:00:10Z';
const s3 = { type: 's3', endpoint: '', bucketName: 'vm-backups', bucketRegion: 'eu-central-1' };
const keys = { accessKeyId: make.secretMarker, secretAccessKey: make.secretMarker };
const nfs = { type: 'nfs', endpoint: `nfs://user:${make.secretMarker}@10.20.0.9:/exports/vmbak` };

const setting = (value: object | string, ...modifiers: make.Modifier[]) =>
  make.setting(
    'backup-target',
    { value: typeof value === 'string' ? value : JSON.stringify({ refreshIntervalInSeconds: 0, ...value }) },
    make.annotated({ 'harvesterhci.io/hash': 'abc', 'harvesterhci.io/lastRefreshTime': scanned }),
    ...modifiers,
  );
const scanning: make.Modifier = ({ metadata }) => void delete metadata.annotations!['harvesterhci.io/hash'];
const forgetful: make.Modifier = ({ metadata }) => void (metadata.annotations = {});
const scannedLately = make.annotated({ 'harvesterhci.io/lastRefreshTime': '2025-03-10T11:58:00Z' });
const version = (value: string) => make.setting('server-version', { value });
const note = (fields: object) => make.annotated({ 'gleaner.dev/rediscovery': JSON.stringify(fields) });
const condition = (status: string) => make.withStatus({ conditions: [{ type: 'configured', status }] });
const target = (spec: object = {}, status: object = {}) =>
  make.object(
    'longhorn.io/v1beta2',
    'BackupTarget',
    { name: 'default', namespace: 'longhorn-system' },
    { spec, status: { available: true, lastSyncedAt: '2025-03-02T02:00:03Z', ...status } },
  );
const synced = () => target({ syncRequestedAt: '2025-03-10T11:59:00Z' }, { lastSyncedAt: '2025-03-10T11:59:02Z' });
const pulled = { volume: V, backup: B, version: '1.9' } as const;
const backup = (...modifiers: make.Modifier[]) => make.backup(pulled, ...modifiers);
const claimed = () =>
  make.vmBackup({
    name: 'nightly',
    entries: [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' })],
  });
const other = (...modifiers: make.Modifier[]) =>
  make.vmBackup(
    { name: 'other', entries: [make.volumeEntry({ vmBackup: 'other', volumeName: 'disk-0', claim: 'x' })] },
    ...modifiers,
  );
const odd = () => make.vmBackup({ name: 'nightly', entries: [] }, make.withStatus({ volumeBackups: 'odd' }));
const pairOf = (owner: KubeObject) => {
  const snapshot = 'nightly-volume-data';
  const owned = make.ownedBy(owner);
  return [make.snapshot({ name: snapshot }, owned), make.content({ snapshot, handle: `bak://${V}/${B}` }, owned)];
};
const notReady = make.withStatus({ readyToUse: false });
const restore = (complete: boolean, ...modifiers: make.Modifier[]) =>
  make.vmRestore({ name: 'r1', namespace: 'finance', backup: 'other' }, make.withStatus({ complete }), ...modifiers);

const decide = async (world: KubeObject[], intervalSeconds = 0) => {
  const seen = await observe(readerOf(world), ref('Setting', 'backup-target'), now);
  const { findings } = plan(seen, { cooldownSeconds: 30, intervalSeconds });
  expect(await allTroublesOf(findings, among(world))).toEqual([]);
  return { seen, findings };
};
const evidenceOf = async (world: KubeObject[]) => (await decide(world)).seen.evidence;
/** What there is in most worlds below. */
const evidence = await evidenceOf([setting(s3), target(), backup()]);

interface Row {
  when: string;
  world: KubeObject[];
  reason: Reason;
  does?: string[];
}

const rows: Row[] = [
  // Nothing to do.
  { when: 'there is no setting', world: [backup()], reason: 'TargetNotConfigured' },
  { when: 'the setting is empty', world: [setting(''), backup()], reason: 'TargetNotConfigured' },
  { when: 'the target is reset', world: [setting({ type: '' }), backup()], reason: 'TargetNotConfigured' },
  {
    when: 'every backup belongs to a VMBackup',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }), target(), backup(), claimed()],
    reason: 'TargetDiscovered',
  },
  {
    when: 'every backup belongs to a VMBackup, and nobody would look if not',
    world: [setting(s3), target(), backup(), claimed()],
    reason: 'NeverRescans',
  },
  {
    when: 'the unclaimed backup is a guest cluster’s, by its VolumeRemoteBackup alone',
    world: [
      setting({ ...s3, refreshIntervalInSeconds: 60 }),
      target(),
      backup(),
      make.object(
        'harvesterhci.io/v1beta1',
        'VolumeRemoteBackup',
        { name: 'guest-data', namespace: 'guest1' },
        { status: { success: true, handle: `bak://${V}/${B}` } },
      ),
    ],
    reason: 'TargetDiscovered',
  },
  {
    when: 'the backup is in a pair of a VMBackup that cannot be read',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }), target(), backup(), odd(), ...pairOf(odd())],
    reason: 'TargetDiscovered',
  },
  {
    when: 'it is in a pair of which only the content is left, and its VMBackup cannot be read',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }), target(), backup(), odd(), pairOf(odd())[1]!],
    reason: 'TargetDiscovered',
  },
  {
    when: 'a VMBackup cannot be read, and no pair shows what it records',
    world: [setting(s3), synced(), backup(), odd()],
    reason: 'TargetBlocked',
  },
  {
    when: 'the unclaimed backup is of another target',
    world: [
      setting({ ...s3, refreshIntervalInSeconds: 60 }),
      target(),
      backup(make.withStatus({ backupTargetName: 'second' })),
    ],
    reason: 'TargetDiscovered',
  },
  ...(
    [
      ['made by a recurring job', [backup(make.withStatus({ labels: { RecurringJob: 'nightly' } }))]],
      [
        'of a snapshot that somebody took here',
        [backup(), make.content({ snapshot: 'mine', handle: `bak://${V}/${B}`, volume: V })],
      ],
      [
        'Velero’s',
        [
          backup(),
          make.content({ snapshot: 'v', handle: `bak://${V}/${B}` }, make.labelled({ 'velero.io/backup-name': 'v' })),
        ],
      ],
      [
        'a guest cluster’s, by its snapshot',
        [
          backup(),
          make.content({ snapshot: 'g', handle: `bak://${V}/${B}` }),
          make.snapshot({ name: 'g' }, make.annotated({ 'harvesterhci.io/pvcrestore-ref': 'prod/g' })),
        ],
      ],
    ] as const
  ).map(([whose, objects]) => ({
    when: `the unclaimed backup is ${whose}: a scan would make nothing of it`,
    world: [setting(s3), target(), ...objects],
    reason: 'NeverRescans' as const,
  })),
  {
    when: 'the unclaimed backup is being deleted',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }), target(), backup(make.deleting)],
    reason: 'TargetDiscovered',
  },
  {
    when: 'the unclaimed backup has failed',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }), target(), backup(make.withStatus({ state: 'Error' }))],
    reason: 'TargetDiscovered',
  },
  {
    when: 'a backup was just taken here and its VMBackup is not told yet',
    world: [
      setting({ ...s3, refreshIntervalInSeconds: 60 }),
      target(),
      make.backup({ ...pulled, snapshotName: 'snapshot-1' }),
      make.vmBackup(
        {
          name: 'new',
          entries: [make.volumeEntry({ vmBackup: 'new', volumeName: 'disk-0', claim: 'data', backup: null })],
        },
        notReady,
      ),
    ],
    reason: 'TargetDiscovered',
  },
  {
    when: 'a backup is being taken here',
    world: [
      setting({ ...s3, refreshIntervalInSeconds: 60 }),
      target(),
      make.freshBackup({ ...pulled, snapshotName: 'snapshot-1' }),
    ],
    reason: 'TargetDiscovered',
  },
  {
    when: 'Harvester scans by itself',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }, scannedLately), target(), backup()],
    reason: 'RescansItself',
  },
  {
    when: 'Harvester scans by itself, and the target is new',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }, forgetful), target(), backup(), version('v1.8.0')],
    reason: 'RescansItself',
  },
  {
    when: 'it was scanned since, for the very same backups',
    world: [setting(s3, note({ at: scanned, evidence, stage: 1 })), synced(), backup()],
    reason: 'NothingMoreAppears',
  },
  {
    when: 'it was scanned since by a Harvester that remembers no scan',
    world: [setting(s3, forgetful, note({ at: scanned, evidence, stage: 1 })), synced(), backup()],
    reason: 'NothingMoreAppears',
  },
  {
    when: 'it was scanned since by a release that remembers no scan',
    world: [
      setting(s3, forgetful, note({ at: '2025-03-10T11:00:00Z', evidence, stage: 1 })),
      synced(),
      backup(),
      version('v1.4.1'),
    ],
    reason: 'NothingMoreAppears',
  },
  // Not yet.
  {
    when: 'the first scan of a target has not come to an end',
    world: [
      setting(s3, forgetful, note({ at: '2025-03-10T11:59:00Z', evidence, stage: 1 })),
      synced(),
      backup(),
      version('v1.4.2'),
    ],
    reason: 'ScanUnderway',
  },
  {
    when: 'Longhorn has not read all of it',
    world: [setting(s3), synced(), backup(), make.freshBackup({ ...pulled, backup: 'backup-2' })],
    reason: 'TargetSyncing',
  },
  {
    when: 'Longhorn was asked and has not synced',
    world: [setting(s3), target({ syncRequestedAt: '2025-03-10T11:59:58Z' }), backup()],
    reason: 'TargetSyncing',
  },
  { when: 'Harvester scans', world: [setting(s3, scanning), synced(), backup()], reason: 'ScanUnderway' },
  {
    when: 'it was scanned a moment ago, for something else',
    world: [setting(s3, note({ at: '2025-03-10T11:59:50Z', evidence: 'else', stage: 1 })), synced(), backup()],
    reason: 'CoolingDown',
  },
  {
    when: 'a restore is in progress',
    world: [setting(s3), synced(), backup(), other(), restore(false)],
    reason: 'TargetBlocked',
  },
  {
    when: 'a restore cannot be read',
    world: [setting(s3), synced(), backup(), other(), restore(false, make.withStatus({ conditions: 'none' }))],
    reason: 'TargetBlocked',
  },
  {
    when: 'a VMBackup is not ready, on NFS',
    world: [setting(nfs), synced(), backup(), other(notReady)],
    reason: 'TargetBlocked',
  },
  {
    when: 'a VMBackup is being deleted, on NFS',
    world: [setting(nfs), synced(), backup(), other(make.deleting)],
    reason: 'TargetBlocked',
  },
  {
    when: 'a VMBackup is not ready, and the keys are still in the setting',
    world: [setting({ ...s3, ...keys }), synced(), backup(), other(notReady)],
    reason: 'TargetBlocked',
  },
  // A person must decide.
  {
    when: 'the value is no JSON',
    world: [setting(`{"secretAccessKey":"${make.secretMarker}`), backup()],
    reason: 'TargetUnreadable',
  },
  {
    when: 'Harvester could not apply it',
    world: [setting(s3, condition('False')), backup()],
    reason: 'TargetNotApplied',
  },
  { when: 'Longhorn has no target', world: [setting(s3), backup()], reason: 'TargetNotConnected' },
  {
    when: 'Longhorn cannot reach it',
    world: [setting(s3), target({ backupTargetURL: 's3://vm-backups@eu-central-1/' }, { available: false }), backup()],
    reason: 'TargetUnavailable',
  },
  {
    when: 'Longhorn is given none',
    world: [setting(s3), target({ backupTargetURL: '' }, { available: false }), backup()],
    reason: 'TargetNotConnected',
  },
  {
    when: 'Longhorn does not come to an end',
    world: [setting(s3), target({ syncRequestedAt: '2025-03-10T11:00:00Z' }), backup()],
    reason: 'TargetNotSyncing',
  },
  {
    when: 'Harvester does not come to an end',
    world: [
      setting(nfs, scanning, note({ at: '2025-03-10T11:00:00Z', evidence, stage: 1 })),
      synced(),
      backup(),
      other(notReady),
    ],
    reason: 'ScanStuck',
  },
  {
    when: 'the first scan of a target never comes to an end',
    world: [
      setting(s3, forgetful, note({ at: '2025-03-10T11:00:00Z', evidence, stage: 1 })),
      synced(),
      backup(),
      version('v1.8.0'),
    ],
    reason: 'ScanStuck',
  },
  {
    when: 'Harvester scans by itself, and has not finished for long',
    world: [setting({ ...s3, refreshIntervalInSeconds: 60 }), target(), backup()],
    reason: 'ScanStuck',
  },
  {
    when: 'the setting names another bucket than Longhorn is connected to',
    world: [
      setting(s3),
      target({ backupTargetURL: 's3://old@eu-central-1/', syncRequestedAt: '2025-03-10T11:59:00Z' }),
      backup(),
    ],
    reason: 'TargetDiffers',
  },
  {
    when: 'the hash is there again, and no scan was written down since it was taken off',
    world: [setting(s3, note({ at: '2025-03-10T11:00:00Z', evidence, stage: 1 })), synced(), backup()],
    reason: 'ScanStuck',
  },
  // Sync, then scan.
  {
    when: 'nobody has synced since the last scan',
    world: [setting(s3), target(), backup()],
    reason: 'SyncTarget',
    does: ['sync 2025-03-10T12:00:00Z'],
  },
  {
    when: 'the last sync that was asked for is older than the last scan',
    world: [
      setting(s3),
      target({ syncRequestedAt: '2025-03-02T01:00:00Z' }, { lastSyncedAt: '2025-03-10T11:00:00Z' }),
      backup(),
    ],
    reason: 'SyncTarget',
    does: ['sync 2025-03-10T12:00:00Z'],
  },
  {
    when: 'Longhorn has synced',
    world: [setting(s3, condition('True')), synced(), backup()],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
  {
    when: 'Longhorn has synced, on NFS, and all is ready',
    world: [setting(nfs), synced(), backup(), other()],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
  {
    when: 'a VMBackup is not ready, and the keys are blank: Harvester accepts the write',
    world: [setting(s3), synced(), backup(), other(notReady)],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
  {
    when: 'a restore is complete',
    world: [setting(s3), synced(), backup(), other(), restore(true)],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
  {
    when: 'Harvester remembers no scan: the note alone starts one',
    world: [setting(s3, forgetful), synced(), backup()],
    reason: 'RescanTarget',
    does: ['rescan stage 1 by the note alone'],
  },
  {
    when: 'a StorageClass has appeared since the last scan',
    world: [
      setting(s3, note({ at: scanned, evidence, stage: 1 })),
      synced(),
      backup(),
      make.object('storage.k8s.io/v1', 'StorageClass', { name: 'new' }),
    ],
    reason: 'RescanTarget',
    does: ['rescan stage 2'],
  },
  {
    when: 'the copy of an image has appeared since the last scan',
    world: [
      setting(s3, note({ at: scanned, evidence, stage: 1 })),
      synced(),
      backup(),
      make.object(
        'longhorn.io/v1beta2',
        'BackupBackingImage',
        { name: 'i', namespace: 'longhorn-system' },
        { status: { state: 'Completed' } },
      ),
    ],
    reason: 'RescanTarget',
    does: ['rescan stage 2'],
  },
  {
    when: 'the note is of a clock that was years ahead',
    world: [setting(s3, note({ at: '2095-03-10T11:00:00Z', evidence, stage: 4 })), synced(), backup()],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
  {
    when: 'Harvester would scan by itself, once its clock that was years ahead is right again',
    world: [
      setting(
        { ...s3, refreshIntervalInSeconds: 60 },
        make.annotated({ 'harvesterhci.io/lastRefreshTime': '2095-03-02T02:00:10Z' }),
      ),
      synced(),
      backup(),
    ],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
  {
    when: 'a sync was asked for by a clock that was years ahead',
    world: [setting(s3), target({ syncRequestedAt: '2095-03-10T11:00:00Z' }), backup()],
    reason: 'SyncTarget',
    does: ['sync 2025-03-10T12:00:00Z instead of 2095-03-10T11:00:00Z'],
  },
  {
    when: 'the backup is another object than at the last scan: its target was away meanwhile',
    world: [
      setting(s3, note({ at: scanned, evidence, stage: 1 })),
      synced(),
      backup((o) => void (o.metadata.uid = 'another')),
    ],
    reason: 'RescanTarget',
    does: ['rescan stage 2'],
  },
  {
    when: 'the note cannot be read',
    world: [setting(s3, make.annotated({ 'gleaner.dev/rediscovery': '{"at":"never"}' })), synced(), backup()],
    reason: 'RescanTarget',
    does: ['rescan stage 1'],
  },
];

const brief = (a: any): string =>
  a.do === 'syncTarget'
    ? `sync ${a.at}${a.insteadOf ? ` instead of ${a.insteadOf}` : ''}`
    : `rescan stage ${JSON.parse(a.note).stage}${a.hasHash ? '' : ' by the note alone'}`;

describe('rediscover-target decides', () => {
  test.each(rows)('$reason when $when', async ({ world, reason, does = [] }) => {
    const { findings } = await decide(world);
    const [finding] = findings;
    expect({ reason: finding!.reason, does: finding!.actions.map(brief) }).toEqual({ reason, does });
    expect(finding!.message).not.toMatch(/undefined|null|\[object|NaN/);
    expect(finding!.actions.length > 0).toBe(verdictOf(finding!) === 'act');
  });

  test('nothing that is seen or planned holds a key, nor the hash of the value', async () => {
    for (const { world } of rows) {
      const { seen, findings } = await decide(world);
      expect(JSON.stringify({ ...seen, lacking: [...seen.lacking] })).not.toContain(make.secretMarker);
      expect(JSON.stringify(findings)).not.toMatch(new RegExp(`${make.secretMarker}|abc`));
    }
  });

  test('an interval is set only where the policy gives one, and only together with a scan', async () => {
    const world = [setting(s3), synced(), backup()];
    const intervals = async (of: KubeObject[], seconds?: number) =>
      (await decide(of, seconds)).findings.flatMap((f) => f.actions.map((a: any) => a.intervalSeconds));
    expect(await intervals(world)).toEqual([undefined]);
    expect(await intervals(world, 300)).toEqual([300]);
    expect(await intervals([setting(s3), synced(), backup(), claimed()], 300)).toEqual([]);
  });

  test('an interval of 0 is named beside whatever else is', async () => {
    const { findings } = await decide([setting(s3), synced(), backup()]);
    expect(findings.map((f) => f.reason)).toEqual(['RescanTarget', 'NeverRescans']);
  });

  test('a thousand backups in a StorageClass that is missing are one finding, about the class', async () => {
    const world = Array.from({ length: 1000 }, (_, i) => make.backup({ ...pulled, backup: `backup-${i}` }));
    const volume = make.backupVolume(V, '1.9', make.withStatus({ storageClassName: 'longhorn-image-x' }));
    const all = [target(), volume, ...world];
    const stopped = note({ at: scanned, evidence: await evidenceOf([setting(s3), ...all]), stage: 1 });
    const { findings } = await decide([setting(s3, stopped), ...all]);
    expect(findings.map((f) => f.reason)).toEqual(['NothingMoreAppears', 'StorageClassMissing', 'NeverRescans']);
    expect(findings[1]).toMatchObject({
      subject: { kind: 'StorageClass', name: 'longhorn-image-x' },
      facts: { unclaimed: '1000' },
    });
    for (const { message } of findings) expect(message.length).toBeLessThan(500);
  });
});

/** After a scan on just this evidence. */
async function afterScan(...world: KubeObject[]) {
  const all = [target(), ...world];
  const stopped = note({ at: scanned, evidence: await evidenceOf([setting(s3), ...all]), stage: 1 });
  const { findings } = await decide([setting(s3, stopped), ...all]);
  expect(findings[0]?.reason).toBe('NothingMoreAppears');
  for (const { message } of findings) expect(message).not.toMatch(/undefined|null|\[object|NaN/);
  return findings;
}
const copy = (name: string, state: string, backingImage: string) =>
  make.object(
    'longhorn.io/v1beta2',
    'BackupBackingImage',
    { name, namespace: 'longhorn-system' },
    { status: { state, backingImage } },
  );
const image = (name: string, fields: object = {}) =>
  make.object(
    'harvesterhci.io/v1beta1',
    'VirtualMachineImage',
    { name, namespace: 'default' },
    { spec: { displayName: 'ubuntu', ...fields } },
  );
const classless = () => make.backupVolume(V, '1.9', make.withStatus({ storageClassName: 'longhorn-image-x' }));
const recurring = make.withStatus({ labels: { RecurringJob: 'nightly' } });

describe('what Harvester passes over', () => {
  test('is named with what could be ruled out, what is left, and the command that shows it', async () => {
    const [finding] = await afterScan(backup());
    expect(finding!.message).toMatch(
      /no file is unreadable, no StorageClass is missing, no copy of an image is unfinished/,
    );
    expect(finding!.message).toMatch(/remaining causes for 1: no metadata file, .* not on Longhorn, .* missing$/);
    expect(finding!.command).toMatch(/^kubectl logs -n harvester-system .* grep/);
  });

  test('and by a release that writes down no end of a scan: a file that cannot be read is not ruled out', async () => {
    const stopped = note({ at: scanned, evidence, stage: 1 });
    const { findings } = await decide([setting(s3, forgetful, stopped), target(), backup()]);
    expect(findings[0]!.message).not.toMatch(/came to an end,|unknown time/);
    expect(findings[0]!.message).toMatch(/remaining causes for 1: an unreadable file that blocks all others/);
  });

  test.each([
    ['v1.4.1', 'an unreadable file that blocks all others, or no metadata file'],
    ['v1.4.2', 'no metadata file, or another volume or backup missing'],
    ['v1.5.0', 'no metadata file, a volume that is not on Longhorn, or another volume or backup missing'],
    [
      undefined,
      'no metadata file, from Harvester 1.5 on a volume that is not on Longhorn, or another volume or backup missing',
    ],
  ])('is what the release passes over: %s', async (release, left) => {
    const stopped = note({ at: scanned, evidence, stage: 1 });
    const scan = release === 'v1.4.1' ? [forgetful] : [];
    const world = [setting(s3, ...scan, stopped), target(), backup(), ...(release ? [version(release)] : [])];
    const [finding] = (await decide(world)).findings;
    expect(finding!.message).toMatch(new RegExp(`remaining causes for 1: ${left}$`));
  });

  test('for a VMBackup that bears its name here, where there is any', async () => {
    const named = /a VMBackup with the same namespace and name here already/;
    const withOther = make.backup({ ...pulled, backup: make.backupOf('x', 'other') });
    expect((await afterScan(backup()))[0]!.message).not.toMatch(named);
    expect((await afterScan(backup(), withOther, other()))[0]!.message).toMatch(named);
  });

  test('by a scan that does not end: what stops it, as far as it has an object here', async () => {
    const stuck = setting(s3, scanning, note({ at: '2025-03-10T11:00:00Z', evidence, stage: 1 }));
    const [alone] = (await decide([stuck, synced(), backup()])).findings;
    expect(alone!.message).toMatch(/an unreadable metadata file of a VM image or backup/);
    expect(alone!.message).not.toMatch(/1\.6 to 1\.8/);
    const [finding] = (await decide([stuck, synced(), backup(), other()])).findings;
    expect(finding!.message).toMatch(/VirtualMachineBackup prod\/other \(Longhorn backup \S+ does not exist\)/);
    expect(finding!.command).toMatch(/^kubectl logs .*sync vm/);
  });

  test('and was made by a recurring job is told apart from what is left', async () => {
    const [finding] = await afterScan(backup(recurring), make.backup({ ...pulled, backup: 'backup-other' }));
    expect(finding!.message).toMatch(/1 were created by a recurring job, by hand or by another tool/);
    expect(finding!.message).toMatch(/remaining causes for 1: /);
  });

  test('and is of a volume that has other backups here is said to have lost its VMBackup or file', async () => {
    const old = make.backup({ ...pulled, backup: 'backup-old' });
    const [finding] = await afterScan(backup(), claimed(), old);
    expect(finding!.message).toMatch(/1 are of volumes whose other backups have a VMBackup/);
  });

  test('for a StorageClass is told of the class, and leaves nothing open', async () => {
    const findings = await afterScan(backup(), classless());
    expect(findings.map((f) => f.reason)).toEqual(['NothingMoreAppears', 'StorageClassMissing', 'NeverRescans']);
    expect(findings[0]!.message).toMatch(/1 wait for a StorageClass$/);
  });

  test.each([
    ['is not finished', [copy('bbi-1', 'InProgress', 'b')], ['ImageBackupIncomplete']],
    ['is finished, and no image is made of it', [copy('bbi-1', 'Completed', 'b'), image('i')], ['ImageNotMade']],
    [
      'is finished, and an image is made of it',
      [copy('bbi-1', 'Completed', 'b'), image('i', { url: 'https://x?backingImage=b&concurrentLimit=1' })],
      [],
    ],
    ['is of an image that was here before', [copy('bbi-1', 'Completed', 'default-i'), image('i')], []],
  ])('for a StorageClass, when the copy of an image %s', async (_, world, reasons) => {
    const findings = await afterScan(backup(), classless(), ...world);
    const others = ['NothingMoreAppears', 'StorageClassMissing', 'NeverRescans'];
    expect(findings.map((f) => f.reason).filter((reason) => !others.includes(reason))).toEqual(reasons);
  });

  test('an image that was not made is no matter while no StorageClass is missing', async () => {
    const findings = await afterScan(backup(), copy('bbi-1', 'Completed', 'b'));
    expect(findings.map((f) => f.reason)).toEqual(['NothingMoreAppears', 'NeverRescans']);
  });
});
