import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { judgeRestore, readRestore } from '../../../shared/restore/hanging.ts';
import { decoded } from '../../gen/decoded.ts';
import { countingReader } from '../../gen/reader.ts';
import { ago, nowMs, V } from '../chain/chains.ts';
import * as w from './hanging-world.ts';

const complete = make.withStatus({ complete: true });
const deletedAt: (minutes: number) => make.Modifier = (minutes) => (o) =>
  void (o.metadata.deletionTimestamp = ago(minutes));
const handle =
  (snapshotHandle: string): make.Modifier =>
  (o) => {
    o['spec'].source = { snapshotHandle };
    o['status'].snapshotHandle = snapshotHandle;
  };
const causeOfOtherData = w.but(w.content, handle(`bak://${V}/backup-x`));
const gone = w.lacking('VirtualMachineBackup');

describe('judgeRestore', () => {
  test.each<[string, KubeObject[], string, string | undefined]>([
    ['waits, and nothing keeps it', w.waiting, 'RestoreRunning', undefined],
    ['complete', w.but(w.restore, complete), 'RestoreComplete', undefined],
    [
      'complete, and its VMBackup is gone',
      w.but(w.restore, complete).filter(({ kind }) => kind !== 'VirtualMachineBackup'),
      'RestoreComplete',
      undefined,
    ],
    ['in deletion', w.but(w.restore, deletedAt(30)), 'RestoreDeleting', undefined],
    ['in deletion for long', w.but(w.restore, deletedAt(31)), 'DeletionHangs', '{.metadata.finalizers}'],
    ['of other data than recorded', causeOfOtherData, 'RestoreOfOtherData', 'delete virtualmachinerestores'],
    ['its VMBackup is gone', gone, 'RestoreHanging', 'delete virtualmachinerestores'],
    [
      'a wrong handle',
      w.but(w.content, handle('bs://data/' + w.right.split('/').at(-1))),
      'RestoreHanging',
      'gleaner apply vmrestore/r -n finance',
    ],
  ])('%s', async (_what, world, reason, command) => {
    const judged = judgeRestore(await w.seenIn(world), nowMs);
    expect(judged.reason).toBe(reason);
    if (command === undefined) expect(judged.command).toBeUndefined();
    else expect(judged.command).toContain(command);
  });

  test('gives a half-made VM up first, which takes the restore with it; never one that was there', async () => {
    const machine = make.machine('nightly-restored', 'finance', []);
    const halfMade = make.ownedBy(machine);
    const isOurs = (o: KubeObject) => o.kind !== 'VirtualMachineBackup';
    const command = async (...modifiers: make.Modifier[]) =>
      judgeRestore(await w.seenIn(w.but(w.restore, ...modifiers).filter(isOurs)), nowMs).command;
    expect(await command(halfMade)).toContain('delete virtualmachines.kubevirt.io nightly-restored -n finance');
    expect(await command(halfMade, make.withSpec({ newVM: false }))).toContain('delete virtualmachinerestores');
  });
});

describe('readRestore', () => {
  test.each<[string, make.Modifier]>([
    ['complete', complete],
    ['in deletion', deletedAt(1)],
  ])('reads nothing for one that is %s', async (_what, modify) => {
    const world = w.but(w.restore, modify);
    const { reader, calls } = countingReader(world);
    const one = world.find(({ kind }) => kind === 'VirtualMachineRestore')!;
    expect((await readRestore(reader, decoded('VirtualMachineRestore', one))).volumes).toEqual([]);
    expect(calls).toEqual([]);
  });

  test('reads the pair of a claim that waits, and of no other', async () => {
    const [waits] = (await w.seenIn(w.waiting)).volumes;
    expect(waits).toMatchObject({ volume: 'disk-0', from: w.snapshotName, pair: { contentName: w.contentName } });
    const bound = w.but(w.claim, make.withSpec({ volumeName: 'pvc-1' }), make.withStatus({ phase: 'Bound' }));
    expect((await w.seenIn(bound)).volumes[0]?.pair).toBeUndefined();
  });
});
