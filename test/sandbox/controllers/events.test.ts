import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTP } from 'cloudevents';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type Event,
  type Eventing,
  type Filter,
  type Trigger,
  activator,
  at,
  fromManifests,
  passes,
  ping,
  startEventing,
} from '../../../sandbox/events/index.ts';
import { Broker } from '../../../sandbox/events/broker.ts';
import type { Sandbox } from '../../../sandbox/index.ts';
import { guessPlural } from '../../../sandbox/events/source.ts';
import { kinds, world } from './world.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}
type Answer = { code: number; body?: string; headers?: Record<string, string> };

/** A function that answers what it is told to, in order, and then 204. */
async function listener(...answers: Answer[]): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      const { code, body, headers } = answers.shift() ?? { code: 204 };
      response.writeHead(code, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => close(server));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received, server };
}
async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const quick = { retry: 3, backoffPolicy: 'exponential', backoffDelay: 'PT0.002S', deadLetterSink: {} } as const;

async function eventing(sandbox: Sandbox, more: Partial<Parameters<typeof startEventing>[1]>): Promise<Eventing> {
  const started = startEventing(sandbox, {
    sources: [{ mode: 'Resource', resources: [{ apiVersion: 'v1', kind: 'ConfigMap' }] }],
    triggers: [],
    ...more,
  });
  cleanups.push(() => started.stop());
  return started;
}
const configMap = (name: string, labels?: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'prod', ...(labels ? { labels } : {}) },
});

describe('the ApiServerSource', () => {
  test('tells changes with the attributes of the real one, in binary mode', async () => {
    const sandbox = await world();
    const { url, received } = await listener();
    const { idle } = await eventing(sandbox, { triggers: [{ name: 'all', subscriber: at(url) }] });
    const made = await sandbox.client.create(configMap('settings'));
    await idle();

    expect(received).toHaveLength(1);
    const { headers, body } = received[0]!;
    expect(headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'dev.knative.apiserver.resource.add',
      'ce-subject': '/apis/v1/namespaces/prod/configmaps/settings',
      'ce-source': sandbox.api.url,
      'ce-kind': 'ConfigMap',
      'ce-apiversion': 'v1',
      'ce-name': 'settings',
      'ce-namespace': 'prod',
      'content-type': 'application/json',
      prefer: 'reply',
    });
    expect(headers['ce-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers).not.toHaveProperty('ce-knativebrokerttl');
    expect(JSON.parse(body)).toEqual(made);
    expect(HTTP.toEvent({ headers, body })).toMatchObject({ type: 'dev.knative.apiserver.resource.add' });
  });

  test('in mode Reference only names the object; cluster-scoped ones have an empty namespace', async () => {
    const sandbox = await world();
    const { url, received } = await listener();
    const { idle } = await eventing(sandbox, {
      sources: [{ resources: [{ apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshotClass' }] }],
      triggers: [{ name: 'all', subscriber: at(url) }],
    });
    await sandbox.client.delete(kinds.SnapshotClass, 'longhorn-snapshot');
    await idle();
    const [{ headers, body }] = received as [Received];
    expect(headers['ce-type']).toBe('dev.knative.apiserver.ref.delete');
    expect(headers['ce-namespace']).toBe('');
    expect(headers['ce-subject']).toBe(
      '/apis/snapshot.storage.k8s.io/v1/namespaces//volumesnapshotclasses/longhorn-snapshot',
    );
    expect(JSON.parse(body)).toEqual({
      kind: 'VolumeSnapshotClass',
      name: 'longhorn-snapshot',
      apiVersion: 'snapshot.storage.k8s.io/v1',
    });
  });

  test('says nothing of what existed before, nor of what happens while it is stopped', async () => {
    const sandbox = await world();
    await sandbox.client.create(configMap('before'));
    const { broker, sources, idle } = await eventing(sandbox, {});
    sources[0]!.stop();
    await sandbox.client.create(configMap('meanwhile'));
    await idle();
    sources[0]!.start();
    await sandbox.client.create(configMap('after'));
    await idle();
    expect(broker.recorded.map(({ name }) => name)).toEqual(['after']);
  });

  test('with a label selector tells add and delete as objects begin and cease to match', async () => {
    const sandbox = await world();
    await sandbox.client.create(configMap('old', { watch: 'yes' }));
    const resources = [{ apiVersion: 'v1', kind: 'ConfigMap', selector: { matchLabels: { watch: 'yes' } } }];
    const { broker, idle } = await eventing(sandbox, { sources: [{ mode: 'Resource', resources }] });
    const label = (name: string, watch: string | null) =>
      sandbox.client.mergePatch('v1/ConfigMap', name, 'prod', { metadata: { labels: { watch } } });
    await sandbox.client.create(configMap('new'));
    await label('new', 'yes');
    await label('old', null);
    await idle();
    expect(broker.recorded.map(({ type, name }) => [String(type).split('.').at(-1), name])).toEqual([
      ['add', 'new'],
      ['delete', 'old'],
    ]);
  });

  test.each([
    ['twice', { duplicate: true }, ['a', 'a', 'b', 'b', 'c', 'c']],
    ['backwards', { reverse: 10 }, ['c', 'b', 'a']],
    ['with gaps', { dropEvery: 2 }, ['a', 'c']],
  ])('can be made to send %s', async (_how, mischief, expected) => {
    const sandbox = await world();
    const { broker, idle } = await eventing(sandbox, { mischief });
    for (const name of ['a', 'b', 'c']) await sandbox.client.create(configMap(name));
    await idle();
    expect(broker.recorded.map(({ name }) => name)).toEqual(expected);
    expect(new Set(broker.recorded.map(({ id }) => id)).size).toBe(expected.length);
  });

  test.each([
    ['Backup', 'backups'],
    ['StorageClass', 'storageclasses'],
    ['Policy', 'policies'],
    ['Endpoints', 'endpoints'],
  ])('guesses the plural of %s', (kind, plural) => expect(guessPlural(kind)).toBe(plural));
});

describe('what an answer means', () => {
  const reply: Answer = {
    code: 200,
    body: '{"done":true}',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'reply-1',
      'ce-type': 'dev.gleaner.test.done',
      'ce-source': '/gleaner',
      'ce-time': '2025-03-02T01:05:11Z',
    },
  };
  async function deliver(...answers: Answer[]): Promise<{ broker: Broker; received: Received[]; taken: boolean }> {
    const { url, received } = await listener(...answers);
    const trigger: Trigger = {
      name: 'fn',
      filters: [{ exact: { type: 'dev.knative.sources.ping' } }],
      subscriber: at(url),
      delivery: quick,
    };
    const broker = new Broker([trigger]);
    return { broker, received, taken: await broker.publish(ping()) };
  }
  const many = (answer: Answer) => Array.from({ length: 9 }, () => answer);

  test.each([404, 408, 409, 429, 500, 502, 503])('%i is retried', async (code) => {
    const { broker, received } = await deliver({ code }, { code }, { code: 204 });
    expect(received).toHaveLength(3);
    expect(broker.deliveries[0]!.outcome).toBe('delivered');
  });

  test.each([400, 401, 403, 413, 422, 301])('%i is given up at once', async (code) => {
    const { broker, received } = await deliver(...many({ code, body: 'no' }));
    expect(received).toHaveLength(1);
    expect(broker.deadLetters).toEqual([
      expect.objectContaining({
        knativeerrorcode: String(code),
        knativeerrordata: Buffer.from('no').toString('base64'),
      }),
    ]);
  });

  test('retries end', async () => {
    const { broker, received, taken } = await deliver(...many({ code: 500, body: 'broken' }));
    expect(received).toHaveLength(4);
    expect(broker.deadLetters).toHaveLength(1);
    expect(taken).toBe(true);
  });

  test('without a dead letter sink it is lost, and the sender knows', async () => {
    const { url } = await listener(...many({ code: 400 }));
    const broker = new Broker([{ name: 'fn', subscriber: at(url), delivery: { retry: 1 } }]);
    expect(await broker.publish(ping())).toBe(false);
    expect(broker.deliveries[0]!.outcome).toBe('lost');
  });

  test('another body than an event makes a success a failure', async () => {
    const { broker, received } = await deliver({ code: 200, body: '{"ok":true}' }, { code: 204 });
    expect(received).toHaveLength(2);
    expect(broker.warnings).toEqual([expect.stringContaining('no CloudEvent')]);
  });

  test('a long error body is warned of', async () => {
    const { broker } = await deliver({ code: 400, body: 'x'.repeat(769) });
    expect(broker.warnings).toEqual([expect.stringContaining('769 bytes')]);
  });

  test('an event is a reply and goes in again', async () => {
    const { broker, received } = await deliver(reply);
    expect(received).toHaveLength(1);
    expect(broker.recorded.map((event) => event.type)).toEqual(['dev.knative.sources.ping', 'dev.gleaner.test.done']);
    expect(broker.recorded[1]!.data).toEqual({ done: true });
    expect(
      broker
        .recording()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toHaveLength(2);
  });

  test('a reply that meets its own trigger goes round until its hops are used up', async () => {
    const { url, received } = await listener(...Array.from({ length: 400 }, () => reply));
    const broker = new Broker([{ name: 'loop', subscriber: at(url) }]);
    await broker.publish(ping(), 5);
    expect(received).toHaveLength(6);
    expect(broker.warnings).toEqual([expect.stringContaining('circles')]);
  });

  test('nobody there, or nobody in time, is retried', async () => {
    const { url, server } = await listener();
    await close(server);
    const gone = new Broker([{ name: 'fn', subscriber: at(url), delivery: quick }]);
    await gone.publish(ping());
    expect(gone.deliveries[0]!.attempts).toHaveLength(4);
    expect(gone.deadLetters[0]).toMatchObject({ knativeerrorcode: '500' });

    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => close(mute));
    const subscriber = at(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    const slow = new Broker([{ name: 'fn', subscriber, delivery: { retry: 1, timeout: 'PT0.05S' } }]);
    await slow.publish(ping());
    expect(slow.deliveries[0]!.attempts.map(({ code }) => code)).toEqual([0, 0]);
  });
});

test.each<[Filter, boolean]>([
  [{ exact: { kind: 'Backup' } }, true],
  [{ exact: { kind: 'backup' } }, false],
  [{ exact: { missing: 'x' } }, false],
  [{ exact: { namespace: '' } }, true],
  [{ prefix: { type: 'dev.knative.' } }, true],
  [{ suffix: { type: '.update' } }, true],
  [{ any: [{ exact: { kind: 'Volume' } }, { exact: { kind: 'Backup' } }] }, true],
  [{ all: [{ exact: { kind: 'Backup' } }, { exact: { kind: 'Volume' } }] }, false],
  [{ not: { prefix: { namespace: 'kube-' } } }, true],
])('filter %j: %s', (filter, expected) => {
  const event: Event = {
    ...ping(),
    type: 'dev.knative.apiserver.ref.update',
    kind: 'Backup',
    namespace: 'longhorn-system',
  };
  expect(passes(filter, event)).toBe(expected);
});

describe('a subscriber scaled to zero', () => {
  test('is started by the first event, shared by those that wait, and ended when idle', async () => {
    const { url, received } = await listener();
    let running = 0;
    const subscriber = activator({
      idleMs: 30,
      async start() {
        running++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { url, stop: async () => void running-- };
      },
    });
    const broker = new Broker([{ name: 'fn', subscriber, delivery: quick }]);
    expect(subscriber.running).toBe(false);
    await Promise.all([broker.publish(ping()), broker.publish(ping())]);
    expect([running, received.length, subscriber.coldStarts.length]).toEqual([1, 2, 1]);
    expect(subscriber.coldStarts[0]).toBeGreaterThanOrEqual(15);

    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([running, subscriber.running, subscriber.stops]).toEqual([0, false, 1]);
    await broker.publish(ping());
    expect([running, subscriber.coldStarts.length]).toEqual([1, 2]);
    await broker.stop();
    expect(running).toBe(0);
  });

  test('that cannot be started is tried again', async () => {
    const { url } = await listener();
    let tries = 0;
    const subscriber = activator({
      async start() {
        if (++tries < 3) throw new Error('not yet');
        return { url, stop: async () => undefined };
      },
    });
    const broker = new Broker([{ name: 'fn', subscriber, delivery: quick }]);
    await broker.publish(ping());
    expect(broker.deliveries[0]!.outcome).toBe('delivered');
    await broker.stop();
  });
});

test('sources and triggers can be read from manifests', async () => {
  const { url, received } = await listener();
  const manifests = [
    { kind: 'ServiceAccount', metadata: { name: 'x' } },
    { kind: 'ApiServerSource', spec: { mode: 'Reference', resources: [{ apiVersion: 'v1', kind: 'ConfigMap' }] } },
    {
      kind: 'Trigger',
      metadata: { name: 'fn' },
      spec: {
        filters: [{ any: [{ exact: { kind: 'ConfigMap' } }] }],
        subscriber: { ref: { kind: 'Service', name: 'fn' } },
        delivery: quick,
      },
    },
  ];
  const sandbox = await world();
  const { idle } = await eventing(sandbox, fromManifests(manifests, { fn: at(url) }));
  await sandbox.client.create(configMap('settings'));
  await idle();
  expect(received.map(({ headers }) => headers['ce-type'])).toEqual(['dev.knative.apiserver.ref.add']);
  expect(() => fromManifests(manifests, {})).toThrow('delivers to fn');
});

test('settle waits for functions and cluster together', async () => {
  const sandbox = await world();
  let rounds = 0;
  const server = createServer((_request, response) => {
    // A function that makes the next thing happen, five times.
    const next = rounds++ < 5 ? sandbox.client.create(configMap(`round-${rounds}`)) : Promise.resolve();
    void next.then(() => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => close(server));
  const subscriber = at(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { settle } = await eventing(sandbox, { triggers: [{ name: 'fn', subscriber }] });
  await sandbox.client.create(configMap('begin'));
  await settle();
  expect(rounds).toBe(6);
});
