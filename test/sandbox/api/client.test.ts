import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiClient, WatchEvent } from '../../../sandbox/api/types.ts';
import { CONFIG_MAPS, configMap, content, sandbox } from './connect.ts';
import type { Sandbox } from './connect.ts';

const CONTENT = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
const VM_BACKUP = 'harvesterhci.io/v1beta1/VirtualMachineBackup';

let box: Sandbox;
let client: ApiClient;
beforeEach(async () => {
  box = await sandbox();
  client = box.server.client('controller');
});
afterEach(() => box.stop());

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the in-process client', () => {
  test('sees what HTTP clients write, and they what it writes', async () => {
    await box.client.post(CONFIG_MAPS, configMap('a', { by: 'http' }));
    expect((await client.get('v1/ConfigMap', 'a', 'default'))?.data).toEqual({ by: 'http' });
    await client.mergePatch('v1/ConfigMap', 'a', 'default', { data: { by: 'controller' } });
    expect((await box.client.get(`${CONFIG_MAPS}/a`)).body.data).toEqual({ by: 'controller' });
  });

  test('gets undefined for what is absent', async () => {
    expect(await client.get(CONTENT, 'absent')).toBeUndefined();
  });

  test('fails with code and reason, by the same rules', async () => {
    const created = await client.create(content('a'));
    await expect(client.create(content('a'))).rejects.toMatchObject({ code: 409, reason: 'AlreadyExists' });
    await client.mergePatch(CONTENT, 'a', undefined, { spec: { deletionPolicy: 'Delete' } });
    await expect(client.update(created)).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
    const handle = { spec: { source: { snapshotHandle: 'bak://v/b' } } };
    await expect(client.mergePatch(CONTENT, 'a', undefined, handle)).rejects.toMatchObject({ code: 422 });
    await expect(client.delete(CONTENT, 'absent')).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
    await expect(client.mergePatch(VM_BACKUP, 'x', 'default', {}, 'status')).rejects.toMatchObject({ code: 404 });
  });

  test('writes status through its own door', async () => {
    const created = await client.create({ ...content('a'), status: { readyToUse: true } });
    expect(created['status']).toBeUndefined();
    const updated = await client.updateStatus({ ...created, status: { readyToUse: false } });
    expect(updated['status']).toEqual({ readyToUse: false });
    const add = { op: 'add', path: '/status/restoreSize', value: 5 } as const;
    expect((await client.jsonPatch(CONTENT, 'a', undefined, [add], 'status'))['status']).toEqual({
      readyToUse: false,
      restoreSize: 5,
    });
  });

  test('hands out copies and keeps its own', async () => {
    const mine = configMap('a', { x: '1' });
    const created = await client.create(mine);
    mine['data'].x = 'changed by the caller';
    created['data'].x = 'changed by the reader';
    expect((await client.get('v1/ConfigMap', 'a', 'default'))?.data).toEqual({ x: '1' });
  });

  test('lists by namespace and labels', async () => {
    await client.create({ ...configMap('a'), metadata: { name: 'a', namespace: 'default', labels: { on: 'yes' } } });
    await client.create({
      ...configMap('b'),
      metadata: { name: 'b', namespace: 'kube-system', labels: { on: 'yes' } },
    });
    await client.create(configMap('c'));
    const names = async (options: object) => (await client.list('v1/ConfigMap', options)).map((it) => it.metadata.name);
    expect(await names({})).toEqual(['a', 'c', 'b']);
    expect(await names({ labels: { on: 'yes' } })).toEqual(['a', 'b']);
    expect(await names({ namespace: 'default', labels: { on: 'yes' } })).toEqual(['a']);
  });

  test('answers a delete with the object while finalizers hold it, else with nothing', async () => {
    const held = { ...content('held'), metadata: { name: 'held', finalizers: ['example.com/x'] } };
    await client.create(held);
    await client.create(content('free'));
    expect((await client.delete(CONTENT, 'held'))?.metadata.deletionTimestamp).toBeDefined();
    expect(await client.delete(CONTENT, 'free')).toBeUndefined();
  });

  test('refuses kinds that are not served', async () => {
    await expect(client.list('example.com/v1/Thing')).rejects.toThrow(/does not serve example.com\/v1\/Thing/);
  });
});

describe('an in-process watch', () => {
  const watched = (events: WatchEvent[]): string[] =>
    events.map(({ type, object }) => `${type} ${object.metadata.name}`);

  test('begins with what exists when asked to, and ends when told to', async () => {
    await client.create(configMap('a'));
    const [all, fresh]: [WatchEvent[], WatchEvent[]] = [[], []];
    const stop = client.watch('v1/ConfigMap', (event) => all.push(event), { initial: true });
    client.watch('v1/ConfigMap', (event) => fresh.push(event));
    await client.create(configMap('b'));
    await settled();
    stop();
    await client.delete('v1/ConfigMap', 'a', 'default');
    await settled();
    expect(watched(all)).toEqual(['ADDED a', 'ADDED b']);
    expect(watched(fresh)).toEqual(['ADDED b', 'DELETED a']);
  });

  test('tells of changes in order, also of those made by a listener', async () => {
    const events: string[] = [];
    client.watch('v1/ConfigMap', ({ type, object }) => {
      events.push(`${type} ${object['data']?.step}`);
      const step = Number(object['data']?.step);
      if (type !== 'DELETED' && step < 3) {
        void client.mergePatch('v1/ConfigMap', 'a', 'default', { data: { step: String(step + 1) } });
      }
    });
    await client.create(configMap('a', { step: '1' }));
    await settled();
    expect(events).toEqual(['ADDED 1', 'MODIFIED 2', 'MODIFIED 3']);
  });
});
