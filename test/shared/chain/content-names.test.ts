import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import {
  contentNameOf,
  controllerContentName,
  namesContent,
  pairContentName,
  provisionedContentName,
} from '../../../shared/chain/lookup.ts';
import type { Snapshot } from '../../../shared/objects/types.ts';
import { readerOf } from '../../gen/reader.ts';

const bound = (name: string | null) => make.withStatus({ boundVolumeSnapshotContentName: name });
const byUid = `snapcontent-${make.uidFor('VolumeSnapshot', 'web', 'prod')}`;
const read = (shape: Partial<make.SnapshotShape>, ...modifiers: make.Modifier[]) =>
  readerOf([make.snapshot({ name: 'web', ...shape }, ...modifiers)]).get('VolumeSnapshot', 'web', 'prod');

/** Where its content is looked for: by what it says, as part of a pair, by relink-vmbackup and by rebuild-snapshot. */
const lookedFor = (snapshot: Snapshot | undefined) => [
  contentNameOf(snapshot),
  pairContentName('web', snapshot),
  provisionedContentName('web', snapshot),
  controllerContentName('web', snapshot),
];

describe('where the content of a snapshot is looked for', () => {
  test.each<[string, Promise<Snapshot | undefined>, (string | undefined)[]]>([
    ['gone', Promise.resolve(undefined), [undefined, 'web-vsc', 'web-vsc', 'web-vsc']],
    ['taken here, not bound yet', read({ claim: 'data' }, bound(null)), [undefined, undefined, 'web-vsc', byUid]],
    ['taken here', read({ claim: 'data' }, bound('dynamic')), Array(4).fill('dynamic')],
    ['pre-provisioned, not bound yet', read({ content: 'by-hand' }, bound(null)), Array(4).fill('by-hand')],
    ['pre-provisioned, bound to another', read({ content: 'by-hand' }, bound('other')), Array(4).fill('by-hand')],
  ])('%s', async (_what, snapshot, names) => {
    expect(lookedFor(await snapshot)).toEqual(names);
  });

  test('a snapshot names its source and what it is bound to, and nothing else', async () => {
    const snapshot = (await read({ content: 'by-hand' }, bound('other'))) as Snapshot;
    expect(['web-vsc', 'by-hand', 'other'].filter((name) => namesContent(snapshot, name))).toEqual([
      'by-hand',
      'other',
    ]);
  });
});
