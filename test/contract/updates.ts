import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { configMap, content, paths, snapshot, vmBackup, vmBackupStatus } from './world.ts';

export function updateFacts(world: () => World): void {
  /** A fresh content: its address and itself. */
  async function made(): Promise<{ path: string; object: any }> {
    const name = world().name();
    const { body } = await world().client.post(paths.contents, content(name));
    return { path: `${paths.contents}/${name}`, object: body };
  }
  async function madeBackup(): Promise<{ path: string; object: any }> {
    const name = world().name();
    const base = paths.vmBackups(world().namespace);
    const { body } = await world().client.post(base, { ...vmBackup(name), status: vmBackupStatus(false) });
    return { path: `${base}/${name}`, object: body };
  }

  test('a PUT with the current version is stored under a new one', async () => {
    const { path, object } = await made();
    const changed = { ...object, spec: { ...object.spec, deletionPolicy: 'Delete' } };
    const { code, body } = await world().client.put(path, changed);
    expect({ code, policy: body.spec.deletionPolicy }).toEqual({ code: 200, policy: 'Delete' });
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(Number(object.metadata.resourceVersion));
  });

  test('a PUT with a stale version is a conflict', async () => {
    const { path, object } = await made();
    await world().client.mergePatch(path, { metadata: { labels: { touched: 'yes' } } });
    const { code, body } = await world().client.put(path, object);
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
    expect(body.message).toBe(
      `Operation cannot be fulfilled on volumesnapshotcontents.snapshot.storage.k8s.io "${object.metadata.name}": ` +
        'the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test('a PUT of a custom resource needs a version', async () => {
    const { path, object } = await made();
    const { code, body } = await world().client.put(path, content(object.metadata.name));
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(body.message).toMatch(/metadata.resourceVersion: Invalid value: 0: must be specified for an update/);
  });

  test('a PUT of a built-in kind without version overwrites', async () => {
    const name = world().name();
    const path = paths.configMaps(world().namespace);
    await world().client.post(path, configMap(name, { a: '1' }));
    const { code, body } = await world().client.put(`${path}/${name}`, configMap(name, { b: '2' }));
    expect({ code, data: body.data }).toEqual({ code: 200, data: { b: '2' } });
  });

  test('a PUT that names another uid is a conflict', async () => {
    const { path, object } = await made();
    const uid = '00000000-0000-4000-8000-000000000000';
    const { code, body } = await world().client.put(path, { ...object, metadata: { ...object.metadata, uid } });
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
    expect(body.message).toMatch(/UID in precondition: 00000000-0000-4000-8000-000000000000, UID in object meta: /);
  });

  test('a PUT under another name is a bad request', async () => {
    const { path, object } = await made();
    const { code, body } = await world().client.put(path, {
      ...object,
      metadata: { ...object.metadata, name: 'other' },
    });
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(/the name of the object \(other.*\) does not match the name on the URL/);
  });

  test('a PUT of an absent custom resource is not found', async () => {
    const name = world().name();
    const object = snapshot(name, { resourceVersion: '1' });
    expect((await world().client.put(`${paths.snapshots(world().namespace)}/${name}`, object)).code).toBe(404);
  });

  test('a PUT of an absent lease creates it', async () => {
    const name = world().name();
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name },
      spec: { holderIdentity: 'me' },
    };
    expect((await world().client.put(`${paths.leases(world().namespace)}/${name}`, lease)).code).toBe(201);
  });

  test('a PUT that changes nothing keeps the version', async () => {
    const { path, object } = await made();
    const { code, body } = await world().client.put(path, object);
    expect({ code, version: body.metadata.resourceVersion }).toEqual({
      code: 200,
      version: object.metadata.resourceVersion,
    });
  });

  test('creation time and uid stay when a PUT leaves them out', async () => {
    const { path, object } = await made();
    const metadata = { name: object.metadata.name, resourceVersion: object.metadata.resourceVersion };
    const { body } = await world().client.put(path, { ...object, metadata });
    expect(body.metadata).toMatchObject({
      uid: object.metadata.uid,
      creationTimestamp: object.metadata.creationTimestamp,
    });
  });

  test('a PUT leaves the status alone where it has an endpoint', async () => {
    const { path, object } = await made();
    const { body } = await world().client.put(path, { ...object, status: { readyToUse: true } });
    expect(body.status).toBeUndefined();
  });

  test('a PUT to /status changes the status and nothing else', async () => {
    const { path, object } = await made();
    const { code, body } = await world().client.put(`${path}/status`, {
      ...object,
      metadata: { ...object.metadata, labels: { ignored: 'yes' } },
      spec: { ...object.spec, deletionPolicy: 'Delete' },
      status: { readyToUse: true },
    });
    expect({ code, status: body.status, policy: body.spec.deletionPolicy, labels: body.metadata.labels }).toEqual({
      code: 200,
      status: { readyToUse: true },
      policy: 'Retain',
      labels: undefined,
    });
  });

  test('/status refuses a stale version too', async () => {
    const { path, object } = await made();
    await world().client.mergePatch(path, { metadata: { labels: { touched: 'yes' } } });
    expect((await world().client.put(`${path}/status`, { ...object, status: { readyToUse: true } })).code).toBe(409);
  });

  test('/status can be read', async () => {
    const { path, object } = await made();
    expect((await world().client.get(`${path}/status`)).body.metadata.uid).toBe(object.metadata.uid);
  });

  test('the generation counts changes of the spec', async () => {
    const { path } = await made();
    const generation = async (patch: object, at = path) =>
      (await world().client.mergePatch(at, patch)).body.metadata.generation;
    expect(await generation({ metadata: { labels: { a: 'b' } } })).toBe(1);
    expect(await generation({ status: { readyToUse: true } }, `${path}/status`)).toBe(1);
    expect(await generation({ spec: { deletionPolicy: 'Delete' } })).toBe(2);
    expect(await generation({ spec: { deletionPolicy: 'Delete' } })).toBe(2);
  });

  test('without a status endpoint, /status is not found', async () => {
    const { path, object } = await madeBackup();
    expect((await world().client.get(`${path}/status`)).code).toBe(404);
    expect((await world().client.put(`${path}/status`, object)).code).toBe(404);
    expect((await world().client.mergePatch(`${path}/status`, { status: { progress: 1 } })).code).toBe(404);
  });

  test('without a status endpoint, the main one writes the status and counts it as a generation', async () => {
    const { path, object } = await madeBackup();
    const { code, body } = await world().client.put(path, { ...object, status: vmBackupStatus(true) });
    expect({ code, ready: body.status.readyToUse, generation: body.metadata.generation }).toEqual({
      code: 200,
      ready: true,
      generation: object.metadata.generation + 1,
    });
  });

  test('without a status endpoint, a PUT that leaves the status out removes it', async () => {
    const { path, object } = await madeBackup();
    delete object.status;
    expect((await world().client.put(path, object)).body.status).toBeUndefined();
  });

  test('a dry-run PUT is checked and stores nothing', async () => {
    const { path, object } = await made();
    const changed = { ...object, spec: { ...object.spec, deletionPolicy: 'Delete' } };
    const query = { dryRun: 'All' };
    expect((await world().client.put(path, changed, { query })).body.spec.deletionPolicy).toBe('Delete');
    expect((await world().client.get(path)).body).toEqual(object);
    expect(
      (
        await world().client.put(
          path,
          { ...changed, metadata: { ...object.metadata, resourceVersion: '1' } },
          { query },
        )
      ).code,
    ).toBe(409);
  });
}
