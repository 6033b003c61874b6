import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApiServer } from '../../../sandbox/api/server.ts';
import type { ApiClient, ApiServer, KubeObject } from '../../../sandbox/api/types.ts';

let api: ApiServer;
let client: ApiClient;
beforeAll(async () => {
  api = await createApiServer({ tls: false });
  api.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod' } }]);
  client = api.client('test');
});
afterAll(() => api.stop());

let count = 0;
const event = (fields: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: `e${++count}`, namespace: 'prod' },
  eventTime: '2025-03-02T01:05:11.000000Z',
  reportingController: 'gleaner.dev/verify-backup',
  reportingInstance: 'gleaner',
  action: 'Verify',
  reason: 'HandleWrong',
  type: 'Warning',
  note: 'a sentence',
  regarding: { kind: 'VolumeSnapshot', namespace: 'prod', name: 'web' },
  ...fields,
});

test('an Event says when, who, what was done, and about what', async () => {
  await expect(client.create(event())).resolves.toMatchObject({ reason: 'HandleWrong' });
});

test.each([
  ['eventTime', undefined],
  ['reportingController', undefined],
  ['reportingController', 'not a name'],
  ['reportingInstance', ''],
  ['action', undefined],
  ['reason', 'x'.repeat(129)],
  ['type', 'Error'],
  ['note', 'x'.repeat(1025)],
  ['regarding', { kind: 'VolumeSnapshot', namespace: 'finance', name: 'web' }],
  ['series', { count: 1, lastObservedTime: '2025-03-02T01:05:11.000000Z' }],
])('one with %s %j is refused', async (name, value) => {
  await expect(client.create(event({ [name]: value }))).rejects.toMatchObject({ code: 422 });
});

test('nothing but its series can change', async () => {
  const { metadata } = await client.create(event());
  const patch = (fields: object) => client.mergePatch('events.k8s.io/v1/Event', metadata.name, 'prod', fields);
  await expect(patch({ note: 'another sentence' })).rejects.toMatchObject({ code: 422 });
  await expect(patch({ series: { count: 2 } })).rejects.toMatchObject({ code: 422 });
  const series = { count: 2, lastObservedTime: '2025-03-02T02:05:11.000000Z' };
  await expect(patch({ series })).resolves.toMatchObject({ series });
});
