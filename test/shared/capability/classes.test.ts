import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { readOverview } from '../../../shared/capability/overview.ts';
import { answerReasons } from '../../../shared/capability/reasons.ts';
import { leaseName } from '../../../shared/capability/snapshotter.ts';
import type { Answers, Capability } from '../../../shared/capability/types.ts';
import { abilities } from '../../../shared/capability/types.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import * as w from './world.ts';

const nowMs = Date.parse('2025-06-01T00:00:00Z');

async function classOf(reader: Reader, name: string): Promise<Capability> {
  const { capabilities } = await readOverview(reader, { kind: 'StorageClass', name }, nowMs);
  expect(capabilities).toHaveLength(1);
  return capabilities[0]!;
}
/** The four reasons, and whether each is a yes, a no, or neither: `+SnapshotterRuns -OnlyLonghorn …`. */
const words = (answers: Answers): string =>
  abilities.map((one) => ({ yes: '+', no: '-', unknown: '?' })[answers[one].answer] + answers[one].reason).join(' ');

const V1_CAN = '+SnapshotterRuns +LonghornBacksUp +RestoresFromTarget +LonghornClones';
const V2_CAN = '+SnapshotterRuns +LonghornBacksUp +RestoresFromTarget ?CloneNotSeen';
const LVM_CAN = '+SnapshotterRuns -OnlyLonghorn -OnlyLonghorn ?CloneNotSeen';
const ALL_ALLOWED = '+Allowed +Allowed +Allowed +NotRestricted';
const REFUSED_V2 = '-EngineRefused -EngineRefused -EngineRefused +NotRestricted';
const NOT_CONFIGURED = '-DriverNotConfigured -ThirdPartyRefused -NothingOnTarget +NotRestricted';
const NOT_CONFIGURED_14 = '-DriverNotConfigured -DriverNotConfigured -NothingOnTarget +NotRestricted';
const SNAPSHOTS_ONLY = '+Allowed -ThirdPartyRefused -NothingOnTarget +NotRestricted';
const SNAPSHOTS_ONLY_14 = '+Allowed -ClassNotConfigured -NothingOnTarget +NotRestricted';
const HOLLOW = '+Allowed +BackupHollow -NothingOnTarget +NotRestricted';

type Row = [of: string, version: string, sc: string, world: KubeObject[], can: string, allows: string];
const L = 'harvester-longhorn';
const old = ['v1.3.2', 'v1.4.0', 'v1.4.3'];
const v15 = ['v1.5.0', 'v1.5.2', 'v1.6.0', 'v1.6.1'];
const v17 = ['v1.7.0', 'v1.7.3', 'v1.8.0', 'v1.8.2'];
const v19 = ['v1.9.0-rc6', 'v1.9.0'];
const each = (versions: readonly string[], row: (version: string) => Row): Row[] => versions.map(row);
const plain = w.world();
const configured = w.world(w.withLvm());
const hollow = w.world(w.withLvm('lvm-snapshot', 'lvm-snapshot'));

/** Every cell of what Harvester’s releases make of each kind of storage. */
const cells: Row[] = [
  ...each([...old, ...v15, ...v17, ...v19], (v) => ['Longhorn v1', v, L, plain, V1_CAN, ALL_ALLOWED]),
  ...each([...old, ...v17], (v) => ['Longhorn v2', v, 'longhorn-v2', plain, V2_CAN, ALL_ALLOWED]),
  ...each([...v15, ...v19], (v) => ['Longhorn v2', v, 'longhorn-v2', plain, V2_CAN, REFUSED_V2]),
  ...each([...v15, ...v17], (v) => ['third-party, no entry', v, 'lvm-fast', plain, LVM_CAN, NOT_CONFIGURED]),
  ...each([...old, ...v19], (v) => ['third-party, no entry', v, 'lvm-fast', plain, LVM_CAN, NOT_CONFIGURED_14]),
  ...each([...v15, ...v17], (v) => ['third-party, snapshots', v, 'lvm-fast', configured, LVM_CAN, SNAPSHOTS_ONLY]),
  ...each([...old, ...v19], (v) => ['third-party, snapshots', v, 'lvm-fast', configured, LVM_CAN, SNAPSHOTS_ONLY_14]),
  ...each([...v15, ...v17], (v) => ['third-party, backups too', v, 'lvm-fast', hollow, LVM_CAN, SNAPSHOTS_ONLY]),
  ...each([...old, ...v19], (v) => ['third-party, backups too', v, 'lvm-fast', hollow, LVM_CAN, HOLLOW]),
];

const noClass = w.without(configured, w.lvmClass);
const otherDriver = w.world(w.withLvm('longhorn-snapshot'));
const noSnapshotter = w.without(configured, w.lvmSnapshotter);
const noDriver = w.without(noSnapshotter, w.lvmDriver, w.lvmClass);
const scaledDown = w.world(
  make.snapshotterDeployment('driver.longhorn.io', 'longhorn-system', (o) => void (o['spec'].replicas = 0)),
);
const noTarget = w.world(
  make.object(
    'longhorn.io/v1beta2',
    'BackupTarget',
    { name: 'default', namespace: 'longhorn-system' },
    { spec: { backupTargetURL: '' } },
  ),
);
const NO_BACKUPS = '-ThirdPartyRefused -NothingOnTarget +NotRestricted';
const LVM_NO = '-OnlyLonghorn -OnlyLonghorn';

/** What is wrong, or missing, on a release where all else would be well. */
const faults: Row[] = [
  [
    'no class for the driver',
    'v1.8.0',
    'lvm-fast',
    noClass,
    `-NoSnapshotClass ${LVM_NO} ?CloneNotSeen`,
    `-ClassMissing ${NO_BACKUPS}`,
  ],
  ['the class of another driver', 'v1.8.0', 'lvm-fast', otherDriver, LVM_CAN, `-ClassOfOtherDriver ${NO_BACKUPS}`],
  [
    'the class of another driver',
    'v1.4.3',
    'lvm-fast',
    otherDriver,
    LVM_CAN,
    '-ClassOfOtherDriver -ClassNotConfigured -NothingOnTarget +NotRestricted',
  ],
  ['no name in the entry', 'v1.8.0', 'lvm-fast', w.world(w.withLvm('')), LVM_CAN, `-ClassNotConfigured ${NO_BACKUPS}`],
  [
    'no snapshotter',
    'v1.8.0',
    'lvm-fast',
    noSnapshotter,
    `-SnapshotterMissing ${LVM_NO} ?CloneNotSeen`,
    SNAPSHOTS_ONLY,
  ],
  [
    'no driver at all',
    'v1.8.0',
    'lvm-fast',
    noDriver,
    `-DriverNotInstalled ${LVM_NO} -DriverNotInstalled`,
    `-ClassMissing ${NO_BACKUPS}`,
  ],
  [
    'Longhorn’s snapshotter scaled down',
    'v1.8.0',
    L,
    scaledDown,
    '-SnapshotterMissing -SnapshotterMissing -SnapshotterMissing +LonghornClones',
    ALL_ALLOWED,
  ],
  [
    'Longhorn’s class for backups deleted',
    'v1.8.0',
    L,
    w.without(plain, make.snapshotClass('longhorn', w.LONGHORN)),
    '+SnapshotterRuns -NoBackupClass -NoBackupClass +LonghornClones',
    '+Allowed -ClassMissing -ClassMissing +NotRestricted',
  ],
  [
    'Longhorn’s class for backups takes snapshots',
    'v1.8.0',
    L,
    w.world(make.snapshotClass('longhorn', w.LONGHORN, { type: 'snap' })),
    '+SnapshotterRuns -NoBackupClass -NoBackupClass +LonghornClones',
    '+Allowed -ClassOfWrongType -ClassOfWrongType +NotRestricted',
  ],
  ['no target', 'v1.8.0', L, noTarget, V1_CAN, '+Allowed -NoBackupTarget -NoBackupTarget +NotRestricted'],
  [
    'no JSON',
    'v1.8.0',
    L,
    w.world(w.config('{"driver.longhorn.io":')),
    V1_CAN,
    '-ConfigInvalid -ConfigInvalid -ConfigInvalid +NotRestricted',
  ],
  [
    'Longhorn left out',
    'v1.8.0',
    L,
    w.world(w.config({ [w.LVM]: w.lvmEntry() })),
    V1_CAN,
    '+ActionsHidden +ActionsHidden +ActionsHidden +NotRestricted',
  ],
  [
    'Longhorn left out',
    'v1.3.2',
    L,
    w.world(w.config({ [w.LVM]: w.lvmEntry() })),
    V1_CAN,
    '-DriverNotConfigured -DriverNotConfigured -DriverNotConfigured +NotRestricted',
  ],
  [
    'Longhorn overridden, which 1.4 and later pass over',
    'v1.4.0',
    L,
    w.world(w.config({ [w.LONGHORN]: w.lvmEntry('x', 'x') })),
    V1_CAN,
    ALL_ALLOWED,
  ],
  [
    'Longhorn overridden',
    'v1.3.2',
    L,
    w.world(w.config({ [w.LONGHORN]: w.lvmEntry('x', 'x') })),
    V1_CAN,
    '-ClassMissing -ClassMissing -ClassMissing +NotRestricted',
  ],
  [
    'a provisioner that is no CSI driver',
    'v1.8.0',
    'manual',
    w.world(make.storageClass('manual', 'kubernetes.io/no-provisioner')),
    `-NotCsi ${LVM_NO} -NotCsi`,
    `-DriverNotConfigured ${NO_BACKUPS}`,
  ],
];

test.each([...cells, ...faults])('%s on %s: %s', async (_of, version, sc, objects, can, allows) => {
  const found = await classOf(w.reading([...objects, w.version(version)]), sc);
  expect({ can: words(found.can), allows: words(found.allows) }).toEqual({ can, allows });
});

describe('every answer', () => {
  test('says why, and every no what would help', async () => {
    for (const [, version, sc, objects] of [...cells, ...faults]) {
      const { can, allows } = await classOf(w.reading([...objects, w.version(version)]), sc);
      for (const answers of [can, allows]) {
        for (const ability of abilities) {
          const { answer, reason, message, cure } = answers[ability];
          expect(answerReasons[reason].answer).toBe(answer);
          expect(message).not.toBe('');
          if (answer === 'no') expect([reason, cure]).toEqual([reason, expect.stringMatching(/./)]);
        }
      }
    }
  });
});

describe('a release that is not known', () => {
  const at = async (value: string, sc: string, objects = configured) =>
    (await classOf(w.reading([...objects, w.version(value)]), sc)).allows;

  test.each(['master-4f1d2c3a-head', 'v1.7-head', 'v1.10.0', 'v1.2.1', 'v1.9.0-rc3', 'dev', ''])(
    '"%s": what all releases agree upon stands, all else is unknown',
    async (value) => {
      expect(words(await at(value, 'lvm-fast'))).toBe('+Allowed -ClassNotConfigured -NothingOnTarget +NotRestricted');
      expect(words(await at(value, L))).toBe(ALL_ALLOWED);
      const engine = await at(value, 'longhorn-v2');
      expect(words(engine)).toBe('?VersionUnknown ?VersionUnknown ?VersionUnknown +NotRestricted');
      expect(engine.snapshot.message).toContain('1.5 to 1.6 no (EngineRefused), 1.7 to 1.8 yes (Allowed)');
    },
  );

  test('two reasons for the same no are told as one no', async () => {
    const { backup } = await at('dev', 'lvm-fast');
    expect(backup.message).toMatch(
      /the answer is no in every release, for different reasons.*1\.5 to 1\.6 no \(ThirdPartyRefused\)/,
    );
  });
});

describe('what may not be read makes unknown what needs it, and nothing else', () => {
  const objects = [...configured, w.version('v1.8.0')];
  const given = async (...kinds: Parameters<typeof w.forbidding>[1][]) => {
    const { can, allows } = await classOf(w.forbidding(w.reading(objects), ...kinds), 'lvm-fast');
    return { can: words(can), allows: words(allows) };
  };
  const well = { can: LVM_CAN, allows: SNAPSHOTS_ONLY };

  test.each([
    [['Lease'], well],
    [['Deployment', 'Lease'], { ...well, can: `-SnapshotterMissing ${LVM_NO} ?CloneNotSeen` }],
    [['Deployment', 'Lease', 'Pod'], { ...well, can: `?NotVisible ${LVM_NO} ?CloneNotSeen` }],
    [['CSIDriver'], well],
    [['VolumeSnapshotContent', 'PersistentVolumeClaim', 'BackupTarget'], well],
    [['VolumeSnapshotClass'], { can: `?NotVisible ${LVM_NO} ?CloneNotSeen`, allows: `?NotVisible ${NO_BACKUPS}` }],
  ] as const)('%j', async (kinds, expected) => {
    expect(await given(...kinds)).toEqual(expected);
  });

  test('the Settings', async () => {
    const { allows } = await classOf(w.forbidding(w.reading(objects), 'Setting'), 'lvm-fast');
    expect(allows.snapshot).toMatchObject({ answer: 'unknown', reason: 'NotVisible' });
    expect(allows.snapshot.message).toContain('the right to list Setting is missing');
    expect(allows.restoreElsewhere.answer).toBe('no');
  });

  test('what may go well a moment later is no answer, but an error', async () => {
    const reader = w.reading(objects);
    const busy = () => {
      throw Object.assign(new Error('busy'), { status: 503 });
    };
    await expect(classOf({ ...reader, list: busy }, 'lvm-fast')).rejects.toThrow('busy');
  });
});

describe('a snapshotter is seen', () => {
  const bare = [...w.without(configured, w.lvmSnapshotter), w.version('v1.8.0')];
  const snapshotOf = async (...objects: KubeObject[]) =>
    (await classOf(w.reading([...bare, ...objects]), 'lvm-fast')).can.snapshot.reason;
  const lease = (renewed: string, holder = 'node-1') =>
    make.object(
      'coordination.k8s.io/v1',
      'Lease',
      { name: leaseName(w.LVM), namespace: 'lvm' },
      { spec: { holderIdentity: holder, renewTime: renewed } },
    );
  const pod = (ready: boolean, ...args: string[]) =>
    make.object(
      'v1',
      'Pod',
      { name: 'lvm-controller-0', namespace: 'lvm' },
      {
        spec: {
          containers: [
            { name: 'snap', image: 'registry/sig-storage/csi-snapshotter:v8' },
            { name: 'lvm', args },
          ],
        },
        status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
      },
    );
  const other = (name: string) => make.snapshotterDeployment('other.example.com', name);

  test('its lease has the name that csi-lib-utils makes', () =>
    expect(leaseName(w.LVM)).toBe('external-snapshotter-leader-lvm-driver-harvesterhci-io'));

  test.each<[string, KubeObject[], string]>([
    ['by a lease that is renewed', [lease('2025-05-31T23:59:58.000000Z')], 'SnapshotterRuns'],
    ['not by one of last week', [lease('2025-05-25T00:00:00.000000Z')], 'SnapshotterMissing'],
    ['not by one that nobody holds', [lease('2025-05-31T23:59:58.000000Z', '')], 'SnapshotterMissing'],
    ['in a pod that names the driver', [pod(true, `--drivername=${w.LVM}`)], 'SnapshotterRuns'],
    ['in one that names it in two words', [pod(true, '--driver-name', w.LVM)], 'SnapshotterRuns'],
    ['but not surely in one that restarts', [pod(false, `--drivername=${w.LVM}`)], 'SnapshotterUnsure'],
    ['nor in one that names nobody', [pod(true)], 'SnapshotterUnsure'],
    [
      'and not in one of another driver',
      [pod(true, '--drivername=other.example.com'), other('x')],
      'SnapshotterMissing',
    ],
  ])('%s', async (_how, objects, reason) => expect(await snapshotOf(...objects)).toBe(reason));

  test('and nothing of its arguments and variables passes but the driver', async () => {
    const secret = pod(true, `--token=${make.secretMarker}`, '--driver-name', `${make.secretMarker} x`);
    const reader = w.reading([secret, w.lvmSnapshotter]);
    const read: unknown[] = [];
    for await (const one of reader.list('Pod')) read.push(one);
    for await (const one of reader.list('Deployment')) read.push(one);
    expect(JSON.stringify(read)).toContain(w.LVM);
    expect(JSON.stringify(read)).not.toContain(make.secretMarker);
  });
});

describe('what was seen to work, or to fail', () => {
  const taken = (name: string, status: object): KubeObject =>
    make.object(
      'snapshot.storage.k8s.io/v1',
      'VolumeSnapshotContent',
      { name },
      {
        spec: {
          driver: w.LVM,
          deletionPolicy: 'Delete',
          source: { volumeHandle: 'vol-1' },
          volumeSnapshotRef: { name: 's', namespace: 'prod' },
        },
        status,
      },
    );
  const ready = taken('ready', { readyToUse: true });
  const failed = taken('failed', {
    readyToUse: false,
    error: { message: 'rpc error: code = Internal desc = no space' },
  });
  const refused = taken('refused', { error: { message: 'rpc error: code = Unimplemented desc = ' } });
  const clone = make.claim('copy', 'prod', (o) => {
    o['spec'].storageClassName = 'lvm-fast';
    o['spec'].dataSource = { kind: 'PersistentVolumeClaim', name: 'data' };
    o['status'] = { phase: 'Bound' };
  });
  const can = async (...objects: KubeObject[]) =>
    words((await classOf(w.reading(w.world(w.withLvm(), w.version('v1.8.0'), ...objects)), 'lvm-fast')).can);

  test.each<[string, KubeObject[], string]>([
    ['one that became ready', [failed, ready], `+SnapshotSeen ${LVM_NO} ?CloneNotSeen`],
    ['only such as failed', [failed], `?SnapshotsFail ${LVM_NO} ?CloneNotSeen`],
    ['a driver that says it cannot', [failed, refused, failed], `-DriverRefuses ${LVM_NO} ?CloneNotSeen`],
    ['a clone that is bound', [clone], `+SnapshotterRuns ${LVM_NO} +CloneSeen`],
  ])('%s', async (_what, objects, expected) => expect(await can(...objects)).toBe(expected));

  test('stands on the class, also when what showed it is gone', async () => {
    const noted = make.storageClass('lvm-fast', w.LVM);
    noted.metadata.annotations = {
      'gleaner.dev/can-snapshot': 'yes, SnapshotSeen',
      'gleaner.dev/can-clone': 'yes, CloneSeen',
    };
    expect(await can(noted)).toBe(`+SnapshotSeen ${LVM_NO} +CloneSeen`);
  });

  test('but a note does not stand against a driver that is gone', async () => {
    const noted = make.storageClass('lvm-fast', w.LVM);
    noted.metadata.annotations = { 'gleaner.dev/can-clone': 'yes, CloneSeen' };
    const found = await classOf(
      w.reading([...noDriver, noted, w.version('v1.8.0')].filter((o) => o !== w.fast)),
      'lvm-fast',
    );
    expect(found.can.clone.reason).toBe('DriverNotInstalled');
  });
});

test('a cluster without the snapshot API', async () => {
  const found = await classOf(w.reading([...plain, w.version('v1.8.0')], []), L);
  expect(words(found.can)).toBe('-SnapshotApiMissing -SnapshotApiMissing -SnapshotApiMissing +LonghornClones');
});
