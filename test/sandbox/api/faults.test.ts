import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Fault, RequestRecord } from '../../../sandbox/api/types.ts';
import { CONFIG_MAPS, configMap, sandbox } from './connect.ts';
import type { Sandbox } from './connect.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await sandbox();
});
afterEach(() => box.stop());

const stored = async (name: string) =>
  (await box.server.client('test').get('v1/ConfigMap', name, 'default')) !== undefined;
const onCreate = (fault: Fault) => box.server.setFault((request) => (request.verb === 'create' ? fault : undefined));
const create = (name: string) => box.client.post(CONFIG_MAPS, configMap(name));

describe('faults', () => {
  test('a status is answered instead of carrying the request out', async () => {
    onCreate({ kind: 'status', code: 429, retryAfterSeconds: 7 });
    const { code, body, headers } = await create('a');
    expect({ code, reason: body.reason, retryAfter: headers['retry-after'] }).toEqual({
      code: 429,
      reason: 'TooManyRequests',
      retryAfter: '7',
    });
    expect(body.details.retryAfterSeconds).toBe(7);
    expect(await stored('a')).toBe(false);
  });

  test('a reset loses the request', async () => {
    onCreate({ kind: 'reset' });
    await expect(create('a')).rejects.toThrow();
    expect(await stored('a')).toBe(false);
  });

  test('a late reset loses the answer only', async () => {
    onCreate({ kind: 'reset-after' });
    await expect(create('a')).rejects.toThrow();
    expect(await stored('a')).toBe(true);
  });

  test('a hanging request is carried out late', async () => {
    onCreate({ kind: 'hang', ms: 50 });
    const before = performance.now();
    expect((await create('a')).code).toBe(201);
    expect(performance.now() - before).toBeGreaterThanOrEqual(45);
  });

  test('a hanging request that the client gives up is not carried out', async () => {
    onCreate({ kind: 'hang', ms: 60 });
    const pending = create('a');
    setTimeout(() => box.client.close(), 20);
    await expect(pending).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(await stored('a')).toBe(false);
  });

  test('other requests, and in-process writes, are not touched', async () => {
    onCreate({ kind: 'status', code: 500 });
    await box.server.client('test').create(configMap('b'));
    expect((await box.client.get(`${CONFIG_MAPS}/b`)).code).toBe(200);
  });

  test('a lifted fault is gone', async () => {
    onCreate({ kind: 'status', code: 500 });
    expect((await create('a')).code).toBe(500);
    box.server.setFault(undefined);
    expect((await create('a')).code).toBe(201);
  });
});

describe('the record of requests', () => {
  const records = (): Partial<RequestRecord>[] => box.server.requests().map(({ atMs: _at, ...rest }) => rest);

  test('names verb, object, user and answer, in order', async () => {
    const token = box.server.tokenFor('somebody');
    await create('a');
    await box.client.get(`${CONFIG_MAPS}/a`, { token });
    await box.client.mergePatch(`${CONFIG_MAPS}/a`, { data: {} }, { query: { dryRun: 'All' } });
    const subject = { kind: 'v1/ConfigMap', namespace: 'default' };
    expect(records()).toEqual([
      { ...subject, verb: 'create', dryRun: false, user: 'cluster-admin', code: 201 },
      { ...subject, verb: 'get', name: 'a', dryRun: false, user: 'somebody', code: 403 },
      { ...subject, verb: 'patch', name: 'a', dryRun: true, user: 'cluster-admin', code: 200 },
    ]);
  });

  test('tells list from watch and names the subresource', async () => {
    const path = '/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents';
    await box.client.get(path);
    (await box.client.watch(path)).close();
    await box.client.mergePatch(`${path}/x/status`, {});
    expect(records()).toMatchObject([
      { verb: 'list', code: 200 },
      { verb: 'watch', code: 200 },
      { verb: 'patch', name: 'x', subresource: 'status', code: 404 },
    ]);
  });

  test('holds what was lost, too', async () => {
    onCreate({ kind: 'reset' });
    await expect(create('a')).rejects.toThrow();
    onCreate({ kind: 'reset-after' });
    await expect(create('a')).rejects.toThrow();
    expect(records()).toMatchObject([{ code: 0 }, { code: 201 }]);
  });

  test('leaves out discovery and what happens in process, and can be cleared', async () => {
    await box.client.get('/apis');
    await box.server.client('test').create(configMap('b'));
    expect(records()).toEqual([]);
    await create('a');
    box.server.clearRequests();
    expect(records()).toEqual([]);
  });
});
