import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { createCluster } from '../../../shared/runtime/cluster.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { createMetrics } from '../../../shared/runtime/metrics.ts';
import { createRunner } from '../../../shared/runtime/runner.ts';
import type { RunningServer } from '../../../shared/runtime/server.ts';
import { startServer } from '../../../shared/runtime/server.ts';
import { snapshotJson } from '../kube/stub.ts';
import { parseExposition } from './exposition.ts';
import type { World } from './tiny.ts';
import { notedJson, snapshotEvent, tiny, world } from './tiny.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function serve(w: World = world(), concurrency = 16) {
  const cluster = createCluster({ mode: 'apply', configs: new Map([[tiny.name, { keep: 'no' }]]) }, w.connect);
  const log = createLog({ level: 'silent' });
  async function* sweep() {}
  const metrics = createMetrics();
  const runner = createRunner({ functions: [tiny], settings: { concurrency }, cluster, sweep, log, metrics });
  const functionAt = (path: string) => (path === '/clear-note' ? 'clear-note' : undefined);
  const server = await startServer({
    port: 0,
    functionAt,
    bodyLimitBytes: 100_000,
    runner,
    log,
    metrics: () => metrics.text(),
  });
  running.push(server);
  return { url: `http://127.0.0.1:${server.port}/clear-note`, server };
}

/** Binary mode, as Knative sends it. */
function binary(event: Record<string, unknown>): RequestInit {
  const { data, datacontenttype: _type, ...attributes } = event;
  const headers = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`ce-${key}`, String(value)]));
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(data),
  };
}

const structured = (event: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  body: JSON.stringify(event),
});

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({ method: 'POST', headers, body });

describe('the server', () => {
  test.each([
    ['binary', binary],
    ['structured', structured],
  ])('takes an event in %s mode and answers with an event', async (_, encode) => {
    const w = world('web');
    const { url } = await serve(w);

    const response = await fetch(url, encode(snapshotEvent('web')));

    expect(response.status).toBe(200);
    expect(response.headers.get('ce-type')).toBe('dev.gleaner.applied');
    expect(await response.json()).toMatchObject({ function: 'clear-note', written: 1 });
    expect(w.writes).toBe(1);
  });

  test('an answer without an event has no body', async () => {
    const { url } = await serve();

    const response = await fetch(url, binary(snapshotEvent('web', snapshotJson('web'))));

    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });

  const event = snapshotEvent('web');
  test.each<[string, RequestInit, number]>([
    ['no event', post('{}', { 'content-type': 'application/json' }), 400],
    ['an empty body', post('', { 'content-type': 'application/cloudevents+json' }), 400],
    ['null as an event', structured(null as unknown as object), 400],
    ['broken JSON', { ...binary(event), body: '{"a":' }, 400],
    ['broken structured JSON', post('{"id":', { 'content-type': 'application/cloudevents+json' }), 400],
    ['a batch', post(JSON.stringify([event]), { 'content-type': 'application/cloudevents-batch+json' }), 400],
    ['an event without a type', binary({ ...event, type: '' }), 400],
    ['an event of another type', binary({ ...event, type: 'com.example.x' }), 204],
    ['one byte too many', post(' '.repeat(100_001), { 'content-type': 'application/json' }), 413],
    ['a GET', {}, 405],
  ])('%s is answered clearly, nothing is read or written', async (_, init, status) => {
    const w = world('web');
    const { url } = await serve(w);

    const response = await fetch(url, init);
    const body = await response.text();

    expect(response.status).toBe(status);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(200);
    expect(w).toMatchObject({ connections: 0, reads: 0, writes: 0 });
  });

  test('a body that never says how long it is stops being kept at the limit', async () => {
    const { url } = await serve();

    const status = await new Promise((resolve, reject) => {
      const outgoing = request(url, { method: 'POST' }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode);
      });
      outgoing.on('error', reject);
      for (let sent = 0; sent < 20; sent++) outgoing.write(Buffer.alloc(10_000));
      outgoing.end();
    });

    expect(status).toBe(413);
  });

  test.each<[string, string, number]>([
    ['POST', '/', 400],
    ['POST', '/other', 400],
    ['GET', '/other', 404],
    ['GET', '/health/liveness', 200],
    ['GET', '/health/readiness', 200],
    ['HEAD', '/healthz', 200],
  ])('%s %s is %d', async (method, path, status) => {
    const { server } = await serve();

    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });

    expect(response.status).toBe(status);
  });

  test('events beyond what may run and wait are told to come back', async () => {
    const w = world('web');
    let open = () => {};
    w.gate = new Promise<void>((resolve) => (open = resolve));
    const { url } = await serve(w, 1);

    const statuses: number[] = [];
    const many = Array.from({ length: 15 }, async () => {
      const response = await fetch(url, binary(snapshotEvent('web')));
      statuses.push(response.status);
      if (statuses.length === 4) open();
    });
    await Promise.all(many);

    expect(statuses.slice(0, 4)).toEqual([503, 503, 503, 503]);
    expect(statuses.slice(4)).toEqual([200, ...Array.from({ length: 10 }, () => 204)]);
    expect(w.writes).toBe(1);
  });

  test('a scrape is told what the process has done, and nothing that an event brought', async () => {
    const { url, server } = await serve(world('web'));
    await fetch(url, binary(snapshotEvent('web')));
    await fetch(url, binary({ ...snapshotEvent('web'), type: 'com.example.password' }));
    await fetch(url, post('no event'));

    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);

    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    const count = (name: string) => Object.fromEntries(parseExposition(text).get(name)?.samples ?? []);
    expect(count('gleaner_events_total')).toEqual({
      'function="clear-note",event="change",status="200"': 1,
      'function="clear-note",event="foreign",status="204"': 1,
      'function="clear-note",event="refused",status="400"': 1,
    });
    expect(count('gleaner_writes_total')).toEqual({
      'function="clear-note",action="annotateSnapshot",result="done"': 1,
    });
    expect(text).not.toContain('password');
  });

  test('when told to stop it answers what is under way, refuses what is new, and closes', async () => {
    const w = world('web');
    let open = () => {};
    w.gate = new Promise<void>((resolve) => (open = resolve));
    const { url, server } = await serve(w);

    const underWay = fetch(url, binary(snapshotEvent('web', notedJson('web'))));
    while (w.reads === 0) await new Promise(setImmediate);
    const stopped = server.stop();
    const late = await fetch(url, binary(snapshotEvent('web')));
    const unready = await fetch(`http://127.0.0.1:${server.port}/health/readiness`);
    open();

    expect(late.status).toBe(503);
    expect(late.headers.get('connection')).toBe('close');
    expect(unready.status).toBe(503);
    expect((await underWay).status).toBe(200);
    await stopped;
    await expect(fetch(url, binary(snapshotEvent('web')))).rejects.toThrow();
  });
});
