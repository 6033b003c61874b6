import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { content, paths, snapshot } from './world.ts';

export function applyFacts(world: () => World): void {
  const at = (name: string): string => `${paths.snapshots(world().namespace)}/${name}`;
  const labelled = (name: string, labels: Record<string, string>) => snapshot(name, { labels });

  test('applying creates what is absent', async () => {
    const name = world().name();
    const { code, body } = await world().client.apply(at(name), snapshot(name));
    expect({ code, name: body.metadata.name }).toEqual({ code: 201, name });
    expect(body.metadata.managedFields).toMatchObject([{ manager: 'contract', operation: 'Apply' }]);
  });

  test('applying the same again changes nothing', async () => {
    const name = world().name();
    const first = await world().client.apply(at(name), snapshot(name));
    const second = await world().client.apply(at(name), snapshot(name));
    expect({ code: second.code, body: second.body }).toEqual({ code: 200, body: first.body });
  });

  test('applying merges with what others wrote', async () => {
    const name = world().name();
    await world().client.post(paths.snapshots(world().namespace), labelled(name, { theirs: 'yes' }));
    const { code, body } = await world().client.apply(at(name), labelled(name, { mine: 'yes' }));
    expect({ code, labels: body.metadata.labels }).toEqual({ code: 200, labels: { theirs: 'yes', mine: 'yes' } });
  });

  test('what is no longer applied is removed', async () => {
    const name = world().name();
    await world().client.apply(at(name), labelled(name, { a: '1', b: '2' }));
    const { body } = await world().client.apply(at(name), labelled(name, { b: '2' }));
    expect(body.metadata.labels).toEqual({ b: '2' });
  });

  test("another applier's field is a conflict, unless forced", async () => {
    const name = world().name();
    await world().client.apply(at(name), labelled(name, { color: 'red' }));
    const other = (query: Record<string, string>) =>
      world().client.apply(at(name), labelled(name, { color: 'blue' }), { query: { fieldManager: 'other', ...query } });
    const { code, body } = await other({});
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
    expect(body.message).toMatch(/^Apply failed with 1 conflict: conflict with "contract": .metadata.labels.color$/);
    expect((await other({ force: 'true' })).body.metadata.labels).toEqual({ color: 'blue' });
  });

  test('two appliers of equal values share a field', async () => {
    const name = world().name();
    await world().client.apply(at(name), labelled(name, { color: 'red' }));
    const query = { fieldManager: 'other' };
    expect((await world().client.apply(at(name), labelled(name, { color: 'red' }), { query })).code).toBe(200);
    const { body } = await world().client.apply(at(name), labelled(name, {}));
    expect(body.metadata.labels).toEqual({ color: 'red' });
  });

  test('applying needs a field manager', async () => {
    const name = world().name();
    const { code, body } = await world().client.apply(at(name), snapshot(name), { query: { fieldManager: '' } });
    expect(code).toBe(422);
    expect(body.message).toMatch(/fieldManager.*is required for apply patch/);
  });

  test('applying with a stale version is a conflict', async () => {
    const name = world().name();
    await world().client.apply(at(name), snapshot(name));
    const { code } = await world()
      .client.apply(at(name), labelled(name, { a: '1' }), { query: {} })
      .then(() => world().client.apply(at(name), snapshot(name, { resourceVersion: '1', labels: { a: '2' } })));
    expect(code).toBe(409);
  });

  test('applying is checked like any write', async () => {
    const name = world().name();
    await world().client.apply(`${paths.contents}/${name}`, content(name));
    const changed = content(name, { source: { snapshotHandle: 'bak://other/backup-1' } });
    const { code, body } = await world().client.apply(`${paths.contents}/${name}`, changed);
    expect(code).toBe(422);
    expect(body.message).toMatch(/snapshotHandle is immutable/);
  });

  test('applying takes YAML', async () => {
    const name = world().name();
    const yaml = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata:\n  a: "1"\n`;
    const { code, body } = await world().client.apply(`${paths.configMaps(world().namespace)}/${name}`, yaml);
    expect({ code, data: body.data }).toEqual({ code: 201, data: { a: '1' } });
  });

  test('a dry-run apply stores nothing', async () => {
    const name = world().name();
    const query = { dryRun: 'All' };
    expect((await world().client.apply(at(name), snapshot(name), { query })).code).toBe(201);
    expect((await world().client.get(at(name))).code).toBe(404);
  });
}
