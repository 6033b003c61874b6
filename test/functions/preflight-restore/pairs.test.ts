import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { restoreContentName, restoreSnapshotName } from '../../../shared/domain/restore-names.ts';
import type { RestoreRequest } from '../../../shared/restore/seen-preflight.ts';
import { B, N, V, elsewhere, replacing, run, sound, version } from './world.ts';

const restore = make.vmRestore({ name: 'rescue', namespace: 'finance', backup: 'nightly' });
const snapshotName = await restoreSnapshotName('rescue', N);
const contentName = await restoreContentName('finance', 'rescue', N);
const right = `bak://${V}/${B}`;
const wrong = `bs://data/${B}`;

/** As somebody makes it before the restore, which then makes its snapshot. */
const content = (handle: string, ...modifiers: make.Modifier[]) =>
  make.content(
    { name: contentName, snapshot: snapshotName, namespace: 'finance', handle, policy: 'Retain' },
    (o) => void delete o['spec'].volumeSnapshotRef.uid,
    ...modifiers,
  );
const snapshot = (...modifiers: make.Modifier[]) =>
  make.snapshot({ name: snapshotName, namespace: 'finance', content: contentName, policy: 'Retain' }, ...modifiers);
const ofUid =
  (uid: string): make.Modifier =>
  (o) =>
    void (o['spec'].volumeSnapshotRef.uid = uid);
const old = version('v1.4.2');

test('the names are those that Harvester gives, cut and hashed where they are long', async () => {
  expect(await restoreContentName('finance', 'r1', 'a')).toBe('restore-finance-r1-a');
  const entry = 'web-nightly-volume-web-disk-0-x4m2t';
  expect(await restoreContentName('finance', 'restore-web-7kq2p', entry)).toBe(
    'restore-finance-restore-web-7kq2p-web-nightly-volume-web-2438fc',
  );
  expect(await restoreSnapshotName('restore-web-7kq2p', entry)).toBe(
    'restore-restore-web-7kq2p-web-nightly-volume-web-disk-0-x4m2t',
  );
});

describe('what stands under the names of a restore’s own pair', () => {
  const named: RestoreRequest = { ...elsewhere, named: 'rescue' };
  const rows: [string, KubeObject[], RestoreRequest, pairs: RegExp | undefined, version: string][] = [
    // Nothing to say.
    ['nothing, and no name is known', sound, elsewhere, undefined, 'pass'],
    ['nothing', sound, named, /^pass: the names of its snapshots and contents are free$/, 'pass'],
    [
      'nothing, of an unfixed Harvester',
      replacing(old),
      named,
      /^pass: the names of its snapshots and contents are free$/,
      'fail',
    ],
    [
      'a restore into the same namespace makes none',
      replacing(content(wrong)),
      { ...named, to: 'prod', machine: 'x' },
      undefined,
      'pass',
    ],
    [
      'the right content, of an unfixed Harvester',
      replacing(old, content(right)),
      named,
      /^pass: .* are correct and will be used$/,
      'pass',
    ],
    [
      'the right pair',
      replacing(old, content(right, ofUid(snapshot().metadata.uid!)), snapshot()),
      named,
      /^pass/,
      'pass',
    ],
    [
      'a wrong content, which Longhorn 1.7 does not mind',
      replacing(
        old,
        content(wrong),
        make.backup({ volume: V, backup: B, version: '1.7' }),
        make.backupVolume(V, '1.7'),
      ).filter(({ kind, spec }) => kind !== 'BackupVolume' || !spec.volumeName),
      named,
      /^pass/,
      'pass',
    ],
    [
      'this restore’s own wrong content, which is told of its release',
      replacing(old, content(wrong, make.ownedBy(restore, false))),
      { ...elsewhere, restore: restore as any },
      /^pass/,
      'fail',
    ],
    // Something is in the way.
    [
      'a wrong content, of a Harvester that would write a right one',
      replacing(content(wrong)),
      named,
      /^fail: .* the handle bs:.*: the restore would hang/,
      'pass',
    ],
    [
      'a content of another backup',
      replacing(content(`bak://${V}/backup-other`)),
      named,
      /^fail: .* does not name backup/,
      'pass',
    ],
    [
      'a content of a former restore, still bound to its snapshot',
      replacing(content(right, ofUid('former'))),
      named,
      /^fail: .* bound to a snapshot that is gone/,
      'pass',
    ],
    [
      'a content on Delete',
      replacing(content(right, make.withSpec({ deletionPolicy: 'Delete' }))),
      named,
      /^fail: .* with deletionPolicy Delete: deleting the restore would delete the backup/,
      'pass',
    ],
    ['a content that is going', replacing(content(right, make.deleting)), named, /^fail: .* is being deleted/, 'pass'],
    [
      'a content of another snapshot',
      replacing(content(right, (o) => void (o['spec'].volumeSnapshotRef.name = 'x'))),
      named,
      /^fail: .* belongs to VolumeSnapshot finance\/x/,
      'pass',
    ],
    [
      'a snapshot of a claim',
      replacing(make.snapshot({ name: snapshotName, namespace: 'finance', claim: 'data' })),
      named,
      /^fail: .* taken from a claim/,
      'pass',
    ],
    ['a snapshot that is going', replacing(snapshot(make.deleting)), named, /^fail: .* is being deleted/, 'pass'],
  ];
  test.each(rows)('%s', async (_name, world, request, pairs, expected) => {
    const checks = await run(world, request);
    const [own] = checks.filter(({ name }) => name === 'pairs');
    if (pairs === undefined) expect(own).toBeUndefined();
    else expect(`${own?.result}: ${own?.message}`).toMatch(pairs);
    if (own?.result === 'fail') expect(own.cure).toMatch(/^(kubectl|gleaner) /);
    expect(checks.find(({ name }) => name === 'version')?.result).toBe(expected);
  });
});
