import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { boundAndReady, misboundPart, pointsAt } from '../../../shared/chain/pair.ts';
import { decoded } from '../../gen/decoded.ts';

const snapshot = (shape: Partial<make.SnapshotShape> = {}, ...modifiers: make.Modifier[]) =>
  decoded('VolumeSnapshot', make.snapshot({ name: 'web', ...shape }, ...modifiers));
const content = (shape: Partial<make.ContentShape> = {}, ...modifiers: make.Modifier[]) =>
  decoded(
    'VolumeSnapshotContent',
    make.content({ snapshot: 'web', handle: 'bak://pvc-1/backup-1', ...shape }, ...modifiers),
  );
const refers =
  (fields: object): make.Modifier =>
  (o) =>
    void Object.assign(o['spec'].volumeSnapshotRef, fields);
const unready = make.withStatus({ readyToUse: false });

describe('boundAndReady', () => {
  test.each([
    ['a pair', snapshot(), content(), true],
    ['a snapshot that names another content', snapshot({ content: 'by-hand' }), content(), false],
    [
      'a snapshot bound to another',
      snapshot({}, make.withStatus({ boundVolumeSnapshotContentName: 'x' })),
      content(),
      false,
    ],
    ['a snapshot not bound', snapshot({}, make.withStatus({ boundVolumeSnapshotContentName: null })), content(), false],
    ['a snapshot taken here', snapshot({ claim: 'data' }), content({ volume: 'pvc-1' }), false],
    ['a snapshot not ready', snapshot({}, unready), content(), false],
    ['a snapshot in deletion', snapshot({}, make.deleting), content(), false],
    ['a content of another snapshot', snapshot(), content({}, refers({ name: 'other' })), false],
    ['a content of another namespace', snapshot(), content({}, refers({ namespace: 'finance' })), false],
    ['a content of a former snapshot', snapshot(), content({}, refers({ uid: 'uid-1' })), false],
    ['a content without a uid', snapshot(), content({}, refers({ uid: null })), false],
    ['a content not ready', snapshot(), content({}, unready), false],
    ['a content that says nothing', snapshot(), content({}, (o) => void delete o['status']), false],
    ['a content in deletion', snapshot(), content({}, make.deleting), false],
  ])('%s', (_what, one, other, is) => expect(boundAndReady(one, other)).toBe(is));
});

describe('pointsAt', () => {
  test.each([
    ['a pair', snapshot(), content(), true],
    // By name alone: whoever makes the content anew gives it the uid.
    ['a content of a former snapshot', snapshot(), content({}, refers({ uid: 'uid-1' })), true],
    ['neither bound nor ready', snapshot({}, unready), content({}, unready), true],
    ['a content of another snapshot', snapshot(), content({}, refers({ name: 'other' })), false],
    ['a content of another namespace', snapshot(), content({}, refers({ namespace: 'finance' })), false],
    ['a snapshot that names another content', snapshot({ content: 'by-hand' }), content(), false],
  ])('%s', (_what, one, other, is) => expect(pointsAt(one, other)).toBe(is));
});

describe('misboundPart', () => {
  const others = content({ snapshot: 'other', name: 'other-vsc' });
  const uid = make.uidFor('VolumeSnapshot', 'web', 'prod');
  test.each([
    ['somebody’s healthy content is not accused', others, 'VolumeSnapshot'],
    ['nor is one of another namespace', content({ name: 'other-vsc', namespace: 'finance' }), 'VolumeSnapshot'],
    [
      'a content of a former snapshot of that name',
      content({ name: 'by-hand' }, refers({ uid: 'uid-1' })),
      'VolumeSnapshotContent',
    ],
    [
      'another’s under the name of this one’s',
      content({ snapshot: 'other', name: 'web-vsc' }),
      'VolumeSnapshotContent',
    ],
    [
      'another’s under the name of the one taken here',
      content({ snapshot: 'other', name: `snapcontent-${uid}` }),
      'VolumeSnapshotContent',
    ],
  ])('%s', (_what, one, kind) => {
    expect(misboundPart('prod', { name: 'web', snapshot: snapshot() }, one).kind).toBe(kind);
  });
});
