import { afterEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { connect } from '../../../shared/kube/client.ts';
import type { ConnectOptions, KubeClient } from '../../../shared/kube/client.ts';
import * as errors from '../../../shared/ports/errors.ts';
import type { Unreadable } from '../../../shared/ports/reader.ts';
import type { Reply, Request, Stub } from './stub.ts';
import { failure, snapshotJson, startStub, writeKubeconfig } from './stub.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part.stop();
});

async function client(
  answer: (request: Request, count: number) => Reply,
  options: ConnectOptions = {},
): Promise<{ stub: Stub; client: KubeClient }> {
  const stub = await startStub(answer);
  const connected = await connect({ kubeconfig: stub.kubeconfig, ...options });
  open.push({ stop: () => connected.close() }, stub);
  return { stub, client: connected };
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const names = (items: readonly { metadata: { name: string } }[]) => items.map((item) => item.metadata.name);
const notFound = failure(404, 'NotFound', { name: 'web', kind: 'volumesnapshots' });

describe('reading one object', () => {
  test('it comes with the fields of its schema alone, over one connection, as Gleaner', async () => {
    const json = { ...snapshotJson('web'), secret: 'hidden' };
    const { stub, client: c } = await client(() => ({ status: 200, json }));

    const snapshot = await c.reader.get('VolumeSnapshot', 'web', 'prod');
    await c.reader.get('VolumeSnapshot', 'web', 'prod');

    expect(snapshot).toMatchObject({ metadata: { name: 'web', uid: 'uid-web' } });
    expect(JSON.stringify(snapshot)).not.toContain('hidden');
    expect(stub.connections()).toBe(1);
    expect(stub.requests[0]?.url.pathname).toBe('/apis/snapshot.storage.k8s.io/v1/namespaces/prod/volumesnapshots/web');
    expect(stub.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      accept: 'application/json',
      'user-agent': 'gleaner/source',
    });
  });

  test.each<[string, Reply, unknown]>([
    ['an absent object is undefined', notFound, undefined],
    ['an unserved group', { status: 404, text: '404 page not found' }, errors.NotServedError],
    ['an unserved kind of a served group', failure(404, 'NotFound'), errors.NotServedError],
    ['a missing right', failure(403, 'Forbidden', { name: 'web' }), errors.TerminalError],
    ['a lapsed token', failure(401, 'Unauthorized'), errors.TerminalError],
    ['a broken server', failure(500, 'InternalError'), errors.RetryableError],
    ['a page of a proxy', { status: 200, text: '<html>' }, errors.RetryableError],
    ['another shape', { status: 200, json: { metadata: { name: 'web' } } }, errors.UnreadableError],
  ])('%s', async (_, reply, expected) => {
    const { client: c } = await client(() => reply);

    const result: unknown = await c.reader.get('VolumeSnapshot', 'web', 'prod').catch((error: unknown) => error);

    if (expected === undefined) expect(result).toBeUndefined();
    else expect(result).toBeInstanceOf(expected);
  });

  test.each(['', '..', 'a/b'])('a reference to "%s" leads nowhere, and no call is made', async (name) => {
    const { stub, client: c } = await client(() => ({ status: 200, json: snapshotJson('web') }));

    expect(await c.reader.get('VolumeSnapshot', name, 'prod')).toBeUndefined();
    expect(await c.reader.get('VolumeSnapshot', 'web', name)).toBeUndefined();
    expect(stub.requests).toEqual([]);
  });

  test.each<[string, Reply]>([
    ['429 with Retry-After', failure(429, 'TooManyRequests', {}, { 'retry-after': '0' })],
    ['503', failure(503, 'ServiceUnavailable')],
    ['a broken connection', 'reset'],
  ])('is tried again after %s', async (_, first) => {
    const { client: c } = await client((_request, count) =>
      count === 1 ? first : { status: 200, json: snapshotJson('web') },
    );

    expect(await c.reader.get('VolumeSnapshot', 'web', 'prod')).toBeDefined();
  });

  test('is not tried again when the server asks for more patience than a call has; the error says how much', async () => {
    const { stub, client: c } = await client(() => failure(429, 'TooManyRequests', {}, { 'retry-after': '60' }));

    const error = await c.reader.get('VolumeSnapshot', 'web', 'prod').catch((e: unknown) => e);

    expect(error).toMatchObject({ status: 429, retryAfterMs: 60_000 });
    expect(stub.requests).toHaveLength(1);
  });

  test('a silent server costs no more than the deadline', async () => {
    const { client: c } = await client(() => 'hang', { timeoutMs: 200 });
    const startMs = performance.now();

    const error = await c.reader.get('VolumeSnapshot', 'web', 'prod').catch((e: unknown) => e);

    expect(error).toBeInstanceOf(errors.RetryableError);
    expect((error as Error).message).toContain('get VolumeSnapshot prod/web: no answer (TIMEOUT)');
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  test('messages carry neither the body nor the token', async () => {
    const { client: c } = await client(() => failure(403, 'Forbidden', { name: 'web' }));

    const error = await c.reader.get('VolumeSnapshot', 'web', 'prod').catch((e: unknown) => e as Error);

    expect((error as Error).message).toContain('the right to get volumesnapshots.snapshot.storage.k8s.io is missing');
    expect((error as Error).message).not.toContain('a long story');
  });
});

describe('lists', () => {
  const page = (items: readonly unknown[], token?: string): Reply => ({
    status: 200,
    json: { kind: 'List', metadata: { continue: token ?? '' }, items },
  });

  test('come page by page, with selectors joined', async () => {
    const { stub, client: c } = await client(({ url }) =>
      url.searchParams.get('continue') === 'two' ? page([snapshotJson('b')]) : page([snapshotJson('a')], 'two'),
    );

    const all = await collect(c.reader.list('VolumeSnapshot', { labels: { a: 'b' }, selector: 'c!=d' }));

    expect(names(all)).toEqual(['a', 'b']);
    expect(stub.requests[0]?.url.searchParams.get('limit')).toBe('500');
    expect(stub.requests[1]?.url.searchParams.get('labelSelector')).toBe('a=b,c!=d');
    expect(stub.requests[0]?.url.pathname).toBe('/apis/snapshot.storage.k8s.io/v1/volumesnapshots');
  });

  test('of several megabytes come whole, one after the other, whatever their letters', async () => {
    const pages = ['a', 'b', 'c'].map((name) => [
      {
        ...snapshotJson(name),
        metadata: { ...snapshotJson(name).metadata, labels: { words: `${'äß€🙂'.repeat(3e5)}${name}` } },
      },
    ]);
    const { client: c } = await client(({ url }) => {
      const at = Number(url.searchParams.get('continue') ?? 0);
      return page(pages[at] ?? [], at < 2 ? String(at + 1) : '');
    });

    const all = await collect(c.reader.list('VolumeSnapshot'));

    expect(all.map(({ metadata }) => metadata.labels)).toEqual(pages.map(([one]) => one!.metadata.labels));
  });

  const odd = (name: string) => [{ metadata: { name } }];
  test.each<[string, (token: string, name: string) => object]>([
    ['before the items', (token, name) => ({ metadata: { continue: token }, items: odd(name) })],
    ['behind them', (token, name) => ({ items: odd(name), metadata: { continue: token } })],
  ])('with the token %s the next page is on its way, and none behind it', async (_, json) => {
    const { stub, client: c } = await client(({ url }) => {
      const at = Number(url.searchParams.get('continue') ?? 0);
      return { status: 200, json: json(at < 9 ? String(at + 1) : '', `s${at}`) };
    });
    const seen: string[] = [];

    for await (const page of c.reader.pages!('VolumeSnapshot', {
      onUnreadable: ({ object }) => seen.push(object.name),
    })) {
      expect([...page]).toEqual([]);
      const asked = stub.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(stub.requests.length).toBeLessThanOrEqual(Math.min(seen.length + 1, 10));
      expect(asked).toBeLessThanOrEqual(seen.length + 1);
    }

    expect(seen).toEqual(Array.from({ length: 10 }, (__, at) => `s${at}`));
    expect(stub.requests.map(({ url }) => url.searchParams.get('continue'))).toEqual([
      null,
      ...Array.from({ length: 9 }, (__, at) => String(at + 1)),
    ]);
  });

  test('a list that grew too old goes on from the token in the 410, and nothing comes twice', async () => {
    const { client: c } = await client(({ url }) => {
      const token = url.searchParams.get('continue');
      if (token === null) return page([snapshotJson('a')], 'old');
      if (token === 'newer') return page([snapshotJson('b')]);
      return {
        status: 410,
        json: { kind: 'Status', reason: 'Expired', code: 410, metadata: { continue: 'newer' } },
      };
    });

    expect(names(await collect(c.reader.list('VolumeSnapshot')))).toEqual(['a', 'b']);
  });

  test('a 410 without a token fails, to be tried again', async () => {
    const { client: c } = await client(({ url }) =>
      url.searchParams.has('continue') ? failure(410, 'Expired') : page([snapshotJson('a')], 'old'),
    );

    await expect(collect(c.reader.list('VolumeSnapshot'))).rejects.toBeInstanceOf(errors.RetryableError);
  });

  test('objects of another shape are named and left out', async () => {
    const { client: c } = await client(() => page([{ metadata: { name: 'odd', namespace: 'n' } }, snapshotJson('a')]));
    const odd: Unreadable[] = [];

    const all = await collect(c.reader.list('VolumeSnapshot', { onUnreadable: (object) => odd.push(object) }));

    expect(names(all)).toEqual(['a']);
    expect(odd.map(({ object, issue }) => ({ object, issue }))).toEqual([
      {
        object: { kind: 'VolumeSnapshot', name: 'odd', namespace: 'n' },
        issue: expect.stringContaining('metadata.uid'),
      },
    ]);
  });
});

describe('writing', () => {
  const target = ['VolumeSnapshot', 'web', 'prod'] as const;
  const tested = [{ op: 'test', path: '/metadata/uid', value: 'u' } as const, { op: 'remove', path: '/x' } as const];

  test.each<[string, Reply, unknown]>([
    ['a failed test', failure(422, 'Invalid'), errors.ConflictError],
    ['a refused object', failure(422, 'Invalid', { causes: [{ field: 'spec.source' }] }), errors.TerminalError],
    ['a moved version', failure(409, 'Conflict', { name: 'web' }), errors.ConflictError],
    ['an object that is gone', notFound, errors.GoneError],
    ['a missing right', failure(403, 'Forbidden', { name: 'web' }), errors.TerminalError],
  ])('patch: %s', async (_, reply, expected) => {
    const { client: c } = await client(() => reply);

    await expect(c.writer.patch(...target, tested)).rejects.toBeInstanceOf(expected);
  });

  test('create: a taken name is told from a conflict', async () => {
    const { client: c } = await client(() => failure(409, 'AlreadyExists', { name: 'web' }));

    await expect(c.writer.create('VolumeSnapshot', snapshotJson('web'))).rejects.toBeInstanceOf(
      errors.AlreadyExistsError,
    );
  });

  test('delete: gone, or still held by finalizers', async () => {
    const held = { ...snapshotJson('web'), metadata: { ...snapshotJson('web').metadata, finalizers: ['f'] } };
    const { stub, client: c } = await client((_, count) => ({
      status: 200,
      json: count === 1 ? { kind: 'Status', status: 'Success' } : held,
    }));
    const preconditions = { uid: 'uid-web', resourceVersion: '1' };

    expect(await c.writer.delete(...target, preconditions)).toBeUndefined();
    expect(await c.writer.delete(...target, preconditions)).toMatchObject({ metadata: { name: 'web' } });
    expect(stub.requests[0]?.body).toMatchObject({ preconditions });
  });

  test('a write whose connection breaks is sent once: it may have been done', async () => {
    const { stub, client: c } = await client(() => 'reset');

    await expect(c.writer.create('VolumeSnapshot', snapshotJson('web'))).rejects.toBeInstanceOf(errors.RetryableError);
    expect(stub.requests).toHaveLength(1);
  });

  test('a write the server had no room for is sent again', async () => {
    const { client: c } = await client((_, count) =>
      count === 1 ? failure(429, 'TooManyRequests') : { status: 201, json: snapshotJson('web') },
    );

    expect(await c.writer.create('VolumeSnapshot', snapshotJson('web'))).toMatchObject({ metadata: { name: 'web' } });
  });

  test('names its field manager, and asks the server to store nothing in a dry run', async () => {
    const { stub, client: c } = await client(() => ({ status: 200, json: snapshotJson('web') }), { dryRun: 'server' });

    await c.writer.create('VolumeSnapshot', snapshotJson('web'));
    await c.writer.patch(...target, tested);
    await c.writer.delete(...target, { uid: 'u', resourceVersion: '1' });

    expect(stub.requests.map(({ url }) => url.searchParams.get('dryRun'))).toEqual(['All', 'All', 'All']);
    expect(stub.requests[0]?.url.searchParams.get('fieldManager')).toBe('gleaner');
    expect(stub.requests[1]?.headers['content-type']).toBe('application/json-patch+json');
  });
});

describe('a 403', () => {
  const denied = failure(403, 'Forbidden', { name: 'web' });
  const allowed: Reply = { status: 200, json: snapshotJson('web') };
  const get = ({ client: c }: { client: KubeClient }, name = 'web', namespace = 'prod') =>
    c.reader.get('VolumeSnapshot', name, namespace).catch((error: unknown) => error);
  /** How many requests the server gets from this. */
  const sent = async ({ stub }: { stub: Stub }, work: Promise<unknown>) => {
    const before = stub.requests.length;
    await work;
    return stub.requests.length - before;
  };

  test('that a server which has just started gives to everybody is asked again', async () => {
    const it = await client((_, count) => (count < 3 ? denied : allowed));
    expect(await get(it)).toMatchObject({ metadata: { name: 'web' } });
  });

  test('is asked again once for each verb, kind and namespace; after that the right is known to be missing', async () => {
    const it = await client(() => denied);
    expect(await sent(it, get(it))).toBe(4);
    expect(await sent(it, get(it))).toBe(1);
    expect(await sent(it, get(it, 'db'))).toBe(1);

    expect(await sent(it, get(it, 'web', 'finance'))).toBe(4);
    const list = () => collect(it.client.reader.list('VolumeSnapshot')).catch(() => []);
    expect(await sent(it, list())).toBe(4);
    expect(await sent(it, list())).toBe(1);
    const create = () => it.client.writer.create('VolumeSnapshot', snapshotJson('web')).catch(() => undefined);
    expect(await sent(it, create())).toBe(4);
    expect(await sent(it, create())).toBe(1);
    expect(await sent(it, get(it))).toBe(1);
  });

  test('of one kind says nothing about a kind that lives beside it', async () => {
    const it = await client(() => denied);
    const space = (name: string) => it.client.reader.get('Namespace', name).catch(() => undefined);
    expect(await sent(it, space('prod'))).toBe(4);
    expect(await sent(it, space('finance'))).toBe(1);
    expect(
      await sent(
        it,
        it.client.reader.get('ConfigMap', 'web', 'prod').catch(() => undefined),
      ),
    ).toBe(4);
  });

  test('is not remembered against a right that is there: one granted late is found at the next request', async () => {
    let grants = false;
    const it = await client(() => (grants ? allowed : denied));
    await get(it);
    grants = true;
    expect(await get(it)).toMatchObject({ metadata: { name: 'web' } });
    // It has been there, so a server that starts again may be why it is not now.
    grants = false;
    expect(await sent(it, get(it))).toBe(4);
    expect(await sent(it, get(it))).toBe(1);
  });

  test('keeps nobody waiting who asks not to wait for rights, unless the right was there before', async () => {
    let grants = false;
    const it = await client(() => (grants ? allowed : denied), { awaitsRights: false });
    expect(await sent(it, get(it))).toBe(1);
    grants = true;
    expect(await sent(it, get(it))).toBe(1);
    grants = false;
    expect(await sent(it, get(it))).toBe(4);
    expect(await sent(it, get(it))).toBe(1);
  });
});

describe('finding the cluster', () => {
  test('a token that is replaced while the process runs is used after a 401', async () => {
    const { stub, client: c } = await client(({ headers }) =>
      headers.authorization === 'Bearer new'
        ? { status: 200, json: snapshotJson('web') }
        : failure(401, 'Unauthorized'),
    );
    const content = writeKubeconfig(stub.url, { token: 'new' });
    const { readFileSync } = await import('node:fs');
    writeFileSync(stub.kubeconfig, readFileSync(content));

    expect(await c.reader.get('VolumeSnapshot', 'web', 'prod')).toBeDefined();
  });

  test('an exec plugin gives the token', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'made' },
    };
    const exec = { apiVersion: credential.apiVersion, command: 'echo', args: [JSON.stringify(credential)] };
    const { stub } = await client(({ headers }) =>
      headers.authorization === 'Bearer made'
        ? { status: 200, json: snapshotJson('web') }
        : failure(401, 'Unauthorized'),
    );
    const c = await connect({ kubeconfig: writeKubeconfig(stub.url, { exec }) });
    open.unshift({ stop: () => c.close() });

    expect(await c.reader.get('VolumeSnapshot', 'web', 'prod')).toBeDefined();
  });

  test('an exec plugin that fails is named, what it printed is not', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'cat', args: ['/secret-path'] };
    const c = await connect({ kubeconfig: writeKubeconfig('http://127.0.0.1:1', { exec }), timeoutMs: 300 });

    const error = await c.reader.get('VolumeSnapshot', 'web', 'prod').catch((e: unknown) => e as Error);

    expect((error as Error).message).toContain('no credentials for user "u"');
    expect((error as Error).message).not.toContain('secret-path');
  });

  test('several files merge: missing ones are passed over, the first definition of a name wins', async () => {
    const { stub } = await client(() => ({ status: 200 }));
    const other = writeKubeconfig('http://127.0.0.1:1', {}, { namespace: 'other' });
    const paths = ['/nowhere/config', stub.kubeconfig, other].join(delimiter);

    const c = await connect({ kubeconfig: paths });

    expect(c).toMatchObject({ server: stub.url, namespace: 'default' });
  });

  test.each([
    ['a context that is not there', { context: 'nope' }],
    ['a file that is not there', { kubeconfig: '/nowhere/config' }],
  ])('%s is a clear error', async (_, options) => {
    const error = connect({ kubeconfig: writeKubeconfig('http://127.0.0.1:1'), ...options });

    await expect(error).rejects.toBeInstanceOf(errors.TerminalError);
  });
});
