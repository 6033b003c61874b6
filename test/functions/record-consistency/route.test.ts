import { describe, expect, test } from '@jest/globals';
import { route } from '../../../functions/record-consistency/route.ts';
import { triage } from '../../../functions/record-consistency/triage.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { RecordedConsistency } from '../../../shared/chain/consistency.ts';
import { pack, unpack, consistencyLevels } from '../../../shared/chain/consistency.ts';
import type { SurveyItem } from '../../../shared/survey-item.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Change } from '../../../shared/function.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { readerOf } from '../../gen/reader.ts';
import { backupOf, pairsOf, T0 } from './story.ts';

const nightly = ref('VirtualMachineBackup', 'nightly', 'prod');
const it = { volumes: [{ asked: 0, taken: 1 }] };
const parsed = (object: object) =>
  schemas.VolumeSnapshot.parse({ ...object, metadata: { resourceVersion: '1', ...(object as any).metadata } });
const change = (fields: object): Change => ({ namespace: 'prod', type: 'update', ...fields }) as Change;
const snapshot = (modify: make.Modifier = () => undefined) => {
  const [made] = pairsOf(it);
  modify(made!);
  return change({ kind: 'VolumeSnapshot', name: made!.metadata.name, object: parsed(made!) });
};

describe('an event', () => {
  test('of a snapshot that was just taken concerns its VMBackup', () =>
    expect(route(snapshot())).toEqual({ subjects: [nightly] }));

  test.each([
    ['of a snapshot that is not taken yet', snapshot((o) => delete o['status'].creationTime), 'SnapshotNotTaken'],
    [
      'of a snapshot that was made from a backup',
      snapshot((o) => (o['spec'].source = { volumeSnapshotContentName: 'x' })),
      'ConsistencyUnknown',
    ],
    [
      'of a VMBackup that is gone',
      change({ kind: 'VirtualMachineBackup', name: 'nightly', type: 'delete' }),
      'VMBackupGone',
    ],
  ])('%s ends at once', (_what, event, reason) => {
    const considered = route(event);
    expect('findings' in considered && considered.findings.map((finding) => finding.reason)).toEqual([reason]);
  });

  test.each([
    ['of a snapshot of nobody’s', snapshot((o) => delete o.metadata.ownerReferences)],
    ['of a snapshot that is going', snapshot(make.deleting)],
    ['of an instance that begins', change({ kind: 'VirtualMachineInstance', name: 'web', type: 'add' })],
    ['of an instance that is gone', change({ kind: 'VirtualMachineInstance', name: 'web', type: 'delete' })],
  ])('%s concerns nothing', (_what, event) => expect(route(event)).toEqual({ subjects: [] }));

  test('of an instance concerns the VMBackups of its VM that are in the making', async () => {
    const unready = make.withStatus({ readyToUse: false });
    const reader = readerOf([
      backupOf(it, unready),
      backupOf({ ...it, name: 'done' }),
      backupOf({ ...it, name: 'of-another' }, unready, (o) => (o['spec'].source.name = 'db')),
      backupOf({ ...it, name: 'elsewhere' }, unready, (o) => (o.metadata.namespace = 'finance')),
    ]);
    const considered = route(change({ kind: 'VirtualMachineInstance', name: 'web' }));
    const found = [];
    if ('search' in considered) for await (const subject of considered.search(reader)) found.push(subject);
    expect(found).toEqual([nightly]);
  });
});

describe('a sweep', () => {
  const item = (
    noted: RecordedConsistency | undefined,
    hours: number,
    modify: make.Modifier = () => undefined,
  ): SurveyItem => {
    const made = backupOf(it, modify);
    const backup = schemas.VirtualMachineBackup.parse({
      ...made,
      metadata: { resourceVersion: '1', ...made.metadata },
    });
    const pairOf = () => ({ recorded: noted }) as any;
    return { what: 'vmbackup', backup: backup, pairOf, isRevised: () => false, nowMs: T0 + hours * 3600_000 };
  };
  const worthOf = (considered: ReturnType<typeof triage>) =>
    'findings' in considered ? considered.findings[0]?.facts?.['consistency'] : considered;
  const looks = { subjects: [nightly] };

  test('looks at young VMBackups that have no record, or an open one', () => {
    expect(triage(item(undefined, 1))).toEqual(looks);
    expect(triage(item({ level: 'frozen', settled: false }, 1))).toEqual(looks);
  });
  test('shows what is on record without a look', () => {
    expect(worthOf(triage(item({ level: 'frozen', settled: true }, 1)))).toBe('frozen');
    expect(worthOf(triage(item({ level: 'frozen', settled: false }, 30)))).toBe('frozen');
  });
  test('leaves old and recovered ones without a record alone', () => {
    expect(worthOf(triage(item(undefined, 30)))).toBe('unknown');
    expect(worthOf(triage(item(undefined, 1, (o) => delete o['status'].sourceUID)))).toBe('unknown');
  });
  test('leaves alone what is being deleted', () =>
    expect(triage(item(undefined, 1, make.deleting))).toEqual({ subjects: [] }));

  test('remembers a record in one small number', () => {
    for (const level of consistencyLevels)
      for (const settled of [true, false]) expect(unpack(pack({ level, settled }))).toEqual({ level, settled });
    expect(unpack(0)).toBeUndefined();
  });
});
