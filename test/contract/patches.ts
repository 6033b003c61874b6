import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, content, paths, vmBackup, vmBackupStatus } from './world.ts';

export function patchFacts(world: () => World): void {
  async function made(): Promise<{ path: string; object: any }> {
    const name = world().name();
    const { body } = await world().client.post(paths.contents, content(name));
    return { path: `${paths.contents}/${name}`, object: body };
  }
  const read = async (path: string) => (await world().client.get(path)).body;

  test('a JSON patch does its operations in order; ~1 stands for a slash', async () => {
    const { path } = await made();
    const { code, body } = await world().client.jsonPatch(path, [
      { op: 'test', path: '/spec/deletionPolicy', value: 'Retain' },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/example.com~1key', value: 'x' },
      { op: 'replace', path: '/spec/deletionPolicy', value: 'Delete' },
    ]);
    expect({ code, policy: body.spec.deletionPolicy, annotations: body.metadata.annotations }).toEqual({
      code: 200,
      policy: 'Delete',
      annotations: { 'example.com/key': 'x' },
    });
  });

  test.each([
    ['a test that fails', { op: 'test', path: '/spec/deletionPolicy', value: 'Delete' }],
    ['a test of something absent', { op: 'test', path: '/spec/absent', value: 'x' }],
    ['the removal of something absent', { op: 'remove', path: '/spec/absent' }],
    ['the replacement of something absent', { op: 'replace', path: '/spec/absent/deep', value: 1 }],
  ])('%s refuses the whole JSON patch', async (_what, operation) => {
    const { path, object } = await made();
    const label = { op: 'add', path: '/metadata/labels', value: { written: 'yes' } };
    const { code, body } = await world().client.jsonPatch(path, [label, operation]);
    expect({ code, reason: body.reason, message: body.message }).toEqual({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    expect(await read(path)).toEqual(object);
  });

  test('a replacement of an absent member sets it: only a test makes sure that it exists', async () => {
    const { path } = await made();
    await world().client.mergePatch(path, { metadata: { labels: { a: '1' } } });
    const replace = [{ op: 'replace', path: '/metadata/labels/b', value: '2' }];
    const { code, body } = await world().client.jsonPatch(path, replace);
    expect({ code, labels: body.metadata.labels }).toEqual({ code: 200, labels: { a: '1', b: '2' } });
  });

  test.each([
    ['labels that are no text', { metadata: { labels: { a: 5 } } }],
    ['another kind', { kind: 'Other' }],
    ['a mark of deletion', { metadata: { deletionTimestamp: '2001-01-01T00:00:00Z' } }],
  ])('a patch to %s is invalid', async (_what, patch) => {
    const { path, object } = await made();
    const { code, body } = await world().client.mergePatch(path, patch);
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(await read(path)).toEqual(object);
  });

  test('a test for null holds where nothing is', async () => {
    const { path } = await made();
    const operations = [
      { op: 'test', path: '/spec/sourceVolumeMode', value: null },
      { op: 'add', path: '/spec/sourceVolumeMode', value: 'Block' },
    ];
    expect((await world().client.jsonPatch(path, operations)).code).toBe(200);
    expect((await world().client.jsonPatch(path, operations)).code).toBe(422);
  });

  test('a JSON patch can test uid and version', async () => {
    const { path, object } = await made();
    const guarded = (resourceVersion: string) => [
      { op: 'test', path: '/metadata/uid', value: object.metadata.uid },
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec/deletionPolicy', value: 'Delete' },
    ];
    expect((await world().client.jsonPatch(path, guarded('1'))).code).toBe(422);
    expect((await world().client.jsonPatch(path, guarded(object.metadata.resourceVersion))).code).toBe(200);
  });

  test('a JSON patch that sets a stale version is a conflict', async () => {
    const { path, object } = await made();
    await world().client.mergePatch(path, { metadata: { labels: { touched: 'yes' } } });
    const operations = [{ op: 'replace', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion }];
    expect((await world().client.jsonPatch(path, operations)).code).toBe(409);
  });

  test('a JSON patch that is no list is a bad request', async () => {
    const { path } = await made();
    expect((await world().client.jsonPatch(path, { spec: {} })).code).toBe(400);
  });

  test('a JSON patch reaches into lists', async () => {
    const name = world().name();
    const base = paths.vmBackups(world().namespace);
    await world().client.post(base, { ...vmBackup(name), status: vmBackupStatus(true) });
    const { code, body } = await world().client.jsonPatch(`${base}/${name}`, [
      { op: 'test', path: '/status/volumeBackups/0/volumeName', value: 'disk-0' },
      { op: 'test', path: '/status/volumeBackups/0/name', value: 'vm-volume-disk-0' },
      { op: 'replace', path: '/status/volumeBackups/0/name', value: 'another' },
    ]);
    expect({ code, name: body.status.volumeBackups[0].name }).toEqual({ code: 200, name: 'another' });
  });

  test('a merge patch merges maps, replaces lists and removes what is null', async () => {
    const name = world().name();
    const path = paths.configMaps(world().namespace);
    const metadata = { labels: { a: '1', b: '2' }, finalizers: ['example.com/x', 'example.com/y'] };
    await world().client.post(path, configMap(name, { a: '1', b: '2' }, metadata));
    const { code, body } = await world().client.mergePatch(`${path}/${name}`, {
      metadata: { labels: { a: null, c: '3' }, finalizers: ['example.com/z'] },
      data: { b: null, c: '3' },
    });
    expect({ code, data: body.data, labels: body.metadata.labels, finalizers: body.metadata.finalizers }).toEqual({
      code: 200,
      data: { a: '1', c: '3' },
      labels: { b: '2', c: '3' },
      finalizers: ['example.com/z'],
    });
  });

  test('a merge patch with a stale version is a conflict, with the current one it is stored', async () => {
    const { path, object } = await made();
    const { resourceVersion } = object.metadata;
    const patch = (label: string) =>
      world().client.mergePatch(path, { metadata: { resourceVersion, labels: { label } } });
    expect((await patch('a')).code).toBe(200);
    const { code, body } = await patch('b');
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
  });

  test('a patch cannot change the uid', async () => {
    const { path } = await made();
    const uid = '00000000-0000-4000-8000-000000000000';
    const { code, body } = await world().client.mergePatch(path, { metadata: { uid, labels: { a: 'b' } } });
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(body.message).toMatch(/metadata.uid: Invalid value: .*: field is immutable/);
  });

  test('a patch cannot rename', async () => {
    const { path } = await made();
    expect((await world().client.mergePatch(path, { metadata: { name: 'other' } })).code).toBe(400);
  });

  test('a patch of an absent object is not found', async () => {
    expect((await world().client.mergePatch(`${paths.contents}/absent`, { metadata: {} })).code).toBe(404);
    expect((await world().client.jsonPatch(`${paths.contents}/absent`, [])).code).toBe(404);
  });

  test('a patch that changes nothing keeps the version', async () => {
    const { path, object } = await made();
    const { code, body } = await world().client.mergePatch(path, { spec: { deletionPolicy: 'Retain' } });
    expect({ code, version: body.metadata.resourceVersion }).toEqual({
      code: 200,
      version: object.metadata.resourceVersion,
    });
  });

  test('a patch of /status leaves the spec alone, one of the object leaves the status alone', async () => {
    const { path } = await made();
    const patch = { spec: { deletionPolicy: 'Delete' }, status: { readyToUse: true } };
    const viaStatus = (await world().client.mergePatch(`${path}/status`, patch)).body;
    expect([viaStatus.spec.deletionPolicy, viaStatus.status]).toEqual(['Retain', { readyToUse: true }]);
    const viaMain = (await world().client.mergePatch(path, { ...patch, status: { readyToUse: false } })).body;
    expect([viaMain.spec.deletionPolicy, viaMain.status]).toEqual(['Delete', { readyToUse: true }]);
  });

  test.each(['application/strategic-merge-patch+json', 'application/json'])(
    'a patch of a custom resource as %s is unsupported',
    async (contentType) => {
      const { path } = await made();
      const { code, body } = await world().client.call('PATCH', path, { body: {}, contentType });
      expect({ code, reason: body.reason }).toEqual({ code: 415, reason: 'UnsupportedMediaType' });
    },
  );

  test('a strategic merge patch of a built-in kind merges maps', async () => {
    const name = world().name();
    const path = paths.configMaps(world().namespace);
    await world().client.post(path, configMap(name, { a: '1' }));
    const contentType = 'application/strategic-merge-patch+json';
    const { body } = await world().client.call('PATCH', `${path}/${name}`, { body: { data: { b: '2' } }, contentType });
    expect(body.data).toEqual({ a: '1', b: '2' });
  });

  test('a dry-run patch answers with the result and stores nothing', async () => {
    const { path, object } = await made();
    const query = { dryRun: 'All' };
    const { body } = await world().client.mergePatch(path, { spec: { deletionPolicy: 'Delete' } }, { query });
    expect(body.spec.deletionPolicy).toBe('Delete');
    expect(await read(path)).toEqual(object);
  });
}
