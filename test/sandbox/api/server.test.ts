import { afterEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { ApiServerOptions } from '../../../sandbox/api/types.ts';
import { CONFIG_MAPS, CONTENTS, configMap, content, sandbox } from './connect.ts';
import type { Sandbox } from './connect.ts';

const open: Sandbox[] = [];
async function start(options?: ApiServerOptions): Promise<Sandbox> {
  const box = await sandbox(options);
  open.push(box);
  return box;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((box) => box.stop()));
});

describe('the server', () => {
  test('its kubeconfig leads to it', async () => {
    const { server, client } = await start();
    const config = parse(server.kubeconfig({ namespace: 'prod' }));
    expect(config.contexts).toEqual([
      { name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace: 'prod' } },
    ]);
    expect(config.clusters[0].cluster.server).toBe(server.url);
    expect(Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString()).toBe(
      server.caCert,
    );
    expect((await client.get('/api', { token: config.users[0].user.token })).code).toBe(200);
  });

  test('speaks plain HTTP when asked to', async () => {
    const { server } = await start({ tls: false });
    expect({ url: server.url, ca: server.caCert }).toEqual({ url: expect.stringMatching(/^http:/), ca: '' });
    const headers = { authorization: `Bearer ${server.adminToken}` };
    expect((await fetch(`${server.url}/api/v1/namespaces/default`, { headers })).status).toBe(200);
  });

  test('stops although a watch is open', async () => {
    const { client, server } = await start();
    const watch = await client.watch(CONFIG_MAPS);
    await server.stop();
    await watch.until((it) => it.ended);
    open.pop();
  });

  test('does not have the groups that were left out', async () => {
    const { client } = await start({ withoutGroups: ['snapshot.storage.k8s.io'] });
    expect(await client.get(CONTENTS)).toMatchObject({ code: 404, text: '404 page not found\n' });
    const { body } = await client.get('/apis');
    expect(body.groups.map((group: any) => group.name)).not.toContain('snapshot.storage.k8s.io');
    const crds = await client.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    expect(crds.body.items.map((crd: any) => crd.metadata.name)).toContain('virtualmachinebackups.harvesterhci.io');
    expect(crds.body.items.map((crd: any) => crd.metadata.name)).not.toContain(
      'volumesnapshots.snapshot.storage.k8s.io',
    );
  });

  test('has its usual namespaces', async () => {
    const { client } = await start();
    const { body } = await client.get('/api/v1/namespaces');
    expect(body.items.map((item: any) => item.metadata.name)).toEqual([
      'default',
      'harvester-system',
      'kube-public',
      'kube-system',
      'longhorn-system',
    ]);
  });

  test('refuses bodies over 3 MiB and stays alive', async () => {
    const { client } = await start();
    const big = configMap('big', { x: 'x'.repeat(4 << 20) });
    expect((await client.post(CONFIG_MAPS, big)).code).toBe(413);
    expect((await client.post(CONFIG_MAPS, configMap('small'))).code).toBe(201);
  });

  test('seeds objects with their status and identity, and tells watchers', async () => {
    const { client, server } = await start();
    const watch = await client.watch(CONTENTS);
    const uid = '11111111-0000-4000-8000-000000000000';
    const seeded = content('a');
    seeded.metadata = {
      ...seeded.metadata,
      uid,
      creationTimestamp: '2025-01-01T00:00:00Z',
      finalizers: ['example.com/x'],
    };
    server.seed([{ ...seeded, status: { readyToUse: true } }]);
    await watch.until((it) => it.events.length > 0);
    watch.close();
    const { body } = await client.get(`${CONTENTS}/a`);
    expect(body).toMatchObject({
      metadata: { uid, creationTimestamp: '2025-01-01T00:00:00Z', finalizers: ['example.com/x'], generation: 1 },
      status: { readyToUse: true },
    });
    expect(watch.events).toEqual([{ type: 'ADDED', object: body }]);
  });

  test('reads the protobuf that kubectl writes', async () => {
    const { client } = await start();
    // kubectl create configmap a --from-literal=key=value
    const bytes = Buffer.concat([
      Buffer.from('k8s\0'),
      message(1, message(1, 'v1'), message(2, 'ConfigMap')),
      message(2, message(1, message(1, 'a'), message(2, '')), message(2, message(1, 'key'), message(2, 'value'))),
      message(3, ''),
      message(4, ''),
    ]);
    const contentType = 'application/vnd.kubernetes.protobuf';
    const { code, body } = await client.post(CONFIG_MAPS, bytes, { contentType });
    expect({ code, name: body.metadata.name, data: body.data }).toEqual({
      code: 201,
      name: 'a',
      data: { key: 'value' },
    });
  });
});

/** A length-delimited protobuf field; everything here is shorter than 128 bytes. */
function message(number: number, ...parts: (string | Buffer)[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]);
}
