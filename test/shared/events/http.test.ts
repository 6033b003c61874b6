import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byPackage, fromHttp, NotAnEventError, toHttp } from '../../../shared/events/http.ts';
import { readEvent } from '../../../shared/events/incoming.ts';

const usual = {
  host: 'gleaner',
  'content-type': 'application/json',
  'ce-specversion': '1.0',
  'ce-id': 'e-1',
  'ce-source': 'https://10.43.0.1:443',
  'ce-type': 'dev.knative.apiserver.resource.update',
  'ce-time': '2026-03-02T02:00:10Z',
  'ce-kind': 'VolumeSnapshotContent',
  'ce-apiversion': 'snapshot.storage.k8s.io/v1',
  'ce-name': 'vsc-1',
  'ce-namespace': '',
  'ce-knativearrivaltime': '2026-03-02T02:00:11Z',
};
const body = '{"metadata":{"name":"vsc-1"}}';
const isQuick = (event: unknown) => !(event instanceof Promise);

test('the usual event is read without the package', () => {
  const event = fromHttp(usual, body);

  expect(isQuick(event)).toBe(true);
  expect(event).toMatchObject({ specversion: '1.0', name: 'vsc-1', data: { metadata: { name: 'vsc-1' } } });
});

test.each<[string, Record<string, string>, string]>([
  ['a structured event', { 'content-type': 'application/cloudevents+json' }, '{"specversion":"1.0","id":"e-1"}'],
  ['no version', { 'ce-specversion': '' }, body],
  ['an attribute that is more than text', { 'ce-dataschema': 'urn:x' }, body],
  ['a name no attribute has', { 'ce-a_b': 'x' }, body],
  ['a body that is no object', {}, '[]'],
])('%s goes to the package', async (_, headers, text) => {
  const event = fromHttp({ ...usual, ...headers }, text);

  expect(isQuick(event)).toBe(false);
  expect(await event).toBeDefined();
});

describe('what is unusual is read as the package reads it, or left to it', () => {
  const outcome = async (read: () => unknown) => {
    try {
      const event = (await read()) as Record<string, unknown>;
      return { event, incoming: readEvent(event) };
    } catch (error) {
      expect(error).toBeInstanceOf(NotAnEventError);
      return { error: (error as Error).message };
    }
  };
  const header = fc.oneof(
    fc.constantFrom(...Object.keys(usual), 'ce-data', 'ce-datacontenttype', 'ce-subject', 'ce-schemaurl', 'ce-a-b'),
    fc.stringMatching(/^ce-[a-z0-9_]{1,8}$/),
  );
  const value = fc.oneof(fc.constantFrom('', '1.0', '0.3', 'text/plain', 'x'), fc.string({ maxLength: 8 }));
  const payload = fc.oneof(fc.constantFrom(body, '', '{', '{}', '[]', '"x"', 'x', '7', ' {}'), fc.json());

  test('whatever the headers and the body are', async () => {
    const changes = fc.dictionary(header, value, { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(changes, payload, fc.constantFrom(...Object.keys(usual), ''), async (more, text, less) => {
        const headers: Record<string, string> = { ...usual, ...more };
        delete headers[less];
        const ours = await outcome(() => fromHttp(headers, text));
        const theirs = await outcome(() => byPackage(headers, text));
        expect(ours.error).toEqual(theirs.error);
        expect(ours.incoming).toEqual(theirs.incoming);
        for (const [name, given] of Object.entries(ours.event ?? {})) {
          if (name !== 'time') expect([name, theirs.event?.[name]]).toEqual([name, given]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('what is sent is read back, quickly', async () => {
  const sent = await toHttp({ type: 'dev.gleaner.applied', source: '/gleaner', subject: 'x', data: { a: 1 } });
  const headers = { ...sent.headers, 'content-type': 'application/json' };

  expect(fromHttp(headers, sent.body)).toMatchObject({ type: 'dev.gleaner.applied', subject: 'x', data: { a: 1 } });
});
