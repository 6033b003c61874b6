/**
 * The API server is away for longer than an event is delivered again. Knative's own dispatcher retries as the generated
 * Trigger says, then gives the event to a dead letter sink, and nothing secret is in it. Once the server is back, the
 * tick of Knative's own PingSource does what the lost events would have done.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, KubeObject } from '../client.ts';
import { refOf, until } from '../client.ts';
import { adminClient, down, startApiServerAgain, up } from '../cluster.ts';
import { setBackupTarget } from '../harvester.ts';
import { applyManifests } from '../knative.ts';
import { logFile, processes, signal, stop } from '../processes.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { backupsOf, described, repaired } from './end-state.ts';
import type { Leftover } from './leftovers.ts';
import { leftover } from './leftovers.ts';
import { contentsOf } from './machines.ts';

const TITLE = 'dead-letters';
const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'deploy');
const NEVER = '0 0 1 1 *';
const EVERY_MINUTE = '* * * * *';
/** The default of GLEANER_SWEEP_JITTER_SECONDS. */
const JITTER_MS = 20_000;
/** What a VM backup and the target's setting hold that nobody else may see. */
const SECRETS = ['hunter2-of-the-vm', Buffer.from('hunter2-of-the-vm').toString('base64'), 'bed-secret'];

interface Letter {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('the API server is away for longer than events are retried, on Knative Eventing', () => {
  let bed: BedState;
  let client: Client;
  let sink: Server;
  let broken: Leftover;
  let backupsBefore: Record<string, string>;
  const letters: Letter[] = [];

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.4.2', longhorn: '1.8.1', knative: '0.47.0' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 300 });
    sink = await startSink(letters);
    broken = await leftover(bed, client, { namespace: 'prod', name: 'web-broken', machine: 'web', disks: 1 });
    const userdata = Buffer.from(SECRETS[0]!).toString('base64');
    await client.patch(broken.ref, { status: { secretBackups: [{ name: 'cloud-init', data: { userdata } }] } });
    backupsBefore = await backupsOf(client);
  });
  afterAll(async () => {
    sink.close();
    await down(TITLE);
  });

  const log = (name: string) => readFile(logFile(bed.run, name), 'utf8').catch(() => '');
  async function quiet(): Promise<void> {
    let length = -1;
    await until(
      'no event to be under way',
      async () => {
        const before = length;
        length = (await log('knative-doubles')).length;
        await sleep(3_000);
        return length === before;
      },
      60_000,
    );
  }
  /** Every function has a clock of its own. */
  async function setClocks(schedule: string): Promise<void> {
    const clocks = await client.list('sources.knative.dev/v1', 'PingSource', { namespace: 'gleaner' });
    expect(clocks.length).toBeGreaterThan(0);
    for (const clock of clocks) await client.patch(refOf(clock), { spec: { schedule } });
  }
  const isReady = (object: KubeObject | undefined) =>
    object?.['status']?.conditions?.some((it: any) => it.type === 'Ready' && it.status === 'True');
  const functions = async () =>
    (await processes(bed.run)).filter(({ name, alive }) => alive && name.startsWith('function-'));
  const isRepaired = async (it: Leftover) =>
    JSON.stringify(await described(client, it)) === JSON.stringify(repaired(it));

  test('the generated triggers take a dead letter sink beside what they say of retries', async () => {
    await applyManifests(client, MANIFESTS);
    await setClocks(NEVER);
    const uri = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
    const list = () => client.list('eventing.knative.dev/v1', 'Trigger', { namespace: 'gleaner' });
    for (const trigger of await list())
      if (!trigger.metadata.name.endsWith('-sweep'))
        await client.patch(refOf(trigger), { spec: { delivery: { deadLetterSink: { uri } } } });
    await until(
      'all triggers and sources',
      async () => (await Promise.all([list(), sources()])).flat().every(isReady),
      90_000,
    );
    await until('their sink to be known to the channel', async () => {
      const subscriptions = await client.list('messaging.knative.dev/v1', 'Subscription', { namespace: 'gleaner' });
      const withSink = subscriptions.filter((it) => it['status']?.physicalSubscription?.deadLetterSinkUri === uri);
      return withSink.length === (await list()).filter((it) => !it.metadata.name.endsWith('-sweep')).length;
    });
    await sleep(2_000); // the dispatcher reads them from its own cache
  }, 120_000);

  const sources = async () => [
    ...(await client.list('sources.knative.dev/v1', 'ApiServerSource', { namespace: 'gleaner' })),
    ...(await client.list('sources.knative.dev/v1', 'PingSource', { namespace: 'gleaner' })),
  ];

  test('as long as the API server is there, events alone repair', async () => {
    const healed = await leftover(bed, client, { namespace: 'prod', name: 'web-healed', machine: 'web-2', disks: 1 });
    backupsBefore = await backupsOf(client);
    await until('it to be repaired', () => isRepaired(healed), 60_000);
    expect(letters).toEqual([]);
  });

  test('events whose function cannot reach the API server are retried as the trigger says, then are dead letters', async () => {
    await quiet(); // a source sends one event after the other: one that waits would hold up those of this test
    const frozen = await functions();
    expect(frozen.map(({ name }) => name)).toEqual(expect.arrayContaining(['function-gleaner-fix-handle']));
    for (const { name } of frozen) await signal(bed.run, name, 'SIGSTOP');
    const before = (await log('knative-doubles')).length;
    const since = async () => (await log('knative-doubles')).slice(before);
    const [content] = await contentsOf(client, broken.ref);
    await client.patch(refOf(content!), { metadata: { annotations: { touched: 'yes' } } });
    await client.patch(broken.ref, { metadata: { annotations: { touched: 'yes' } } });
    for (const mode of ['resource', 'ref'])
      await until(`an event of mode ${mode} on its way to the function`, async () =>
        (await since()).includes(`> fix-handle.gleaner.svc.cluster.local dev.knative.apiserver.${mode}.update`),
      );
    // The sources are lost as well: nothing but a sweep can make up for it.
    for (const { name } of await processes(bed.run))
      if (/^deployment-gleaner-apiserversource-/.test(name)) await stop(bed.run, name, 'SIGKILL');
    await stop(bed.run, 'kube-apiserver', 'SIGKILL');
    for (const { name } of frozen) await signal(bed.run, name, 'SIGCONT');

    const wanted = [content!.metadata.name, broken.ref.name];
    await until(
      'both events among the dead letters',
      async () => wanted.every((name) => letters.some((it) => isFor('fix-handle', name, it))),
      60_000,
    );
    const type = 'dev.knative.apiserver.ref.update';
    const tries = async () =>
      (await since()).split('\n').filter((line) => line.startsWith('POST fix-handle.') && line.endsWith(type));
    await until('each of them to have been tried once and, as `retry: 3` says, three times more', async () => {
      const given = letters.filter((it) => it.headers['ce-type'] === type && isFor('fix-handle', undefined, it));
      return given.length > 0 && (await tries()).length === 4 * given.length;
    });
    for (const line of await tries()) expect(line).toContain(' 503 ');
    for (const { headers } of letters) expect(headers['ce-knativeerrorcode']).toBe('503');
  }, 120_000);

  test('no dead letter holds a secret of a VM, or a key of the target', () => {
    expect(letters.length).toBeGreaterThan(0);
    for (const { headers, body } of letters) {
      const said = Buffer.from(headers['ce-knativeerrordata'] ?? '', 'base64').toString();
      const all = JSON.stringify(headers) + said + body;
      expect(SECRETS.filter((secret) => all.includes(secret))).toEqual([]);
    }
  });

  test("the API server is back: a tick of Knative's own PingSource has everything repaired", async () => {
    await startApiServerAgain(bed);
    await until('the API server to be ready', async () => (await client.raw('GET', '/readyz')).status === 200, 60_000);
    // Ready is told before every store can be read: 429, "storage is (re)initializing".
    const lists = [
      'harvesterhci.io/v1beta1/virtualmachinebackups',
      'snapshot.storage.k8s.io/v1/volumesnapshotcontents',
    ];
    await until(
      'its stores to be read again',
      async () =>
        (await Promise.all(lists.map((it) => client.raw('GET', `/apis/${it}`)))).every((it) => it.status === 200),
      60_000,
    );
    await sleep(3_000);
    expect(await isRepaired(broken)).toBe(false);
    const before = (await log('knative-doubles')).length;
    await setClocks(EVERY_MINUTE);
    // Sweeps alone take a step a minute: after up to a minute the pair, then the switch, then the old pair; each with its jitter.
    await until('everything to be repaired', () => isRepaired(broken), 4 * 60_000 + JITTER_MS + 20_000);
    const ticks = (await log('knative-doubles'))
      .slice(before)
      .match(/^POST fix-handle\S* \d+ dev\.knative\.sources\.ping$/gm);
    process.stdout.write(`${ticks?.length} ticks: ${ticks?.join(', ')}\n`);
    expect(ticks?.length).toBeGreaterThan(0);
    expect(await backupsOf(client)).toEqual(backupsBefore);
    expect(await deletedBackups(bed)).toEqual([]);
  }, 420_000);
});

/** Knative says whom it could not deliver to: the function, or the broker's filter with the trigger in the path. */
function isFor(trigger: string, name: string | undefined, { headers }: Letter): boolean {
  const to = headers['ce-knativeerrordest'] ?? '';
  const isOfTrigger = to.includes(`//${trigger}.gleaner.`) || to.includes(`/gleaner/${trigger}/`);
  return isOfTrigger && (name === undefined || headers['ce-name'] === name);
}

/** Takes whatever Knative could not deliver. */
async function startSink(letters: Letter[]): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      letters.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}
