import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { restoreContentName, restoreSnapshotName } from '../../../shared/domain/restore-names.ts';
import type { RestoreRequest } from '../../../shared/restore/seen-preflight.ts';
import { allPairsExist, checkPlannedPairs } from '../../../shared/restore/planned-pairs.ts';
import * as w from '../../functions/preflight-restore/world.ts';
import { bad, forbidden, seen } from './seen.ts';

const named: Partial<RestoreRequest> = { named: 'r' };
const snapshotName = await restoreSnapshotName('r', w.N);
const contentName = await restoreContentName('finance', 'r', w.N);
const right = `bak://${w.V}/${w.B}`;
const noUid: make.Modifier = (o) => void delete o['spec'].volumeSnapshotRef.uid;

const content = (shape: Partial<make.ContentShape> = {}, ...modifiers: make.Modifier[]) =>
  make.content(
    { name: contentName, snapshot: snapshotName, namespace: 'finance', handle: right, policy: 'Retain', ...shape },
    ...modifiers,
  );
const snapshot = (shape: Partial<make.SnapshotShape> = {}, ...modifiers: make.Modifier[]) =>
  make.snapshot({ name: snapshotName, namespace: 'finance', content: contentName, ...shape }, ...modifiers);
const beside = (...objects: KubeObject[]) => [...w.sound, ...objects];

describe('what stands under the names of a restore’s pair', () => {
  test.each<[string, KubeObject[], Partial<RestoreRequest>, string[], string]>([
    ['nothing', w.sound, named, [], 'are free'],
    ['the right content', beside(content({}, noUid)), named, [], 'are correct and will be used'],
    ['the right pair', beside(content(), snapshot()), named, [], 'are correct and will be used'],
    ['a wrong handle on Longhorn 1.7', lax(content({ handle: `bs://data/${w.B}` }, noUid)), named, [], 'will be used'],
    ['a wrong handle', beside(content({ handle: `bs://data/${w.B}` }, noUid)), named, ['fail pairs'], 'would hang'],
    [
      'a wrong handle in the status alone',
      beside(content({}, noUid, reports(`bak://data/${w.B}`))),
      named,
      ['fail pairs'],
      'would hang',
    ],
    ['another backup', beside(content({ handle: `bak://${w.V}/x` }, noUid)), named, ['fail pairs'], 'other data'],
    ['what is no backup', beside(content({ handle: `snap://${w.V}/x` }, noUid)), named, ['fail pairs'], 'other data'],
    // The backup would go with the restore.
    [
      'the policy Delete',
      beside(content({ policy: 'Delete' }, noUid)),
      named,
      ['fail pairs'],
      'would delete the backup',
    ],
    ['a snapshot that is gone', beside(content()), named, ['fail pairs'], 'bound to a snapshot that is gone'],
    [
      'another’s content',
      beside(content({ snapshot: 'x' })),
      named,
      ['fail pairs'],
      'belongs to VolumeSnapshot finance/x',
    ],
    ['a content in deletion', beside(content({}, noUid, make.deleting)), named, ['fail pairs'], 'being deleted'],
    ['a snapshot in deletion', beside(snapshot({}, make.deleting)), named, ['fail pairs'], 'being deleted'],
    ['a snapshot of a claim', beside(snapshot({ claim: 'data' })), named, ['fail pairs'], 'taken from a claim'],
  ])('%s', async (_what, world, request, says, message) => {
    const checks = checkPlannedPairs(await seen(world, request));
    expect(bad(checks)).toEqual(says);
    expect(checks.map((one) => one.message).join()).toContain(message);
  });

  test('is not asked where the restore makes no pairs, or has no name', async () => {
    expect(checkPlannedPairs(await seen(w.sound, { ...named, to: 'prod' }))).toEqual([]);
    expect(checkPlannedPairs(await seen(w.sound))).toEqual([]);
  });

  test('is unknown without the right to it', async () => {
    expect(bad(checkPlannedPairs(await seen(w.sound, named, { pairs: forbidden })))).toEqual(['unknown pairs']);
  });
});

function reports(snapshotHandle: string): make.Modifier {
  return make.withStatus({ snapshotHandle });
}
/** Longhorn up to 1.7, whose BackupVolumes have no spec, does not look the volume up. */
function lax(...objects: KubeObject[]): KubeObject[] {
  return [...w.without('BackupVolume'), make.backupVolume(w.V, '1.7'), ...objects];
}

test.each<[string, KubeObject[], boolean]>([
  ['none is there', w.sound, false],
  ['there are no volumes', w.replacing(w.vmb(make.withStatus({ volumeBackups: [] }))), false],
  ['all are right', beside(content({}, noUid)), true],
  ['one is wrong', beside(content({ handle: `bs://data/${w.B}` }, noUid)), false],
])('areAllMade: %s', async (_what, world, all) => {
  expect(allPairsExist(await seen(world, named))).toBe(all);
  expect(allPairsExist(await seen(world, named, { pairs: forbidden }))).toBe(false);
});
