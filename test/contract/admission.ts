import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { claim, content, paths, snapshot, vmBackup, vmBackupStatus } from './world.ts';

const KIND = 'snapshot.storage.k8s.io';

export function admissionFacts(world: () => World): void {
  const snapshots = (): string => paths.snapshots(world().namespace);
  const backups = (): string => paths.vmBackups(world().namespace);

  const refusal = ({ code, body }: { code: number; body: any }): string => {
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    return body.message as string;
  };
  const createSnapshot = (spec: unknown) => world().client.post(snapshots(), { ...snapshot(world().name()), spec });
  const createContent = (spec: Record<string, unknown>) =>
    world().client.post(paths.contents, content(world().name(), spec));

  async function existing(base: string, object: any): Promise<string> {
    const { code } = await world().client.post(base, object);
    expect(code).toBe(201);
    return `${base}/${object.metadata.name}`;
  }

  test.each([
    ['no source', { source: {} }],
    ['two sources', { source: { persistentVolumeClaimName: 'a', volumeSnapshotContentName: 'b' } }],
  ])('a snapshot with %s is invalid', async (_what, spec) => {
    expect(refusal(await createSnapshot(spec))).toMatch(
      /spec.source: Invalid value: .*exactly one of volumeSnapshotContentName and persistentVolumeClaimName must be set/,
    );
  });

  test('a snapshot needs spec.source', async () => {
    expect(refusal(await createSnapshot({}))).toMatch(/spec.source: Required value/);
  });

  test('a snapshot class, when named, is not empty', async () => {
    const spec = { volumeSnapshotClassName: '', source: { persistentVolumeClaimName: 'a' } };
    expect(refusal(await createSnapshot(spec))).toMatch(
      /volumeSnapshotClassName must not be the empty string when set/,
    );
  });

  test('the source of a snapshot is immutable', async () => {
    const name = world().name();
    const path = await existing(snapshots(), snapshot(name));
    const source = (value: unknown) => world().client.mergePatch(path, { spec: { source: value } });
    const reply = await source({ persistentVolumeClaimName: 'other' });
    expect(refusal(reply)).toMatch(
      new RegExp(
        `VolumeSnapshot.${KIND} "${name}" is invalid: spec.source.persistentVolumeClaimName: .*persistentVolumeClaimName is immutable`,
      ),
    );
    expect(reply.body.details.causes).toMatchObject([
      { reason: 'FieldValueInvalid', field: 'spec.source.persistentVolumeClaimName' },
    ]);
    const swapped = await source({ persistentVolumeClaimName: null, volumeSnapshotContentName: 'content' });
    expect(refusal(swapped)).toMatch(/persistentVolumeClaimName is required once set/);
    expect((await world().client.mergePatch(path, { spec: { volumeSnapshotClassName: 'another' } })).code).toBe(200);
  });

  test.each([
    ['no source', { source: {} }],
    ['two sources', { source: { snapshotHandle: 'a', volumeHandle: 'b' } }],
  ])('a content with %s is invalid', async (_what, spec) => {
    expect(refusal(await createContent(spec))).toMatch(/exactly one of volumeHandle and snapshotHandle must be set/);
  });

  test("a content's handle can neither be changed nor removed", async () => {
    const name = world().name();
    const path = await existing(paths.contents, content(name));
    const changed = await world().client.mergePatch(path, { spec: { source: { snapshotHandle: 'bak://v/b' } } });
    expect(refusal(changed)).toMatch(
      new RegExp(
        `VolumeSnapshotContent.${KIND} "${name}" is invalid: spec.source.snapshotHandle: .*snapshotHandle is immutable`,
      ),
    );
    const removed = await world().client.jsonPatch(path, [{ op: 'remove', path: '/spec/source/snapshotHandle' }]);
    expect(refusal(removed)).toMatch(/snapshotHandle is required once set/);
  });

  test('a content needs the name and the namespace of its snapshot', async () => {
    expect(refusal(await createContent({ volumeSnapshotRef: { name: 'only' } }))).toMatch(
      /both spec.volumeSnapshotRef.name and spec.volumeSnapshotRef.namespace must be set/,
    );
  });

  test("a content's reference may get and lose its uid", async () => {
    const path = await existing(paths.contents, content(world().name()));
    const uid = '00000000-0000-4000-8000-000000000001';
    expect((await world().client.mergePatch(path, { spec: { volumeSnapshotRef: { uid } } })).code).toBe(200);
    const remove = [{ op: 'remove', path: '/spec/volumeSnapshotRef/uid' }];
    expect((await world().client.jsonPatch(path, remove)).body.spec.volumeSnapshotRef.uid).toBeUndefined();
  });

  test("a content's volume mode is immutable once set", async () => {
    const path = await existing(paths.contents, content(world().name()));
    const mode = (sourceVolumeMode: string | null) => world().client.mergePatch(path, { spec: { sourceVolumeMode } });
    expect((await mode('Block')).code).toBe(200);
    expect(refusal(await mode('Filesystem'))).toMatch(/sourceVolumeMode is immutable/);
    expect(refusal(await mode(null))).toMatch(/sourceVolumeMode is required once set/);
  });

  test('a deletion policy is Delete or Retain, and can be changed', async () => {
    expect(refusal(await createContent({ deletionPolicy: 'Keep' }))).toMatch(
      /spec.deletionPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain"/,
    );
    const path = await existing(paths.contents, content(world().name()));
    expect((await world().client.mergePatch(path, { spec: { deletionPolicy: 'Delete' } })).code).toBe(200);
  });

  test.each(['driver', 'deletionPolicy', 'source', 'volumeSnapshotRef'])('a content needs spec.%s', async (name) => {
    expect(refusal(await createContent({ [name]: undefined }))).toMatch(new RegExp(`spec.${name}: Required value`));
  });

  test('a field of the wrong type is invalid', async () => {
    expect(refusal(await createContent({ driver: 7 }))).toMatch(
      /spec.driver: Invalid value: "integer": spec.driver in body must be of type string/,
    );
  });

  test('null is the same as leaving out', async () => {
    expect(refusal(await createContent({ source: null }))).toMatch(/spec.source: Required value/);
    const { code, body } = await createContent({ volumeSnapshotClassName: null });
    expect({ code, spec: Object.keys(body.spec) }).toEqual({
      code: 201,
      spec: expect.not.arrayContaining(['volumeSnapshotClassName']),
    });
  });

  test('rules are not asked where the shape is wrong already', async () => {
    const message = refusal(await createContent({ deletionPolicy: 'Keep', source: {} }));
    expect(message).toMatch(/spec.deletionPolicy: Unsupported value/);
    expect(message).toMatch(/some validation rules were not checked because the object was invalid/);
    expect(message).not.toMatch(/exactly one of/);
  });

  test('unknown fields are dropped', async () => {
    const { code, body } = await createContent({ madeUp: true });
    expect({ code, madeUp: body.spec.madeUp }).toEqual({ code: 201, madeUp: undefined });
  });

  test('unknown fields are refused on demand', async () => {
    const object = content(world().name(), { madeUp: true });
    const query = { fieldValidation: 'Strict' };
    const { code, body } = await world().client.post(paths.contents, object, { query });
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(/strict decoding error: unknown field "spec.madeUp"/);
  });

  test('a VMBackup needs a source, and is of type backup by default', async () => {
    const without = { ...vmBackup(world().name()), spec: { type: 'backup' } };
    expect(refusal(await world().client.post(backups(), without))).toMatch(/spec.source: Required value/);
    const { source } = vmBackup('x').spec;
    const { body } = await world().client.post(backups(), { ...vmBackup(world().name()), spec: { source } });
    expect(body.spec.type).toBe('backup');
  });

  test('a VMBackup with a status needs status.source', async () => {
    const status = vmBackupStatus(true);
    delete status.source;
    const object = { ...vmBackup(world().name()), status };
    expect(refusal(await world().client.post(backups(), object))).toMatch(/status.source: Required value/);
  });

  test.each(['volumeName', 'persistentVolumeClaim'])('an entry of volumeBackups needs %s', async (name) => {
    const path = await existing(backups(), { ...vmBackup(world().name()), status: vmBackupStatus(true) });
    const remove = [{ op: 'remove', path: `/status/volumeBackups/0/${name}` }];
    expect(refusal(await world().client.jsonPatch(path, remove))).toMatch(
      new RegExp(`status.volumeBackups\\[0\\].${name}: Required value`),
    );
  });

  test('an entry of volumeBackups is of the Longhorn driver by default', async () => {
    const status = vmBackupStatus(true);
    delete status.volumeBackups[0].csiDriverName;
    const { body } = await world().client.post(backups(), { ...vmBackup(world().name()), status });
    expect(body.status.volumeBackups[0].csiDriverName).toBe('driver.longhorn.io');
  });

  test("a claim's data source is immutable", async () => {
    const path = await existing(paths.claims(world().namespace), claim(world().name()));
    const reply = await world().client.mergePatch(path, { spec: { dataSource: { name: 'other' } } });
    expect(refusal(reply)).toMatch(/spec: Forbidden: spec is immutable after creation except resources.requests/);
  });

  test("a claim's volume name is set once", async () => {
    const path = await existing(paths.claims(world().namespace), claim(world().name()));
    const bind = (volumeName: string) => world().client.mergePatch(path, { spec: { volumeName } });
    expect((await bind('pvc-1')).code).toBe(200);
    expect((await bind('pvc-2')).code).toBe(422);
  });

  test('a claim is Pending, and knows its data source under both names', async () => {
    const { body } = await world().client.post(paths.claims(world().namespace), claim(world().name()));
    expect(body.status).toMatchObject({ phase: 'Pending' });
    expect(body.spec.dataSourceRef).toEqual(body.spec.dataSource);
  });
}
