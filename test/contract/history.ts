import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, paths } from './world.ts';

/** What is said to clients that come too late. They forget the server's history, so they come last. */
export function historyFacts(world: () => World): void {
  async function place(): Promise<string> {
    const name = world().name('history');
    await world().client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return paths.configMaps(name);
  }

  test('a continue token from before the history is refused, with one to go on inconsistently', async () => {
    const path = await place();
    for (const name of ['a', 'b', 'c']) await world().client.post(path, configMap(name, { is: 'old' }));
    const first = (await world().client.get(path, { query: { limit: '1' } })).body;
    await world().client.delete(`${path}/b`);
    await world().client.mergePatch(`${path}/c`, { data: { is: 'new' } });
    await world().connection.forgetHistory();

    const query = { limit: '1', continue: first.metadata.continue };
    const { code, body } = await world().client.get(path, { query });
    expect({ code, reason: body.reason }).toEqual({ code: 410, reason: 'Expired' });
    expect(body.message).toMatch(/^The provided continue parameter is too old to display a consistent list result/);
    const rest = (await world().client.get(path, { query: { continue: body.metadata.continue } })).body;
    expect(rest.items.map((it: any) => [it.metadata.name, it.data.is])).toEqual([['c', 'new']]);
  });

  test('a watch from before the history is told so, and one from a new list goes on', async () => {
    const path = await place();
    await world().client.post(path, configMap('a'));
    const before = (await world().client.get(path)).body.metadata.resourceVersion as string;
    await world().client.mergePatch(`${path}/a`, { data: { x: '1' } });
    await world().connection.forgetHistory();

    const late = await world().client.watch(path, { resourceVersion: before });
    await late.untilEnded();
    expect(late.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    const { resourceVersion } = (await world().client.get(path)).body.metadata;
    const next = await world().client.watch(path, { resourceVersion });
    await world().client.post(path, configMap('b'));
    await next.until((it) => it.summary().length > 0);
    next.close();
    expect(next.summary()).toEqual(['ADDED b']);
  });
}
