import { expect, test } from '@jest/globals';
import { eventually } from './client.ts';
import type { World } from './world.ts';
import { configMap, content, paths, snapshot, vmBackup } from './world.ts';

/** Facts of the controllers beside the API server; a bare server leaves everything where it is. */
export function collectionFacts(world: () => World): void {
  const when = (title: string, fact: () => Promise<void>): void =>
    test(title, async () => {
      if (world().connection.controllers) await fact();
    });
  const gone = (path: string) => eventually(async () => (await world().client.get(path)).code === 404);
  const backups = (): string => paths.vmBackups(world().namespace);
  const snapshots = (): string => paths.snapshots(world().namespace);

  /** A VMBackup and a snapshot that it owns. */
  async function family(extra: object[] = [], finalizers?: string[]) {
    const [owner, dependent] = [world().name('owner'), world().name('dependent')];
    const { body } = await world().client.post(backups(), vmBackup(owner));
    const ownerReferences = [reference(body), ...extra];
    await world().client.post(snapshots(), snapshot(dependent, { ownerReferences, ...(finalizers && { finalizers }) }));
    return { owner: `${backups()}/${owner}`, dependent: `${snapshots()}/${dependent}` };
  }
  const reference = (owner: any) => ({
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
  });

  when('what an object owns goes after it', async () => {
    const { owner, dependent } = await family();
    await world().client.delete(owner);
    expect(await gone(dependent)).toBe(true);
  });

  when('what has another living owner stays, and loses the reference', async () => {
    const { body: other } = await world().client.post(backups(), vmBackup(world().name('owner')));
    const { owner, dependent } = await family([reference(other)]);
    await world().client.delete(owner);
    const references = async () => (await world().client.get(dependent)).body.metadata.ownerReferences;
    expect(await eventually(async () => (await references()).length === 1)).toBe(true);
    expect(await references()).toMatchObject([{ uid: other.metadata.uid }]);
  });

  when('what names an owner of another uid goes', async () => {
    const { body } = await world().client.post(backups(), vmBackup(world().name('owner')));
    const name = world().name();
    const stale = { ...reference(body), uid: '00000000-0000-4000-8000-000000000000' };
    await world().client.post(snapshots(), snapshot(name, { ownerReferences: [stale] }));
    expect(await gone(`${snapshots()}/${name}`)).toBe(true);
  });

  when('a cluster-scoped object does not go with a namespaced owner', async () => {
    const { body } = await world().client.post(backups(), vmBackup(world().name('owner')));
    const name = world().name();
    const object = content(name);
    object.metadata.ownerReferences = [reference(body)];
    await world().client.post(paths.contents, object);
    const { owner, dependent } = await family(); // a witness that the collector has been at work
    await world().client.delete(`${backups()}/${body.metadata.name}`);
    await world().client.delete(owner);
    expect(await gone(dependent)).toBe(true);
    expect((await world().client.get(`${paths.contents}/${name}`)).code).toBe(200);
  });

  when('foreground deletion keeps the owner until its dependents are gone', async () => {
    const { owner, dependent } = await family([], ['example.com/hold']);
    const blocking = { op: 'add', path: '/metadata/ownerReferences/0/blockOwnerDeletion', value: true };
    await world().client.jsonPatch(dependent, [blocking]);
    const { body } = await world().client.delete(owner, { body: { propagationPolicy: 'Foreground' } });
    expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
    const marked = async () => (await world().client.get(dependent)).body.metadata.deletionTimestamp !== undefined;
    expect(await eventually(marked)).toBe(true);
    expect((await world().client.get(owner)).code).toBe(200);
    await world().client.mergePatch(dependent, { metadata: { finalizers: null } });
    expect(await gone(owner)).toBe(true);
  });

  when('orphaned dependents stay and lose the reference', async () => {
    const { owner, dependent } = await family();
    await world().client.delete(owner, { body: { propagationPolicy: 'Orphan' } });
    expect(await gone(owner)).toBe(true);
    const { code, body } = await world().client.get(dependent);
    expect({ code, owners: body.metadata.ownerReferences }).toEqual({ code: 200, owners: undefined });
  });

  when('a deleted namespace is emptied and goes', async () => {
    const name = world().name('ns');
    const path = `/api/v1/namespaces/${name}`;
    await world().client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const held = snapshot('held', { finalizers: ['example.com/hold'] });
    await world().client.post(paths.snapshots(name), held);
    await world().client.post(paths.configMaps(name), configMap('free'));
    expect((await world().client.delete(path)).body).toMatchObject({ status: { phase: 'Terminating' } });
    expect(await gone(`${paths.configMaps(name)}/free`)).toBe(true);
    const { code, body } = await world().client.post(paths.configMaps(name), configMap('late'));
    expect({ code, reason: body.reason }).toEqual({ code: 403, reason: 'Forbidden' });
    expect(body.message).toMatch(/unable to create new content in namespace .* because it is being terminated/);
    await world().client.mergePatch(`${paths.snapshots(name)}/held`, { metadata: { finalizers: null } });
    expect(await gone(path)).toBe(true);
  });

  test('a new namespace is active and labelled with its name', async () => {
    const name = world().name('ns');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    const { body } = await world().client.post('/api/v1/namespaces', namespace);
    expect(body).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });
}
