import { describe, expect, test } from '@jest/globals';
import type { AnyFunction } from '../../../shared/function.ts';
import type { KubeError } from '../../../shared/ports/errors.ts';
import { NotServedError, RetryableError, TerminalError } from '../../../shared/ports/errors.ts';
import { createCluster } from '../../../shared/runtime/cluster.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import type { Stopped, Swept } from '../../../shared/runtime/sweep.ts';
import { handleEvent } from '../../../shared/runtime/handle-event.ts';
import { snapshotJson } from '../kube/stub.ts';
import type { World } from './tiny.ts';
import { snapshotEvent, tiny, world } from './tiny.ts';

interface Setup {
  readonly w?: World;
  readonly mode?: 'apply' | 'observe';
  readonly fn?: AnyFunction;
  readonly swept?: readonly (Swept | Stopped)[] | 'busy';
}

async function* streamOf<T>(items: readonly T[]) {
  yield* items;
}

async function ask(event: unknown, { w = world(), mode = 'apply', fn = tiny, swept = [] }: Setup = {}) {
  const lines: string[] = [];
  const configs = new Map([[tiny.name, { keep: 'no' }]]);
  const cluster = createCluster({ mode, configs }, w.connect);
  const answer = await handleEvent(fn, event, {
    session: (of) => cluster.session(of),
    sweep: () => (swept === 'busy' ? undefined : streamOf(swept)),
    log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
  });
  return { answer, log: lines.join('') };
}

const rest = (fn: string) => ({
  specversion: '1.0',
  id: '1',
  source: `/gleaner/functions/${fn}`,
  type: 'dev.gleaner.swept.part',
  data: { function: fn, next: { from: 'a', after: 'm', part: 1 } },
});

const dataOf = (body: string) =>
  JSON.parse(body) as { outcomes: { applied: unknown[]; findings: any[] }[]; omitted: number };

describe('respond', () => {
  test('a payload that shows nothing to do is answered without a connection', async () => {
    const w = world('web');

    const { answer, log } = await ask(snapshotEvent('web', snapshotJson('web')), { w });

    expect(answer).toEqual({ statusCode: 204, headers: {}, body: '' });
    expect(w).toMatchObject({ connections: 0, writes: 0 });
    expect(log).toContain('VolumeLinked');
  });

  test('what was done goes out as an event of our own type, in binary mode', async () => {
    const w = world('web');

    const { answer } = await ask(snapshotEvent('web'), { w });

    expect(w.snapshots.get('web')?.metadata.annotations).toBeUndefined();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'ce-type': 'dev.gleaner.applied',
      'ce-source': '/gleaner/functions/clear-note',
      'ce-subject': 'VolumeSnapshot/prod/web',
      'content-type': expect.stringContaining('application/json'),
    });
    expect(dataOf(answer.body).outcomes[0]).toMatchObject({
      findings: [{ reason: 'ClearNote', verdict: 'act' }],
      applied: [{ result: 'done', action: 'remove annotation gleaner.dev/swap on VolumeSnapshot prod/web' }],
    });
  });

  test('the same event again writes nothing and answers 204', async () => {
    const w = world('web');

    await ask(snapshotEvent('web'), { w });
    const { answer } = await ask(snapshotEvent('web'), { w });

    expect(answer.statusCode).toBe(204);
    expect(w.writes).toBe(1);
  });

  test('told only to observe, it says what it would do', async () => {
    const w = world('web');

    const { answer } = await ask(snapshotEvent('web'), { w, mode: 'observe' });

    expect(w.writes).toBe(0);
    expect(answer.headers['ce-type']).toBe('dev.gleaner.planned');
    expect(dataOf(answer.body).outcomes[0]?.findings[0].actions).toHaveLength(1);
  });

  test.each<[string, object, number]>([
    ['an unknown type', { type: 'com.example.x' }, 204],
    ['a kind it does not watch', { kind: 'Backup', apiversion: 'longhorn.io/v1beta2' }, 204],
    ['no name', { name: undefined }, 400],
  ])('%s: %j is %d, without a connection', async (_, changes, status) => {
    const w = world('web');

    const { answer } = await ask(snapshotEvent('web', undefined, changes), { w });

    expect(answer.statusCode).toBe(status);
    expect(w.connections).toBe(0);
  });

  test.each<[string, Error, number]>([
    ['a busy API server', new RetryableError('get: 429', 429, { retryAfterMs: 1500 }), 503],
    ['a missing right', new TerminalError('get: 403', 403), 422],
    ['a missing CRD', new NotServedError('not served', 404), 422],
    ['a bug', new TypeError(`secret ${'x'.repeat(2000)}`), 500],
    ['an exception with a code of its own', Object.assign(new Error('x'), { code: 200 }), 500],
  ])('%s', async (_, failure, status) => {
    const w = world('web');
    w.failure = failure;

    const { answer, log } = await ask(snapshotEvent('web'), { w });

    expect(answer.statusCode).toBe(status);
    expect(Buffer.byteLength(answer.body)).toBeLessThanOrEqual(200);
    expect(answer.body).not.toContain('secret');
    expect(log).toContain('event failed');
  });

  test('how long the server wants to be left alone is passed on', async () => {
    const w = world('web');
    w.failure = new RetryableError('get: 429', 429, { retryAfterMs: 1500 });

    const { answer } = await ask(snapshotEvent('web'), { w });

    expect(answer.headers['retry-after']).toBe('2');
  });

  test('one subject in trouble does not keep the next from its repair', async () => {
    const w = world('a', 'b');
    w.failure = new TerminalError('a is refused', 403);
    const subjects = ['a', 'b'].map((name) => ({ kind: 'VolumeSnapshot', name, namespace: 'prod' }) as const);
    const fn: AnyFunction = {
      ...tiny,
      route: () => ({
        async *search() {
          yield* subjects;
        },
      }),
    };

    const { answer } = await ask(snapshotEvent('a'), { w, fn });

    expect(w.snapshots.get('b')?.metadata.annotations).toBeUndefined();
    expect(answer.statusCode).toBe(422);
  });

  test('a cluster that could not be reached is tried again at the next event', async () => {
    const w = world('web');
    let first = true;
    const cluster = createCluster({ mode: 'apply', configs: new Map([[tiny.name, { keep: 'no' }]]) }, () => {
      if (!first) return w.connect();
      first = false;
      return Promise.reject(new TerminalError('no cluster is configured'));
    });

    await expect(cluster.session(tiny)).rejects.toBeInstanceOf(TerminalError);
    await expect(cluster.session(tiny)).resolves.toHaveProperty('applier');
  });

  test('a reply stays small, however much a sweep found', async () => {
    const about = (index: number) => ({ kind: 'VolumeSnapshot', name: `s-${index}`, namespace: 'prod' }) as const;
    const missing = (index: number): Swept => ({
      kind: 'finding',
      function: tiny.name,
      finding: { subject: about(index), reason: 'BackupMissing', message: 'm'.repeat(300), actions: [] },
    });

    const swept = Array.from({ length: 1000 }, (_, index) => missing(index));
    const { answer } = await ask({ ...snapshotEvent('x'), type: 'dev.knative.sources.ping' }, { swept });

    expect(answer.headers['ce-type']).toBe('dev.gleaner.swept');
    expect(Buffer.byteLength(answer.body)).toBeLessThan(64 * 1024);
    const { outcomes, omitted } = dataOf(answer.body);
    expect(outcomes.length + omitted).toBe(1000);
  });

  test.each<[string, KubeError, number]>([
    ['can succeed later, the sweep is to be repeated', new RetryableError('busy', 429), 503],
    ['is refused, the report says so', new TerminalError('no right to patch', 403), 200],
  ])('when one subject of a sweep %s', async (_, error, status) => {
    const subject = { kind: 'VolumeSnapshot', name: 'web', namespace: 'prod' } as const;
    const swept: Swept[] = [{ kind: 'failure', function: tiny.name, subject, applied: [], error }];

    const { answer } = await ask({ ...snapshotEvent('x'), type: 'dev.gleaner.sweep' }, { swept });

    expect(answer.statusCode).toBe(status);
    expect(answer.body).toContain(error.message);
  });

  const next = { from: 'a', after: 'm', part: 1 };
  const tick = { ...snapshotEvent('x'), type: 'dev.knative.sources.ping' };

  test('a sweep whose time is up answers where it goes on, even if something failed on the way', async () => {
    const subject = { kind: 'VolumeSnapshot', name: 'web', namespace: 'prod' } as const;
    const error = new RetryableError('busy', 429);
    const failure: Swept = { kind: 'failure', function: tiny.name, subject, applied: [], error };
    const { answer, log } = await ask(tick, { swept: [failure, { kind: 'stopped', left: 7, next }] });

    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'ce-type': 'dev.gleaner.swept.part',
      'ce-source': `/gleaner/functions/${tiny.name}`,
    });
    expect(dataOf(answer.body)).toMatchObject({ function: tiny.name, left: 7, next });
    expect(log).toContain('"left":7,"goesOn":true');
  });

  test('one that ended in the lists says so, and is not continued', async () => {
    const { answer } = await ask(tick, { swept: [{ kind: 'stopped', left: 'lists' }] });

    expect(answer.headers['ce-type']).toBe('dev.gleaner.swept');
    expect(dataOf(answer.body)).toMatchObject({ left: 'lists' });
  });

  test.each<[string, object, Setup['swept']]>([
    ['is under way already', tick, 'busy'],
    ['is another’s', rest('verify-backup'), [{ kind: 'stopped', left: 7, next }]],
  ])('a sweep that %s is left to it', async (_, event, swept) => {
    const { answer } = await ask(event, { swept: swept! });
    expect(answer.statusCode).toBe(204);
  });

  test('anything at all gets an answer, and no log line holds the payload', async () => {
    for (const event of [undefined, null, 'x', 7, [], {}, Buffer.from('x'), { data: { password: 'hunter2' } }]) {
      const { answer, log } = await ask(event);
      expect(answer.statusCode).toBe(400);
      expect(log).not.toContain('hunter2');
    }
  });
});
