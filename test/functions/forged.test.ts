import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import * as functions from '../../functions/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../shared/function.ts';
import type { Request } from './forgeries.ts';
import { eventOf, forgeriesOf } from './forgeries.ts';
import type { HostProcess } from './host-process.ts';
import { faasRuntime, ownServer, writeFile } from './host-process.ts';

const all = Object.values(functions as Record<string, AnyFunction>);
const names = all.map(({ name }) => name);
/** As much as a dispatcher of Knative's bears in the answer to an error. */
const MOST_ERROR_BYTES = 768;
/** No answer: who sent more than is read may find the connection broken before it sees why. */
const CUT_OFF = 0;

const hosts = [
  ['the own server', (environment: Record<string, string>) => ownServer(environment)],
  [
    'the stock function runtime',
    (environment: Record<string, string>) =>
      faasRuntime({ EVERY: names.join(','), ...environment }, 'test/functions/every-handle.mjs'),
  ],
] as const;

describe.each(hosts)('forged events for every function under %s', (_, startHost) => {
  const agent = new Agent();
  let sandbox: Sandbox;
  let host: HostProcess;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'wrong-handle', tickMs: 2 });
    const KUBECONFIG = writeFile('kubeconfig', sandbox.api.kubeconfig());
    host = await startHost({ KUBECONFIG, GLEANER_LOG_LEVEL: 'error' });
  }, 120_000);
  afterAll(async () => {
    agent.destroy();
    await host.stop();
    await sandbox.stop();
  });

  const send = (name: string, { method, headers, body }: Request) =>
    new Promise<{ status: number; bytes: number; type: string | undefined }>((resolve) => {
      const path = startHost === hosts[0][1] ? `/${name}` : '/';
      const all = { ...headers, 'x-function': name, 'content-length': String(Buffer.byteLength(body)) };
      const sent = request(host.url, { method, path, headers: all, agent }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        const { statusCode: status = CUT_OFF, headers } = response;
        response.on('close', () => resolve({ status, bytes, type: headers['ce-type'] as string | undefined }));
      });
      sent.on('error', () => resolve({ status: CUT_OFF, bytes: 0, type: undefined }));
      sent.end(body);
    });

  const writes = () =>
    sandbox.api
      .requests()
      .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
      .map(({ verb, kind, namespace = '', name = '' }) => `${verb} ${kind} ${namespace}/${name}`);

  /** One that is there, of a kind the function watches; where it watches none or there is none, a content. */
  const realOf = async (fn: AnyFunction): Promise<KubeObject> => {
    for (const kind of [...fn.watches.map((watch) => watch.kind), 'VolumeSnapshotContent'] as const) {
      const [real] = await sandbox.client.list(`${kinds[kind].apiVersion}/${kind}`);
      if (real !== undefined) return real;
    }
    throw new Error('an empty world');
  };

  const flood = async (fn: AnyFunction) => {
    const wrong: object[] = [];
    for (const [what, forged, ours, byRuntime = ours] of forgeriesOf(await realOf(fn))) {
      const statuses = startHost === hosts[0][1] ? ours : byRuntime;
      const { status, bytes } = await send(fn.name, forged);
      const cutOff = status === CUT_OFF && statuses.some((one) => one === 413 || one === 431);
      const fits = cutOff || statuses.includes(status);
      if (!fits || (status >= 400 && bytes > MOST_ERROR_BYTES)) wrong.push({ what, status, statuses, bytes });
    }
    return wrong;
  };

  test.each(all.map((fn) => [fn.name, fn] as const))('%s answers clearly and writes nothing', async (_, fn) => {
    expect(await flood(fn)).toEqual([]);
    expect(writes()).toEqual([]);
  });

  test('memory stays flat', async () => {
    const rssKiB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${host.child.pid}/status`, 'utf8'))?.[1]);
    const before = rssKiB();
    for (const fn of all) await flood(fn);

    // What came before has warmed it up; some hundred more leave the collector's slack.
    expect(rssKiB() / before).toBeLessThan(1.25);
  });

  test('afterwards each of them answers a right event, and what is wrong is repaired', async () => {
    expect(host.child.exitCode).toBeNull();
    expect(writes()).toEqual([]);
    for (const fn of all) {
      if (fn.name !== 'fix-handle')
        expect([200, 204]).toContain((await send(fn.name, eventOf(await realOf(fn)))).status);
    }
    const contents = await sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent');
    const wrong = contents.find(({ spec }) => String(spec.source.snapshotHandle).startsWith('bs://'));

    expect(await send('fix-handle', eventOf(wrong!))).toMatchObject({ status: 200, type: 'dev.gleaner.applied' });
  });
});
