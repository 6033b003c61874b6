import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, content, paths, snapshot } from './world.ts';

const FINALIZER = 'example.com/hold';

export function deletionFacts(world: () => World): void {
  const base = (): string => paths.snapshots(world().namespace);

  async function made(finalizers?: string[]): Promise<{ path: string; object: any }> {
    const name = world().name();
    const { body } = await world().client.post(base(), snapshot(name, finalizers ? { finalizers } : {}));
    return { path: `${base()}/${name}`, object: body };
  }

  test('a deleted object is gone, and the answer names it', async () => {
    const { path, object } = await made();
    const { code, body } = await world().client.delete(path);
    expect(code).toBe(200);
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: object.metadata.name, kind: 'volumesnapshots', uid: object.metadata.uid },
    });
    expect((await world().client.get(path)).code).toBe(404);
  });

  test('what is absent cannot be deleted', async () => {
    expect((await world().client.delete(`${base()}/absent`)).code).toBe(404);
  });

  test('a finalizer holds the object: it is marked, and the answer is the object', async () => {
    const { path, object } = await made([FINALIZER]);
    const { code, body } = await world().client.delete(path);
    expect({ code, kind: body.kind, grace: body.metadata.deletionGracePeriodSeconds }).toEqual({
      code: 200,
      kind: 'VolumeSnapshot',
      grace: 0,
    });
    expect(body.metadata.deletionTimestamp).toMatch(/Z$/);
    expect(body.metadata.generation).toBe(object.metadata.generation + 1);
    expect((await world().client.get(path)).body).toEqual(body);
  });

  test('a second delete changes nothing', async () => {
    const { path } = await made([FINALIZER]);
    const first = await world().client.delete(path);
    const second = await world().client.delete(path);
    expect(second.body.metadata).toEqual(first.body.metadata);
  });

  test('an object goes with its last finalizer', async () => {
    const { path, object } = await made([FINALIZER, 'example.com/second']);
    const { resourceVersion } = object.metadata;
    const query = { fieldSelector: `metadata.name=${object.metadata.name}`, resourceVersion };
    const watch = await world().client.watch(base(), query);
    await world().client.delete(path);
    await world().client.jsonPatch(path, [{ op: 'remove', path: '/metadata/finalizers/0' }]);
    expect((await world().client.get(path)).code).toBe(200);
    expect((await world().client.mergePatch(path, { metadata: { finalizers: null } })).code).toBe(200);
    expect((await world().client.get(path)).code).toBe(404);
    await watch.until(({ events }) => events.length >= 3);
    watch.close();
    expect(watch.events.map((event) => event.type)).toEqual(['MODIFIED', 'MODIFIED', 'DELETED']);
  });

  test('nothing new may hold an object in deletion', async () => {
    const { path } = await made([FINALIZER]);
    await world().client.delete(path);
    const patch = { metadata: { finalizers: [FINALIZER, 'example.com/late'] } };
    const { code, body } = await world().client.mergePatch(path, patch);
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(body.message).toMatch(
      /metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted/,
    );
  });

  test('the mark of deletion cannot be taken back', async () => {
    const { path } = await made([FINALIZER]);
    await world().client.delete(path);
    const { body } = await world().client.mergePatch(path, {
      metadata: { deletionTimestamp: null, labels: { a: 'b' } },
    });
    expect(body.metadata.deletionTimestamp).toMatch(/Z$/);
  });

  test.each([
    ['uid', { uid: '00000000-0000-4000-8000-000000000000' }],
    ['version', { resourceVersion: '1' }],
  ])('a precondition on another %s is a conflict', async (_what, preconditions) => {
    const { path } = await made();
    const { code, body } = await world().client.delete(path, { body: { preconditions } });
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
    expect((await world().client.get(path)).code).toBe(200);
  });

  test('preconditions that hold let the object go', async () => {
    const { path, object } = await made();
    const { uid, resourceVersion } = object.metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
    expect((await world().client.delete(path, { body })).code).toBe(200);
  });

  test('a dry-run delete leaves the object', async () => {
    const { path, object } = await made();
    expect((await world().client.delete(path, { query: { dryRun: 'All' } })).code).toBe(200);
    expect((await world().client.delete(path, { body: { dryRun: ['All'] } })).code).toBe(200);
    expect((await world().client.get(path)).body).toEqual(object);
  });

  test('a delete with options in its body does not look at the query: that is no dry run', async () => {
    const { path, object } = await made();
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: object.metadata.uid } };
    expect((await world().client.delete(path, { query: { dryRun: 'All' }, body })).code).toBe(200);
    expect((await world().client.get(path)).code).toBe(404);
  });

  test('a collection is deleted by selector', async () => {
    const path = paths.configMaps(world().namespace);
    const group = world().name();
    for (const [index, label] of [group, group, 'other'].entries()) {
      await world().client.post(path, configMap(`${group}-${index}`, {}, { labels: { group: label } }));
    }
    expect((await world().client.delete(path, { query: { labelSelector: `group=${group}` } })).code).toBe(200);
    const left = await Promise.all(
      [0, 1, 2].map(async (index) => (await world().client.get(`${path}/${group}-${index}`)).code),
    );
    expect(left).toEqual([404, 404, 200]);
  });

  test('a name can be used again, under a new uid', async () => {
    const name = world().name();
    const first = await world().client.post(paths.contents, content(name));
    await world().client.delete(`${paths.contents}/${name}`);
    const second = await world().client.post(paths.contents, content(name));
    expect(second.code).toBe(201);
    expect(second.body.metadata.uid).not.toBe(first.body.metadata.uid);
  });
}
