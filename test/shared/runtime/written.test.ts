import { describe, expect, test } from '@jest/globals';
import type { Ref } from '../../../shared/domain/kinds.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { ConflictError, ForbiddenError, RetryableError, UnreadableError } from '../../../shared/ports/errors.ts';
import { createCluster } from '../../../shared/runtime/cluster.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { createMetrics } from '../../../shared/runtime/metrics.ts';
import { handleEvent } from '../../../shared/runtime/handle-event.ts';
import type { SweepOptions } from '../../../shared/runtime/sweep.ts';
import { sweep } from '../../../shared/runtime/sweep.ts';
import { parseExposition } from './exposition.ts';
import type { World } from './tiny.ts';
import { snapshotEvent, tiny, world } from './tiny.ts';

/** Takes the notes off `a`, `b` and `c`, one after the other, for whichever subject it is asked. */
const three = (subjects: readonly Ref[], after?: Error): AnyFunction => ({
  ...tiny,
  route: () => ({
    async *search() {
      yield* subjects;
      if (after !== undefined) throw after;
    },
  }),
  scheduled: () => ({ subjects }),
  observe: async (reader, subject) => {
    const all = [];
    for (const name of subject.name.split('')) all.push(await reader.get('VolumeSnapshot', name, 'prod'));
    return all;
  },
  plan: (seen, config, nowMs) => ({ findings: seen.flatMap((one: any) => tiny.plan(one, config, nowMs).findings) }),
});

const about = (name: string) => ref('VolumeSnapshot', name, 'prod');
const note = (name: string) => `remove annotation gleaner.dev/swap on VolumeSnapshot prod/${name}`;
const sweepEvent = { ...snapshotEvent('x'), type: 'dev.gleaner.sweep' };

function setUp(w: World, fn: AnyFunction) {
  const lines: string[] = [];
  const metrics = createMetrics();
  const cluster = createCluster({ mode: 'apply', configs: new Map([[tiny.name, { keep: 'no' }]]) }, w.connect);
  const ask = (event: unknown) =>
    handleEvent(fn, event, {
      session: (of) => cluster.session(of),
      sweep: (_, { reader, applier }) => {
        const options: SweepOptions = { functions: [fn], reader, configOf: () => ({ keep: 'no' }) };
        return sweep({ ...options, ...(applier && { applier }) });
      },
      log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
      metrics,
    });
  const writes = () => {
    const samples = parseExposition(metrics.text()).get('gleaner_writes_total')?.samples ?? [];
    return [...samples].reduce((sum, [, value]) => sum + value, 0);
  };
  const log = () => lines.map((line) => JSON.parse(line) as Record<string, any>);
  return { ask, writes, log, line: (message: string) => log().find((one) => one['message'] === message) };
}

const refused = new ForbiddenError('patch VolumeSnapshot prod/c: 403 Forbidden', 403);
const busy = new RetryableError('patch VolumeSnapshot prod/c: 503', 503);

describe('what was written before a failure', () => {
  test('is nothing where the first write fails', async () => {
    const w = world('c');
    w.refused.set('c', refused);
    const { ask, writes, line } = setUp(w, three([about('c')]));

    expect((await ask(snapshotEvent('c'))).statusCode).toBe(422);
    expect(writes()).toBe(0);
    expect(line('event failed')).not.toHaveProperty('written');
  });

  test.each<[string, Error, number]>([
    ['for good', refused, 422],
    ['for the moment', busy, 503],
    ['by a bug', new TypeError('undefined is no function'), 500],
  ])('of an event that fails %s is in the log and in the metrics', async (_, error, status) => {
    const w = world('a', 'b', 'c');
    w.refused.set('c', error);
    const { ask, writes, line } = setUp(w, three([about('abc')]));

    expect((await ask(snapshotEvent('a'))).statusCode).toBe(status);
    expect(writes()).toBe(2);
    expect(line('event failed')).toMatchObject({ status, written: 2, wrote: [note('a'), note('b')] });
    expect(line('subject failed')).toMatchObject({ name: 'abc', error: { message: error.message }, written: 2 });
  });

  test('stays reported when the world never holds still', async () => {
    const w = world('a', 'c');
    w.refused.set('c', new ConflictError('patch VolumeSnapshot prod/c: 409', 409));
    const { ask, writes, line } = setUp(w, three([about('ac')]));

    expect((await ask(snapshotEvent('a'))).statusCode).toBe(503);
    expect(writes()).toBe(1);
    expect(line('event failed')).toMatchObject({ written: 1, wrote: [note('a')] });
  });

  test('stays reported when looking again fails', async () => {
    const w = world('a', 'c');
    w.refused.set('c', new ConflictError('patch VolumeSnapshot prod/c: 409', 409));
    let looks = 0;
    const fn = three([about('ac')]);
    const once: AnyFunction = {
      ...fn,
      observe: (...given) => (looks++ === 0 ? fn.observe(...given) : Promise.reject(refused)),
    };
    const { ask, writes, line } = setUp(w, once);

    expect((await ask(snapshotEvent('a'))).statusCode).toBe(422);
    expect(writes()).toBe(1);
    expect(line('event failed')).toMatchObject({ written: 1, wrote: [note('a')] });
  });

  test('of the other subjects of the event is reported too, and every failure', async () => {
    const w = world('a', 'b', 'c');
    w.refused.set('b', busy);
    w.refused.set('c', refused);
    const { ask, writes, line, log } = setUp(w, three([about('c'), about('b'), about('a')]));

    // What can succeed later decides.
    expect((await ask(snapshotEvent('c'))).statusCode).toBe(503);
    expect(writes()).toBe(1);
    expect(line('event failed')).toMatchObject({ written: 1, wrote: [note('a')], reasons: { ClearNote: 3 } });
    const failed = log().filter(({ message }) => message === 'subject failed');
    expect(failed.map(({ name, error }) => [name, error.message])).toEqual([
      ['c', refused.message],
      ['b', busy.message],
    ]);
  });

  test('is reported when the search for more subjects fails', async () => {
    const w = world('a');
    const { ask, writes, line } = setUp(w, three([about('a')], busy));

    expect((await ask(snapshotEvent('a'))).statusCode).toBe(503);
    expect(writes()).toBe(1);
    expect(line('event failed')).toMatchObject({ written: 1, wrote: [note('a')] });
  });

  test('for several events about one subject is reported once', async () => {
    const w = world('a', 'b', 'c');
    w.refused.set('c', refused);
    let open = () => {};
    w.gate = new Promise((resolve) => (open = resolve));
    const { ask, writes, log } = setUp(w, three([about('abc')]));
    const answers = Promise.all(['1', '2', '3', '4'].map(() => ask(snapshotEvent('a'))));
    open();

    expect((await answers).map(({ statusCode }) => statusCode)).toEqual([422, 422, 422, 422]);
    expect(writes()).toBe(2);
    const failed = log().filter(({ message }) => message === 'event failed');
    expect(failed.map(({ written }) => written).filter((written) => written !== undefined)).toEqual([2]);
    expect(failed).toHaveLength(4);
  });
});

describe('what a sweep wrote before one of its subjects failed', () => {
  test('is in its reply, beside the failure', async () => {
    const w = world('a', 'b', 'c');
    w.refused.set('c', refused);
    const { ask, writes, line } = setUp(w, three([about('bc'), about('a')]));

    const answer = await ask(sweepEvent);
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'ce-type': 'dev.gleaner.swept' } });
    const { written, outcomes } = JSON.parse(answer.body);
    expect(written).toBe(2);
    expect(outcomes).toMatchObject([
      { subject: { name: 'bc' }, failed: refused.message, applied: [{ action: note('b'), result: 'done' }] },
      { subject: { name: 'a' }, applied: [{ action: note('a'), result: 'done' }] },
    ]);
    expect(writes()).toBe(2);
    expect(line('subject failed')).toMatchObject({ name: 'bc', written: 1, wrote: [note('b')] });
  });

  test.each<[string, Error, number]>([
    ['is to be repeated', busy, 503],
    ['meets a bug', new TypeError('undefined is no function'), 500],
  ])('is in the log and in the metrics where the sweep %s', async (_, error, status) => {
    const w = world('a', 'b', 'c');
    w.refused.set('c', error);
    const { ask, writes, line } = setUp(w, three([about('bc'), about('a')]));

    expect((await ask(sweepEvent)).statusCode).toBe(status);
    expect(writes()).toBe(2);
    expect(line('event failed')?.['wrote']).toEqual([note('b'), note('a')]);
  });

  test('is reported where the subject cannot be read any more', async () => {
    const w = world('a', 'c');
    w.refused.set('c', new ConflictError('patch VolumeSnapshot prod/c: 409', 409));
    let looks = 0;
    const fn = three([about('ac')]);
    const odd = new UnreadableError(about('c'), 'spec: invalid_type');
    const once: AnyFunction = {
      ...fn,
      observe: (...given) => (looks++ === 0 ? fn.observe(...given) : Promise.reject(odd)),
    };
    const { ask, writes } = setUp(w, once);

    const { written, reasons } = JSON.parse((await ask(sweepEvent)).body);
    expect({ written, reasons }).toEqual({ written: 1, reasons: { NotVerifiable: 1 } });
    expect(writes()).toBe(1);
  });
});
