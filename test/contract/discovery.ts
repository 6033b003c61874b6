import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { USERS, content, paths } from './world.ts';

export function discoveryFacts(world: () => World): void {
  test('the version names major and minor', async () => {
    const { code, body } = await world().client.get('/version');
    expect({ code, major: body.major, minor: body.minor }).toEqual({
      code: 200,
      major: '1',
      minor: expect.any(String),
    });
  });

  test.each(['/healthz', '/livez', '/readyz'])('%s answers ok', async (path) => {
    expect(await world().client.get(path)).toMatchObject({ code: 200, text: 'ok' });
  });

  test('/apis lists groups with their versions', async () => {
    const { body } = await world().client.get('/apis');
    const group = body.groups.find((candidate: { name: string }) => candidate.name === 'snapshot.storage.k8s.io');
    expect(body.kind).toBe('APIGroupList');
    expect(group.versions).toContainEqual({ groupVersion: 'snapshot.storage.k8s.io/v1', version: 'v1' });
  });

  test('a group version lists its resources, with status where there is one', async () => {
    const { body } = await world().client.get('/apis/snapshot.storage.k8s.io/v1');
    const resources = new Map(body.resources.map((resource: { name: string }) => [resource.name, resource]));
    expect(resources.get('volumesnapshots')).toMatchObject({
      kind: 'VolumeSnapshot',
      namespaced: true,
      shortNames: ['vs'],
    });
    expect(resources.get('volumesnapshotcontents')).toMatchObject({ kind: 'VolumeSnapshotContent', namespaced: false });
    expect(resources.has('volumesnapshots/status')).toBe(true);
    expect(resources.has('volumesnapshotclasses/status')).toBe(false);
  });

  test("Harvester's backup kinds have no status endpoint", async () => {
    const { body } = await world().client.get('/apis/harvesterhci.io/v1beta1');
    const names = body.resources.map((resource: { name: string }) => resource.name);
    const ours = ['virtualmachinebackups', 'virtualmachinerestores', 'settings', 'schedulevmbackups'];
    expect(names).toEqual(expect.arrayContaining(ours));
    expect(names.filter((name: string) => ours.some((plural) => name === `${plural}/status`))).toEqual([]);
  });

  test('the core group is at /api/v1', async () => {
    expect((await world().client.get('/api')).body.versions).toContain('v1');
    const { body } = await world().client.get('/api/v1');
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
  });

  test.each(['/apis/unknown.example.com/v1/things', '/apis/snapshot.storage.k8s.io/v1/things', '/api/v1/things'])(
    '%s is not found',
    async (path) => expect((await world().client.get(path)).code).toBe(404),
  );

  test('an unknown token is unauthorized', async () => {
    const { code, body } = await world().client.get('/apis', { token: 'made-up' });
    expect({ code, reason: body.reason }).toEqual({ code: 401, reason: 'Unauthorized' });
  });

  test('nobody reads anything without a token', async () => {
    const { code } = await world().client.get(paths.allSnapshots, { token: null });
    expect([401, 403]).toContain(code);
  });

  test('every authenticated user may discover', async () => {
    const token = world().connection.tokenFor(USERS.nobody);
    expect((await world().client.get('/apis', { token })).code).toBe(200);
  });

  test('kubectl gets a table with the columns of the CRD', async () => {
    const name = world().name();
    await world().client.post(paths.contents, content(name));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = await world().client.get(paths.contents, { accept });
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(body.columnDefinitions.map((column: { name: string }) => column.name)).toEqual([
      'Name',
      'ReadyToUse',
      'RestoreSize',
      'DeletionPolicy',
      'Driver',
      'VolumeSnapshotClass',
      'VolumeSnapshot',
      'VolumeSnapshotNamespace',
      'Age',
    ]);
    const row = body.rows.find((candidate: any) => candidate.object.metadata.name === name);
    expect(row.cells.slice(0, 8)).toEqual([
      name,
      null,
      null,
      'Retain',
      'driver.longhorn.io',
      'longhorn',
      'somewhere',
      'default',
    ]);
  });

  test('a client may ask for metadata only', async () => {
    const name = world().name();
    await world().client.post(paths.contents, content(name));
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const { body } = await world().client.get(`${paths.contents}/${name}`, { accept });
    expect(body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name } });
    expect(body.spec).toBeUndefined();
  });
}
