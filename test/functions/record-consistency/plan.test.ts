import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { at, backupOf, lookAt, machine, pairsOf, running, taking, withNotes, worthIn } from './story.ts';

const one = [{ asked: 0, taken: 1 }];
const two = [
  { asked: 0, taken: 1 },
  { asked: 1, taken: 2 },
];
const late = [{ asked: 0, taken: 6 }];
const recovered = () => {
  const made = taking({ volumes: one });
  delete made[0]!['status'].sourceUID;
  return made;
};
const but = (objects: KubeObject[], kind: string, modify: make.Modifier) =>
  objects.map((object) => {
    if (object.kind === kind) modify(object);
    return object;
  });
const sharing = (objects: KubeObject[], disk: string) =>
  but(objects, 'VirtualMachineBackup', ({ status }: any) => {
    status.source.spec = { template: { spec: { domain: { devices: { disks: [{ name: disk, shareable: true }] } } } } };
  });
const another: make.Modifier = ({ metadata }) => {
  metadata.ownerReferences = [{ ...metadata.ownerReferences![0]!, uid: 'of-another' }];
};

const nothing: [what: string, objects: KubeObject[], reason: string, message: RegExp][] = [
  ['there is no such VMBackup', [], 'VMBackupGone', /does not exist/],
  [
    'it is being deleted',
    [make.vmBackup({ name: 'nightly', entries: [] }, make.deleting)],
    'VMBackupDeleting',
    /deleted/,
  ],
  [
    'it was recovered, whatever the VM of that name does today',
    [...recovered(), running({ agent: true }), machine()],
    'ConsistencyUnknown',
    /recovered from the target/,
  ],
  ['it was only just made', [backupOf({})], 'ConsistencyUnknown', /none of its volumes has been snapshotted/],
  [
    'a snapshot is not there yet',
    [
      ...taking({ volumes: two, freeze: 'false' }).filter(({ metadata }) => !metadata.name.endsWith('-data-1')),
      running(),
    ],
    'ConsistencyUnknown',
    /disk-1: its snapshot does not exist/,
  ],
  [
    'a snapshot is asked for but not taken',
    [
      ...but(
        taking({ volumes: one, freeze: 'false' }),
        'VolumeSnapshotContent',
        (o) => delete o['status'].creationTime,
      ),
      running(),
    ],
    'ConsistencyUnknown',
    /not been taken yet/,
  ],
  [
    'the content says when it was made from a handle, which is not when the data was taken',
    [
      ...but(taking({ volumes: one, freeze: 'false' }), 'VolumeSnapshotContent', (o) => {
        o['spec'].source = { snapshotHandle: 'bak://v/b-0' };
      }),
      running(),
    ],
    'ConsistencyUnknown',
    /content does not exist/,
  ],
  [
    'the snapshot was rebuilt from the backup',
    [
      ...but(taking({ volumes: one, freeze: 'false' }), 'VolumeSnapshot', (o) => {
        o['spec'].source = { volumeSnapshotContentName: 'x' };
      }),
      running(),
    ],
    'ConsistencyUnknown',
    /created from a backup/,
  ],
  [
    'the snapshot is of a former VMBackup of that name',
    [...but(taking({ volumes: one, freeze: 'false' }), 'VolumeSnapshot', another), running()],
    'ConsistencyUnknown',
    /does not belong to this VMBackup/,
  ],
  [
    'the content was taken anew, days later',
    [
      ...but(taking({ volumes: one, freeze: 'false' }), 'VolumeSnapshotContent', (o) => {
        o['status'].creationTime += 86_400e9;
      }),
      running(),
    ],
    'ConsistencyUnknown',
    /taken again/,
  ],
  [
    'Harvester says nothing of a freeze',
    [...taking({ volumes: one }), running()],
    'ConsistencyUnknown',
    /does not record whether/,
  ],
  [
    'nothing was frozen and nobody saw the VM',
    taking({ volumes: one, freeze: 'false' }),
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'the VM runs now, but began after the snapshot',
    [...taking({ volumes: one, freeze: 'false' }), running({ since: 3 }), machine()],
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'the VM stopped after the snapshot, and what was before is not known',
    [...taking({ volumes: one, freeze: 'false' }), machine(3)],
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'the VM stopped while the volumes were being taken',
    [...taking({ volumes: [one[0]!, { asked: 4, taken: 9 }], freeze: 'false' }), running({ ended: 5 })],
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'an instance of the name belongs to another VM',
    [...taking({ volumes: one, freeze: 'false' }), but([running()], 'VirtualMachineInstance', another)[0]!],
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'a VM of the name is another, and off',
    [...taking({ volumes: one, freeze: 'false' }), machine(-500, (o) => (o.metadata.uid = 'another'))],
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'the freeze may have been over, and nobody saw the VM',
    taking({ volumes: late, freeze: 'true' }),
    'ConsistencyUnknown',
    /may have thawed before/,
  ],
  [
    // Harvester begins again for each volume, and writes the annotation anew: of the first nobody knows.
    'the agent may have come between two volumes',
    [...taking({ volumes: two, freeze: 'true' }), running({ agent: true, agentSince: 1 })],
    'ConsistencyUnknown',
    /does not record whether/,
  ],
  [
    'the agent is gone, and may have gone between two volumes',
    [...taking({ volumes: two, freeze: 'true' }), running()],
    'ConsistencyUnknown',
    /does not record whether/,
  ],
  [
    'the VM began in the second in which the snapshot was asked for',
    [...taking({ volumes: one, freeze: 'false' }), running({ since: 0 })],
    'ConsistencyUnknown',
    /not observed/,
  ],
  [
    'the last volume was frozen, but those minutes before perhaps not',
    [...taking({ volumes: [one[0]!, { asked: 90, taken: 91 }], freeze: 'true' }), running()],
    'ConsistencyUnknown',
    /does not record whether/,
  ],
];

describe('nothing is recorded where', () => {
  test.each(nothing)('%s', async (_what, objects, reason, message) => {
    const { findings, records = [] } = await lookAt(objects, 120);
    expect(findings.map((finding) => finding.reason)).toEqual([reason]);
    expect(findings[0]!.message).toMatch(message);
    expect(records).toEqual([]);
  });
});

const known: [what: string, worth: string, objects: KubeObject[], message: RegExp][] = [
  [
    'frozen',
    'frozen',
    [...taking({ volumes: one, freeze: 'true' }), running({ agent: true })],
    /frozen \(for up to 1 s\)$/,
  ],
  ['frozen, and the VM is gone by now', 'frozen', taking({ volumes: one, freeze: 'true' }), /were frozen/],
  [
    'frozen, two volumes',
    'frozen',
    [
      ...taking({
        volumes: [
          { asked: 0, taken: 0 },
          { asked: 1, taken: 1 },
        ],
        freeze: 'true',
      }),
      running({ agent: true }),
    ],
    /its 2 volumes were taken 1 s apart/,
  ],
  [
    'the second volume perhaps just after the freeze that it found',
    'freeze-unsure',
    [...taking({ volumes: two, freeze: 'true' }), running({ agent: true })],
    /disk-1 was taken 2 s after the freeze/,
  ],
  [
    'frozen, minutes apart, the agent there all the time',
    'frozen',
    [...taking({ volumes: [one[0]!, { asked: 90, taken: 91 }], freeze: 'true' }), running({ agent: true })],
    /90 s apart/,
  ],
  [
    'frozen for longer, as asked',
    'frozen',
    [...taking({ volumes: late, freeze: 'true', deadline: '1m30s' }), running()],
    /for up to 90 s/,
  ],
  [
    'frozen without a deadline',
    'frozen',
    [...taking({ volumes: late, freeze: 'true', deadline: '0s' }), running()],
    /until they are thawed by hand/,
  ],
  [
    'taken long after the freeze of a second',
    'freeze-lapsed',
    [...taking({ volumes: late, freeze: 'true' }), running({ agent: true })],
    /disk-0 was taken 6 s after the freeze/,
  ],
  [
    'the second volume found the guest frozen: the first one’s second counts',
    'freeze-lapsed',
    [
      ...taking({
        volumes: [
          { asked: 0, taken: 0 },
          { asked: 1, taken: 5 },
        ],
        freeze: 'true',
      }),
      running({ agent: true }),
    ],
    /disk-1 was taken 5 s/,
  ],
  [
    'taken perhaps just after it',
    'freeze-unsure',
    [...taking({ volumes: [{ asked: 0, taken: 3 }], freeze: 'true' }), running()],
    /3 s after/,
  ],
  [
    'taken two seconds after a freeze of one, which clocks must explain if it was frozen',
    'freeze-unsure',
    [...taking({ volumes: [{ asked: 0, taken: 2 }], freeze: 'true' }), running()],
    /2 s after/,
  ],
  [
    'taken before it was asked for, by clocks that disagree',
    'freeze-unsure',
    [...taking({ volumes: [{ asked: 10, taken: 1 }], freeze: 'true' }), running()],
    /clocks/,
  ],
  ['running, no agent', 'crash', [...taking({ volumes: one, freeze: 'false' }), running()], /it is crash-consistent$/],
  [
    'running, no agent, stopped some time later',
    'crash',
    [...taking({ volumes: one, freeze: 'false' }), running({ ended: 60 }), machine(61)],
    /it is crash-consistent/,
  ],
  [
    'off for hours',
    'off',
    [...taking({ volumes: one, freeze: 'false' }), machine(-7200)],
    /off, since 2025-05-31T23:00:00Z/,
  ],
  [
    'shut down from inside an hour ago, the instance still there',
    'off',
    [...taking({ volumes: one, freeze: 'false' }), running({ since: -9000, ended: -3600 })],
    /VM off/,
  ],
  [
    'stopped seconds before',
    'just-stopped',
    [...taking({ volumes: one, freeze: 'false' }), machine(-11)],
    /12 s after the VM had stopped: .* run sync in the guest before you stop it, or wait 60 s/,
  ],
  [
    'ended in the very second, of which the worse is said',
    'just-stopped',
    [...taking({ volumes: one, freeze: 'false' }), running({ ended: 1 })],
    /0 s after/,
  ],
  [
    'shut down from inside seconds before',
    'just-stopped',
    [...taking({ volumes: one, freeze: 'false' }), running({ ended: -20 })],
    /21 s after/,
  ],
  [
    'frozen for a moment, then shut down before it was taken',
    'just-stopped',
    [...taking({ volumes: late, freeze: 'true' }), running({ ended: 4 })],
    /2 s after/,
  ],
  [
    'frozen, with a disk that other VMs may write to',
    'freeze-unsure',
    [sharing(taking({ volumes: [one[0]!, one[0]!], freeze: 'true' }), 'disk-1'), running({ agent: true })].flat(),
    /own file systems were frozen \(for up to 1 s\); but disk disk-1 is shareable.*; its 2 volumes were taken in the same second$/,
  ],
  [
    'frozen, and what is shareable is no volume of it',
    'frozen',
    [sharing(taking({ volumes: one, freeze: 'true' }), 'cd'), running({ agent: true })].flat(),
    /frozen \(for up to 1 s\)$/,
  ],
  [
    'off, with a disk that other VMs may write to',
    'off',
    [sharing(taking({ volumes: one, freeze: 'false' }), 'disk-0'), machine(-600)].flat(),
    /VM off, since \S+; but disk disk-0 is shareable: if another VM was writing to it, it is only crash-consistent/,
  ],
  ['of type snapshot', 'crash', [...taking({ volumes: one, freeze: 'false', type: 'snapshot' }), running()], /crash/],
];

describe('what is known is recorded:', () => {
  test.each(known)('%s', async (_what, worth, objects, message) => {
    const seen = await lookAt(objects, 100);
    // What the agent was seen to do afterwards has a test of its own.
    expect(seen.findings[0]!.message.replace('; seen thawed afterwards', '')).toMatch(message);
    expect(worthIn(seen)).toBe(worth);
    const contents = objects.filter(({ kind }) => kind === 'VolumeSnapshotContent');
    expect(seen.records!.map((record) => record.do)).toEqual(['recordEvent', ...contents.map(() => 'noteContent')]);
  });

  test.each(known)(
    '%s: the second look writes nothing, and later days change nothing',
    async (_what, worth, objects) => {
      const noted = withNotes(objects, await lookAt(objects, 100));
      expect((await lookAt(noted, 100)).records).toEqual([]);
      const later = noted.filter(({ kind }) => !/^VirtualMachine(Instance)?$/.test(kind));
      const otherwise = [[], [machine(50_000)], [running({ since: 90_000 })], [running({ ended: 40_000 })]];
      for (const world of otherwise) {
        const seen = await lookAt([...later, ...world], 100_000);
        expect(worthIn(seen)).toBe(worth);
        // Where the VM was not seen, a later look may still see that it ran then: the record gains by it.
        if (objects.some(({ kind }) => kind.startsWith('VirtualMachine') && kind !== 'VirtualMachineBackup')) {
          expect(seen.records).toEqual([]);
        }
      }
    },
  );
});

describe('the record', () => {
  const world = [...taking({ volumes: two, freeze: 'false' }), running()];

  test('stays as long as one content is there, and goes back onto the others', async () => {
    const noted = withNotes(world, await lookAt(world));
    const bare = noted.map((o) => (o.metadata.name.startsWith('snapcontent') && o === noted[2] ? world[2]! : o));
    const seen = await lookAt(bare.filter(({ kind }) => kind !== 'VirtualMachineInstance'));
    expect([worthIn(seen), seen.records!.map((r) => r.do)]).toEqual(['crash', ['noteContent']]);
    const lost = noted.filter((o) => o.kind !== 'VirtualMachineInstance' && o !== noted[2]);
    expect(worthIn(await lookAt(lost))).toBe('crash');
  });

  test('is of other data once a volume was taken anew under the old name', async () => {
    const noted = withNotes(world, await lookAt(world));
    const uid = '00000000-0000-4000-8000-000000000000';
    const anew = noted
      .filter(({ kind }) => kind !== 'VirtualMachineInstance')
      .map((o) => (o === noted[1] ? { ...o, metadata: { ...o.metadata, uid } } : o));
    expect(worthIn(await lookAt(anew))).toBe('unknown');
  });

  test.each([
    ['another VMBackup’s', (text: string) => text.replace(/"backup":"[^"]+"/, '"backup":"x"')],
    ['not of its form', (text: string) => text.replace('{', '{"extra":1,')],
    ['no JSON', () => 'off'],
    ['no time', (text: string) => text.replace(/"taken":"[^"]+"/, '"taken":"soon"')],
  ])('that is %s is none', async (_what, spoil) => {
    const noted = withNotes(world, await lookAt(world)).filter(({ kind }) => kind !== 'VirtualMachineInstance');
    for (const { metadata } of noted) {
      const text = metadata.annotations?.['gleaner.dev/consistency'];
      if (text) metadata.annotations!['gleaner.dev/consistency'] = spoil(text);
    }
    expect(worthIn(await lookAt(noted))).toBe('unknown');
  });

  test('is never written on a content that the driver is at, or that is going', async () => {
    for (const modify of [
      make.annotated({ 'snapshot.storage.kubernetes.io/volumesnapshot-being-created': 'yes' }),
      make.deleting,
    ]) {
      const busy = but([...taking({ volumes: one, freeze: 'false' }), running()], 'VolumeSnapshotContent', modify);
      const seen = await lookAt(busy);
      expect([worthIn(seen), seen.records]).toEqual(['crash', []]);
    }
  });

  test('says that the guest was seen thawed, once that can be known', async () => {
    const frozen = [...taking({ volumes: one, freeze: 'true' }), running({ agent: true })];
    const early = await lookAt(frozen, 3);
    expect(early.findings[0]!.message).not.toContain('thawed');
    const noted = withNotes(frozen, early);
    const later = await lookAt(noted, 30);
    expect(later.findings[0]!.message).toContain('seen thawed afterwards');
    expect(later.records!.map((r) => r.do)).toEqual(['noteContent']);
    expect((await lookAt(withNotes(noted, later), 60)).records).toEqual([]);
  });

  test('what counts as just stopped is a policy', async () => {
    const stopped = [...taking({ volumes: one, freeze: 'false' }), machine(-11)];
    expect(worthIn(await lookAt(stopped, 5, { justStoppedSeconds: 10 }))).toBe('off');
  });
});

describe('the Event', () => {
  const event = async (objects: KubeObject[]) => {
    const [first] = (await lookAt(objects)).records ?? [];
    return first?.do === 'recordEvent' ? first.event : undefined;
  };
  const now = [...taking({ volumes: one, freeze: 'false' }), running()];
  const before = async (freeze: 'true' | 'false', name = 'before', made = -500) => {
    const it = { name, volumes: [{ asked: -400, taken: -399 }], freeze } as const;
    const older = [
      backupOf(
        it,
        (o) =>
          (o.metadata.creationTimestamp = new Date(made * 1000 + Date.parse('2025-06-01T01:00:00Z')).toISOString()),
      ),
      ...pairsOf(it),
    ];
    return withNotes(older, await lookAt([...older, running()], 5, {}, name));
  };

  test('is Normal without one before', async () => expect((await event(now))?.type).toBe('Normal'));
  test('is a Warning that names the one before where that was better', async () => {
    const told = await event([...now, ...(await before('true'))]);
    expect([told?.type, told?.reason]).toEqual(['Warning', 'ConsistencyCrash']);
    expect(told?.note).toContain('before, was better (frozen)');
  });
  test('is Normal where the one before was no better', async () =>
    expect((await event([...now, ...(await before('false'))]))?.type).toBe('Normal'));
  test('compares with the nearest', async () => {
    const older = [...(await before('true', 'oldest', -900)), ...(await before('false'))];
    expect((await event([...now, ...older]))?.type).toBe('Normal');
  });
  test('does not compare with a VMBackup of another VM, nor with a younger one', async () => {
    const other = but(await before('true'), 'VirtualMachineBackup', (o) => (o['status'].sourceUID = 'another'));
    expect((await event([...now, ...other]))?.type).toBe('Normal');
    expect((await event([...now, ...(await before('true', 'younger', 50))]))?.type).toBe('Normal');
  });
});

describe('the guest', () => {
  const frozen = (since: object = {}) =>
    running({ agent: true, ...since }, make.withStatus({ fsFreezeStatus: 'frozen' }));
  const reasons = async (objects: KubeObject[], seconds: number) =>
    (await lookAt(objects, seconds)).findings.map((f) => f.reason);

  test('that is still frozen long after is named with the command that thaws it', async () => {
    const world = [...taking({ volumes: one, freeze: 'true' }), frozen()];
    expect(await reasons(world, 30)).toEqual(['ConsistencyFrozen']);
    expect(await reasons(world, 62)).toEqual(['ConsistencyFrozen', 'GuestFrozen']);
    const { findings } = await lookAt(world, 62);
    expect(findings[1]!.command).toContain('virt-freezer --unfreeze --namespace prod --name web');
  });

  test('that is frozen for a younger VMBackup hangs for none', async () => {
    const younger = backupOf({ name: 'younger' }, (o) => (o.metadata.creationTimestamp = at(60)));
    const world = [...taking({ volumes: one, freeze: 'true' }), frozen(), younger];
    expect(await reasons(world, 62)).toEqual(['ConsistencyFrozen']);
  });

  test('that Harvester cannot freeze is named while nothing is taken', async () => {
    const failing = backupOf(
      { volumes: one, freeze: 'true' },
      make.withStatus({ readyToUse: false, error: { message: 'failed to freeze file system' } }),
    );
    expect(await reasons([failing, running({ agent: true })], 30)).toEqual(['ConsistencyUnknown', 'FreezeFailing']);
  });
});
