import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { causeOf, causeOfOtherData } from '../../../shared/restore/hanging-volume.ts';
import { aged, B, healthy, N, nowMs, V } from '../chain/chains.ts';
import * as w from './hanging-world.ts';

const causeIn = async (world: readonly KubeObject[]) => causeOf(await w.seenIn(world), nowMs);
/** All of these, one after the other. */
const both = (first: KubeObject[], one: KubeObject, ...modifiers: make.Modifier[]) => {
  const copy = structuredClone(one);
  for (const modify of modifiers) modify(copy);
  return first.map((o) => (o === one ? copy : o));
};
const old = w.but(w.restore, aged(11));
const says = (message: string) =>
  make.withStatus({ conditions: [{ type: 'InProgress', status: 'False', reason: 'Error', message }] });
const bound = [make.withSpec({ volumeName: 'pvc-1' }), make.withStatus({ phase: 'Bound' })];
const vmb = w.ofKind('VirtualMachineBackup');
const target = w.ofKind('BackupTarget');
const unlisted = make.withStatus({ restores: [] });

describe('nothing is said of a restore', () => {
  test.each<[string, KubeObject[]]>([
    ['that waits for a moment', w.waiting],
    ['whose claims are bound', w.but(w.claim, ...bound)],
    ['whose claims are bound, whatever it says for a moment', both(w.but(w.claim, ...bound), w.restore, says('x'))],
    ['whose claims are bound for long, and it says nothing', both(w.but(w.claim, ...bound), w.restore, aged(11))],
    ['that has not begun yet', w.but(w.restore, unlisted)],
    ['whose claim is not there yet', w.lacking(w.claim)],
    // Harvester says so while it repairs a pair itself.
    ['of which Harvester repairs a pair', w.but(w.restore, says('x needs to update VolumeSnapshot'))],
  ])('%s', async (_what, world) => expect(await causeIn(world)).toBeUndefined());
});

describe('what keeps a restore', () => {
  test.each<[string, KubeObject[], string, string | undefined]>([
    [
      'a claim that lost its volume',
      w.but(w.claim, make.withStatus({ phase: 'Lost' })),
      'has lost its volume',
      undefined,
    ],
    ['its VMBackup is gone', w.lacking('VirtualMachineBackup'), 'does not exist', undefined],
    ['its VMBackup goes', w.but(vmb, make.deleting), 'is being deleted', undefined],
    ['its claim waits', w.lacking(w.content), 'waits for VolumeSnapshotContent', 'gleaner apply vmrestore/r'],
    [
      'its VMBackup failed',
      w.but(vmb, make.withStatus({ readyToUse: false, error: { message: 'no space' } })),
      'no space',
      'gleaner.dev/look-again',
    ],
    [
      'its target is out of reach',
      w.but(target, make.withStatus({ available: false })),
      'cannot reach the backup target',
      undefined,
    ],
    [
      'its VMBackup is on another target',
      w.but(target, make.withSpec({ backupTargetURL: 's3://old@x/' })),
      's3://old@x is connected',
      undefined,
    ],
    ['what Harvester says', w.but(w.restore, says('quota exceeded')), 'Harvester says: quota exceeded', undefined],
    [
      'what Harvester says for long of bound claims',
      both(w.but(w.claim, ...bound), w.restore, says('x'), aged(11)),
      'Harvester says: x',
      undefined,
    ],
    ['it has not begun for long', old.map(notBegun), 'has not started it', 'kubectl describe virtualmachinerestores'],
    [
      'its claim is not there for long',
      old.filter((o) => o !== w.claim),
      'does not exist',
      'kubectl describe virtualmachinerestores',
    ],
    [
      'nothing that is known',
      old,
      'for a reason that Gleaner does not know',
      'kubectl describe persistentvolumeclaims',
    ],
  ])('%s', async (_what, world, why, cure) => {
    const cause = await causeIn(world);
    expect(cause?.why).toContain(why);
    if (cure === undefined) expect(cause?.cure).toBeUndefined();
    else expect(cause?.cure).toContain(cure);
  });
});

function notBegun(o: KubeObject): KubeObject {
  return o.kind === 'VirtualMachineRestore' ? { ...o, status: { ...o['status'], restores: [] } } : o;
}

describe('a restore into its own namespace, which goes through the VMBackup’s pairs', () => {
  const restores = [
    { volumeName: 'disk-0', persistentVolumeClaimSpec: { metadata: { name: 'new', namespace: 'prod' } } },
  ];
  const own = make.vmRestore(
    { name: 'r', namespace: 'prod', backup: 'nightly' },
    make.withStatus({ restores }),
    aged(5),
  );
  const home = (...gone: string[]) => [...healthy.filter(({ kind }) => !gone.includes(kind)), own];
  const made = make.claim(
    'new',
    'prod',
    make.withSpec({ volumeName: undefined }),
    make.withStatus({ phase: 'Pending' }),
  );
  const cure = 'gleaner apply vmbackup/nightly -n prod';
  test.each<[string, KubeObject[], { object: object; cure?: string } | undefined]>([
    ['all of them there', home(), undefined],
    ['its snapshot gone, and the claim made already', [...home('VolumeSnapshot'), made], undefined],
    ['its snapshot gone', home('VolumeSnapshot'), { object: { kind: 'VolumeSnapshot', name: N }, cure }],
    [
      'its content gone',
      home('VolumeSnapshotContent'),
      { object: { kind: 'VolumeSnapshotContent', name: `${N}-vsc` }, cure },
    ],
    // Without the backup nothing can be made of it.
    ['its snapshot and its backup gone', home('VolumeSnapshot', 'Backup'), { object: { kind: 'VolumeSnapshot' } }],
  ])('%s', async (_what, world, says) => {
    const cause = causeOf(await w.seenIn(world, 'prod'), nowMs);
    if (says === undefined) expect(cause).toBeUndefined();
    else expect(cause).toMatchObject(says);
    expect(cause?.cure).toBe(says?.cure);
  });
});

describe('otherData', () => {
  const handle =
    (spec: string, status: string | null = spec): make.Modifier =>
    (o) => {
      o['spec'].source = { snapshotHandle: spec };
      o['status'].snapshotHandle = status;
    };
  test.each<[string, KubeObject[], boolean]>([
    ['the recorded backup', w.waiting, false],
    ['the recorded backup of a wrong volume', w.but(w.content, handle(`bs://data/${B}`)), false],
    ['what is no backup', w.but(w.content, handle(`snap://${V}/x`)), false],
    ['nothing yet', w.but(w.content, handle('', null)), false],
    ['another backup', w.but(w.content, handle(`bak://${V}/backup-x`)), true],
    // Restores go by the status.
    ['another backup in its status', w.but(w.content, handle(w.right, `bak://${V}/backup-x`)), true],
    [
      'another backup in its spec, and the recorded in its status',
      w.but(w.content, handle(`bak://${V}/x`, w.right)),
      false,
    ],
    [
      'another backup, and its claim is bound',
      both(w.but(w.content, handle(`bak://${V}/x`)), w.claim, ...bound),
      false,
    ],
  ])('a claim waits for %s', async (_what, world, other) => {
    expect(causeOfOtherData(await w.seenIn(world)) !== undefined).toBe(other);
  });
});
