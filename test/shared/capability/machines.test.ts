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
  ...[...otherwise, ...pending, ...classless],
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
    [
      'without a volume',
      vm('live', []),
      'v1.8.0',
      'unknown unknown unknown unknown',
      'unknown unknown unknown unknown',
    ],
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

  test('on no CSI driver at all cannot be snapshotted', async () => {
    const local = disk({ claim: 'local', sc: 'harvester-longhorn' }).map((o) =>
      o.kind === 'PersistentVolume' ? { ...o, spec: { hostPath: { path: '/x' } } } : o,
    );
    const { can, allows } = await volume('local', [...at, ...local]);
    expect([can.snapshot.reason, allows.backup.reason]).toEqual(['VolumeNotCsi', 'VolumeNotCsi']);
  });
});
