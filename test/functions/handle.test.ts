import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { eventOf } from './forgeries.ts';
import type { HostProcess } from './host-process.ts';
import { faasRuntime, ownServer, writeFile } from './host-process.ts';

const writesOf = (sandbox: Sandbox) =>
  sandbox.api.requests().filter(({ verb }) => !['get', 'list', 'watch'].includes(verb)).length;

const post = (body: string, type: string): RequestInit => ({ method: 'POST', headers: { 'content-type': type }, body });

const wrongContent = async (sandbox: Sandbox): Promise<KubeObject> => {
  const contents = await sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent');
  const wrong = contents.find(({ spec }) => String(spec.source.snapshotHandle).startsWith('bs://'));
  if (wrong === undefined) throw new Error('the scenario has no wrong content');
  return wrong;
};

const hosts = [
  ['the own server', ownServer],
  ['the stock function runtime', faasRuntime],
] as const;

describe.each(hosts)('under %s', (_, startHost) => {
  let sandbox: Sandbox;
  let host: HostProcess;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'wrong-handle', tickMs: 2 });
    const KUBECONFIG = writeFile('kubeconfig', sandbox.api.kubeconfig());
    host = await startHost({ FUNCTION: 'fix-handle', KUBECONFIG });
  }, 120_000);
  afterAll(async () => {
    await host.stop();
    await sandbox.stop();
  });

  /** The stock runtime breaks the connection of who sends too much; whether its 413 is seen is a matter of luck. */
  const brokenOff = (error: unknown) => {
    if (startHost === ownServer) throw error;
    return new Response('', { status: 413 });
  };
  const alive = async () => (await fetch(`${host.url}health/liveness`)).status;

  test('forged events are answered clearly; nothing is written, the process lives', async () => {
    const content = await wrongContent(sandbox);
    const madeUp = { ...content, metadata: { ...content.metadata, name: 'made-up', uid: 'made-up' } };
    const right = { ...content, spec: { ...content.spec, source: { snapshotHandle: 'snap://pvc-1/s-1' } } };
    const forged: [string, RequestInit, readonly number[]][] = [
      ['an object that is not there', eventOf(madeUp), [204]],
      ['a payload that looks well', eventOf(right), [204]],
      ['an unknown type', eventOf(content, 'com.example.made-up'), [204]],
      ['an unknown kind', eventOf({ ...content, kind: 'Secret', apiVersion: 'v1' }), [204]],
      ['a name that leads elsewhere', eventOf({ ...content, metadata: { name: '../secrets' } }), [400]],
      ['no event', post('{"hello":"world"}', 'application/json'), [400]],
      ['a text', post('hello', 'text/plain'), [400]],
      ['broken JSON', post('{"id":', 'application/cloudevents+json'), [400]],
      ['five megabytes', { ...eventOf(content), body: JSON.stringify({ pad: 'x'.repeat(5_000_000) }) }, [413]],
    ];

    for (const [what, init, statuses] of forged) {
      const response = await fetch(host.url, init).catch(brokenOff);
      const body = await response.text();
      expect({ what, statuses: [response.status] }).toEqual({ what, statuses });
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(768);
    }
    expect(writesOf(sandbox)).toBe(0);
    expect(await alive()).toBe(200);
  });

  test('a query parameter is not taken for an event', async () => {
    const response = await fetch(`${host.url}?cloudevent=x`, post('{}', 'application/json'));

    expect(response.status).toBe(400);
  });

  test('a wrong handle is repaired, and the answer is an event of our own', async () => {
    const content = await wrongContent(sandbox);

    const response = await fetch(host.url, eventOf(content));
    const reply = await response.json();

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'ce-type': 'dev.gleaner.applied',
      'ce-source': '/gleaner/functions/fix-handle',
      'ce-specversion': '1.0',
    });
    expect(reply).toMatchObject({ function: 'fix-handle', omitted: 0 });
    const handles = (await sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent')).map(
      ({ spec }) => spec.source.snapshotHandle as string,
    );
    expect(handles.some((handle) => handle.startsWith('bak://'))).toBe(true);
    expect(host.output()).not.toContain(sandbox.api.adminToken);
  });

  test('an API server that is overloaded makes a short 503', async () => {
    sandbox.api.setFault(() => ({ kind: 'status', code: 500 }));

    const response = await fetch(host.url, eventOf(await wrongContent(sandbox)));
    const body = await response.text();
    sandbox.api.setFault(undefined);

    expect(response.status).toBe(503);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(200);
  });

  test('memory stays flat under forged events', async () => {
    const content = await wrongContent(sandbox);
    const large = { ...eventOf(content), body: JSON.stringify({ pad: 'x'.repeat(5_000_000) }) };
    const small = eventOf(content, 'com.example.made-up');
    const flood = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        const refused = fetch(host.url, large).catch(brokenOff);
        const all = [refused, ...Array.from({ length: 20 }, () => fetch(host.url, small))];
        for (const response of await Promise.all(all)) await response.arrayBuffer();
      }
    };
    const rssMiB = () =>
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(host.child.pid)], { encoding: 'utf8' })) / 1024;

    await flood(10);
    const before = rssMiB();
    await flood(30);

    // 150 MB went in; what remains is the collector's slack.
    expect(rssMiB() - before).toBeLessThan(60);
  }, 120_000);

  test('on SIGTERM, what is under way is finished and the process ends well', async () => {
    const content = await wrongContent(sandbox);
    sandbox.api.clearRequests();
    let seen = 0;
    sandbox.api.setFault(() => (seen++ === 0 ? { kind: 'hang', ms: 500 } : undefined));

    const underWay = fetch(host.url, eventOf(content)).then(
      (response) => response.status,
      () => 'cut off',
    );
    while (seen === 0) await sleep(10);
    host.child.kill('SIGTERM');
    const [code] = (await once(host.child, 'exit')) as [number | null];

    // The stock runtime waits for our shutdown, then cuts connections: the work is done, the answer may be lost.
    if (startHost === ownServer) expect(await underWay).not.toBe('cut off');
    else await underWay;
    expect(code).toBe(0);
    expect(sandbox.api.requests().length).toBeGreaterThan(0);
  });
});

describe('a setting that is wrong', () => {
  test.each([
    ['the own server', ownServer, { FUNCTION: 'fix-everything' }],
    ['the own server', ownServer, { GLEANER_MODUS: 'observe' }],
    ['the stock function runtime', faasRuntime, {}],
  ])(
    'stops %s at once: %o',
    async (_, startHost, environment) => {
      await expect(startHost(environment)).rejects.toThrow(/FUNCTION|GLEANER_MODUS/);
    },
    20_000,
  );
});

test('a payload that shows nothing to do is answered without the Kubernetes client being loaded', async () => {
  const spy = writeFile(
    'spy.mjs',
    `import { registerHooks } from 'node:module';
     registerHooks({ load(url, context, next) { console.log('loads ' + url); return next(url, context); } });`,
  );
  const sandbox = await startSandbox({ scenario: 'wrong-handle', tickMs: 2 });
  const KUBECONFIG = writeFile('kubeconfig', sandbox.api.kubeconfig());
  const host = await ownServer({ FUNCTION: 'fix-handle', KUBECONFIG, NODE_OPTIONS: `--import ${spy}` });
  try {
    const content = await wrongContent(sandbox);
    const other = { ...content, spec: { ...content.spec, driver: 'other.csi' } };

    expect((await fetch(host.url, eventOf(other))).status).toBe(204);
    expect(host.output()).toContain('functions/serve.ts');
    expect(host.output()).not.toMatch(/client-node|js-yaml|socks/);

    expect((await fetch(host.url, eventOf(content))).status).toBe(200);
    expect(host.output()).toMatch(/loads .*client-node/);
  } finally {
    await host.stop();
    await sandbox.stop();
  }
}, 120_000);
