import type { AddressInfo } from 'node:net';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';
import type { Recorded } from '../../cli/replay/read.ts';
import { readEvents } from '../../cli/replay/read.ts';
import { allFunctions } from '../../cli/functions.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

const sweepEvent = { specversion: '1.0', id: 's-1', source: 'test', type: 'dev.gleaner.sweep' };
const foreign = { specversion: '1.0', id: 'f-1', source: 'test', type: 'com.example.other' };

async function read(...chunks: (string | Buffer)[]): Promise<Recorded[]> {
  const all: Recorded[] = [];
  const input = (async function* () {
    yield* chunks;
  })();
  for await (const recorded of readEvents(input)) all.push(recorded);
  return all;
}

describe('reading recorded events', () => {
  test.each([
    { form: 'one event', text: JSON.stringify(sweepEvent), at: ['line 1'] },
    { form: 'one event over several lines', text: JSON.stringify(sweepEvent, null, 2), at: ['event 1'] },
    { form: 'an array', text: JSON.stringify([sweepEvent, sweepEvent]), at: ['line 1, event 1', 'line 1, event 2'] },
    {
      form: 'an array over several lines',
      text: JSON.stringify([sweepEvent, sweepEvent], null, 1),
      at: ['event 1', 'event 2'],
    },
    {
      form: 'JSON lines',
      text: `${JSON.stringify(sweepEvent)}\n\n${JSON.stringify(sweepEvent)}\n`,
      at: ['line 1', 'line 3'],
    },
    {
      form: 'JSON lines of Windows',
      text: `${JSON.stringify(sweepEvent)}\r\n${JSON.stringify(sweepEvent)}\r\n`,
      at: ['line 1', 'line 2'],
    },
  ])('$form', async ({ text, at }) => {
    expect(await read(text)).toEqual(at.map((where) => ({ at: where, event: sweepEvent })));
  });

  test('chunks may end anywhere, even inside a letter', async () => {
    const event = { ...foreign, subject: 'Müller' };
    const bytes = Buffer.from(`${JSON.stringify(event)}\n${JSON.stringify(event)}\n`);
    for (let cut = 1; cut < bytes.length; cut += 7) {
      expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([
        { at: 'line 1', event },
        { at: 'line 2', event },
      ]);
    }
  });

  test('bad lines are told by their number, and the others are read', async () => {
    const line = JSON.stringify(sweepEvent);
    expect(await read(`{"broken\n${line}\n"text"\n${line}\n`)).toEqual([
      { at: 'line 1', problem: 'is not JSON' },
      { at: 'line 2', event: sweepEvent },
      { at: 'line 3', problem: 'is not an event' },
      { at: 'line 4', event: sweepEvent },
    ]);
  });

  test('what is no JSON at all is one problem', async () => {
    expect(await read('{\n  broken\n}\n')).toEqual([
      { at: 'the whole input', problem: 'is neither JSON nor JSON lines' },
    ]);
  });

  test('what a broker added on the way is taken off', async () => {
    const dead = {
      ...foreign,
      knativeerrorcode: '422',
      knativeerrordest: 'x',
      knativearrivaltime: 'y',
      knativebrokerttl: '255',
    };
    expect(await read(JSON.stringify(dead))).toEqual([{ at: 'line 1', event: foreign }]);
  });
});

describe('replay in this process', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld({ scenario: 'wrong-handle' });
  });
  afterEach(() => world.stop());

  test('functions write as their servers would, and the answers are shown', async () => {
    const file = await world.file('events.jsonl', `${JSON.stringify(sweepEvent)}\n${JSON.stringify(foreign)}\n`);
    const { code, out } = await world.run('replay', file, '-o', 'json');
    expect(code).toBe(0);
    const { kind, answers, summary } = JSON.parse(out);
    expect(kind).toBe('Replay');
    expect(answers.find(({ by }: any) => by === 'fix-handle')).toMatchObject({
      at: 'line 1',
      status: 200,
      replied: 'dev.gleaner.swept',
    });
    const ofForeign = answers.filter(({ at }: any) => at === 'line 2');
    expect(ofForeign.map(({ status }: any) => status)).toEqual(ofForeign.map(() => 204));
    expect(summary).toMatchObject({ events: 2, failed: 0, unreadable: 0, written: world.writes() });
    expect(world.writes()).toBeGreaterThan(0);
  });

  test('--dry-run=client and --function hold', async () => {
    const file = await world.file('event.json', JSON.stringify(sweepEvent));
    const { code, out } = await world.run('replay', file, '--dry-run=client', '--function', 'fix-handle');
    expect(code).toBe(0);
    expect(out).toMatch(/line 1 +dev\.gleaner\.sweep +fix-handle +200 +dev\.gleaner\.swept: .*ReplacePair 1/);
    expect(out).not.toContain('relink-vmbackup');
    expect(world.writes()).toBe(0);
  });

  test('--dry-run=server asks and stores nothing', async () => {
    const file = await world.file('event.json', JSON.stringify(sweepEvent));
    expect((await world.run('replay', file, '--dry-run=server')).code).toBe(0);
    expect(world.writes()).toBe(0);
    expect(world.sandbox.api.requests().some(({ dryRun }) => dryRun)).toBe(true);
  });

  test('what was written before a failure is shown and counted', async () => {
    world.sandbox.api.setFault(({ verb, kind }) =>
      verb === 'create' && kind === 'snapshot.storage.k8s.io/v1/VolumeSnapshot'
        ? { kind: 'status', code: 503 }
        : undefined,
    );
    const file = await world.file('event.json', JSON.stringify(sweepEvent));
    const { code, out, err } = await world.run('replay', file, '--function', 'fix-handle', '-o', 'json');
    expect(code).toBe(2);
    const { answers, summary } = JSON.parse(out);
    const wrote = [expect.stringMatching(/^create VolumeSnapshotContent /)];
    expect(answers).toMatchObject([{ by: 'fix-handle', status: 503, wrote }]);
    expect(summary).toMatchObject({ failed: 1, written: 1 });
    expect(err).toMatch(/^gleaner: line 1: fix-handle wrote, before it failed: create VolumeSnapshotContent /m);
  });

  test('a bad line is an error, and the others go on', async () => {
    const file = await world.file('mixed.jsonl', `no json\n${JSON.stringify(sweepEvent)}\n{"id":"x"}\n`);
    const { code, out, err } = await world.run('replay', file);
    expect(code).toBe(2);
    expect(err).toContain('gleaner: line 1 is not JSON\n');
    expect(err).toMatch(/line 3: fix-handle answered 400: not a CloudEvent/);
    expect(out).toMatch(new RegExp(`3 events, 1 unreadable, ${allFunctions.length} answers bad; [1-9]\\d* writes\\.`));
  });

  test('nothing to replay is an error', async () => {
    expect(await gleaner(['replay', '-'], { input: ['\n'] })).toMatchObject({
      code: 2,
      err: expect.stringContaining('no event'),
    });
  });
});

describe('replay to an address', () => {
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  let server: Server;
  let status = 204;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(status).end(status === 204 ? undefined : 'no');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    received.length = 0;
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/fix-handle`;

  test('events arrive in binary mode', async () => {
    status = 204;
    const event = { ...foreign, name: 'web', datacontenttype: 'application/json', data: { a: 1 } };
    const { code } = await gleaner(['replay', '-', '--to', url()], { input: [JSON.stringify(event)] });
    expect(code).toBe(0);
    expect(received).toHaveLength(1);
    expect(received[0]!.headers).toMatchObject({ 'ce-id': 'f-1', 'ce-type': 'com.example.other', 'ce-name': 'web' });
    expect(JSON.parse(received[0]!.body)).toEqual({ a: 1 });
  });

  test('any other answer than 2xx is a failure, and the others go on', async () => {
    status = 422;
    const lines = `${JSON.stringify(sweepEvent)}\n${JSON.stringify(foreign)}\n`;
    const { code, out, err } = await gleaner(['replay', '-', '--to', url()], { input: [lines] });
    expect(code).toBe(2);
    expect(received).toHaveLength(2);
    expect(err).toMatch(/line 1: http:\S+ answered 422: no/);
    expect(out).toContain('2 events, 0 unreadable, 2 answers bad; 0 writes.');
  });

  test('nobody there is a failure', async () => {
    const { code, err } = await gleaner(['replay', '-', '--to', 'http://127.0.0.1:1/'], {
      input: [JSON.stringify(foreign)],
    });
    expect(code).toBe(2);
    expect(err).toContain('no response');
  });
});
