import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { degradation, degradedBy, judgeMetadata, judgeReadiness } from '../../../shared/chain/readiness.ts';
import { judgeStatus } from '../../../shared/chain/vmbackup-status.ts';
import { aged, but, chainOf, healthy, nowMs, without } from './chains.ts';

const VMB = 'VirtualMachineBackup';
const unready = make.withStatus({ readyToUse: false });
const says = (...conditions: object[]) => make.withStatus({ conditions });
const degradedAt = '2025-05-01T00:00:00Z';
const degradedBecause = (reason: string) =>
  says({ type: 'Ready', status: 'False', message: 'Change back to non-ready', reason, lastUpdateTime: degradedAt });
const degraded = degradedBecause('backup not found');
const scheduled = make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/daily' });
const local: make.Modifier = (o) => void (o['spec'].type = 'snapshot');
const failed = make.withStatus({ error: { message: 'no space left' } });
const inState = (state: string, world = healthy) =>
  world.map((o) => (o.kind === 'Backup' ? { ...o, status: { ...o['status'], state } } : o));

const DELETE = 'kubectl delete virtualmachinebackups.harvesterhci.io nightly -n prod';
const NUDGE =
  'kubectl annotate virtualmachinebackups.harvesterhci.io nightly -n prod --overwrite gleaner.dev/look-again="$(date +%s)"';
const SHOW = "kubectl get virtualmachinebackups.harvesterhci.io nightly -n prod -o jsonpath='{.status.conditions}'";

const old = but(VMB, unready, aged(31));
const broken = but(VMB, unready, failed, aged(31));
const brokenSchedule = but(VMB, unready, failed, scheduled);

describe('judgeReadiness', () => {
  test.each<[string, KubeObject[], string | undefined]>([
    ['ready', healthy, undefined],
    ['not ready, for a moment', but(VMB, unready, aged(30)), 'VMBackupInProgress'],
    ['not ready, of unknown age', but(VMB, unready), 'VMBackupInProgress'],
    ['not ready, Longhorn at work', inState('InProgress', old), 'VMBackupInProgress'],
    ['not ready, its target not listed', without('Backup', old).map(unlistedTarget), 'VMBackupInProgress'],
    [
      'not ready, and what cannot be read',
      old.map((o) => (o.kind === 'Backup' ? { ...o, spec: 7 } : o)),
      'VMBackupInProgress',
    ],
    ['not ready for long', old, 'VMBackupFailed'],
    ['not ready, with an error', but(VMB, unready, failed), 'VMBackupFailed'],
    ['ready, with an error', but(VMB, failed), 'VMBackupFailed'],
    [
      'not ready, with an error in its condition',
      but(VMB, unready, says({ type: 'InProgress', status: 'False', reason: 'Error', message: 'x' })),
      'VMBackupFailed',
    ],
    ['degraded', but(VMB, degraded, unready), 'VMBackupDegraded'],
    // Some releases write the verdict to the condition alone.
    ['degraded, and ready', but(VMB, degraded), 'VMBackupDegraded'],
    ['ready, without its VM', but(VMB, (o) => void delete o['status'].source), 'VMBackupIncomplete'],
    ['ready, without volumes', but(VMB, make.withStatus({ volumeBackups: [] })), 'VMBackupIncomplete'],
    [
      'ready, a volume without its snapshot’s name',
      but(VMB, (o) => void delete o['status'].volumeBackups[0].name),
      'VMBackupIncomplete',
    ],
  ])('%s', async (_what, world, reason) => {
    expect(judgeReadiness(await chainOf(world), nowMs)?.reason).toBe(reason);
  });
});

function unlistedTarget(o: KubeObject): KubeObject {
  return o.kind === 'BackupTarget' ? { ...o, status: { ...o['status'], lastSyncedAt: null } } : o;
}

describe('the command against a failed VMBackup deletes nothing that may hold data', () => {
  const bare = inState('Error', without('VolumeSnapshotContent', without('VolumeSnapshot', broken)));
  test.each<[string, KubeObject[], string | undefined]>([
    ['no backup of it is complete', bare, DELETE],
    ['its backup is complete', broken, NUDGE],
    ['Longhorn is at work', inState('InProgress', broken), NUDGE],
    ['its target is away', without('Backup', without('BackupTarget', broken)), SHOW],
    ['its target is not listed', without('Backup', broken).map(unlistedTarget), SHOW],
    ['its backup is missing', without('Backup', broken), DELETE],
    // A schedule's may be on its way back, and goes over any change.
    ['its backup is missing, and a schedule made it', without('Backup', brokenSchedule), SHOW],
    ['Longhorn is at work, and a schedule made it', inState('InProgress', brokenSchedule), undefined],
    ['its backup cannot be read', broken.map((o) => (o.kind === 'Backup' ? { ...o, spec: 7 } : o)), undefined],
    ['it is on this cluster alone, and its snapshot is ready', but(VMB, unready, failed, local), NUDGE],
    [
      'it is on this cluster alone, and its snapshot is gone',
      without('VolumeSnapshot', but(VMB, unready, failed, local)),
      undefined,
    ],
  ])('%s', async (_what, world, command) => {
    expect(judgeReadiness(await chainOf(world), nowMs)).toMatchObject({ reason: 'VMBackupFailed', command });
  });
});

describe('judgeMetadata', () => {
  const lacking = says({ type: 'MetadataReady', status: 'False' });
  const reached = (o: KubeObject) => (o.kind === 'BackupTarget' ? { ...o, spec: {} } : o);
  test.each<[string, KubeObject[], string | undefined]>([
    ['says that it is there', healthy, undefined],
    ['says nothing of it', but(VMB, says()), undefined],
    ['says that it is not, and is not ready', but(VMB, lacking, unready), undefined],
    ['says that it is not, of type snapshot', but(VMB, lacking, local), undefined],
    ['says that it is not, the target away', but(VMB, lacking).map(reached), undefined],
    ['says that it is not', but(VMB, lacking), NUDGE],
    ['says that it is not, by a schedule', but(VMB, lacking, scheduled), NUDGE],
    ['says that it is not, by a schedule at work', inState('InProgress', but(VMB, lacking, scheduled)), SHOW],
  ])('%s', async (_what, world, command) => {
    expect(judgeMetadata(await chainOf(world))?.command).toBe(command);
  });
});

describe('degradation', () => {
  const read = async (...modifiers: make.Modifier[]) => (await chainOf(but(VMB, ...modifiers))).backup;
  test.each<[string, make.Modifier, object | undefined]>([
    ['ready', says({ type: 'Ready', status: 'True' }), undefined],
    ['not ready, in other words', says({ type: 'Ready', status: 'False', message: 'Not ready' }), undefined],
    ['degraded', degraded, { by: 'backup not found', atMs: Date.parse(degradedAt) }],
    [
      'degraded, with a time of transition alone',
      says({ type: 'Ready', status: 'False', message: 'Change back to non-ready', lastTransitionTime: degradedAt }),
      { by: '', atMs: Date.parse(degradedAt) },
    ],
    [
      'degraded, without a time',
      says({ type: 'Ready', status: 'False', message: 'Change back to non-ready' }),
      { by: '', atMs: Number.NaN },
    ],
  ])('%s', async (_what, modify, said) => {
    const backup = await read(modify);
    expect(degradation(backup)).toEqual(said);
    expect(degradedBy(backup)).toBe((said as { by: string } | undefined)?.by);
  });
});

describe('judgeStatus takes a verdict back', () => {
  const listed = (lastSyncedAt: string) => (world: readonly KubeObject[]) =>
    world.map((o) =>
      o.kind === 'BackupTarget' || o.kind === 'BackupVolume' ? { ...o, status: { ...o['status'], lastSyncedAt } } : o,
    );
  const since = listed('2025-05-01T00:00:01Z');
  const before = listed(degradedAt);
  const ofClass = degradedBecause('StorageClass x not found');
  test.each<[string, KubeObject[], string | undefined, boolean]>([
    ['healthy', since(healthy), undefined, false],
    ['degraded, all right since', since(but(VMB, degraded)), undefined, true],
    ['degraded, not listed since', before(but(VMB, degraded)), 'VMBackupDegraded', false],
    ['degraded for its StorageClass', since(but(VMB, ofClass)), 'VMBackupDegraded', false],
    ['degraded, and not ready', since(but(VMB, degraded, unready)), 'VMBackupDegraded', false],
    ['degraded, and a link broken', since(without('BackupVolume', but(VMB, degraded))), 'VMBackupDegraded', false],
  ])('%s', async (_what, world, reason, isPast) => {
    const status = judgeStatus(await chainOf(world), nowMs);
    expect(status.readiness?.reason).toBe(reason);
    expect(status.past !== undefined).toBe(isPast);
    expect(status.links.every(({ result }) => result === 'pass')).toBe(reason === undefined);
  });
});
