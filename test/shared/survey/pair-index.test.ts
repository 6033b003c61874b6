import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { decodeOrThrow } from '../../../shared/kube/decode.ts';
import type { Content } from '../../../shared/objects/types.ts';
import { NameTable } from '../../../shared/survey/name-table.ts';
import {
  addContent,
  backupBits,
  flag,
  isBound,
  isUnclaimedContent,
  isUnclaimedSnapshot,
  isUnfinished,
  PairIndex,
  pairsOf,
  recordBinding,
  recordUse,
  slot,
  stateOf,
} from '../../../shared/survey/pair-index.ts';

const stored = (o: KubeObject): KubeObject => ({ ...o, metadata: { resourceVersion: '1', ...o.metadata } });
const content = (name: string, shape: Partial<make.ContentShape> = {}, ...modifiers: make.Modifier[]): Content =>
  decodeOrThrow(
    'VolumeSnapshotContent',
    stored(make.content({ snapshot: name, handle: 'bak://pvc-a/backup-a', ...shape }, ...modifiers)),
  );
const snapshot = (name: string, ...modifiers: make.Modifier[]) =>
  decodeOrThrow('VolumeSnapshot', stored(make.snapshot({ name }, ...modifiers)));
const vmBackup = (...snapshots: string[]) => {
  const entries = snapshots.map((name, i) =>
    make.volumeEntry({ vmBackup: 'web', volumeName: `disk-${i}`, claim: `c${i}`, name }),
  );
  return decodeOrThrow('VirtualMachineBackup', stored(make.vmBackup({ name: 'web', entries })));
};

describe('which content is bound to a snapshot', () => {
  const at = 'web-volume-c0';
  const bound = (from: readonly Content[], of = snapshot(at), known = true): boolean => {
    const [pairs, links] = [new PairIndex(), new NameTable()];
    for (const one of from) {
      if (known) addContent(pairs, one, flag.content);
      recordBinding(one, pairs, links);
    }
    return isBound(of, pairs, links);
  };
  const rows: readonly (readonly [string, expected: boolean, actual: () => boolean])[] = [
    ['its own', true, () => bound([content(at)])],
    ['its own, which is in no index', true, () => bound([content(at)], snapshot(at), false)],
    [
      'its own, which does not give its uid yet',
      true,
      () => bound([content(at, {}, (o) => delete o['spec'].volumeSnapshotRef.uid)]),
    ],
    ['its own, behind another of that snapshot', true, () => bound([content(at, { name: 'stray' }), content(at)])],
    ['none', false, () => bound([])],
    ['one of another name', false, () => bound([content(at, { name: 'stray' })])],
    [
      'one of a former snapshot of that name',
      false,
      () => bound([content(at, {}, (o) => (o['spec'].volumeSnapshotRef.uid = 'former'))]),
    ],
    ['one of another namespace', false, () => bound([content(at, { namespace: 'dev' })])],
    [
      'its own, but it says another',
      false,
      () => bound([content(at)], snapshot(at, make.withStatus({ boundVolumeSnapshotContentName: 'stray' }))),
    ],
    [
      'its own, but it does not say so',
      false,
      () =>
        bound(
          [content(at)],
          snapshot(at, (o) => delete o['status'].boundVolumeSnapshotContentName),
        ),
    ],
    [
      'its own, but it has no status',
      false,
      () =>
        bound(
          [content(at)],
          snapshot(at, (o) => delete o['status']),
        ),
    ],
  ];
  test.each(rows)('%s: %s', (_what, expected, actual) => {
    expect(actual()).toBe(expected);
  });

  test('the first is recorded in the pair’s slot, all others in the table beside it', () => {
    const [pairs, links] = [new PairIndex(), new NameTable()];
    addContent(pairs, content(at), flag.content);
    recordBinding(content(at), pairs, links);
    expect(pairs.numberOf(at, 'prod', slot.content)).not.toBe(0);
    expect(links.some(() => true)).toBe(false);
    recordBinding(content(at, { name: 'stray' }), pairs, links);
    expect(links.some(() => true)).toBe(true);
  });
});

describe('which pairs a VMBackup uses', () => {
  const used = (...backups: string[]) => {
    const pairs = new PairIndex();
    for (const name of ['a', 'a-snap-revise', 'a-snap-revise-snap-revise', 'b']) pairs.add(name, flag.snapshot, 'prod');
    pairs.add('a', flag.snapshot, 'dev');
    recordUse(vmBackup(...backups), pairs);
    const isUsed = (name: string, namespace: string) => (pairs.get(name, namespace) & flag.claimed) !== 0;
    return [
      ...['a', 'a-snap-revise', 'a-snap-revise-snap-revise', 'b'].filter((name) => isUsed(name, 'prod')),
      ...(isUsed('a', 'dev') ? ['dev/a'] : []),
    ];
  };
  test.each([
    [[], []],
    [['b'], ['b']],
    [['a'], ['a', 'a-snap-revise']],
    [['a-snap-revise'], ['a', 'a-snap-revise', 'a-snap-revise-snap-revise']],
    [['gone'], []],
  ])('%j: %j', (names, expected) => {
    expect(used(...names)).toEqual(expected);
  });

  test('a name that only a former pair suggests is not made by asking', () => {
    const pairs = new PairIndex();
    expect(pairs.isRevised('a', 'prod')).toBe(false);
    pairs.add('a-snap-revise', flag.content, 'prod');
    expect([pairs.isRevised('a', 'prod'), pairs.isRevised('a', 'dev'), pairs.get('a', 'prod')]).toEqual([
      true,
      false,
      0,
    ]);
  });
});

describe('the bits of a pair', () => {
  test('a pair without any flag is none', () => {
    expect(stateOf(0, 0, false)).toMatchObject({ hasSnapshot: false, hasContent: false, unowned: true });
  });

  test.each(
    Object.entries({
      snapshot: 'hasSnapshot',
      content: 'hasContent',
      dynamic: 'dynamic',
      unready: 'unready',
      notRight: 'notRight',
      unfinished: 'unfinished',
      taken: 'hasOwnData',
    }),
  )('%s alone gives %s alone', (name, field) => {
    const {
      names: _names,
      recorded: _recorded,
      unowned: _unowned,
      ...flags
    } = stateOf(flag[name as keyof typeof flag]);
    expect(Object.entries(flags).filter(([, is]) => is)).toEqual([[field, true]]);
  });

  test('the flags leave the backup’s name alone', () => {
    const all = Object.values(flag).reduce((sum, one) => sum | one, 0);
    const state = stateOf((all | backupBits('backup-a')) >>> 0);
    expect([state.names('backup-a'), state.names('backup-b'), state.hasContent]).toEqual([true, false, true]);
  });

  test('a snapshot is owned by the VMBackup whose uid is in its slot', () => {
    const [pairs, backup] = [new PairIndex(), vmBackup('a', 'b')];
    pairs.add('a', flag.snapshot, 'prod');
    expect(pairsOf(backup, pairs, new NameTable())('a').unowned).toBe(true);
    expect(pairsOf(backup, pairs, new NameTable())('gone').unowned).toBe(true);
  });

  test('a second content of a snapshot is remembered', () => {
    const pairs = new PairIndex();
    addContent(pairs, content('a'), flag.content);
    expect(pairs.get('a', 'prod') & flag.twice).toBe(0);
    addContent(pairs, content('a', { name: 'stray' }), flag.content);
    expect(pairs.get('a', 'prod') & flag.twice).toBe(flag.twice);
  });

  test.each([
    ['nothing', 0, false, false],
    ['a snapshot alone', flag.snapshot, false, false],
    ['a content alone', flag.content, true, false],
    ['both', flag.content | flag.snapshot, false, true],
    ['both, which a VMBackup names', flag.content | flag.snapshot | flag.claimed, false, false],
    ['a content that a VMBackup expects', flag.content | flag.claimed, false, false],
    ['a content of another sort', flag.notRight, false, false],
  ])('%s: unclaimed content %s %s, snapshot %s', (_what, bits, isContent, isSnapshot) => {
    expect([isUnclaimedContent(bits), isUnclaimedSnapshot(bits)]).toEqual([isContent, isSnapshot]);
  });
});

describe('a content is unfinished', () => {
  const rows: readonly (readonly [string, expected: boolean, modify: make.Modifier])[] = [
    ['ready', false, () => undefined],
    ['in deletion', true, make.deleting],
    ['not ready', true, make.withStatus({ readyToUse: false })],
    ['not known to be ready', true, (o) => delete o['status'].readyToUse],
    ['with an error', true, make.withStatus({ error: { message: 'gone' } })],
    ['without the uid of its snapshot', true, (o) => delete o['spec'].volumeSnapshotRef.uid],
    ['with a policy still to take', true, make.annotated({ 'gleaner.dev/deletion-policy': 'Delete' })],
    [
      'left by its snapshot',
      true,
      make.annotated({ 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted': 'yes' }),
    ],
  ];
  test.each(rows)('%s: %s', (_what, expected, modify) => {
    expect(isUnfinished(content('a', {}, modify))).toBe(expected);
  });
});
