import { describe, expect, test } from '@jest/globals';
import type { AnyFunction } from '../../../shared/function.ts';
import type { SweepAsked } from '../../../shared/runtime/handle-event.ts';
import type { Stopped, Swept } from '../../../shared/runtime/sweep.ts';
import { createSweepScheduler } from '../../../shared/runtime/sweep-scheduler.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { tiny } from './tiny.ts';

const content = (name: string) =>
  schemas.VolumeSnapshotContent.parse({
    metadata: { name, uid: name, resourceVersion: '1' },
    spec: {
      driver: 'driver.longhorn.io',
      deletionPolicy: 'Retain',
      source: { snapshotHandle: 'bak://v/b' },
      volumeSnapshotRef: { name, namespace: 'prod' },
    },
  });

/** Looks closely at every content and finds nothing; each look, and each list, takes so long on the clock. */
function setUp({ contents = 10, lookMs = 0, lookTurns = 0, listMs = 0, sweepMs = 1000, sweepJitterMs = 0 } = {}) {
  let elapsed = 0;
  let looking = 0;
  let most = 0;
  const slept: number[] = [];
  const looked: string[] = [];
  const reader = {
    get: () => Promise.resolve(undefined),
    async *list(kind: string) {
      elapsed += listMs;
      if (kind !== 'VolumeSnapshotContent') return;
      for (let i = 0; i < contents; i++) yield content(`content-${i}`);
    },
    serves: () => Promise.resolve(false),
  };
  const fn: AnyFunction = {
    ...tiny,
    triage: (item) =>
      item.what === 'content'
        ? { subjects: [{ kind: 'VolumeSnapshotContent', name: item.content.metadata.name }] }
        : { subjects: [] },
    async observe(_reader, subject) {
      elapsed += lookMs;
      looked.push(subject.name);
      most = Math.max(most, ++looking);
      for (let turn = 0; turn < lookTurns; turn++) await new Promise(setImmediate);
      looking--;
      return undefined;
    },
  };
  const clock = {
    elapsedMs: () => elapsed,
    sleep: (ms: number) => {
      slept.push(ms);
      elapsed += ms;
      return Promise.resolve();
    },
    chance: () => 0.5,
  };
  const sweeping = createSweepScheduler({ sweepMs, sweepJitterMs }, clock);
  const begin = (asked: SweepAsked = {}) => sweeping(fn, { reader, config: { keep: 'no' } } as never, asked);
  const run = async (asked?: SweepAsked): Promise<Stopped | undefined> => {
    const all: (Swept | Stopped)[] = [];
    for await (const swept of begin(asked)!) all.push(swept);
    return all.find((one) => one.kind === 'stopped');
  };
  return { begin, run, slept, looked, elapsed: () => elapsed, most: () => most };
}

describe('a sweep that an event asks for', () => {
  test('with time enough looks at everything, and has nothing more to say', async () => {
    const { run, looked } = setUp();
    expect(await run()).toBeUndefined();
    expect(looked).toHaveLength(10);
  });

  test('stops when its time is up, and goes on behind that until everything was looked at once', async () => {
    const { run, looked, elapsed } = setUp({ lookMs: 300 });
    let stopped = await run();
    expect(stopped?.left).toBeGreaterThan(0);
    expect(elapsed()).toBeLessThan(1000 + 5 * 300);
    const first = looked.length;
    for (let part = 2; stopped?.next !== undefined; part++) {
      expect(stopped.next.part).toBe(part - 1);
      stopped = await run({ cursor: stopped.next });
    }
    expect(first).toBeLessThan(10);
    expect([...looked].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `content-${i}`).sort());
  });

  test('looks at one more subject, however late it is', async () => {
    // The lists behind that of the contents take the rest of the time.
    const { run, looked } = setUp({ listMs: 600, sweepMs: 1500 });
    const stopped = await run();
    expect(looked).toHaveLength(1);
    expect(stopped?.left).toBe(9);
  });

  test('that does not get through the lists says so, and is not continued', async () => {
    const { run } = setUp({ listMs: 2000 });
    expect(await run()).toEqual({ kind: 'stopped', left: 'lists' });
  });

  test('cannot be led anywhere by a forged place: there it finds what a sweep finds, or nothing', async () => {
    const { run, looked } = setUp();
    await run({ cursor: { from: 'zzz', after: '', part: 1 } });
    expect(looked).toHaveLength(10);
    await run({ cursor: { from: '', after: 'zzz', part: 1 } });
    expect(looked).toHaveLength(10);
  });

  test.each([
    ['a clock rang', { tick: true } as const, [10_000]],
    ['a person asks', {}, []],
    ['it is continued', { cursor: { from: 'b', after: 'c', part: 1 } }, []],
  ])('when %s waits %#', async (_, asked, waits) => {
    const { run, slept } = setUp({ sweepJitterMs: 20_000, sweepMs: 60_000 });
    await run(asked);
    expect(slept).toEqual(waits);
  });

  test('waits no longer than leaves it time to look, however it is set', async () => {
    const { run, slept, looked, elapsed } = setUp({ sweepJitterMs: 600_000, sweepMs: 1000, lookMs: 10 });
    expect(await run({ tick: true })).toBeUndefined();
    expect(slept).toEqual([250]);
    expect(looked).toHaveLength(10);
    expect(elapsed()).toBeLessThan(1000);
  });

  test('looks at a few subjects at once, and never at more', async () => {
    const { run, most } = setUp({ contents: 50, lookTurns: 3 });
    await run();
    expect(most()).toBe(4);
  });

  test('lets others have their turn between looks, also where every answer comes from memory', async () => {
    const { run, looked } = setUp({ contents: 100 });
    const turns: number[] = [];
    let next = setImmediate(function other() {
      turns.push(looked.length);
      next = setImmediate(other);
    });
    await run();
    clearImmediate(next);
    expect(looked).toHaveLength(100);
    const atOnce = [...turns, looked.length].map((at, i, all) => at - (all[i - 1] ?? 0));
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(4);
  });

  test('is one at a time: who asks meanwhile is told so, afterwards another may begin', async () => {
    const { begin, run } = setUp();
    const first = begin()![Symbol.asyncIterator]();
    await first.next();
    expect(begin()).toBeUndefined();
    while ((await first.next()).done !== true);
    expect(await run()).toBeUndefined();
  });
});
