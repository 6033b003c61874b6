import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, content, paths, snapshot, vmBackup, vmBackupStatus } from './world.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function objectFacts(world: () => World): void {
  const snapshots = (): string => paths.snapshots(world().namespace);

  test('a created object gets uid, creation time, generation and version from the server', async () => {
    const name = world().name();
    const mine = {
      uid: 'mine',
      creationTimestamp: '2001-01-01T00:00:00Z',
      generation: 7,
      deletionTimestamp: '2001-01-01T00:00:00Z',
    };
    const { code, body } = await world().client.post(snapshots(), snapshot(name, mine));
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name, namespace: world().namespace, generation: 1 });
    expect(body.metadata.uid).toMatch(UUID);
    expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(body.metadata.creationTimestamp).toMatch(/^20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body.metadata.creationTimestamp).not.toBe(mine.creationTimestamp);
    expect(body.metadata.deletionTimestamp).toBeUndefined();
  });

  test('what was created is read back the same', async () => {
    const name = world().name();
    const created = await world().client.post(snapshots(), snapshot(name));
    expect((await world().client.get(`${snapshots()}/${name}`)).body).toEqual(created.body);
  });

  test('every write gets a higher version than all writes before it', async () => {
    const first = await world().client.post(snapshots(), snapshot(world().name()));
    const second = await world().client.post(paths.configMaps(world().namespace), configMap(world().name()));
    expect(Number(second.body.metadata.resourceVersion)).toBeGreaterThan(Number(first.body.metadata.resourceVersion));
  });

  test('generateName is completed with five characters', async () => {
    const { code, body } = await world().client.post(snapshots(), {
      ...snapshot(''),
      metadata: { generateName: 'gen-' },
    });
    expect(code).toBe(201);
    expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  test('status is dropped on create where it has an endpoint', async () => {
    const object = { ...content(world().name()), status: { readyToUse: true } };
    expect((await world().client.post(paths.contents, object)).body.status).toBeUndefined();
  });

  test('status is kept on create where it has none', async () => {
    const object = { ...vmBackup(world().name()), status: vmBackupStatus(true) };
    const { body } = await world().client.post(paths.vmBackups(world().namespace), object);
    expect(body.status).toMatchObject({ readyToUse: true });
  });

  test('a second create of the same name is refused', async () => {
    const name = world().name();
    await world().client.post(snapshots(), snapshot(name));
    const { code, body } = await world().client.post(snapshots(), snapshot(name));
    expect(code).toBe(409);
    expect(body).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code: 409,
      reason: 'AlreadyExists',
      message: `volumesnapshots.snapshot.storage.k8s.io "${name}" already exists`,
      details: { name, group: 'snapshot.storage.k8s.io', kind: 'volumesnapshots' },
    });
  });

  test('an absent object is not found', async () => {
    const { code, body } = await world().client.get(`${snapshots()}/absent`);
    expect({ code, reason: body.reason, message: body.message }).toEqual({
      code: 404,
      reason: 'NotFound',
      message: 'volumesnapshots.snapshot.storage.k8s.io "absent" not found',
    });
  });

  test('nothing is created in a namespace that does not exist', async () => {
    const { code, body } = await world().client.post(paths.snapshots('no-such-namespace'), snapshot(world().name()));
    expect({ code, message: body.message }).toEqual({ code: 404, message: 'namespaces "no-such-namespace" not found' });
  });

  test('lists of a namespace that does not exist are empty', async () => {
    const { code, body } = await world().client.get(paths.snapshots('no-such-namespace'));
    expect({ code, items: body.items }).toEqual({ code: 200, items: [] });
  });

  test('a name that is no DNS name is invalid', async () => {
    const { code, body } = await world().client.post(snapshots(), snapshot('Not_A_Name'));
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(body.message).toMatch(
      /VolumeSnapshot.snapshot.storage.k8s.io "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain/,
    );
    expect(body.details.causes).toMatchObject([{ reason: 'FieldValueInvalid', field: 'metadata.name' }]);
  });

  test.each([
    [{ name: 'n'.repeat(254) }, 'metadata.name', /must be no more than 253 characters$/],
    [{ labels: { a: 'x'.repeat(64) } }, 'metadata.labels', /must be no more than 63 characters$/],
    [{ labels: { ['x'.repeat(64)]: 'a' } }, 'metadata.labels', /name part must be no more than 63 characters$/],
    [{ annotations: { ['x'.repeat(64)]: 'a' } }, 'metadata.annotations', /name part must be no more than 63 /],
    // All keys and values together, in bytes.
    [
      { annotations: { key: 'x'.repeat(256 * 1024 - 2) } },
      'metadata.annotations',
      /^Too long: may not be more than 262144 bytes$/,
    ],
    [
      { annotations: { key: '’'.repeat(87_381) } },
      'metadata.annotations',
      /^Too long: may not be more than 262144 bytes$/,
    ],
  ])('metadata has limits %#', async (metadata, field, rule) => {
    const { code, body } = await world().client.post(snapshots(), snapshot(world().name(), metadata));
    const [first] = body.details.causes;
    expect({ code, first }).toMatchObject({ code: 422, first: { field, message: expect.stringMatching(rule) } });
  });

  test.each([
    { annotations: { key: 'x'.repeat(256 * 1024 - 3) } },
    { annotations: { key: '’'.repeat(87_380) } },
    { labels: { ['x'.repeat(63)]: 'x'.repeat(63) } },
  ])('metadata may be as large as its limits %#', async (metadata) => {
    expect((await world().client.post(snapshots(), snapshot(world().name(), metadata))).code).toBe(201);
  });

  test.each([
    [{ a: 'x'.repeat(1024 * 1024) }, 201],
    [{ a: 'x'.repeat(1024 * 1024), b: 'x' }, 422],
    [{ a: '’'.repeat(349_526) }, 422],
  ])('a ConfigMap holds a mebibyte, counted in bytes %#', async (data, answer) => {
    const { code, body } = await world().client.post(
      paths.configMaps(world().namespace),
      configMap(world().name(), data),
    );
    expect(code).toBe(answer);
    if (code !== 201) {
      expect(body.details.causes).toEqual([
        { field: '[]', reason: 'FieldValueTooLong', message: 'Too long: may not be more than 1048576 bytes' },
      ]);
    }
  });

  test('a name is required', async () => {
    const { code, body } = await world().client.post(snapshots(), { ...snapshot(''), metadata: {} });
    expect(code).toBe(422);
    expect(body.message).toMatch(/name or generateName is required/);
  });

  test('a namespace in the body must be that of the address', async () => {
    const object = snapshot(world().name(), { namespace: 'default' });
    const { code, body } = await world().client.post(snapshots(), object);
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(
      /the namespace of the provided object does not match the namespace sent on the request/,
    );
  });

  test('labels are texts', async () => {
    const { code, body } = await world().client.post(snapshots(), snapshot(world().name(), { labels: { a: 5 } }));
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
  });

  test('a finalizer is a qualified name; only built-in kinds insist on a slash', async () => {
    const create = async (path: string, object: unknown) => (await world().client.post(path, object)).code;
    const withFinalizer = (name: string) => ({ finalizers: [name] });
    const maps = paths.configMaps(world().namespace);
    expect(await create(snapshots(), snapshot(world().name(), withFinalizer('no name')))).toBe(422);
    expect(await create(snapshots(), snapshot(world().name(), withFinalizer('longhorn.io')))).toBe(201);
    expect(await create(maps, configMap(world().name(), {}, withFinalizer('longhorn.io')))).toBe(422);
  });

  test('an object to be created has no version yet', async () => {
    const object = snapshot(world().name(), { resourceVersion: '5' });
    const { code, body } = await world().client.post(snapshots(), object);
    expect({ code, message: body.message }).toEqual({
      code: 500,
      message: 'resourceVersion should not be set on objects to be created',
    });
  });

  test('a dry run other than All is invalid', async () => {
    const query = { dryRun: 'Some' };
    expect((await world().client.post(snapshots(), snapshot(world().name()), { query })).code).toBe(422);
  });

  test('a body of another kind is a bad request', async () => {
    expect((await world().client.post(snapshots(), configMap(world().name()))).code).toBe(400);
  });

  test('a body that is no JSON is a bad request', async () => {
    expect((await world().client.post(snapshots(), '{"apiVersion": ')).code).toBe(400);
  });

  test('a body of an unknown media type is unsupported', async () => {
    const { code, body } = await world().client.post(snapshots(), 'x', { contentType: 'text/csv' });
    expect({ code, reason: body.reason }).toEqual({ code: 415, reason: 'UnsupportedMediaType' });
  });

  test('an object may be created from YAML', async () => {
    const name = world().name();
    const yaml = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: b}\n`;
    const options = { contentType: 'application/yaml' };
    const { code, body } = await world().client.post(paths.configMaps(world().namespace), yaml, options);
    expect({ code, data: body.data }).toEqual({ code: 201, data: { a: 'b' } });
  });

  test('a dry-run create answers as the real one and leaves nothing', async () => {
    const name = world().name();
    const query = { dryRun: 'All' };
    const { code, body } = await world().client.post(snapshots(), snapshot(name), { query });
    expect(code).toBe(201);
    expect(body.metadata.uid).toMatch(UUID);
    expect((await world().client.get(`${snapshots()}/${name}`)).code).toBe(404);
  });

  test('a dry-run create is checked like the real one', async () => {
    const name = world().name();
    await world().client.post(snapshots(), snapshot(name));
    const query = { dryRun: 'All' };
    expect((await world().client.post(snapshots(), snapshot(name), { query })).code).toBe(409);
    expect((await world().client.post(snapshots(), snapshot('Not_A_Name'), { query })).code).toBe(422);
  });

  test("a secret's stringData becomes data", async () => {
    const name = world().name();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { key: 'value' } };
    const { body } = await world().client.post(paths.secrets(world().namespace), secret);
    expect({ data: body.data, type: body.type, stringData: body.stringData }).toEqual({
      data: { key: 'dmFsdWU=' },
      type: 'Opaque',
      stringData: undefined,
    });
  });
}
