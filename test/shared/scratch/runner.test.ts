import { firstAnswer } from '../../../shared/plan/check.ts';
import { describe, expect, test } from '@jest/globals';
import { ref } from '../../../shared/domain/kinds.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { create, createNamespace } from '../../../shared/scratch/objects.ts';
import type { Progress } from '../../../shared/scratch/runner.ts';
import {
  advance,
  claimProgress,
  clear,
  failed,
  isSpoilt,
  missing,
  refused,
  waiting,
} from '../../../shared/scratch/runner.ts';
import { noScratchObjects, readInTheWay, removal, scratchRef } from '../../../shared/scratch/scratch.ts';

/** What a run does next, from what is there. What waits or is over comes first. */

const NOW = Date.parse('2026-03-01T12:00:00Z');
const LABEL = 'gleaner.dev/drill';
const DELETED = '2026-03-01T11:00:00Z';
const metadata = (name: string, more: object = {}) => ({
  ...{ name, namespace: 'scratch', uid: `u-${name}`, resourceVersion: '1', labels: { [LABEL]: 'u' } },
  ...more,
});
const claimOf = (phase: string | undefined, more: object = {}) =>
  schemas.PersistentVolumeClaim.parse({ metadata: metadata('claim', more), spec: {}, status: { phase } });
const podOf = (more: object = {}) => schemas.Pod.parse({ metadata: metadata('pod', more), spec: {}, status: {} });
const snapshotOf = (more: object = {}) =>
  schemas.VolumeSnapshot.parse({
    metadata: metadata('snapshot', more),
    spec: { source: { volumeSnapshotContentName: 'content' } },
  });
const contentOf = (deletionPolicy: string, more: object = {}) =>
  schemas.VolumeSnapshotContent.parse({
    metadata: metadata('content', more),
    spec: {
      ...{ driver: 'driver.longhorn.io', deletionPolicy, source: { snapshotHandle: 'bak://v/b' } },
      volumeSnapshotRef: { name: 'snapshot', namespace: 'scratch' },
    },
  });
const make = createNamespace('scratch', undefined);

describe('a run', () => {
  const done: Progress = { is: 'done' };
  const next = (parts: readonly Progress[], untilMs = NOW) => advance(parts, NOW, untilMs);

  test.each<[when: string, parts: readonly Progress[], untilMs: number, next: object]>([
    ['waits for the part that is not done', [done, waiting('x')], NOW, { is: 'waiting', parts: [waiting('x')] }],
    ['is over once all is done, however late', [done, done], NOW - 1, { is: 'done', parts: [done, done] }],
    ['has nothing to try', [], NOW, { is: 'empty' }],
    ['is late, and creates nothing more', [missing(make, 'x')], NOW - 1, { is: 'late', parts: [missing(make, 'x')] }],
    [
      'fails with every part that failed, whatever else is missing or late',
      [missing(make, 'x'), failed('a'), failed('b')],
      NOW - 1,
      { is: 'failed', parts: [failed('a'), failed('b')] },
    ],
    [
      'creates what is missing of each part, and tells what it waits for',
      [missing(make, 'x'), waiting('y'), done, missing(make, 'z')],
      NOW,
      { is: 'missing', parts: [missing(make, 'x'), waiting('y'), missing(make, 'z')], make: [...make, ...make] },
    ],
  ])('%s', (_when, parts, untilMs, expected) => {
    expect(next(parts, untilMs)).toEqual(expected);
  });

  test('of an end that cannot be read is not late', () => {
    expect(next([waiting('x')], NaN).is).toBe('waiting');
  });

  test('asks its checks in order, and none after the first that answers', () => {
    const asked: string[] = [];
    const check = (name: string, answer: string | undefined) => (more: string) => {
      asked.push(name + more);
      return answer;
    };
    expect(firstAnswer([check('a', undefined), check('b', 'B'), check('c', 'C')], '!')).toBe('B');
    expect(asked).toEqual(['a!', 'b!']);
    expect(firstAnswer([check('d', undefined)], '?')).toBeUndefined();
  });

  test('that cannot begin names a command only where one helps', () => {
    expect(refused('DrillWaits', 'x', undefined)).toEqual(['DrillWaits', 'x']);
    expect(refused('DrillWaits', 'x', 'ls')).toEqual(['DrillWaits', 'x', { command: 'ls' }]);
  });

  test('creates its namespace only where it is missing', () => {
    expect(createNamespace('scratch', {})).toEqual([]);
    expect(make).toEqual([create(expect.objectContaining({ kind: 'Namespace' }) as never)]);
  });
});

describe('a claim', () => {
  const waits = { missing: 'it is made', bound: 'it is provisioned' };
  test.each<[when: string, ...asked: Parameters<typeof claimProgress>, progress: unknown]>([
    ['is bound', claimOf('Bound'), make, waits, 'no room', undefined],
    ['is provisioned', claimOf('Pending'), [], waits, undefined, waiting('it is provisioned')],
    [
      'is provisioned, with a word of why not',
      claimOf(undefined),
      [],
      waits,
      '; the provisioner says: no room',
      waiting('it is provisioned; the provisioner says: no room'),
    ],
    ['is lost', claimOf('Lost'), make, waits, undefined, failed('its claim has lost its volume')],
    ['is not there', undefined, make, waits, undefined, missing(make, 'it is made')],
    ['lacks its pod', claimOf('Pending'), make, waits, 'no pod', missing(make, 'it is made')],
  ])('that %s', (_when, claim, missingObjects, words, said, progress) => {
    expect(claimProgress(claim, missingObjects, words, said)).toEqual(progress);
  });

  test('that somebody deletes spoils its run', () => {
    const claims = [claimOf('Bound')];
    expect(isSpoilt({ ...noScratchObjects, claims })).toBe(false);
    expect(isSpoilt({ ...noScratchObjects, claims: [claimOf('Bound', { deletionTimestamp: DELETED })] })).toBe(true);
  });
});

describe('removal', () => {
  const all = {
    pods: [podOf()],
    claims: [claimOf('Bound')],
    snapshots: [snapshotOf()],
    contents: [contentOf('Retain')],
  };
  const going = { deletionTimestamp: DELETED };
  const does = (objects: typeof all) =>
    removal(objects, LABEL).map((action) => [action.do, (action as any).target.kind]);

  test.each<[when: string, objects: Partial<typeof all>, does: unknown[]]>([
    ['nothing is there', { pods: [], claims: [], snapshots: [], contents: [] }, []],
    ['all that is in use is being deleted', { pods: [podOf(going)], claims: [claimOf('Bound', going)] }, []],
    ['the snapshot is being deleted', { pods: [], claims: [], snapshots: [snapshotOf(going)] }, []],
    [
      'the content is being deleted',
      { pods: [], claims: [], snapshots: [], contents: [contentOf('Retain', going)] },
      [],
    ],
    [
      'all is there: pods and claims go first',
      {},
      [
        ['deleteDrilled', 'Pod'],
        ['deleteDrilled', 'PersistentVolumeClaim'],
      ],
    ],
    ['pods and claims are gone', { pods: [], claims: [] }, [['deleteSnapshot', 'VolumeSnapshot']]],
    ['only the content is left', { pods: [], claims: [], snapshots: [] }, [['deleteContent', 'VolumeSnapshotContent']]],
    [
      'a content is on Delete: it is put on Retain before anything goes',
      { pods: [], claims: [], contents: [contentOf('Delete')] },
      [
        ['setPolicy', 'VolumeSnapshotContent'],
        ['deleteSnapshot', 'VolumeSnapshot'],
      ],
    ],
  ])('while %s', (_when, objects, expected) => {
    expect(does({ ...all, ...objects })).toEqual(expected);
  });

  test('is told with what is there; without a step it waits, and without anything it is over', () => {
    const reasons = { cleanUp: 'DrillCleanUp', clearing: 'DrillClearing' } as const;
    expect(clear(reasons, 'over', noScratchObjects, [])).toBeUndefined();
    expect(clear(reasons, 'over', noScratchObjects, [], ['PersistentVolume pv'])).toEqual([
      'DrillClearing',
      'over; waiting for the deletion of PersistentVolume pv',
      { waitsFor: 'PersistentVolume pv' },
    ]);
    const objects = { ...noScratchObjects, pods: all.pods, contents: all.contents };
    const there = 'Pod scratch/pod, VolumeSnapshotContent content';
    expect(clear(reasons, 'over', objects, [])).toEqual([
      'DrillClearing',
      `over; waiting for the deletion of ${there}`,
      { waitsFor: there },
    ]);
    const actions = removal(objects, LABEL);
    expect(clear(reasons, 'over', objects, actions)).toEqual([
      'DrillCleanUp',
      `over; cleaning up: ${there}`,
      { actions },
    ]);
  });
});

describe('a name', () => {
  const wanted = [scratchRef('VolumeSnapshotContent', 'content', 'scratch'), scratchRef('Pod', 'pod', 'scratch')];
  const mark = { label: LABEL, value: 'u' };
  /** Answers `get` from these pods alone. */
  const readerOf = (...pods: ReturnType<typeof podOf>[]): [Reader, string[]] => {
    const asked: string[] = [];
    const get = (kind: string, name: string) => {
      asked.push(`${kind} ${name}`);
      return Promise.resolve(kind === 'Pod' ? pods.find((pod) => pod.metadata.name === name) : undefined);
    };
    return [{ get } as unknown as Reader, asked];
  };

  test('that nobody has is free', async () => {
    expect(await readInTheWay(readerOf()[0], mark, wanted, noScratchObjects)).toBeUndefined();
  });

  test('of an object that bears the mark is the run’s own', async () => {
    expect(await readInTheWay(readerOf(podOf())[0], mark, wanted, noScratchObjects)).toBeUndefined();
  });

  test('that the run is known to have is not read', async () => {
    const [reader, asked] = readerOf(podOf({ labels: {} }));
    expect(await readInTheWay(reader, mark, wanted, { ...noScratchObjects, pods: [podOf()] })).toBeUndefined();
    expect(asked).toEqual(['VolumeSnapshotContent content']);
  });

  test.each([
    ['nobody marked', {}],
    ['is of another run', { [LABEL]: 'other' }],
  ])('of an object that %s is taken', async (_whose, labels) => {
    const found = await readInTheWay(readerOf(podOf({ labels }))[0], mark, wanted, noScratchObjects);
    expect(found).toEqual(ref('Pod', 'pod', 'scratch'));
  });
});
