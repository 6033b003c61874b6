import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, paths } from './world.ts';
import type { Watch } from './client.ts';

const END = 'k8s.io/initial-events-end';
const count = (wanted: number) => (watch: Watch) => watch.summary().length >= wanted;

export function watchFacts(world: () => World): void {
  /** A namespace of its own, so that a watch sees nothing of other facts. */
  async function place(): Promise<string> {
    const name = world().name('watch');
    await world().client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return paths.configMaps(name);
  }
  const versionOf = async (path: string): Promise<string> =>
    (await world().client.get(path)).body.metadata.resourceVersion as string;

  test('a watch without version begins with what is there, then goes on', async () => {
    const path = await place();
    await world().client.post(path, configMap('a'));
    const watch = await world().client.watch(path);
    await watch.until(count(1));
    await world().client.mergePatch(`${path}/a`, { data: { x: '1' } });
    await world().client.delete(`${path}/a`);
    await watch.until(count(3));
    watch.close();
    expect(watch.summary()).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  test('a watch from a version shows what came after it, and only that', async () => {
    const path = await place();
    await world().client.post(path, configMap('a'));
    const resourceVersion = await versionOf(path);
    await world().client.post(path, configMap('b'));
    const watch = await world().client.watch(path, { resourceVersion });
    await world().client.post(path, configMap('c'));
    await watch.until(count(2));
    watch.close();
    expect(watch.summary()).toEqual(['ADDED b', 'ADDED c']);
  });

  test('events carry the whole object with kind and version', async () => {
    const path = await place();
    const created = (await world().client.post(path, configMap('a', { x: '1' }))).body;
    const watch = await world().client.watch(path);
    await watch.until(count(1));
    watch.close();
    expect(watch.events[0]).toEqual({ type: 'ADDED', object: created });
  });

  test('a DELETED event carries the last state under a new version', async () => {
    const path = await place();
    const created = (await world().client.post(path, configMap('a', { x: '1' }))).body;
    const watch = await world().client.watch(path, { resourceVersion: created.metadata.resourceVersion });
    await world().client.delete(`${path}/a`);
    const [event] = await watch.until(count(1));
    watch.close();
    expect(event!.object.data).toEqual({ x: '1' });
    expect(Number(event!.object.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
  });

  test('a write that changes nothing is no event', async () => {
    const path = await place();
    await world().client.post(path, configMap('a', { x: '1' }));
    const watch = await world().client.watch(path, { resourceVersion: await versionOf(path) });
    await world().client.mergePatch(`${path}/a`, { data: { x: '1' } });
    await world().client.mergePatch(`${path}/a`, { data: { x: '2' } });
    await watch.until(count(1));
    watch.close();
    expect(watch.events.map((event) => event.object.data)).toEqual([{ x: '2' }]);
  });

  test('an object that begins or ceases to match is added or deleted', async () => {
    const path = await place();
    await world().client.post(path, configMap('a'));
    const watch = await world().client.watch(path, { labelSelector: 'on=yes' });
    const label = (on: string | null, x: string) =>
      world().client.mergePatch(`${path}/a`, { metadata: { labels: { on } }, data: { x } });
    await label('yes', '1');
    await label('yes', '2');
    await label(null, '3');
    await label('yes', '4');
    await world().client.delete(`${path}/a`);
    await watch.until(count(5));
    watch.close();
    expect(watch.summary()).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a']);
    expect(watch.events[2]!.object.data).toEqual({ x: '2' });
  });

  test('a watch can be narrowed to one name', async () => {
    const path = await place();
    const watch = await world().client.watch(path, { fieldSelector: 'metadata.name=b' });
    for (const name of ['a', 'b', 'c']) await world().client.post(path, configMap(name));
    await world().client.delete(`${path}/b`);
    await watch.until(count(2));
    watch.close();
    expect(watch.summary()).toEqual(['ADDED b', 'DELETED b']);
  });

  test('a watch ends when its time is over', async () => {
    const path = await place();
    const watch = await world().client.watch(path, { timeoutSeconds: '1' });
    expect(await watch.untilEnded()).toEqual([]);
  });

  test('a version older than the history is answered by an ERROR event', async () => {
    const path = await place();
    const watch = await world().client.watch(path, { resourceVersion: '1' });
    await watch.untilEnded();
    expect(watch.code).toBe(200);
    expect(watch.events).toMatchObject([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          code: 410,
          reason: 'Expired',
          message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
        },
      },
    ]);
  });

  test('bookmarks move the version on before the watch ends', async () => {
    const path = await place();
    await world().client.post(path, configMap('a'));
    const query = { resourceVersion: await versionOf(path), allowWatchBookmarks: 'true', timeoutSeconds: '3' };
    const watch = await world().client.watch(path, query);
    await world().client.post(
      `${path.replace(/namespaces\/[^/]+/, `namespaces/${world().namespace}`)}`,
      configMap(world().name()),
    );
    const events = await watch.untilEnded();
    const bookmark = events.findLast((event) => event.type === 'BOOKMARK');
    expect(bookmark?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThan(Number(query.resourceVersion));
  });

  test('a watch can begin with a whole list, closed by a bookmark', async () => {
    const path = await place();
    for (const name of ['a', 'b']) await world().client.post(path, configMap(name));
    const watch = await world().client.watch(path, {
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    await watch.until(({ events }) => events.some((event) => event.type === 'BOOKMARK'));
    watch.close();
    expect(watch.summary().sort()).toEqual(['ADDED a', 'ADDED b']);
    const last = watch.events.find((event) => event.type === 'BOOKMARK');
    expect(last?.object.metadata.annotations).toEqual({ [END]: 'true' });
  });

  test('initial events need resourceVersionMatch', async () => {
    const path = await place();
    const query = { watch: '1', sendInitialEvents: 'true', allowWatchBookmarks: 'true' };
    const { code, body } = await world().client.get(path, { query });
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
  });

  test('a watch without initial events begins now', async () => {
    const path = await place();
    await world().client.post(path, configMap('a'));
    const watch = await world().client.watch(path, {
      sendInitialEvents: 'false',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    await world().client.post(path, configMap('b'));
    await watch.until(count(1));
    watch.close();
    expect(watch.summary()).toEqual(['ADDED b']);
  });

  test('a dry run is no event', async () => {
    const path = await place();
    const watch = await world().client.watch(path);
    await world().client.post(path, configMap('dry'), { query: { dryRun: 'All' } });
    await world().client.post(path, configMap('wet'));
    await watch.until(count(1));
    watch.close();
    expect(watch.summary()).toEqual(['ADDED wet']);
  });
}
