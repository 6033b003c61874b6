import { beforeAll, expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, content, paths, snapshot } from './world.ts';

const names = (body: any): string[] => body.items.map((item: any) => item.metadata.name);

export function listFacts(world: () => World): void {
  const maps = (): string => paths.configMaps(`${world().namespace}-lists`);

  beforeAll(async () => {
    const name = `${world().namespace}-lists`;
    await world().client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const [key, labels] of [
      ['e', { app: 'web', tier: 'front' }],
      ['a', { app: 'web' }],
      ['c', { app: 'db', tier: 'back' }],
      ['b', {}],
      ['d', { app: 'db' }],
    ] as const) {
      await world().client.post(maps(), configMap(key, {}, { labels }));
    }
  });

  test('a list is sorted by name and has a version', async () => {
    const { code, body } = await world().client.get(maps());
    expect({ code, kind: body.kind, apiVersion: body.apiVersion }).toEqual({
      code: 200,
      kind: 'ConfigMapList',
      apiVersion: 'v1',
    });
    expect(names(body)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
  });

  test('items of a built-in kind carry no kind, those of a custom kind do', async () => {
    const name = world().name();
    await world().client.post(paths.contents, content(name));
    const builtIn = (await world().client.get(maps())).body.items[0];
    const custom = (await world().client.get(paths.contents)).body.items[0];
    expect([builtIn.kind, builtIn.apiVersion]).toEqual([undefined, undefined]);
    expect([custom.kind, custom.apiVersion]).toEqual(['VolumeSnapshotContent', 'snapshot.storage.k8s.io/v1']);
  });

  test('a list over all namespaces is sorted by namespace first', async () => {
    const [early, late] = [`a-${world().namespace}`, `z-${world().namespace}`];
    for (const name of [late, early]) {
      await world().client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      await world().client.post(paths.snapshots(name), snapshot('x', { labels: { run: world().namespace } }));
    }
    const { body } = await world().client.get(paths.allSnapshots, {
      query: { labelSelector: `run=${world().namespace}` },
    });
    expect(body.items.map((item: any) => item.metadata.namespace)).toEqual([early, late]);
  });

  test('pages follow each other by continue tokens', async () => {
    const first = (await world().client.get(maps(), { query: { limit: '2' } })).body;
    expect({ names: names(first), remaining: first.metadata.remainingItemCount }).toEqual({
      names: ['a', 'b'],
      remaining: 3,
    });
    const second = (await world().client.get(maps(), { query: { limit: '2', continue: first.metadata.continue } }))
      .body;
    expect(names(second)).toEqual(['c', 'd']);
    const third = (await world().client.get(maps(), { query: { limit: '2', continue: second.metadata.continue } }))
      .body;
    expect(names(third)).toEqual(['e']);
    expect(third.metadata.continue ?? '').toBe('');
    expect(third.metadata.remainingItemCount).toBeUndefined();
  });

  test('all pages show the moment of the first', async () => {
    const namespace = `${world().namespace}-pages`;
    await world().client.post('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    const path = paths.configMaps(namespace);
    for (const name of ['a', 'b', 'c']) await world().client.post(path, configMap(name, { is: 'old' }));
    const first = (await world().client.get(path, { query: { limit: '1' } })).body;
    await world().client.delete(`${path}/b`);
    await world().client.mergePatch(`${path}/c`, { data: { is: 'new' } });
    await world().client.post(path, configMap('d'));
    const rest = (await world().client.get(path, { query: { limit: '5', continue: first.metadata.continue } })).body;
    expect(names(rest)).toEqual(['b', 'c']);
    expect(rest.items[1].data).toEqual({ is: 'old' });
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test('a continue token that was never given out is refused', async () => {
    expect((await world().client.get(maps(), { query: { limit: '1', continue: 'x' } })).code).toBe(400);
  });

  test.each([
    ['app=web', ['a', 'e']],
    ['app==web', ['a', 'e']],
    ['app!=web', ['b', 'c', 'd']],
    ['app', ['a', 'c', 'd', 'e']],
    ['!app', ['b']],
    ['app in (web,db),tier', ['c', 'e']],
    ['app notin (web)', ['b', 'c', 'd']],
    ['app=db,tier!=back', ['d']],
    ['app=nothing', []],
  ])('labelSelector %s selects %j', async (labelSelector, expected) => {
    expect(names((await world().client.get(maps(), { query: { labelSelector } })).body)).toEqual(expected);
  });

  test('a label selector that cannot be read is a bad request', async () => {
    expect((await world().client.get(maps(), { query: { labelSelector: 'a in (' } })).code).toBe(400);
  });

  test('pages of a selection are as long as asked for', async () => {
    const query = { labelSelector: 'app', limit: '3' };
    const { body } = await world().client.get(maps(), { query });
    expect(names(body)).toEqual(['a', 'c', 'd']);
    expect(body.metadata.remainingItemCount).toBeUndefined();
    const rest = await world().client.get(maps(), { query: { ...query, continue: body.metadata.continue } });
    expect(names(rest.body)).toEqual(['e']);
  });

  test('fieldSelector metadata.name selects one', async () => {
    const query = { fieldSelector: 'metadata.name=c' };
    expect(names((await world().client.get(maps(), { query })).body)).toEqual(['c']);
  });

  test('fieldSelector metadata.namespace selects one namespace', async () => {
    const query = { fieldSelector: `metadata.namespace=${world().namespace}-lists` };
    expect(names((await world().client.get('/api/v1/configmaps', { query })).body)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('other fields of a custom kind cannot be selected', async () => {
    const query = { fieldSelector: 'status.readyToUse=true' };
    const { code, body } = await world().client.get(paths.contents, { query });
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(/field label not supported: status.readyToUse/);
  });

  test('a list at version 0 or at a known version is answered', async () => {
    const { body } = await world().client.get(maps());
    for (const resourceVersion of ['0', body.metadata.resourceVersion]) {
      const reply = await world().client.get(maps(), { query: { resourceVersion } });
      expect(names(reply.body)).toEqual(['a', 'b', 'c', 'd', 'e']);
    }
  });

  test('a list cannot be newer than the server', async () => {
    const { body } = await world().client.get(maps());
    const resourceVersion = String(Number(body.metadata.resourceVersion) + 1_000_000);
    const { code, body: status } = await world().client.get(maps(), { query: { resourceVersion } });
    expect({ code, reason: status.reason }).toEqual({ code: 504, reason: 'Timeout' });
  });
}
