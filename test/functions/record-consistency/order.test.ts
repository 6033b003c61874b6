import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Config } from '../../../functions/record-consistency/config.ts';
import { factsFrom } from '../../../functions/record-consistency/evidence.ts';
import type { Facts } from '../../../functions/record-consistency/facts.ts';
import { fill } from '../../../functions/record-consistency/facts.ts';
import { judge } from '../../../functions/record-consistency/judge.ts';
import { observe } from '../../../functions/record-consistency/observe.ts';
import { readNote } from '../../../functions/record-consistency/consistency-note.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { readerOf } from '../../gen/reader.ts';
import type { Volume } from './story.ts';
import { at, backupOf, lookAt, machine, pairsOf, running, T0, withNotes, worthIn } from './story.ts';

/**
 * Stories of a VM and its backup, told in whole seconds, with every object as it is at each second. An event, whichever
 * it is, has the function look at the world of its moment: events that are late, doubled, reordered or lost come to
 * other moments at which it looks.
 */
interface Story {
  readonly agent: boolean;
  readonly volumes: readonly Volume[];
  /** When the guest ends; the instance goes, and is noticed to be gone, some seconds later. */
  readonly ends: number | undefined;
  readonly goes: number;
  /** Whether the instance that ended stays, as after a shutdown from inside. */
  readonly stays: boolean;
  /** When the next instance begins. */
  readonly again: number | undefined;
  readonly ready: number;
}

const stories: fc.Arbitrary<Story> = fc
  .record({
    agent: fc.boolean(),
    gaps: fc.array(fc.record({ wait: fc.nat(4), takes: fc.nat(8) }), { minLength: 1, maxLength: 3 }),
    ends: fc.option(fc.oneof(fc.integer({ min: -120, max: 40 }), fc.constant(-5000)), { nil: undefined }),
    goes: fc.nat(20),
    stays: fc.boolean(),
    again: fc.option(fc.nat(30), { nil: undefined }),
    ready: fc.nat(40),
  })
  .map(({ gaps, ends, goes, again, ready, ...rest }) => {
    let asked = 0;
    const volumes = gaps.map(({ wait, takes }) => ({ asked: (asked += wait), taken: asked + takes }));
    const gone = (ends ?? 0) + goes;
    const last = Math.max(...volumes.map(({ taken }) => taken));
    return {
      ...rest,
      ends,
      goes: gone,
      volumes,
      again: again === undefined ? undefined : gone + again,
      ready: last + ready,
    };
  })
  // Harvester asks for the next volume only while the VM is as it was: the annotation is then the same for all.
  .filter(({ ends, goes, volumes, again }) => {
    const [first, lastAsked] = [volumes[0]!.asked, volumes.at(-1)!.asked];
    const steady = (second: number | undefined) => second === undefined || second < first || second > lastAsked;
    return [ends, goes, again].every(steady);
  });

const since = -9000;
const isUp = ({ ends, again }: Story, second: number) =>
  ends === undefined || second < ends || (again !== undefined && second >= again);

/** Every object that there is at a second. */
function worldAt(story: Story, second: number): KubeObject[] {
  const { agent, volumes, ends, goes, stays, again, ready } = story;
  const asked = volumes.filter((volume) => volume.asked <= second);
  const isFrozen = agent && isUp(story, volumes[0]!.asked);
  const freeze = isFrozen ? ('true' as const) : ('false' as const);
  const whole = { volumes, ...(asked.length > 0 && { freeze }) };
  const backup = backupOf(whole, (o) => {
    if (second < ready) Object.assign(o['status'], { readyToUse: false, creationTime: undefined });
    else o['status'].creationTime = at(ready);
  });
  const pairs = pairsOf(whole).filter((_, index) => volumes[Math.floor(index / 2)]!.asked <= second);
  for (const [index, object] of pairs.entries()) {
    if (volumes[Math.floor(index / 2)]!.taken > second) delete object['status'].creationTime;
  }
  const begun = again !== undefined && second >= again;
  const objects = [backup, ...pairs];
  if (begun) return [...objects, running({ since: again, agent }), machine(undefined)];
  if (ends === undefined || second < ends) return [...objects, running({ since, agent }), machine(undefined)];
  if (stays || second < goes) return [...objects, running({ since, agent, ended: ends }), machine(undefined)];
  return [...objects, machine(goes)];
}

/** What can truly be said of the story; several where nobody could tell the difference from what there is to see. */
function truths(story: Story): string[] {
  const { agent, volumes, ends, goes, stays } = story;
  const first = Math.min(...volumes.map(({ taken }) => taken));
  const last = Math.max(...volumes.map(({ taken }) => taken));
  const stopped = ends !== undefined && ends <= first && !(story.again !== undefined && story.again <= first);
  const frozen = agent && isUp(story, volumes[0]!.asked) ? ['frozen'] : [];
  if (stopped) {
    const seen = stays || first < goes ? [ends] : [ends, goes];
    return [...frozen, ...seen.map((second) => (first - second < 60 ? 'just-stopped' : 'off'))];
  }
  const ran = isUp(story, first) && (ends === undefined || ends > last || story.again! <= volumes[0]!.asked);
  if (!ran) return frozen;
  return frozen.length > 0 ? ['frozen', 'freeze-lapsed', 'freeze-unsure'] : ['crash'];
}

const moments = fc.uniqueArray(fc.integer({ min: -5, max: 120 }), { minLength: 1, maxLength: 12 });
/** `npm run test:sandbox` has more of them. */
const runs = { numRuns: process.env.FUZZ_WORLDS === undefined ? 60 : 600 };

/** What is on record after looking at these moments, in their order, and all that was on record in between. */
async function play(story: Story, seconds: readonly number[]) {
  const records: string[] = [];
  let notes = new Map<string, Record<string, string>>();
  let events = 0;
  for (const second of [...seconds].sort((a, b) => a - b)) {
    const world = worldAt(story, second).map((object) => {
      const annotations = notes.get(object.metadata.name);
      return annotations ? { ...object, metadata: { ...object.metadata, annotations } } : object;
    });
    const seen = await lookAt(world, second);
    events += (seen.records ?? []).filter((record) => record.do === 'recordEvent').length;
    const noted = withNotes(world, seen);
    notes = new Map(
      noted
        .filter(({ kind }) => kind === 'VolumeSnapshotContent')
        .map(({ metadata }) => [metadata.name, metadata.annotations ?? {}]),
    );
    records.push(worthIn(seen) ?? '');
  }
  return { last: records.at(-1)!, records, events };
}

describe('whichever events come, twice, late or not at all', () => {
  test('the record is what was true, or says less', () =>
    fc.assert(
      fc.asyncProperty(stories, moments, async (story, seconds) => {
        const { last } = await play(story, seconds);
        expect(['unknown', ...truths(story)]).toContain(last);
      }),
      runs,
    ));

  test('what is once on record stays, and makes one Event', () =>
    fc.assert(
      fc.asyncProperty(stories, moments, async (story, seconds) => {
        const { records, events } = await play(story, seconds);
        const known = records.filter((record) => record !== 'unknown');
        expect(new Set(known).size).toBeLessThanOrEqual(1);
        expect(records.slice(records.findIndex((record) => record !== 'unknown'))).not.toContain(
          known.length > 0 ? 'unknown' : '',
        );
        expect(events).toBe(known.length > 0 ? 1 : 0);
      }),
      runs,
    ));

  test('fewer looks say the same or less', () =>
    fc.assert(
      fc.asyncProperty(stories, moments, fc.infiniteStream(fc.boolean()), async (story, seconds, kept) => {
        const all = await play(story, seconds);
        const some = seconds.filter(() => kept.next().value);
        if (some.length === 0) return;
        const { last } = await play(story, some);
        expect(['unknown', all.last]).toContain(last);
      }),
      runs,
    ));

  test('a story in which all is seen is told', async () => {
    const every = Array.from({ length: 30 }, (_, second) => second);
    const volumes = [{ asked: 0, taken: 1 }];
    const story = { agent: false, volumes, ends: undefined, goes: 0, stays: false, again: undefined, ready: 5 };
    expect((await play(story, every)).last).toBe('crash');
    expect((await play({ ...story, agent: true }, every)).last).toBe('frozen');
    expect((await play({ ...story, ends: -500, goes: -490 }, every)).last).toBe('off');
    expect((await play({ ...story, ends: -9, goes: -4 }, every)).last).toBe('just-stopped');
    expect((await play({ ...story, ends: -4000, goes: 0, stays: true }, every)).last).toBe('off');
    expect((await play({ ...story, ends: -5, goes: -3, again: 3 }, every)).last).toBe('just-stopped');
    expect((await play({ ...story, ends: -5, goes: -3, again: 3 }, every.slice(4))).last).toBe('unknown');
  });
});

describe('facts', () => {
  const factsAt = async (story: Story, second: number): Promise<Facts | undefined> => {
    const { backup, ...seen } = await observe(
      readerOf(worldAt(story, second)),
      ref('VirtualMachineBackup', 'nightly', 'prod'),
    );
    const facts = factsFrom({ ...seen, backup: backup! }, T0 + second * 1000);
    return typeof facts === 'string' ? undefined : facts;
  };

  test('come together to the same in any order and any number', () =>
    fc.assert(
      fc.asyncProperty(stories, moments, fc.array(fc.nat(11), { maxLength: 30 }), async (story, seconds, order) => {
        const all = await Promise.all(seconds.map((second) => factsAt(story, second)));
        const inOrder = all.reduce(fill, undefined);
        const shuffled = [...order.map((i) => all[i % all.length]), ...[...all].reverse()].reduce(fill, undefined);
        expect(shuffled).toEqual(inOrder);
        const config = Config.parse({});
        if (inOrder !== undefined) expect(judge(shuffled!, config)).toEqual(judge(inOrder, config));
      }),
      runs,
    ));

  test('a note gives back what was noted', async () => {
    const story = {
      agent: true,
      volumes: [{ asked: 0, taken: 1 }],
      ends: -3,
      goes: -2,
      stays: true,
      again: undefined,
      ready: 4,
    };
    const world = worldAt(story, 20);
    const noted = withNotes(world, await lookAt(world, 20)).find(({ kind }) => kind === 'VolumeSnapshotContent')!;
    const read = (kind: 'VolumeSnapshotContent' | 'VirtualMachineBackup', object: KubeObject) =>
      schemas[kind].parse({ ...object, metadata: { resourceVersion: '1', ...object.metadata } });
    const content = read('VolumeSnapshotContent', noted) as Parameters<typeof readNote>[0];
    const backup = read('VirtualMachineBackup', backupOf({})) as Parameters<typeof readNote>[1];
    expect(readNote(content, backup)).toEqual(await factsAt(story, 20));
    expect(JSON.stringify(noted)).not.toContain(make.secretMarker);
  });
});
