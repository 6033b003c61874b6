import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { readOverview } from '../../../shared/capability/overview.ts';
import type { Answers, Capability } from '../../../shared/capability/types.ts';
import { abilities } from '../../../shared/capability/types.ts';
import * as w from './world.ts';

/** Volumes and VMs: what they are made of now, not what their class would make today. */

const short = (answers: Answers): string => abilities.map((one) => answers[one].answer).join(' ');

interface Disk {
  claim: string;
  sc: string;
  driver?: string;
  engine?: string;
  /** What the claim says of its driver, if another than the volume does. */
  noted?: string | undefined;
  engines?: number;
}
const disk = ({ claim, sc, driver = w.LONGHORN, engine, engines = 1, ...rest }: Disk): KubeObject[] => [
  make.claim(claim, 'prod', (o) => {
    o['spec'] = { ...o['spec'], storageClassName: sc, volumeName: `pv-${claim}` };
    const noted = 'noted' in rest ? rest.noted : driver;
    o.metadata.annotations = noted === undefined ? {} : { 'volume.kubernetes.io/storage-provisioner': noted };
  }),
  ...Array.from({ length: driver === w.LONGHORN ? engines : 0 }, (_, index) =>
    make.object(
      'longhorn.io/v1beta2',
      'Engine',
      {
        name: `pv-${claim}-e-${index}`,
        namespace: 'longhorn-system',
        labels: { longhornvolume: `pv-${claim}` },
      },
      { spec: { dataEngine: engine } },
    ),
  ),
  make.object(
    'v1',
    'PersistentVolume',
    { name: `pv-${claim}` },
    { spec: { csi: { driver, volumeHandle: `pv-${claim}` } } },
  ),
  ...(driver === w.LONGHORN
    ? [
        make.object(
          'longhorn.io/v1beta2',
          'Volume',
          { name: `pv-${claim}`, namespace: 'longhorn-system' },
          { spec: engine === undefined ? {} : { dataEngine: engine } },
        ),
      ]
    : []),
];
const vm = (name: string, claims: readonly string[], ...modifiers: make.Modifier[]) =>
  make.machine(name, 'prod', claims, ...modifiers);
const shared: make.Modifier = (o) => {
  o['spec'].template.spec.domain.devices = {
    disks: [{ name: o['spec'].template.spec.volumes[0].name, shareable: true }],
  };
};

/** What a VM has besides claims. */
const beside =
  (...volumes: object[]): make.Modifier =>
  (o) =>
    void o['spec'].template.spec.volumes.push(...volumes.map((one, index) => ({ name: `more-${index}`, ...one })));
const hotplugged: make.Modifier = (o) => {
  for (const { persistentVolumeClaim } of o['spec'].template.spec.volumes) persistentVolumeClaim.hotpluggable = true;
};
/** Nothing on these is kept, or nothing on them is the VM's. */
const fleeting = beside(
  { containerDisk: { image: 'x' } },
  { cloudInitNoCloud: { userData: make.secretMarker } },
  { ephemeral: { persistentVolumeClaim: { claimName: 'nowhere-at-all' } } },
  { emptyDisk: { capacity: '1Gi' } },
  { configMap: { name: 'x' } },
  { memoryDump: { claimName: 'nowhere-at-all' } },
);

const root = disk({ claim: 'root', sc: 'harvester-longhorn' });
const data = disk({ claim: 'data', sc: 'harvester-longhorn', engine: 'v1' });
const scratch = disk({ claim: 'scratch', sc: 'lvm-fast', driver: w.LVM });
const modern = disk({ claim: 'modern', sc: 'longhorn-v2', engine: 'v2' });
const lost = disk({ claim: 'lost', sc: 'harvester-longhorn' }).filter(({ kind }) => kind !== 'Volume');
const gone = disk({ claim: 'nowhere', sc: 'harvester-longhorn', engines: 0 }).filter(({ kind }) => kind !== 'Volume');
const young = disk({ claim: 'young', sc: 'harvester-longhorn', engines: 0 });
const moving = disk({ claim: 'moving', sc: 'harvester-longhorn', engines: 2 });
const unnoted = disk({ claim: 'unnoted', sc: 'lvm-fast', driver: w.LVM, noted: undefined });
const otherwise = disk({ claim: 'otherwise', sc: 'harvester-longhorn', noted: w.LVM });
const orphaned = disk({ claim: 'orphaned', sc: 'lvm-gone', driver: w.LVM });
const unsaid = disk({ claim: 'unsaid', sc: 'lvm-gone', driver: w.LVM, noted: undefined });
const pending = disk({ claim: 'pending', sc: 'harvester-longhorn' }).map((o) => {
  if (o.kind === 'PersistentVolumeClaim') delete o['spec'].volumeName;
  return o;
});
const classless = disk({ claim: 'classless', sc: 'harvester-longhorn' }).map((o) => {
  if (o.kind === 'PersistentVolumeClaim') delete o['spec'].storageClassName;
  return o;
});
const plain = w.world(
  ...[w.withLvm(), ...root, ...data, ...scratch, ...modern, ...lost, ...gone, ...young, ...moving, ...unnoted],
  ...[...otherwise, ...pending, ...classless, ...orphaned, ...unsaid],
);

async function machineOn(version: string, machine: KubeObject, objects = plain): Promise<Capability> {
  const reader = w.reading([...objects, machine, w.version(version)]);
  const { capabilities } = await readOverview(
    reader,
    { kind: 'VirtualMachine', name: machine.metadata.name, namespace: 'prod' },
    0,
  );
  return capabilities[0]!;
}

test('the Engines of a volume that migrates are listed by the volume, for nothing of theirs bears the claim’s name', async () => {
  const { allows } = await machineOn('v1.6.0', vm('moving', ['moving']));
  expect(allows.backup).toMatchObject({ reason: 'EngineNotOne' });
  expect(allows.backup.cure).toMatch(
    /^kubectl get engines\.longhorn\.io -n longhorn-system -l longhornvolume=pv-moving( |$)/,
  );
});

const NOTHING = 'unknown unknown unknown unknown';

describe('a VM', () => {
  const mixed = vm('erp', ['root', 'scratch']);
  test.each<[string, KubeObject, string, string, string]>([
    ['of Longhorn’s alone', vm('web', ['root', 'data']), 'v1.5.0', 'yes yes yes yes', 'yes yes yes yes'],
    ['with a third-party volume', mixed, 'v1.5.0', 'yes no no unknown', 'yes no no yes'],
    ['with a third-party volume', mixed, 'v1.4.3', 'yes no no unknown', 'yes no no yes'],
    ['with a third-party volume', mixed, 'v1.9.0', 'yes no no unknown', 'yes no no yes'],
    ['with a volume of engine v2', vm('fast', ['root', 'modern']), 'v1.6.0', 'yes yes yes unknown', 'no no no yes'],
    ['with a volume of engine v2', vm('fast', ['root', 'modern']), 'v1.8.0', 'yes yes yes unknown', 'yes yes yes yes'],
    ['with a volume of engine v2', vm('fast', ['root', 'modern']), 'v1.9.0', 'yes yes yes unknown', 'no no no yes'],
    [
      'whose engine does not show',
      vm('lost', ['lost']),
      'v1.5.0',
      'yes yes yes unknown',
      'unknown unknown unknown yes',
    ],
    ['whose engine does not show', vm('lost', ['lost']), 'v1.7.0', 'yes yes yes unknown', 'yes yes yes yes'],
    // Validators of 1.5 to 1.8 count Engines, and fail where there is not one.
    ['that Longhorn has no more', vm('gone', ['nowhere']), 'v1.5.0', 'yes yes yes unknown', 'no no no yes'],
    ['that Longhorn has no more', vm('gone', ['nowhere']), 'v1.8.0', 'yes yes yes unknown', 'no no no yes'],
    ['with a volume that has no Engine yet', vm('young', ['young']), 'v1.8.0', 'yes yes yes yes', 'yes yes yes yes'],
    ['with a volume that migrates', vm('moving', ['moving']), 'v1.4.3', 'yes yes yes yes', 'yes yes yes yes'],
    ['with a volume that migrates', vm('moving', ['moving']), 'v1.6.0', 'yes yes yes yes', 'no no no yes'],
    ['with a volume that migrates', vm('moving', ['moving']), 'v1.9.0', 'yes yes yes yes', 'yes yes yes yes'],
    // Up to 1.4 they go by the claim's annotation alone.
    ['whose claim notes no driver', vm('static', ['unnoted']), 'v1.4.3', 'yes no no unknown', 'no no no yes'],
    ['whose claim notes no driver', vm('static', ['unnoted']), 'v1.5.0', 'yes no no unknown', 'yes no no yes'],
    ['whose claim notes another', vm('other', ['otherwise']), 'v1.6.0', 'yes yes yes yes', 'yes no no yes'],
    [
      'with a claim that is not bound',
      vm('pending', ['pending']),
      'v1.8.0',
      'yes yes yes unknown',
      'unknown unknown unknown yes',
    ],
    ['with a claim of no class', vm('bare', ['classless']), 'v1.8.0', 'yes yes yes yes', 'no no no yes'],
    ['with a shareable disk', vm('both', ['root'], shared), 'v1.8.0', 'yes yes yes yes', 'yes yes yes yes'],
    ['with a shareable disk', vm('both', ['root'], shared), 'v1.9.0', 'yes yes yes yes', 'no no yes yes'],
    ...['v1.4.2', 'v1.6.0', 'v1.8.0'].flatMap((version): [string, KubeObject, string, string, string][] => [
      [
        'with a hot-plugged disk',
        vm('hot', ['root', 'data'], hotplugged),
        version,
        'yes yes yes yes',
        'yes yes yes yes',
      ],
      ['and nothing else that lasts', vm('live-cd', ['root'], fleeting), version, 'yes yes yes yes', 'yes yes yes yes'],
      // Validators pass over what is no claim; controllers take an empty list for one that has yet to be made.
      ['without a volume', vm('live', []), version, NOTHING, 'no no no unknown'],
      ['without a claim', vm('live', [], fleeting), version, NOTHING, 'no no no unknown'],
      [
        'with a DataVolume alone',
        vm('dv', [], beside({ dataVolume: { name: 'x' } })),
        version,
        NOTHING,
        'no no no unknown',
      ],
      ['with a shareable disk', vm('both', ['root'], shared), version, 'yes yes yes yes', 'yes yes yes yes'],
      ['whose class is gone', vm('orphan', ['orphaned']), version, 'yes no no unknown', 'yes no no yes'],
      [
        'whose class is gone, and no driver noted',
        vm('orphan', ['unsaid']),
        version,
        'yes no no unknown',
        'no no no yes',
      ],
    ]),
    [
      'whose claim is gone',
      vm('torn', ['root', 'gone']),
      'v1.8.0',
      'unknown unknown unknown unknown',
      'unknown unknown unknown unknown',
    ],
  ])('%s (%#) %s', async (_what, machine, version, can, allows) => {
    const found = await machineOn(version, machine);
    expect({ can: short(found.can), allows: short(found.allows) }).toEqual({ can, allows });
  });

  test('of several reasons meets that of admission first, as its user does', async () => {
    const objects = w.world(w.withLvm('gone'), ...unnoted);
    const { allows } = await machineOn('v1.4.3', vm('static', ['unnoted']), objects);
    expect([allows.snapshot.answer, allows.snapshot.reason]).toEqual(['no', 'ProvisionerNotNoted']);
    const later = await machineOn('v1.5.0', vm('static', ['unnoted']), objects);
    expect(later.allows.snapshot.reason).toBe('ClassMissing');
  });

  test.each([
    ['a DataVolume', { dataVolume: { name: 'x' } }],
    ['a disk of the host', { hostDisk: { path: '/x', type: 'Disk' } }],
  ])('with %s: Harvester leaves it out, and says nothing', async (_what, volume) => {
    const { can, allows, facts } = await machineOn('v1.8.0', vm('web', ['root'], beside(volume)));
    expect({ can: short(can), allows: short(allows) }).toEqual({ can: 'yes yes yes yes', allows: 'yes yes yes yes' });
    expect(allows.backup).toMatchObject({ reason: 'DisksLeftOut', message: expect.stringContaining('disk more-0') });
    expect(allows.clone.reason).toBe('NotRestricted');
    expect(facts['leftOut']).toBe('more-0');
    const refused = await machineOn('v1.8.0', vm('erp', ['scratch'], beside(volume)));
    expect(refused.allows.backup.reason).toBe('ThirdPartyRefused');
  });

  test('says which volume it is, and what of the others', async () => {
    const { can, allows } = await machineOn('v1.8.0', mixed);
    expect(allows.backup.reason).toBe('ThirdPartyRefused');
    expect(allows.backup.message).toMatch(/^volume \S+ \(scratch\): .*; 1 of 2 volumes could be backed up$/);
    expect(can.backup.cure).toContain('inside the VM');
  });
});

describe('a volume', () => {
  const volume = async (name: string, objects: readonly KubeObject[]) =>
    (await readOverview(w.reading(objects), { kind: 'PersistentVolumeClaim', name, namespace: 'prod' }, 0))
      .capabilities[0]!;
  const at = [...plain, w.version('v1.6.0')];

  test('is judged by its own engine, not by what its class says today', async () => {
    const moved = disk({ claim: 'old', sc: 'longhorn-v2', engine: 'v1' });
    const { allows, facts } = await volume('old', [...at, ...moved]);
    expect(short(allows)).toBe('yes yes yes yes');
    expect(facts).toMatchObject({ engine: 'v1', storageClass: 'longhorn-v2', volume: 'pv-old' });
  });

  test('of a class that is gone is judged by its driver', async () => {
    const { can } = await volume('root', w.without(at, make.storageClass('harvester-longhorn', w.LONGHORN)));
    expect(short(can)).toBe('yes yes yes yes');
  });

  describe('is judged by what was tried with volumes of its own mode', () => {
    const result = { startedAt: '2026-01-01T00:00:00Z', at: '2026-01-01T00:00:09Z', snapshotClass: 'lvm-snapshot' };
    const proved = { ...result, result: 'proved' };
    const failed = { ...result, result: 'failed', step: 'restore', message: 'no' };
    const refused = { ...result, result: 'refused', step: 'snapshot', message: 'no' };
    const Block = { volumeMode: 'Block' };
    const Filesystem = { volumeMode: 'Filesystem' };
    const taken = (sourceVolumeMode: string | undefined, status: object) =>
      make.object(
        'snapshot.storage.k8s.io/v1',
        'VolumeSnapshotContent',
        { name: 'taken' },
        {
          spec: {
            driver: w.LVM,
            deletionPolicy: 'Delete',
            sourceVolumeMode,
            source: { volumeHandle: 'vol-1' },
            volumeSnapshotRef: { name: 's', namespace: 'prod' },
          },
          status,
        },
      );
    const ready = { readyToUse: true };
    const unimplemented = { error: { message: 'rpc error: code = Unimplemented desc = ' } };
    const noted = { 'gleaner.dev/can-snapshot': 'yes, SnapshotSeen' };

    const rows: [
      what: string,
      probed: unknown,
      block: string,
      files: string,
      more?: KubeObject | undefined,
      on?: object,
    ][] = [
      ['nothing', undefined, 'SnapshotterRuns', 'SnapshotterRuns'],
      ['no JSON', 'x', 'SnapshotterRuns', 'SnapshotterRuns'],
      ['a mode nobody knows', [{ ...proved, volumeMode: 'Tape' }], 'SnapshotterRuns', 'SnapshotterRuns'],
      ['blocks proved', [{ ...proved, ...Block }], 'SnapshotProved', 'SnapshotterRuns'],
      ['file systems proved', [{ ...proved, ...Filesystem }], 'SnapshotterRuns', 'SnapshotProved'],
      ['an old proof, without a mode', proved, 'SnapshotterRuns', 'SnapshotProved'],
      ['an old failure, without a mode', failed, 'SnapshotterRuns', 'ProbeFailed'],
      [
        'both, with other results',
        [
          { ...failed, ...Block },
          { ...proved, ...Filesystem },
        ],
        'ProbeFailed',
        'SnapshotProved',
      ],
      ['no volumes of one', [{ ...failed, ...Block, step: 'provision' }], 'SnapshotterRuns', 'SnapshotterRuns'],
      ['a driver that refuses: for both', [{ ...refused, ...Filesystem }], 'DriverRefuses', 'DriverRefuses'],
      [
        'but what was proved since counts for its own',
        [
          { ...proved, ...Block },
          { ...refused, ...Filesystem },
        ],
        'SnapshotProved',
        'DriverRefuses',
      ],
      ['a snapshot of a device', undefined, 'SnapshotSeen', 'SnapshotterRuns', taken('Block', ready)],
      ['a snapshot of a file system', undefined, 'SnapshotterRuns', 'SnapshotSeen', taken('Filesystem', ready)],
      ['a snapshot of who knows what', undefined, 'SnapshotSeen', 'SnapshotSeen', taken(undefined, ready)],
      ['a snapshot refused', undefined, 'DriverRefuses', 'DriverRefuses', taken('Filesystem', unimplemented)],
      [
        'a snapshot of the other after a failure',
        [{ ...failed, ...Block }],
        'ProbeFailed',
        'SnapshotSeen',
        taken('Filesystem', ready),
      ],
      [
        'a snapshot of the same after a failure',
        [{ ...failed, ...Block }],
        'SnapshotSeen',
        'SnapshotterRuns',
        taken('Block', ready),
      ],
      ['a note, which is of disks', undefined, 'SnapshotSeen', 'SnapshotterRuns', undefined, noted],
      [
        'a note on a class of file systems',
        undefined,
        'SnapshotterRuns',
        'SnapshotSeen',
        undefined,
        { ...noted, 'cdi.harvesterhci.io/storageProfileVolumeModeAccessModes': '{"Filesystem":["ReadWriteOnce"]}' },
      ],
    ];
    test.each(rows.map((row) => ({ what: row[0], row })))(
      '$what',
      async ({ row: [, probed, block, files, more, on] }) => {
        const sc = make.storageClass('lvm-fast', w.LVM);
        const text = typeof probed === 'string' ? probed : JSON.stringify(probed);
        sc.metadata.annotations = { ...on, ...(probed !== undefined && { 'gleaner.dev/probed': text }) };
        const reasonOf = async (volumeMode: string | undefined) => {
          const claim = disk({ claim: 'x', sc: 'lvm-fast', driver: w.LVM }).map((o) =>
            o.kind === 'PersistentVolumeClaim' ? { ...o, spec: { ...o['spec'], volumeMode } } : o,
          );
          const objects = w.world(w.withLvm(), w.version('v1.8.0'), sc, ...claim, ...(more ? [more] : []));
          return (await volume('x', objects)).can.snapshot.reason;
        };
        expect({ block: await reasonOf('Block'), files: await reasonOf('Filesystem') }).toEqual({ block, files });
        // What says nothing has a file system.
        expect(await reasonOf(undefined)).toBe(files);
      },
    );

    test('and of its own class: another of the same driver proves nothing of one that is gone', async () => {
      const sc = make.storageClass('lvm-fast', w.LVM);
      sc.metadata.annotations = { 'gleaner.dev/probed': JSON.stringify([{ ...proved, ...Block }]) };
      const gone = disk({ claim: 'x', sc: 'lvm-thick', driver: w.LVM });
      const objects = w.world(w.withLvm(), w.version('v1.8.0'), sc, ...gone);
      expect((await volume('x', objects)).can.snapshot.reason).toBe('SnapshotterRuns');
    });
  });

  test('on no CSI driver at all cannot be snapshotted', async () => {
    const local = disk({ claim: 'local', sc: 'harvester-longhorn' }).map((o) =>
      o.kind === 'PersistentVolume' ? { ...o, spec: { hostPath: { path: '/x' } } } : o,
    );
    const { can, allows } = await volume('local', [...at, ...local]);
    expect([can.snapshot.reason, allows.backup.reason]).toEqual(['VolumeNotCsi', 'VolumeNotCsi']);
  });
});
